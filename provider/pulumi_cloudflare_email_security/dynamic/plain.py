"""What a program passes as arguments, in the forms that the engine can carry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import pulumi

from ..model.fields import SettingField
from ..model.schema import known_fields
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


def keys_of(setting: Setting, entries: Any) -> Iterator[str]:
    """The key texts of plain entries, as far as they are known in the program."""
    if isinstance(entries, Mapping):
        named: Any = ((setting.fields_from_key(str(key)), entry) for key, entry in entries.items())
    elif isinstance(entries, list | tuple):
        named = (({}, entry) for entry in entries)
    else:
        return
    for key_fields, entry in named:
        if isinstance(entry, Mapping):
            fields = {**key_fields, **entry}
            if known_fields(fields, setting.key) and all(isinstance(fields[name], str) for name in setting.key):
                yield setting.key_text_of(fields)
