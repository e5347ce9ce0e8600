"""The kinds of value a field may hold.

Each check takes a JSON value and gives the value to store, or raises :class:`Refused`. Types are JSON's:
a boolean is no integer, an integer no boolean, and ``1.0`` no integer. The forms of addresses and
patterns are those of ``api.md``, "Pattern rules".
"""

from __future__ import annotations

import functools
import ipaddress
import re
import uuid
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Final

from .messages import shown

Check = Callable[[object], object]

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
