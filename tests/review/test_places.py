"""Places of entries as one short text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.model.places import Place, decode, encode, in_order, parse, shown

_PLACES = st.none() | st.tuples(st.sampled_from(["a.csv", "lists/b.yaml", "ü [1].csv"]), st.integers(1, 50))


@given(st.dictionaries(st.text(max_size=5), _PLACES, max_size=30))
def test_come_back_as_they_were(places: dict[str, Place | None]) -> None:
    """Whatever the keys, files and lines."""
    assert decode(encode(places), places) == {key: place for key, place in places.items() if place is not None}


def test_runs_of_lines_take_a_few_characters() -> None:
    """Ten thousand entries of a sorted file, or of one line of a program."""
    keys = [f"{number:05}" for number in range(10_000)]
    assert encode({key: ("list.csv", at + 2) for at, key in enumerate(keys)}) == '[["list.csv","2-10001"]]'
    assert encode(dict.fromkeys(keys, ("__main__.py", 7))) == '[["__main__.py","7x10000"]]'


def test_text_of_other_entries_says_nothing() -> None:
    """A wrong place would be worse than none."""
    text = encode({"a": ("f", 1), "b": ("f", 2)})
    assert not decode(text, ["a"])
    for wrong in (None, "", "x", '[["f","1-9999999999"]]', '[["f"]]', "[1]", '{"a":1}'):
        assert not decode(wrong, ["a", "b"])


def test_one_place_is_that_of_all() -> None:
    """A collection that is written in the program stands on one line of it, whatever its entries."""
    assert decode("__main__.py:3", ["a", "b"]) == dict.fromkeys("ab", ("__main__.py", 3))
    assert in_order("__main__.py:3", 2) == ["__main__.py:3"] * 2


def test_a_place_is_read_as_it_is_written() -> None:
    """`file:line`, whatever colons the file's name holds."""
    assert shown(("c:/x.csv", 3)) == "c:/x.csv:3"
    assert parse("c:/x.csv:3") == ("c:/x.csv", 3)
    assert parse("c:/x.csv") is None
    assert shown(None) == ""
