"""What is published: built here, or taken as CI has built it."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import sysconfig
import zipfile
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


def write_empty_wheel(folder: Path, name: str) -> None:
    """A wheel without a module, for what `pulumi install` asks pip for and nothing here needs."""
    info = f"{name}-99.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 99\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}"
        for path, text in files.items()
    ]
    with zipfile.ZipFile(folder / f"{name}-99-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
