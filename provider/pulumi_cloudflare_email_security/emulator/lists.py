"""Lists: pages, order, filters and search.

Source: ``api.md``, "Lists". Without ``order`` entries come in the order they were made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .kinds import INT32, Refused, one_of
from .messages import refuse_field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .contracts import Collection, Entry
    from .hooks import Habits
    from .tables import Table

DEFAULT_PAGE = 20
LARGEST_PAGE = 1000

_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """The piece of a list that is answered.

    ``asked``: whether the size was asked for. ``told`` is the size it is said to have, ``shift`` what it skips.
    """

    number: int
    size: int
    asked: bool
    told: int
    shift: int = 0

    def of(self, entries: list[Entry]) -> list[Entry]:
        """Its entries."""
        start = (self.number - 1) * self.size + self.shift
        return entries[start : start + self.size]


def page_of(
    collection: Collection,
    table: Table,
    query: Sequence[tuple[str, str]],
    habits: Habits,
    moment: float,
) -> tuple[list[Entry], Mapping[str, object]]:
    """The entries of the page that a query asks for, and its ``result_info``."""
    values = _values(collection, query)
    number, asked = _number(values, "page", 1, INT32), "per_page" in values
    size = _number(values, "per_page", DEFAULT_PAGE, LARGEST_PAGE)
    table.begun += number == 1
    page = habits.apply("page", Page(number, size, asked, size), table.begun)
    lag = habits.apply("lag", 0.0)
    selected = _select(collection, table.as_of(moment - lag), values) if lag else _selected(collection, table, values)
    entries = page.of(selected)
    info = {"page": number, "per_page": page.told, "count": len(entries), "total_count": len(selected)}
    return entries, habits.apply("info", info, len(table))


def refuse_query(query: Sequence[tuple[str, str]]) -> None:
    """Refuse any parameter, where an operation has none."""
    for name, _ in query:
        raise refuse_field(name, "is no parameter here")


def _values(collection: Collection, query: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    known = {"page", "per_page", *collection.filters}
    if collection.order:
        known |= {"order", "direction", "search"}
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name not in known:
            refuse_query([(name, value)])
        if name in values and name not in collection.repeatable:
            raise refuse_field(name, "is given twice")
        values.setdefault(name, []).append(value)
    return values


def _number(values: dict[str, list[str]], name: str, default: int, maximum: int) -> int:
    text = values.pop(name, [str(default)])[0]
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= maximum:
        raise refuse_field(name, f"must be a number from 1 to {maximum}")
    return int(text)


def _selected(collection: Collection, table: Table, values: dict[str, list[str]]) -> list[Entry]:
    question = tuple((name, tuple(texts)) for name, texts in sorted(values.items()))
    if table.selected is None or table.selected[0] != question:
        table.selected = (question, _select(collection, table.all(), values))
    return table.selected[1]


def _select(collection: Collection, entries: list[Entry], values: dict[str, list[str]]) -> list[Entry]:
    order = _choice(values, "order", "created_at", *collection.order)
    backwards = _choice(values, "direction", "asc", "asc", "desc") == "desc"
    for test in _tests(collection, values):
        entries = [entry for entry in entries if test(entry)]
    if order == "created_at":
        return entries[::-1] if backwards else entries
    return sorted(entries, key=lambda entry: str(entry[order]), reverse=backwards)


def _choice(values: dict[str, list[str]], name: str, default: str, *choices: str) -> str:
    text = values.pop(name, [default])[0]
    try:
        return str(one_of(*choices)(text)) if text != default else default
    except Refused as error:
        raise refuse_field(name, error) from None


def _tests(collection: Collection, values: dict[str, list[str]]) -> list[Callable[[Entry], bool]]:
    tests = [_search(collection.searched, text) for text in values.pop("search", [])]
    for name, texts in values.items():
        try:
            alternatives = [collection.filters[name](text) for text in texts]
        except Refused as error:
            raise refuse_field(name, error) from None
        tests.append(_any_of(alternatives))
    return tests


def _any_of(alternatives: list[Callable[[Entry], bool]]) -> Callable[[Entry], bool]:
    return lambda entry: any(test(entry) for test in alternatives)


def _search(names: tuple[str, ...], wanted: str) -> Callable[[Entry], bool]:
    folded = wanted.casefold()

    def test(entry: Any) -> bool:
        return any(folded in str(entry.get(name) or "").casefold() for name in names)

    return test
