"""CSV files as entries."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import zip_longest
from typing import Final

from ..model.text import shown
from .entry import FileEntry, wrong

_DELIMITERS: Final = ",;\t|"


def csv_entries(file: str, text: str) -> Iterator[FileEntry]:
    """The entries in a CSV text. Raises EntriesFileError."""
    delimiter, text = _delimiter(text)
    names: list[str] = []
    columns: dict[str, int] = {}
    header, start, nuls = 0, 1, "\0" in text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for cells in rows:
            line, start = start, rows.line_num + 1
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if nuls and (nul := next((number for number, cell in enumerate(row, 1) if "\0" in cell), None)):
                raise wrong(file, line, nul, "holds a NUL character")
            if not names:
                names = _names(row)
                header, columns = line, _columns(file, line, names)
                continue
            fields = {name: cell for name, cell in zip_longest(names, row, fillvalue="") if cell}
            if "" in fields:
                number = next(number for number, cell in enumerate(row, 1) if cell and number not in columns.values())
                hint = f"a cell that holds {delimiter!r} must be in quotes"
                raise wrong(file, line, number, f"{shown(row[number - 1])} stands in a column without a name — {hint}")
            places = partial(_cells, columns, line)
            yield FileEntry(fields, file=file, line=line, find_places=places, text=True, header=header)
    except csv.Error as error:
        raise wrong(file, start, None, f"is not valid CSV: {error}") from None
    if not columns:
        raise wrong(file, 1, None, "has no header row")


def csv_header(file: str, text: str) -> tuple[str, list[str], int]:
    """What separates a CSV file's cells, the names of its columns, and the line (from 0) of its header row.

    Raises:
        EntriesFileError: there is none.

    """
    delimiter, text = _delimiter(text)
    for line, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)):
        if any(map(str.strip, cells)):
            return delimiter, _names([cell.strip() for cell in cells]), line
    raise wrong(file, 1, None, "has no header row")


def _names(header: list[str]) -> list[str]:
    """The columns' names as fields are written."""
    return [re.sub(r"[\s-]+", "_", cell.lower()) for cell in header]


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
            raise wrong(file, line, number, f"column {number} ({name}) stands already as column {columns[name]}")
        if name:
            columns[name] = number
    return columns


def _cells(columns: Mapping[str, int], line: int) -> dict[str, tuple[int, int]]:
    return {name: (line, column) for name, column in columns.items()}
