r"""Rules that need more than one field, and natural keys.

Source: ``api.md``, "Pattern rules" and "Natural keys": domains, and the domain of an e-mail address,
compare without regard to case. Regular expressions and names compare as written (``\W`` is not ``\w``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kinds import Check, Refused, domain_name, email_address, public_network, regular_expression

if TYPE_CHECKING:
    from .contracts import Entry, Key

# The provenances of entries that come from a directory.
DIRECTORIES = ("SNOOPY-CASB_OFFICE_365", "SNOOPY-OFFICE_365", "SNOOPY-GOOGLE_DIRECTORY")

_FORMS: dict[str, Check] = {"EMAIL": email_address, "DOMAIN": domain_name, "IP": public_network}


def folded(address: str) -> str:
    """An address or domain as it compares: its domain, and only that, in lower case."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _check(check: Check, value: object, name: str) -> None:
    try:
        check(value)
    except Refused as error:
        raise Refused(str(error), f"/{name}{error.pointer}") from None


def pattern_rule(entry: Entry, touched: frozenset[str]) -> None:
    """A pattern has the form its type asks for, or is a regular expression; ``UNKNOWN`` is never written."""
    if "pattern_type" in touched and entry["pattern_type"] == "UNKNOWN":
        message = "must be one of EMAIL, DOMAIN, IP: UNKNOWN can be read only"
        raise Refused(message, "/pattern_type")
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


def pattern_key(entry: Entry) -> Key:
    """Natural key of allow policies and block senders."""
    pattern = entry["pattern"] if entry["is_regex"] else folded(entry["pattern"])
    return (entry["pattern_type"], pattern)


def trusted_key(entry: Entry) -> Key:
    """Natural key of trusted domains."""
    return (entry["pattern"] if entry["is_regex"] else folded(entry["pattern"]),)


def domain_key(entry: Entry) -> Key:
    """Natural key of domains and of sending domain restrictions."""
    return (entry["domain"].lower(),)


def impersonation_key(entry: Entry) -> Key:
    """Natural key of impersonation registry entries."""
    return (entry["email"] if entry["is_email_regex"] else folded(entry["email"]), entry["name"])
