"""CSV, JSON and YAML files as entries that know where they stand.

A place in a file reads `file:line:column`, both from 1. In a CSV file the column is the number of the cell, as
in a spreadsheet; elsewhere it counts characters.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import EntriesFileError
from ..model.fields import shown

_NOT_ENTRIES: Final = "must hold a list of entries, or a map from natural key to entry"
_DELIMITERS: Final = ",;\t|"
_YAML_TAG: Final = "tag:yaml.org,2002:"


class FileEntry(dict[str, Any]):
    """One entry of a file: a dict of its fields that remembers its place, for error messages.

    Change one in place: copies are plain dicts, which must have the API's field names and types.

    Attributes:
        file: the path as it was given.
        line, column: where the entry starts.
        find_places: finds the line and column of each field that has a place of its own.
        key: the text of its natural key, where the file is a map.
        text: whether all values are text yet, as in CSV.

    """

    __slots__ = ("_places", "column", "file", "find_places", "key", "line", "text")

    def __init__(
        self,
        fields: Mapping[str, Any],
        *,
        file: str,
        line: int,
        column: int = 1,
        find_places: Callable[[], Mapping[str, tuple[int, int]]] = dict,
        key: str | None = None,
        text: bool = False,
    ) -> None:
        super().__init__(fields)
        self.file = file
        self.line = line
        self.column = column
        self.find_places = find_places
        self._places: Mapping[str, tuple[int, int]] | None = None
        self.key = key
        self.text = text

    def place(self, *names: str) -> str:
        """Where the first of these fields that has a place of its own stands; else where the entry starts."""
        if self._places is None and names:
            # Not before: few entries are ever asked.
            self._places = self.find_places()
        places = self._places or {}
        entry = (self.line, None if self.text else self.column)
        return _place_text(self.file, *next((places[name] for name in names if name in places), entry))


def read_entries(path: str | os.PathLike[str]) -> list[FileEntry]:
    """The entries of a CSV, JSON or YAML file, for `entries=` of a collection.

    CSV has a header row, whose names may be written as in the dashboard ("Pattern Type"), and whose separator (comma,
    semicolon, tab or "|") holds for all rows; empty cells are as good as absent, and a column without a name must be
    empty. JSON and YAML hold a list of entries, or a map from natural key to entry. All are UTF-8.

    Raises:
        EntriesFileError: the file cannot be read.

    """
    file = os.fspath(path)
    reader = _READERS.get(Path(file).suffix.lower())
    if reader is None:
        msg = f"{file}: entries are read from {', '.join(_READERS)} files"
        raise EntriesFileError(msg)
    try:
        raw = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        msg = f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise EntriesFileError(msg) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise _wrong(file, line, column, "is not UTF-8 — save the file as UTF-8") from None
    return list(reader(file, text))


def _place_text(file: str, line: int, column: int | None) -> str:
    return f"{file}:{line}" if column is None else f"{file}:{line}:{column}"


def _wrong(file: str, line: int, column: int | None, reason: str) -> EntriesFileError:
    return EntriesFileError(f"{_place_text(file, line, column)}: {printable(reason)}")


def _csv_entries(file: str, text: str) -> Iterator[FileEntry]:
    delimiter, text = _delimiter(text)
    names: list[str] = []
    columns: dict[str, int] = {}
    start = 1
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in rows:
            line, start = start, rows.line_num + 1
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            nul = next((number for number, cell in enumerate(row, 1) if "\0" in cell), None)
            if nul is not None:
                raise _wrong(file, line, nul, "holds a NUL character")
            if not names:
                names = [re.sub(r"[\s-]+", "_", cell.lower()) for cell in row]
                columns = _columns(file, line, names)
                continue
            fields = {name: cell for name, cell in zip_longest(names, row, fillvalue="") if cell}
            if "" in fields:
                number = next(number for number, cell in enumerate(row, 1) if cell and number not in columns.values())
                hint = f"a cell that holds {delimiter!r} must be in quotes"
                raise _wrong(file, line, number, f"{shown(row[number - 1])} stands in a column without a name — {hint}")
            yield FileEntry(fields, file=file, line=line, find_places=partial(_cells, columns, line), text=True)
    except csv.Error as error:
        raise _wrong(file, start, None, f"is not valid CSV: {error}") from None
    if not columns:
        raise _wrong(file, 1, None, "has no header row")


def _delimiter(text: str) -> tuple[str, str]:
    """What separates the cells, and the text with an empty line where Excel is told so."""
    if told := re.match(rf"sep=([{_DELIMITERS}])(?=[\r\n]|$)", text, re.IGNORECASE):
        return told[1], text[told.end() :]
    lines = io.StringIO(text, newline="")
    header = next((line for line in lines if line.strip(f'{_DELIMITERS}" \r\n')), "")
    return max(_DELIMITERS, key=re.sub('"[^"]*"', "", header).count), text


def _columns(file: str, line: int, names: list[str]) -> dict[str, int]:
    """The number of each column that has a name."""
    columns: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if name in columns:
            raise _wrong(file, line, number, f"column {number} ({name}) stands already as column {columns[name]}")
        if name:
            columns[name] = number
    return columns


def _cells(columns: Mapping[str, int], line: int) -> dict[str, tuple[int, int]]:
    return {name: (line, column) for name, column in columns.items()}


def _json_entries(file: str, text: str) -> Iterator[FileEntry]:
    try:
        whole = _SYNTAX.decode(text)
    except json.JSONDecodeError as error:
        raise _wrong(file, error.lineno, error.colno, error.msg) from None
    except RecursionError:
        raise _wrong(file, 1, 1, "is nested too deeply") from None
    if not isinstance(whole, list | dict):
        raise _wrong(file, 1, 1, _NOT_ENTRIES)
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
            raise _wrong(file, *_place_after(text, place, start, _unreadable(text, start)), str(error)) from None
        if not isinstance(fields, dict):
            raise _wrong(file, *place, f"must be a map of fields, not {shown(fields)}")
        if key is not None and key in keys:
            raise _wrong(file, *place, f"the key {shown(key)} stands twice")
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
        msg = f"{shown(next(name for name in names if names.count(name) > 1))} stands twice"
        raise ValueError(msg)
    return fields


def _no_constant(name: str) -> None:
    msg = f"{name} is not a number in JSON"
    raise ValueError(msg)


_JSON_GAP: Final = re.compile(r"[ \t\n\r,:]*")
_SYNTAX: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_VALUES: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _yaml_entries(file: str, text: str) -> Iterator[FileEntry]:
    try:
        import yaml  # noqa: PLC0415  (an extra)
    except ImportError:
        msg = f"{file}: YAML files need PyYAML — pip install 'pulumi-cloudflare-email-security[yaml]'"
        raise EntriesFileError(msg) from None
    try:
        yield from _Yaml(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text), yaml).entries()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _wrong(file, *place, str(error.problem or error.context)) from None
    except yaml.YAMLError as error:
        raise _wrong(file, 1, None, str(error)) from None


class _Yaml:
    """Entries from YAML's events: an alias is refused where it stands, and nothing is nested without bound."""

    def __init__(self, file: str, loader: Any, yaml: Any) -> None:
        self.file, self.loader, self.yaml = file, loader, yaml

    def entries(self) -> Iterator[FileEntry]:
        self.loader.get_event()  # the start of the stream
        start = self.loader.get_event()
        root = self.loader.get_event() if isinstance(start, self.yaml.DocumentStartEvent) else start
        for key, event in self.items(root, _NOT_ENTRIES):
            fields, places = {}, {}
            for name, value in self.items(event, "must be a map of fields", maps_only=True):
                fields[name] = self.value(value)
                places[name] = _place(value)
            line, column = _place(event)
            yield FileEntry(fields, file=self.file, line=line, column=column, find_places=places.copy, key=key)
        self.loader.get_event()  # the end of the document
        if not isinstance(end := self.loader.get_event(), self.yaml.StreamEndEvent):
            raise self.wrong(end, "a second document starts here, where a file holds one")

    def items(self, start: Any, otherwise: str, *, maps_only: bool = False) -> Iterator[tuple[Any, Any]]:
        """Each key (None in a list) and the first event of its value, the rest of which the caller reads."""
        a_map = isinstance(start, self.yaml.MappingStartEvent)
        if not a_map and (maps_only or not isinstance(start, self.yaml.SequenceStartEvent)):
            raise self.wrong(start, otherwise)
        if start.tag not in (None, "!", f"{_YAML_TAG}{'map' if a_map else 'seq'}"):
            raise self.wrong(start, f"the tag {start.tag} is not allowed")
        keys = set()
        while not isinstance(event := self.loader.get_event(), self.yaml.CollectionEndEvent):
            key = None
            if a_map:
                if not isinstance(event, self.yaml.ScalarEvent):
                    raise self.wrong(event, "a key must be text")
                key = event.value
                if key in keys:
                    raise self.wrong(event, f"the key {shown(key)} stands twice")
                keys.add(key)
                event = self.loader.get_event()
            yield key, event

    def value(self, event: Any) -> Any:
        if isinstance(event, self.yaml.SequenceStartEvent):
            return [self.scalar(item) for _, item in self.items(event, "")]
        return self.scalar(event)

    def scalar(self, event: Any) -> Any:
        if not isinstance(event, self.yaml.ScalarEvent):
            raise self.wrong(event, "must be a value or a list of values")
        node = self.yaml.ScalarNode(event.tag, event.value, event.start_mark, event.end_mark)
        if node.tag in (None, "!"):
            node.tag = self.loader.resolve(self.yaml.ScalarNode, event.value, event.implicit)
        if node.tag == f"{_YAML_TAG}str":
            return event.value
        try:
            return self.loader.construct_object(node)
        except self.yaml.YAMLError:
            raise
        except Exception:  # noqa: BLE001  (the constructors fail in many ways on text such as 2027-99-99)
            raise self.wrong(event, f"{shown(event.value)} is not what it looks like — put it in quotes") from None

    def wrong(self, event: Any, reason: str) -> EntriesFileError:
        if isinstance(event, self.yaml.AliasEvent):
            reason = f"the alias *{event.anchor} is not allowed — write the value out"
        return _wrong(self.file, *_place(event), reason)


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


_READERS: Final[Mapping[str, Callable[[str, str], Iterator[FileEntry]]]] = {
    ".csv": _csv_entries,
    ".json": _json_entries,
    ".yaml": _yaml_entries,
    ".yml": _yaml_entries,
}
