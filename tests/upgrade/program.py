"""The program whose stacks are recorded: every setting as one entry, and in another account as a collection.

Configuration: `contract`, the API's contract; `changed`, whether this is the later program that changes something of
every resource.
"""

from typing import Any

import pulumi

import pulumi_cloudflare_email_security as email_security

COLLECTIONS_ACCOUNT = "fedcba9876543210fedcba9876543210"

config = pulumi.Config()
changed = config.get_bool("changed") or False
new = config.require("contract") != "2025"


def either(before: Any, after: Any) -> Any:
    """The value in this program, or in the later one."""
    return after if changed else before


many: dict[str, Any] = {"account_id": COLLECTIONS_ACCOUNT}
domain: dict[str, Any] = {
    "allowed_delivery_modes": ["DIRECT", "BCC"],
    "drop_dispositions": ["MALICIOUS", "SPAM"],
    "ip_restrictions": ["192.0.2.0/24", "198.51.100.7"],
    "regions": ["GLOBAL"],
    "lookback_hops": either(2, 3),
    "require_tls_inbound": True,
}

email_security.AllowPolicy(
    "payroll",
    pattern="pay.example",
    pattern_type="DOMAIN",
    is_acceptable_sender=True,
    is_trusted_sender=changed,
    comments="by contract",
)
email_security.AllowPolicies(
    "partners",
    **many,
    defaults={"pattern_type": "DOMAIN", "verify_sender": either(True, False)},
    entries=[{"pattern": "mail.example", "is_acceptable_sender": True}, {"pattern": "news.example"}],
)
email_security.BlockSender(
    "phisher", pattern="phish@evil.example", pattern_type="EMAIL", comments=either("seen in May", None)
)
email_security.BlockSenders(
    "blocklist",
    **many,
    mode="exclusive",
    delete_limit=50,
    entries=[
        {"pattern": "evil.example", "pattern_type": "DOMAIN"},
        {"pattern": "198.51.100.0/24", "pattern_type": "IP", "comments": either("campaign", "campaign of May")},
        {"pattern": "^ceo@", "pattern_type": "EMAIL", "is_regex": True},
    ],
)
email_security.Domain("corp", domain="corp.example", unprotect_on_delete=True, **domain)
shared = {**domain, "unprotect_on_delete": True}
email_security.Domains("ours", **many, defaults=shared, entries={"a.example": {}, "b.example": {}})
email_security.ImpersonationRegistryEntry(
    "ceo", name=either("Jane Doe", "Jane D. Doe"), email="jane@corp.example", directory_id=7
)
email_security.ImpersonationRegistry(
    "people",
    **many,
    entries=[
        {"name": "John Roe", "email": "john@corp.example", "comments": either("CFO", "CEO")},
        {"name": "Jan Novák", "email": ".*novak@.*", "is_email_regex": True},
    ],
)
email_security.TrustedDomain("partner", pattern="partner.example", is_similarity=True, is_recent=changed)
email_security.TrustedDomains(
    "trusted",
    **many,
    adopt=True,
    entries={"one.example": {"is_recent": True}, "two.example": {"comments": either("ours", "theirs")}},
)
if new:
    email_security.ContentPolicy(
        "invoices", name="Invoices", pattern="(?i)overdue", targets=["SUBJECT", "BODY"], enabled=not changed
    )
    email_security.ContentPolicies(
        "content",
        **many,
        entries={"Bitcoin": {"pattern": either("bitcoin", "(?i)bitcoin"), "targets": ["BODY"], "notes": "extortion"}},
    )
    email_security.SendingDomainRestriction(
        "bank", domain="bank.example", exclude=either(["news.bank.example"], []), comments="TLS"
    )
    email_security.SendingDomainRestrictions(
        "banks", **many, entries={"tax.example": {}, "trust.example": {"comments": either("a", "b")}}
    )
    email_security.UrlIgnorePattern("wiki", pattern=either("https://wiki/.*", "https://wiki/pages/.*"))
    email_security.UrlIgnorePatterns(
        "urls", **many, entries={"https://one/": {"comments": "x"}, "https://two/": either({}, {"comments": "y"})}
    )
