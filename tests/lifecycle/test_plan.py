"""What a reviewer sees of an update: sorted, counted, cut, safe for a terminal, with what is not known yet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.lifecycle.lines import MAX_LINES, changes_text
from pulumi_cloudflare_email_security.lifecycle.plan import Plan
from pulumi_cloudflare_email_security.settings import SETTINGS
from support.accounts import unknown
from support.collections import BLOCK, DOMAINS, MANY, Many, by_key, reported


def shown(recorded: dict[str, Any], declared: dict[str, Any], many: Many = BLOCK, **options: Any) -> list[str]:
    """The lines of a report."""
    return reported(many.setting, recorded, declared, **options).split("\n")


def test_the_report_for_a_reviewer() -> None:
    """A heading with the totals, then a line an entry, sorted, with old and new values of what changes."""
    recorded = by_key(BLOCK, BLOCK.entry(3), BLOCK.entry(1, comments="old"), BLOCK.entry(2))
    declared = by_key(BLOCK, BLOCK.entry(9), BLOCK.entry(8), BLOCK.entry(1, comments="new"), BLOCK.entry(2))
    assert shown(recorded, declared) == [
        "block_senders: +2 to add, ~1 to change, -1 to delete (3 of its entries now, 4 then)",
        "  + DOMAIN n8.example",
        "  + DOMAIN n9.example",
        "  ~ DOMAIN n1.example: comments 'old' -> 'new'",
        "  - DOMAIN n3.example",
    ]


def test_unmanaged_entries_are_named_as_such() -> None:
    """What this program never declared and exclusive mode deletes is marked."""
    recorded = by_key(BLOCK, *BLOCK.entries([1, 2]))
    lines = shown(recorded, by_key(BLOCK, BLOCK.entry(3)), unmanaged=[BLOCK.key(2)])
    assert lines[-2:] == ["  - DOMAIN n1.example", "  - DOMAIN n2.example (not declared by this program)"]


@pytest.mark.parametrize(("count", "more"), [(49, None), (50, None), (51, 1), (1200, 1150)])
def test_at_most_fifty_lines_a_kind_then_the_count(count: int, more: int | None) -> None:
    """Each kind is cut after 50 lines and never without saying how many there are."""
    for recorded, declared, sign in (
        ({}, by_key(BLOCK, *BLOCK.entries(range(count))), "+"),
        (by_key(BLOCK, *BLOCK.entries(range(count))), {}, "-"),
        (by_key(BLOCK, *BLOCK.entries(range(count))), by_key(BLOCK, *map(BLOCK.changed, range(count))), "~"),
    ):
        heading, *lines = shown(recorded, declared)
        assert f"{sign}{count} to" in heading
        entries = lines if more is None else lines[:-1]
        assert len(entries) == min(count, MAX_LINES)
        assert all(line.startswith(f"  {sign} DOMAIN n") for line in entries)
        if more is not None:
            assert lines[-1] == f"  {sign} and {more} more, {count} in all"


def test_numbers_are_shown_as_numbers() -> None:
    """The engine hands integers over as floats; a reviewer sees integers."""
    recorded = by_key(DOMAINS, DOMAINS.entry(1, lookback_hops=2.0))
    line = shown(recorded, by_key(DOMAINS, DOMAINS.entry(1, lookback_hops=3)), DOMAINS)[-1]
    assert line == "  ~ n1.example: lookback_hops 2 -> 3"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "ip_restrictions",
            [f"192.0.2.{number}/32" for number in range(8)],
            [*(f"192.0.2.{number}/32" for number in range(1, 8)), "0.0.0.0/0"],
            "ip_restrictions ['192.0.2.0/32', 7 more] -> ['0.0.0.0/0', 7 more]",
        ),
        (
            "ip_restrictions",
            [f"192.0.2.{number}/32" for number in range(8)],
            [f"192.0.2.{number}/32" for number in range(7)],
            "ip_restrictions ['192.0.2.7/32', 7 more] -> [7 more]",
        ),
        (
            "transport",
            f"{'a' * 70}.example",
            f"{'a' * 70}.evil",
            f"transport '…{'a' * 13}.example' -> '…{'a' * 13}.evil'",
        ),
        ("transport", f"x{'a' * 70}", "mx.example", f"transport 'x{'a' * 57}… -> 'mx.example'"),
    ],
)
def test_of_long_values_it_is_shown_what_differs(name: str, old: Any, new: Any, told: str) -> None:
    """Two texts cut alike would hide the change."""
    setting = next(one for one in SETTINGS if one.kind == "domain")
    assert changes_text(setting, {name: old}, {name: new}, [name], secret=False) == f": {told}"


def test_a_cleared_value_is_shown_as_none() -> None:
    """A remark that goes, or comes, is shown against (none)."""
    old, new = by_key(BLOCK, BLOCK.entry(1, comments="x")), by_key(BLOCK, BLOCK.entry(1, comments=""))
    assert shown(old, new)[-1].endswith("comments 'x' -> (none)")
    assert shown(new, old)[-1].endswith("comments (none) -> 'x'")


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_a_report_is_safe_for_a_terminal(pattern: str, comments: str) -> None:
    """Whatever a key or value holds, an entry stays on its one line and sends nothing to the terminal."""
    recorded = by_key(BLOCK, {"pattern": pattern, "pattern_type": "EMAIL", "is_regex": True, "comments": "old"})
    declared = by_key(BLOCK, {"pattern": pattern, "pattern_type": "EMAIL", "is_regex": True, "comments": comments})
    for before, after in ((recorded, declared), ({}, declared), (recorded, {})):
        lines = shown(before, after)
        assert len(lines) <= 2
        assert all(line.isprintable() and len(line) < 600 for line in lines)


def test_unmanaged_entries_that_are_declared_now_are_taken_over() -> None:
    """An entry that a refresh found and the program declares from now on is said to exist, with what changes."""
    recorded = by_key(BLOCK, *BLOCK.entries([1]), BLOCK.entry(2, comments="by hand"), BLOCK.entry(3))
    declared = by_key(BLOCK, BLOCK.entry(1), BLOCK.entry(3), BLOCK.entry(2, comments="ours"))
    assert shown(recorded, declared, unmanaged=BLOCK.keys([2, 3])) == [
        "block_senders: ~2 to adopt, 1 of them changed (3 of its entries now, 3 then)",
        "  ~ DOMAIN n2.example: comments 'by hand' -> 'ours' (exists, adopted)",
        "  ~ DOMAIN n3.example (exists, adopted as it is)",
    ]


def test_changed_values_do_not_hide_behind_entries_taken_as_they_are() -> None:
    """Of a hundred entries taken over the one whose value changes is among the fifty that are shown."""
    recorded = by_key(BLOCK, *BLOCK.entries(range(100)))
    declared = {**recorded, BLOCK.key(99): BLOCK.changed(99)}
    lines = shown(recorded, declared, unmanaged=recorded)
    assert "~100 to adopt, 1 of them changed" in lines[0]
    assert lines[1].startswith(f"  ~ {BLOCK.key(99)}: comments")
    assert lines[-1] == "  ~ and 50 more, 100 in all"


def test_what_is_not_known_yet_is_counted_and_named() -> None:
    """An entry, a key and a value that are not known yet have their lines; what they may turn out to be is said."""
    later = unknown()
    recorded = by_key(BLOCK, *BLOCK.entries([1, 2, 3]))
    declared = by_key(BLOCK, BLOCK.entry(1), BLOCK.entry(2, comments=later), BLOCK.entry(5, comments=later))
    assert shown(recorded, declared) == [
        "block_senders: +1 to add, ~1 to change, -1 to delete (3 of its entries now, 3 then)",
        "  + DOMAIN n5.example: comments (not known yet)",
        "  ~ DOMAIN n2.example: comments (none) -> (not known yet)",
        "  - DOMAIN n3.example",
    ]
    declared |= {"entries[3]": BLOCK.entry(6, pattern=later), "entries[4]": later}
    lines = shown(recorded, declared, unmanaged=[BLOCK.key(3)])
    assert lines[0] == "block_senders: +3 to add, ~1 to change, -1 to delete (3 of its entries now, 5 then)"
    assert lines[2:4] == ["  + entries[3] (not known yet)", "  + entries[4] (not known yet)"]
    maybe = "unless one of the entries not known yet turns out to be it"
    assert lines[-1] == f"  - DOMAIN n3.example (not declared by this program, {maybe})"
    assert shown(recorded, declared)[-1] == f"  - DOMAIN n3.example ({maybe})"


# What changes, and when it deletes too much -------------------------------------------------------------------

ALL = pytest.mark.parametrize("many", MANY, ids=lambda many: many.kind)


def planned(many: Many, recorded: dict[str, Any], desired: dict[str, Any], **options: Any) -> Plan:
    """The plan from some entries to others."""
    return Plan(setting=many.setting, before=recorded, desired=desired, **options)


@ALL
def test_what_a_plan_changes(many: Many) -> None:
    """Added, changed (with the fields) and removed (domains: left protected), each sorted; the same is left out."""
    recorded = by_key(many, *many.entries([1, 2, 3, 5, 4]))
    plan = planned(many, recorded, by_key(many, many.entry(7), many.changed(1), many.entry(2), many.entry(6)))
    assert plan.added == many.keys([6, 7])
    assert plan.changed == {many.key(1): [many.change[0]]}
    gone, left = (plan.left, plan.removed) if many is DOMAINS else (plan.removed, plan.left)
    assert (gone, left) == (many.keys([3, 4, 5]), [])
    assert not planned(many, recorded, recorded)


def test_what_is_not_declared_does_not_differ() -> None:
    """A field that the program leaves out is no change, whatever the live entry holds."""
    recorded = by_key(BLOCK, BLOCK.entry(1, comments="theirs", created_at="2026"))
    assert not planned(BLOCK, recorded, by_key(BLOCK, BLOCK.entry(1)))


def test_steering_arguments_are_changes_too() -> None:
    """`unprotect_on_delete` is recorded although it is never sent."""
    recorded = by_key(DOMAINS, DOMAINS.entry(1))
    plan = planned(DOMAINS, recorded, by_key(DOMAINS, DOMAINS.entry(1, unprotect_on_delete=True)))
    assert plan.changed == {DOMAINS.key(1): ["unprotect_on_delete"]}
    assert not planned(DOMAINS, recorded, by_key(DOMAINS, DOMAINS.entry(1, unprotect_on_delete=False)))


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
    recorded = by_key(BLOCK, *BLOCK.entries(range(before)))
    text = planned(BLOCK, recorded, by_key(BLOCK, *BLOCK.entries(range(deleted, before)))).refusal(limit)
    assert (text is not None) is refused
    if text:
        assert f"{deleted} of {before} entries" in text
        assert f"{limit} %" in text
        assert "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100" in text
        assert ("leaving none" in text) is (before == deleted)


def test_entries_that_move_away_are_not_braked() -> None:
    """What another resource declares now moves: it is shown as a move, and counts as no deletion."""
    recorded = by_key(BLOCK, *BLOCK.entries(range(20)))
    urn = "urn:pulumi:dev::p::x:A:A$t:m:BlockSenders::other"
    plan = planned(BLOCK, recorded, {}, leaving=dict.fromkeys(recorded, urn))
    assert plan
    assert plan.refusal(0) is None
    lines = plan.report("", has_secrets=False).split("\n")
    assert "→20 moved away" in lines[0]
    assert lines[1] == '  → DOMAIN n0.example (to BlockSenders "other" in x:A:A)'
