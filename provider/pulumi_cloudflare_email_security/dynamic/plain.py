"""What a program passes as arguments, in the forms that the engine can carry."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import pulumi

from ..model.fields import SettingField
from ..model.schema import known_fields
from ..model.setting import Setting
from ..model.state import as_text

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


def as_one_value(entries: object) -> object:
    """Plain entries as JSON text, which the provider's check reads.

    Entries that hold outputs of other resources stay as they are.
    """
    if isinstance(entries, pulumi.Output):
        return entries.apply(as_one_value)
    if not isinstance(entries, list | Mapping):
        return entries
    try:
        return as_text(entries)
    except (TypeError, ValueError):
        return entries


def outputs_in(value: object) -> Iterator[pulumi.Output[Any]]:
    """The outputs in a value."""
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from outputs_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from outputs_in(item)


async def any_secret(outputs: Iterable[pulumi.Output[Any]]) -> bool:
    """Whether one of the outputs is a secret."""
    return any([await output.is_secret() for output in outputs])
