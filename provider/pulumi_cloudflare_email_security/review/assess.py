"""Which rules apply to a change, or to what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from ..model.state import ACCEPT_RISK, EXPIRES
from ..model.weakening import Way
from . import exemptions, protections, rules
from .case import Case
from .context import Context
from .findings import Change, Fields, Finding, Severity

_JUDGES: Final[Mapping[str, Callable[[Case], Iterator[Finding]]]] = {
    "allow_policy": exemptions.of_allow_policy,
    "block_sender": exemptions.of_block_sender,
    "content_policy": protections.of_content_policy,
    "domain": protections.of_domain,
    "impersonation_registry_entry": protections.of_registry,
    "sending_domain_restriction": protections.of_restriction,
    "trusted_domain": exemptions.of_trusted_domain,
    "url_ignore_pattern": exemptions.of_url_ignore_pattern,
}
#: A list that loses at least so many entries net, or at least this share of them, shrinks.
_MANY: Final = 10
_SHARE: Final = 0.5
_AT_LEAST: Final = 3


def assess(change: Change, *, context: Context, today: date) -> list[Finding]:
    """What a change weakens, worst first; a finding with `accepted` does not count.

    None where it tightens protection or leaves it as it is, but for mistakes of severity low. Accepted risks end on
    their day, `today` in UTC.
    """
    if change.gone and change.setting.keeps_on_delete(change.fields) is not None:
        return []  # The live entry stays as it is.
    return _sorted(_found(Case(change, context, today)))


def assess_entry(change: Change, *, context: Context, today: date) -> list[Finding]:
    """What is risky about an entry that is in force (`after`)."""
    case = Case(change, context, today, audit=True)
    found = [*_judge(case), *exemptions.hygiene(case), *exemptions.stale(case)]
    if not change.managed:
        rule = rules.UNMANAGED if change.setting.protects else rules.UNMANAGED_EXEMPTION
        found.append(case.hit(rule, "no program declares it"))
    return _sorted(found)


def assess_plan(changes: Iterable[Change], *, context: Context, today: date, with_advice: bool = True) -> list[Finding]:
    """What a plan weakens, worst first; `context` takes the plan's own entries in.

    Without advice, which is never of more than severity low, protections that are added need not be looked at.
    """
    changes = list(changes)
    for change in changes:
        if change.after is not None:
            context.add(change.setting, change.after)
    judged = [change for change in changes if with_advice or change.before is not None or not change.setting.protects]
    found = [one for change in judged for one in assess(change, context=context, today=today)]
    found += _shrinking(changes, context, today)
    return _sorted(found)


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: one.order) if len(found) > 1 else found


def _found(case: Case) -> list[Finding]:
    if not case.weakens:
        return [*_mistakes(case)]
    if case.setting.protects and case.goes and case.expired:
        return [case.hit(rules.PROTECTION_EXPIRED, "its last day has passed")]
    found = [*_judge(case)]
    found += _by_declaration(case, found)
    found += exemptions.hygiene(case)
    return found


def _judge(case: Case) -> Iterator[Finding]:
    return _JUDGES[case.setting.kind](case) if case.setting.kind in _JUDGES else iter(())


def _mistakes(case: Case) -> Iterator[Finding]:
    """What is wrong with an entry that tightens protection: it never counts for more than low."""
    if case.setting.protects:
        yield from exemptions.advice(_judge(case)) if case.comes else ()
    elif case.before is not None and case.after is not None and case.ends_otherwise > 0:
        yield case.hit(rules.FIELD_WEAKENED, case.difference(EXPIRES), EXPIRES, severity=Severity.LOW)
        yield from (one for one in exemptions.hygiene(case) if one.rule is rules.NO_EXPIRY)


def _by_declaration(case: Case, found: list[Finding]) -> Iterator[Finding]:
    """What weakens by declaration alone and no rule has counted as medium at least."""
    heavy = [one for one in found if one.severity >= Severity.MEDIUM]
    covered = {name for one in heavy for name in one.fields}
    if case.setting.protects:
        if case.goes and not heavy:
            yield case.hit(rules.PROTECTION_REMOVED, _gone(case))
    elif case.comes:
        if not heavy:
            yield case.hit(rules.EXEMPTION_ADDED, f"a new {case.setting.title}")
        return
    for name in sorted(case.weaker - covered):
        yield case.hit(rules.FIELD_WEAKENED, case.difference(name), name)


def _gone(case: Case) -> str:
    if case.after is None or case.before is None:
        return f"the {case.setting.title} goes"
    names = [
        name
        for name, declared in case.setting.schema.setting_fields.items()
        if declared.weakens is Way.MATCH and name in case.after and case.before.get(name) != case.after[name]
    ]
    return f"matches something else: {', '.join(map(case.difference, names))}"


def _shrinking(changes: list[Change], context: Context, today: date) -> Iterator[Finding]:
    """Lists of protections that lose many entries at once."""
    if all(change.after is not None for change in changes):
        return
    lost: dict[str, list[Change]] = {}
    gained: dict[str, int] = {}
    for change in changes:
        setting = change.setting
        if not setting.protects or setting.kind == "domain":
            continue
        case = Case(change, context, today)
        if case.goes and change.after is None and not case.expired:
            lost.setdefault(setting.collection, []).append(change)
        elif case.comes and change.before is None:
            gained[setting.collection] = gained.get(setting.collection, 0) + 1
    for collection, gone in lost.items():
        net = len(gone) - gained.get(collection, 0)
        size = context.sizes.get(collection, 0)
        share = net / size if size else 0
        if net >= _MANY or (net >= _AT_LEAST and share >= _SHARE):
            of = f" of {size}" if size else ""
            about = replace(gone[0], key=collection, before={}, secret=False)
            yield Finding.of(rules.BLOCKLIST_SHRINKS, f"loses {net} entries{of}", about)


def unknown_rules(fields: Fields) -> list[str]:
    """The ids of accepted risks that no rule has, for a failure at check."""
    declared = fields.get(ACCEPT_RISK)
    return sorted(set(map(str, declared)) - rules.RULES.keys()) if isinstance(declared, Mapping) else []
