"""What differs between an entry as it is declared, as it is recorded and as it is live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.fields import Text
from ..model.setting import Setting
from ..model.text import alike


def changed_fields(
    setting: Setting,
    desired: Mapping[str, Any],
    before: Mapping[str, Any],
    *,
    whole: bool = True,
) -> list[str]:
    """The fields of an entry that change, those that only steer this package included; `whole`: see the setting's."""
    if desired == before:
        return []
    return setting.changed_fields(desired, before, whole=whole) + setting.changed_program_fields(desired, before)


def declarable(setting: Setting, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a program could declare of a live entry."""
    live = setting.live(entry, read=True)
    return {name: live[name] for name in setting.schema.api_fields if name in live}


def with_steering(setting: Setting, live: Mapping[str, Any], declared: Mapping[str, Any]) -> Mapping[str, Any]:
    """A live entry that moves here from another resource, beside what is declared of it.

    What only steers this package is not in the account. It is taken for what is declared: a review, which has both
    states, tells where it is not.
    """
    return {**live, **{name: declared[name] for name in setting.schema.program_fields if name in declared}}


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
