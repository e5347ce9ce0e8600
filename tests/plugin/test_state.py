"""What the plugin reads of the stack's state: which ids other resources hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.plugin.state import StackState, export
from support.plugin_process import urn_of

LIST, ONE, MANY = urn_of("BlockSenders", "list"), urn_of("BlockSender", "one"), urn_of("BlockSenders", "many")
RESOURCES = [
    {"urn": "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev", "type": "pulumi:pulumi:Stack"},
    {"urn": "urn:pulumi:dev::demo::aws:s3:Bucket::logs", "type": "aws:s3:Bucket", "id": "logs"},
    {"urn": ONE, "type": "cloudflare-email-security:index:BlockSender", "id": "1", "outputs": {"pattern": "a"}},
    {"urn": LIST, "type": "cloudflare-email-security:index:BlockSenders", "id": "x", "outputs": {"ids": {"a": "2"}}},
    {
        "urn": MANY,
        "type": "pulumi-python:dynamic/cloudflare-email-security:BlockSenders",
        "id": "x",
        "outputs": {"ids": json.dumps({"b": "3", "c": "4"})},
    },
]


def test_the_ids_of_others() -> None:
    """A single resource holds its own id, a collection those of its entries, in either way in."""
    told: list[str] = []
    state = StackState(told.append, lambda *_: {"deployment": {"resources": RESOURCES}})
    assert state.ids_of_others(LIST) == {"1", "3", "4"}
    assert state.ids_of_others(ONE) == {"2", "3", "4"}
    assert not told


def test_it_is_read_once_and_under_its_name_where_another_stack_is_selected() -> None:
    """A URN has no organization, so the selected stack is tried first."""
    asked: list[tuple[str, ...]] = []

    def read(*options: str) -> Any:
        asked.append(options)
        other = [{"urn": "urn:pulumi:prod::demo::pulumi:pulumi:Stack::demo-prod", "type": "pulumi:pulumi:Stack"}]
        return {"deployment": {"resources": RESOURCES if options else other}}

    state = StackState(pytest.fail, read)
    assert state.ids_of_others(LIST) == state.ids_of_others(LIST) == {"1", "3", "4"}
    assert asked == [(), ("--stack", "dev")]


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No CLI, or one that fails, is a warning: the run goes on as if nobody else held anything."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    told: list[str] = []
    assert StackState(told.append, export).ids_of_others(LIST) == set()
    assert "could not be read" in told[0]
