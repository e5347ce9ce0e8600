"""One report over one plan or several: what weakens, what goes, what comes, and what the previews said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from . import rules
from .assess import assess_plan
from .context import Context
from .findings import LINE, Change, Finding, Severity, counts_of, reach
from .plan import Plan, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a reviewer decides by.

    Attributes:
        plans: the previews, in the order given.
        findings: what weakens protection, worst first; accepted ones among them.
        changes: entry by entry; an entry that only moves from one resource to another is one change.

    """

    plans: Sequence[Plan]
    findings: Sequence[Finding]
    changes: Sequence[Change]

    def for_people(self) -> Report:
        """The same, with the account beside each resource where there are several accounts."""
        resources = [resource for plan in self.plans for resource in plan.resources]
        if len({account for each in resources for account in (each.was_in, each.account)}) < 2:
            return self

        def told(change: Change) -> Change:
            if not change.resource or not change.account:
                return change
            return replace(change, resource=f"{change.resource} in account {change.account}")

        findings = [replace(one, about=told(one.about)) for one in self.findings]
        return replace(self, findings=findings, changes=[*map(told, self.changes)])

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings count, by severity, the highest first."""
        return counts_of(self.findings)

    @property
    def failed(self) -> bool:
        """Whether a preview failed, so that the report may lack something."""
        return any(plan.failed for plan in self.plans)

    def reaches(self, threshold: Severity | None) -> bool:
        """Whether something counts that is at or above a severity; None never fails."""
        return reach(self.findings, threshold)

    def tally(self) -> dict[str, int]:
        """How many entries are added, changed, deleted, moved and left in the account."""
        tally = dict.fromkeys("+~-→=", 0)
        for change in self.changes:
            tally[sign(change)] += 1
        tally["="] = sum(len(resource.kept) for plan in self.plans for resource in plan.resources)
        return tally


def sign(change: Change) -> str:
    """How a change is written: `+`, `~`, `-`, or `→` for an entry that moves."""
    if change.after is None:
        return "-"
    if change.before is None:
        return "+"
    return "→" if " → " in change.resource else "~"


def make_report(plans: Sequence[Plan], *, today: date, beside: Iterable[Change] = ()) -> Report:
    """The report over previews; entries are judged beside those of the same account.

    Args:
        plans: the previews.
        today: the day in UTC.
        beside: what is in force already, for previews that leave out what stays as it is.

    """
    known: dict[str, list[Change]] = {}
    for one in beside:
        known.setdefault(one.account, []).append(one)
    resources = [resource for plan in plans for resource in plan.resources]
    kept = {one.identity: one for resource in resources for one in resource.kept}
    changes = moved([change for resource in resources for change in resource.changes], kept)
    findings = [Finding.of(rules.NOT_JUDGED, one.unjudged, one.whole) for one in resources if one.unjudged]
    accounts = dict.fromkeys(one for resource in resources for one in (resource.was_in, resource.account))
    for account in accounts:
        context = _context(account, resources, known.get(account, ()))
        context.sizes = _sizes(account, plans, known.get(account, ()))
        own = [change for change in changes if change.account == account]
        findings += assess_plan(own, context=context, today=today)
    for plan in plans:
        findings += _told(plan, findings)
    come = {change.identity for change in changes if change.after is not None}
    plans = [_without_moved(plan, come) for plan in plans]
    return Report(plans=plans, findings=sorted(findings, key=lambda one: one.order), changes=changes)


def _context(account: str, resources: Sequence[Resource], beside: Iterable[Change]) -> Context:
    """What stays as it is in an account, and what it has of each setting."""
    context = Context()
    goes = {one.identity for resource in resources for one in resource.changes if one.after is None}
    for entry in beside:
        if entry.identity not in goes:
            context.add(entry.setting, entry.fields)
    for resource in resources:
        setting = resource.setting
        for fields in resource.steady if resource.account == account else ():
            context.add(setting, fields)
        for change in resource.changes:
            # A domain that goes from the program is protected until it is gone.
            if setting.kind == "domain" and change.before is not None and change.account == account:
                context.add(setting, change.before)
    return context


def _sizes(account: str, plans: Iterable[Plan], beside: Collection[Change]) -> dict[str, int]:
    """How many entries each collection of an account has before the plans, as far as that is known."""
    if beside:
        return Counter(one.setting.collection for one in beside)
    sizes: Counter[str] = Counter()
    unknown: set[str] = set()
    for plan in plans:
        for resource in plan.resources:
            if resource.was_in == account:
                sizes[resource.setting.collection] += resource.size
                if plan.is_partial and not resource.is_collection:
                    # Others like it may stay as they are, of which such a preview says nothing.
                    unknown.add(resource.setting.collection)
    return {name: size for name, size in sizes.items() if name not in unknown}


def _told(plan: Plan, findings: Sequence[Finding]) -> Iterator[Finding]:
    """What the provider knew and the preview does not hold: an entry that is adopted may be weaker then."""
    known: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in findings:
        if one.severity is Severity.HIGH or not one.counts:
            resource_label = one.resource.rpartition(" → ")[2]
            known.setdefault((one.rule.id, resource_label), []).append(
                (f"{one.entry}: ".casefold(), one.message.casefold())
            )
    resources = {resource.label: resource for resource in plan.resources}
    for label, line in plan.told:
        found = LINE.search(line)
        rule = rules.RULES.get(found["rule"]) if found else None
        resource = resources.get(label)
        if found is None or rule is None or resource is None or resource.operation.startswith("delete"):
            # Of what goes the preview holds all there is.
            continue
        entries = known.get((rule.id, label), ())
        what = found["what"].casefold()
        if any(len(resource.changes) == 1 or what.startswith(entry) or message in what for entry, message in entries):
            continue
        yield replace(Finding.of(rule, found["what"], resource.whole), severity=Severity.HIGH)


def moved(changes: Sequence[Change], kept: Mapping[tuple[str, str, str], Change]) -> list[Change]:
    """Changes, of which an entry of an account that leaves one resource for another is one, not two.

    Args:
        changes: the changes.
        kept: what leaves a resource and stays in the account.

    """
    going = {**kept, **{one.identity: one for one in changes if one.after is None}}
    going = {identity: one for identity, one in going.items() if not one.secret}
    coming = {one.identity for one in changes if one.before is None and not one.secret}
    result = []
    for change in changes:
        identity = change.identity
        if change.after is None and identity in coming and identity in going:
            continue
        if change.before is None and identity in going:
            old = going[identity]
            result.append(replace(change, before=old.before, resource=f"{old.resource} → {change.resource}"))
        else:
            result.append(change)
    return result


def _without_moved(plan: Plan, come: Collection[tuple[str, str, str]]) -> Plan:
    """A plan without what leaves a resource for another one."""
    if not any(resource.kept for resource in plan.resources):
        return plan
    resources = [
        replace(resource, kept=[one for one in resource.kept if one.identity not in come])
        for resource in plan.resources
    ]
    return replace(plan, resources=resources)
