"""The eight collections of both contracts, as tables: fields, limits, filters, operations, natural keys.

Source: ``api.md``, "Collections", "Fields", "Pattern rules" and "Natural keys". A domain's ``emails_processed`` counts
on and its check times move with every answer, so that a client that records them shows changes nobody made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from .contracts import (
    INT32,
    INT64,
    Check,
    Collection,
    Contract,
    ContractName,
    Entry,
    Field,
    Filter,
    Key,
    Refused,
    boolean,
    both,
    cidr,
    date_time,
    domain_name,
    email_address,
    integer,
    one_of,
    public_network,
    regular_expression,
    set_of,
    string,
    subdomain,
    text,
    uuid_text,
)
from .messages import EmulatorError

PATTERN_TYPES: Final = ("EMAIL", "DOMAIN", "IP", "UNKNOWN")
DELIVERY_MODES: Final = ("DIRECT", "BCC", "JOURNAL", "API", "RETRO_SCAN")
DISPOSITIONS: Final = (
    *("MALICIOUS", "MALICIOUS-BEC", "SUSPICIOUS", "SPOOF", "SPAM", "BULK"),
    *("ENCRYPTED", "EXTERNAL", "UNKNOWN", "NONE"),
)
REGIONS: Final = ("GLOBAL", "AU", "DE", "IN", "US")
# The provenances of entries that come from a directory.
DIRECTORIES: Final = ("SNOOPY-CASB_OFFICE_365", "SNOOPY-OFFICE_365", "SNOOPY-GOOGLE_DIRECTORY")
PROVENANCES: Final = ("A1S_INTERNAL", *DIRECTORIES)
STATUSES: Final = ("PENDING", "ACTIVE", "FAILED", "TIMEOUT")

_SINGLE: Final = frozenset({"GET", "POST", "GET /{id}", "PATCH /{id}", "DELETE /{id}"})
_BATCH: Final = "POST /batch"
_BATCHED: Final = _SINGLE | {_BATCH}

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


# The tables


def _flag(name: str) -> Field:
    return Field(name, boolean, required=True, fill=False, type=bool)


def _set(name: str, *choices: str) -> Field:
    return Field(name, set_of(one_of(*choices)), required=True, fill=[], type=list)


_PATTERN = Field("pattern", text(1, 1024), required=True)
_PATTERN_TYPE = Field("pattern_type", one_of(*PATTERN_TYPES), required=True)
_EXPRESSION = Field("pattern", both(text(1, 1024), regular_expression), required=True)
_COMMENTS = Field("comments", text(0, 1024), nullable=True)

_ALLOW_POLICIES = Collection(
    name="allow_policies",
    fields=(
        _PATTERN,
        _PATTERN_TYPE,
        _flag("is_regex"),
        _flag("is_acceptable_sender"),
        _flag("is_exempt_recipient"),
        _flag("is_trusted_sender"),
        _flag("verify_sender"),
        _COMMENTS,
    ),
    operations=_BATCHED,
    natural_key=("pattern_type", "pattern"),
    key=key_of("pattern", "pattern_type"),
    order=("pattern", "created_at"),
    filters=filters(
        "is_acceptable_sender",
        "is_exempt_recipient",
        "is_trusted_sender",
        "verify_sender",
        pattern_type=exact("pattern_type", *PATTERN_TYPES),
        pattern=exact("pattern"),
    ),
    searched=("pattern", "comments"),
    rule=pattern_rule,
    # The older name has reached its end of life, but the newest SDK still requires it.
    times=("last_modified", "modified_at"),
    addresses=("pattern",),
)

_BLOCK_SENDERS = replace(
    _ALLOW_POLICIES,
    name="block_senders",
    fields=(_PATTERN, _PATTERN_TYPE, _flag("is_regex"), _COMMENTS),
    filters=filters(pattern_type=exact("pattern_type", *PATTERN_TYPES), pattern=exact("pattern")),
    times=("modified_at",),
)

_TRUSTED_DOMAINS = Collection(
    name="trusted_domains",
    fields=(_PATTERN, _flag("is_regex"), _flag("is_recent"), _flag("is_similarity"), _COMMENTS),
    operations=_BATCHED,
    natural_key=("pattern",),
    key=key_of("pattern"),
    order=("pattern", "created_at"),
    filters=filters("is_recent", "is_similarity", pattern=exact("pattern")),
    searched=("pattern", "comments"),
    rule=regular_expression_rule,
    addresses=("pattern",),
    takes_arrays=True,
)


def _present_domain(entry: Entry, now: str, answers: int) -> dict[str, Any]:
    """A domain as the nth answer shows it."""
    total = answers % INT32
    return {
        **entry,
        "authorization": {**(entry.get("authorization") or {}), "timestamp": now},
        "emails_processed": {
            "timestamp": now,
            "total_emails_processed": total,
            "total_emails_processed_previous": max(total - 1, 0),
        },
    }


_DOMAINS = Collection(
    name="domains",
    fields=(
        Field("domain", domain_name, required=True, immutable=True),
        _set("allowed_delivery_modes", *DELIVERY_MODES),
        _set("drop_dispositions", *DISPOSITIONS),
        Field("ip_restrictions", set_of(cidr), required=True, fill=[], type=list),
        _set("regions", *REGIONS),
        # One description of PUT requires it, the other does not.
        Field("lookback_hops", integer(1, 20), replaced=True, fill=1, type=int),
        Field("transport", string, fill=""),
        Field("folder", one_of("AllItems", "Inbox"), nullable=True),
        Field("integration_id", uuid_text, nullable=True),
        Field("require_tls_inbound", boolean, type=bool),
        Field("require_tls_outbound", boolean, type=bool),
    ),
    operations=_BATCHED | {"DELETE", "PUT /{id}", "GET /{id}/verification"},
    natural_key=("domain",),
    key=key_of("domain"),
    order=("domain", "created_at"),
    filters=filters(
        domain=exact("domain"),
        allowed_delivery_mode=holds("allowed_delivery_modes", *DELIVERY_MODES),
        active_delivery_mode=holds("allowed_delivery_modes", *DELIVERY_MODES),
        integration_id=exact("integration_id"),
        status=either_case("status", *STATUSES),
    ),
    repeatable=frozenset({"domain"}),
    searched=("domain",),
    outputs={
        "authorization": {"authorized": True},
        "dmarc_status": "good",
        "spf_status": "good",
        "emails_processed": {},
        "inbox_provider": None,
        "o365_tenant_id": None,
        "status": "ACTIVE",
    },
    # A domain that the API has just created: nobody has proved to own it.
    created={
        "status": "PENDING",
        "authorization": {"authorized": False, "status_message": "the domain has not been verified"},
        "dmarc_status": "none",
        "spf_status": "none",
    },
    present=_present_domain,
    addresses=("domain",),
    atomic=False,
)

_IMPERSONATION_REGISTRY = Collection(
    name="impersonation_registry",
    fields=(
        Field("name", text(0, 1024), required=True),
        Field("email", text(1), required=True),
        _flag("is_email_regex"),
        _COMMENTS,
        Field("directory_id", integer(-INT64 - 1, INT64), nullable=True, type=int),
        Field("directory_node_id", integer(-INT64 - 1, INT64), nullable=True, type=int),
        Field("external_directory_node_id", string, nullable=True),
        Field("provenance", one_of(*PROVENANCES), nullable=True, fill="A1S_INTERNAL"),
    ),
    operations=_SINGLE,
    natural_key=("email", "name"),
    key=key_of("email", "name"),
    order=("name", "email", "created_at"),
    filters=filters(provenance=exact("provenance", *PROVENANCES)),
    searched=("name", "email"),
    rule=impersonation_rule,
    addresses=("email",),
)

_CONTENT_POLICIES = Collection(
    name="content_policies",
    fields=(
        Field("name", text(1, 256), required=True),
        Field("pattern", both(text(1, 2048), regular_expression), required=True),
        _set("targets", "SUBJECT", "BODY"),
        _flag("enabled"),
        Field("notes", text(0, 4096), nullable=True),
        Field("expires_at", date_time, nullable=True),
    ),
    operations=_BATCHED,
    natural_key=("name",),
    key=lambda entry: (entry["name"],),
    order=("name", "created_at"),
    filters=filters("enabled", name=exact("name")),
    searched=("name", "pattern"),
)

_SENDING_DOMAIN_RESTRICTIONS = Collection(
    name="sending_domain_restrictions",
    fields=(
        Field("domain", domain_name, required=True),
        Field("exclude", set_of(subdomain), required=True, fill=[], type=list),
        _COMMENTS,
    ),
    operations=_BATCHED,
    batched=("deletes",),
    natural_key=("domain",),
    key=key_of("domain"),
    order=("domain", "created_at"),
    searched=("domain", "comments"),
    addresses=("domain", "exclude"),
)

_URL_IGNORE_PATTERNS = Collection(
    name="url_ignore_patterns",
    fields=(_EXPRESSION, _COMMENTS),
    operations=_BATCHED,
    atomic=False,
    natural_key=("pattern",),
    key=lambda entry: (entry["pattern"],),
    order=(),
)


def _in_2025(collection: Collection, **changes: Any) -> Collection:
    """A collection as the older documentation has it."""
    return replace(collection, **{"operations": _SINGLE, "times": ("last_modified",), **changes})


def _without(names: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    return {name: value for name, value in names.items() if name not in left_out}


_COLLECTIONS_2025: Final = (
    _in_2025(_ALLOW_POLICIES, outputs={"is_recipient": False, "is_sender": False, "is_spoof": False}),
    _in_2025(_BLOCK_SENDERS),
    _in_2025(
        _DOMAINS,
        operations=_SINGLE - {"POST"} | {"DELETE"},
        filters=_without(_DOMAINS.filters, "status"),
        outputs=_without(_DOMAINS.outputs, "status"),
        created={},
    ),
    _in_2025(
        _IMPERSONATION_REGISTRY,
        fields=tuple(
            replace(field, check=string) if field.name == "provenance" else field
            for field in _IMPERSONATION_REGISTRY.fields
        ),
        filters=filters(provenance=exact("provenance")),
    ),
    _in_2025(_TRUSTED_DOMAINS),
)
_COLLECTIONS_2026: Final = (
    _ALLOW_POLICIES,
    _BLOCK_SENDERS,
    _DOMAINS,
    _IMPERSONATION_REGISTRY,
    _TRUSTED_DOMAINS,
    _CONTENT_POLICIES,
    _SENDING_DOMAIN_RESTRICTIONS,
    _URL_IGNORE_PATTERNS,
)


def _contract(name: ContractName, collections: tuple[Collection, ...], *, older: bool) -> Contract:
    named = MappingProxyType({collection.name: collection for collection in collections})
    return Contract(name, named, numbers=older, omit_null=older)


CONTRACTS: Final[Mapping[str, Contract]] = MappingProxyType(
    {
        "2025": _contract("2025", _COLLECTIONS_2025, older=True),
        "2026": _contract("2026", _COLLECTIONS_2026, older=False),
    },
)
DEFAULT_CONTRACT: Final[ContractName] = "2026"


def contract_named(name: str) -> Contract:
    """The contract of that name."""
    if name not in CONTRACTS:
        raise EmulatorError(f"no contract {name!r}: there are {', '.join(CONTRACTS)}")
    return CONTRACTS[name]
