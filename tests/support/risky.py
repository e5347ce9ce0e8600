"""For every rule of the review a change that it catches, and one that looks alike and that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.review.findings import Change

Fields = Mapping[str, Any]

#: What is there beside the entries of every case.
BESIDE: tuple[tuple[str, Fields], ...] = (
    (
        "domain",
        {
            "domain": "own.example",
            "allowed_delivery_modes": ["DIRECT"],
            "drop_dispositions": ["MALICIOUS", "MALICIOUS-BEC"],
            "ip_restrictions": ["192.0.2.0/24"],
            "regions": ["GLOBAL"],
        },
    ),
    ("block_sender", {"pattern": "blocked.example", "pattern_type": "DOMAIN"}),
    ("block_sender", {"pattern": "203.0.113.0/24", "pattern_type": "IP"}),
    ("allow_policy", {"pattern": "friend@allowed.example", "pattern_type": "EMAIL", "is_acceptable_sender": True}),
)


@dataclass(frozen=True, slots=True)
class Risky:
    """A case of a rule.

    Attributes:
        rule: the rule's id.
        kind: the setting's kind.
        before: the entry before; None where there is none.
        caught: the entry then, of which the rule says something; None where it goes.
        safe: the entry then, of which the rule says nothing.
        severity: the severity here.

    """

    rule: str
    kind: str
    before: Fields | None
    caught: Fields | None
    safe: Fields | None
    severity: str


def change_of(setting: Setting, before: Fields | None, after: Fields | None, *, secret: bool = False) -> Change:
    """The change of one entry, declared nowhere in particular."""
    key = setting.key_text_of(after or before or {})
    return Change(setting=setting, key=key, before=before, after=after, secret=secret)


def _allow(pattern: str = "a@x.example", pattern_type: str = "EMAIL", **fields: Any) -> Fields:
    return {"pattern": pattern, "pattern_type": pattern_type, "is_acceptable_sender": True, **fields}


def _regex(pattern: str, **fields: Any) -> Fields:
    return _allow(pattern, "DOMAIN", is_regex=True, **fields)


def _trusted(pattern: str, **fields: Any) -> Fields:
    return {"pattern": pattern, "is_recent": True, **fields}


def _domain(**fields: Any) -> Fields:
    return {
        "domain": "mail.example",
        "allowed_delivery_modes": ["DIRECT"],
        "drop_dispositions": ["MALICIOUS", "MALICIOUS-BEC", "SPAM"],
        "ip_restrictions": ["192.0.2.0/24", "198.51.100.0/24"],
        "regions": ["GLOBAL"],
        "require_tls_inbound": True,
        "require_tls_outbound": True,
        **fields,
    }


BLOCK: Fields = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
POLICY: Fields = {"name": "Invoices", "pattern": "(?i)overdue", "targets": ["BODY", "SUBJECT"]}
JANE: Fields = {"name": "Jane Doe", "email": "jane@own.example"}
BANK: Fields = {"domain": "bank.example", "exclude": []}
GOOD = r"^[a-z.]+@mail\.partner\.example$"

CASES: tuple[Risky, ...] = (
    Risky("bypass-all-detections", "allow_policy", None, _allow(is_trusted_sender=True), _allow(), "high"),
    Risky("bypass-all-detections", "allow_policy", _allow(), _allow(is_exempt_recipient=True), _allow(), "high"),
    Risky("sender-not-verified", "allow_policy", _allow(), _allow(verify_sender=False), _allow(comments="x"), "high"),
    Risky(
        "sender-not-verified",
        "allow_policy",
        None,
        _allow("198.51.100.7", "IP", verify_sender=False),
        _allow("198.51.100.7", "IP"),
        "medium",
    ),
    Risky("whole-domain", "allow_policy", None, _allow("pay.example", "DOMAIN"), _allow("a@pay.example"), "medium"),
    Risky("free-mail-provider", "allow_policy", None, _allow("gmail.com", "DOMAIN"), _allow("jo@gmail.com"), "high"),
    Risky("free-mail-provider", "trusted_domain", None, _trusted("Outlook.com"), _trusted("look.example"), "high"),
    Risky(
        "free-mail-provider",
        "allow_policy",
        None,
        _regex(r"^.*@gmail\.com$"),
        _regex(r"^jane\.doe@gmail\.com$"),
        "high",
    ),
    Risky(
        "free-mail-provider",
        "allow_policy",
        None,
        _regex(r"^.*@(corp|gmail|yahoo)\.com$"),
        _regex(r"^.*@(corp|gmale|yahu)\.com$"),
        "high",
    ),
    Risky("public-suffix", "allow_policy", None, _allow("co.uk", "DOMAIN"), _allow("shop.co.uk", "DOMAIN"), "high"),
    Risky("public-suffix", "trusted_domain", None, _trusted("com"), _trusted("com.partner.example"), "high"),
    Risky("shared-sender", "allow_policy", None, _allow("paypal.com", "DOMAIN"), _allow("a@paypal.com"), "medium"),
    Risky("shared-sender", "trusted_domain", None, _trusted("sendgrid.net"), _trusted("grid.example"), "medium"),
    Risky("matches-everything", "allow_policy", None, _regex(".*"), _regex(GOOD), "high"),
    Risky("matches-everything", "allow_policy", None, _regex(r"^[^@]+@\S+\.[a-z]{2,}$"), _regex(GOOD), "high"),
    Risky(
        "matches-everything",
        "trusted_domain",
        None,
        _trusted("(a|.*)", is_regex=True),
        _trusted(r"^(a|b)\.partner\.example$", is_regex=True),
        "high",
    ),
    Risky(
        "matches-everything",
        "url_ignore_pattern",
        None,
        {"pattern": ".+"},
        {"pattern": r"^https://wiki\.own\.example/.+"},
        "high",
    ),
    Risky(
        "matches-everything",
        "block_sender",
        None,
        {"pattern": ".*", "pattern_type": "EMAIL", "is_regex": True},
        {"pattern": ".*evil.*", "pattern_type": "EMAIL", "is_regex": True},
        "low",
    ),
    Risky("matches-everything", "content_policy", None, {**POLICY, "pattern": "(?s).*"}, POLICY, "low"),
    Risky("matches-nearly-everything", "allow_policy", None, _regex(r"^.*@.*\.com$"), _regex(GOOD), "high"),
    Risky("matches-nearly-everything", "allow_policy", None, _regex(r"^.*@.*\.example$"), _regex(GOOD), "high"),
    Risky("matches-nearly-everything", "allow_policy", None, _regex("^noreply@.*$"), _regex(GOOD), "high"),
    Risky(
        "matches-nearly-everything",
        "url_ignore_pattern",
        None,
        {"pattern": "https?://.*"},
        {"pattern": r"^https://wiki\.own\.example/"},
        "high",
    ),
    Risky("unanchored-pattern", "allow_policy", None, _regex(r"partner\.example"), _regex(GOOD), "medium"),
    Risky(
        "unanchored-pattern",
        "allow_policy",
        None,
        _regex(r".*@partner\.example"),
        _regex(r".*@partner\.example$"),
        "medium",
    ),
    Risky(
        "unanchored-pattern",
        "url_ignore_pattern",
        None,
        {"pattern": r"https://wiki\.own\.example/"},
        {"pattern": r"^https://wiki\.own\.example/"},
        "medium",
    ),
    Risky("unanchored-pattern", "allow_policy", None, _regex(r"^.*partner\.example$"), _regex(GOOD), "medium"),
    Risky("slow-pattern", "allow_policy", None, _regex(r"^(a|aa)+@partner\.example$"), _regex(GOOD), "medium"),
    Risky("slow-pattern", "allow_policy", None, _regex(r"^(\w+)+@partner\.example$"), _regex(GOOD), "medium"),
    Risky(
        "slow-pattern",
        "block_sender",
        None,
        {"pattern": r"^(a|a)*evil\.example$", "pattern_type": "DOMAIN", "is_regex": True},
        {"pattern": r"^a*evil\.example$", "pattern_type": "DOMAIN", "is_regex": True},
        "low",
    ),
    Risky(
        "wide-ip-range",
        "allow_policy",
        None,
        _allow("198.0.0.0/8", "IP"),
        _allow("198.51.100.0/28", "IP"),
        "high",
    ),
    Risky(
        "wide-ip-range",
        "allow_policy",
        None,
        _allow("203.0.112.0/20", "IP"),
        _allow("203.0.113.0/24", "IP"),
        "medium",
    ),
    Risky(
        "wide-ip-range",
        "domain",
        _domain(),
        _domain(ip_restrictions=["192.0.2.0/24", "198.0.0.0/8"]),
        _domain(ip_restrictions=["192.0.2.0/24"]),
        "high",
    ),
    Risky(
        "wide-ip-range",
        "allow_policy",
        None,
        _allow("::ffff:198.0.0.0/104", "IP"),
        _allow("::ffff:198.51.100.0/124", "IP"),
        "high",
    ),
    Risky("allow-and-block", "allow_policy", None, _allow("boss@blocked.example"), _allow("boss@b.example"), "medium"),
    Risky(
        "allow-and-block",
        "block_sender",
        None,
        {"pattern": "friend@allowed.example", "pattern_type": "EMAIL"},
        {"pattern": "foe@allowed.example", "pattern_type": "EMAIL"},
        "low",
    ),
    Risky(
        "allow-and-block",
        "block_sender",
        None,
        {"pattern": "allowed.example", "pattern_type": "DOMAIN"},
        {"pattern": "mail.allowed.example", "pattern_type": "DOMAIN"},
        "low",
    ),
    Risky(
        "allow-and-block",
        "allow_policy",
        None,
        _allow("mail.blocked.example", "DOMAIN"),
        _allow("mail.unblocked.example", "DOMAIN"),
        "medium",
    ),
    Risky(
        "allow-and-block",
        "allow_policy",
        None,
        _allow("boss@mail.blocked.example"),
        _allow("boss@mail-blocked.example"),
        "medium",
    ),
    Risky(
        "allow-and-block",
        "block_sender",
        None,
        {"pattern": r"^.*@allowed\.example$", "pattern_type": "EMAIL", "is_regex": True},
        {"pattern": r"^foe@allowed\.example$", "pattern_type": "EMAIL", "is_regex": True},
        "low",
    ),
    Risky(
        "allow-and-block",
        "allow_policy",
        None,
        _allow("blocked.example", "DOMAIN"),
        _allow("unblocked.example", "DOMAIN"),
        "medium",
    ),
    Risky(
        "allow-and-block",
        "allow_policy",
        None,
        _allow("203.0.113.7", "IP"),
        _allow("203.0.114.7", "IP"),
        "medium",
    ),
    Risky(
        "allow-and-block",
        "allow_policy",
        None,
        _allow("203.0.112.0/23", "IP"),
        _allow("203.0.114.0/23", "IP"),
        "medium",
    ),
    Risky(
        "own-domain-blocked",
        "block_sender",
        None,
        {"pattern": "own.example", "pattern_type": "DOMAIN"},
        {"pattern": "0wn.example", "pattern_type": "DOMAIN"},
        "low",
    ),
    Risky("own-domain-trusted", "trusted_domain", None, _trusted("own.example"), _trusted("0wn.example"), "high"),
    Risky(
        "own-domain-trusted",
        "trusted_domain",
        None,
        _trusted(r"^o.n\.example$", is_regex=True),
        _trusted(r"^o[a-v]n\.example$", is_regex=True),
        "high",
    ),
    Risky("own-domain-trusted", "allow_policy", None, _allow("own.example", "DOMAIN"), _allow("b@x.example"), "high"),
    Risky("exemption-added", "allow_policy", None, _allow(), None, "medium"),
    Risky("exemption-added", "trusted_domain", None, _trusted("partner.example"), None, "medium"),
    Risky("field-weakened", "allow_policy", _allow(is_acceptable_sender=False), _allow(), None, "medium"),
    Risky("field-weakened", "domain", _domain(), _domain(allowed_delivery_modes=[]), _domain(regions=["DE"]), "medium"),
    Risky("field-weakened", "content_policy", POLICY, {**POLICY, "targets": ["BODY"]}, POLICY, "medium"),
    Risky(
        "field-weakened",
        "trusted_domain",
        _trusted("partner.example"),
        _trusted("partner.example", is_similarity=True),
        _trusted("partner.example", is_recent=False),
        "medium",
    ),
    Risky("protection-removed", "block_sender", BLOCK, None, {**BLOCK, "comments": "seen twice"}, "medium"),
    Risky("protection-removed", "block_sender", BLOCK, {**BLOCK, "pattern": "foe.example"}, BLOCK, "medium"),
    Risky("protection-removed", "content_policy", POLICY, None, {**POLICY, "notes": "x"}, "medium"),
    Risky("content-not-caught", "content_policy", POLICY, {**POLICY, "enabled": False}, POLICY, "medium"),
    Risky(
        "malicious-mail-not-dropped",
        "domain",
        _domain(),
        _domain(drop_dispositions=[]),
        _domain(drop_dispositions=["MALICIOUS", "MALICIOUS-BEC"]),
        "high",
    ),
    Risky(
        "mail-from-anywhere",
        "domain",
        _domain(),
        _domain(ip_restrictions=[]),
        _domain(ip_restrictions=["192.0.2.0/25"]),
        "high",
    ),
    Risky(
        "mail-from-anywhere",
        "domain",
        _domain(),
        _domain(ip_restrictions=["0.0.0.0/1", "128.0.0.0/1"]),
        _domain(ip_restrictions=["192.0.2.0/24"]),
        "high",
    ),
    Risky("tls-not-required", "domain", _domain(), _domain(require_tls_inbound=False), _domain(), "high"),
    Risky("tls-not-required", "sending_domain_restriction", BANK, None, {**BANK, "comments": "x"}, "medium"),
    Risky(
        "tls-not-required",
        "sending_domain_restriction",
        BANK,
        {**BANK, "exclude": ["news.bank.example"]},
        BANK,
        "medium",
    ),
    Risky("domain-unprotected", "domain", _domain(), _domain(unprotect_on_delete=True), None, "high"),
    Risky("domain-unprotected", "domain", _domain(unprotect_on_delete=True), None, _domain(), "high"),
    Risky("person-not-watched", "impersonation_registry_entry", JANE, None, {**JANE, "name": "JANE DOE"}, "medium"),
    Risky(
        "directory-person-not-watched",
        "impersonation_registry_entry",
        {**JANE, "directory_id": 7},
        None,
        {**JANE, "directory_id": 7},
        "high",
    ),
    Risky(
        "links-not-rewritten",
        "url_ignore_pattern",
        None,
        {"pattern": r"^https://wiki\.own\.example/"},
        None,
        "medium",
    ),
    Risky("no-reason", "allow_policy", None, _allow(), _allow(comments="asked for by payroll"), "low"),
    Risky("no-expiry", "allow_policy", None, _allow(), None, "low"),
)
