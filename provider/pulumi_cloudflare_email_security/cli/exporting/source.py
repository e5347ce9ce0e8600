"""Python values as source text in the layout of ruff and black."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from rich.cells import cell_len

_WIDTH: Final = 88
_INDENT: Final = "    "


class Source(str):
    """Text that is source already."""

    __slots__ = ()


def literal(value: object, indent: str = "", *, before: int = 0, width: float = _WIDTH) -> str:
    """A value as source.

    Args:
        value: made of texts, numbers, booleans, lists and maps.
        indent: of the line on which it starts.
        before: how many characters stand on that line before it, without the indent; a comma comes after it.
        width: how long a line may be.

    """
    if isinstance(value, Source):
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        items = [(f"{text(str(name))}: ", item) for name, item in value.items()]
        return _brackets("{", items, "}", indent, beside=before + 1, width=width)
    if isinstance(value, list | tuple):
        return _brackets("[", [("", item) for item in value], "]", indent, beside=before + 1, width=width)
    return repr(value)


def call(function: str, arguments: Iterable[tuple[str, object]], indent: str = "") -> str:
    """A call of a function. Each argument has the text before its value (`name=`)."""
    return _brackets(f"{function}(", list(arguments), ")", indent, beside=0, width=_WIDTH)


def _brackets(start: str, items: list[tuple[str, object]], end: str, indent: str, *, beside: int, width: float) -> str:
    """Items in brackets: on one line where they fit, with what stands beside them there, else each on its own."""
    one_line = start + ", ".join(name + literal(item, width=math.inf) for name, item in items) + end
    if not items or len(indent) + cell_len(one_line) + beside <= width:
        return one_line
    inner = indent + _INDENT
    lines = [inner + name + literal(item, inner, before=cell_len(name)) + "," for name, item in items]
    return "\n".join([start, *lines, indent + end])


def _string(value: str) -> str:
    """A string, raw where a regular expression then reads as it is."""
    if "\\" in value and '"' not in value and value.isprintable() and not value.endswith("\\"):
        return f'r"{value}"'
    return text(value)


def text(value: str) -> str:
    """A string in double quotes, or in single ones where that takes fewer escapes."""
    body = repr(f'{value}"')[1:-2].replace("\\'", "'")  # the quote at the end makes `repr` use single quotes
    double, single = body.count('"'), body.count("'")
    if double > single:
        return "'" + body.replace("'", "\\'") + "'"
    return '"' + body.replace('"', '\\"') + '"'
