"""Programs as type checkers see them: mypy must accept each line, and refuse those that say so.

Checked by `mypy --strict --warn-unused-ignores`; never run.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, assert_type

import pulumi

import pulumi_cloudflare_email_security as email_security

name: pulumi.Output[str] = pulumi.Output.from_input("evil.example")

# Plain values and outputs, everywhere.
sender = email_security.BlockSender("a", pattern="evil.example", pattern_type="DOMAIN")
email_security.BlockSender("b", pattern=name, pattern_type="EMAIL", is_regex=pulumi.Output.from_input(True))
email_security.BlockSender("c", pulumi.ResourceOptions(protect=True), pattern=name, pattern_type="IP", comments=None)
email_security.BlockSender("d", opts=None, pattern=name, pattern_type="IP", account_id=name, adopt=True)
email_security.AllowPolicy("e", pattern=name, pattern_type="DOMAIN", is_trusted_sender=True, verify_sender=False)
email_security.ContentPolicy("f", name="Invoices", pattern="x", targets=["SUBJECT", "BODY"], notes="for people")
domain = email_security.Domain(
    "g",
    domain="corp.example",
    allowed_delivery_modes=["DIRECT", "API"],
    drop_dispositions=["SPAM"],
    ip_restrictions=[name, "192.0.2.0/24"],
    regions=["DE"],
    lookback_hops=2,
    folder="Inbox",
    integration_id=None,
    unprotect_on_delete=True,
)
email_security.ImpersonationRegistryEntry("h", name="Jane Doe", email="jane@corp.example", directory_id=5)
email_security.SendingDomainRestriction("i", domain="bank.example", exclude=[name])
email_security.TrustedDomain("j", pattern="partner.example", is_similarity=True)
email_security.UrlIgnorePattern("k", pattern="https://wiki/")

# The arguments as one value, as Pulumi's own SDKs have it.
phisher = email_security.BlockSenderArgs(pattern=name, pattern_type="DOMAIN")
email_security.BlockSender("l", phisher)
email_security.BlockSender("l", phisher, pulumi.ResourceOptions(protect=True), account_id=name, adopt=True)
email_security.BlockSender("l", {"pattern": "evil.example", "pattern_type": "EMAIL"}, opts=None)
email_security.BlockSender("l", args=phisher)
email_security.BlockSender("l", {"patern": "evil.example", "pattern_type": "EMAIL"})  # type: ignore[call-overload]
email_security.BlockSender("l", {"pattern": "evil.example"})  # type: ignore[call-overload]
email_security.BlockSenderArgs(pattern=name)  # type: ignore[typeddict-item]

# What is refused: missing, misspelt and mistyped arguments, values that the API does not know, positional ones.
email_security.BlockSender("l", pattern="evil.example")  # type: ignore[call-overload]
email_security.BlockSender("m", pattern="x", pattern_type="DOMAIN", comment="x")  # type: ignore[call-overload]
email_security.BlockSender("n", pattern="x", pattern_type="UNKNOWN")  # type: ignore[call-overload]
email_security.BlockSender("o", pattern=5, pattern_type="DOMAIN")  # type: ignore[call-overload]
email_security.BlockSender("p", None, "evil.example", "DOMAIN")  # type: ignore[call-overload]
email_security.AllowPolicy("q", pattern="x", pattern_type="IP", is_sender=True)  # type: ignore[call-overload]
email_security.ContentPolicy("r", name="x", pattern="x", targets=["HEADER"])  # type: ignore[list-item]
email_security.Domain("s", domain="corp.example", regions=["EU"])  # type: ignore[list-item]
email_security.Domain("t", domain="corp.example", regions=None)  # type: ignore[call-overload]

# Outputs.
assert_type(sender.pattern, pulumi.Output[str])
assert_type(sender.comments, pulumi.Output[str | None])
assert_type(sender.managed_fields, pulumi.Output[list[str]])
assert_type(sender.account_id, pulumi.Output[str])
assert_type(domain.regions, pulumi.Output[list[str]])
assert_type(domain.txt_record_value, pulumi.Output[str])
assert_type(email_security.BlockSender.get("u", "5"), email_security.BlockSender)
assert_type(email_security.Domain.get("v", name, account_id=name), email_security.Domain)
_ = sender.sparkle  # type: ignore[attr-defined]

# Collections: lists, maps, files, outputs; arguments as a typed dictionary.
evil: email_security.BlockSenderArgs = {"pattern": name, "pattern_type": "DOMAIN"}
senders = email_security.BlockSenders("w", entries=[evil, {"pattern": "x.example", "pattern_type": "DOMAIN"}])
email_security.BlockSenders("x", entries={"DOMAIN evil.example": {"comments": name}}, mode="exclusive")
email_security.BlockSenders("y", entries=email_security.read_entries("blocklist.csv"), delete_limit=50, adopt=True)
email_security.BlockSenders("z", entries=pulumi.Output.from_input([evil]), defaults={"is_regex": True})
email_security.BlockSenders("A", entries=[evil], mode="strict")  # type: ignore[arg-type]
email_security.BlockSenders("B")  # type: ignore[call-arg]
assert_type(senders.ids, pulumi.Output[dict[str, str]])

# Entries of literals are checked field by field; what is parsed, or looked up, is checked at preview.
parsed: list[dict[str, Any]] = json.loads("[]")
rows = [{"pattern": "evil.example", "pattern_type": "DOMAIN"}]
mixed = [{"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": name}]
shared = {**parsed[0], "is_regex": True}
one: email_security.BlockSenderEntry = {"comments": None, "expires": "2027-06-30"}
email_security.BlockSenders("C", entries=parsed, defaults=shared)
email_security.BlockSenders("C", entries=rows)
email_security.BlockSenders("C", entries=mixed)
email_security.BlockSenders("C", entries={"DOMAIN evil.example": rows[0]})
email_security.BlockSenders("D", entries=[*parsed, evil, one, {"pattern": "x.example"}], defaults={"is_regex": True})
email_security.BlockSenders("E", entries=[{"pattern": each, "pattern_type": "DOMAIN"} for each in ("a", "b")])
email_security.BlockSenders("F", entries={f"DOMAIN {each}": {"expires": date(2027, 6, 30)} for each in ("a", "b")})
email_security.BlockSenders("G", entries=email_security.list_block_senders(), defaults=parsed[0])
email_security.BlockSenders("H", entries=email_security.list_block_senders_output())
email_security.BlockSenders("I", entries=[email_security.get_block_sender(id="5"), evil])
email_security.Domains("J", entries={"corp.example": {}}, defaults={"drop_dispositions": ["SPAM"], "folder": None})
email_security.BlockSenders("K", entries=[{"patern": "x.example"}])  # type: ignore[dict-item]
email_security.BlockSenders("L", entries=[{"pattern": "x", "pattern_type": "UNKNOWN"}])  # type: ignore[dict-item]
email_security.BlockSenders("M", entries={"DOMAIN x.example": {"comment": "x"}})  # type: ignore[dict-item]
email_security.BlockSenders("N", entries=[evil], defaults={"is_regexp": True})  # type: ignore[dict-item]
email_security.BlockSenders("O", entries=[evil], defaults={"pattern_type": "MAIL"})  # type: ignore[dict-item]
email_security.BlockSenders("P", entries=email_security.list_domains())  # type: ignore[arg-type]
email_security.BlockSenders("Q", entries=["evil.example"])  # type: ignore[list-item]

# Look-ups.
found = email_security.get_block_sender(pattern_type="DOMAIN", pattern="evil.example")
assert_type(found, email_security.BlockSenderResult)
assert_type(found.comments, str | None)
assert_type(email_security.get_domain(domain="corp.example").regions, list[str])
assert_type(email_security.get_domain_output(domain=name), pulumi.Output[email_security.DomainResult])
assert_type(email_security.list_allow_policies(verify_sender=True), list[email_security.AllowPolicyResult])
assert_type(
    email_security.list_domains_output(domain=["a.example", "b.example"], status="ACTIVE"),
    pulumi.Output[list[email_security.DomainResult]],
)
email_security.get_block_sender("5")  # type: ignore[call-arg]
email_security.get_trusted_domain(domain="x")  # type: ignore[call-arg]
email_security.list_block_senders(order="comments")  # type: ignore[arg-type]
email_security.list_url_ignore_patterns(search="x")  # type: ignore[call-arg]
found.pattern = "x"  # type: ignore[misc]

# Errors.
try:
    email_security.get_content_policy(name="Invoices")
except email_security.NoMatchError as error:
    assert_type(error, email_security.NoMatchError)
except email_security.ApiError as refusal:
    assert_type(refusal.status, int)
    assert_type(refusal.codes, frozenset[int])
