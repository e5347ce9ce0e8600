"""Properties as they cross a process boundary.

Between engine and provider everything is a protobuf `Struct`: integers become floats, `None` disappears, an unknown
is a sentinel. So every property here makes that trip, through the SDK's own functions. `Wire` is such a struct as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from google.protobuf.json_format import MessageToDict, ParseDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import rpc

from ..model.state import PROVIDER_KEY, SECRET_MARK, SIGNATURE

Wire: TypeAlias = dict[str, Any]


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
