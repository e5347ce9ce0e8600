"""The eight collections of both contracts, as tables: fields, limits, filters, operations, natural keys.

Source: ``api.md``, "Collections", "Fields", "Pattern rules" and "Natural keys".
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import domains, rules
from .contracts import Collection, Contract, ContractName, Field
from .filters import exact, filters, holds
from .kinds import (
    INT64,
    boolean,
    cidr,
    domain_name,
    integer,
    one_of,
    regular_expression,
    set_of,
    string,
    subdomain,
    text,
    uuid_text,
)
from .messages import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERN_TYPES: Final = ("EMAIL", "DOMAIN", "IP", "UNKNOWN")
DELIVERY_MODES: Final = ("DIRECT", "BCC", "JOURNAL", "API", "RETRO_SCAN")
DISPOSITIONS: Final = (
    "MALICIOUS",
    "MALICIOUS-BEC",
    "SUSPICIOUS",
    "SPOOF",
    "SPAM",
    "BULK",
    "ENCRYPTED",
    "EXTERNAL",
    "UNKNOWN",
    "NONE",
)
REGIONS: Final = ("GLOBAL", "AU", "DE", "IN", "US")
PROVENANCES: Final = ("A1S_INTERNAL", *rules.DIRECTORIES)
STATUSES: Final = ("PENDING", "ACTIVE", "FAILED", "TIMEOUT")

_SINGLE: Final = frozenset({"GET", "POST", "GET /{id}", "PATCH /{id}", "DELETE /{id}"})
_PUT: Final = "PUT /{id}"
_BATCH: Final = "POST /batch"

_PATTERN = Field("pattern", text(1, 1024), required=True)
_PATTERN_TYPE = Field("pattern_type", one_of(*PATTERN_TYPES), required=True)
_IS_REGEX = Field("is_regex", boolean, required=True, fill=False)
_SHORT_COMMENTS = Field("comments", text(0, 1024), nullable=True)
_COMMENTS = Field("comments", string, nullable=True)


def _flag(name: str) -> Field:
    return Field(name, boolean, required=True, fill=False)


_ALLOW_POLICIES = Collection(
    name="allow_policies",
    fields=(
        _PATTERN,
        _PATTERN_TYPE,
        _IS_REGEX,
        _flag("is_acceptable_sender"),
        _flag("is_exempt_recipient"),
        _flag("is_trusted_sender"),
        _flag("verify_sender"),
        _SHORT_COMMENTS,
    ),
    operations=_SINGLE,
    natural_key=("pattern_type", "pattern"),
    key=rules.pattern_key,
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
    rule=rules.pattern_rule,
)

_BLOCK_SENDERS = replace(
    _ALLOW_POLICIES,
    name="block_senders",
    fields=(_PATTERN, _PATTERN_TYPE, _IS_REGEX, _SHORT_COMMENTS),
    filters=filters(pattern_type=exact("pattern_type", *PATTERN_TYPES), pattern=exact("pattern")),
)

_TRUSTED_DOMAINS = Collection(
    name="trusted_domains",
    fields=(_PATTERN, _IS_REGEX, _flag("is_recent"), _flag("is_similarity"), _SHORT_COMMENTS),
    operations=_SINGLE,
    natural_key=("pattern",),
    key=rules.trusted_key,
    order=("pattern", "created_at"),
    filters=filters("is_recent", "is_similarity", pattern=exact("pattern")),
    searched=("pattern", "comments"),
    rule=rules.regular_expression_rule,
    takes_arrays=True,
)

_DOMAINS = Collection(
    name="domains",
    fields=(
        Field("domain", domain_name, required=True, immutable=True),
        Field("allowed_delivery_modes", set_of(one_of(*DELIVERY_MODES)), required=True, fill=[]),
        Field("drop_dispositions", set_of(one_of(*DISPOSITIONS)), required=True, fill=[]),
        Field("ip_restrictions", set_of(cidr), required=True, fill=[]),
        Field("regions", set_of(one_of(*REGIONS)), required=True, fill=[]),
        Field("lookback_hops", integer(1, 20), fill=1),
        Field("transport", string, fill=""),
        Field("folder", one_of("AllItems", "Inbox"), nullable=True),
        Field("integration_id", uuid_text, nullable=True),
        Field("require_tls_inbound", boolean),
        Field("require_tls_outbound", boolean),
    ),
    operations=_SINGLE - {"POST"} | {"DELETE"},
    natural_key=("domain",),
    key=rules.domain_key,
    order=("domain", "created_at"),
    filters=filters(
        domain=exact("domain"),
        allowed_delivery_mode=holds("allowed_delivery_modes", *DELIVERY_MODES),
        active_delivery_mode=holds("allowed_delivery_modes", *DELIVERY_MODES),
        integration_id=exact("integration_id"),
    ),
    repeatable=frozenset({"domain"}),
    searched=("domain",),
    outputs=domains.OUTPUTS,
    present=domains.present,
    atomic=False,
)

_IMPERSONATION_REGISTRY = Collection(
    name="impersonation_registry",
    fields=(
        Field("name", text(0, 1024), required=True),
        Field("email", text(1), required=True),
        _flag("is_email_regex"),
        _SHORT_COMMENTS,
        Field("directory_id", integer(-INT64 - 1, INT64), nullable=True),
        Field("directory_node_id", integer(-INT64 - 1, INT64), nullable=True),
        Field("external_directory_node_id", string, nullable=True),
        Field("provenance", string, nullable=True, fill="A1S_INTERNAL"),
    ),
    operations=_SINGLE,
    natural_key=("email", "name"),
    key=rules.impersonation_key,
    order=("name", "email", "created_at"),
    filters=filters(provenance=exact("provenance")),
    searched=("name", "email"),
    rule=rules.impersonation_rule,
)

_CONTENT_POLICIES = Collection(
    name="content_policies",
    fields=(
        Field("name", text(0, 1024), required=True),
        Field("pattern", regular_expression, required=True),
        Field("targets", set_of(one_of("SUBJECT", "BODY")), required=True, fill=[]),
        _flag("enabled"),
        Field("notes", text(0, 4096), nullable=True),
    ),
    operations=_SINGLE | {_BATCH},
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
        Field("exclude", set_of(subdomain), required=True, fill=[]),
        _COMMENTS,
    ),
    operations=_SINGLE | {_BATCH},
    batched=frozenset({"deletes"}),
    natural_key=("domain",),
    key=rules.domain_key,
    order=("domain", "created_at"),
    searched=("domain", "comments"),
)

_URL_IGNORE_PATTERNS = Collection(
    name="url_ignore_patterns",
    fields=(Field("pattern", regular_expression, required=True), _COMMENTS),
    operations=_SINGLE,
    natural_key=("pattern",),
    key=lambda entry: (entry["pattern"],),
    order=(),
)

_DEPRECATED_FLAGS = {"is_recipient": False, "is_sender": False, "is_spoof": False}


def _named(*collections: Collection) -> Mapping[str, Collection]:
    return MappingProxyType({collection.name: collection for collection in collections})


_2025 = Contract(
    name="2025",
    modified="last_modified",
    numbers=True,
    omit_null=True,
    collections=_named(
        replace(_ALLOW_POLICIES, outputs=_DEPRECATED_FLAGS),
        _BLOCK_SENDERS,
        _DOMAINS,
        _IMPERSONATION_REGISTRY,
        _TRUSTED_DOMAINS,
    ),
)

_2026 = Contract(
    name="2026",
    modified="modified_at",
    numbers=False,
    omit_null=False,
    collections=_named(
        replace(_ALLOW_POLICIES, operations=_SINGLE | {_PUT, _BATCH}),
        replace(_BLOCK_SENDERS, operations=_SINGLE | {_PUT, _BATCH}),
        replace(
            _DOMAINS,
            operations=_SINGLE | {"DELETE", _PUT, _BATCH, "GET /{id}/verification"},
            filters={**_DOMAINS.filters, "status": exact("status", *STATUSES)},
            outputs={**_DOMAINS.outputs, "status": "ACTIVE"},
            created=domains.UNVERIFIED,
        ),
        replace(
            _IMPERSONATION_REGISTRY,
            fields=tuple(
                replace(field, check=one_of(*PROVENANCES)) if field.name == "provenance" else field
                for field in _IMPERSONATION_REGISTRY.fields
            ),
            filters=filters(provenance=exact("provenance", *PROVENANCES)),
        ),
        replace(_TRUSTED_DOMAINS, operations=_SINGLE | {_BATCH}),
        _CONTENT_POLICIES,
        _SENDING_DOMAIN_RESTRICTIONS,
        _URL_IGNORE_PATTERNS,
    ),
)

CONTRACTS: Final[Mapping[str, Contract]] = MappingProxyType({"2025": _2025, "2026": _2026})
DEFAULT_CONTRACT: Final[ContractName] = "2026"


def contract_named(name: str, *, url_ignore_batch: bool = False) -> Contract:
    """The contract of that name; on request with the batch of URL ignore patterns that one description has."""
    if name not in CONTRACTS:
        message = f"no contract {name!r}: there are {', '.join(CONTRACTS)}"
        raise EmulatorError(message)
    contract = CONTRACTS[name]
    if not url_ignore_batch:
        return contract
    if "url_ignore_patterns" not in contract.collections:
        message = f"the {name} contract has no url_ignore_patterns to batch"
        raise EmulatorError(message)
    with_batch = replace(_URL_IGNORE_PATTERNS, operations=_SINGLE | {_BATCH})
    return replace(contract, collections=MappingProxyType({**contract.collections, with_batch.name: with_batch}))
