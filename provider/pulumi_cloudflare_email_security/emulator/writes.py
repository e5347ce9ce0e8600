"""Create, change, replace and remove one entry, with every rule of ``api.md`` applied.

Single requests and batches both end here; ``at`` is the JSON pointer of the item within the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .kinds import Refused
from .messages import ApiError, Problem, refuse, shown

if TYPE_CHECKING:
    from .contracts import Collection, Contract, Entry, Field
    from .store import Database, Table

Duplicates = Literal["conflict", "bad_request", "accept"]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to one table at one moment."""

    contract: Contract
    collection: Collection
    table: Table
    database: Database
    duplicates: Duplicates
    now: str

    def find(self, identity: str, at: str | None = None) -> Entry:
        """The entry with this id, or the API's 404."""
        entry = self.table.get(identity)
        if entry is None:
            message = f"no entry with the id {identity} in {self.collection.name}"
            raise refuse(message, at, status=404)
        return entry

    def item_id(self, item: object, at: str) -> str:
        """The id of a batch item."""
        if not isinstance(item, Mapping):
            message = f"must be an object, not {shown(item)}"
            raise refuse(message, at)
        if "id" not in item:
            message = "is required"
            raise refuse(message, f"{at}/id")
        try:
            return self.contract.id_in_body(item["id"])
        except Refused as error:
            raise refuse(str(error), f"{at}/id") from None

    def create(self, body: object, at: str = "") -> Entry:
        """Make an entry of a whole body."""
        written = self._checked(body, at, whole=True)
        self._check_rule(written, frozenset(written), at)
        self._check_unique(written, None, at)
        count = self.database.next_count(self.collection.name)
        return self.store(
            {
                **self.collection.outputs,
                **self.collection.created,
                **written,
                "id": self.contract.new_id(self.collection.name, count),
                "created_at": self.now,
            },
        )

    def patch(self, identity: str, body: object, at: str = "") -> Entry:
        """Change the fields that the body names."""
        entry = self._changeable(identity, at)
        written = self._checked(body, at, whole=False)
        return self._change({**entry, **written}, frozenset(written), identity, at)

    def replace(self, identity: str, body: object, at: str = "") -> Entry:
        """Put a whole body in place of the entry's fields; what it leaves out is as on a create."""
        entry = self._changeable(identity, at)
        written = self._checked(body, at, whole=True)
        for field in self.collection.fields:
            if field.immutable and written[field.name] != entry[field.name]:
                message = "cannot be changed"
                raise refuse(message, f"{at}/{field.name}")
        kept = {name: value for name, value in entry.items() if self.collection.field(name) is None}
        return self._change({**kept, **written}, frozenset(written), identity, at)

    def remove(self, identity: str, at: str = "") -> dict[str, Any]:
        """Delete the entry and say which it was."""
        entry = self._changeable(identity, at)
        self.table.drop(identity)
        return {"id": entry["id"]}

    def store(self, entry: Entry, modified: str | None = None) -> Entry:
        """Store an entry, completed as the contract answers it, as modified now unless said."""
        complete = {
            "id": entry["id"],
            "created_at": entry["created_at"],
            **{field.name: entry.get(field.name, field.fill) for field in self.collection.fields},
            **{name: entry.get(name, fill) for name, fill in self.collection.outputs.items()},
            self.contract.modified: modified or self.now,
        }
        if self.contract.omit_null:
            complete = {name: value for name, value in complete.items() if value is not None}
        self.table.put(complete)
        return complete

    def _changeable(self, identity: str, at: str) -> Entry:
        entry = self.find(identity, at or None)
        if identity in self.table.synced:
            message = f"entry {identity} is synced from a directory and cannot be changed through the API"
            raise refuse(message, at or None)
        return entry

    def _change(self, entry: Entry, touched: frozenset[str], identity: str, at: str) -> Entry:
        self._check_rule(entry, touched, at)
        self._check_unique(entry, identity, at)
        return self.store(entry)

    def _checked(self, body: object, at: str, *, whole: bool) -> dict[str, Any]:
        """The fields of a body, each checked; all that is wrong is answered at once."""
        if not isinstance(body, Mapping):
            message = f"must be an object, not {shown(body)}"
            raise refuse(message, at)
        problems: list[Problem] = []
        written: dict[str, Any] = {}
        for name, value in body.items():
            try:
                written[name] = _value(self.collection.field(name), value, whole=whole)
            except Refused as error:
                problems.append(Problem(400, f"{name}: {error}", f"{at}/{name}{error.pointer}"))
        if whole:
            problems.extend(
                Problem(400, f"{field.name}: is required", f"{at}/{field.name}")
                for field in self.collection.fields
                if field.required and field.name not in body
            )
        if problems:
            raise ApiError(400, *problems)
        return written

    def _check_rule(self, entry: Entry, touched: frozenset[str], at: str) -> None:
        try:
            self.collection.rule(entry, touched)
        except Refused as error:
            msg = f"{error.pointer[1:]}: {error}"
            raise refuse(msg, f"{at}{error.pointer}") from None

    def _check_unique(self, entry: Entry, identity: str | None, at: str) -> None:
        """Refuse a natural key that another entry has; a change that leaves the key alone passes."""
        key = self.collection.key(entry)
        if self.duplicates == "accept" or all(holder == identity for holder in self.table.holders(key)):
            return
        if identity is not None and self.collection.key(self.find(identity)) == key:
            return
        message = f"an entry with this {' and '.join(self.collection.natural_key)} already exists"
        status = 409 if self.duplicates == "conflict" else 400
        raise refuse(message, f"{at}/{self.collection.natural_key[-1]}", status=status)


def _value(field: Field | None, value: object, *, whole: bool) -> object:
    if field is None:
        message = "is no field that can be written"
        raise Refused(message)
    if field.immutable and not whole:
        message = "cannot be changed"
        raise Refused(message)
    if value is None:
        if field.nullable:
            return None
        message = "must not be null"
        raise Refused(message)
    return field.check(value)
