"""The SDK's process of dynamic providers, in the versions that are supported."""

from __future__ import annotations

import sys
import traceback
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.errors import EmailSecurityError
from pulumi_cloudflare_email_security.dynamic import process


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The main module of `python -m pulumi.dynamic`."""
    module = ModuleType("__main__")
    module.__spec__ = ModuleSpec("pulumi.dynamic.__main__", None)
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def test_the_oldest_sdk_prints_no_tracebacks(main: Any) -> None:
    """Its process (3.220) knows no `traceback`, so there is nothing to shorten, and that is no error."""
    process.shorten_errors()
    assert not hasattr(main, "traceback")


def test_errors_of_this_package_are_one_line(main: Any) -> None:
    """Others keep their tracebacks."""
    main.traceback = traceback
    process.shorten_errors()
    process.shorten_errors()
    printed = []
    for error in (EmailSecurityError("refused"), ValueError("odd")):
        try:
            raise error
        except (EmailSecurityError, ValueError):
            printed.append(main.traceback.format_exc())
    assert printed[0].endswith("EmailSecurityError: refused")
    assert "Traceback" not in printed[0]
    assert printed[1].startswith("Traceback")
