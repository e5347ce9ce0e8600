"""What an update changes, and when it deletes too much."""

from __future__ import annotations

import pytest

from pulumi_cloudflare_email_security.lifecycle.changes import FREE_DELETES, Changes, difference, refused_deletes
from support.collections import BLOCK, DOMAINS, MANY, Many, by_key

ALL = pytest.mark.parametrize("many", MANY, ids=lambda many: many.kind)


@ALL
def test_difference(many: Many) -> None:
    """Added, changed (with the fields) and removed (domains: left protected), each sorted; the same is left out."""
    recorded = by_key(many, *many.entries([1, 2, 3, 5, 4]))
    declared = by_key(many, many.entry(7), many.changed(1), many.entry(2), many.entry(6))
    changes = difference(many.setting, recorded, declared)
    assert changes.added == many.keys([6, 7])
    assert changes.changed == {many.key(1): [many.change[0]]}
    gone, left = (changes.left, changes.removed) if many is DOMAINS else (changes.removed, changes.left)
    assert (gone, left) == (many.keys([3, 4, 5]), [])
    assert not difference(many.setting, recorded, recorded)


def test_what_is_not_declared_does_not_differ() -> None:
    """A field that the program leaves out is no change, whatever the live entry holds."""
    recorded = by_key(BLOCK, BLOCK.entry(1, comments="theirs", created_at="2026"))
    assert not difference(BLOCK.setting, recorded, by_key(BLOCK, BLOCK.entry(1)))


def test_steering_arguments_are_changes_too() -> None:
    """`unprotect_on_delete` is recorded although it is never sent."""
    recorded = by_key(DOMAINS, DOMAINS.entry(1))
    changes = difference(DOMAINS.setting, recorded, by_key(DOMAINS, DOMAINS.entry(1, unprotect_on_delete=True)))
    assert changes.changed == {DOMAINS.key(1): ["unprotect_on_delete"]}
    assert not difference(DOMAINS.setting, recorded, by_key(DOMAINS, DOMAINS.entry(1, unprotect_on_delete=False)))


@pytest.mark.parametrize(
    ("before", "deleted", "limit", "refused"),
    [
        (100, 30, 30, False),
        (100, 31, 30, True),
        (1000, 300, 30, False),
        (1000, 301, 30, True),
        (20, 10, 30, False),
        (20, 11, 30, True),
        (12, 10, 30, False),
        (11, 10, 0, False),
        (12, 11, 0, True),
        (1000, 11, 1, True),
        (1100, 11, 1, False),
        (1000, 999, 99, True),
        (1000, 990, 99, False),
        (1000, 1000, 100, False),
        (1, 1, 30, True),
        (10, 10, 30, True),
        (10, 10, 99, True),
        (1, 1, 100, False),
        (5, 0, 0, False),
        (0, 0, 30, False),
    ],
)
def test_the_brake_at_its_edges(before: int, deleted: int, limit: int, refused: bool) -> None:
    """More than the share and more than ten, or all of them, is refused; a limit of 100 allows everything."""
    text = refused_deletes(before, deleted, before - deleted, limit)
    assert (text is not None) is refused
    if text:
        assert f"{deleted} of {before} entries" in text
        assert f"{limit} %" in text
        assert "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100" in text
        assert ("leaving none" in text) is (before == deleted)


def test_an_empty_collection_that_stays_empty_is_no_deletion() -> None:
    """Declaring nothing where nothing is, is fine."""
    assert refused_deletes(0, 0, 0, 0) is None


def test_the_whole_collection_exchanged_is_refused() -> None:
    """Deleting everything is refused beyond ten entries, however many are added instead."""
    assert refused_deletes(11, 11, 11, 30) is not None
    assert refused_deletes(FREE_DELETES, FREE_DELETES, 5, 30) is None


def test_changes_are_falsy_when_there_are_none() -> None:
    """No changes are no changes."""
    assert not Changes()
    assert Changes(changed={"a": []})
