"""What the steps of a lifecycle answer, whichever way in asks: a dynamic provider or the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model.schema import Failure


@dataclass(frozen=True, slots=True)
class Checked:
    """The inputs as they are recorded, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Diff:
    """Whether anything changes, and which changed properties replace the resource.

    Attributes:
        changes: whether an update or a replacement is needed.
        replaces: the properties for which it is a replacement.
        changed: the properties that change, for those who show them one by one: "add", "update" or "delete" by path.

    """

    changes: bool
    replaces: list[str] = field(default_factory=list)
    changed: Mapping[str, str] = field(default_factory=dict)


def change_of(old: object, new: object) -> str:
    """What becomes of a property: "add", "update" or "delete"; an empty one is as good as none."""
    if old is None or old == "":
        return "add"
    return "delete" if new is None or new == "" else "update"


@dataclass(frozen=True, slots=True)
class Created:
    """The new resource's id and outputs."""

    id: str
    outputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Updated:
    """The outputs after the update."""

    outputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """The resource as it is now: an empty id means that it is gone, no inputs that they stay as recorded."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None = None


GONE = Read("", {})
