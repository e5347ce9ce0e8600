"""Forms of text: compared, and printed so that differences show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.model.text import caseless, escaped, folded, shown, told_apart, visible, without

ACCENTED = "Jos\u00e9"


@pytest.mark.parametrize("stored", [" a\nb ", "a\r\nb", "a\rb\n"])
def test_line_ends_and_white_space_around_do_not_count(stored: str) -> None:
    """What an account may do to a text is no difference."""
    assert folded(stored) == folded("a\nb")


def test_composition_does_not_count_and_case_does() -> None:
    """Composed and decomposed Unicode are one text; another case is another text, unless compared caselessly."""
    decomposed = unicodedata.normalize("NFD", ACCENTED)
    assert decomposed != ACCENTED
    assert folded(decomposed) == folded(ACCENTED)
    assert folded(ACCENTED) != folded(ACCENTED.upper())
    assert caseless(decomposed) == caseless(ACCENTED.upper())


@given(st.text())
@example("\u0345\u0399")
@example("İ")
def test_forms_are_stable(text: str) -> None:
    """A text in a form is in that form already, and a stored form equals what was sent."""
    assert folded(folded(text)) == folded(text)
    assert caseless(caseless(text)) == caseless(text)
    for stored in (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text), f" {text}\n"):
        assert folded(stored) == folded(text)
        assert caseless(stored) == caseless(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Ольга", "Ольга"),
        ("Jane\u200bDoe", r"Jane\u200bDoe"),
        ("Jane  Doe", r"Jane \x20Doe"),
        (" Jane", r"\x20Jane"),
        ("Jane\u00a0Doe", r"Jane\xa0Doe"),
        ("a\nb", r"a\x0ab"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, said: str) -> None:
    """White space other than single blanks, and invisible characters, are shown by their code."""
    assert visible(text) == said


def test_texts_that_look_alike_are_told_apart() -> None:
    """Only those that another one looks like are escaped."""
    latin, cyrillic, name = "paypal.example", "p\u0430ypal.example", ACCENTED
    shown = told_apart([latin, cyrillic, name, "e\u0301a", "\u00e9a"])
    assert shown[latin] == latin
    assert shown[cyrillic] == r"p\u0430ypal.example"
    assert shown[name] == name
    assert shown["e\u0301a"] == r"e\u0301a"
    assert shown["\u00e9a"] == r"\xe9a"


@given(st.lists(st.text(max_size=6)))
def test_different_texts_are_printed_differently(texts: list[str]) -> None:
    """Whatever the texts, no two are printed as one, and all are printable."""
    shown = told_apart(texts)
    assert shown.keys() == {*texts}
    assert all(map(str.isprintable, shown.values()))
    assert all(escaped(text).isascii() for text in texts)
    looks = [text for text in shown if "\\" not in text]
    assert len({shown[text] for text in looks}) == len(looks)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("'hidden host' is not a domain name", {"transport": "hidden host"}, "[secret] is not a domain name"),
        ("has 1200 characters", "x" * 1200, "has 1200 characters"),
        (f"must be a list, not {shown('x' * 100)}", "x" * 100, "must be a list, not [secret]"),
        ("must be a string, not ['hidden']", ["hidden"], "must be a string, not [secret]"),
        ("25 is not from 1 to 20", {"lookback_hops": 25.0}, "[secret] is not from 1 to 20"),
        ("must be True or False, not 'yes'", {"a": True, "b": "yes", "c": None}, "must be True or False, not [secret]"),
    ],
)
def test_an_error_text_without_its_value(text: str, value: object, expected: str) -> None:
    """What a text quotes of a secret is left out; what else it says stays."""
    assert without(text, value) == expected
