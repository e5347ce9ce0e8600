"""Entries of files under the API's names and types."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from ..model.setting import Setting
from .entry import FileEntry


def field_of(setting: Setting, column: str, others: Container[str] = ()) -> str:
    """The field that a column of a file holds: the dashboard's columns have other names than the API's fields."""
    name = setting.columns.get(column, column)
    return column if name != column and name in others else name


def typed_fields(setting: Setting, entry: FileEntry) -> dict[str, Any]:
    """An entry's fields under the API's names; text is what the schema says it stands for."""
    known, columns = setting.schema.setting_fields, setting.columns
    typed: dict[str, Any] = {}
    for column, value in entry.items():
        name = field_of(setting, column, {*entry, *typed}) if column in columns else column
        field = known.get(name) if entry.text and isinstance(value, str) else None
        typed[name] = value if field is None else field.from_text(value)
    return typed


def whole_fields(setting: Setting, entry: FileEntry) -> dict[str, Any]:
    """`typed_fields`, with those that stand in the key of a file that is a map."""
    key_fields = {} if entry.key is None else setting.fields_from_key(entry.key)
    return {**key_fields, **typed_fields(setting, entry)}


def written_key(setting: Setting, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """The natural key of an entry as it is written, which may lack what has a default."""
    return setting.key_of({**setting.schema.defaults, **fields})


def without_defaults(setting: Setting, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that must be written: in the schema's order, without empty ones and those with their default value."""
    known = setting.schema.setting_fields
    return {
        name: fields[name]
        for name, field in known.items()
        if name in fields
        and fields[name] is not None
        and not (field.nullable and fields[name] == "")
        and not (field.default is not None and fields[name] == field.default)
    }
