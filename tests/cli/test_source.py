"""Values as Python source."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.cli.exporting.source import Source, call, literal, text

ODD = st.text(alphabet=st.one_of(st.sampled_from("'\"\\\n\rab {"), st.characters()))
VALUES = st.recursive(
    st.one_of(ODD, st.booleans(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ODD, inner, max_size=4)),
    max_leaves=12,
)


@given(value=VALUES)
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


@given(values=st.lists(VALUES, min_size=1, max_size=3))
def test_long_and_short_calls_are_in_the_layout_of_ruff(values: list[Any]) -> None:
    """What is written is formatted already."""
    source = (
        call("function", [("", Source("first")), *((f"name_{n}=", value) for n, value in enumerate(values))]) + "\n"
    )
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stdout == source
