"""`make pythons`: the tests on every supported Python of this machine, each in an environment of its own.

All of levels 1 and 2, and what of level 3 is marked `every_python`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENTS: Final = ROOT / ".work" / "pythons"
# Where pyenv, uv and GitHub's runners keep interpreters that are not on the PATH.
_PLACES: Final = (
    "~/.pyenv/versions/{version}.*/bin",
    "~/.local/share/uv/python/cpython-{version}.*/bin",
    "/opt/hostedtoolcache/Python/{version}.*/x64/bin",
)
_CAN_MAKE_ENVIRONMENTS: Final = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
_PYTEST: Final = ("-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", "--dist", "loadgroup")
_SELECTION: Final = ("-m", "not engine or every_python")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the tests ended on one version."""

    version: str
    ok: bool
    said: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests everywhere, with these further options of pytest; 1 where some failed, or there was no Python."""
    options = sys.argv[1:] if arguments is None else arguments
    versions = supported()
    found = {version: python for version in versions if (python := find(version))}
    environments = {version: _environment(version, python) for version, python in found.items()}
    outcomes = [_test(version, environments, options) for version in found]
    table = Table("Python", "Levels 1 and 2, and a part of 3")
    for outcome in outcomes:
        table.add_row(outcome.version, outcome.said, style="" if outcome.ok else "bold red")
    for version in versions:
        if version not in found:
            table.add_row(version, "not on this machine", style="dim")
    Console(highlight=False).print(table)
    return 0 if outcomes and all(outcome.ok for outcome in outcomes) else 1


def supported(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """The versions that the package's classifiers name."""
    classifiers = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["classifiers"]
    return [found[1] for name in classifiers if (found := re.fullmatch(r".* :: (3\.\d+)", name))]


def find(version: str) -> Path | None:
    """An interpreter of this version that can make environments."""
    return next((python for python in _candidates(version) if _version(python) == version), None)


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    if on_path := shutil.which(name):
        yield Path(on_path)
    for place in _PLACES:
        pattern = Path(place.format(version=version)).expanduser() / name
        yield from sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))), reverse=True)


def _version(python: Path) -> str:
    done = subprocess.run([python, "-c", _CAN_MAKE_ENVIRONMENTS], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _environment(version: str, python: Path) -> Path:
    """The Python of an environment with this package and its tools, made or brought up to date."""
    folder = ENVIRONMENTS / version
    stamp, project = folder / ".made-from-pyproject", ROOT / "pyproject.toml"
    if not stamp.exists() or stamp.stat().st_mtime < project.stat().st_mtime:
        print(f"Python {version}: installing this package and its tools into {folder.relative_to(ROOT)} …", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--editable", ".[dev]"], check=True, cwd=ROOT)
        stamp.touch()
    return folder / "bin" / "python"


def _test(version: str, environments: Mapping[str, Path], options: Sequence[str]) -> Outcome:
    """Run the tests, show what they print, and keep pytest's closing line."""
    print(f"\nPython {version}", flush=True)
    others = [str(python) for name, python in environments.items() if name != version]
    env = {**os.environ, **({"EMAIL_SECURITY_OTHER_PYTHONS": os.pathsep.join(others)} if others else {})}
    last = "no test ran"
    command = [str(environments[version]), *_PYTEST, *_SELECTION, *options]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101 (for the type checker)
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip("= \n") or last
    return Outcome(version, process.returncode == 0, last)


if __name__ == "__main__":
    sys.exit(main())
