"""Which changes of a field weaken protection."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security.model.weakening import MISSING, Way, weakened

_BOTH_HALVES = ["203.0.113.0/25", "203.0.113.128/25"]


@pytest.mark.parametrize(
    ("before", "after", "weaker"),
    [
        (_BOTH_HALVES, ["203.0.113.0/24"], False),
        (["203.0.113.0/24"], _BOTH_HALVES, False),
        (_BOTH_HALVES, ["203.0.113.0/23"], True),
        (["203.0.113.0/24"], ["::ffff:203.0.113.0/120"], False),
        (["203.0.113.0/24"], ["::ffff:203.0.112.0/119"], True),
        (["0.0.0.0/1", "128.0.0.0/1", "::/0"], [], False),
        (["0.0.0.0/0"], [], True),
        (["0.0.0.0/0"], ["::/0"], True),
        ([], ["::/0"], False),
        (MISSING, [], True),
        (MISSING, ["203.0.113.0/24"], False),
    ],
)
def test_ranges_are_compared_by_what_they_hold(before: Any, after: Any, *, weaker: bool) -> None:
    """However they are split or written."""
    assert weakened(Way.WIDENING, before, after) is weaker


@pytest.mark.parametrize(
    ("before", "after", "weaker"),
    [
        ("AllItems", "Inbox", True),
        ("AllItems", "", True),
        ("Inbox", "", True),
        ("", "Inbox", False),
        ("Inbox", "AllItems", False),
        ("Archive", "Inbox", True),
        ("Archive", "AllItems", False),
        ("AllItems", object(), True),
    ],
)
def test_values_may_have_an_order(before: Any, after: Any, *, weaker: bool) -> None:
    """What leads back in it weakens, and so may what has no place in it."""
    assert weakened(("", "Inbox", "AllItems"), before, after) is weaker
