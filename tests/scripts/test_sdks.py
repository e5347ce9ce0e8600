"""`make sdks`: what pip is told, and which tests run on it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # `scripts` is no part of the distribution

from scripts.sdks import SUITE, constraints  # noqa: E402


def test_the_lowest_sdk_is_the_one_that_the_project_names() -> None:
    """The newest is not held back, and the suite is the whole of the plugin's tests."""
    found = constraints()
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (floor,) = [one.removeprefix("pulumi>=").partition(",")[0] for one in dependencies if one.startswith("pulumi>=")]
    assert f"pulumi=={floor}" in found["lowest"].splitlines()
    assert found["newest"] == ""
    assert SUITE[-1] == "tests/plugin"
