"""Who declares which entry in one program, so that two resources never fight over one.

Seen are values that are plain when the resource is declared; outputs of other resources are not known then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.config import get_config

from ..client.errors import ConfigurationError
from ..lifecycle.base import ACCOUNT_ID
from ..lifecycle.collection import EXCLUSIVE, MODE
from ..model.schema import known_fields
from ..model.setting import Setting
from ..session.configuration import Configuration
from .mocked import mocked
from .runs import current_run


@dataclass(slots=True)
class _Claims:
    """What the resources of one run declare of one setting in one account."""

    owners: dict[tuple[Any, ...], str] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    exclusive: str | None = None


_claims: Final[WeakKeyDictionary[object, dict[tuple[str, str], _Claims]]] = WeakKeyDictionary()


def claim(setting: Setting, resource: str, entries: object, options: Mapping[str, Any]) -> None:
    """Note that a resource declares entries.

    Args:
        setting: what they are entries of.
        resource: the resource's type and name.
        entries: the declared entries, as far as they are plain.
        options: the resource's account, and a collection's mode.

    Raises:
        pulumi.RunError: another resource of this program declares one of them, or one of the two is a collection
            in exclusive mode.

    """
    account = _account(options.get(ACCOUNT_ID))
    if account is None or mocked():
        return
    claims = _claims.setdefault(current_run(), {}).setdefault((setting.kind, account), _Claims())
    if options.get(MODE) == EXCLUSIVE:
        claims.exclusive = claims.exclusive or resource
    claims.resources.append(resource)
    if claims.exclusive is not None and len(claims.resources) > 1:
        other = next(name for name in claims.resources if name != claims.exclusive)
        msg = (
            f"{claims.exclusive} is exclusive: its entries are all the {setting.collection} there may be, so "
            f"{other} cannot declare more of them — declare them in it, or make it additive"
        )
        raise pulumi.RunError(msg)
    for fields in _plain(setting, entries):
        key = setting.key_of(fields)
        owner = claims.owners.setdefault(key, resource)
        if owner != resource:
            msg = (
                f"{setting.describe(fields)} is declared twice in this program, by "
                f"{owner} and by {resource}: an entry must have one owner"
            )
            raise pulumi.RunError(msg)


def _account(declared: object) -> str | None:
    """The account that a resource belongs to, or None where it is not known yet."""
    if isinstance(declared, str):
        return declared
    if declared is not None:
        return None
    try:
        return Configuration(get_config, os.environ).account_id or ""
    except ConfigurationError:
        return ""


def _plain(setting: Setting, entries: object) -> Iterable[dict[str, Any]]:
    """The entries whose natural key is plain values."""
    if isinstance(entries, Mapping):
        named: Iterable[tuple[dict[str, Any], Any]] = (
            (setting.fields_from_key(str(key)), entry) for key, entry in entries.items()
        )
    elif isinstance(entries, list | tuple):
        named = (({}, entry) for entry in entries)
    else:
        return
    for key_fields, entry in named:
        if isinstance(entry, Mapping):
            fields = {**key_fields, **entry}
            if known_fields(fields, setting.key) and all(isinstance(fields[name], str) for name in setting.key):
                yield fields
