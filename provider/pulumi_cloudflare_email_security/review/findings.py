"""What a review finds: rules, their severities, and the changes that they apply to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from ..client.envelope import printable
from ..model.setting import Setting

#: A declared or live entry: fields by name.
Fields = Mapping[str, Any]


class Severity(IntEnum):
    """How much protection is lost. What tightens protection, or leaves it as it is, is never above LOW."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @classmethod
    def named(cls, name: str) -> Self:
        """The severity of a name such as `high`. Raises KeyError for another."""
        return cls[name.upper()]

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the review.

    Attributes:
        id: in kebab-case; never renamed, since programs accept risks by it.
        severity: the severity of what it finds, unless a finding says otherwise.
        title: what it finds, in a few words.
        reason: why that matters.
        source: where one can read on.

    """

    id: str
    severity: Severity
    title: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a plan does with one entry; an entry that is in force, without `before`; or a whole resource, with neither.

    Attributes:
        setting: what it is an entry of.
        key: the text of its natural key.
        before, after: its fields; None where there is none. What is not declared may be left out.
        place: `file:line` where it is declared, or "".
        resource: the resource that declares it, such as `BlockSenders "extras"`, or "".
        secret: whether values must not be shown.
        account: the account that has it, or "".
        adopted: whether it is in the account already, and becomes the program's own.
        managed: whether a program declares it.

    """

    setting: Setting
    key: str
    before: Fields | None = None
    after: Fields | None = None
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
    def gone(self) -> bool:
        """Whether the entry goes, so that the place is one that was."""
        return self.after is None and self.before is not None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule applied to one entry, or to a resource or list as a whole.

    Attributes:
        rule: the rule.
        severity: how much it matters here.
        message: what is so, about this very entry.
        about: what becomes of the entry.
        fields: the fields that it is about.
        accepted: why and how long the risk is accepted, or None where it counts.

    """

    rule: Rule
    severity: Severity
    message: str
    about: Change
    fields: frozenset[str] = frozenset()
    accepted: str | None = None

    @classmethod
    def of(cls, rule: Rule, message: str, about: Change) -> Self:
        """A rule that is about a resource, or a list, as a whole."""
        return cls(rule=rule, severity=rule.severity, message=message, about=about)

    @property
    def setting(self) -> Setting:
        """Whose entry it is."""
        return self.about.setting

    @property
    def key(self) -> str:
        """The text of the entry's natural key."""
        return self.about.key

    @property
    def resource(self) -> str:
        """The resource that declares the entry, such as `BlockSenders "extras"`, or ""."""
        return self.about.resource

    @property
    def place(self) -> str:
        """`file:line` of the entry, or ""."""
        return self.about.place

    @property
    def title(self) -> str:
        """What the entry is, such as `blocked sender`; nothing for what is about a list."""
        return "" if self.about.key in {self.resource, self.setting.collection} else self.setting.title

    @property
    def name(self) -> str:
        """What people call the entry: its key, as it is written; or the list's name."""
        if self.about.secret:
            return "[secret]"
        return self.about.label if self.title else self.setting.collection

    @property
    def entry(self) -> str:
        """Title and name."""
        return f"{self.title} {printable(self.name, 120)}".strip()

    @property
    def where(self) -> str:
        """Where the entry is written, or was."""
        return f"was {self.place}" if self.about.gone and self.place else self.place

    @property
    def counts(self) -> bool:
        """Whether nobody has accepted the risk."""
        return self.accepted is None

    @property
    def order(self) -> tuple[Any, ...]:
        """Worst first, then in a fixed order."""
        return (-self.severity, self.rule.id, self.setting.collection, self.about.key, self.message, self.resource)

    @property
    def line(self) -> str:
        """It on one line: severity, rule, entry, what is so, and where."""
        place = f" ({self.where})" if self.place else ""
        return f"{self.severity} risk {self.rule.id}: {self.entry}: {self.message}{place}"


#: A finding of severity high as its `line` says it.
LINE: Final = re.compile(r"\bhigh risk (?P<rule>[a-z-]+): (?P<what>.*)")


def counts_of(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    """How many findings count, by severity, the highest first."""
    counts = dict.fromkeys(sorted(Severity, reverse=True), 0)
    for finding in findings:
        if finding.counts:
            counts[finding.severity] += 1
    return counts


def reach(findings: Iterable[Finding], threshold: Severity | None) -> bool:
    """Whether something counts that is at or above a severity; None never fails."""
    return threshold is not None and any(one.counts and one.severity >= threshold for one in findings)
