"""The types of properties in the package's schema: of arguments, of what the API answers, and of annotations."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args, get_origin

from ..model.fields import AcceptedRisks, Choice, Flag, SetOf, SettingField, Whole
from ..model.names import pascal
from .examples import enum_name
from .names import description_in_any_language, token

Spec: typing.TypeAlias = dict[str, Any]
#: The name of the empty text among an enum's values.
_CLEARED: Final = "None"
#: How a description says what clears a field, in the words of Python.
_CLEARS: Final = re.compile(r"\bNone(?: or 0)?(?= clears| detaches)")
TEXTS: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": {"type": "string"}}


class Types:
    """The named types, gathered as they are met."""

    def __init__(self) -> None:
        self.specs: dict[str, Spec] = {}

    def enum(self, name: str, values: Sequence[str], about: str) -> Spec:
        """A reference to the type of these values."""
        spec = {
            "type": "string",
            "description": about,
            "enum": [{"name": pascal(value or _CLEARED), "value": value} for value in values],
        }
        known = self.specs.setdefault(token(name), spec)
        if known["enum"] != spec["enum"]:
            raise ValueError(f"two settings mean something else by {name}")
        return self.reference(name)

    def object(self, name: str, about: str, properties: Mapping[str, Spec], required: Sequence[str]) -> Spec:
        """A reference to the type of an object."""
        self.specs[token(name)] = {
            "type": "object",
            "description": about,
            "properties": dict(properties),
            "required": sorted(required),
        }
        return self.reference(name)

    @staticmethod
    def reference(name: str) -> Spec:
        """A reference to a type of this package."""
        return {"$ref": f"#/types/{token(name)}"}

    def of_field(self, field: SettingField) -> Spec:
        """The type of an argument."""
        if isinstance(field, SetOf):
            inner = field.inner
            item = self._choice(field, inner) if isinstance(inner, Choice) else self.of_field(inner)
            return {"type": "array", "items": item}
        if isinstance(field, Choice):
            return self._choice(field, field)
        return _plain(field)

    def _choice(self, field: SettingField, choice: Choice) -> Spec:
        values = (*choice.values, "") if _CLEARS.search(field.description) else choice.values
        return self.enum(enum_name(field), values, _described(field))


def input_of(field: SettingField, types_: Types, *, with_default: bool) -> Spec:
    """An argument: its type, what it is and what it may be."""
    about = _described(field)
    if field.limits and not isinstance(field, Choice):
        about += f" Allowed: {field.limits}."
    spec = {**types_.of_field(field), "description": about}
    if field.replaces:
        spec["replaceOnChanges"] = True
    if with_default and isinstance(field.default, bool | int | float | str):
        spec["default"] = field.default
    elif field.default is not None:
        spec["description"] += f" `{json.dumps(field.default)}` unless set."
    return spec


def output_of(field: SettingField) -> Spec:
    """A field as the API answers it: values that it does not document yet are possible."""
    about = {"description": _described(field)}
    if isinstance(field, SetOf):
        return {"type": "array", "items": {"type": "string"}, **about}
    return {**_plain(field), **about}


def _described(field: SettingField) -> str:
    """What a field is. The engine drops null on its way from a program: what clears a field is something else."""
    cleared = "`0`" if isinstance(field, Whole) else '`""`'
    return description_in_any_language(_CLEARS.sub(cleared, field.description))


def _plain(field: SettingField) -> Spec:
    if isinstance(field, AcceptedRisks):
        return dict(TEXTS)
    if isinstance(field, Whole):
        # What does not fit the languages' 32-bit integers is a number.
        return {"type": "integer" if field.maximum < 2**31 else "number"}
    return {"type": "boolean" if isinstance(field, Flag) else "string"}


def annotated(hint: Any) -> Spec:
    """The type that a Python annotation stands for."""
    members = [item for item in get_args(hint) if item is not type(None)]
    if get_origin(hint) in {typing.Union, types.UnionType}:
        lists = [item for item in members if get_origin(item) is not None and get_origin(item) is not typing.Literal]
        return annotated((lists or members)[0])
    if get_origin(hint) is typing.Literal:
        return {"type": "string", "description": f"One of {', '.join(f'`{value}`' for value in get_args(hint))}."}
    origin = get_origin(hint) or hint
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}
    if isinstance(origin, type) and issubclass(origin, Sequence) and origin is not str:
        return {"type": "array", "items": annotated(members[0])}
    return {"type": {bool: "boolean", int: "integer", float: "number"}.get(origin, "string")}
