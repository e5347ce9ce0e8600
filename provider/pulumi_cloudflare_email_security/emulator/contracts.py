"""What a contract of the API is made of: kinds of value, fields, collections.

Each check takes a JSON value and gives the value to store, or raises :class:`Refused`. Types are JSON's: a boolean is
no integer, an integer no boolean, and ``1.0`` no integer.

Source: ``api.md``, "Fields" and "Pattern rules". 2025: int32 ids and ``last_modified``. 2026: UUIDs and
``modified_at``. Optional fields without a value are left out of answers in 2025 (the documentation types them
"optional") and null in 2026: a client must cope with both.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from .messages import EmulatorError, shown

Entry = Mapping[str, Any]
ContractName = Literal["2025", "2026"]
Key = tuple[str, ...]
Filter = Callable[[str], Callable[[Entry], bool]]
Check = Callable[[object], object]

# Kinds of value

INT32 = 2**31 - 1
INT64 = 2**63 - 1

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE | re.ASCII)
_PREFIX = re.compile(r"[0-9]{1,3}", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:", re.ASCII)
_DOMAIN_LENGTH = 253
_LOCAL_LENGTH = 64

# What an IP pattern must not touch, by name; each IPv4 range counts in its IPv4-mapped IPv6 form too.
_REFUSED_RANGES = {
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "unique-local": ("fc00::/7",),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "unspecified": ("0.0.0.0/32", "::/128"),
    "broadcast": ("255.255.255.255/32",),
}


class Refused(ValueError):  # noqa: N818 - it says what happened to the value
    """A value that the API does not take; ``pointer`` leads from the field to the offending part."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


def string(value: object) -> str:
    """Any text, as long as it is Unicode (no lone surrogates)."""
    if not isinstance(value, str):
        raise Refused(f"must be a string, not {shown(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("must be valid Unicode") from None
    return value


def text(minimum: int = 0, maximum: int | None = None) -> Check:
    """Text of so many characters."""

    def check(value: object) -> str:
        length = len(string(value))
        if length < minimum:
            raise Refused(f"must have at least {minimum} character{'s' * (minimum > 1)}")
        if maximum is not None and length > maximum:
            raise Refused(f"must have at most {maximum} characters, not {length}")
        return string(value)

    return check


def both(first: Check, second: Check) -> Check:
    """What passes one check and then another."""
    return lambda value: second(first(value))


def boolean(value: object) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise Refused(f"must be true or false, not {shown(value)}")
    return value


def integer(minimum: int, maximum: int) -> Check:
    """A whole number within both limits."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(f"must be an integer, not {shown(value)}")
        if not minimum <= value <= maximum:
            raise Refused(f"must be from {minimum} to {maximum}")
        return value

    return check


def one_of(*choices: str) -> Check:
    """One of these words, in this case."""

    def check(value: object) -> str:
        if value not in choices or not isinstance(value, str):
            raise Refused(f"must be one of {', '.join(choices)}, not {shown(value)}")
        return value

    return check


def set_of(check: Check) -> Check:
    """A list in which order and repetition mean nothing: it is answered sorted."""

    def check_all(value: object) -> list[object]:
        if not isinstance(value, list):
            raise Refused(f"must be a list, not {shown(value)}")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(check(item))
            except Refused as error:
                raise Refused(str(error), f"/{index}{error.pointer}") from None
        return sorted(set(items), key=str)

    return check_all


def uuid_text(value: object) -> str:
    """A UUID in its usual form."""
    if not UUID.fullmatch(string(value)):
        raise Refused(f"must be a UUID, not {shown(value)}")
    return str(uuid.UUID(string(value)))


def _is_moment(value: str) -> bool:
    try:
        return bool(_MOMENT.match(value)) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_host(value: str, labels: int) -> bool:
    parts = value.split(".")
    return (
        len(value) <= _DOMAIN_LENGTH
        and len(parts) >= labels
        and all(_LABEL.fullmatch(part) for part in parts)
        and not parts[-1].isdigit()
    )


def _is_email(value: str) -> bool:
    local, _, domain = value.rpartition("@")
    return len(local) <= _LOCAL_LENGTH and bool(_LOCAL.fullmatch(local)) and _is_host(domain, labels=2)


def _written(form: str, test: Callable[[str], bool]) -> Check:
    """Text of a form, which refusals name."""

    def check(value: object) -> str:
        if not test(string(value)):
            raise Refused(f"must be {form}, not {shown(value)}")
        return string(value)

    return check


# A moment as RFC 3339 writes it, time zone included.
date_time: Final = _written("a time such as 2030-01-31T12:00:00Z", _is_moment)
# A domain name is ASCII (international names in their ``xn--`` form), and of two labels or more.
subdomain: Final = _written("a domain name", lambda value: _is_host(value, labels=1))
domain_name: Final = _written("a domain name", lambda value: _is_host(value, labels=2))
# An e-mail address is a dot-atom, ``@``, and a domain name.
email_address: Final = _written("an e-mail address", _is_email)


def _network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address, slash, prefix = string(value).partition("/")
    try:
        if "%" in address or (slash and not _PREFIX.fullmatch(prefix)):
            raise ValueError  # noqa: TRY301 - the message is the same for every cause
        return ipaddress.ip_network(string(value), strict=False)
    except ValueError:
        raise Refused(f"must be an IP address or CIDR block, not {shown(value)}") from None


def cidr(value: object) -> str:
    """A CIDR block, prefix length included; any range."""
    _network(value)
    if "/" not in string(value):
        raise Refused(f"must be a CIDR block such as 192.0.2.0/24, not {shown(value)}")
    return string(value)


@functools.cache
def _refused_networks() -> tuple[tuple[str, ipaddress.IPv4Network | ipaddress.IPv6Network], ...]:
    networks: list[tuple[str, ipaddress.IPv4Network | ipaddress.IPv6Network]] = []
    for name, ranges in _REFUSED_RANGES.items():
        for network in map(ipaddress.ip_network, ranges):
            networks.append((name, network))
            if isinstance(network, ipaddress.IPv4Network):
                mapped = f"::ffff:{network.network_address}/{96 + network.prefixlen}"
                networks.append((name, ipaddress.IPv6Network(mapped)))
    return tuple(networks)


def public_network(value: object) -> str:
    """An IP address or CIDR block that touches no private, loopback or otherwise special range."""
    network = _network(value)
    for name, refused in _refused_networks():
        if network.version == refused.version and network.overlaps(refused):
            raise Refused(f"must not be a {name} address or hold any: {shown(value)}")
    return string(value)


@functools.lru_cache(maxsize=4096)
def _regular_expression_error(value: str) -> str | None:
    # Unicode classes and \z are common to other dialects, and unknown to Python's.
    portable = re.sub(r"\\[pP](?:\{[^{}]*\}|\w)", r"\\w", value).replace(r"\z", r"\Z")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(portable)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None


def regular_expression(value: object) -> str:
    """A regular expression that compiles."""
    error = _regular_expression_error(string(value))
    if error is not None:
        raise Refused(f"must be a regular expression: {error}")
    return string(value)


# Fields, collections, contracts

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
    ``rule`` checks an entry as a whole, given the names just written, and raises :class:`Refused` with
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
