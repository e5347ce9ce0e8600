"""What a program asks for: one resource as it is registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ._state import ResourceState
from ._urns import Alias
from ._wire import Wire


@dataclass(frozen=True, slots=True)
class Identity:
    """The resource that a call is about."""

    type: str
    name: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A resource as the program wants it."""

    urn: str
    who: Identity
    custom: bool
    inputs: Wire
    parent: str = ""
    dependencies: Sequence[str] = ()
    aliases: Sequence[Alias] = ()
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: Sequence[str] = ()
    delete_before_replace: bool | None = None

    def inputs_after(self, old: ResourceState | None) -> Wire:
        """The inputs, those whose changes are ignored as they were."""
        if old is None:
            return self.inputs
        kept = {name: old.inputs[name] for name in self.ignore_changes if name in old.inputs}
        left_out = {name for name in self.ignore_changes if name not in old.inputs}
        return {name: value for name, value in {**self.inputs, **kept}.items() if name not in left_out}

    def state(self, id_: str, inputs: Wire, outputs: Wire) -> ResourceState:
        """The state of the resource once it is as asked for."""
        return ResourceState(
            urn=self.urn,
            type=self.who.type,
            name=self.who.name,
            id=id_,
            custom=self.custom,
            inputs=inputs,
            outputs=outputs,
            protect=self.protect,
            retain_on_delete=self.retain_on_delete,
            parent=self.parent,
            dependencies=[*self.dependencies],
        )
