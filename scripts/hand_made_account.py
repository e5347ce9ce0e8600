"""An account of 1,500 entries of all settings, as people and directories leave them behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_REMARKS: Final = (
    "agreed with the helpdesk",
    None,
    'asked for by "Finance", see the mail',
    None,
    "campaign of May\nseen again in June",
    "INC-17; do not remove",
    None,
    '=HYPERLINK("https://wiki.corp.example")',
    "Lieferant, bestätigt",
    None,
)
_CITIES: Final = ("lisbon", "oslo", "quito", "lagos", "turin", "perth", "hanoi", "minsk", "cusco", "essen")
_TRADES: Final = ("paper", "steel", "print", "glass", "wood", "tools", "freight", "energy", "cloth", "seeds")
_FIRST: Final = ("Ada", "Bela", "Chen", "Dara", "Emil", "Fay", "Goro", "Hana", "Ivo", "Juno")
_LAST: Final = ("Abel", "Brandt", "Costa", "Dahl", "Eriksen", "Falk", "Garcia", "Hoang", "Ito", "Jonas")


def account() -> dict[str, list[dict[str, Any]]]:
    """Its entries, to be seeded into an emulated account of the 2026 contract."""
    return {
        "allow_policies": _entries(150, _allowed),
        "block_senders": _entries(900, _blocked),
        "content_policies": _entries(30, _content),
        "domains": _entries(3, _domain),
        "impersonation_registry": _entries(100, _person),
        "sending_domain_restrictions": _entries(67, _restriction),
        "trusted_domains": _entries(190, _trusted),
        "url_ignore_patterns": _entries(60, _ignored),
    }


def _entries(count: int, entry: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry(number) for number in range(count)]


def _remark(number: int) -> str | None:
    return _REMARKS[number % len(_REMARKS)]


def _supplier(number: int) -> str:
    name = f"{_CITIES[number % 10]}-{_TRADES[number // 10 % 10]}"
    return f"{name}.example" if number < 100 else f"{name}-{number // 100 + 1}.example"


def _allowed(number: int) -> dict[str, Any]:
    return {
        "pattern": f"invoices@{_supplier(number)}",
        "pattern_type": "EMAIL",
        "is_regex": False,
        "is_acceptable_sender": True,
        "is_exempt_recipient": False,
        "is_trusted_sender": False,
        "verify_sender": True,
        "comments": _remark(number),
    }


def _blocked(number: int) -> dict[str, Any]:
    kind = "UNKNOWN" if number == 899 else ("DOMAIN", "EMAIL", "IP")[number % 3]
    pattern = {
        "DOMAIN": f"lure-{number}.example",
        "EMAIL": f"billing@fraud-{number}.example",
        "IP": f"203.0.113.{number // 3}" if number < 768 else f"198.51.100.{(number - 768) // 3}",
        "UNKNOWN": "an old entry",
    }[kind]
    return {"pattern": pattern, "pattern_type": kind, "is_regex": False, "comments": _remark(number)}


def _content(number: int) -> dict[str, Any]:
    return {
        "name": f"Gift cards, {number + 1}",
        "pattern": rf"(?i)gift\s*card.{{0,{number + 10}}}code",
        "targets": ["SUBJECT", "BODY"] if number % 2 else ["BODY"],
        "enabled": number % 4 != 3,
        "notes": _remark(number),
    }


def _domain(number: int) -> dict[str, Any]:
    return {
        "domain": ("corp.example", "corp.test", "shop.corp.example")[number],
        "allowed_delivery_modes": ["DIRECT"],
        "drop_dispositions": ["MALICIOUS", "MALICIOUS-BEC", "SPAM"],
        "ip_restrictions": ["192.0.2.0/24"],
        "regions": ["GLOBAL"],
        "lookback_hops": 2,
        "require_tls_inbound": True,
    }


def _person(number: int) -> dict[str, Any]:
    first, last = _FIRST[number % 10], _LAST[number // 10]
    return {
        "name": f"{first} {last}",
        "email": f"{first}.{last}@corp.example".lower(),
        "is_email_regex": False,
        "comments": _remark(number),
        "provenance": "SNOOPY-OFFICE_365" if number >= 98 else "A1S_INTERNAL",
    }


def _restriction(number: int) -> dict[str, Any]:
    domain = f"bank-of-{_CITIES[number % 10]}-{number // 10 + 1}.example"
    return {"domain": domain, "exclude": [f"news.{domain}"] if number % 3 == 0 else [], "comments": _remark(number)}


def _trusted(number: int) -> dict[str, Any]:
    regex = number % 19 == 18
    name = _supplier(number)
    return {
        "pattern": rf"^([a-z]+\.)?{name.replace('.', chr(92) + '.')}$" if regex else name,
        "is_regex": regex,
        "is_recent": number % 5 == 0,
        "is_similarity": True,
        "comments": _remark(number),
    }


def _ignored(number: int) -> dict[str, Any]:
    pattern = rf"https://{_TRADES[number % 10]}\.intranet\.corp\.example/{number}/.*"
    return {"pattern": pattern, "comments": _remark(number)}
