"""Where a program has its entries, read from its source: files that it names, and entries that are written out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ..client.errors import EntriesFileError
from ..entries.formats import read_entries
from ..entries.typed import whole_fields
from ..model.setting import Setting
from ..settings import RESOURCES

_READER: Final = "read_entries"
# A resource takes its arguments one by one, or as one value.
_CALLS: Final = ("", "Args")
# Calls that put a path together, that name the program's folder, and that say the same path otherwise.
_JOINS: Final = frozenset({"Path", "PurePath", "join"})
_HERE: Final = frozenset({"cwd", "getcwd"})
_SAME: Final = frozenset({"resolve", "absolute", "as_posix", "str", "fspath", "abspath", "realpath"})


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


class Module:
    """A module's source.

    Attributes:
        name: its file's name.
        tree: its syntax tree.

    Raises:
        SyntaxError, ValueError: it is no Python.

    """

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self.tree = ast.parse(file.read_bytes())
        #: What is given to a name at the module's top, where that happens once.
        self._values: dict[str, ast.expr] = {}
        #: The names under which other modules' names are imported.
        self._imported: dict[str, str] = {}
        again: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom):
                self._imported |= {each.asname: each.name for each in node.names if each.asname is not None}
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            target = node.target if isinstance(node, ast.AnnAssign) else target
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and node.value is not None:
                again |= {target.id} & self._values.keys()
                self._values[target.id] = node.value
        for name in again:
            del self._values[name]

    def calls(self, node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
        """Each call in a node, and in what its names stand for, with the last part of what is called."""
        for each in self._parts(node):
            if isinstance(each, ast.Call):
                yield self._called(each.func), each

    def value(self, node: ast.expr) -> Any:
        """The value of an expression that is written out; of a list what is written out of it; else None."""
        node = self._stands_for(node)
        if isinstance(node, ast.List):
            return [value for item in node.elts for value in self._items(item)]
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            return None

    def _items(self, item: ast.expr) -> list[Any]:
        value = self.value(item.value if isinstance(item, ast.Starred) else item)
        if isinstance(item, ast.Starred):
            return value if isinstance(value, list) else []
        return [] if value is None else [value]

    def path(self, node: ast.expr) -> str | None:
        """The path that an expression names, relative to the program's folder, where that can be told."""
        found = self._path(node)
        return None if found is None else str(found)

    def _path(self, node: ast.expr) -> PurePosixPath | None:
        found = None
        match node := self._stands_for(node):
            case ast.Constant(value=str(text)):
                found = PurePosixPath(text)
            case ast.Name(id="__file__"):
                found = PurePosixPath(self.name)
            case ast.JoinedStr(values=parts):
                texts = [self._text(part) for part in parts]
                found = None if None in texts else PurePosixPath("".join(filter(None, texts)))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                found = self._joined([left, right])
            case ast.Attribute(value=value, attr="parent"):
                found = _parent(self._path(value))
            case ast.Call():
                found = self._path_of_call(node)
        return found

    def _text(self, part: ast.expr) -> str | None:
        """A part of a formatted string, as far as it is a text or a path."""
        if isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None:
            part = self._stands_for(part.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            return part.value
        path = self._path(part)
        return None if path is None else str(path)

    def _path_of_call(self, call: ast.Call) -> PurePosixPath | None:
        name = self._called(call.func)
        if name in _JOINS and call.args:
            return self._joined(call.args)
        if name in _HERE:
            return PurePosixPath()
        # A method of the path, or a function of it.
        of = call.args[0] if call.args else call.func.value if isinstance(call.func, ast.Attribute) else None
        if of is None or name not in _SAME | {"dirname"}:
            return None
        return _parent(self._path(of)) if name == "dirname" else self._path(of)

    def _joined(self, nodes: list[ast.expr]) -> PurePosixPath | None:
        parts = [path for node in nodes if (path := self._path(node)) is not None]
        return PurePosixPath(*parts) if len(parts) == len(nodes) else None

    def _called(self, function: ast.expr) -> str:
        if isinstance(function, ast.Attribute):
            return function.attr
        return self._imported.get(function.id, function.id) if isinstance(function, ast.Name) else ""

    def _stands_for(self, node: ast.expr) -> ast.expr:
        seen: set[str] = set()
        while isinstance(node, ast.Name) and node.id in self._values and node.id not in seen:
            seen.add(node.id)
            node = self._values[node.id]
        return node

    def _parts(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node and all below it, and those that its names stand for."""
        seen: set[str] = set()
        met: set[ast.AST] = set()
        waiting = [node]
        while waiting:
            for each in ast.walk(waiting.pop()):
                if each in met:
                    continue
                met.add(each)
                yield each
                if isinstance(each, ast.Name) and each.id in self._values and each.id not in seen:
                    seen.add(each.id)
                    waiting.append(self._values[each.id])


def _parent(path: PurePosixPath | None) -> PurePosixPath | None:
    return None if path is None else path.parent
