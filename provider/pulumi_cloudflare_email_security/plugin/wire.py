"""Properties as they travel between the engine and a plugin: protobuf structures with marks for what is special."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from google.protobuf.struct_pb2 import ListValue, Struct, Value  # type: ignore[import-untyped]
from pulumi.output import Unknown

from ..model.state import SECRET_MARK, SIGNATURE, UNKNOWN_TEXT

#: Further marks of the protocol, which are the same in every version of it.
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_KINDS: Final = {bool: "bool_value", str: "string_value", int: "number_value", float: "number_value"}
UNKNOWN: Final = Unknown()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Properties:
    """Plain values, unknown ones as `pulumi.output.Unknown`, and the names of those that are or hold a secret."""

    values: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


def received(struct: Struct) -> Properties:
    """What the engine sent. Null values are left out, and so is what is internal to an SDK."""
    values: dict[str, Any] = {}
    secrets = set()
    for name, value in struct.fields.items():
        plain, secret = _plain(value)
        if plain is None or name.startswith("__"):
            continue
        values[name] = plain
        if secret:
            secrets.add(name)
    return Properties(values, frozenset(secrets))


def sent(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> Struct:
    """What the engine gets; the named values are secret."""
    secret = {*secrets}
    fields = {}
    for name, value in values.items():
        if value is not None:
            fields[name] = _marked_secret(_value(value)) if name in secret else _value(value)
    return Struct(fields=fields)


def _plain(value: Value) -> tuple[Any, bool]:
    """A value and whether it is or holds a secret."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain_struct(value.struct_value)
    if kind == "list_value":
        items = [_plain(item) for item in value.list_value.values]
        return [item for item, _ in items], any(secret for _, secret in items)
    if kind is None or kind == "null_value":
        return None, False
    plain = getattr(value, kind)
    return (UNKNOWN if plain == UNKNOWN_TEXT else plain), False


def _plain_struct(struct: Struct) -> tuple[Any, bool]:
    fields = struct.fields
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else None
    if signature == SECRET_MARK:
        return _plain(fields["value"])[0], True
    if signature == _OUTPUT:
        plain, secret = _plain(fields["value"]) if "value" in fields else (UNKNOWN, False)
        return plain, secret or ("secret" in fields and fields["secret"].bool_value)
    if signature == _ASSET:
        if "path" in fields:
            return pulumi.FileAsset(fields["path"].string_value), False
        return pulumi.StringAsset(fields["text"].string_value if "text" in fields else ""), False
    items = {name: _plain(item) for name, item in fields.items()}
    plain_items = {name: item for name, (item, _) in items.items() if item is not None}
    return plain_items, any(secret for _, secret in items.values())


def _value(plain: Any) -> Value:
    if isinstance(plain, Unknown):
        plain = UNKNOWN_TEXT
    if isinstance(plain, Mapping):
        return Value(struct_value=Struct(fields={str(name): _value(item) for name, item in plain.items()}))
    if isinstance(plain, list | tuple):
        return Value(list_value=ListValue(values=[_value(item) for item in plain]))
    kind = _KINDS.get(type(plain), "null_value")
    return Value(**{kind: 0 if kind == "null_value" else plain})


def _marked_secret(value: Value) -> Value:
    return Value(struct_value=Struct(fields={SIGNATURE: Value(string_value=SECRET_MARK), "value": value}))
