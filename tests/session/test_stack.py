"""What is read of the stack's state: which resource holds an entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.session.stack import StackState, export
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.http_emulator import ACCOUNT
from support.plugin_process import urn_of

LIST, ONE, POLICY, MANY = (
    urn_of(*named)
    for named in (
        ("BlockSenders", "list"),
        ("BlockSender", "one"),
        ("AllowPolicy", "policy"),
        ("BlockSenders", "many"),
    )
)
SETTING = next(entry.setting for entry, _ in RESOURCES if entry.__name__ == "BlockSender")
HELD: list[dict[str, Any]] = [
    {"urn": "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev", "type": "pulumi:pulumi:Stack"},
    {"urn": "urn:pulumi:dev::demo::aws:s3:Bucket::logs", "type": "aws:s3:Bucket", "id": "logs"},
    {
        "urn": ONE,
        "type": "cloudflare-email-security:index:BlockSender",
        "id": "1",
        "outputs": {"pattern": "a", "accountId": ACCOUNT},
    },
    {
        "urn": POLICY,
        "type": "cloudflare-email-security:index:AllowPolicy",
        "id": "9",
        "outputs": {"accountId": ACCOUNT},
    },
    {
        "urn": LIST,
        "type": "cloudflare-email-security:index:BlockSenders",
        "id": "x",
        "outputs": {"ids": {"a": "2"}, "accountId": ACCOUNT},
    },
    {
        "urn": LIST,
        "type": "cloudflare-email-security:index:BlockSenders",
        "id": "x",
        "delete": True,
        "outputs": {"ids": {"a": "5"}, "accountId": ACCOUNT},
    },
    {
        "urn": MANY,
        "type": "pulumi-python:dynamic/cloudflare-email-security:BlockSenders",
        "id": "x",
        "outputs": {"ids": json.dumps({"b": "3", "c": "4"}), "account_id": ACCOUNT},
    },
]


def holders(state: StackState, *ids: str, account: str = ACCOUNT) -> list[str | None]:
    """Who holds these blocked senders, but for what was replaced."""
    found = (state.holders(SETTING, account, id_, LIST) for id_ in ids)
    return [next((one.resource for one in each if not one.replaced), None) for each in found]


def test_who_holds_an_entry() -> None:
    """A single resource holds its own id, a collection those of its entries, in either way in; a replaced one none."""
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": HELD}})
    assert holders(state, "1", "2", "3", "4") == [ONE, LIST, MANY, MANY]
    assert holders(state, "5", "logs") == [None, None]


def test_an_id_is_one_of_a_setting_and_an_account() -> None:
    """Accounts of the 2025 contract count the entries of each setting from one."""
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": HELD}})
    assert holders(state, "9") == holders(state, "1", account="f" * 32) == [None]


def test_whether_the_holder_is_led_by_the_provider_that_asks() -> None:
    """Of what another provider deletes this one learns nothing."""
    held = [{**one, "provider": f"urn:of:{one['urn']}::id"} for one in HELD]
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": held}})
    state.provider = f"urn:of:{ONE}::id"
    assert state.holders(SETTING, ACCOUNT, "1", LIST) == [(ONE, True, False, ONE)]
    assert state.holders(SETTING, ACCOUNT, "2", LIST) == [(LIST, False, False, LIST)]


def test_dynamic_resources_have_a_provider_without_a_name() -> None:
    """They are known by their type."""
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": HELD}})
    assert state.holders(SETTING, ACCOUNT, "3", MANY) == [(MANY, True, False, MANY)]
    assert state.holders(SETTING, ACCOUNT, "1", MANY) == [(ONE, False, False, ONE)]


def test_what_was_renamed_is_known_by_what_it_calls_itself() -> None:
    """The engine renames a resource in state; its outputs, which its delete is given, go on naming the old URN."""
    held = [{**HELD[6], "outputs": {**HELD[6]["outputs"], "declared_by": "urn:before"}}]
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": held}})
    assert state.holders(SETTING, ACCOUNT, "3", MANY) == [(MANY, True, False, "urn:before")]


def test_what_a_program_only_reads_holds_nothing() -> None:
    """`BlockSender.get` gives a resource the id of an entry that is not its own."""
    held = [{**HELD[2], "external": True}]
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": held}})
    assert holders(state, "1") == [None]


def test_all_that_hold_an_entry_are_told() -> None:
    """After a run of some resources there are several; one that was replaced is told as such."""
    held = [HELD[2], {**HELD[2], "delete": True}, {**HELD[4], "outputs": {"ids": {"a": "1"}, "accountId": ACCOUNT}}]
    state = StackState(pytest.fail, lambda *_: {"deployment": {"resources": held}})
    state.provider = "other"
    found = state.holders(SETTING, ACCOUNT, "1", LIST)
    assert found == [(ONE, False, False, ONE), (ONE, False, True, ONE), (LIST, False, False, LIST)]


def test_it_is_read_once_and_under_its_name_where_another_stack_is_selected() -> None:
    """A URN has no organization, so the selected stack is tried first."""
    asked: list[tuple[str, ...]] = []

    def read(*options: str) -> Any:
        asked.append(options)
        other = [{"urn": "urn:pulumi:prod::demo::pulumi:pulumi:Stack::demo-prod", "type": "pulumi:pulumi:Stack"}]
        return {"deployment": {"resources": HELD if options else other}}

    state = StackState(pytest.fail, read)
    assert holders(state, "1", "1") == [ONE, ONE]
    assert asked == [(), ("--stack", "dev")]


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No CLI, or one that fails, is a warning: the run goes on as if nobody held anything."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    told: list[str] = []
    assert holders(StackState(told.append, export), "1") == [None]
    assert "could not be read" in told[0]
