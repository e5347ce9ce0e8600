"""JSON files as entries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from ..model.text import shown
from .entry import NOT_ENTRIES, FileEntry, wrong


def json_entries(file: str, text: str) -> Iterator[FileEntry]:
    """The entries in a JSON text. Raises EntriesFileError."""
    try:
        whole = _SYNTAX.decode(text)
    except json.JSONDecodeError as error:
        raise wrong(file, error.lineno, error.colno, error.msg) from None
    except RecursionError:
        raise wrong(file, 1, 1, "is nested too deeply") from None
    if not isinstance(whole, list | dict):
        raise wrong(file, 1, 1, NOT_ENTRIES)
    # The syntax is right: what is between two values need not be looked at.
    place, counted = (1, 1), 0
    keys: set[str | None] = set()
    at = _next(text, _next(text, 0) + 1)
    while text[at] not in "]}":
        key, at = _SYNTAX.raw_decode(text, at) if isinstance(whole, dict) else (None, at)
        start = at = _next(text, at)
        place, counted = _place_after(text, place, counted, start), start
        try:
            fields, at = _VALUES.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            raise wrong(file, *_place_after(text, place, start, _unreadable(text, start)), str(error)) from None
        if not isinstance(fields, dict):
            raise wrong(file, *place, f"must be a map of fields, not {shown(fields)}")
        if key is not None and key in keys:
            raise wrong(file, *place, f"the key {shown(key)} stands twice")
        keys.add(key)
        find_places = partial(_json_places, text, place, start)
        yield FileEntry(fields, file=file, line=place[0], column=place[1], find_places=find_places, key=key)
        at = _next(text, at)


def _json_places(text: str, place: tuple[int, int], start: int) -> dict[str, tuple[int, int]]:
    """The line and column of each value of the JSON object that starts at `place`."""
    return {name: _place_after(text, place, start, at) for name, at in _json_fields(text, start)}


def _json_fields(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Each name of the JSON object at `start`, and where its value starts."""
    at = _next(text, start + 1)
    while text[at] != "}":
        name, at = _SYNTAX.raw_decode(text, at)
        at = _next(text, at)
        yield name, at
        at = _next(text, _SYNTAX.raw_decode(text, at)[1])


def _unreadable(text: str, start: int) -> int:
    """Where the field stands for which the JSON value at `start` cannot be read."""
    names = set()
    for name, at in _json_fields(text, start) if text[start] == "{" else ():
        try:
            _VALUES.raw_decode(text, at)
        except (ValueError, RecursionError):
            return at
        if name in names:
            return at
        names.add(name)
    return start


def _place_after(text: str, place: tuple[int, int], start: int, at: int) -> tuple[int, int]:
    """The line and column of `at`, which are counted from `start`, as the whole text is too long for that."""
    line, column = place
    newline = text.rfind("\n", start, at)
    return (line, column + at - start) if newline < 0 else (line + text.count("\n", start, at), at - newline)


def _next(text: str, at: int) -> int:
    """Where the next value of a JSON text starts."""
    gap = _JSON_GAP.match(text, at)
    return gap.end() if gap else at


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names must differ."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{shown(next(name for name in names if names.count(name) > 1))} stands twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


_JSON_GAP: Final = re.compile(r"[ \t\n\r,:]*")
_SYNTAX: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_VALUES: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
