"""Resources: their properties and URNs, what state keeps of them as plain JSON, and what a program asks for.

Between engine and provider everything is a protobuf `Struct`: integers become floats, `None` disappears, an unknown
is a sentinel. So every property here makes that trip, through the SDK's own functions. `Wire` is such a struct as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from google.protobuf.json_format import MessageToDict, ParseDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import rpc

from ..entries.writing import write_whole
from ..model.state import PROVIDER_KEY, SECRET_MARK, SIGNATURE

Wire: TypeAlias = dict[str, Any]
STACK_TYPE: Final = "pulumi:pulumi:Stack"


def to_wire(properties: Mapping[str, Any]) -> Wire:
    """Serialize what a provider or a program handed over."""
    serialize = rpc.serialize_properties(dict(properties), {})
    try:
        # Nothing in here has to be waited for, so no loop is needed.
        serialize.send(None)
    except StopIteration as done:
        return struct_to_wire(done.value)
    serialize.close()
    raise TypeError("a property is an output, which a provider cannot answer")


def from_wire(wire: Wire, *, keep_unknowns: bool = False) -> dict[str, Any]:
    """What a provider process sees of these properties."""
    properties: dict[str, Any] = rpc.deserialize_properties(wire_to_struct(wire), keep_unknowns)
    return properties


def struct_to_wire(struct: Struct) -> Wire:
    """A protobuf struct as JSON."""
    wire: Wire = MessageToDict(struct)
    return wire


def wire_to_struct(wire: Wire) -> Struct:
    """JSON as a protobuf struct."""
    return ParseDict(wire, Struct())


def split_secrets(struct: Struct) -> tuple[Wire, set[str]]:
    """A program's properties in the clear, and the names of the secret ones: dynamic providers take no secrets."""
    properties = rpc.deserialize_properties(struct, keep_unknowns=True)
    secret = {name for name, value in properties.items() if rpc.is_rpc_secret(value)}
    return to_wire({name: rpc.unwrap_rpc_secret(value) for name, value in properties.items()}), secret


def mark_secrets(wire: Wire, secret: set[str]) -> Struct:
    """The answer to the program: a property that went in as a secret comes back as one."""
    marks = {SIGNATURE: SECRET_MARK}
    marked = {name: {**marks, "value": value} if name in secret else value for name, value in wire.items()}
    return wire_to_struct(marked)


def changed(old: Wire, new: Wire) -> tuple[str, ...]:
    """The names of the properties that differ, the pickled provider left out."""
    names = old.keys() | new.keys()
    return tuple(sorted(n for n in names if n != PROVIDER_KEY and old.get(n) != new.get(n)))


def shown(wire: Wire) -> dict[str, Any]:
    """The properties as a person wants to see them: without the pickled provider."""
    return from_wire({name: value for name, value in wire.items() if name != PROVIDER_KEY}, keep_unknowns=True)


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


@dataclass(frozen=True, slots=True)
class Identity:
    """The resource that a call is about."""

    type: str
    name: str
    urn: str = ""


@dataclass(slots=True)
class ResourceState:
    """What is kept of one resource. `pending_delete`: replaced, the old one not deleted yet."""

    urn: str
    type: str
    name: str
    id: str
    custom: bool
    inputs: Wire
    outputs: Wire
    protect: bool = False
    retain_on_delete: bool = False
    pending_delete: bool = False
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)

    @property
    def who(self) -> Identity:
        """The resource."""
        return Identity(self.type, self.name, self.urn)


def in_deletion_order(resources: Sequence[ResourceState]) -> Iterator[list[ResourceState]]:
    """Layers of resources that can be deleted at the same time: what depends on others, or is below them, first."""
    layers: list[list[ResourceState]] = []
    condemned = [*reversed(resources)]
    while condemned:
        urns = {state.urn for state in condemned}
        needs = [({*state.dependencies, state.parent} - {state.urn}) & urns for state in condemned]
        free = [not needed for needed in needs] if not all(needs) else [True] * len(needs)
        layers.append([state for state, is_free in zip(condemned, free, strict=True) if is_free])
        condemned = [state for state, is_free in zip(condemned, free, strict=True) if not is_free]
    return reversed(layers)


@dataclass(slots=True)
class StackState:
    """All resources of a stack, and its exports."""

    resources: list[ResourceState] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def find(self, urn: str) -> ResourceState | None:
        """The live resource of this URN."""
        return next((r for r in self.resources if r.urn == urn and not r.pending_delete), None)

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON values."""
        return {"version": 1, "resources": [asdict(r) for r in self.resources], "outputs": self.outputs}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> StackState:
        """The state that `to_json` wrote."""
        resources = [ResourceState(**resource) for resource in document.get("resources", [])]
        return cls(resources, dict(document.get("outputs", {})))

    @classmethod
    def load(cls, path: Path) -> StackState:
        """The state in a file, or an empty one where there is no file yet."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()

    def save(self, path: Path) -> None:
        """Write the state to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(self.to_json(), indent=2, sort_keys=True).encode())


@dataclass(frozen=True, slots=True)
class Goal:
    """A resource as the program wants it."""

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
            urn=self.who.urn,
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
