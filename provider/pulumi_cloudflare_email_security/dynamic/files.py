"""What a collection's `entries` are for the engine, which knows nothing of files, defaults and look-ups' results."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import pulumi
from pulumi.output import Unknown

from ..client.envelope import printable
from ..entries import formats, merging
from ..entries.entry import FileEntry, place_text
from ..entries.typed import field_of, typed_fields
from ..model import invalid
from ..model.days import day
from ..model.places import encode, parse
from ..model.setting import Result, Setting
from ..model.state import DEFAULTS, EXPIRES, from_text
from ..model.text import counted, cut, shown
from .endings import ends_program
from .plain import as_output, is_output, plain_fields

__all__ = ["FileEntry", "merge_entries", "places_of", "plain_entries", "read_entries"]

merge_entries = ends_program(merging.merge_entries)
read_entries = ends_program(formats.read_entries)

_MAX_PROBLEMS: Final = 20
_UNKNOWN: Final = Unknown()  # type: ignore[no-untyped-call]


def plain_entries(setting: Setting, entries: Any, defaults: Any) -> Any:
    """A collection's `entries` as the engine takes them, completed by the defaults.

    The provider checks the entries. What would be wrong with each of them is told here, once: the defaults, and the
    columns of a file.

    Args:
        setting: what they are entries of.
        entries: a list or a map of entries, or an output or JSON text of one; anything else comes back as it is.
        defaults: the fields that all entries share, if any.

    Raises:
        pulumi.RunError: defaults, columns of a file or look-ups' results are wrong; the text names every place, up to
            a limit.

    """
    entries = from_text(entries)
    if is_output(entries):
        return as_output(entries).apply(lambda known: plain_entries(setting, known, defaults))
    made, plain = _Plain(setting, defaults), entries
    made.refuse_problems()  # of the defaults, which are no entry's fault
    if isinstance(entries, Mapping):
        plain = {key: made.plain(entry, str(key)) for key, entry in entries.items()}
    elif isinstance(entries, list | tuple):
        plain = [made.plain(entry, None) for entry in entries]
    made.refuse_problems()
    return plain


def places_of(entries: Any, here: str = "") -> Any:
    """Where the entries of files are written, in order; `here` where none is from a file.

    For entries that are an output the answer is an output too.
    """
    if is_output(entries):
        return as_output(entries).apply(lambda known: places_of(known, here))
    given = entries.values() if isinstance(entries, Mapping) else entries if isinstance(entries, list | tuple) else ()
    found = [(entry.file, entry.line) if isinstance(entry, FileEntry) else None for entry in given]
    return encode(one or parse(here) for one in found) if any(found) else here


class _Plain:
    """Makes entries plain, and gathers what is wrong that the provider's check cannot tell or would tell of each."""

    def __init__(self, setting: Setting, defaults: Any) -> None:
        self.setting = setting
        fields = plain_fields(setting, defaults) if isinstance(defaults, Mapping) else {}
        self.defaults = {name: value for name, value in fields.items() if value is not None}
        self.problems = [*self._problems_of(defaults)]
        #: The columns of each file that are no fields.
        self.odd_columns: dict[str, set[str]] = {}

    def refuse_problems(self) -> None:
        """End the program where something is wrong."""
        if self.problems:
            what = counted(len(self.problems), "problem", "problems")
            heading = f"{self.setting.collection}: {what} in the declared entries"
            raise pulumi.RunError("\n  ".join([heading, *map(printable, cut(self.problems, _MAX_PROBLEMS))]))

    def plain(self, entry: Any, key: str | None) -> Any:
        """An entry in plain form, with the defaults of the fields that it does not set."""
        if isinstance(entry, FileEntry):
            return self._of_file(entry, key)
        if is_output(entry):
            return as_output(entry).apply(lambda known: self._later(known, key))
        if isinstance(entry, Result):
            entry = self.declarable(entry)
        if not isinstance(entry, Mapping):
            return entry
        return self._completed(plain_fields(self.setting, entry), self._key_fields(key))

    def _of_file(self, entry: FileEntry, key: str | None) -> dict[str, Any]:
        if entry.text:
            self._look_at_columns(entry)
        fields = typed_fields(self.setting, entry)
        if not entry.text:
            fields = plain_fields(self.setting, fields)
        key_fields = self._key_fields(entry.key if key is None else key)
        if key is None and key_fields:  # what stands under another key in a map of the program the provider tells
            self._look_at_key(entry, key_fields, fields)
        return self._completed({**key_fields, **fields}, key_fields)

    def _key_fields(self, key: str | None) -> dict[str, Any]:
        return {} if key is None else self.setting.fields_from_key(key)

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

    def _problems_of(self, defaults: Any) -> Iterator[str]:
        """What is wrong with the defaults, whatever the entries are."""
        if defaults is None:
            return
        if not isinstance(defaults, Mapping):
            what = "an output: only its values may be outputs" if is_output(defaults) else shown(defaults)
            yield f"{DEFAULTS}: must be a map of fields, not {what}"
            return
        schema = self.setting.schema
        known = {name: _UNKNOWN if _pending(value) else value for name, value in self.defaults.items()}
        expires = known.pop(EXPIRES, None)
        for failure in schema.validate_entry({**dict.fromkeys(schema.setting_fields, _UNKNOWN), **known})[1]:
            yield f"{DEFAULTS}.{failure.path}: {failure.reason}"
        if expires is not None and expires is not _UNKNOWN:
            try:
                day(expires)
            except invalid.ValidationError as error:
                yield f"{DEFAULTS}.{EXPIRES}: {error.messages[0]}"

    def _look_at_columns(self, entry: FileEntry) -> None:
        """Note once, not once a row, what the columns of an entry's file lack, and which of them are no fields."""
        odd = self.odd_columns.get(entry.file)
        if odd is None:
            odd = self.odd_columns[entry.file] = self._odd_columns(entry)
        for column in sorted(odd & entry.keys()) if odd else ():
            odd.discard(column)
            problem = self.setting.schema.unknown_argument(column)
            _, number = entry.find_places()[column]
            self.problems.append(f"{place_text(entry.file, entry.header, number)}: {column}: {problem}")

    def _odd_columns(self, entry: FileEntry) -> set[str]:
        fields = self.setting.schema.setting_fields
        names = {column: field_of(self.setting, column) for column in entry.find_places()}
        odd = {column for column, name in names.items() if name not in fields and name != EXPIRES}
        there = {*names.values(), *self.defaults}
        missing = [name for name, field in fields.items() if field.required and name not in there]
        if not missing:
            return odd
        hint = f"; unknown: {', '.join(shown(column) for column in names if column in odd)}" if odd else ""
        self.problems.append(f"{entry.file}: the header row has no column for {' and '.join(missing)}{hint}")
        return set()

    def _look_at_key(self, entry: FileEntry, named: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        """Note where an entry says otherwise than its key in a file that is a map."""
        if named.keys() & fields.keys():
            own = self.setting.key_of({**named, **fields})
            if own != self.setting.key_of(named):
                own_text = shown(self.setting.key_text(own))
                self.problems.append(f"{entry.place()}: stands under a key that is not its own, which is {own_text}")


def _or_default(value: pulumi.Output[Any], default: Any) -> pulumi.Output[Any]:
    return value.apply(lambda known: default if known is None else known)


def _pending(value: object) -> bool:
    if value is None or isinstance(value, (str, int, float)):
        return False
    if isinstance(value, list):
        return any(map(_pending, value))
    return is_output(value)
