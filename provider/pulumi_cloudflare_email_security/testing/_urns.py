"""URNs as the engine makes them, and those that a resource's aliases mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

STACK_TYPE: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Alias:
    """Another identity that a resource may have in state; what is empty is as the resource has it now."""

    urn: str = ""
    name: str = ""
    type: str = ""
    parent: str = ""
    no_parent: bool = False
    project: str = ""
    stack: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are: what every URN begins with."""

    stack: str
    project: str

    def urn(self, parent: str, type_: str, name: str) -> str:
        """The URN of a resource. Its type holds the types of its parents, the stack's left out, but not their names."""
        parents = _types(parent) if parent else ""
        qualified = type_ if parents in {"", STACK_TYPE} else f"{parents}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"


def alias_urns(place: Place, urn: str, parent: str, aliases: Iterable[Alias], was: Mapping[str, str]) -> list[str]:
    """The URNs under which a resource may stand in state, those of its renamed parents included.

    Args:
        place: where the resource is.
        urn: its URN now.
        parent: its parent's.
        aliases: what the program says.
        was: the URN in state of each resource that was found by an alias.

    """
    type_, name = _types(urn).rpartition("$")[2], _name(urn)

    def one(alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        there = Place(alias.stack or place.stack, alias.project or place.project)
        above = "" if alias.no_parent else was.get(alias.parent, alias.parent) or parent
        return there.urn(above, alias.type or type_, alias.name or name)

    found = [one(alias) for alias in aliases]
    if (old_parent := was.get(parent)) is not None:
        found += [_inherited(place, each, _name(parent), old_parent) for each in (urn, *found)]
    return list(dict.fromkeys(found))


def _inherited(place: Place, urn: str, parent_name: str, old_parent: str) -> str:
    """A child's URN below the parent's former one; a name that begins with the parent's follows it."""
    type_, name = _types(urn).rpartition("$")[2], _name(urn)
    if name.startswith(parent_name):
        name = _name(old_parent) + name.removeprefix(parent_name)
    return place.urn(old_parent, type_, name)


def _types(urn: str) -> str:
    return urn.split("::")[2]


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]
