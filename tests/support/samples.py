"""One sample of every setting, with which its life is tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_cloudflare_email_security.dynamic.resources import EntryResource
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.accounts import Account, Managed

BOTH = ("2025", "2026")
NEW = ("2026",)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A setting's sample.

    Attributes:
        minimal: the least that a program must say; what is compared without regard to case is in mixed case.
        body: what creating that sends.
        key: the natural key, perhaps in another case.
        change: arguments that a later program adds; each differs from what is there.
        drift: what somebody sets in the dashboard, of fields in `body`.
        other: the minimal arguments of another entry.
        remark: the field that can be cleared.

    """

    kind: str
    minimal: Mapping[str, Any]
    body: Mapping[str, Any]
    key: Mapping[str, str]
    change: Mapping[str, Any]
    drift: Mapping[str, Any]
    other: Mapping[str, Any]
    remark: str | None = "comments"
    contracts: tuple[str, ...] = BOTH

    @property
    def resource_class(self) -> type[EntryResource]:
        """The class that programs use."""
        return next(entry for entry, _ in RESOURCES if entry.setting.kind == self.kind)

    @property
    def setting(self) -> Setting:
        """The setting."""
        return self.resource_class.setting

    @property
    def collection(self) -> str:
        """The collection."""
        return self.setting.collection

    def declared(self, account: Account, **config: str) -> Managed:
        """A resource ready to be declared; where the API cannot create it, it is there as declared."""
        if self.kind == "domain" and account.contract == "2025":
            account.seed(self.collection, self.body)
        return account.resource(self.kind, **config)


def entry(account: Account, sample: Sample) -> dict[str, Any]:
    """The one entry of the sample's collection."""
    (only,) = account.entries(sample.collection)
    return only


SAMPLES = (
    Sample(
        kind="allow_policy",
        minimal={"pattern": "Pay.Example", "pattern_type": "DOMAIN"},
        body={
            "pattern": "Pay.Example",
            "pattern_type": "DOMAIN",
            "is_regex": False,
            "is_acceptable_sender": False,
            "is_exempt_recipient": False,
            "is_trusted_sender": False,
            "verify_sender": True,
        },
        key={"pattern_type": "DOMAIN", "pattern": "pay.example"},
        change={"is_trusted_sender": True},
        drift={"verify_sender": False},
        other={"pattern": "other.example", "pattern_type": "DOMAIN"},
    ),
    Sample(
        kind="block_sender",
        minimal={"pattern": "Phish@Evil.Example", "pattern_type": "EMAIL"},
        body={"pattern": "Phish@Evil.Example", "pattern_type": "EMAIL", "is_regex": False},
        key={"pattern_type": "EMAIL", "pattern": "Phish@evil.example"},
        change={"pattern": "192.0.2.0/24", "pattern_type": "IP"},
        drift={"pattern": "someone@evil.example"},
        other={"pattern": "other.example", "pattern_type": "DOMAIN"},
    ),
    Sample(
        kind="content_policy",
        minimal={"name": "Invoices", "pattern": "(?i)overdue", "targets": ["SUBJECT", "BODY", "SUBJECT"]},
        body={"name": "Invoices", "pattern": "(?i)overdue", "targets": ["BODY", "SUBJECT"], "enabled": True},
        key={"name": "Invoices"},
        change={"targets": ["BODY"], "enabled": False},
        drift={"enabled": False},
        other={"name": "Bitcoin", "pattern": "bitcoin", "targets": ["BODY"]},
        remark="notes",
        contracts=NEW,
    ),
    Sample(
        kind="domain",
        minimal={
            "domain": "Corp.Example",
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": ["SPAM", "MALICIOUS"],
            "ip_restrictions": ["192.0.2.7/24"],
            "regions": ["GLOBAL"],
        },
        body={
            "domain": "Corp.Example",
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": ["MALICIOUS", "SPAM"],
            "ip_restrictions": ["192.0.2.7/24"],
            "regions": ["GLOBAL"],
        },
        key={"domain": "corp.example"},
        change={"lookback_hops": 3, "transport": "mail.corp.example"},
        drift={"drop_dispositions": ["BULK"]},
        other={
            "domain": "other.example",
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": [],
            "ip_restrictions": [],
            "regions": ["DE"],
        },
        remark=None,
    ),
    Sample(
        kind="impersonation_registry_entry",
        minimal={"name": "Jane Doe", "email": "Jane@Corp.Example"},
        body={"name": "Jane Doe", "email": "Jane@Corp.Example", "is_email_regex": False},
        key={"email": "Jane@corp.example", "name": "Jane Doe"},
        change={"directory_id": 7, "name": "Jane D. Doe"},
        drift={"name": "J. Doe"},
        other={"name": "John Roe", "email": "john@corp.example"},
    ),
    Sample(
        kind="sending_domain_restriction",
        minimal={"domain": "Bank.Example", "exclude": ["news.bank.example", "Mail.bank.example"]},
        body={"domain": "Bank.Example", "exclude": ["Mail.bank.example", "news.bank.example"]},
        key={"domain": "bank.example"},
        change={"exclude": []},
        drift={"exclude": ["old.bank.example"]},
        other={"domain": "tax.example"},
        contracts=NEW,
    ),
    Sample(
        kind="trusted_domain",
        minimal={"pattern": "Partner.Example"},
        body={"pattern": "Partner.Example", "is_regex": False, "is_recent": False, "is_similarity": False},
        key={"pattern": "partner.example"},
        change={"is_recent": True, "is_similarity": True},
        drift={"is_similarity": True},
        other={"pattern": "other.example"},
    ),
    Sample(
        kind="url_ignore_pattern",
        minimal={"pattern": r"https://Intranet\.corp\.example/.*"},
        body={"pattern": r"https://Intranet\.corp\.example/.*"},
        key={"pattern": r"https://Intranet\.corp\.example/.*"},
        change={"pattern": "https://wiki/"},
        drift={"pattern": "https://elsewhere/"},
        other={"pattern": "https://other/"},
        contracts=NEW,
    ),
)


def each_on_accounts(
    name: str, each: Iterable[Any], contracts: tuple[str, ...], *, creatable: bool, options: Mapping[str, Any]
) -> pytest.MarkDecorator:
    """Run a test for each, under this name, on an account of each contract that has (or can create) its entries."""
    cases = [
        pytest.param(one, (contract, options), id=f"{one.kind}-{contract}")
        for one in each
        for contract in one.contracts
        if contract in contracts and not (creatable and (one.collection, contract) == ("domains", "2025"))
    ]
    return pytest.mark.parametrize((name, "account"), cases, indirect=["account"])


def with_accounts(
    samples: Iterable[Sample] = SAMPLES,
    *,
    contracts: tuple[str, ...] = BOTH,
    creatable: bool = False,
    **options: Any,
) -> pytest.MarkDecorator:
    """Run a test for every sample on an account of each contract that has (or can create in) its collection."""
    return each_on_accounts("sample", samples, contracts, creatable=creatable, options=options)
