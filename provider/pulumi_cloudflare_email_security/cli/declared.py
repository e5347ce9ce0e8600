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
from ._source import Module

_READER: Final = "read_entries"
# A resource takes its arguments one by one, or as one value.
_CALLS: Final = ("", "Args")


@dataclass(slots=True)
class Declared:
    """Where a program has the entries of a setting.

    Attributes:
        files: their paths, relative to the project.
        inline: the fields of entries that stand in the program, each with its place.
        defaults: what the program says of each entry of a file that does not say it itself, by file.
        unread: the places of resources whose entries only a run of the program would tell.

    """

    files: list[str] = field(default_factory=list)
    inline: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def entries(self, setting: Setting, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        """The entries of both, each with its place. Raises EntriesFileError."""
        yield from self.inline
        for name in self.files:
            for entry in read_entries(folder / name):
                yield entry.place(), {**self.defaults.get(name, {}), **whole_fields(setting, entry)}


def declared_in(folder: Path) -> dict[str, Declared]:
    """Where the modules of a program have their entries, by collection: as far as that is written out."""
    found: dict[str, Declared] = {}
    by_class = {f"{made.__name__}{args}": made.setting for classes in RESOURCES for made in classes for args in _CALLS}
    for file in sorted(folder.glob("*.py")):
        try:
            module = Module(file)
        except (SyntaxError, ValueError):
            raise EntriesFileError(f"{file}: is not valid Python") from None
        for name, node in module.calls(module.tree):
            if setting := by_class.get(name):
                _note(found.setdefault(setting.collection, Declared()), setting, module, node)
    return found


def _note(declared: Declared, setting: Setting, module: Module, node: ast.Call) -> None:
    """Note what one resource declares."""
    place = f"{module.name}:{node.lineno}"
    arguments = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    entries = arguments.get("entries")
    if entries is None:
        fields = {name: value for name, node in arguments.items() if (value := module.value(node)) is not None}
        passed_on = any(keyword.arg is None for keyword in node.keywords)
        if any(name not in fields and (passed_on or name in arguments) for name in setting.key):
            declared.unread.append(place)
        elif fields:
            declared.inline.append((place, fields))
        return
    said = module.value(arguments["defaults"]) if "defaults" in arguments else None
    defaults: dict[str, Any] = said if isinstance(said, dict) else {}
    read = [
        [*call.args, *(each.value for each in call.keywords)] for name, call in module.calls(entries) if name == _READER
    ]
    names = [module.path(files[0]) for files in read if files]
    for name in names:
        if name is not None and name not in declared.files:
            declared.files.append(name)
            declared.defaults[name] = defaults
    written = module.value(entries)
    if None in names or not (names or isinstance(written, list | Mapping)):
        declared.unread.append(place)
    if isinstance(written, Mapping):
        written = [
            {**setting.fields_from_key(str(key)), **fields}
            for key, fields in written.items()
            if isinstance(fields, Mapping)
        ]
    if isinstance(written, list):
        declared.inline += [(place, {**defaults, **fields}) for fields in written if isinstance(fields, dict)]
