"""Look-ups for programs: one entry by id or natural key, or all that fit the API's filters.

They read through the same shared lists as the resources, during preview too.
"""

from __future__ import annotations

import os
from typing import Any, TypeVar

from pulumi.runtime.config import get_config
from pulumi.runtime.settings import get_monitor

from ..client.errors import ConfigurationError
from ..client.listing import Listing
from ..lifecycle.base import NO_ACCOUNT
from ..lifecycle.lookup import check_key, find_entries, find_entry
from ..model.setting import Result, Setting
from ..session.configuration import Configuration
from . import process
from .endings import ends_program

R = TypeVar("R", bound=Result)


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
    given = check_key(setting, id_, key)
    return find_entry(setting, result, _listing(setting, account_id), id_, given)


@ends_program
def list_entries(setting: Setting, result: type[R], account_id: str | None, **filters: Any) -> list[R]:
    """Every entry that fits the API's filters, all pages of them."""
    return find_entries(result, _listing(setting, account_id), filters)
