"""How a collection's inputs and outputs hold its entries: as one JSON text.

The engine's time and memory go with the number of values in inputs and outputs, and a text is one. A secret in it
makes the whole text secret; its previews show such a text entry by entry. Entries with values that are not known yet
are held as a map, so that the engine knows what is still to come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .changes import Entries
from .schema import has_unknown
from .setting import Setting

ENTRIES: Final = "entries"
IDS: Final = "ids"


def as_text(value: object) -> str:
    """Plain values as one value for the engine.

    Raises:
        TypeError, ValueError: JSON has no form for them.

    """
    return json.dumps(value, separators=(",", ":"))


def from_text(value: Any) -> Any:
    """The list or map that a text holds; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        held = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return held if isinstance(held, list | dict) else value


def to_record(setting: Setting, entries: Entries) -> str | dict[str, Any]:
    """Entries by key text as inputs and outputs hold them."""
    unknown = {key for key, fields in entries.items() if has_unknown(fields)}
    compact = {
        key: fields if key in unknown else setting.compact(key, fields) for key, fields in sorted(entries.items())
    }
    return compact if unknown else as_text(compact)


def recorded_entries(setting: Setting, props: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of inputs or outputs, with all their fields; those that are not known yet are left out."""
    entries = from_text(props.get(ENTRIES))
    if not isinstance(entries, Mapping):
        return {}
    return {
        key: setting.expand(key, fields)
        for key, fields in entries.items()
        if isinstance(fields, Mapping) and not has_unknown(fields)
    }


def recorded_ids(props: Mapping[str, Any]) -> dict[str, str]:
    """The ids of outputs, by key text."""
    ids = from_text(props.get(IDS))
    return dict(ids) if isinstance(ids, Mapping) else {}
