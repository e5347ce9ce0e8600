"""A setting's schema as marshmallow's, which says all that is wrong with an entry. Imported where something is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validates_schema

from .fields import SettingField


class _Field(fields.Field[Any]):
    """A field of a setting, as marshmallow knows it."""

    def __init__(self, setting_field: SettingField) -> None:
        default = setting_field.default
        extra: dict[str, Any] = {} if default is None else {"load_default": default}
        super().__init__(required=setting_field.required, error_messages={"required": "is required"}, **extra)
        self.setting_field = setting_field

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        del attr, data, kwargs
        if self.setting_field.nullable and value == "":
            return ""
        self.setting_field.check(value)
        return self.setting_field.normal(value)


class EntrySchema(Schema):
    """The common part of every setting's marshmallow schema."""

    class Meta:
        """Unknown arguments are refused."""

        unknown = RAISE

    setting_fields: Mapping[str, SettingField]
    problems: Callable[[Mapping[str, Any]], dict[str, list[str]]]

    @pre_load
    def _null_is_absent_or_empty(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """None means empty where a field can be cleared, and "not given" elsewhere."""
        if None not in data.values():
            return dict(data)
        cleared = {}
        for name, value in data.items():
            if value is not None:
                cleared[name] = value
            elif (field := self.setting_fields.get(name)) is None or field.nullable:
                cleared[name] = ""
        return cleared

    @validates_schema
    def _across_fields(self, data: Mapping[str, Any], **_: Any) -> None:
        if problems := self.problems(data):
            raise ValidationError({**problems})


def marshmallow_schema(
    name: str,
    setting_fields: Mapping[str, SettingField],
    problems: Callable[[Mapping[str, Any]], dict[str, list[str]]],
) -> Schema:
    """The marshmallow schema of a setting.

    Args:
        name: the name of its class.
        setting_fields: the setting's fields, by name.
        problems: finds what is wrong across fields that are valid each for itself, by field.

    """
    declared: dict[str, Any] = {name: _Field(field) for name, field in setting_fields.items()}
    made: EntrySchema = type(name, (EntrySchema,), declared)()
    made.setting_fields = setting_fields
    made.problems = problems
    return made
