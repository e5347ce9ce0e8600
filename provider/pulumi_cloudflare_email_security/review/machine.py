"""A report for machines: JSON of this package's own, and SARIF 2.1.0 for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from ..client.envelope import printable
from ..model import places
from .findings import Finding, Rule, Severity, counts_of, reach
from .report import Report, sign

#: Code scanning shows so many results.
SARIF_LIMIT: Final = 5000
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
#: What code scanning ranks by.
_SECURITY: Final = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
#: Where a finding is shown whose place is not known.
_NOWHERE: Final = "Pulumi.yaml"
_INFORMATION: Final = "https://pypi.org/project/pulumi-cloudflare-email-security/"


def report_as_json(report: Report, *, threshold: Severity | None) -> str:
    """A review as JSON."""
    words = {"+": "added", "~": "changed", "-": "deleted", "→": "moved", "=": "kept"}
    more = {
        "entries": {words[one]: count for one, count in report.tally().items()},
        "stacks": [plan.stack for plan in report.plans],
        "changes": [
            {
                "change": words[sign(change)],
                "setting": change.setting.kind,
                "key": "[secret]" if change.secret else change.key,
                "resource": change.resource,
                "place": change.place,
                "adopted": change.adopted,
            }
            for change in report.changes
        ],
        "messages": [
            {
                "severity": message.severity,
                "stack": plan.stack,
                "resource": message.label,
                "text": printable(message.text, 4000),
            }
            for plan in report.plans
            for message in plan.messages
        ],
    }
    return findings_as_json(report.findings, threshold=threshold, failed=report.failed, more=more)


def findings_as_json(
    findings: Sequence[Finding], *, threshold: Severity | None, failed: bool = False, more: Mapping[str, Any]
) -> str:
    """Findings as JSON, and what else is to be told."""
    accepted = sum(not one.counts for one in findings)
    document = {
        "version": 1,
        "verdict": "failed" if failed else "fails" if reach(findings, threshold) else "passes",
        "counts": {**{str(severity): count for severity, count in counts_of(findings).items()}, "accepted": accepted},
        **more,
        "findings": [finding_as_json(one) for one in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "rule": finding.rule.id,
        "severity": str(finding.severity),
        "setting": finding.setting.kind,
        "key": "[secret]" if finding.about.secret else finding.about.key,
        "message": finding.message,
        "fields": sorted(finding.fields),
        "resource": finding.resource,
        "place": finding.place,
        "accepted": finding.accepted,
        "source": finding.rule.source,
        "fingerprint": fingerprint(finding),
    }


def fingerprint(finding: Finding) -> str:
    """What tells a finding from others, run after run: rule, account, setting and natural key, never a line."""
    # Of a secret key not even a digest is shown.
    identity = finding.resource if finding.about.secret else finding.about.key
    parts = (finding.rule.id, finding.about.account, finding.setting.kind, identity, *sorted(finding.fields))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def to_sarif(findings: Sequence[Finding], *, version: str) -> str:
    """Findings as SARIF 2.1.0, the worst 5,000 of them."""
    shown = findings[:SARIF_LIMIT]
    rules = {one.rule.id: one.rule for one in shown}
    order = {id_: at for at, id_ in enumerate(sorted(rules))}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "cf-email-security",
                "semanticVersion": version,
                "informationUri": _INFORMATION,
                "rules": [_rule(rules[id_]) for id_ in sorted(rules)],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, order[one.rule.id]) for one in shown],
    }
    if len(findings) > len(shown):
        run["properties"] = {"cut": len(findings) - len(shown)}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "helpUri": rule.source,
        "help": {"text": f"{rule.reason} See {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"security-severity": _SECURITY[rule.severity], "tags": ["security", "email"]},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    file, line = places.parse(finding.place) or (finding.place or _NOWHERE, 1)
    was = f" ({finding.where})" if finding.about.gone and finding.place else ""
    if was:
        # That line is another one now.
        line = 1
    uri = quote(file.replace("\\", "/"), errors="replace")
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(f"{finding.entry}: {printable(finding.message, 800)}{was}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(1, line)},
                }
            }
        ],
        "partialFingerprints": {"naturalKey/v1": fingerprint(finding)},
    }
    if finding.resource:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": finding.resource, "kind": "resource"}]
    if finding.accepted is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": printable(finding.accepted, 400)}]
    return result


def _text(text: str) -> str:
    """Plain text, in which brackets would begin a link."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
