"""Where a program has its entries, read from its source: files that it names, and entries that are written out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..client.errors import EntriesFileError
from ..entries.formats import read_entries
from ..entries.typed import whole_fields
from ..model.setting import Setting
from ..settings import RESOURCES

_READER: Final = "read_entries"


@dataclass(slots=True)
class Declared:
    """Where a program has the entries of a setting.

    Attributes:
        files: their paths, relative to the project.
        inline: the fields of entries that stand in the program, each with its place.

    """

    files: list[str] = field(default_factory=list)
    inline: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def entries(self, setting: Setting, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        """The entries of both, each with its place. Raises EntriesFileError."""
        yield from self.inline
        for name in self.files:
            for entry in read_entries(folder / name):
                yield entry.place(), whole_fields(setting, entry)


def declared_in(folder: Path) -> dict[str, Declared]:
    """Where the modules of a program have their entries, by collection: as far as that is written out."""
    found: dict[str, Declared] = {}
    by_class = {made.__name__: made.setting for classes in RESOURCES for made in classes}
    for module in sorted(folder.glob("*.py")):
        try:
            tree = ast.parse(module.read_bytes())
        except (SyntaxError, ValueError):
            raise EntriesFileError(f"{module}: is not valid Python") from None
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (setting := by_class.get(_name(node.func))):
                _note(found.setdefault(setting.collection, Declared()), setting, node, f"{module.name}:{node.lineno}")
    return found


def _note(declared: Declared, setting: Setting, node: ast.Call, place: str) -> None:
    """Note what one resource declares."""
    arguments = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    entries = arguments.get("entries")
    if entries is None:
        fields = {name: value for name, node in arguments.items() if (value := _value(node)) is not None}
        if fields:
            declared.inline.append((place, fields))
        return
    calls = (each for each in ast.walk(entries) if isinstance(each, ast.Call) and _name(each.func) == _READER)
    names = (_value(call.args[0]) for call in calls if call.args)
    declared.files += [name for name in names if isinstance(name, str) and name not in declared.files]
    written = _value(entries)
    if isinstance(written, Mapping):
        written = [
            {**setting.fields_from_key(str(key)), **fields}
            for key, fields in written.items()
            if isinstance(fields, Mapping)
        ]
    if isinstance(written, list):
        declared.inline += [(place, fields) for fields in written if isinstance(fields, dict)]


def _name(function: ast.expr) -> str:
    """The last part of what is called."""
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _value(node: ast.expr) -> Any:
    """The value of an expression that is written out, else None."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
