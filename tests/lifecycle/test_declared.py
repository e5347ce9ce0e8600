"""The entries that a program declares: lists, maps, keys, what is not known yet, and what expires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from pulumi_cloudflare_email_security.lifecycle.declared import check_entries
from pulumi_cloudflare_email_security.model.schema import Failure
from support.accounts import unknown
from support.collections import ALLOW, BLOCK, MANY, REGISTRY, Many

TODAY = date(2027, 3, 10)
ALL = pytest.mark.parametrize("many", MANY, ids=lambda many: many.kind)


class Checked:
    """What a check of declared entries came to."""

    def __init__(
        self,
        many: Many,
        declared: Any,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        found = check_entries(many.setting, declared, before=before or {}, today=TODAY)
        self.entries, self.failures, self.told = found.entries, found.failures, found.warnings

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons by place."""
        return {failure.path: failure.reason for failure in self.failures}


@ALL
def test_a_list_is_keyed_and_sorted(many: Many) -> None:
    """A list becomes a map by natural key, in the order of the keys, whatever order it is declared in."""
    checked = Checked(many, many.entries([3, 1, 2]))
    assert checked.failures == []
    assert list(checked.entries) == many.keys([1, 2, 3])
    assert checked.entries == Checked(many, many.entries([2, 3, 1])).entries


@ALL
def test_a_map_needs_no_key_fields(many: Many) -> None:
    """In a map the key's own fields may be left out, or repeated; both are the same as the list."""
    whole = {many.setting.label(many.entry(number)): many.entry(number) for number in (1, 2)}
    short = {
        key: {name: value for name, value in entry.items() if name not in many.setting.key}
        for key, entry in whole.items()
    }
    expected = Checked(many, many.entries([1, 2])).entries
    assert Checked(many, whole).entries == Checked(many, short).entries == expected
    assert Checked(many, short).failures == []


@ALL
def test_a_checked_map_is_stable(many: Many) -> None:
    """What a check returns is checked to itself: a second run has nothing to change."""
    once = Checked(many, many.entries([1, 2])).entries
    assert Checked(many, once, before=once).entries == once


@ALL
def test_duplicates_are_refused_with_both_places(many: Many) -> None:
    """Two entries with one natural key are refused, and both places are named."""
    checked = Checked(many, [many.entry(1), many.entry(2), many.changed(1)])
    assert list(checked.reasons) == ["entries[2]"]
    assert "entries[0]" in checked.reasons["entries[2]"]
    assert many.label(1) in checked.reasons["entries[2]"]


def test_duplicates_in_another_spelling_are_refused() -> None:
    """Keys compare as the API compares them: without regard to the case of domains."""
    twice = [BLOCK.entry(1), BLOCK.entry(1, pattern="N1.Example")]
    assert list(Checked(BLOCK, twice).reasons) == ["entries[1]"]
    in_a_map: dict[str, Any] = {"DOMAIN n1.example": {}, "DOMAIN N1.example": {}}
    assert list(Checked(BLOCK, in_a_map).reasons) == ['entries["DOMAIN N1.example"]']


@ALL
def test_an_entry_under_another_key_is_refused(many: Many) -> None:
    """A map whose key does not fit its entry is refused, and the entry's own key is named."""
    (reason,) = Checked(many, {many.key(1): many.entry(2)}).reasons.values()
    assert "not its own" in reason
    assert many.key(2) in reason


@ALL
@pytest.mark.parametrize("entry", ["text", 7, [], True])
def test_an_entry_that_is_no_map_is_refused(many: Many, entry: Any) -> None:
    """What is no map of fields is told with its place."""
    assert list(Checked(many, [many.entry(1), entry]).reasons) == ["entries[1]"]
    assert list(Checked(many, {many.key(1): entry}).reasons) == [f'entries["{many.key(1)}"]']


@ALL
def test_errors_name_place_and_field(many: Many) -> None:
    """A wrong field is told by the entry's place, in a list and in a map."""
    wrong = {**many.entry(1), "colour": "red"}
    assert list(Checked(many, [many.entry(2), wrong]).reasons) == ["entries[1].colour"]
    assert list(Checked(many, {many.key(1): wrong}).reasons) == [f'entries["{many.key(1)}"].colour']


def test_every_wrong_entry_is_told() -> None:
    """All that is wrong is told at once."""
    wrong = [{"pattern_type": "DOMAIN"}, {"pattern": "x", "pattern_type": "DOMAIN"}, {"pattern": "x.y"}]
    assert list(Checked(BLOCK, wrong).reasons) == [
        "entries[0].pattern",
        "entries[1].pattern",
        "entries[2].pattern_type",
    ]


@pytest.mark.parametrize(
    ("many", "key", "form"),
    [
        (BLOCK, "evil.example", "PATTERN_TYPE PATTERN"),
        (ALLOW, "DOMAIN", "PATTERN_TYPE PATTERN"),
        (REGISTRY, "jane@corp.example", "NAME <EMAIL>"),
    ],
)
def test_a_key_of_another_form_is_refused_once(many: Many, key: str, form: str) -> None:
    """A map's key that leaves a field of the natural key out is told with the form that it should have."""
    assert Checked(many, {key: {}}).reasons == {
        f'entries["{key}"]': f"stands under a key that is not of the form {form!r}"
    }


def test_what_is_not_known_yet_stands_in_its_place() -> None:
    """In a preview an unknown entry or key keeps its place, an unknown field its entry, and the rest is checked."""
    later = unknown()
    declared = [
        later,
        {"pattern": later, "pattern_type": "DOMAIN"},
        {"pattern": "a.example", "pattern_type": "DOMAIN", "comments": later},
        {"pattern": "not a domain", "pattern_type": "DOMAIN", "comments": later},
    ]
    checked = Checked(BLOCK, declared)
    assert checked.entries.keys() == {"entries[0]", "entries[1]", "DOMAIN a.example"}
    assert checked.entries["DOMAIN a.example"]["comments"] is later
    assert list(checked.reasons) == ["entries[3].pattern"]


def test_an_unknown_expiry_is_no_expiry_yet() -> None:
    """An entry whose date is not known yet is kept."""
    assert list(Checked(BLOCK, [BLOCK.entry(1, expires=unknown())]).entries) == [BLOCK.key(1)]


@ALL
@pytest.mark.parametrize(
    ("expires", "kept", "says"),
    [
        ("2027-03-09", False, "expired on 2027-03-09 and is left out"),
        ("2027-03-10", False, "expired on 2027-03-10 and is left out"),
        ("2027-03-11", True, "expires on 2027-03-11, in 1 day"),
        ("2027-03-24", True, "expires on 2027-03-24, in 14 days"),
        ("2027-03-25", True, None),
    ],
)
def test_expires(many: Many, expires: str, kept: bool, says: str | None) -> None:
    """From its day on an entry is left out; 14 days before somebody is told; the API never sees the day."""
    checked = Checked(many, [many.entry(1, expires=expires), many.entry(2)])
    assert checked.failures == []
    assert list(checked.entries) == many.keys([1, 2] if kept else [2])
    assert [entry.get("expires") for entry in checked.entries.values()] == ([expires, None] if kept else [None])
    assert all("expires" not in many.setting.body(entry) for entry in checked.entries.values())
    assert len(checked.told) == (says is not None)
    if says:
        assert says in checked.told[0]
        assert many.key(1) in checked.told[0]


@ALL
def test_many_that_expire_are_told_in_fifty_lines(many: Many) -> None:
    """What has expired and what soon will is sorted by day and key, cut after fifty lines, and counted."""
    entries = [many.entry(number, expires=f"2027-03-{20 - number % 20:02}") for number in range(1, 201)]
    expired, soon = (text.split("\n") for text in Checked(many, entries).told)
    assert expired[0] == f"{many.collection}: 100 entries have expired"
    assert soon[0] == f"{many.collection}: 100 entries expire soon"
    first = min(many.key(number) for number in range(19, 201, 20))
    assert expired[1] == f"  ! {first} expired on 2027-03-01 and is left out"
    for lines in (expired, soon):
        assert lines[-1] == "  ! and 50 more, 100 in all"
        assert len(lines) == 52


@pytest.mark.parametrize(
    "expires",
    [
        "tomorrow",
        "10.03.2027",
        "2027-13-01",
        "2027-3-1",
        "2027-03-11T08:00:00Z",
        20270310.0,
        True,
        "",
        [],
        "2027-02-30",
    ],
)
def test_a_bad_date_is_refused(expires: Any) -> None:
    """A date that cannot be read is refused with its place, not taken for "never"."""
    checked = Checked(BLOCK, [BLOCK.entry(2), BLOCK.entry(1, expires=expires)])
    assert list(checked.reasons) == ["entries[1].expires"]


def test_no_expiry_is_none() -> None:
    """None means that an entry does not expire."""
    assert list(Checked(BLOCK, [BLOCK.entry(1, expires=None)]).entries) == [BLOCK.key(1)]


def test_an_expired_twin_does_not_hide_a_duplicate() -> None:
    """Two entries with one key are refused even where one has expired: which one is meant is not clear."""
    checked = Checked(BLOCK, [BLOCK.entry(1, expires="2027-01-01"), BLOCK.entry(1)])
    assert list(checked.reasons) == ["entries[1]"]


def test_what_is_no_longer_set_is_cleared() -> None:
    """A remark that the program set before and leaves out now is cleared; one never set is left alone."""
    before = Checked(BLOCK, [BLOCK.entry(1, comments="x"), BLOCK.entry(2)]).entries
    after = Checked(BLOCK, BLOCK.entries([1, 2]), before=before).entries
    assert after[BLOCK.key(1)]["comments"] == ""
    assert "comments" not in after[BLOCK.key(2)]


@pytest.mark.parametrize("name", ["Jane Doe", "Jane <x> Doe", "<", "a\\", "J > <"])
@pytest.mark.parametrize("email", ["jane@corp.example", r"jane\d <*@corp", r"a\<b>", "x>"])
def test_registry_keys_lead_back_to_their_fields(name: str, email: str) -> None:
    """The text of a person's key stands for that name and address only, whatever characters they hold."""
    setting = REGISTRY.setting
    text = setting.key_text((email, name))
    assert setting.fields_from_key(text) == {"name": name, "email": email}


@ALL
def test_failures_stand_alone(many: Many) -> None:
    """A failure is a place and one line for people."""
    for failure in Checked(many, [{}, {"colour": "a\x1b[31m"}, "x\n"]).failures:
        assert isinstance(failure, Failure)
        assert failure.reason.isprintable()
