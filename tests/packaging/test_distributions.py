"""What the wheel and the sdist hold."""

from __future__ import annotations

import json
import tarfile
import zipfile
from importlib import metadata

import pytest

import pulumi_cloudflare_email_security as email_security
from support.distributions import Distributions

pytestmark = pytest.mark.xdist_group("distributions")
PACKAGE = "pulumi_cloudflare_email_security"


def test_the_wheel_is_not_taken_for_a_plugin(distributions: Distributions) -> None:
    """`pulumi-plugin.json` lies where Pulumi's Python host looks, and says that there is no plugin to download."""
    with zipfile.ZipFile(distributions.wheel) as wheel:
        plugin = json.loads(wheel.read(f"{PACKAGE}/pulumi-plugin.json"))
    assert plugin == {"resource": False, "name": "cloudflare-email-security"}


def test_the_wheel_holds_the_package_and_nothing_else(distributions: Distributions) -> None:
    """No test, script or cache reaches the users' site-packages; the types do, and the licence."""
    with zipfile.ZipFile(distributions.wheel) as wheel:
        names = wheel.namelist()
    version = distributions.wheel.name.split("-")[1]
    info = f"{PACKAGE}-{version}.dist-info"
    assert {name.split("/")[0] for name in names} == {PACKAGE, info}
    assert {f"{PACKAGE}/py.typed", f"{PACKAGE}/state_reference.py", f"{info}/licenses/LICENSE"} <= set(names)
    assert [name for name in names if not name.startswith(info) and not name.endswith((".py", ".typed", ".json"))] == []


def test_the_version_is_said_once() -> None:
    """`__version__` is that of the distribution, and nothing else pretends to be there."""
    assert email_security.__version__ == metadata.version("pulumi-cloudflare-email-security")
    assert not hasattr(email_security, "__versions__")


def test_the_sdist_can_be_tested(distributions: Distributions) -> None:
    """Whoever packages it finds the sources, their tests and the examples, and nothing that a build or a run made."""
    with tarfile.open(distributions.sdist) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    assert {
        f"provider/{PACKAGE}/pulumi-plugin.json",
        "tests/conftest.py",
        "examples/quickstart/__main__.py",
        "pyproject.toml",
        "LICENSE",
        "PKG-INFO",
    } <= set(names)
    assert [name for name in names if "__pycache__" in name or name.startswith((".venv", ".work", "dist/"))] == []
