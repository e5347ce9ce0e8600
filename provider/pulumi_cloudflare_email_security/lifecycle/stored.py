"""The forms that an account makes of text: which differences between what was sent and what is live are no drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.fields import Text
from ..model.setting import Setting
from ..model.text import alike


def stored_otherwise(
    setting: Setting, declared: Mapping[str, Any], live: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, list[Any]]:
    """The text fields that the account stores in a form that is not equal to what was sent: [sent, stored] by field.

    Such a difference is no drift: it came with the answer to the write, and sending it again would not change it.

    Args:
        setting: whose entry it is.
        declared: what was sent.
        live: what the account answers.
        before: those known already, where the entry was only read; None where it was just written.

    """
    found = {}
    for name in setting.changed_fields(declared, live):
        if isinstance(setting.schema.api_fields[name], Text) and name in live:
            pair = [declared[name], live[name]]
            if before is None or before.get(name) == pair:
                found[name] = pair
    return found


def stored_alike(setting: Setting, declared: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Those of `stored_otherwise` that an account may have made of what was just sent, though its answer was lost."""
    found = stored_otherwise(setting, declared, live, None)
    return {name: pair for name, pair in found.items() if alike(*pair)}
