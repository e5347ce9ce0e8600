"""Look-ups for programs: one entry by id or natural key, or all that fit the API's filters.

They read through the same shared lists as the resources, during preview too.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import get_config
from pulumi.runtime.settings import get_monitor

from ..client.endpoint import entry_id, unsupported
from ..client.errors import (
    ConfigurationError,
    EmailSecurityError,
    NoMatchError,
    NoSuchRouteError,
    NotFoundError,
)
from ..client.listing import Listing
from ..lifecycle.base import NO_ACCOUNT
from ..model.setting import Result, Setting
from ..session.configuration import Configuration
from . import process
from .endings import ends_program

R = TypeVar("R", bound=Result)
T = TypeVar("T")


def _listing(setting: Setting, account_id: str | None) -> Listing:
    configuration = Configuration(get_config, os.environ)
    account_id = account_id or configuration.account_id
    if not account_id:
        raise ConfigurationError(NO_ACCOUNT)
    return process.session_of(get_monitor()).listing(setting, account_id, configuration)


@ends_program
def get_entry(setting: Setting, result: type[R], account_id: str | None, id_: str | None, **key: str | None) -> R:
    """One entry, by its id or by its natural key.

    Raises:
        NoMatchError: there is none.
        SeveralMatchesError: the natural key fits more than one; the ids are named.
        TypeError: neither the id nor the whole natural key is given, or both.

    """
    given = {name: value for name, value in key.items() if value is not None}
    if (id_ is None) == (not given) or (given and len(given) < len(setting.key)):
        msg = f"a {setting.title} is looked up by id, or by {' and '.join(setting.key)}"
        raise TypeError(msg)
    listing = _listing(setting, account_id)
    try:
        if id_ is not None:
            return result.from_entry(listing.get(str(id_)))
        # Regular expressions are keys as they are written; the look-up does not say whether it means one.
        as_regex: dict[str, Any] = dict.fromkeys(
            (pattern.regex_if for pattern in setting.schema.patterns.values()), True
        )
        wanted_keys: list[dict[str, Any]] = [given, {**given, **as_regex}]
        keys = {setting.loose_key_of(fields) for fields in wanted_keys}
        near = [entry for key in keys for entry in listing.find(key, setting.filters_for(given))]
        found = [entry for fields in wanted_keys[: len(keys)] for entry in setting.best_matches(fields, near)]
        found = list({entry_id(entry): entry for entry in found}.values())
    except NotFoundError:
        raise NoMatchError(f"there is no {setting.title} with id {id_}") from None
    except NoSuchRouteError:
        raise _why_no_route(setting, listing, id_) from None
    wanted = tuple(given.get(name) for name in setting.key)
    if not found:
        raise NoMatchError(f"there is no {setting.called(wanted)}")
    return result.from_entry(setting.only(found, wanted, otherwise="look it up by id"))


def _why_no_route(setting: Setting, listing: Listing, id_: str | None) -> EmailSecurityError:
    """An id of another form than the API's is refused like a collection that the account does not have."""
    try:
        listing.endpoint.page(1)
    except NoSuchRouteError as error:
        return unsupported(error, listing.endpoint)
    return NoMatchError(f"there is no {setting.title} with id {id_}")


@ends_program
def list_entries(setting: Setting, result: type[R], account_id: str | None, **filters: Any) -> list[R]:
    """Every entry that fits the API's filters, all pages of them."""
    listing = _listing(setting, account_id)
    query = {name: _query_value(value) for name, value in filters.items() if value is not None}
    try:
        entries = listing.endpoint.all(query) if query else listing.all()
    except NoSuchRouteError as error:
        raise unsupported(error, listing.endpoint) from None
    return [result.from_entry(entry) for entry in entries]


def _query_value(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else list(value) if isinstance(value, tuple) else value


def output_form(look_up: Callable[..., T], **arguments: Any) -> pulumi.Output[T]:
    """A look-up whose arguments may be outputs: it runs when they are known."""
    return pulumi.Output.all(**arguments).apply(functools.partial(_call, look_up))


def _call(look_up: Callable[..., T], arguments: Mapping[str, Any]) -> T:
    return look_up(**arguments)
