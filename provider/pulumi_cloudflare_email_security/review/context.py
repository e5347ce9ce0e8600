"""What a review knows about the other entries of a plan or an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from ..model.setting import Setting
from .findings import Fields
from .opposed import Sender, Senders


@dataclass(slots=True)
class Context:
    """The entries that entries are judged beside, by what they match.

    Attributes:
        own_domains: the protected domains.
        allowed: what allow policies match.
        blocked: what blocked senders match.
        sizes: how many entries each collection has before the plan, where known.

    """

    own_domains: set[str] = field(default_factory=set)
    allowed: Senders = field(default_factory=Senders)
    blocked: Senders = field(default_factory=Senders)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[tuple[Setting, Fields]]) -> Self:
        """The context that entries make for each other."""
        context = cls()
        for setting, fields in entries:
            context.add(setting, fields)
        return context

    def add(self, setting: Setting, fields: Fields) -> None:
        """Take one more entry in."""
        if setting.kind == "domain":
            if isinstance(domain := fields.get("domain"), str):
                self.own_domains.add(domain.lower())
        elif setting.kind in {"allow_policy", "block_sender"}:
            sender = Sender.of(fields)
            if sender is not None:
                (self.allowed if setting.kind == "allow_policy" else self.blocked).add(sender)

    def own_domain_of(self, domain: str) -> str | None:
        """The protected domain that a domain is, or belongs to, or None."""
        if not self.own_domains:
            return None
        labels = domain.lower().split(".")
        names = (".".join(labels[at:]) for at in range(len(labels) - 1))
        return next((name for name in names if name in self.own_domains), None)
