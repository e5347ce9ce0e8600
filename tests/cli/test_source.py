"""Values as Python source."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.cli.exporting.source import Source, call, literal, text

ODD = st.text(alphabet=st.one_of(st.sampled_from("'\"\\\n\rab {"), st.characters()))


def values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Values made of texts, numbers, booleans, lists and maps."""
    return st.recursive(
        st.one_of(texts, st.booleans(), st.integers()),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
        max_leaves=12,
    )


@given(value=values(ODD))
def test_a_literal_is_the_value(value: Any) -> None:
    """Whatever it holds."""
    assert ast.literal_eval(literal(value)) == value


def test_quotes_take_the_fewer_escapes() -> None:
    """Double quotes by default."""
    assert [text("a"), text("it's"), text('say "no"'), text("""'a' "b" c'"""), text("\\")] == [
        '"a"',
        '"it\'s"',
        "'say \"no\"'",
        '"\'a\' \\"b\\" c\'"',
        '"\\\\"',
    ]


def test_regular_expressions_read_as_they_are() -> None:
    """As raw strings where these can hold them; a key of a map is no expression."""
    assert [literal(value) for value in (r"\d+\.example", "a\\", '\\"', "\\\n", ["\\d"], {"a\\b": r"\w"})] == [
        r'r"\d+\.example"',
        r'"a\\"',
        r"""'\\"'""",
        r'"\\\n"',
        r'[r"\d"]',
        r'{"a\\b": r"\w"}',
    ]


@settings(max_examples=30)
@given(given_values=st.lists(values(st.text(alphabet="ab'\"\\ é株-{\n")), min_size=1, max_size=3))
def test_long_and_short_calls_are_in_the_layout_of_ruff(given_values: list[Any]) -> None:
    """What is written is formatted already."""
    arguments = [("", Source("first")), *((f"name_{n}=", value) for n, value in enumerate(given_values))]
    source = call("function", arguments) + "\n"
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stdout == source
