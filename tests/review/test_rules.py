"""Every rule catches what it is for, and nothing that merely looks alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.review import known_domains, rules
from pulumi_cloudflare_email_security.review.assess import (
    assess,
    assess_entry,
    assess_plan,
    unknown_rules,
)
from pulumi_cloudflare_email_security.review.context import Context
from pulumi_cloudflare_email_security.review.findings import Change, Finding, Rule, Severity
from pulumi_cloudflare_email_security.settings import SETTINGS
from support.risky import BESIDE, BLOCK, CASES, Risky, change_of

TODAY = date(2026, 11, 25)
BY_KIND = {setting.kind: setting for setting in SETTINGS}
#: Rules on what is in force, or on a whole plan, have tests of their own.
ELSEWHERE = {
    "blocklist-shrinks",
    "expired-exemption",
    "not-judged",
    "protection-expired",
    "stale-exemption",
    "unmanaged-entry",
    "unmanaged-exemption",
    "unreadable-pattern",
}


def beside() -> Context:
    """The entries that are there in every case."""
    return Context.of((BY_KIND[kind], fields) for kind, fields in BESIDE)


def whole(kind: str, fields: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Declared fields as `check` makes them: in normal form, with defaults."""
    if fields is None:
        return None
    valid, wrong = BY_KIND[kind].schema.validate_entry(fields)
    assert not wrong
    return valid


def found(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Finding]:
    """What a review finds in a change."""
    return assess(change_of(BY_KIND[kind], whole(kind, before), whole(kind, after)), context=beside(), today=TODAY)


def ids(findings: list[Finding]) -> dict[str, str]:
    """The severities by rule."""
    return {one.rule.id: str(one.severity) for one in findings}


class TestRules:
    """Each rule, both ways."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.kind}")
    def test_catches(self, case: Risky) -> None:
        """The change is found, with its severity."""
        assert ids(found(case.kind, case.before, case.caught)).get(case.rule) == case.severity

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.kind}")
    def test_leaves_alone_what_looks_alike(self, case: Risky) -> None:
        """The other change is not found."""
        assert case.rule not in ids(found(case.kind, case.before, case.safe))

    def test_a_subdomain_is_told_as_what_may_be(self) -> None:
        """Nobody knows whether a domain holds its subdomains, so the line does not say that it does."""
        allowed = {"pattern": "mail.blocked.example", "pattern_type": "DOMAIN", "is_acceptable_sender": True}
        (told,) = [one for one in found("allow_policy", None, allowed) if one.rule is rules.ALLOW_AND_BLOCK]
        assert told.message == "blocked.example is a blocked sender, and may hold its subdomains"
        (told,) = [
            one
            for one in found("allow_policy", None, {**allowed, "pattern": "blocked.example"})
            if one.rule is rules.ALLOW_AND_BLOCK
        ]
        assert told.message == "blocked.example is a blocked sender, too"

    def test_every_rule_has_a_case(self) -> None:
        """A new rule needs one."""
        assert {case.rule for case in CASES} | ELSEWHERE == rules.RULES.keys()

    @pytest.mark.parametrize("rule", rules.RULES.values(), ids=lambda rule: rule.id)
    def test_a_rule_says_why_and_where_to_read_on(self, rule: Rule) -> None:
        """For people who have to decide."""
        assert rule.reason.endswith(".")
        assert rule.source.startswith("https://")
        assert rule.id == rule.id.lower()

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.kind}")
    def test_an_accepted_risk_does_not_count(self, case: Risky) -> None:
        """Until its day; on the day it is back."""
        until = {"accept_risk": {case.rule: "agreed in SEC-1, until 2026-11-26"}}
        over = {"accept_risk": {case.rule: "agreed in SEC-1, until 2026-11-25"}}
        for accepted, counts in ((until, False), (over, True)):
            before = case.before if case.caught is not None else {**(case.before or {}), **accepted}
            after = None if case.caught is None else {**case.caught, **accepted}
            of_rule = [one for one in found(case.kind, before, after) if one.rule.id == case.rule]
            assert [one.counts for one in of_rule] == [counts] * len(of_rule)
            assert of_rule


class TestSpellings:
    """What an account holds, in whatever form."""

    @pytest.mark.parametrize(
        ("pattern", "pattern_type", "rule"),
        [
            ("gmail.com.", "DOMAIN", "free-mail-provider"),
            ("@Gmail.com", "DOMAIN", "free-mail-provider"),
            ("*.gmail.com", "DOMAIN", "free-mail-provider"),
            ("*@gmail.com", "EMAIL", "free-mail-provider"),
            ("gmail.com", "UNKNOWN", "free-mail-provider"),
            ("@gmail.com", "UNKNOWN", "free-mail-provider"),
            ("8.0.0.0/6", "UNKNOWN", "wide-ip-range"),
            (".co.uk.", "DOMAIN", "public-suffix"),
            ("公司.cn", "DOMAIN", "public-suffix"),
            ("SendGrid.net.", "DOMAIN", "shared-sender"),
            ("eu-west-1.amazonses.com", "DOMAIN", "shared-sender"),
            ("em.docusign.net", "DOMAIN", "shared-sender"),
            ("contoso.onmicrosoft.com", "DOMAIN", "whole-domain"),
            ("notgmail.com", "DOMAIN", "whole-domain"),
            ("mysendgrid.net", "DOMAIN", "whole-domain"),
            ("Own.example.", "DOMAIN", "own-domain-trusted"),
            ("*@own.example", "EMAIL", "own-domain-trusted"),
            ("mail.own.example", "DOMAIN", "own-domain-trusted"),
            ("ceo@eu.mail.own.example", "EMAIL", "own-domain-trusted"),
        ],
    )
    def test_is_known(self, pattern: str, pattern_type: str, rule: str) -> None:
        """Case, dots, asterisks and Unicode make no difference."""
        fields = {"pattern": pattern, "pattern_type": pattern_type, "is_acceptable_sender": True, "comments": "SEC-1"}
        change = Change(setting=BY_KIND["allow_policy"], key="key", before=None, after=fields)
        assert rule in ids(assess_entry(change, context=beside(), today=TODAY))

    @pytest.mark.parametrize(
        ("pattern", "severity"),
        [
            ("8.8.8.0/24", None),
            ("8.8.8.0/23", "medium"),
            ("8.8.0.0/16", "medium"),
            ("8.8.0.0/15", "high"),
            ("::ffff:8.8.8.0/120", None),
            ("::ffff:8.8.8.0/119", "medium"),
            ("::ffff:8.8.0.0/111", "high"),
            ("2400:1:1::/48", None),
            ("2400:1:1::/47", "medium"),
            ("2400:1::/32", "medium"),
            ("2400::/31", "high"),
            ("2000::/3", "high"),
        ],
    )
    def test_a_range_is_wide_from_a_size_on(self, pattern: str, severity: str | None) -> None:
        """One network of a provider's customer is not; IPv4 written as IPv6 is IPv4."""
        fields = {"pattern": pattern, "pattern_type": "IP", "is_acceptable_sender": True}
        assert ids(found("allow_policy", None, fields)).get("wide-ip-range") == severity

    @pytest.mark.parametrize("pattern", [r"\b\d{4}-?\d{4}-?\d{4}-?\d{4}\b", r"\d{3}-\d{2}-\d{4}", "[0-9]{10}"])
    def test_a_number_is_not_everything(self, pattern: str) -> None:
        """A content policy that looks for the numbers of cards or accounts."""
        assert not found("content_policy", None, {"name": "Cards", "pattern": pattern, "targets": ["BODY"]})


class TestPlans:
    """What only a whole plan shows."""

    def test_a_list_that_loses_ten(self) -> None:
        """Ten deletions are one more finding than nine."""
        for number, expected in ((9, False), (10, True)):
            gone = [_gone(f"e{at}.example") for at in range(number)]
            result = assess_plan(gone, context=Context(), today=TODAY)
            assert ("blocklist-shrinks" in ids(result)) is expected

    def test_half_of_a_short_list(self) -> None:
        """A share counts where the size is known."""
        gone = [_gone(f"e{at}.example") for at in range(3)]
        assert "blocklist-shrinks" in ids(assess_plan(gone, context=Context(sizes={"block_senders": 6}), today=TODAY))
        assert "blocklist-shrinks" not in ids(
            assess_plan(gone, context=Context(sizes={"block_senders": 60}), today=TODAY)
        )

    def test_a_list_that_is_exchanged_does_not_shrink(self) -> None:
        """As many come as go."""
        plan = [_gone(f"e{at}.example") for at in range(20)]
        plan += [
            Change(setting=one.setting, key=f"n{at}", before=None, after={**BLOCK, "pattern": f"n{at}.example"})
            for at, one in enumerate(list(plan))
        ]
        assert "blocklist-shrinks" not in ids(assess_plan(plan, context=Context(), today=TODAY))

    def test_what_merely_expires_fails_nothing(self) -> None:
        """Twenty blocks on their day: low, and no list that shrinks."""
        gone = [_gone(f"e{at}.example", expires="2026-11-25") for at in range(20)]
        result = assess_plan(gone, context=Context(), today=TODAY)
        assert set(ids(result)) == {"protection-expired"}
        assert {one.severity for one in result} == {Severity.LOW}

    def test_an_allowance_and_a_block_in_one_plan(self) -> None:
        """The plan's own entries are judged beside each other, whatever their order."""
        allow = Change(
            setting=BY_KIND["allow_policy"],
            key="a",
            before=None,
            after={"pattern": "a@x.example", "pattern_type": "EMAIL"},
        )
        block = Change(
            setting=BY_KIND["block_sender"],
            key="b",
            before=None,
            after={"pattern": "x.example", "pattern_type": "DOMAIN"},
        )
        for plan in ([allow, block], [block, allow]):
            assert "allow-and-block" in ids(assess_plan(plan, context=Context(), today=TODAY))


class TestInForce:
    """What an audit finds."""

    def test_stale_expired_and_unmanaged(self) -> None:
        """Time and hand-made entries."""
        old = {**_ALLOW, "modified_at": "2025-11-01T00:00:00Z"}
        assert "stale-exemption" in ids(_in_force(old))
        assert "stale-exemption" not in ids(_in_force({**_ALLOW, "modified_at": "2026-01-01T00:00:00Z"}))
        assert "expired-exemption" in ids(_in_force({**_ALLOW, "expires": "2026-11-25"}))
        assert "expired-exemption" not in ids(_in_force({**_ALLOW, "expires": "2026-11-26"}))
        assert "unmanaged-exemption" in ids(_in_force(_ALLOW, managed=False))
        assert "unmanaged-exemption" not in ids(_in_force(_ALLOW))
        block = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
        assert ids(_in_force(block, kind="block_sender", managed=False)) == {"unmanaged-entry": "low"}
        assert not _in_force(block, kind="block_sender")

    def test_a_domain_in_front_of_which_nobody_stands_is_not_asked_to_drop(self) -> None:
        """Dispositions are dropped, and ranges refused, on the way in only."""
        api = {"domain": "a.example", "allowed_delivery_modes": ["API"], "drop_dispositions": [], "ip_restrictions": []}
        assert not _in_force(api, kind="domain")
        inline = {**api, "allowed_delivery_modes": ["DIRECT"]}
        assert set(ids(_in_force(inline, kind="domain"))) == {"malicious-mail-not-dropped", "mail-from-anywhere"}

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.kind}")
    def test_finds_what_the_policy_pack_has_a_policy_for(self, case: Risky) -> None:
        """What is in force is found by the rules that need not know what was before."""
        fields = whole(case.kind, case.caught if case.caught is not None else case.before)
        assert fields is not None
        assert set(ids(_in_force(fields, kind=case.kind, managed=False))) <= {rule.id for rule in rules.IN_FORCE}


class TestUnreadable:
    """What cannot be judged is said."""

    @pytest.mark.parametrize("pattern", ["(" * 508 + "jane|.*" + ")" * 508, r"^.*@x(?:(?:(?:[a-z]{17}){17}){17})w.yz$"])
    def test_a_pattern_that_is_too_large(self, pattern: str) -> None:
        """Nobody can tell what it lets through, so that it counts as one that lets in everybody."""
        assert ids(found("allow_policy", None, _java(pattern)))["unreadable-pattern"] == "high"

    def test_a_pattern_that_only_java_reads(self) -> None:
        """Forms that Python knows under another name are understood."""
        assert "unreadable-pattern" not in ids(found("allow_policy", None, _java(r"^(?<who>\p{L}+)@\Qx.example\E\z")))

    def test_a_secret_is_not_shown(self) -> None:
        """Neither its pattern nor its key."""
        fields = {"pattern": "hidden.example", "pattern_type": "DOMAIN", "is_trusted_sender": True}
        change = change_of(BY_KIND["allow_policy"], None, fields, secret=True)
        for one in assess(change, context=Context(), today=TODAY):
            assert "hidden" not in one.message


class TestWithoutLibraries:
    """In a provider process that lacks the extra."""

    @pytest.mark.parametrize("domain", ["gmail.com", "outlook.com", "gmx.net", "icloud.com"])
    def test_the_largest_providers_are_known(self, domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The worst is said without a list of thousands."""
        monkeypatch.setattr(known_domains, "_free_mail", lambda: known_domains._LARGEST_FREE_MAIL)
        monkeypatch.setattr(known_domains, "_public_suffixes", lambda: None)
        assert known_domains.is_free_mail(domain)
        assert not known_domains.is_free_mail("corp.example")

    def test_suffixes_of_countries_are_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`co.uk` is one; `corp.example` is not."""
        monkeypatch.setattr(known_domains, "_public_suffixes", lambda: None)
        assert known_domains.is_public_suffix("co.uk")
        assert known_domains.is_public_suffix("com")
        assert not known_domains.is_public_suffix("corp.example")


class TestAcceptedRisks:
    """What may stand beside an entry."""

    @pytest.mark.parametrize(
        "wrong",
        [
            "whole-domain",
            {"whole-domain": "because"},
            {"whole-domain": ", until 2027-01-01"},
            {"x": "y, until soon"},
            [1],
        ],
    )
    def test_a_reason_and_a_day_are_needed(self, wrong: Any) -> None:
        """Anything else is refused by the schema."""
        setting = BY_KIND["block_sender"]
        _, problems = setting.schema.validate_entry({**BLOCK, "accept_risk": wrong})
        assert [problem.path for problem in problems] == ["accept_risk"]

    def test_is_never_sent(self) -> None:
        """It steers this package only."""
        setting = BY_KIND["block_sender"]
        fields, problems = setting.schema.validate_entry({**BLOCK, "accept_risk": {"no-reason": "x, until 2027-01-01"}})
        assert not problems
        assert "accept_risk" not in setting.body(fields)

    def test_reads_as_text(self) -> None:
        """A cell holds several; a reason may hold semicolons and colons."""
        field = BY_KIND["block_sender"].schema.setting_fields["accept_risk"]
        text = "no-reason: see SEC-1; and SEC-2: both, until 2027-01-01; no-expiry: stays, until 2027-06-30"
        assert field.from_text(text) == {
            "no-reason": "see SEC-1; and SEC-2: both, until 2027-01-01",
            "no-expiry": "stays, until 2027-06-30",
        }

    def test_a_rule_that_there_is_not(self) -> None:
        """Is named, so that a mistyped id does not accept nothing silently."""
        assert unknown_rules({"accept_risk": {"whole-domian": "x, until 2027-01-01"}}) == ["whole-domian"]
        assert not unknown_rules({"accept_risk": {"whole-domain": "x, until 2027-01-01"}})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.kind)
def test_every_field_says_which_way_it_weakens(setting: Setting) -> None:
    """Or that it never does."""
    assert not [name for name, field in setting.schema.setting_fields.items() if field.weakens is None]


_ALLOW: Mapping[str, Any] = {"pattern": "a@x.example", "pattern_type": "EMAIL", "is_acceptable_sender": True}


def _java(pattern: str) -> Mapping[str, Any]:
    return {"pattern": pattern, "pattern_type": "EMAIL", "is_regex": True}


def _gone(pattern: str, **fields: Any) -> Change:
    before = {"pattern": pattern, "pattern_type": "DOMAIN", **fields}
    return Change(setting=BY_KIND["block_sender"], key=f"DOMAIN {pattern}", before=before, after=None)


def _in_force(fields: Mapping[str, Any], *, kind: str = "allow_policy", managed: bool = True) -> list[Finding]:
    change = Change(setting=BY_KIND[kind], key="key", before=None, after=fields, managed=managed)
    return assess_entry(change, context=Context(), today=TODAY)
