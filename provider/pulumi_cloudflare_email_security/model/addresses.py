"""Domain names, e-mail addresses and IP ranges: what the API takes, and the form in which two are compared."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from . import invalid
from .text import caseless, folded, shown

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: IPv4 addresses written as IPv6: mapped, and translated (RFC 6052).
_WITHIN_IPV6: Final = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(\.{_ATOM})*", re.IGNORECASE | re.ASCII)
_PREFIX: Final = re.compile(r"[0-9]{1,3}", re.ASCII)


def check_domain(value: str) -> None:
    """Raise ValidationError for what is not a domain name of two labels or more."""
    if not value.isascii():
        raise invalid.ValidationError(f"{shown(value)} is not in ASCII — write an international name in its xn-- form")
    labels = value.split(".")
    if len(value) > 253 or len(labels) < 2 or labels[-1].isdecimal() or not all(map(_LABEL.fullmatch, labels)):
        raise invalid.ValidationError(f"{shown(value)} is not a domain name")


def check_email(value: str) -> None:
    """Raise ValidationError for what is not an e-mail address: a name, `@`, a domain name."""
    local, at, domain = value.rpartition("@")
    msg = f"{shown(value)} is not an e-mail address"
    if not at or not domain or not (local.isascii() and _LOCAL.fullmatch(local)):
        if at and local and not local.isascii():
            msg += ": the part before the @ must be in ASCII"
        raise invalid.ValidationError(msg)
    try:
        check_domain(domain)
    except invalid.ValidationError as error:
        raise invalid.ValidationError(f"{msg}: {error.messages[0]}") from None


def network(value: str) -> Network:
    """The network that an address or CIDR block stands for; raises ValidationError for anything else."""
    address, slash, prefix = value.partition("/")
    if "%" in address:
        raise invalid.ValidationError(
            f"{shown(value)} has a zone id (%…), which means something on one machine only — leave it out"
        )
    try:
        if slash and not _PREFIX.fullmatch(prefix):
            raise ValueError  # noqa: TRY301
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise invalid.ValidationError(f"{shown(value)} is not an IP address or CIDR block") from None


def plain_network(text: str) -> Network | None:
    """A range; one of IPv4 addresses that is written as IPv6 is the former. None where it is none."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and any(map(network.subnet_of, _WITHIN_IPV6)):
        return ipaddress.IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def together(ranges: Iterable[object], version: int) -> list[Network]:
    """Ranges of one version of IP, as few as hold the same addresses."""
    networks: Any = (plain_network(one) for one in ranges if isinstance(one, str))
    return [*ipaddress.collapse_addresses(one for one in networks if one is not None and one.version == version)]


_IPV4: Final = (
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("0.0.0.0/32", "unspecified"),
    ("255.255.255.255/32", "broadcast"),
)
_IPV6: Final = (
    ("fc00::/7", "unique-local"),
    ("::1/128", "loopback"),
    ("fe80::/10", "link-local"),
    ("::/128", "unspecified"),
)
_MAPPED: Final = tuple(
    (f"::ffff:{block.partition('/')[0]}/{96 + int(block.partition('/')[2])}", kind) for block, kind in _IPV4
)
# By version, as the numbers of their first and last addresses: ranges are compared by number, which is quick.
_REFUSED: Final = {
    version: tuple(
        (int(block.network_address), int(block.broadcast_address), kind)
        for block, kind in ((ipaddress.ip_network(text), kind) for text, kind in (*_IPV4, *_IPV6, *_MAPPED))
        if block.version == version
    )
    for version in (4, 6)
}


def check_ip(value: str) -> None:
    """Raise ValidationError for what is not a public IP address or CIDR block, by the rules of the API."""
    block = network(value)
    first, last = int(block.network_address), int(block.broadcast_address)
    for lowest, highest, kind in _REFUSED[block.version]:
        if first <= highest and last >= lowest:
            raise invalid.ValidationError(
                f"{shown(value)} holds {kind} addresses: the API accepts public addresses only"
            )


def folded_network(value: str) -> str:
    """An address or CIDR block as it is compared: canonical, a single address without its prefix length."""
    try:
        block = network(value.strip())
    except invalid.ValidationError:
        return caseless(value)
    address = str(block.network_address)
    if isinstance(block, ipaddress.IPv6Network) and (mapped := block.network_address.ipv4_mapped) is not None:
        # Pythons write these in two ways, and state outlives a Python.
        address = f"::ffff:{mapped}"
    return address if block.prefixlen == block.max_prefixlen else f"{address}/{block.prefixlen}"


def with_prefix(value: str) -> str:
    """A CIDR block as it is written; a single address with its prefix length."""
    return value if "/" in value else f"{folded(value)}/{network(value).max_prefixlen}"
