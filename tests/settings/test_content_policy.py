"""What is particular to content policies."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security import EntryExistsError
from support.accounts import Account

POLICY = {"name": "Invoices", "pattern": "overdue", "targets": ["BODY"]}


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ({"name": ""}, "name", "must not be empty"),
        ({"name": "x" * 257}, "name", "has 257 characters, of which the API allows 256"),
        ({"pattern": ""}, "pattern", "must not be empty"),
        ({"targets": "BODY"}, "targets", "must be a list, not 'BODY'"),
        ({"targets": ["BODY", "HEADER"]}, "targets[1]", "'HEADER' — must be one of SUBJECT, BODY"),
        ({"enabled": "yes"}, "enabled", "must be True or False"),
        ({"notes": 5}, "notes", "must be a string"),
        ({"comments": "x"}, "comments", "unknown argument"),
    ],
)
def test_a_bad_value_is_refused_by_property(account: Account, arguments: dict[str, Any], name: str, said: str) -> None:
    """The one property is named, down to the item of a list, and what is allowed is said."""
    reasons = account.resource("content_policy").refused(**{**POLICY, **arguments})
    assert list(reasons) == [name]
    assert said in reasons[name]


def test_policies_are_in_force_unless_said(account: Account) -> None:
    """A declared policy works; `enabled=False` keeps it for later."""
    account.resource("content_policy").up(**POLICY)
    account.resource("content_policy").up(**{**POLICY, "name": "Later"}, enabled=False)
    assert [entry["enabled"] for entry in account.entries("content_policies")] == [True, False]


def test_the_targets_are_a_set(account: Account) -> None:
    """Neither order nor repetition is a change, whichever side it comes from."""
    resource = account.resource("content_policy")
    resource.up(**{**POLICY, "targets": ["SUBJECT", "BODY"]})
    account.change("content_policies", resource.id, targets=["SUBJECT", "BODY", "BODY"])
    account.restart()
    resource.refresh()
    assert resource.preview(**{**POLICY, "targets": ["BODY", "SUBJECT"]}) == "same"


def test_a_name_in_another_case_is_the_same(account: Account) -> None:
    """A policy whose name differs in case only is found; a declared change of the case is made."""
    (stored,) = account.seed("content_policies", {**POLICY, "enabled": True})
    policy = account.resource("content_policy")
    with pytest.raises(EntryExistsError, match=str(stored["id"])):
        policy.up(**{**POLICY, "name": "INVOICES"})
    policy.up(**{**POLICY, "name": "INVOICES"}, adopt=True)
    assert [entry["name"] for entry in account.entries("content_policies")] == ["INVOICES"]
