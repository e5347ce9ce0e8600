"""`make release-check`: whether dist/ may be published, and what it brings with it (.work/sbom.json)."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SBOM: Final = ROOT / ".work" / "sbom.json"


def main(arguments: list[str] | None = None) -> int:
    """Check the version against the tag, if one is named, then what is in dist/; 1 where something is wrong."""
    tag = next(iter(sys.argv[1:] if arguments is None else arguments), "")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    names = sorted(path.name for path in (ROOT / "dist").glob("*"))
    problems = list(wrong(version, tag, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), names))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    files = [str(ROOT / "dist" / name) for name in names]
    wheel = next(file for file in files if file.endswith(".whl"))
    _run(sys.executable, "-m", "twine", "check", "--strict", *files)
    _run(sys.executable, "-m", "check_wheel_contents", wheel)
    _write_sbom(wheel)
    return 0


def wrong(version: str, tag: str, changelog: str, files: list[str]) -> Iterator[str]:
    """What keeps these files from being published as a version, and under a tag if there is one."""
    if tag and tag != f"v{version}":
        yield f"the tag is {tag}, and pyproject.toml has version {version}: tag v{version}, or change the version"
    if tag and not re.search(rf"^## \[?{re.escape(version)}\b", changelog, flags=re.MULTILINE):
        yield f"CHANGELOG.md has no section {version}: name the release in place of `Unreleased`"
    stem = f"pulumi_cloudflare_email_security-{version}"
    if files != (expected := [f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"]):
        yield f"dist/ holds {', '.join(files) or 'nothing'}, not {' and '.join(expected)}: run `make dist`"


def _write_sbom(wheel: str) -> None:
    """What a user gets who installs the wheel, without extras, today."""
    SBOM.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        python = Path(folder) / "bin" / "python"
        _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", wheel)
        main_component = ("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library")
        _run(sys.executable, "-m", "cyclonedx_py", "environment", *main_component, "-o", str(SBOM), str(python))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
