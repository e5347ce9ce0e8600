"""What a review finds: rules, their severities, and the places where they apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from ..model.setting import Setting


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
class Finding:
    """One rule applied to one entry.

    Attributes:
        rule: the rule.
        severity: how much it matters here.
        message: what is so, about this very entry.
        setting: whose entry it is.
        key: the text of the entry's natural key.
        fields: the fields that it is about.
        place: `file:line` of the entry, or "".
        resource: the resource that declares the entry, such as `BlockSenders "extras"`, or "".
        accepted: why and how long the risk is accepted, or None where it counts.
        secret: whether the entry holds values that must not be shown.
        account: the account that has the entry, or "".
        label: the key as the entry writes it, where it differs from that.
        gone: whether the entry goes, so that the place is one that was.

    """

    rule: Rule
    severity: Severity
    message: str
    setting: Setting
    key: str
    fields: frozenset[str] = frozenset()
    place: str = ""
    resource: str = ""
    accepted: str | None = None
    secret: bool = False
    account: str = ""
    label: str = ""
    gone: bool = False

    @classmethod
    def about(
        cls, resource: str, rule: Rule, message: str, *, setting: Setting, place: str, account: str, key: str = ""
    ) -> Self:
        """A rule that is about a resource, or a list, as a whole."""
        return cls(
            rule=rule,
            severity=rule.severity,
            message=message,
            setting=setting,
            key=key or resource,
            place=place,
            resource=resource,
            account=account,
        )

    @property
    def title(self) -> str:
        """What the entry is, such as `blocked sender`; nothing for what is about a list."""
        return "" if self.key in {self.resource, self.setting.collection} else self.setting.title

    @property
    def name(self) -> str:
        """What people call the entry: its key, as it is written; or the list's name."""
        return "[secret]" if self.secret else (self.label or self.key) if self.title else self.setting.collection

    @property
    def where(self) -> str:
        """Where the entry is written, or was."""
        return f"was {self.place}" if self.gone and self.place else self.place

    @property
    def counts(self) -> bool:
        """Whether nobody has accepted the risk."""
        return self.accepted is None

    @property
    def order(self) -> tuple[Any, ...]:
        """Worst first, then in a fixed order."""
        return (-self.severity, self.rule.id, self.setting.collection, self.key, self.message, self.resource)


#: A declared or live entry: fields by name; None where there is none.
Fields = Mapping[str, Any]
