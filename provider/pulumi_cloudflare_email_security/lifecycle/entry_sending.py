"""Sending the create, the change or the delete of one entry, and taking one that exists.

Where an answer is lost, what became of the request is looked at before it is sent again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
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
from ..client.listing import Listing, looks_after
from ..client.pages import Entry, entry_id
from ..model.fields.base import NO_FIELDS
from ..model.setting import with_modified_at
from .entry_preview import EntryPreview
from .rights import refuse_existing
from .stored import stored_alike

_ATTEMPTS: Final = 3
T = TypeVar("T")


class EntrySending(EntryPreview):
    """How one entry comes to be as it is declared, and how it goes."""

    def take_or_create(self, listing: Listing, props: Mapping[str, Any]) -> Entry:
        """Create the entry, or take the one with its natural key that may be taken."""
        rights = self.rights(props)
        found = rights.existing_now(listing, props)
        if found is None and rights.is_awaited(props):
            found = self._shown_late(listing, props)
        if found is not None:
            return self._take(listing, props, found)
        self.notes(props).creating(self.owner(props), [self.setting.key_text_of(props)])
        return self._create(listing, props)

    def _create(self, listing: Listing, props: Mapping[str, Any]) -> Entry:
        lost = False

        def send() -> tuple[Entry, bool]:
            try:
                entry = self.setting.create(listing.endpoint, props)
            except EmailSecurityError as error:
                if not (lost or isinstance(error, AmbiguousError)):
                    # What was certainly not made somebody else may make: it must not be taken for ours then.
                    self.notes(props).forget(self.owner(props), [self.setting.key_text_of(props)])
                raise
            return self._written(listing, entry, props), False

        def look(error: AmbiguousError) -> tuple[Entry, bool] | None:
            nonlocal lost
            lost = True
            found = self._made(error, listing, props)
            return None if found is None else (found, True)

        try:
            entry, is_found = _sent(send, look)
        except ConflictError:
            # The list did not show it; by now it does, in whatever form it is stored, or a moment later.
            listing.drop()
            existing = self.rights(props).existing(listing, props, whole=True) or self._shown_late(listing, props)
            if existing is None:
                raise
            return self._take(listing, props, existing, ours=lost)
        return self._take(listing, props, entry, ours=True) if is_found else entry

    def _made(self, error: AmbiguousError, listing: Listing, props: Mapping[str, Any]) -> Entry | None:
        """The entry that a create made whose answer was lost."""
        rights = self.rights(props)
        found = listing.look_for(
            self.setting.loose_key_of(props),
            self.setting.filters_for(props),
            at=looks_after(error),
            among=lambda near: rights.meant(near, props),
        )
        return rights.only(found, props)

    def _shown_late(self, listing: Listing, props: Mapping[str, Any]) -> Entry | None:
        """The entry, which is there although the list does not show it yet."""
        listing.look_for(self.setting.loose_key_of(props), self.setting.filters_for(props))
        listing.drop()
        return self.rights(props).existing(listing, props, whole=True)

    def _take(self, listing: Listing, props: Mapping[str, Any], entry: Entry, *, ours: bool = False) -> Entry:
        """Take an existing entry and bring it to the declared values."""
        id_ = entry_id(entry)
        called = f"{self.setting.describe(props)} (id {id_})"
        right = self.rights(props).to_take(props, entry, ours=ours)
        if right is None:
            raise EntryExistsError(refuse_existing([called]))
        if (why := self.setting.read_only(entry)) is not None:
            raise ReadOnlyEntryError(f"{called} exists and {why}")
        if not self.ownership(props).take(self.owner(props), id_):
            listing.drop()
            return self.take_or_create(listing, props)
        if not self.configuration.verify:
            self.tell(f"{called}: the existing entry is taken ({right})", props)
        live = self.setting.live(entry, read=True)
        changed = self.setting.changed_fields(props, live)
        if ours:
            stored = stored_alike(self.setting, props, live)
            changed = [name for name in changed if name not in stored]
        # The answer to a change may tell a part of the entry only.
        return {**entry, **with_modified_at(self.patch(listing, id_, props, changed, live))} if changed else entry

    def patch(
        self, listing: Listing, id_: str, props: Mapping[str, Any], changed: list[str], before: Mapping[str, Any]
    ) -> Entry:
        """Change fields; where the answer is lost, look before sending again."""
        wanted = {name: props[name] for name in changed}
        fields = self.setting.wire(wanted)

        def is_done(entry: Entry | None) -> bool:
            return entry is None or not self.setting.changed_fields(wanted, self.setting.live(entry, read=True))

        def look(error: AmbiguousError) -> Entry | None:
            found = listing.look_at(id_, is_done, at=looks_after(error))
            if found is None:
                raise error
            return self.setting.as_written(wanted, found) if is_done(found) else None

        def send() -> Entry:
            return self._written(listing, self.setting.update(listing.endpoint, id_, fields), wanted, before)

        return _sent(send, look)

    def _written(
        self, listing: Listing, answer: Entry, sent: Mapping[str, Any], before: Mapping[str, Any] = NO_FIELDS
    ) -> Entry:
        """A written entry whole, and with its text as the account stores it.

        Where answers leave that out, or tell what was there `before`, it is read.
        """
        entry = self.setting.as_written(sent, answer)
        with contextlib.suppress(RequestError):
            if listing.endpoint.answers_in_part or self.setting.told_as_before(sent, entry, before):
                entry = {**entry, **self.setting.as_written(sent, listing.endpoint.get(entry_id(entry)))}
        listing.remember([entry])
        with contextlib.suppress(RequestError):
            if self.setting.told_as_before(sent, entry, before):
                # A read by id may come from a replica that is behind, too.
                read = listing.again([entry_id(entry)], always=True).alive.get(entry_id(entry), {})
                entry = {**entry, **self.setting.as_written(sent, read)}
        return entry

    def delete_entry(self, listing: Listing, id_: str, props: Mapping[str, Any]) -> None:
        """Delete an entry; where the answer is lost, look before sending again."""

        def send() -> bool:
            try:
                listing.endpoint.delete(id_)
            except NotFoundError:
                pass
            except InvalidRequestError as error:
                raise self.why_refused(listing, id_, self.setting.describe(props), error) from None
            return True

        def look(error: AmbiguousError) -> bool | None:
            return listing.look_at(id_, lambda entry: entry is None, at=looks_after(error)) is None or None

        _sent(send, look)

    def why_refused(self, listing: Listing, id_: str, what: str, error: InvalidRequestError) -> EmailSecurityError:
        """The error to raise for a refused write: the API says no more than 400 for entries that are read-only."""
        with contextlib.suppress(RequestError):
            if why := self.setting.read_only(listing.endpoint.get(id_)):
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
