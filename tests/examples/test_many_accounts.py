"""`examples/many_accounts`: which accounts there are, and what the processes of each see."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from support.examples import EXAMPLES


@pytest.fixture
def fleet() -> ModuleType:
    """The example's command as a module."""
    spec = importlib.util.spec_from_file_location("fleet", EXAMPLES / "many_accounts" / "fleet.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_account_sees_no_other_ones_token(fleet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither under the common name nor under the other one's."""
    for name, token in {"": "common", "_EMEA": "of-emea", "_EU_WEST_1": "of-eu-west"}.items():
        monkeypatch.setenv(f"CLOUDFLARE_API_TOKEN{name}", token)
    for stack, token in {"emea": "of-emea", "eu.west-1": "of-eu-west", "apac": ""}.items():
        seen = {**os.environ, **fleet.environment(stack)}
        assert seen["CLOUDFLARE_API_TOKEN"] == token
        assert {"common", "of-emea", "of-eu-west"} & {*seen.values()} == {token} - {""}


def test_stacks_may_have_dots_in_their_names(
    fleet: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the files beside Pulumi.yaml."""
    for name in ("Pulumi.yaml", "Pulumi.emea.yaml", "Pulumi.eu.west-1.yaml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(fleet, "HERE", tmp_path)
    assert fleet.stacks() == ["emea", "eu.west-1"]
