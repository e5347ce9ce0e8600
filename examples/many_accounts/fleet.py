"""Every account, several at a time: `python fleet.py preview|up|drift [STACK…]`.

An account is a stack: `Pulumi.STACK.yaml` names it, and the environment holds its token, CLOUDFLARE_API_TOKEN_STACK. An
account that fails stops no other one. At the end stand one summary and, after a preview, one review of all accounts.
The exit code is 1 where an account failed, drifts, or would be weakened.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation

HERE = Path(__file__).resolve().parent
PREVIEWS = HERE / "previews"


@dataclass
class Outcome:
    """How it went with an account."""

    stack: str
    ok: bool
    told: str
    seconds: float


def stacks() -> list[str]:
    """All stacks that have a file."""
    return sorted(path.stem.removeprefix("Pulumi.") for path in HERE.glob("Pulumi.*.yaml"))


def environment(stack: str) -> dict[str, str]:
    """What an account's processes see beside the environment: its own token, never another one's."""
    tokens = {name: token for name, token in os.environ.items() if name.startswith("CLOUDFLARE_API_TOKEN_")}
    own = tokens.get("CLOUDFLARE_API_TOKEN_" + re.sub(r"\W", "_", stack).upper(), "")
    return {**dict.fromkeys(tokens, ""), "CLOUDFLARE_API_TOKEN": own}


def preview(stack: automation.Stack) -> str:
    """Write what `up` would do into a file for the review, which also tells what a preview refused."""
    command = [stack.workspace.pulumi_command.command, "preview", "--stack", stack.name]
    done = subprocess.run(  # noqa: S603 - the CLI
        [*command, "--json", "--show-sames", "--non-interactive"],
        cwd=HERE,
        env={**os.environ, **stack.workspace.env_vars},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.stdout.strip():
        (PREVIEWS / f"{stack.name}.json").write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        said = json.loads(done.stdout or "{}").get("diagnostics") or [{"message": done.stderr}]
        raise RuntimeError("\n".join(each["message"] for each in said))
    return "previewed"


def up(stack: automation.Stack) -> str:
    """Apply it."""
    changes = stack.up(show_secrets=False).summary.resource_changes or {}
    return ", ".join(f"{count} {operation}" for operation, count in sorted(changes.items()))


def drift(stack: automation.Stack) -> str:
    """Look whether the account is what the program says."""
    stack.preview(refresh=True, expect_no_changes=True)
    return "no drift"


COMMANDS = {"preview": preview, "up": up, "drift": drift}


def one(command: str, name: str) -> Outcome:
    """An account, from its stack to its outcome."""
    begun = time.monotonic()
    try:
        options = automation.LocalWorkspaceOptions(work_dir=str(HERE), env_vars=environment(name))
        stack = automation.create_or_select_stack(name, work_dir=str(HERE), opts=options)
        ok, told = True, COMMANDS[command](stack)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other accounts go on
        ok, told = False, reason(str(error))
    return Outcome(name, ok, told, time.monotonic() - begun)


def reason(text: str) -> str:
    """The line of an error that tells most, without the long name of what it is about."""
    lines = [line.partition("error:")[2] for line in text.splitlines() if "error:" in line]
    line = (lines or text.strip().splitlines() or ["failed"])[0].strip()
    return line.removeprefix("pulumi-python:dynamic/cloudflare-email-security:")[:400]


def main() -> int:
    """Run a command on all accounts, or on those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("stacks", nargs="*", metavar="STACK", help="all of them unless named")
    parser.add_argument("--parallel", type=int, default=4, help="how many at a time; 1 where they share a token")
    options = parser.parse_args()
    if unknown := [name for name in options.stacks if name not in stacks()]:
        parser.error(f"there is no Pulumi.{unknown[0]}.yaml: the stacks are {', '.join(stacks())}")
    PREVIEWS.mkdir(exist_ok=True)
    for left in PREVIEWS.glob("*.json"):
        left.unlink()

    with ThreadPoolExecutor(options.parallel) as pool:
        outcomes = list(pool.map(lambda name: one(options.command, name), options.stacks or stacks()))
    for outcome in outcomes:
        sign = "ok    " if outcome.ok else "FAILED"
        sys.stdout.write(f"{sign} {outcome.stack:12} {outcome.seconds:5.1f} s  {outcome.told}\n")
    failed = sum(not outcome.ok for outcome in outcomes)
    sys.stdout.write(f"{len(outcomes)} accounts, {failed} failed\n")
    sys.stdout.flush()
    return max(bool(failed), review([outcome.stack for outcome in outcomes if not outcome.ok]))


def review(failed: list[str]) -> int:
    """What all previews weaken, as one page in previews/review.md; 1 where that is severe."""
    if not (files := sorted(map(str, PREVIEWS.glob("*.json")))):
        return 0
    command = [str(Path(sys.executable).with_name("cf-email-security")), "review", *files, "--format", "markdown"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own command
    missing = [name for name in failed if str(PREVIEWS / f"{name}.json") not in files]
    note = f"\nNot in this review, since they could not be previewed: {', '.join(missing)}\n" if missing else ""
    (PREVIEWS / "review.md").write_bytes(done.stdout + note.encode())
    sys.stdout.write("the review of all: previews/review.md\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
