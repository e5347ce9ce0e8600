"""Accounts that answer only a part of an entry to a write, or nothing: what is recorded is whole all the same."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security.testing import EmulatedAccount
from support.samples import SAMPLES, Sample

HABITS: list[dict[str, object]] = [
    {},
    {"partial_answers": "id"},
    {"partial_answers": "key"},
    {"bare_answers": "body"},
    {"bare_answers": "object"},
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
@pytest.mark.parametrize("habits", HABITS, ids=str)
def test_what_is_adopted_and_brought_to_its_values_is_recorded_whole(habits: dict[str, Any], sample: Sample) -> None:
    """The run after an adoption has nothing to do: no change, and no replacement of what was adopted."""
    account = EmulatedAccount("2026", **habits)
    account.seed(sample.collection, sample.body)
    others = {name: value for name, value in sample.change.items() if name not in sample.setting.key}
    remark = {sample.remark: "Ours now"} if sample.remark else {}
    declared = {**sample.minimal, **others, **remark, "adopt": True}

    def program() -> None:
        make: Any = sample.resource_class
        make("one", **declared)

    stack = account.stack()
    with account.connected():
        assert stack.up(program).summary == {"create": 1}
        assert stack.preview(program).summary == {"same": 1}
        stack.refresh()
        assert stack.preview(program).summary == {"same": 1}
    assert len(account.entries(sample.collection)) == 1
