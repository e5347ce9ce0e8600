"""Writes to one entry: through the API, with every rule of ``api.md`` applied, and behind its back.

Single requests and batches both end here; ``at`` is the JSON pointer of the item within the body. What others do to an
account (people in the dashboard, directories, time) goes by none of the API's rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from .catalogue import DIRECTORIES
from .contracts import Collection, Contract, Entry, Field, Refused
from .habits import Habits
from .messages import ApiError, EmulatorError, Problem, code_of, refuse, shown
from .store import Database, Table

Way = Literal["create", "patch", "replace"]


@dataclass(frozen=True)
class Writer:
    """Writes to one table at one moment."""

    contract: Contract
    collection: Collection
    table: Table
    database: Database
    habits: Habits
    moment: float

    @cached_property
    def now(self) -> str:
        """The moment as the API writes it."""
        return datetime.fromtimestamp(self.moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def find(self, identity: str, at: str | None = None) -> Entry:
        """The entry with this id, or the API's 404."""
        entry = self.table.get(identity)
        if entry is None:
            raise refuse(f"no entry with the id {identity} in {self.collection.name}", at, status=404)
        return entry

    def item_id(self, item: object, at: str) -> str:
        """The id of a batch item."""
        if not isinstance(item, Mapping):
            raise refuse(f"must be an object, not {shown(item)}", at)
        if "id" not in item:
            raise refuse("is required", f"{at}/id")
        try:
            return self.contract.id_in_body(item["id"])
        except Refused as error:
            raise refuse(str(error), f"{at}/id") from None

    def create(self, body: object, at: str = "") -> Entry:
        """Make an entry of a whole body."""
        written = self._checked(body, at, "create")
        entry = self._ruled(written, frozenset(written), None, at)
        count = self.database.next_count(self.collection.name)
        created = self.habits.apply("created", self.collection.created)
        new = {"id": self.contract.new_id(self.collection.name, count), "created_at": self.now}
        stored = self._store({**self.collection.outputs, **created, **entry, **new})
        if created:
            self.table.unproved.add(str(stored["id"]))
        return stored

    def patch(self, identity: str, body: object, at: str = "") -> Entry:
        """Change the fields that the body names."""
        entry = self._changeable(identity, at)
        written = self._checked(body, at, "patch")
        return self._store(self._ruled({**entry, **written}, frozenset(written), identity, at))

    def replace(self, identity: str, body: object, at: str = "") -> Entry:
        """Put a whole body in place of the entry's fields; what it leaves out is as on a create."""
        entry = self._changeable(identity, at)
        written = self._checked(body, at, "replace")
        replaced = {field.name for field in self.collection.fields if not field.immutable}
        kept = {name: value for name, value in entry.items() if name not in replaced}
        return self._store(self._ruled({**kept, **written}, frozenset(written), identity, at))

    def remove(self, identity: str, at: str = "") -> dict[str, Any]:
        """Delete the entry and say which it was."""
        entry = self._changeable(identity, at)
        self._drop(identity)
        return {"id": entry["id"]}

    # Behind the API's back

    def seed(self, fields: Mapping[str, Any]) -> Entry:
        """Store an entry as it may be found in an account; what is left out is filled in."""
        name, counters = self.collection.name, self.database.counters
        self._check_names(fields)
        entry = {field.name: field.fill for field in self.collection.fields} | dict(self.collection.outputs)
        entry |= {"created_at": self.now, **fields}
        for field in self.collection.fields:
            if field.required and entry[field.name] is None:
                raise EmulatorError(f"an entry of {name} needs {field.name}")
        if "id" in fields:
            self._check_new_id(fields["id"])
            counters[name] = self.contract.counter_after(fields["id"], counters.get(name, 0))
        else:
            entry["id"] = self.contract.new_id(name, self.database.next_count(name))
        if entry.get("provenance") in DIRECTORIES:
            self.table.synced.add(str(entry["id"]))
        if self.collection.created and entry["status"] != self.collection.outputs["status"]:
            self.table.unproved.add(str(entry["id"]))
        modified = next((fields[name] for name in self.collection.times if name in fields), None)
        return self._store(entry, modified)

    def change(self, identity: int | str, fields: Mapping[str, Any]) -> Entry:
        """Change fields of an entry, those the API only answers included."""
        self._check_names(fields)
        return self._store({**self._known(identity), **fields})

    def lose(self, identity: int | str) -> None:
        """Remove an entry, wherever it came from."""
        self._drop(str(self._known(identity)["id"]))

    def _known(self, identity: int | str) -> Entry:
        entry = self.table.get(str(identity))
        if entry is None:
            raise EmulatorError(f"no entry with the id {identity} in {self.collection.name}")
        return entry

    def _check_new_id(self, identity: object) -> None:
        try:
            key = self.contract.id_in_body(identity)
        except Refused as error:
            raise EmulatorError(f"an id of the {self.contract.name} contract {error}") from None
        if self.table.get(key) is not None:
            raise EmulatorError(f"{self.collection.name} has an entry with the id {key} already")

    def _check_names(self, names: Iterable[str]) -> None:
        known = self.collection.known
        for name in names:
            if name not in known:
                raise EmulatorError(f"{self.collection.name} has no field {name!r}; it has {', '.join(sorted(known))}")

    # What both have in common

    def _store(self, entry: Entry, modified: str | None = None) -> Entry:
        """Store an entry, completed as the contract answers it, as modified now unless said."""
        complete = {
            "id": entry["id"],
            "created_at": entry["created_at"],
            **{field.name: entry.get(field.name, field.fill) for field in self.collection.fields},
            **{name: entry.get(name, fill) for name, fill in self.collection.outputs.items()},
            **dict.fromkeys(self.collection.times, modified or self.now),
        }
        if self.contract.omit_null:
            complete = {name: value for name, value in complete.items() if value is not None}
        self._remember(str(entry["id"]))
        self.table.put(complete)
        return complete

    def _drop(self, identity: str) -> None:
        self._remember(identity)
        self.table.drop(identity)

    def _remember(self, identity: str) -> None:
        seconds = self.habits.apply("lag", 0.0)
        if seconds:
            self.table.remember(identity, self.moment, seconds)

    def _changeable(self, identity: str, at: str) -> Entry:
        entry = self.find(identity, at or None)
        if identity in self.table.synced:
            raise refuse(
                f"entry {identity} is synced from a directory and cannot be changed through the API", at or None
            )
        return entry

    def _checked(self, body: object, at: str, way: Way) -> dict[str, Any]:
        """The fields of a body, each checked; all that is wrong is answered at once."""
        if not isinstance(body, Mapping):
            raise refuse(f"must be an object, not {shown(body)}", at)
        problems: list[Problem] = []
        written: dict[str, Any] = {}
        for name, value in body.items():
            try:
                checked = _value(self.collection.field(name), value, way)
            except Refused as error:
                problems.append(Problem(code_of(400), f"{name}: {error}", f"{at}/{name}{error.pointer}"))
            else:
                if checked is not None or way == "patch":
                    written[name] = checked
        problems.extend(
            Problem(code_of(400), f"{field.name}: is required", f"{at}/{field.name}")
            for field in self.collection.fields
            if field.name not in body and _is_required(field, way)
        )
        if problems:
            raise ApiError(400, *problems)
        return written

    def _ruled(self, entry: Entry, touched: frozenset[str], identity: str | None, at: str) -> Entry:
        """An entry as it will be stored, once it has passed the rules that concern it as a whole."""
        try:
            self.collection.rule(entry, touched)
        except Refused as error:
            raise refuse(f"{error.pointer[1:]}: {error}", f"{at}{error.pointer}") from None
        stored = self.habits.apply("store", entry, self.collection, touched)
        self._check_unique(stored, identity, at)
        return stored

    def _check_unique(self, entry: Entry, identity: str | None, at: str) -> None:
        """Refuse a natural key that another entry has; a change that leaves the key alone passes."""
        key = self.collection.key(entry)
        if all(holder == identity for holder in self.table.holders(key)):
            return
        if identity is not None and self.collection.key(self.find(identity)) == key:
            return
        message = f"an entry with this {' and '.join(self.collection.natural_key)} already exists"
        refused: ApiError | None = refuse(message, f"{at}/{self.collection.natural_key[-1]}", status=409)
        if (error := self.habits.apply("duplicate", refused)) is not None:
            raise error


def _is_required(field: Field, way: Way) -> bool:
    if way == "replace":
        return field.replaced or (field.required and not field.immutable)
    return field.required and way == "create"


def _value(field: Field | None, value: object, way: Way) -> object:
    if field is None:
        raise Refused("is no field that can be written")
    if field.immutable and way != "create":
        raise Refused("cannot be changed")
    if value is None:
        if field.nullable if way == "patch" else not field.required:
            return None
        raise Refused("must not be null")
    return field.check(value)
