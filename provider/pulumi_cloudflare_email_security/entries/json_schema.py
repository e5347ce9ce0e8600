"""A JSON Schema for the entry files of a setting, for editors (YAML language servers) and check-jsonschema."""

from __future__ import annotations

from typing import Any, Final

from ..model.fields import AcceptedRisks, Choice, Flag, SetOf, SettingField, Text, Whole
from ..model.setting import Setting

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_EXPIRES: Final = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\d$",
    "description": "The last day of the entry, as in 2027-01-31: from that day on it is left out.",
}


def json_schema(setting: Setting) -> dict[str, Any]:
    """The schema of a JSON or YAML file of a setting's entries: a list of them, or a map from natural key to entry."""
    fields = setting.schema.api_fields | setting.schema.program_fields
    entry = {
        "type": "object",
        "additionalProperties": False,
        "properties": {**{name: _property(field) for name, field in fields.items()}, "expires": _EXPIRES},
    }
    required = [name for name, field in fields.items() if field.required]
    # In a map the key stands for the fields of the natural key.
    keyed = {"required": left} if (left := [name for name in required if name not in setting.key]) else {}
    return {
        "$schema": DIALECT,
        "title": f"Entries of {setting.collection}",
        "description": f"A list of entries, or a map from {' and '.join(setting.key)} to entry.",
        "oneOf": [
            {"type": "array", "items": {**entry, "required": required}},
            {"type": "object", "additionalProperties": {**entry, **keyed}},
        ],
    }


def _property(field: SettingField) -> dict[str, Any]:
    """What a field may be."""
    made = {**_values(field), "description": field.description}
    if field.default is not None:
        made["default"] = field.default
    if field.nullable:
        made["type"] = [made["type"], "null"]
    return made


def _values(field: SettingField) -> dict[str, Any]:
    values: dict[str, Any] = {"type": "string"}
    match field:
        case SetOf():
            values = {"type": "array", "items": _values(field.inner), "uniqueItems": True}
        case AcceptedRisks():
            values = {"type": "object", "additionalProperties": {"type": "string"}}
        case Choice():
            values["enum"] = [*field.values]
        case Flag():
            values = {"type": "boolean"}
        case Whole():
            values = {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
        case Text():
            lengths = {"minLength": field.minimum or None, "maxLength": field.maximum}
            values |= {name: value for name, value in lengths.items() if value is not None}
    return values
