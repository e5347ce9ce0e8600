"""Places of entries as one short text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.model.places import Place, decode, encode, parse

_FILES = st.sampled_from(["a.csv", "lists/b.yaml", "ü [1].csv", "c:/x.csv"])
_PLACES = st.none() | st.tuples(_FILES, st.integers(1, 50))


@given(st.lists(_PLACES, max_size=30))
def test_come_back_as_they_were(places: list[Place | None]) -> None:
    """Whatever the files and lines, and whatever colons a file's name holds."""
    assert [parse(place) for place in decode(encode(places), len(places))] == places


def test_runs_of_lines_take_a_few_characters() -> None:
    """Ten thousand entries of a sorted file, or of one line of a program."""
    assert encode(("list.csv", at + 2) for at in range(10_000)) == '[["list.csv","2-10001"]]'
    assert encode([("__main__.py", 7)] * 10_000) == '[["__main__.py","7x10000"]]'


def test_text_of_other_entries_says_nothing() -> None:
    """A wrong place would be worse than none."""
    assert not decode(encode([("f", 1), ("f", 2)]), 1)
    for wrong in (None, "", "x", '[["f","1-9999999999"]]', '[["f"]]', "[1]", '{"a":1}'):
        assert not decode(wrong, 2)


def test_one_place_is_that_of_all() -> None:
    """A collection that is written in the program stands on one line of it, whatever its entries."""
    assert decode("__main__.py:3", 2) == ["__main__.py:3"] * 2


def test_a_place_is_read_as_it_is_written() -> None:
    """`file:line`, as people write it too."""
    assert decode(encode([("c:/x.csv", 3), None]), 2) == ["c:/x.csv:3", ""]
    assert parse("c:/x.csv:3") == ("c:/x.csv", 3)
    assert parse("c:/x.csv") is None
