"""What is particular to sending domain restrictions."""

from __future__ import annotations

from typing import Any

import pytest

from support.accounts import Account


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ({"domain": "bank"}, "domain", "'bank' is not a domain name"),
        ({"domain": "https://bank.example"}, "domain", "is not a domain name"),
        ({"domain": 5}, "domain", "must be a string"),
        ({"exclude": "news.bank.example"}, "exclude", "must be a list"),
        ({"exclude": ["news.bank.example", "a b"]}, "exclude[1]", "'a b' is not a domain name"),
        ({"comments": "x" * 1025}, "comments", "of which the API allows 1024"),
    ],
)
def test_a_bad_value_is_refused_by_property(account: Account, arguments: dict[str, Any], name: str, said: str) -> None:
    """The one property is named, down to the item of a list, and what is allowed is said."""
    reasons = account.resource("sending_domain_restriction").refused(**{"domain": "bank.example", **arguments})
    assert list(reasons) == [name]
    assert said in reasons[name]


def test_nothing_is_left_out_unless_said(account: Account) -> None:
    """The API needs the list of exceptions: without a word it is empty."""
    resource = account.resource("sending_domain_restriction")
    resource.up(domain="bank.example")
    assert account.writes() == [("POST sending_domain_restrictions", {"domain": "bank.example", "exclude": []})]


def test_dropped_exceptions_are_taken_back(account: Account) -> None:
    """Subdomains that the program no longer excludes are restricted again."""
    resource = account.resource("sending_domain_restriction")
    resource.up(domain="bank.example", exclude=["news.bank.example"])
    account.writes()
    resource.up(domain="bank.example")
    assert account.writes() == [("PATCH sending_domain_restrictions", {"exclude": []})]


def test_exceptions_are_a_set_without_regard_to_case(account: Account) -> None:
    """Order, repetition and case of the exceptions are no change."""
    resource = account.resource("sending_domain_restriction")
    resource.up(domain="bank.example", exclude=["b.bank.example", "a.bank.example"])
    assert resource.preview(domain="bank.example", exclude=["A.bank.example", "b.bank.example"] * 2) == "same"
