"""Text that an account stores in another form, where its answers to writes do not tell which."""

from __future__ import annotations

from typing import Any

import pytest

from support.accounts import Account
from support.collections import Collection
from support.samples import SAMPLES, Sample, with_accounts

REMARK = " Seen in Ma\u0308y\nby Two\r\npeople "
NEXT = " Seen in June\n"
STORED: list[dict[str, Any]] = [
    {"trim": True, "lower_case": "text", "composed": True, "line_ends": "lf"},
    {"lower_case": "addresses", "line_ends": "crlf"},
]
ANSWERS: list[dict[str, Any]] = [
    {"partial_answers": "id"},
    {"partial_answers": "key"},
    {"bare_answers": "204"},
    {"bare_answers": "object"},
]
#: Keys in other forms than these accounts store.
KEYS: dict[str, dict[str, Any]] = {
    "allow_policy": {"pattern": "Anne@Corp.example", "pattern_type": "EMAIL"},
    "block_sender": {"pattern": " .*@Evil\\.example ", "pattern_type": "EMAIL", "is_regex": True},
    "content_policy": {"name": " Wire Transfer \u00c9", "pattern": " [Ww]ire "},
    "impersonation_registry_entry": {"name": " \u00c9va M\u00fcller ", "email": "Eva@Corp.example"},
    "sending_domain_restriction": {"domain": "Corp.Example"},
    "trusted_domain": {"pattern": "Partner.Example"},
    "url_ignore_pattern": {"pattern": " https://Wiki/\u00c9 "},
}


def _name(habits: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in habits.items())


@pytest.mark.parametrize("stored", STORED, ids=_name)
@pytest.mark.parametrize("answers", ANSWERS, ids=_name)
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@with_accounts([sample for sample in SAMPLES if sample.kind in KEYS], creatable=True, duplicates="accept")
def test_its_form_is_read_once_and_is_no_change(
    sample: Sample, account: Account, many: bool, answers: dict[str, Any], stored: dict[str, Any]
) -> None:
    """Made once, at once; afterwards neither a preview nor a refresh sees a change, nor does an up send one."""
    account.emulator.set_habits(**answers, **stored)
    resource = Collection(account, sample.collection) if many else account.resource(sample.kind)

    def arguments(remark: str) -> dict[str, Any]:
        entry = {**sample.minimal, **KEYS[sample.kind], str(sample.remark): remark}
        return {"entries": [entry]} if many else entry

    def settles(remark: str) -> None:
        resource.up(**arguments(remark))
        assert sum(account.clock.slept) < 1
        assert len(account.entries(sample.collection)) == 1
        assert resource.preview(**arguments(remark)) == "same"
        assert resource.refresh() == "same"
        account.writes()
        resource.up(**arguments(remark))
        assert account.writes() == []

    settles(REMARK)
    settles(NEXT)
    resource.destroy()
    assert account.entries(sample.collection) == []


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@with_accounts([sample for sample in SAMPLES if sample.kind == "block_sender"], duplicates="accept")
def test_a_form_that_means_something_else_is_told(sample: Sample, account: Account, many: bool) -> None:
    """An expression that the account trims is another one: the hint says what to declare; drift of it is still seen."""
    account.emulator.set_habits(partial_answers="id", trim=True)
    entry = {**sample.minimal, **KEYS[sample.kind]}
    resource: Any = Collection(account, sample.collection) if many else account.resource(sample.kind)
    arguments = {"entries": [entry]} if many else entry
    resource.up(**arguments)
    assert any("the API stores pattern" in line and "declare '.*@Evil" in line for line in account.told)
    (made,) = account.entries(sample.collection)
    account.change(sample.collection, str(made["id"]), pattern=".*@evil\\.example")
    account.restart()
    assert resource.refresh() != "same"


@with_accounts([sample for sample in SAMPLES if sample.kind in KEYS], creatable=True)
@pytest.mark.parametrize("answers", ANSWERS, ids=_name)
def test_a_single_entry_is_recorded_whole(sample: Sample, account: Account, answers: dict[str, Any]) -> None:
    """Times and all that answers to writes leave out is there after the first up, and after a change."""
    account.emulator.set_habits(**answers)
    resource = account.resource(sample.kind)
    for arguments in (sample.minimal, {**sample.minimal, **sample.change}):
        resource.up(**arguments)
        recorded = dict(resource.outputs)
        account.restart()
        resource.refresh()
        assert resource.outputs == recorded
        assert recorded["modified_at"]
