"""What is particular to URL ignore patterns."""

from __future__ import annotations

from typing import Any

import pytest

from support.accounts import Account


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ({"pattern": ""}, "pattern", "must not be empty"),
        ({"pattern": "x" * 1025}, "pattern", "of which the API allows 1024"),
        ({"pattern": ["x"]}, "pattern", "must be a string"),
        ({"comments": "x" * 1025}, "comments", "of which the API allows 1024"),
        ({"is_regex": True}, "is_regex", "unknown argument"),
    ],
)
def test_a_bad_value_is_refused_by_property(account: Account, arguments: dict[str, Any], name: str, said: str) -> None:
    """The one property is named, and what is allowed is said."""
    reasons = account.resource("url_ignore_pattern").refused(**{"pattern": "https://wiki/", **arguments})
    assert list(reasons) == [name]
    assert said in reasons[name]


def test_patterns_are_compared_as_written(account: Account) -> None:
    """Expressions that differ in case are two entries."""
    account.resource("url_ignore_pattern").up(pattern="https://wiki/")
    account.resource("url_ignore_pattern").up(pattern="https://WIKI/")
    assert len(account.entries("url_ignore_patterns")) == 2


def test_its_list_is_asked_for_pages_and_nothing_else(account: Account) -> None:
    """The list knows neither order nor filters: both would be refused."""
    account.resource("url_ignore_pattern").up(pattern="https://wiki/")
    queries = [dict(request.query) for request in account.emulator.requests if request.method == "GET"]
    assert queries
    assert all(query.keys() == {"page", "per_page"} for query in queries)
