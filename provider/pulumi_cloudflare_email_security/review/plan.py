"""A preview as it is reviewed: its resources, what becomes of their entries, and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.setting import Setting
from .findings import Change


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

    @property
    def whole(self) -> Change:
        """The resource as a whole, for what is about it."""
        return Change(setting=self.setting, key=self.label, place=self.place, resource=self.label, account=self.account)


@dataclass(slots=True)
class Message:
    """A diagnostic of the preview."""

    severity: str
    text: str
    label: str = ""


@dataclass(slots=True)
class Plan:
    """One preview: of one stack."""

    stack: str
    resources: list[Resource] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    #: The risks that the provider itself told: it may have looked at the account. By line, with the resource.
    told: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    #: Whether it leaves out resources that stay as they are, as previews without `--show-sames` do.
    is_partial: bool = False

    @property
    def failed(self) -> bool:
        """Whether the preview itself failed."""
        return any(message.severity == "error" for message in self.messages)
