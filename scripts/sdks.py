"""`make sdks`: the tests of the plugin and of both ways in, on the lowest dependencies that are allowed and the newest.

Each in an environment of its own below `.work/sdks`; further arguments are pytest's.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from scripts.lowest import lowest

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENTS: Final = ROOT / ".work" / "sdks"
SUITE: Final = ("-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", "--dist", "loadgroup", "tests/plugin")
_SDK_VERSION: Final = "from importlib.metadata import version; print(version('pulumi'))"


def constraints() -> Mapping[str, str]:
    """What pip is told of versions, by the name of each environment."""
    return {"lowest": "\n".join(lowest()), "newest": ""}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests on each, with these further options of pytest; 1 where some failed."""
    options = sys.argv[1:] if arguments is None else arguments
    table, failed = Table("dependencies", "Pulumi SDK", "tests/plugin"), False
    for name, limits in constraints().items():
        python = _environment(name, limits)
        done = subprocess.run([python, "-c", _SDK_VERSION], capture_output=True, text=True, check=True)
        version = done.stdout.strip()
        print(f"\n{name}: Pulumi SDK {version}", flush=True)
        ok = subprocess.run([python, *SUITE, *options], cwd=ROOT, check=False).returncode == 0
        table.add_row(name, version, "passed" if ok else "failed", style="" if ok else "bold red")
        failed = failed or not ok
    Console(highlight=False).print(table)
    return 1 if failed else 0


def _environment(name: str, limits: str) -> Path:
    """The Python of an environment with this package and its tools, brought up to date."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    (folder / "constraints.txt").write_text(limits, encoding="utf-8")
    print(f"{name}: installing this package and its tools into {folder.relative_to(ROOT)} …", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
    wanted = ["--upgrade-strategy", "eager", "--constraint", str(folder / "constraints.txt"), "--editable", ".[dev]"]
    subprocess.run([*pip, *wanted], check=True, cwd=ROOT)
    return python


if __name__ == "__main__":
    sys.exit(main())
