"""Play docs/guides/first-hour.md: a new user's first hour with an account of 1,500 entries, on the real CLI.

`python -m scripts.first_hour --write` writes what its commands print into the page; without it, what differs is
printed, and the exit code is 1 where something does.
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from scripts.hand_made_account import account
from scripts.pulumi_cli import environment, find_cli
from scripts.transcript import Shell, play
from scripts.wheels import write_empty_wheel

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "guides" / "first-hour.md"
_GIT_NAMES: Final = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
#: What `pip` finds nowhere but in the wheel, and what belongs to no extra that the page installs.
_NOT_SHARED: Final = ("pulumi_cloudflare_email_security", "responses", "stix2")


@dataclass(frozen=True, slots=True)
class Hour:
    """Where it is played: a home folder of its own, and in it the file that is the account."""

    home: Path

    @property
    def emulator(self) -> Emulator:
        """The account."""
        return Emulator("2026", state=self.home / "account.json")

    def play(self, page: str, cli: Path, wheel: Path) -> str:
        """The page with what its commands print now."""
        happenings: dict[str, Callable[[], None]] = {
            "the account": self._seed,
            "somebody at the dashboard": self._edit,
        }
        shell = Shell.start(self.home, self._env(cli, wheel))
        try:
            return play(page, shell, happenings, {str(self.home): "~", str(cli.parent): "~/.pulumi/bin"})
        finally:
            shell.stop()

    def _seed(self) -> None:
        self.emulator.seed(account(), account_id=EMULATOR_ACCOUNT)

    def _edit(self) -> None:
        """Change, remove and add a blocked sender."""
        ids = {each["pattern"]: each["id"] for each in self.emulator.entries(EMULATOR_ACCOUNT, "block_senders")}
        change = {"comments": "INC-17 is closed"}
        self.emulator.change(EMULATOR_ACCOUNT, "block_senders", ids["lure-15.example"], **change)
        self.emulator.remove(EMULATOR_ACCOUNT, "block_senders", ids["lure-18.example"])
        new = {"pattern": "fake-shop.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "by hand"}
        self.emulator.seed({"block_senders": [new]}, account_id=EMULATOR_ACCOUNT)

    def _env(self, cli: Path, wheel: Path) -> dict[str, str]:
        """A user's, but for this: pip has the wheel, finds what it needs installed already, and asks no index."""
        wheels = self.home / ".wheels"
        wheels.mkdir()
        (wheels / wheel.name).symlink_to(wheel)
        for name in ("setuptools", "wheel"):
            write_empty_wheel(wheels, name)
        packages = self.home / ".packages"
        packages.mkdir()
        for shared in Path(sysconfig.get_path("purelib")).iterdir():
            if not any(name in shared.name for name in _NOT_SHARED):
                (packages / shared.name).symlink_to(shared, target_is_directory=shared.is_dir())
        env = environment(
            {
                "HOME": str(self.home),
                # The CLI asks the system for the home folder, not $HOME.
                "PULUMI_HOME": str(self.home / ".pulumi"),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(cli.parent), os.defpath]),
                "PYTHONPATH": str(packages),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_FIND_LINKS": str(wheels),
                "PIP_NO_INDEX": "1",
                # As if every question were answered with yes.
                "PULUMI_SKIP_CONFIRMATIONS": "true",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "NO_COLOR": "1",
                "COLUMNS": "120",
                "LC_ALL": "C.UTF-8",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_SYSTEM": os.devnull,
                "GIT_PAGER": "cat",
                **dict.fromkeys(_GIT_NAMES, "you@corp.example"),
            }
        )
        # A copy of the package that is gone afterwards is none to measure.
        return {name: value for name, value in env.items() if not name.startswith(("COVERAGE_", "VIRTUAL_ENV"))}


def main(arguments: list[str] | None = None) -> int:
    """Play the page, and write it or tell what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the page")
    options = parser.parse_args(arguments)
    cli = find_cli()
    if cli is None:
        print("There is no Pulumi CLI here.", file=sys.stderr)
        return 1
    before = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", f"{folder}/dist", str(ROOT)]
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = Path(folder, "dist").glob("*.whl")
        home = Path(folder, "home")
        home.mkdir()
        after = Hour(home.resolve()).play(before, cli, wheel)
    if options.write:
        PAGE.write_text(after, encoding="utf-8")
        return 0
    sys.stdout.writelines(difference(before, after))
    return int(before != after)


def difference(before: str, after: str) -> list[str]:
    """What differs, as a diff."""
    texts = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return list(difflib.unified_diff(*texts, "in the docs", "played now"))


if __name__ == "__main__":
    sys.exit(main())
