"""Changes of a file of entries that leave every other line as it is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..client.errors import EntriesFileError
from ..model.setting import Setting
from .csv_form import csv_header
from .entry import FileEntry
from .formats import parse_entries, read_text
from .typed import field_of, whole_fields
from .writing import CSV, cell, csv_row, write_whole, yaml_text

_YAML: Final = frozenset({".yaml", ".yml"})
# YAML counts the line ends of Unicode too.
_YAML_LINE: Final = re.compile(r"[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+")


class EntryFile(ABC):
    """A file of entries, open for changes. Every change of one entry is one `add`, `change` or `remove`."""

    def __init__(self, setting: Setting, file: str, text: str, defaults: Mapping[str, Any]) -> None:
        self.setting = setting
        self.file = file
        #: What the program says of each entry that does not say it itself.
        self.defaults = defaults
        self.entries = parse_entries(file, text)
        self._lines = self._split(text)
        #: What stands in the place of lines: from one up to another, by the first.
        self._replaced: dict[int, tuple[int, str]] = {}
        #: What comes before a line, by its number, each with what it is sorted by.
        self._inserted: dict[int, list[tuple[str, str]]] = {}
        self._end = "\r\n" if self._lines and self._lines[0].endswith("\r\n") else "\n"
        keys = [setting.key_text_of(self.fields_of(entry)) for entry in self.entries]
        self._keys = keys if keys == sorted(keys) else None

    def _split(self, text: str) -> list[str]:
        """The lines of a text, each with its end, as the reader of the file's form counts them."""
        return list(io.StringIO(text, newline=""))

    def fields_of(self, entry: FileEntry) -> dict[str, Any]:
        """What is declared by an entry of the file, in the program that reads it."""
        return {**self.defaults, **whole_fields(self.setting, entry)}

    def add(self, fields: Mapping[str, Any]) -> None:
        """Add an entry: where it belongs in a file that is sorted by natural key, else at the end.

        Raises:
            EntriesFileError: the file's form cannot hold it.

        """
        new = self.setting.key_text_of(fields)
        after = [entry for entry, key in zip(self.entries, self._keys or (), strict=False) if key > new]
        line = after[0].line - 1 if after else len(self._lines)
        while after and line and self._lines[line - 1].lstrip().startswith("#"):
            # A comment is about the entry below it.
            line -= 1
        self._inserted.setdefault(line, []).append((new, self._text_of(self._beside_defaults(fields))))

    def _beside_defaults(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What must be written of an entry's fields: what the API has by default, where the program has another."""
        known = self.setting.schema.setting_fields
        usual = {name: known[name].default for name in self.defaults if name in known}
        whole = {**{name: value for name, value in usual.items() if value is not None}, **fields}
        return {name: value for name, value in whole.items() if self.defaults.get(name) != value}

    def remove(self, entry: FileEntry) -> None:
        """Remove an entry."""
        start, end = self._span(entry)
        self._replaced[start] = (end, "")

    def refused(self, name: str, value: Any) -> str | None:
        """Why the file's form cannot hold a field's value; None where it can."""
        del name, value
        return None

    @abstractmethod
    def change(self, entry: FileEntry, fields: Mapping[str, Any]) -> None:
        """Give fields of an entry another value; None takes the value away.

        Raises:
            EntriesFileError: the file's form cannot hold one of them.

        """

    @abstractmethod
    def _span(self, entry: FileEntry) -> tuple[int, int]:
        """The lines of an entry, from 0: the first, and the one after the last."""

    @abstractmethod
    def _text_of(self, fields: Mapping[str, Any]) -> str:
        """The lines of a new entry."""

    @property
    def text(self) -> str:
        """The file with all changes."""
        lines = list(self._lines)
        if len(lines) in self._inserted and lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += self._end
        pieces: list[str] = []
        at = 0
        while at <= len(lines):
            pieces += (text for _, text in sorted(self._inserted.get(at, ())))
            if at in self._replaced:
                at, instead = self._replaced[at]
                pieces.append(instead)
                continue
            pieces += lines[at : at + 1]
            at += 1
        return "".join(pieces)

    def save(self) -> None:
        """Write the file, with the byte order mark that it had."""
        path = Path(self.file)
        mark = path.exists() and path.read_bytes().startswith(codecs.BOM_UTF8)
        write_whole(path, (codecs.BOM_UTF8 if mark else b"") + self.text.encode())


def open_entries(setting: Setting, path: str, defaults: Mapping[str, Any] | None = None) -> EntryFile:
    """A CSV or YAML file for changes; one that is not there yet, or in which nothing stands, has no entries.

    Args:
        setting: whose entries it holds.
        path: of the file.
        defaults: what the program says of each entry that does not say it itself.

    Raises:
        EntriesFileError: it cannot be read, or is in a form that cannot be changed.

    """
    suffix = Path(path).suffix.lower()
    text = read_text(path) if Path(path).exists() else ""
    if suffix == CSV:
        return _CsvFile(setting, path, text if text.strip() else ",".join(setting.key) + "\n", defaults or {})
    if suffix in _YAML:
        return _YamlFile(setting, path, text if text.strip() else "[]\n", defaults or {})
    raise EntriesFileError(f"{path}: only CSV and YAML files can be changed")


class _CsvFile(EntryFile):
    """A CSV file: a change rewrites the rows of the entries that it is about."""

    def __init__(self, setting: Setting, file: str, text: str, defaults: Mapping[str, Any]) -> None:
        super().__init__(setting, file, text, defaults)
        self._delimiter, self._columns, self._header = csv_header(file, text)
        self._fields = [field_of(setting, column, self._columns) for column in self._columns]

    def change(self, entry: FileEntry, fields: Mapping[str, Any]) -> None:
        start, end = self._span(entry)
        cells = self._cells(start)
        for name, value in fields.items():
            number = self._column(name)
            cells += [""] * (number + 1 - len(cells))
            cells[number] = self._cell(name, value)
        self._replaced[start] = (end, csv_row(cells, self._delimiter, self._end))

    def _text_of(self, fields: Mapping[str, Any]) -> str:
        numbers = {self._column(name): self._cell(name, value) for name, value in fields.items()}
        return csv_row([numbers.get(number, "") for number in range(len(self._fields))], self._delimiter, self._end)

    def refused(self, name: str, value: Any) -> str | None:
        text = cell(value)
        field = self.setting.schema.setting_fields.get(name)
        if value is not None and (
            text != text.strip() or "\0" in text or not text or (field is not None and field.from_text(text) != value)
        ):
            return f"{self.file}: a CSV file cannot hold {name} {value!r:.60} — use a YAML file"
        return None

    def _cell(self, name: str, value: Any) -> str:
        if why := self.refused(name, value):
            raise EntriesFileError(why)
        return cell(value)

    def _column(self, name: str) -> int:
        """The number of a field's column, which is added where it is missing."""
        if name not in self._fields:
            self._fields.append(name)
            header = self._lines[self._header]
            line = header.rstrip("\r\n")
            self._lines[self._header] = f"{line}{self._delimiter}{name}{header[len(line) :] or self._end}"
        return self._fields.index(name)

    def _reader(self, start: int) -> Any:
        return csv.reader(self._lines[start:], delimiter=self._delimiter, skipinitialspace=True, strict=True)

    def _cells(self, start: int) -> list[str]:
        return list(next(self._reader(start)))

    def _span(self, entry: FileEntry) -> tuple[int, int]:
        reader = self._reader(entry.line - 1)
        next(reader)
        return entry.line - 1, entry.line - 1 + reader.line_num


class _YamlFile(EntryFile):
    """A YAML file that holds a list: a change rewrites the lines of the fields that it is about."""

    def __init__(self, setting: Setting, file: str, text: str, defaults: Mapping[str, Any]) -> None:
        super().__init__(setting, file, text, defaults)
        import yaml  # noqa: PLC0415  (the file was read with it)

        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.SequenceNode) or (root.value and root.flow_style):
            raise EntriesFileError(f"{file}: only a list of entries, each with a dash, can be changed")
        if not root.value:
            # `[]` goes when the first entry comes.
            self._lines = [line for line in self._lines if line.lstrip().startswith("#")]
        self._indent = self._lines[root.start_mark.line][: root.start_mark.column] if root.value else ""
        self._nodes = {entry.line: node for entry, node in zip(self.entries, root.value, strict=True)}

    def _split(self, text: str) -> list[str]:
        return _YAML_LINE.findall(text)

    @property
    def text(self) -> str:
        """The file with all changes: without entries it is an empty list, and not nothing."""
        lines = self._split(super().text)
        if all(not line.strip() or line.lstrip().startswith(("#", "---")) for line in lines):
            ends = not lines or lines[-1].endswith(("\n", "\r"))
            lines.append(f"{'' if ends else self._end}[]{self._end}")
        return "".join(lines)

    def change(self, entry: FileEntry, fields: Mapping[str, Any]) -> None:
        node = self._nodes[entry.line]
        places = {key.value: (key, value) for key, value in node.value}
        names = {field_of(self.setting, column, places): column for column in places}
        first = next(iter(places), None)
        if node.flow_style or any(value is None and names.get(name) == first for name, value in fields.items()):
            whole = {**whole_fields(self.setting, entry), **fields}
            start, end = self._span(entry)
            self._replaced[start] = (end, self._text_of({k: v for k, v in whole.items() if v is not None}))
            return
        pieces = {}
        for name, value in fields.items():
            if name not in names:
                continue
            key, old = places[names[name]]
            before = self._lines[key.start_mark.line][: key.start_mark.column]
            new = "" if value is None else self._field(names[name], value, before, node.start_mark.column)
            pieces[key.start_mark.line] = (_after(old), new)
        self._replaced |= pieces
        if added := {name: value for name, value in fields.items() if name not in names and value is not None}:
            blanks = " " * node.start_mark.column
            new_lines = [self._field(name, value, blanks, len(blanks)) for name, value in added.items()]
            # Before any entry that is added there.
            self._inserted.setdefault(self._span(entry)[1], []).append(("", "".join(new_lines)))

    def _field(self, name: str, value: Any, before: str, column: int) -> str:
        """A field's lines."""
        lines = yaml_text([{name: value}]).removeprefix("- ").splitlines()
        rest = [" " * (column - 2) + line for line in lines[1:]]
        return "".join(line + self._end for line in [before + lines[0], *rest])

    def _text_of(self, fields: Mapping[str, Any]) -> str:
        lines = yaml_text([fields]).splitlines()
        return "".join(self._indent + line + self._end for line in lines)

    def _span(self, entry: FileEntry) -> tuple[int, int]:
        return entry.line - 1, _after(self._nodes[entry.line])


def _after(node: Any) -> int:
    """The line after the last one of a node, without comments that follow it."""
    if not isinstance(node.value, str) and node.value and not node.flow_style:
        last = node.value[-1]
        return _after(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1)


def changes_to(setting: Setting, fields: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any] | None:
    """What must change for an entry of a file to say what is live.

    Args:
        setting: whose entry it is.
        fields: what is declared by the entry as it stands.
        live: the fields to be written of the live entry.

    Returns:
        The fields and their new values (None: none); None where the entry is not valid as it stands.

    """
    known = setting.schema.setting_fields
    given = {name: value for name, value in fields.items() if name in known}
    normal, failures = setting.schema.validate_entry(given)
    if failures:
        return None
    empty = {name: "" if field.nullable else field.default for name, field in setting.schema.api_fields.items()}
    # What is not declared and has no default is left as it is; remarks are taken along.
    counts = {name: empty[name] for name in empty if name in given or empty[name] is not None}
    declared = {**counts, **normal}
    changed = setting.changed_fields({name: live.get(name, counts[name]) for name in counts}, declared)
    return {
        name: None if live.get(name, empty[name]) in ("", None) else live.get(name, empty[name]) for name in changed
    }
