"""What a program passes as arguments, in the forms that the engine can carry."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pulumi

from ..model.fields import SettingField
from ..model.setting import Setting

_CARRIED: Final = (str, int, float)


def plain_fields(setting: Setting, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A program's fields as the engine takes them: None as "" where it clears a field, dates as text, sets as lists."""
    known = setting.schema.setting_fields
    return {
        name: value if isinstance(value, _CARRIED) else _plain_value(value, known.get(name))
        for name, value in fields.items()
    }


def is_output(value: object) -> bool:
    """Whether a value is one that the program does not have yet."""
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)


def as_output(value: Any) -> pulumi.Output[Any]:
    """An output or awaitable as an output, which can be waited for more than once."""
    return value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(value)


def _plain_value(value: object, field: SettingField | None) -> object:
    nullable = field is not None and field.nullable
    if is_output(value):
        output = as_output(value)
        # The engine drops null values, and None is how a program clears a field.
        return output.apply(lambda known: "" if known is None else known) if nullable else output
    if value is None:
        return "" if nullable else None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return list(value) if isinstance(value, tuple) else value
