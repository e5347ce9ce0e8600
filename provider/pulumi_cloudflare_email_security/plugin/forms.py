"""The form of a resource's properties in programs and states, and the form in which the lifecycle takes them.

Programs say `patternType`, the lifecycle `pattern_type`. Names in snake_case, as states of the dynamic resources have
them, are taken as well. A collection's entries are a map of JSON texts by natural key in state, so that each is one
value for the engine and has a line of its own in a diff.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi.output import Unknown

from ..client.errors import EmailSecurityError
from ..dynamic.files import places_of, plain_entries
from ..entries.formats import read_entries
from ..lifecycle.base import Lifecycle, Read
from ..lifecycle.collection import CollectionLifecycle
from ..lifecycle.entry import EntryLifecycle
from ..model.fields import Whole
from ..model.names import camel, snake, snaked
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..model.state import (
    ACCOUNT_ID,
    DECLARED_AT,
    DECLARED_BY,
    DEFAULTS,
    ENTRIES,
    HAS_SECRETS,
    IDS,
    MANAGED_FIELDS,
    STORED_AS,
    as_text,
    from_text,
    own_names,
    recorded_entries,
    recorded_ids,
)
from .names import advice_in_any_language, outside_values
from .wire import UNKNOWN, Properties

ENTRIES_JSON: Final = "entries_json"
ENTRIES_FILE: Final = "entries_file"
#: The ways to give a collection's entries.
SOURCES: Final = (ENTRIES, ENTRIES_JSON, ENTRIES_FILE)
#: What the engine knows by itself: whose the properties are, and which of them are secret.
_NOT_RECORDED: Final = frozenset({DECLARED_BY, HAS_SECRETS})
_PRINTED_WHOLE: Final = frozenset({ENTRIES, camel(ENTRIES_JSON)})
_WITHIN_ENTRIES: Final = frozenset({*SOURCES, DEFAULTS})


class EntriesError(Exception):
    """A collection's entries cannot be read at all."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.failure = Failure(path, reason)


class EntryForm:
    """The form of a single entry; `collection` is the type that holds many of them."""

    lifecycle: type[Lifecycle] = EntryLifecycle

    def __init__(self, setting: Setting, collection: str = "") -> None:
        self.setting = setting
        self.collection = collection
        fields = setting.schema.setting_fields
        #: Numbers that can be cleared, which programs do by 0.
        self.numbers = frozenset(name for name, field in fields.items() if isinstance(field, Whole) and field.nullable)

    def inputs(self, given: Properties, _olds: Properties) -> dict[str, Any]:
        """What a program declares, as `check` takes it, beside what was recorded of it before."""
        return {**snaked(given.values), **({HAS_SECRETS: True} if given.secrets else {})}

    def recorded(self, state: Properties) -> dict[str, Any]:
        """What is recorded, as inputs or as outputs."""
        props = own_names(state.values)
        props |= {name: "" for name in self.numbers if props.get(name) == 0}
        return {**props, **({HAS_SECRETS: True} if state.secrets else {})}

    def is_own(self, state: Properties) -> bool:
        """Whether a state is in the plugin's form, not in that of the dynamic resources."""
        return not any("_" in name for name in state.values)

    def outward(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """What the lifecycle answers, as it is recorded."""
        plain = {camel(name): value for name, value in props.items() if name not in _NOT_RECORDED}
        if MANAGED_FIELDS in props:
            plain[camel(MANAGED_FIELDS)] = [camel(field) for field in props[MANAGED_FIELDS]]
        return plain | {camel(name): 0 for name in self.numbers if props.get(name) == ""}

    def secrets(self, *of: Properties) -> set[str]:
        """Which properties are secret where these are what they come from."""
        names = {camel(snake(name)) for properties in of for name in properties.secrets}
        # An account may store a secret text in another form, which is recorded beside it.
        return names | {camel(STORED_AS)} if names else names

    def failure(self, failure: Failure, _given: Mapping[str, Any]) -> Failure:
        """What is wrong, in the program's words."""
        names = {**self.setting.schema.setting_fields, "account_id": None, "delete_limit": None}
        pattern = "|".join(sorted((name for name in names if "_" in name), key=len, reverse=True))
        reason = outside_values(re.compile(rf"\b(?:{pattern})\b"), lambda name: camel(name[0]), failure.reason)
        reason = advice_in_any_language(reason)
        path = re.sub(r"(^|\.)([a-z_]+)(?=$|[.\[])", lambda part: part[1] + camel(part[2]), failure.path)
        return Failure(path, f"{reason} ({failure.place})" if failure.place else reason)

    def id_of(self, id_: str, _account_id: str) -> str:
        """The id of a resource that was imported."""
        return id_

    def imported(self, lifecycle: Lifecycle, id_: str, props: dict[str, Any]) -> Read:
        """What an import finds; the inputs become the program."""
        found = lifecycle.import_(id_, props)
        return Read(found.id, self.outward(found.outputs), self.outward(found.inputs or {}))


class CollectionForm(EntryForm):
    """The form of a collection."""

    lifecycle = CollectionLifecycle

    def inputs(self, given: Properties, olds: Properties) -> dict[str, Any]:
        """What a program declares, as `check` takes it, beside what was recorded of it before.

        Raises:
            EntriesError: the entries cannot be read, or the defaults are wrong.

        """
        props, before = snaked(given.values), olds.values.get(ENTRIES)
        named = [name for name in SOURCES if name in props]
        if before is not None and (not named or props.get(ENTRIES) == before):
            # Where a program ignores changes of a source, the engine sends what is recorded of it; of texts and files
            # that is nothing.
            props = {**{name: value for name, value in props.items() if name not in _WITHIN_ENTRIES}, ENTRIES: before}
            named = [ENTRIES]
        if len(named) > 1:
            why = f"only one of {', '.join(map(camel, SOURCES))} can be given, not {' and '.join(map(camel, named))}"
            raise EntriesError(named[1], why)
        defaults = _snaked_entry(props.pop(DEFAULTS, None))
        if isinstance(defaults, Unknown):
            # Any of them may be among what is not known yet.
            defaults = dict.fromkeys(self.setting.schema.setting_fields, defaults)
        if named:
            source = named[0]
            entries = self._read(source, props.pop(source))
            try:
                props[ENTRIES] = plain_entries(self.setting, entries, defaults)
            except pulumi.RunError as error:
                raise EntriesError(source, str(error)) from None
            if at := places_of(entries):
                props[DECLARED_AT] = at
        if _WITHIN_ENTRIES & {snake(name) for name in given.secrets}:
            props[HAS_SECRETS] = True
        return props

    def _read(self, source: str, value: Any) -> Any:
        if has_unknown(value):
            return _snaked_entries(value)
        if source == ENTRIES_FILE:
            path = getattr(value, "path", value)
            if not isinstance(path, str):
                raise EntriesError(source, "must be the path of a file")
            try:
                return read_entries(path)
            except EmailSecurityError as error:
                raise EntriesError(source, str(error)) from None
        if source == ENTRIES_JSON:
            value = _from_json(value)
        return _snaked_entries(value)

    def recorded(self, state: Properties) -> dict[str, Any]:
        """What is recorded, as inputs or as outputs."""
        props = own_names(state.values)
        if isinstance(entries := from_text(props.get(ENTRIES)), list):
            # An import records them as the program has them.
            own = {self.setting.key_text_of(entry): entry for entry in map(_snaked_entry, entries)}
            props[ENTRIES] = dict(sorted(own.items()))
        if IDS in props:
            # On the way from the engine maps have lost their order.
            props[IDS] = dict(sorted(recorded_ids(props).items()))
        if _WITHIN_ENTRIES & {snake(name) for name in state.secrets}:
            props[HAS_SECRETS] = True
        return props

    def is_own(self, state: Properties) -> bool:
        """Whether a state is in the plugin's form, not in that of the dynamic resources."""
        return super().is_own(state) and not isinstance(state.values.get(ENTRIES), str)

    def outward(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """What the lifecycle answers, as it is recorded."""
        plain = super().outward(props)
        entries = from_text(props.get(ENTRIES))
        if isinstance(entries, Mapping):
            plain[ENTRIES] = {key: _entry_text(entry) for key, entry in entries.items()}
        if IDS in props:
            plain[IDS] = recorded_ids(props)
        return plain

    def secrets(self, *of: Properties) -> set[str]:
        """Which properties are secret where these are what they come from."""
        names = super().secrets(*of)
        return names | {ENTRIES} if _WITHIN_ENTRIES & {snake(name) for name in names} else names

    def failure(self, failure: Failure, given: Mapping[str, Any]) -> Failure:
        """What is wrong, in the program's words and of the property that the entries came in."""
        told = super().failure(failure, given)
        source = next((name for name in map(camel, SOURCES) if name in given), ENTRIES)
        within = re.match(rf"{ENTRIES}(?=[.\[]|$)", told.path)
        path = source + told.path[within.end() :] if within else told.path
        # The engine prints the value of a property that it is told: not all the entries.
        return Failure("", f"{path}: {told.reason}") if path in _PRINTED_WHOLE else Failure(path, told.reason)

    def id_of(self, id_: str, account_id: str) -> str:
        """The id of a collection that was imported, as a create gives it."""
        return f"{account_id}/{id_}"

    def imported(self, lifecycle: Lifecycle, id_: str, props: dict[str, Any]) -> Read:
        """What an import finds: all entries that there are. The inputs become the program.

        Raises:
            EmailSecurityError: the id is that of something else.

        """
        collection = self.setting.collection
        if id_ != collection:
            raise EmailSecurityError(f"{id_} is not a collection of this type: import it as ACCOUNT/{collection}")
        found = lifecycle.import_(id_, props)
        inputs = found.inputs or {}
        program = {ENTRIES: [_camelled_entry(fields) for fields in recorded_entries(inputs).values()]}
        account = {name: value for name, value in inputs.items() if name == ACCOUNT_ID}
        return Read(found.id, self.outward(found.outputs), {**super().outward(account), **program})


def _snaked_entry(entry: Any) -> Any:
    """An entry with the API's names; one that is recorded is JSON text."""
    if isinstance(entry, str):
        entry = from_text(entry)
    return snaked(entry) if isinstance(entry, Mapping) else entry


def _snaked_entries(entries: Any) -> Any:
    if isinstance(entries, Mapping):
        return {key: _snaked_entry(entry) for key, entry in entries.items()}
    return [_snaked_entry(entry) for entry in entries] if isinstance(entries, list) else entries


def _camelled_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in entry.items()}


def _entry_text(entry: Any) -> Any:
    """An entry as it is recorded; one that is not known yet has no text yet."""
    if not isinstance(entry, Mapping) or has_unknown(entry):
        return UNKNOWN
    return as_text(_camelled_entry(entry))


def _from_json(text: Any) -> Any:
    if not isinstance(text, str):
        raise EntriesError(ENTRIES_JSON, "must be text: a list of entries, or a map from natural key to entry, as JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EntriesError(ENTRIES_JSON, f"is not JSON: {error}") from None
