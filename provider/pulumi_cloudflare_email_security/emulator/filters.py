"""Filters of lists: from the text of a query parameter to a test of entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kinds import one_of, string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .contracts import Entry, Filter


def exact(name: str, *choices: str) -> Filter:
    """The field is this word (one of the choices, where there are any)."""
    check = one_of(*choices) if choices else string

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = check(value)
        return lambda entry: entry.get(name) == wanted

    return build


def truth(name: str) -> Filter:
    """The field is true, or is false."""

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = one_of("true", "false")(value) == "true"
        return lambda entry: entry.get(name) is wanted

    return build


def holds(name: str, *choices: str) -> Filter:
    """The field, a list, holds this word."""

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = one_of(*choices)(value)
        return lambda entry: wanted in entry.get(name, ())

    return build


def filters(*flags: str, **others: Filter) -> Mapping[str, Filter]:
    """The filters of a collection: flags by name, and others."""
    return {**{name: truth(name) for name in flags}, **others}
