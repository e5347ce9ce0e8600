"""Regular expressions: what neither Java nor Python can compile is refused, and nothing else."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.model.regex import regex_problem

JAVA_ONLY = [
    r"\p{L}+",
    r"\pL",
    r"\Qa(b\E",
    r"\Q(",
    r"a(?i)b",
    r"(?<name>a)\k<name>",
    r"\h\R\z",
    r"\cA\e",
    r"\c(\R",
    r"\Q(\E\R\Q[\E",
    r"[a-z&&[^b]]",
    r"[a[b-d]]",
    r"(?<=a{1,3})b",
    r"(?d-x)a",
    r"\x{1F600}",
    r"[\w-.]",
    r"\2",
]
PYTHON_ONLY = [r"(?P<name>a)(?P=name)", r"a{b}", r"x{,3}", r"[[a]", r"(?(1)a|b)", r"(a)?(?(1)b)"]
BOTH = [
    "",
    r".*\.evil\.example$",
    "(?i)overdue",
    "a*?b*+",
    "(?>a)",
    "x{2}?",
    "[]a]",
    "[^]a]",
    "(?#c)a",
    "(a|)",
    r"[\]]",
    "(?x)a # (not [a group\n b",
]


@pytest.mark.parametrize("text", [*JAVA_ONLY, *PYTHON_ONLY, *BOTH, "^*"])
def test_what_either_compiles_is_let_through(text: str) -> None:
    """Possessive quantifiers, named groups, classes in classes: the API's dialect is not documented."""
    assert regex_problem(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(a", "a ( is not closed"),
        ("a)", "the ) at character 2 closes nothing"),
        ("x[a", "the [ at character 2 is not closed"),
        (r"\Q.[.\Ex[a", "the [ at character 9 is not closed"),
        ("${3,2}", "{3,2} has its bounds the wrong way round"),
        ("[]", "the [ at character 1 is not closed"),
        (r"[\]", "the [ at character 1 is not closed"),
        ("*.evil.example", "the * at character 1 has nothing to repeat"),
        ("(+a)", "the + at character 2 has nothing to repeat"),
        ("a|?", "the ? at character 3 has nothing to repeat"),
        ("a**", "the * at character 3 has nothing to repeat"),
        ("a+?*", "the * at character 4 has nothing to repeat"),
        ("{2}", "{2} has nothing before it to repeat"),
        ("a{3,2}", "{3,2} has its bounds the wrong way round"),
        ("evil\\", "it ends in a backslash that escapes nothing"),
        (r"\y", r"\y is no escape"),
        (r"\p{L", r"\p{ is not closed"),
        ("(?&a)", "(?& begins no group"),
        ("(?#a", "a comment (?#… is not closed"),
        ("[z-a]", "bad character range z-a"),
        (r"\xZZ", "incomplete escape"),
    ],
)
def test_what_neither_compiles_is_refused(text: str, said: str) -> None:
    """With the place where one looks for it."""
    problem = regex_problem(text)
    assert problem is not None
    assert problem.startswith("is not a regular expression: ")
    assert said in problem


@given(st.text(st.sampled_from(r"ab()[]{}*+?|\^$.,12-&<>=!:dQEp"), max_size=12))
def test_what_python_compiles_is_let_through(text: str) -> None:
    """Whatever Python compiles passes, however odd."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(text)
        except (re.error, OverflowError):
            return
    assert regex_problem(text) is None


def test_a_deep_one_is_no_crash() -> None:
    """As many brackets as the API's length allows."""
    assert regex_problem("(" * 1000 + ")" * 1000) is None
