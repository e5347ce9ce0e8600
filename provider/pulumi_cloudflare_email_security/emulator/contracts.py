"""What a collection is: the types of the tables in :mod:`.catalogue`, and the two contracts.

Source: ``api.md``, "Collections" and "Fields". 2025: int32 ids and ``last_modified``. 2026: UUID ids and
``modified_at``. Optional fields without a value are left out of answers in 2025 (the documentation types
them "optional") and null in 2026: a client must cope with both.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .kinds import INT32, Check, Refused
from .messages import EmulatorError, shown

Entry = Mapping[str, Any]
ContractName = Literal["2025", "2026"]
Key = tuple[str, ...]
Filter = Callable[[str], Callable[[Entry], bool]]

# The lists of a batch, in the order in which they are executed.
BATCH_LISTS = ("deletes", "patches", "puts", "posts")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_NAMESPACE = uuid.UUID("5e77165b-3c0d-4d53-9d0c-d0a7e5b1f4a6")
_FIRST_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a client writes.

    ``nullable``: null is taken, and clears it. ``immutable``: set on create, refused in PATCH, and PUT must
    repeat it. ``fill``: what is there where the writer said nothing (a required field needs it for seeds only).
    """

    name: str
    check: Check
    required: bool = False
    nullable: bool = False
    immutable: bool = False
    fill: object = None


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection as a contract has it.

    ``operations`` are written as in the request log, without the collection's name: ``GET``, ``PATCH /{id}``.
    ``outputs`` are the fields that only answers have (besides id and times), with their first values.
    ``rule`` checks an entry as a whole, given the names just written, and raises :class:`.kinds.Refused` with
    the field as pointer. ``created`` are outputs as they are right after a create. ``present`` makes the answered
    form of an entry from the stored one, the time and a counter of answers. ``takes_arrays``: POST takes an array
    too. ``atomic``: a batch happens as a whole or not at all; ``batched`` are the lists it takes items in.
    """

    name: str
    fields: tuple[Field, ...]
    operations: frozenset[str]
    natural_key: tuple[str, ...]
    key: Callable[[Entry], Key]
    order: tuple[str, ...]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    repeatable: frozenset[str] = frozenset()
    searched: tuple[str, ...] = ()
    outputs: Mapping[str, object] = field(default_factory=dict)
    rule: Callable[[Entry, frozenset[str]], None] = lambda _entry, _touched: None
    created: Mapping[str, object] = field(default_factory=dict)
    present: Callable[[Entry, str, int], Entry] | None = None
    takes_arrays: bool = False
    atomic: bool = True
    batched: frozenset[str] = frozenset(BATCH_LISTS)

    def field(self, name: str) -> Field | None:
        """The writable field of that name."""
        return next((known for known in self.fields if known.name == name), None)

    def known(self, contract: Contract) -> frozenset[str]:
        """The name of every field an answer may have."""
        return frozenset(
            ("id", "created_at", contract.modified, *(known.name for known in self.fields), *self.outputs),
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """One published state of the API: its collections, ids and times."""

    name: ContractName
    collections: Mapping[str, Collection]
    modified: str
    numbers: bool
    omit_null: bool

    def new_id(self, collection: str, counter: int) -> int | str:
        """The id of the collection's so-manieth entry."""
        if self.numbers:
            return _FIRST_NUMBER + counter
        return str(uuid.uuid5(_NAMESPACE, f"{collection}/{counter}"))

    def counter_after(self, identity: object, counter: int) -> int:
        """The counter that never gives this id again."""
        return max(counter, identity - _FIRST_NUMBER) if isinstance(identity, int) else counter

    def id_in_path(self, segment: str) -> str | None:
        """The key of the id in a path segment; none where it has not the form of one."""
        if self.numbers:
            return segment if _NUMBER.fullmatch(segment) and int(segment) <= INT32 else None
        return segment.lower() if _UUID.fullmatch(segment) else None

    def id_in_body(self, value: object) -> str:
        """The key of an id in a body, where 2025 has integers and 2026 strings."""
        right = isinstance(value, int) and not isinstance(value, bool) if self.numbers else isinstance(value, str)
        key = self.id_in_path(str(value)) if right else None
        if key is None:
            form = "an int32" if self.numbers else "a UUID string"
            message = f"must be {form}, not {shown(value)}"
            raise Refused(message)
        return key

    def collection(self, name: str) -> Collection:
        """The collection of that name, for code that plays the dashboard."""
        if name not in self.collections:
            known = ", ".join(self.collections)
            message = f"the {self.name} contract has no collection {name!r}; it has: {known}"
            raise EmulatorError(message)
        return self.collections[name]
