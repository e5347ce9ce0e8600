"""Every request of every setting's life is one that Cloudflare's official SDK could have sent."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator.messages import Record
from support import sdk_types
from support.accounts import Account
from support.collections import MANY, Many
from support.samples import NEW, Sample, entry, with_accounts


@with_accounts(contracts=NEW, log_bodies=True)
def test_single_entries(sample: Sample, account: Account) -> None:
    """Created, changed, put right after drift, cleared, and deleted."""
    resource = sample.declared(account)
    remark = {sample.remark: "a remark"} if sample.remark else {}
    assert resource.up(**sample.minimal, **remark) == "create"
    assert resource.up(**{**sample.minimal, **sample.change, **remark}) == "update"
    account.emulator.change(account.id, sample.collection, entry(account, sample)["id"], **sample.drift)
    resource.refresh()
    resource.up(**sample.minimal, **dict.fromkeys(remark))
    resource.destroy()
    _all_are_known(account, sample.collection, {"POST", "PATCH /{id}"})


@pytest.mark.parametrize("account", [("2026", {"log_bodies": True})], indirect=True)
@pytest.mark.parametrize("many", MANY, ids=lambda many: many.kind)
def test_collections(many: Many, account: Account) -> None:
    """Filled, changed, put right after drift, and emptied: in batches where the API has them."""
    resource = account.resource(many.kind)
    assert resource.up(entries=many.entries(range(1, 9)), mode="exclusive") == "create"
    changed: list[dict[str, Any]] = [many.changed(number) for number in range(1, 5)]
    assert resource.up(entries=changed + many.entries(range(5, 12)), mode="exclusive") == "update"
    for each in account.entries(many.collection)[:2]:
        account.emulator.remove(account.id, many.collection, each["id"])
    resource.refresh()
    resource.up(entries=many.entries(range(1, 9)), mode="exclusive", delete_limit=1)
    resource.destroy()
    _all_are_known(account, many.collection, set())


def _all_are_known(account: Account, collection: str, expected: set[str]) -> None:
    records = account.emulator.log.records
    sent = {record.operation for record in records if record.body}
    assert sent, "nothing was sent"
    assert {f"{name.split()[0]} {collection}{name.partition(' ')[2]}" for name in expected} <= sent
    sdk_types.assert_known(records)


def test_what_the_sdk_does_not_know_is_told() -> None:
    """The check can fail: a field too many, one too few, and a word that is none."""
    body = b'{"pattern": "x.example", "pattern_type": "NAME", "is_spam": true}'
    record = Record("POST", "POST block_senders", "/", 201, body)
    assert sorted(problem.split(":")[0] for problem in sdk_types.problems(record)) == [
        "/is_regex",
        "/is_spam",
        "/pattern_type",
    ]
