"""Which rules apply to a change, or to what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..model.fields.risks import accepted_until
from ..model.setting import Setting
from ..model.state import EXPIRES
from ..model.weakening import Way
from . import exemptions, protections, rules
from .case import Case, Hit
from .context import Context
from .findings import Fields, Finding, Severity

ACCEPT_RISK: Final = "accept_risk"
_JUDGES: Final[Mapping[str, Callable[[Case], Iterator[Hit]]]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a plan does with one entry; or an entry that is in force, which has no `before`.

    Attributes:
        setting: what it is an entry of.
        key: the text of its natural key.
        before, after: its fields; None where there is none. What is not declared may be left out.
        place: `file:line` where it is declared, or "".
        resource: the resource that declares it, such as `BlockSenders "extras"`.
        secret: whether values must not be shown.
        account: the account that has it, or "".
        adopted: whether it is in the account already, and becomes the program's own.
        managed: whether a program declares it.

    """

    setting: Setting
    key: str
    before: Fields | None
    after: Fields | None
    place: str = ""
    resource: str = ""
    secret: bool = False
    account: str = ""
    adopted: bool = False
    managed: bool = True

    @property
    def fields(self) -> Fields:
        """The entry as it will be, or as it was where it goes."""
        return self.after if self.after is not None else (self.before or {})

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells entries apart: account, kind and key."""
        return self.account, self.setting.kind, self.key

    @property
    def label(self) -> str:
        """The key, as the entry writes it."""
        fields = self.fields
        if not all(isinstance(fields.get(name), str) for name in self.setting.key):
            return self.key
        label = self.setting.label(fields)
        return label if label.casefold() == self.key.casefold() else self.key


def assess(change: Change, *, context: Context, today: date) -> list[Finding]:
    """What a change weakens, worst first; a finding with `accepted` does not count.

    None where it tightens protection or leaves it as it is, but for mistakes of severity low. Accepted risks end on
    their day, `today` in UTC.
    """
    setting, before, after = change.setting, change.before, change.after
    if after is None and before is not None and setting.keeps_on_delete(before) is not None:
        return []  # The live entry stays as it is.
    case = Case(setting, before, after, context, today, secret=change.secret)
    return _findings(change, _hits(case), today)


def assess_entry(change: Change, *, context: Context, today: date) -> list[Finding]:
    """What is risky about an entry that is in force (`after`)."""
    case = Case(change.setting, None, change.after, context, today, audit=True, secret=change.secret)
    hits = [*_in_force_hits(case)]
    if not change.managed:
        hits.append(
            Hit(rules.UNMANAGED if change.setting.protects else rules.UNMANAGED_EXEMPTION, "no program declares it")
        )
    return _findings(change, hits, today)


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
    return sorted(found, key=lambda one: one.order)


def _hits(case: Case) -> list[Hit]:
    if not case.weakens:
        return [*_mistakes(case)]
    if case.setting.protects and case.goes and case.expired:
        return [Hit(rules.PROTECTION_EXPIRED, "its last day has passed")]
    hits = [*_judge(case)]
    hits += _by_declaration(case, hits)
    if not case.setting.protects:
        hits += exemptions.hygiene(case)
    return hits


def _judge(case: Case) -> Iterator[Hit]:
    if (judge := _JUDGES.get(case.setting.kind)) is not None:
        yield from judge(case)


def _mistakes(case: Case) -> Iterator[Hit]:
    """What is wrong with an entry that tightens protection: it never counts for more than low."""
    if case.setting.protects:
        yield from _low(_judge(case)) if case.comes else ()
    elif case.before is not None and case.after is not None and case.ends_otherwise > 0:
        yield Hit(rules.FIELD_WEAKENED, case.change(EXPIRES), (EXPIRES,), Severity.LOW)
        yield from (hit for hit in exemptions.hygiene(case) if hit.rule is rules.NO_EXPIRY)


def _in_force_hits(case: Case) -> Iterator[Hit]:
    yield from _judge(case)
    yield from exemptions.hygiene(case)
    yield from exemptions.stale(case)


def _low(hits: Iterable[Hit]) -> Iterator[Hit]:
    return (Hit(hit.rule, hit.message, hit.fields, Severity.LOW) for hit in hits)


def _by_declaration(case: Case, hits: list[Hit]) -> Iterator[Hit]:
    """What weakens by declaration alone and no rule has counted as medium at least."""
    heavy = [hit for hit in hits if hit.weight >= Severity.MEDIUM]
    covered = {name for hit in heavy for name in hit.fields}
    if case.setting.protects:
        if case.goes and not heavy:
            yield Hit(rules.PROTECTION_REMOVED, _gone(case))
    elif case.comes:
        if not heavy:
            yield Hit(rules.EXEMPTION_ADDED, f"a new {case.setting.title}")
        return
    for name in sorted(case.weaker - covered):
        yield Hit(rules.FIELD_WEAKENED, case.change(name), (name,))


def _gone(case: Case) -> str:
    if case.after is None or case.before is None:
        return f"the {case.setting.title} goes"
    names = [
        name
        for name, declared in case.setting.schema.setting_fields.items()
        if declared.weakens is Way.MATCH and name in case.after and case.before.get(name) != case.after[name]
    ]
    return f"matches something else: {', '.join(map(case.change, names))}"


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
        case = Case(setting, change.before, change.after, context, today)
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
            one = gone[0]
            finding = Finding.about(
                one.resource,
                rules.BLOCKLIST_SHRINKS,
                f"loses {net} entries{of}",
                setting=one.setting,
                place=one.place,
                account=one.account,
                key=collection,
            )
            yield replace(finding, gone=True)


def _findings(change: Change, hits: Iterable[Hit], today: date) -> list[Finding]:
    if not (hits := [*hits]):
        return []
    accepted, label = accepted_risks(change.fields, today), change.label
    found = [
        Finding(
            rule=hit.rule,
            severity=hit.weight,
            message=hit.message,
            setting=change.setting,
            key=change.key,
            fields=frozenset(hit.fields),
            place=change.place,
            resource=change.resource,
            accepted=accepted.get(hit.rule.id),
            secret=change.secret,
            account=change.account,
            label=label,
            gone=change.after is None,
        )
        for hit in hits
    ]
    return sorted(found, key=lambda one: one.order) if len(found) > 1 else found


def accepted_risks(fields: Fields, today: date) -> dict[str, str]:
    """The reasons of the accepted risks that have not ended, by the rule's id."""
    declared = fields.get(ACCEPT_RISK)
    if not isinstance(declared, Mapping):
        return {}
    found = {}
    for rule, text in declared.items():
        parts = accepted_until(text) if isinstance(text, str) else None
        if parts is not None and today < parts[1]:
            found[str(rule)] = text
    return found


def unknown_rules(fields: Fields) -> list[str]:
    """The ids of accepted risks that no rule has, for a failure at check."""
    declared = fields.get(ACCEPT_RISK)
    return sorted(set(map(str, declared)) - rules.RULES.keys()) if isinstance(declared, Mapping) else []
