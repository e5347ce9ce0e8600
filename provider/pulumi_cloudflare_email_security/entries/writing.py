"""Entries as the text of a CSV or YAML file, which reads back as exactly these entries.

A CSV file cannot hold everything: blanks around a text are lost in it. Such entries are written as YAML.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..client.errors import EntriesFileError
from ..model.setting import Setting
from .formats import parse_entries
from .typed import whole_fields

CSV: Final = ".csv"
YAML: Final = ".yaml"
_WIDE: Final = 1 << 30
# What editors and other languages, which read YAML 1.2, take for a number, and PyYAML for a text.
_NUMBER: Final = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+", re.ASCII)
_LINE_ENDS: Final = frozenset("\x85\u2028\u2029")


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all: another one takes its place, with its mode; a link stays a link.

    Raises:
        OSError: it cannot be written.

    """
    try:
        place = Path(path).resolve()
        beside = place.with_name(f".{uuid.uuid4().hex}.tmp")
        if place.exists():
            place.open("r+b").close()  # what may not be written is not replaced either
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, beside)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None


def file_text(setting: Setting, entries: Sequence[Mapping[str, Any]], form: str) -> tuple[str, str]:
    """A file of entries.

    Args:
        setting: whose entries they are.
        entries: each with the fields to be written.
        form: the form that is wanted, `CSV` or `YAML`.

    Returns:
        The form that can hold them, and the text.

    """
    if form == CSV and reads_back(setting, text := csv_text(setting, entries), CSV, entries):
        return CSV, text
    return YAML, yaml_text(entries)


def reads_back(setting: Setting, text: str, form: str, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a text reads as exactly these entries."""
    try:
        return [whole_fields(setting, entry) for entry in parse_entries(f"entries{form}", text)] == [*entries]
    except EntriesFileError:
        return False


def csv_text(setting: Setting, entries: Sequence[Mapping[str, Any]]) -> str:
    """Entries as CSV: a column for each field that one of them has."""
    names = {name for fields in entries for name in fields} | {*setting.key}
    columns = [name for name in setting.schema.setting_fields if name in names]
    rows = [columns, *([cell(fields.get(name)) for name in columns] for fields in entries)]
    return "".join(csv_row(row) for row in rows)


def csv_row(cells: Sequence[str], delimiter: str = ",", end: str = "\n") -> str:
    """A row as the text of its line, or of several where a cell has line breaks."""
    text = io.StringIO(newline="")
    # Before Python 3.13 the writer quotes only those line breaks that it ends a line with.
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + end


def cell(value: object) -> str:
    """A value as the text of a cell."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return "" if value is None else str(value)


def yaml_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Entries as YAML: a list of maps."""
    try:
        import yaml  # noqa: PLC0415  (an extra)
    except ImportError:
        raise EntriesFileError(
            "writing YAML needs PyYAML — pip install 'pulumi-cloudflare-email-security[yaml]'"
        ) from None

    plain = [dict(fields) for fields in entries]
    # The fast writer escapes emoji and their like; the slow one does not, but loses characters that are not printable.
    text = "".join(str(value) for fields in plain for value in fields.values()).replace("\n", "")
    slow = text.isprintable() and any(char > "\uffff" for char in text)
    writer = yaml.SafeDumper if slow else getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(writer):  # type: ignore[misc,valid-type]
        """Writes a text of several lines as several lines."""

    Dumper.add_representer(str, _text)
    written: str = yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)
    return written


def _text(dumper: Any, value: str) -> Any:
    """A text; the dumper falls back to quotes where its lines would not read as written."""
    style = "|" if "\n" in value else "'" if _NUMBER.fullmatch(value) else None
    # Line ends of Unicode would be taken for such by YAML, and not by editors; empty lines at the end would take those
    # that follow in a file for theirs. In quotes all are escaped.
    if _LINE_ENDS & {*value} or value.endswith("\n\n") or value == "\n":
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
