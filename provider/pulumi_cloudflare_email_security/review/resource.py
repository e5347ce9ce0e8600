"""A resource of a preview, as it is reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.setting import Setting
from .assess import Change
from .findings import Finding, Rule


@dataclass(slots=True)
class Resource:
    """One resource of a preview.

    Attributes:
        urn: its URN.
        label: its type and name, such as `BlockSenders "extras"`.
        setting: whose entries it holds.
        operation: what the engine does with it.
        account: the account that it will be in.
        was_in: the account that it is in.
        changes: entry by entry.
        kept: entries that go from the program, but stay in the account.
        unjudged: why its changes cannot be told, or "".

    """

    urn: str
    label: str
    setting: Setting
    operation: str
    account: str
    changes: list[Change] = field(default_factory=list)
    kept: list[Change] = field(default_factory=list)
    unjudged: str = ""
    place: str = ""
    was_in: str = ""
    size: int = 0
    is_collection: bool = False
    steady: list[Mapping[str, Any]] = field(default_factory=list)
    becomes_exclusive: bool = False
    #: The keys of what it deletes because nobody declares it.
    pruned: list[str] = field(default_factory=list)

    def finding(self, rule: Rule, message: str) -> Finding:
        """A rule that is about the resource as a whole."""
        return Finding.about(self.label, rule, message, setting=self.setting, place=self.place, account=self.account)
