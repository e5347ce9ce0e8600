"""What is published: built here, or taken as CI has built it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Distributions:
    """The two files that a release uploads."""

    sdist: Path
    wheel: Path


def distributions_in(folder: Path) -> Distributions:
    """The two files in the folder that DISTRIBUTIONS names, or built into this one: the wheel from the sdist."""
    built = os.environ.get("DISTRIBUTIONS")
    if not built:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    (sdist,), (wheel,) = (Path(built or folder).resolve().glob(pattern) for pattern in ("*.tar.gz", "*.whl"))
    return Distributions(sdist, wheel)


def make_virtualenv(folder: Path) -> Path:
    """A virtual environment that shares what this one has, but for pip and for this package; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)  # noqa: S603
    (packages,) = folder.glob("lib/python3.*/site-packages")
    for shared in Path(sysconfig.get_path("purelib")).iterdir():
        own = packages / shared.name
        if "pulumi_cloudflare_email_security" not in shared.name and not own.exists():
            own.symlink_to(shared, target_is_directory=shared.is_dir())
    return folder / "bin" / "python"
