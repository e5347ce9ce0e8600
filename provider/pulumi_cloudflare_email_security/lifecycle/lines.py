"""How an entry and what happens to it is shown: one line each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any, Final

from ..client.envelope import printable
from ..model.schema import has_unknown
from ..model.setting import Setting
from ..model.text import field_name, literal, shown, told_apart

MAX_LINES: Final = 50
_MAX_KEY: Final = 200
_MAX_VALUE: Final = 120
#: So much of what two long texts begin with is shown.
_BEFORE: Final = 15


def value_text(value: object, *, secret: bool) -> str:
    """A field's value."""
    if secret:
        return "[secret]"
    if has_unknown(value):
        return "(not known yet)"
    return "(none)" if value is None or value == "" else printable(shown(value), _MAX_VALUE)


def fields_text(setting: Setting, fields: Mapping[str, Any], *, secret: bool) -> str:
    """Every field of an entry that is neither part of its key nor its default: ": name value, …", or nothing."""
    told = [
        f"{field_name(name)} {value_text(fields[name], secret=secret)}"
        for name, field in setting.schema.setting_fields.items()
        if name in fields and name not in setting.key and fields[name] not in (None, "", field.default)
    ]
    told += [f"expires {fields['expires']}"] if fields.get("expires") else []
    return f": {', '.join(told)}" if told else ""


def changes_text(
    setting: Setting, before: Mapping[str, Any], after: Mapping[str, Any], changed: Iterable[str], *, secret: bool
) -> str:
    """The fields that change, with their old and new values: ": name old -> new, …", or nothing."""
    normal_before, normal_after = setting.schema.normal(before), setting.schema.normal(after)

    def value(values: Mapping[str, Any], normal: Mapping[str, Any], name: str) -> object:
        value = values.get(name)
        return value if has_unknown(value) else normal.get(name, value)

    told = []
    for name in changed:
        old, new = value(before, normal_before, name), value(after, normal_after, name)
        was, then = value_text(old, secret=secret), value_text(new, secret=secret)
        if name not in before and new == "":
            # It may hold anything.
            was = "(not declared)"
        if was.endswith("…") or then.endswith("…"):
            # What is cut must not be what differs.
            was, then = _apart(old, new) or (was, then)
        told.append(f"{field_name(name)} {was} -> {then}")
    return f": {', '.join(told)}" if told else ""


def _apart(old: object, new: object) -> tuple[str, str] | None:
    """Two long values of one field, by what differs; None where they are of two kinds."""
    if isinstance(old, list) and isinstance(new, list):
        both = [item for item in old if item in new]
        lists = ([item for item in one if item not in both] for one in (old, new))
        was, then = (f"{shown(one)[:-1]}{', ' if one else ''}{len(both)} more]" for one in lists)
        return was, then
    if isinstance(old, str) and isinstance(new, str):
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
        start = max(0, alike - _BEFORE)
        was, then = (shown(f"{'…' if start else ''}{one[start:]}") for one in (old, new))
        return was, then
    return None


def stored_text(stored: Mapping[str, Sequence[Any]], *, secret: bool) -> Iterator[str]:
    """What to do about texts that the account stores in a form that is not equal: [sent, stored] by field."""
    for name, pair in stored.items():
        sent, kept = ("[secret]", "[secret]") if secret else map(literal, pair)
        yield f"the API stores {field_name(name)} {sent} as {kept}: declare {kept}"


def some(sign: str, keys: Collection[str], detail: Callable[[str], str], labels: Mapping[str, str] = {}) -> list[str]:
    """A line an entry, at most 50, and then how many more there are.

    Args:
        sign: what stands before each.
        keys: the entries' keys.
        detail: what stands after the key.
        labels: how the keys are written, where not as their texts.

    """
    first = list(islice(keys, MAX_LINES))
    apart = told_apart(labels.get(key, key) for key in first)
    lines = [f"  {sign} {printable(apart[labels.get(key, key)], _MAX_KEY)}{detail(key)}" for key in first]
    if len(keys) > MAX_LINES:
        lines.append(f"  {sign} and {len(keys) - MAX_LINES} more, {len(keys)} in all")
    return lines
