"""One entry before and after, as the rules see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pulumi.output import Unknown

from ..client.envelope import printable
from ..model import invalid
from ..model.days import day
from ..model.fields.risks import accepted_until
from ..model.schema import has_unknown
from ..model.setting import Setting
from ..model.state import ACCEPT_RISK, EXPIRES
from ..model.text import field_name, shown
from ..model.weakening import MISSING, Way, weakened
from .context import Context
from .findings import Change, Fields, Finding, Rule, Severity


class Hidden(Unknown):
    """A value that the engine hides: it may be anything, and is another than any other."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Case:
    """One entry before and after.

    Attributes:
        change: what becomes of it.
        context: the other entries.
        today: the day in UTC.
        audit: whether it is judged for being in force, not for a change.

    """

    change: Change
    context: Context
    today: date
    audit: bool = False
    setting: Setting = field(init=False)
    before: Fields | None = field(init=False)
    after: Fields | None = field(init=False)
    #: The fields whose change weakens protection.
    weaker: frozenset[str] = field(default=frozenset(), init=False)
    #: Whether the entry counts as one that comes (or goes): it does, or matches something else now.
    comes: bool = field(default=False, init=False)
    goes: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.setting, self.before, self.after = self.change.setting, self.change.before, self.change.after
        before, after = self.before, self.after
        rematched = before is not None and after is not None and any(self._rematched(before, after))
        self.comes = after is not None and (before is None or rematched)
        self.goes = before is not None and (after is None or rematched) and in_force(before)
        if before is not None and after is not None and (in_force(before) or in_force(after)):
            self.weaker = frozenset(self._weaker(before, after))

    def _rematched(self, before: Fields, after: Fields) -> Iterator[bool]:
        for name, declared in self.setting.schema.setting_fields.items():
            if declared.weakens is Way.MATCH and name in after:
                was = before.get(name, declared.default)
                yield declared.matched(was, before) != declared.matched(after[name], after)

    def _weaker(self, before: Fields, after: Fields) -> Iterator[str]:
        for name, declared in self.setting.schema.setting_fields.items():
            if declared.weakens in {None, Way.NEVER, Way.MATCH} or name not in after:
                continue
            was = before.get(name, MISSING if declared.default is None else declared.default)
            if declared.nullable and was is MISSING and not isinstance(declared.weakens, tuple):
                was = ""
            assert declared.weakens is not None  # noqa: S101  (for the type checker)
            if weakened(declared.weakens, was, after[name]):
                yield name
        if self.setting.protects and self.setting.keeps_on_delete(after) is None and self.ends_otherwise < 0:
            yield EXPIRES

    @property
    def weakens(self) -> bool:
        """Whether protection is weaker then, by declaration."""
        return bool(self.weaker) or (self.goes if self.setting.protects else self.comes)

    @property
    def now(self) -> Fields:
        """The entry as it is judged: as it will be, or as it was where it goes."""
        return self.change.fields

    def hit(self, rule: Rule, message: str, *fields: str, severity: Severity | None = None) -> Finding:
        """A rule that applies, to some of the fields; with its own severity unless another one is said."""
        return Finding(
            rule=rule,
            severity=rule.severity if severity is None else severity,
            message=message,
            about=self.change,
            fields=frozenset(fields),
            accepted=accepted_risks(self.now, self.today).get(rule.id),
        )

    def text(self, name: str) -> str | None:
        """A field's known text; None for everything else."""
        value = self.now.get(name)
        return value if isinstance(value, str) and value else None

    def flag(self, name: str) -> bool:
        """Whether a flag is set, or may be."""
        value = self.now.get(name, self.setting.schema.setting_fields[name].default)
        return value is True or has_unknown(value)

    def show(self, value: Any) -> str:
        """A value for people."""
        if self.change.secret:
            return "[secret]"
        if has_unknown(value):
            return "[secret]" if isinstance(value, Hidden) else "(not known yet)"
        if value is None or value == "":
            return "(none)"
        if isinstance(value, list):
            return f"[{', '.join(map(str, value))}]" if len(value) <= 8 else f"[{len(value)} items]"
        return printable(value, 80) if isinstance(value, str) else printable(shown(value), 80)

    def difference(self, name: str) -> str:
        """A field with its old and new value."""
        old = self.show(self.before[name]) if self.before is not None and name in self.before else "(not set)"
        return f"{field_name(name)} {old} → {self.show((self.after or {}).get(name))}"

    @property
    def ends_otherwise(self) -> int:
        """By how many days the entry ends later than before; below 0 where it ends sooner."""
        last, then = (expiry(fields or {}) or date.max for fields in (self.before, self.after))
        return (then - last).days

    @property
    def expired(self) -> bool:
        """Whether the entry's last day had passed."""
        return (last := expiry(self.before or {})) is not None and last <= self.today


def in_force(fields: Fields) -> bool:
    """Whether an entry has an effect: one that is switched off has none."""
    return fields.get("enabled") is not False


def expiry(fields: Fields) -> date | None:
    """The entry's last day, where it has one."""
    try:
        return day(fields[EXPIRES]) if fields.get(EXPIRES) else None
    except invalid.ValidationError:
        return None


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
