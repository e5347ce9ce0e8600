"""Sending the create, the change or the delete of one entry, and taking one that exists.

Where an answer is lost, what became of the request is looked at before it is sent again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from ..client.errors import (
    AmbiguousError,
    ConflictError,
    EmailSecurityError,
    EntryExistsError,
    InvalidRequestError,
    NotFoundError,
    ReadOnlyEntryError,
    RequestError,
)
from ..client.listing import looks_after
from ..client.pages import Entry, entry_id
from ..model.fields.base import NO_FIELDS
from ..model.setting import with_modified_at
from .compare import stored_alike
from .resource import Resource, refuse_existing

_ATTEMPTS: Final = 3
T = TypeVar("T")


def take_or_create(resource: Resource) -> Entry:
    """Create the entry that a resource declares, or take the one with its natural key that may be taken."""
    props = resource.props
    found = resource.existing_now(props)
    if found is None and resource.is_awaited(props):
        found = _shown_late(resource)
    if found is not None:
        return _take(resource, found)
    resource.notes.creating(resource.urn, [resource.setting.key_text_of(props)])
    return _create(resource)


def _create(resource: Resource) -> Entry:
    setting, props, listing = resource.setting, resource.props, resource.listing
    lost = False

    def send() -> tuple[Entry, bool]:
        try:
            entry = setting.create(listing.endpoint, props)
        except EmailSecurityError as error:
            if not (lost or isinstance(error, AmbiguousError)):
                # What was certainly not made somebody else may make: it must not be taken for ours then.
                resource.notes.forget(resource.urn, [setting.key_text_of(props)])
            raise
        return _written(resource, entry, props), False

    def look(error: AmbiguousError) -> tuple[Entry, bool] | None:
        nonlocal lost
        lost = True
        found = listing.look_for(
            setting.loose_key_of(props),
            setting.filters_for(props),
            at=looks_after(error),
            among=lambda near: resource.meant(near, props),
        )
        made = resource.only(found, props)
        return None if made is None else (made, True)

    try:
        entry, is_found = _sent(send, look)
    except ConflictError:
        # The list did not show it; by now it does, in whatever form it is stored, or a moment later.
        listing.drop()
        existing = resource.existing(props, whole=True) or _shown_late(resource)
        if existing is None:
            raise
        return _take(resource, existing, ours=lost)
    return _take(resource, entry, ours=True) if is_found else entry


def _shown_late(resource: Resource) -> Entry | None:
    """The declared entry, which is there although the list does not show it yet."""
    setting, props, listing = resource.setting, resource.props, resource.listing
    listing.look_for(setting.loose_key_of(props), setting.filters_for(props))
    listing.drop()
    return resource.existing(props, whole=True)


def _take(resource: Resource, entry: Entry, *, ours: bool = False) -> Entry:
    """Take an existing entry and bring it to the declared values."""
    setting, props, id_ = resource.setting, resource.props, entry_id(entry)
    called = f"{setting.describe(props)} (id {id_})"
    right = resource.to_take(props, entry, ours=ours)
    if right is None:
        raise EntryExistsError(refuse_existing([called]))
    if (why := setting.read_only(entry)) is not None:
        raise ReadOnlyEntryError(f"{called} exists and {why}")
    if not resource.ownership.take(resource.urn, id_):
        resource.listing.drop()
        return take_or_create(resource)
    if not resource.configuration.verify:
        resource.tell(f"{called}: the existing entry is taken ({right.why})")
    live = setting.live(entry, read=True)
    changed = setting.changed_fields(props, live)
    if ours:
        stored = stored_alike(setting, props, live)
        changed = [name for name in changed if name not in stored]
    # The answer to a change may tell a part of the entry only.
    return {**entry, **with_modified_at(patch(resource, id_, changed, live))} if changed else entry


def patch(resource: Resource, id_: str, changed: Iterable[str], before: Mapping[str, Any]) -> Entry:
    """Change fields of an entry to what is declared; where the answer is lost, look before sending again."""
    setting, listing = resource.setting, resource.listing
    wanted = {name: resource.props[name] for name in changed}
    fields = setting.wire(wanted)

    def is_done(entry: Entry | None) -> bool:
        return entry is None or not setting.changed_fields(wanted, setting.live(entry, read=True))

    def look(error: AmbiguousError) -> Entry | None:
        found = listing.look_at(id_, is_done, at=looks_after(error))
        if found is None:
            raise error
        return setting.as_written(wanted, found) if is_done(found) else None

    def send() -> Entry:
        return _written(resource, setting.update(listing.endpoint, id_, fields), wanted, before)

    return _sent(send, look)


def _written(
    resource: Resource, answer: Entry, sent: Mapping[str, Any], before: Mapping[str, Any] = NO_FIELDS
) -> Entry:
    """A written entry whole, and with its text as the account stores it.

    Where answers leave that out, or tell what was there `before`, it is read.
    """
    setting, listing = resource.setting, resource.listing
    entry = setting.as_written(sent, answer)
    listing.remember([entry])
    with contextlib.suppress(RequestError):
        if listing.endpoint.answers_in_part or setting.told_as_before(sent, entry, before):
            entry = {**entry, **setting.as_written(sent, listing.by_id.get(entry_id(entry)))}
            listing.remember([entry])
    if setting.told_as_before(sent, entry, before):
        # A read by id may come from a replica that is behind, too.
        with contextlib.suppress(RequestError):
            later = listing.again([entry_id(entry)], always=True).alive
            entry = {**entry, **setting.as_written(sent, later.get(entry_id(entry), entry))}
    return entry


def delete(resource: Resource, id_: str) -> None:
    """Delete an entry; where the answer is lost, look before sending again."""
    listing = resource.listing

    def send() -> bool:
        try:
            listing.endpoint.delete(id_)
        except NotFoundError:
            pass
        except InvalidRequestError as error:
            raise why_refused(resource, id_, resource.setting.describe(resource.props), error) from None
        return True

    def look(error: AmbiguousError) -> bool | None:
        return listing.look_at(id_, lambda entry: entry is None, at=looks_after(error)) is None or None

    _sent(send, look)


def why_refused(resource: Resource, id_: str, what: str, error: InvalidRequestError) -> EmailSecurityError:
    """The error to raise for a refused write: the API says no more than 400 for entries that are read-only."""
    with contextlib.suppress(RequestError):
        if why := resource.setting.read_only(resource.listing.endpoint.get(id_)):
            return ReadOnlyEntryError(f"{what} (id {id_}) {why}")
    return error


def _sent(send: Callable[[], T], look: Callable[[AmbiguousError], T | None]) -> T:
    """Send a write; where the answer is lost, look what became of it before sending it again.

    Args:
        send: sends it, and returns what became of it.
        look: what became of a write whose answer was lost; None where it was not carried out.

    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return send()
        except AmbiguousError as error:
            if (done := look(error)) is not None:
                return done
            if error.may_still_happen or attempt == _ATTEMPTS:
                raise
    raise AssertionError  # pragma: no cover
