"""An entry of a file, which knows where it stands.

A place in a file reads `file:line:column`, both from 1. In a CSV file the column is the number of the cell, as
in a spreadsheet; elsewhere it counts characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import EntriesFileError

NOT_ENTRIES: Final = "must hold a list of entries, or a map from natural key to entry"


class FileEntry(dict[str, Any]):
    """One entry of a file: a dict of its fields that remembers its place, for error messages.

    Change one in place: copies are plain dicts, which must have the API's field names and types.

    Attributes:
        file: the path as it was given.
        line, column: where the entry starts.
        find_places: finds the line and column of each field that has a place of its own.
        key: the text of its natural key, where the file is a map.
        text: whether all values are text yet, as in CSV.
        header: the line of the row that names the columns, in CSV.

    """

    __slots__ = ("_places", "column", "file", "find_places", "header", "key", "line", "text")

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
        header: int = 0,
    ) -> None:
        super().__init__(fields)
        self.file = file
        self.line = line
        self.column = column
        self.find_places = find_places
        self._places: Mapping[str, tuple[int, int]] | None = None
        self.key = key
        self.text = text
        self.header = header

    def place(self, *names: str) -> str:
        """Where the first of these fields that has a place of its own stands; else where the entry starts."""
        if self._places is None and names:
            # Not before: few entries are ever asked.
            self._places = self.find_places()
        places = self._places or {}
        entry = (self.line, None if self.text else self.column)
        return place_text(self.file, *next((places[name] for name in names if name in places), entry))


def place_text(file: str, line: int, column: int | None) -> str:
    """A place as errors name it."""
    return f"{file}:{line}" if column is None else f"{file}:{line}:{column}"


def wrong(file: str, line: int, column: int | None, reason: str) -> EntriesFileError:
    """The error of what is wrong at a place."""
    return EntriesFileError(f"{place_text(file, line, column)}: {printable(reason)}")
