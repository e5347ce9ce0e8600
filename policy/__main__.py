"""The rules of the review as a Pulumi policy pack: a policy a rule, advisory unless configured otherwise.

A policy sees what a stack declares or has, not what changes: so it judges as `cf-email-security audit` does. Risks that
are accepted beside an entry are not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack, PolicyResource, StackValidationArgs, StackValidationPolicy
from pulumi_policy import Severity as Seriousness

from pulumi_cloudflare_email_security.client.envelope import printable
from pulumi_cloudflare_email_security.model.state import UNKNOWN_TEXT
from pulumi_cloudflare_email_security.review.engine import Kinds
from pulumi_cloudflare_email_security.review.findings import Finding, Rule, Severity
from pulumi_cloudflare_email_security.review.rules import IN_FORCE
from pulumi_cloudflare_email_security.review.state import Stock, audit, stock_of
from pulumi_cloudflare_email_security.settings import RESOURCES

Report = Callable[[str, str | None], None]
_SERIOUSNESS = {
    Severity.HIGH: Seriousness.HIGH,
    Severity.MEDIUM: Seriousness.MEDIUM,
    Severity.LOW: Seriousness.LOW,
}


class Judge:
    """The findings in a stack, worked out once for all policies."""

    def __init__(self) -> None:
        self._kinds = Kinds.of(RESOURCES)
        self._seen: tuple[str, list[tuple[str, Finding]]] = ("", [])

    def findings(self, resources: Iterable[PolicyResource]) -> list[tuple[str, Finding]]:
        """Each finding that nobody has accepted, with the URN of its resource."""
        held = [(one, known(one.props)) for one in resources if self._kinds.of_type(one.resource_type)]
        fingerprint = repr([(one.urn, props) for one, props in held])
        if self._seen[0] != fingerprint:
            stock = Stock()
            urns: dict[str, str] = {}
            for one, props in held:
                # By its URN, since two components may each have a resource of one name.
                found = stock_of(self._kinds, one.resource_type, one.urn, props, props)
                stock.add(found)
                urns |= dict.fromkeys([entry.resource for entry in found.entries], one.urn)
                urns |= dict.fromkeys([finding.resource for finding in found.unjudged], one.urn)
            judged = audit(stock, today=datetime.now(tz=UTC).date())
            self._seen = (fingerprint, [(urns[one.resource], one) for one in judged if one.counts])
        return self._seen[1]


def known(props: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as they are; those that a preview does not know yet are marked."""
    found = {}
    for name in props:
        try:
            found[name] = props[name]
        except Exception:  # noqa: BLE001  (the SDK raises at every look at an unknown value)
            found[name] = UNKNOWN_TEXT
    return found


def policy(rule: Rule, judge: Judge) -> StackValidationPolicy:
    """A rule as a policy."""

    def validate(args: StackValidationArgs, report: Report) -> None:
        for urn, finding in judge.findings(args.resources):
            if finding.rule is rule:
                place = f" ({finding.place})" if finding.place else ""
                report(f"{finding.entry}: {printable(finding.message, 400)}{place}", urn)

    return StackValidationPolicy(
        name=rule.id,
        description=f"{rule.title[:1].upper()}{rule.title[1:]}. {rule.reason}",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
        severity=_SERIOUSNESS[rule.severity],
        url=rule.source,
    )


_judge = Judge()
PolicyPack(
    name="cloudflare-email-security",
    policies=[policy(rule, _judge) for rule in IN_FORCE],
    enforcement_level=EnforcementLevel.ADVISORY,
)
