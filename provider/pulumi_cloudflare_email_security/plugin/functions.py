"""The look-ups as functions of the package."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .. import settings
from ..client.listing import Listing
from ..lifecycle.lookup import check_key, find_entries, find_entry
from ..model.names import camel, snake
from ..model.setting import Result, Setting
from ..model.state import ACCOUNT_ID
from .deployment import Deployment
from .names import look_up_names, token

Function: TypeAlias = Callable[[Deployment, Mapping[str, Any]], dict[str, Any]]


def functions() -> dict[str, Function]:
    """Each look-up, by its token."""
    found: dict[str, Function] = {}
    for entry, collection in settings.RESOURCES:
        one, many = look_up_names(entry, collection)
        found[token(camel(one))] = _getter(entry.setting)
        found[token(camel(many))] = _lister(entry.setting)
    return found


def _getter(setting: Setting) -> Function:
    def get(deployment: Deployment, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = {snake(name): value for name, value in arguments.items()}
        account_id, id_ = given.pop(ACCOUNT_ID, None), given.pop("id", None)
        key = check_key(setting, id_, given)
        return _plain(find_entry(setting, setting.result_class, _listing(deployment, setting, account_id), id_, key))

    return get


def _lister(setting: Setting) -> Function:
    def find(deployment: Deployment, arguments: Mapping[str, Any]) -> dict[str, Any]:
        filters = {snake(name): value for name, value in arguments.items()}
        listing = _listing(deployment, setting, filters.pop(ACCOUNT_ID, None))
        return {"entries": [_plain(result) for result in find_entries(setting, setting.result_class, listing, filters)]}

    return find


def _listing(deployment: Deployment, setting: Setting, account_id: str | None) -> Listing:
    configuration = deployment.configuration
    return deployment.session.listing(setting, configuration.account(account_id), configuration)


def _plain(result: Result) -> dict[str, Any]:
    return _camelled(dataclasses.asdict(result))


def _camelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        camel(name): _camelled(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if value is not None
    }
