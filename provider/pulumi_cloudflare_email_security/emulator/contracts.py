"""What the tables of :mod:`.catalogue` are made of: fields, collections, filters, rules, keys, contracts.

Source: ``api.md``, "Collections", "Fields", "Pattern rules" and "Natural keys". 2025: int32 ids and ``last_modified``.
2026: UUIDs and ``modified_at``. Optional fields without a value are left out of answers in 2025 (the documentation
types them "optional") and null in 2026: a client must cope with both.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .kinds import (
    INT32,
    UUID,
    Check,
    Refused,
    domain_name,
    email_address,
    one_of,
    public_network,
    regular_expression,
    string,
)
from .messages import EmulatorError, shown

Entry = Mapping[str, Any]
ContractName = Literal["2025", "2026"]
Key = tuple[str, ...]
Filter = Callable[[str], Callable[[Entry], bool]]

# The lists of a batch, in the order in which they are executed.
BATCH_LISTS = ("deletes", "patches", "puts", "posts")

_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_NAMESPACE = uuid.UUID("5e77165b-3c0d-4d53-9d0c-d0a7e5b1f4a6")
_FIRST_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a client writes.

    ``nullable``: PATCH takes null, which clears it (where a whole entry is sent, null stands for any optional field
    left out). ``immutable``: set on create only. ``replaced``: PUT and batch ``puts`` require it too. ``fill``: what is
    there where the writer said nothing (a required field needs it for seeds only). ``type`` is that of a value.
    """

    name: str
    check: Check
    required: bool = False
    nullable: bool = False
    immutable: bool = False
    replaced: bool = False
    fill: object = None
    type: type = str


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection as a contract has it.

    ``operations`` are written as in the request log, without the collection's name: ``GET``, ``PATCH /{id}``.
    ``outputs`` are the fields that only answers have (besides id and times), with their first values.
    ``rule`` checks an entry as a whole, given the names just written, and raises :class:`.kinds.Refused` with
    the field as pointer. ``created`` are outputs as they are right after a create that waits for a proof of ownership.
    ``present`` makes the answered form of an entry from the stored one, the time and a counter of answers.
    ``times`` are the names under which answers tell the last change. ``addresses`` are the fields in which case
    means nothing, unless they hold regular expressions. ``takes_arrays``: POST takes an array too. ``atomic``: a batch
    happens as a whole or not at all; ``batched`` are the lists it has.
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
    times: tuple[str, ...] = ("modified_at",)
    addresses: tuple[str, ...] = ()
    takes_arrays: bool = False
    atomic: bool = True
    batched: tuple[str, ...] = BATCH_LISTS

    def field(self, name: str) -> Field | None:
        """The writable field of that name."""
        return next((known for known in self.fields if known.name == name), None)

    @property
    def known(self) -> frozenset[str]:
        """The name of every field an answer may have."""
        return frozenset(("id", "created_at", *self.times, *(known.name for known in self.fields), *self.outputs))


@dataclass(frozen=True, slots=True)
class Contract:
    """One published state of the API: its collections, ids and nulls."""

    name: ContractName
    collections: Mapping[str, Collection]
    numbers: bool
    omit_null: bool

    def new_id(self, collection: str, counter: int) -> int | str:
        """The id of the nth entry of a collection."""
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
        return segment.lower() if UUID.fullmatch(segment) else None

    def id_in_body(self, value: object) -> str:
        """The key of an id in a body, where 2025 has integers and 2026 strings."""
        right = isinstance(value, int) and not isinstance(value, bool) if self.numbers else isinstance(value, str)
        key = self.id_in_path(str(value)) if right else None
        if key is None:
            form = "an int32" if self.numbers else "a UUID string"
            raise Refused(f"must be {form}, not {shown(value)}")
        return key

    def collection(self, name: str) -> Collection:
        """The collection of that name, for code that plays the dashboard."""
        if name not in self.collections:
            known = ", ".join(self.collections)
            raise EmulatorError(f"the {self.name} contract has no collection {name!r}; it has: {known}")
        return self.collections[name]


# Filters: from the text of a query parameter to a test of entries


def exact(name: str, *choices: str) -> Filter:
    """The field is this word (one of the choices, where there are any)."""
    check = one_of(*choices) if choices else string

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = check(value)
        return lambda entry: entry.get(name) == wanted

    return build


def either_case(name: str, *choices: str) -> Filter:
    """The field is this word, in upper or lower case."""
    same = exact(name, *choices)
    return lambda value: same(value.upper() if value.islower() else value)


def truth(name: str) -> Filter:
    """The field is true, or is false."""

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = one_of("true", "false")(value) == "true"
        return lambda entry: entry.get(name) is wanted

    return build


def holds(name: str, *choices: str) -> Filter:
    """The field, a list, holds this word."""

    def build(value: str) -> Callable[[Entry], bool]:
        wanted = one_of(*choices)(value)
        return lambda entry: wanted in entry.get(name, ())

    return build


def filters(*flags: str, **others: Filter) -> Mapping[str, Filter]:
    """The filters of a collection: flags by name, and others."""
    return {**{name: truth(name) for name in flags}, **others}


# Rules that need more than one field


_FORMS: dict[str, Check] = {"EMAIL": email_address, "DOMAIN": domain_name, "IP": public_network}


def _check(check: Check, value: object, name: str) -> None:
    try:
        check(value)
    except Refused as error:
        raise Refused(str(error), f"/{name}{error.pointer}") from None


def pattern_rule(entry: Entry, touched: frozenset[str]) -> None:
    """A pattern has the form its type asks for, or is a regular expression; ``UNKNOWN`` is never written."""
    if "pattern_type" in touched and entry["pattern_type"] == "UNKNOWN":
        raise Refused("must be one of EMAIL, DOMAIN, IP: UNKNOWN can be read only", "/pattern_type")
    if touched.isdisjoint({"pattern", "pattern_type", "is_regex"}):
        return
    if entry["is_regex"]:
        _check(regular_expression, entry["pattern"], "pattern")
    elif entry["pattern_type"] in _FORMS:
        _check(_FORMS[entry["pattern_type"]], entry["pattern"], "pattern")


def regular_expression_rule(entry: Entry, touched: frozenset[str]) -> None:
    """A pattern said to be a regular expression is one."""
    if entry["is_regex"] and not touched.isdisjoint({"pattern", "is_regex"}):
        _check(regular_expression, entry["pattern"], "pattern")


def impersonation_rule(entry: Entry, touched: frozenset[str]) -> None:
    """An ``email`` is an address, or a regular expression where ``is_email_regex`` says so."""
    if not touched.isdisjoint({"email", "is_email_regex"}):
        _check(regular_expression if entry["is_email_regex"] else email_address, entry["email"], "email")


# Natural keys: domains, and the domain of an e-mail address, compare without regard to case; regular
# expressions and names as written (``\W`` is not ``\w``).


def is_expression(entry: Entry) -> bool:
    """Whether an entry's address is a regular expression."""
    return bool(entry.get("is_regex") or entry.get("is_email_regex"))


def key_of(address: str, *others: str) -> Callable[[Entry], Key]:
    """The natural key that is made of an address, or domain, and of other fields as they are."""

    def key(entry: Entry) -> Key:
        value = entry[address]
        if not is_expression(entry):
            local, at, domain = value.rpartition("@")
            value = f"{local}{at}{domain.lower()}"
        return (value, *(entry[name] for name in others))

    return key
