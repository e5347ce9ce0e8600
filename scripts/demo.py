"""`make demo`: the quickstart's whole life on the embedded emulator, told and checked step by step.

It needs no account and no token, and touches neither the user's Pulumi nor the tree: all of it is in .work/demo.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import yaml
from rich.console import Console
from rich.text import Text

from pulumi_cloudflare_email_security.emulator import Emulator
from scripts.in_process import LocalStack
from scripts.outcome import Stack
from scripts.pulumi_cli import CliStack, environment, find_cli, install_cli
from scripts.story import NotAsToldError, Story, tell

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "quickstart"
WORK = ROOT / ".work" / "demo"
NAME = "demo"
# A path from the program's folder.
CONFIG = {"cloudflare-email-security:baseUrl": "emulator:../account.json"}


def main(arguments: list[str] | None = None) -> int:
    """Tell the story; 1 where something is not as told."""
    options = _parser().parse_args(arguments)
    # A kill ends the demo as Ctrl-C does: with everything it started.
    signal.signal(signal.SIGTERM, _interrupt)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, soft_wrap=True)
    start = time.monotonic()
    try:
        tell(_story(options.example, options.work, console, in_process=options.in_process))
    except NotAsToldError as error:
        console.print(Text(f"\n✗ {error}", style="bold red"))
        console.print(f"What it worked on is in {os.path.relpath(options.work)}.")
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted.")
        return 130
    console.print(Text(f"\n✓ All as told, in {time.monotonic() - start:.0f} s.", style="bold green"))
    return 0


def _story(example: Path, work: Path, console: Console, *, in_process: bool) -> Story:
    """A copy of the example, an emulated account without entries, and a stack."""
    _forget_foreign()
    cli = None if in_process else _find_or_install(console)
    folder, account = work / "quickstart", work / "account.json"
    home = (work / "home").resolve()
    for old in work.glob("account.json*"):
        old.unlink()
    for made in (folder, home):
        shutil.rmtree(made, ignore_errors=True)
    # For the providers called in this process; the CLI gets it from its stack.
    os.environ["PULUMI_HOME"] = str(home)
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("__pycache__"))
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    stack: Stack
    if cli:
        # Without a virtualenv named, the CLI runs the Python that the stack names.
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**project, "runtime": "python"}), encoding="utf-8")
        (folder / f"Pulumi.{NAME}.yaml").write_text(yaml.safe_dump({"config": CONFIG}), encoding="utf-8")
    show = _Dimmed(console)
    if cli:
        stack = CliStack(cli, folder, home, NAME, show)
    else:
        stack = LocalStack(folder, work / "state.json", show, project=project["name"], name=NAME, config=CONFIG)
    return Story(console, stack, folder / "__main__.py", Emulator(state=account), commands=cli is not None)


def _find_or_install(console: Console) -> Path | None:
    cli = find_cli()
    if cli is None:
        console.print("There is no Pulumi CLI here: trying to download it from get.pulumi.com (at most a minute) …")
        cli = install_cli()
    if cli is None:
        console.print("No Pulumi CLI can be had: the same story in-process, with the real providers and no engine.")
    else:
        console.print(f"On {cli}, with a local backend of its own.")
    return cli


class _Dimmed:
    """Shows what Pulumi prints, line by line, but for what says nothing.

    That is blank lines, progress dots, and the tracebacks of the interrupt with which the engine ends the program
    once a resource was refused.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._held: list[str] = []

    def __call__(self, line: str) -> None:
        if self._held or line.lstrip().startswith("Traceback (most recent call last)"):
            self._held.append(line)
            if len(self._held) > 1 and line.strip() and _indent(line) <= _indent(self._held[0]):
                self._release()
        elif line.strip() and not line.startswith("@ ") and not line.lstrip().startswith("During handling of"):
            self._console.print(Text(f"   │ {line}", style="dim"))

    def _release(self) -> None:
        held, self._held = self._held, []
        if held[-1].strip() != "KeyboardInterrupt":
            for line in held:
                self._console.print(Text(f"   │ {line}", style="dim"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _forget_foreign() -> None:
    """Drop the user's Cloudflare and Pulumi settings from this process."""
    for name in os.environ.keys() - environment().keys():
        del os.environ[name]


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description="The quickstart's whole life.")
    add = parser.add_argument
    add("--in-process", action="store_true", default=os.environ.get("DEMO_NO_CLI") == "1", help="also DEMO_NO_CLI=1")
    add("--example", type=Path, default=EXAMPLE, help="the project to copy; default: examples/quickstart")
    add("--work", type=Path, default=WORK, help="the folder for all that is made; default: .work/demo")
    return parser


if __name__ == "__main__":
    sys.exit(main())
