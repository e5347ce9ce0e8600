"""CSV, JSON and YAML files as entries that know where they stand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ..client.errors import EntriesFileError
from ..model.memory import undisturbed
from .csv_form import csv_entries
from .entry import FileEntry, wrong
from .json_form import json_entries
from .yaml_form import yaml_entries


def read_entries(path: str | os.PathLike[str]) -> list[FileEntry]:
    """The entries of a CSV, JSON or YAML file, for `entries=` of a collection.

    CSV has a header row, whose names may be written as in the dashboard ("Pattern Type"), and whose separator (comma,
    semicolon, tab or "|") holds for all rows; empty cells are as good as absent, and a column without a name must be
    empty. JSON and YAML hold a list of entries, or a map from natural key to entry. All are UTF-8.

    Raises:
        EntriesFileError: the file cannot be read.

    """
    file = os.fspath(path)
    _reader(file)
    return parse_entries(file, read_text(file))


def parse_entries(file: str, text: str) -> list[FileEntry]:
    """The entries in the text of a file, whose name says its form. Raises EntriesFileError."""
    with undisturbed():
        return list(_reader(file)(file, text))


def read_text(file: str) -> str:
    """The text of a file, without its byte order mark. Raises EntriesFileError."""
    try:
        raw = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise EntriesFileError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return decoded(file, raw)


def decoded(file: str, raw: bytes) -> str:
    """The text that a file's bytes are. Raises EntriesFileError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise wrong(file, line, column, "is not UTF-8 — save the file as UTF-8") from None


def _reader(file: str) -> Callable[[str, str], Iterator[FileEntry]]:
    reader = _READERS.get(Path(file).suffix.lower())
    if reader is None:
        raise EntriesFileError(f"{file}: entries are read from {', '.join(_READERS)} files")
    return reader


_READERS: Final[Mapping[str, Callable[[str, str], Iterator[FileEntry]]]] = {
    ".csv": csv_entries,
    ".json": json_entries,
    ".yaml": yaml_entries,
    ".yml": yaml_entries,
}
