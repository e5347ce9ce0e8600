"""What a collection's `entries` are for the engine; entries of files are checked where their places are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import pulumi
from pulumi.output import Unknown

from ..client.envelope import printable
from ..entries import formats, merging
from ..entries.entry import FileEntry
from ..entries.typed import field_of, typed_fields
from ..model import invalid
from ..model.days import day
from ..model.places import encode, parse
from ..model.schema import Failure, known_fields
from ..model.setting import Result, Setting
from ..model.state import DEFAULTS, ENTRIES, EXPIRES, from_text
from ..model.text import shown
from .endings import ends_program
from .plain import as_output, is_output, plain_fields

__all__ = ["FileEntry", "merge_entries", "places_of", "plain_entries", "read_entries"]

merge_entries = ends_program(merging.merge_entries)
read_entries = ends_program(formats.read_entries)

_MAX_PROBLEMS: Final = 20
_UNKNOWN: Final = Unknown()  # type: ignore[no-untyped-call]


def plain_entries(setting: Setting, entries: Any, defaults: Any) -> Any:
    """A collection's `entries` as the engine takes them, completed by the defaults.

    Defaults and entries of files are checked, so that errors name their places once; the provider checks the rest.

    Args:
        setting: what they are entries of.
        entries: a list or a map of entries, or an output or JSON text of one; anything else comes back as it is.
        defaults: the fields that all entries share, if any.

    Raises:
        pulumi.RunError: defaults or entries of files are wrong; the text names every place, up to a limit.

    """
    entries = from_text(entries)
    if is_output(entries):
        return as_output(entries).apply(lambda known: plain_entries(setting, known, defaults))
    files = _FileEntries(setting, defaults)
    if isinstance(entries, Mapping):
        plain: Any = {key: files.plain(entry, str(key)) for key, entry in entries.items()}
    elif isinstance(entries, list | tuple):
        plain = [files.plain(entry, None) for entry in entries]
    else:
        plain = entries
    files.compare(entries, plain)
    if files.problems:
        raise pulumi.RunError(_report(setting, files.problems))
    return plain


def places_of(entries: Any, here: str = "") -> str:
    """Where the entries of files are written, in order; `here` where none is from a file."""
    given = entries.values() if isinstance(entries, Mapping) else entries if isinstance(entries, list | tuple) else ()
    found = [(entry.file, entry.line) if isinstance(entry, FileEntry) else None for entry in given]
    return encode(one or parse(here) for one in found) if any(found) else here


def _report(setting: Setting, problems: list[str]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"{setting.collection}: {count} in the declared entries", *map(printable, problems[:_MAX_PROBLEMS])]
    if len(problems) > _MAX_PROBLEMS:
        lines.append(f"… and {len(problems) - _MAX_PROBLEMS} more")
    return "\n  ".join(lines)


class _FileEntries:
    """Makes entries plain, and gathers what is wrong with those of files."""

    def __init__(self, setting: Setting, defaults: Any) -> None:
        self.setting = setting
        fields = plain_fields(setting, defaults) if isinstance(defaults, Mapping) else {}
        self.defaults = {name: value for name, value in fields.items() if value is not None}
        self.problems: list[str] = []
        self.firsts: dict[tuple[Any, ...], FileEntry] = {}
        self.unknown_columns: dict[str, set[str]] = {}
        self.headers: dict[str, bool] = {}
        self.shared = self._checked(defaults)

    def plain(self, entry: Any, key: str | None) -> Any:
        """An entry in plain form, with the defaults of the fields that it does not set."""
        if is_output(entry):
            return as_output(entry).apply(lambda known: self._later(known, key))
        if isinstance(entry, Result):
            entry = self.declarable(entry)
        if not isinstance(entry, Mapping):
            return entry
        if isinstance(entry, FileEntry) and key is None:
            key = entry.key
        key_fields = {} if key is None else self.setting.fields_from_key(key)
        if isinstance(entry, FileEntry):
            typed = typed_fields(self.setting, entry, passed_over=self.unknown_columns.get(entry.file, ()))
            fields = plain_fields(self.setting, typed)
            self.check(entry, key_fields, fields)
            own = {**key_fields, **fields}
        else:
            own = plain_fields(self.setting, entry)
        return self._completed(own, key_fields)

    def declarable(self, result: Result) -> Any:
        """What a program can declare of a look-up's result; what it cannot is noted."""
        setting = self.setting
        if not isinstance(result, setting.result_class):
            self.problems.append(f"a {type(result).__name__} cannot be declared as a {setting.title}")
            return {}
        fields = setting.fields_of(result)
        why = setting.read_only(dataclasses.asdict(result))
        if why is None:
            _, wrong = setting.schema.validate_entry(fields)
            why = "; ".join(f"{failure.path}: {failure.reason}" for failure in wrong)
        if why:
            self.problems.append(
                f"{setting.describe(fields)} (id {result.id}) cannot be declared: {why} — leave it out"
            )
        return fields

    def _later(self, entry: Any, key: str | None) -> Any:
        """An entry that has become known."""
        if key is None:
            return plain_entries(self.setting, [entry], self.defaults)[0]
        return plain_entries(self.setting, {key: entry}, self.defaults)[key]

    def _completed(self, own: dict[str, Any], named: Collection[str]) -> dict[str, Any]:
        """An entry with the defaults of fields that it leaves out or has None for; a map's key sets those `named`."""
        if not self.defaults:
            return own
        whole = {name: value for name, value in self.defaults.items() if name not in named}
        for name, value in own.items():
            if name not in whole or (value is not None and not isinstance(value, pulumi.Output)):
                whole[name] = value
            elif value is not None:
                whole[name] = _or_default(value, whole[name])
        return whole

    def _checked(self, defaults: Any) -> dict[str, Any]:
        """The defaults; what is wrong with them is said once, and what is not known yet or wrong is unknown."""
        if defaults is None:
            return {}
        schema = self.setting.schema
        everything = dict.fromkeys(schema.setting_fields, _UNKNOWN)
        if not isinstance(defaults, Mapping):
            what = "an output: only its values may be outputs" if is_output(defaults) else shown(defaults)
            self.problems.append(f"{DEFAULTS}: must be a map of fields, not {what}")
            return everything
        shared = _known(self.defaults)
        late = _expires_failures(self.defaults.get(EXPIRES))
        shared.pop(EXPIRES, None)
        for failure in (*schema.validate_entry({**everything, **shared})[1], *late):
            self.problems.append(f"{DEFAULTS}.{failure.path}: {failure.reason}")
            shared[_root(failure.path)] = _UNKNOWN
        return {name: value for name, value in shared.items() if name in schema.setting_fields}

    def has_columns(self, entry: FileEntry) -> bool:
        """Whether an entry's file has a column for every field that must be there; one that has not is named once."""
        if not entry.text:
            return True
        if entry.file not in self.headers:
            self.headers[entry.file] = not (problem := self._header_problem(entry))
            if problem:
                self.problems.append(f"{entry.file}: {problem}")
        return self.headers[entry.file]

    def _header_problem(self, entry: FileEntry) -> str:
        schema = self.setting.schema
        columns = entry.find_places()
        names = {column: field_of(self.setting, column, columns) for column in columns}
        needed = {name for name, field in schema.setting_fields.items() if field.required}
        missing = [name for name in schema.setting_fields if name in needed - {*names.values()} - self.shared.keys()]
        if not missing:
            return ""
        known = {*schema.setting_fields, EXPIRES}
        odd = [shown(column) for column, name in names.items() if name not in known]
        hint = f"; unknown: {', '.join(odd)}" if odd else ""
        return f"the header row has no column for {' and '.join(missing)}{hint}"

    def check(self, entry: FileEntry, key_fields: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        """Validate an entry, and that it is the only one with its natural key."""
        if not self.has_columns(entry):
            return
        setting = self.setting
        arguments = _known({**self.shared, **key_fields, **fields})
        normal, failures = setting.schema.validate_entry({n: v for n, v in arguments.items() if n != EXPIRES})
        for failure in (*failures, *_expires_failures(fields.get(EXPIRES))):
            self.note(entry, failure)
        if failures or not known_fields(normal, setting.key):
            return
        key = setting.key_of(normal)
        if self.firsts.setdefault(key, entry) is not entry:
            self.stands_already(entry.place(), key)
        if key_fields and setting.key_of({**normal, **setting.schema.normal(key_fields)}) != key:
            own = shown(setting.key_text(key))
            self.problems.append(f"{entry.place()}: stands under a key that is not its own, which is {own}")

    def compare(self, entries: Any, plain: Any) -> None:
        """Find the program's own entries that stand in a file, too; the provider validates and compares the rest."""
        if not self.firsts:
            return
        setting, a_map = self.setting, isinstance(entries, Mapping)
        for place, entry in entries.items() if a_map else enumerate(entries):
            if isinstance(entry, FileEntry) or not isinstance(plain[place], Mapping):
                continue
            key_fields = setting.fields_from_key(str(place)) if a_map else {}
            # A key that is not known yet, or is wrong, is like none in a file.
            if (key := setting.key_of(_known({**key_fields, **plain[place]}))) in self.firsts:
                self.stands_already(f'{ENTRIES}["{place}"]' if a_map else f"{ENTRIES}[{place}]", key)

    def stands_already(self, place: str, key: tuple[Any, ...]) -> None:
        """Say that a file holds an entry already."""
        self.problems.append(f"{place}: {self.setting.key_text(key)} stands already at {self.firsts[key].place()}")

    def note(self, entry: FileEntry, failure: Failure) -> None:
        """Keep what is wrong with an entry, and where."""
        root = _root(failure.path)
        columns = [failure.path, root, *(column for column, name in self.setting.columns.items() if name == root)]
        filled = [column for column in columns if column in entry]
        self.problems.append(f"{entry.place(*filled, *columns)}: {failure.path}: {failure.reason}")
        if entry.text and root not in self.setting.schema.setting_fields and root != EXPIRES:
            # A column that is no field is wrong once, not once a row.
            self.unknown_columns.setdefault(entry.file, set()).add(failure.path)


def _or_default(value: pulumi.Output[Any], default: Any) -> pulumi.Output[Any]:
    return value.apply(lambda known: default if known is None else known)


def _root(path: str) -> str:
    """The field in a failure's path."""
    return path.partition("[")[0].partition(".")[0]


def _expires_failures(expires: object) -> Iterator[Failure]:
    if expires is not None and not _pending(expires):
        try:
            day(expires)
        except invalid.ValidationError as error:
            yield Failure(EXPIRES, str(error.messages[0]))


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the schema's mark for values that only the engine will know."""
    return {name: _UNKNOWN if _pending(value) else value for name, value in fields.items()}


def _pending(value: object) -> bool:
    if value is None or isinstance(value, (str, int, float)):
        return False
    if isinstance(value, list):
        return any(map(_pending, value))
    return is_output(value)
