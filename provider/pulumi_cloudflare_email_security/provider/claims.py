"""Who declares which entry in one program, so that two resources never fight over one.

Seen are values that are plain when the resource is declared; outputs of other resources are not known then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import pulumi

from .collection import DEFAULTS
from .runs import current_run
from .schema import known_fields
from .setting import Setting

_Claims = dict[tuple[Any, ...], str]
_claims: Final[WeakKeyDictionary[object, _Claims]] = WeakKeyDictionary()


def claim(setting: Setting, resource_name: str, entries: object, options: Mapping[str, Any]) -> None:
    """Note that a resource declares entries.

    Raises:
        pulumi.RunError: another resource of this program declares one of them.

    """
    run = _claims.setdefault(current_run(), {})
    account = options.get("account_id")
    scope = (setting.kind, account if isinstance(account, str) else None)
    for fields in _plain(setting, entries, options.get(DEFAULTS)):
        key = setting.key_of(fields)
        owner = run.setdefault((*scope, *key), resource_name)
        if owner != resource_name:
            msg = (
                f"{setting.title} {setting.key_text(key)} is declared twice in this program, by {owner!r} and by "
                f"{resource_name!r}: an entry must have one owner"
            )
            raise pulumi.RunError(msg)


def _plain(setting: Setting, entries: object, defaults: object) -> Iterable[dict[str, Any]]:
    """The entries whose natural key is plain values."""
    shared = defaults if isinstance(defaults, Mapping) else {}
    if isinstance(entries, Mapping):
        named = [({**shared, **setting.fields_from_key(str(key))}, entry) for key, entry in entries.items()]
    elif isinstance(entries, list | tuple):
        named = [(dict(shared), entry) for entry in entries]
    else:
        return
    for preset, entry in named:
        if isinstance(entry, Mapping):
            fields = {**preset, **entry}
            if known_fields(fields, setting.key) and all(isinstance(fields[name], str) for name in setting.key):
                yield fields
