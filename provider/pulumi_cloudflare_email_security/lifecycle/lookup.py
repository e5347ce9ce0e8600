"""Look-ups: one entry by id or natural key, or all that fit the API's filters; know neither of the two ways in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ..client.errors import EmailSecurityError, NoMatchError, NoSuchRouteError, NotFoundError
from ..client.listing import Listing
from ..client.pages import Entry
from ..model.setting import Result, Setting
from ..model.text import field_name

R = TypeVar("R", bound=Result)


def check_key(setting: Setting, id_: str | None, key: Mapping[str, str | None]) -> dict[str, str]:
    """The given parts of the natural key.

    Raises:
        TypeError: neither the id nor the whole natural key is given, or both.

    """
    given = {name: value for name, value in key.items() if value is not None}
    if (id_ is None) == (not given) or (given and len(given) < len(setting.key)):
        msg = f"a {setting.title} is looked up by id, or by {' and '.join(map(field_name, setting.key))}"
        raise TypeError(msg)
    return given


def find_entry(
    setting: Setting,
    result: type[R],
    listing: Listing,
    id_: str | None,
    given: Mapping[str, str],
    *,
    late: bool = False,
) -> R:
    """The entry with the id, or else with the natural key.

    Args:
        setting: what it is an entry of.
        result: what it is returned as.
        listing: the live entries.
        id_: its id, or None.
        given: its natural key, or empty.
        late: whether another process may just have made it, so that it may show only later.

    Raises:
        NoMatchError: there is none.
        SeveralMatchesError: the natural key fits more than one; the ids are named.

    """
    if id_ is not None:
        return result.from_entry(setting.told(_by_id(setting, listing, str(id_), late=late)))
    # Regular expressions are keys as they are written; the look-up does not say whether it means one.
    flags = [pattern.regex_if for pattern in setting.schema.patterns.values()]
    keys = {setting.key_of(given), setting.key_of({**given, **dict.fromkeys(flags, True)})}

    def meant(near: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in near if setting.key_of(entry) in keys]

    found = meant(setting.near(listing, given))
    if late and not found:
        found = listing.look_for(setting.loose_key_of(given), setting.filters_for(given), among=meant)
    wanted = tuple(given.get(name) for name in setting.key)
    if not found:
        raise NoMatchError(f"there is no {setting.called(wanted)}")
    return result.from_entry(setting.told(setting.only(found, wanted, otherwise="look it up by id")))


def _by_id(setting: Setting, listing: Listing, id_: str, *, late: bool) -> Entry:
    try:
        return listing.get(id_)
    except NotFoundError:
        if late and (entry := listing.look_at(id_, lambda entry: entry is not None)) is not None:
            return entry
        raise NoMatchError(f"there is no {setting.title} with id {id_}") from None
    except NoSuchRouteError:
        raise _why_no_route(setting, listing, id_) from None


def find_entries(setting: Setting, result: type[R], listing: Listing, filters: Mapping[str, Any]) -> list[R]:
    """Every entry that fits the API's filters, all pages of them."""
    query = {name: _query_value(value) for name, value in filters.items() if value is not None}
    entries = listing.endpoint.all(query) if query else listing.all()
    return [result.from_entry(setting.told(entry)) for entry in entries]


def _why_no_route(setting: Setting, listing: Listing, id_: str | None) -> EmailSecurityError:
    """An id of another form than the API's is refused like a collection that the account does not have."""
    try:
        listing.endpoint.page(1)
    except NoSuchRouteError as error:
        return error
    return NoMatchError(f"there is no {setting.title} with id {id_}")


def _query_value(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else list(value) if isinstance(value, tuple) else value
