"""Bringing the live entries of a collection to the desired ones.

A batch whose answer is lost or does not account for every entry, or that is refused because an entry came or went
meanwhile, is not sent again as it is: the entries are looked for, more than once where the API may still be working,
and what is still to do is worked out from what is there. How it is sent: see `sending`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..client.errors import (
    AmbiguousError,
    BatchRefusedError,
    ConflictError,
    EmailSecurityError,
    EntryExistsError,
    IncompleteAnswerError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    ReadOnlyEntryError,
    RequestError,
)
from ..client.listing import LOOKS_LATE, looks_after
from ..client.pages import Entry, entry_id
from ..model.names import resource_of
from ..model.text import names
from .ledger import Held, Ledger, Work
from .resource import refuse_existing
from .sending import Sender

_ATTEMPTS: Final = 4


class Application(Ledger):
    """Brings the live entries of a collection to the desired ones, once."""

    def run(self) -> dict[str, str]:
        """Apply everything and return the ids by key.

        Raises:
            PartlyAppliedError: something stays undone; says how much is done.
            EntryExistsError, SeveralMatchesError, ReadOnlyEntryError: nothing was sent.

        """
        self.take_existing()
        work = self.work()
        self.total = len(work)
        fruitless = 0
        while True:
            size = self.endpoint.batch_size
            try:
                self._send(work)
                break
            except (AmbiguousError, NotFoundError, ConflictError, InvalidRequestError) as error:
                before = work
                try:
                    work = self._look_again(error, before, again=bool(fruitless))
                except NoSuchRouteError:
                    raise
                except EmailSecurityError as failure:
                    raise self.partly(failure) from None
                smaller = isinstance(error, BatchRefusedError) and self.endpoint.batch_size < size
                hopeless = isinstance(error, InvalidRequestError) and not smaller and work.is_left_of(before)
                fruitless = fruitless + 1 if len(work) >= len(before) and not smaller else 0
                if work and (hopeless or self._may_come_late(error, work, fruitless) or fruitless == _ATTEMPTS):
                    raise self.partly(error) from None
            except NoSuchRouteError:
                raise
            except RequestError as error:
                raise self.partly(error) from None
        self.read_back()
        ids = {key: self.held[key].id for key in self.desired}
        taken = self.resource.ownership.taken_among(ids.values())
        self.resource.notes.taken(self.resource.urn, {key: id_ for key, id_ in ids.items() if id_ in taken})
        self.resource.notes.end(self.resource.urn)
        return ids

    def _may_come_late(self, error: RequestError, work: Work, fruitless: int) -> bool:
        """Whether something of what is left to do may be carried out, or show, only later."""
        if isinstance(error, IncompleteAnswerError):
            return fruitless > 0 or bool(work.posts.keys() & self.maybe_made.keys())
        return isinstance(error, AmbiguousError) and error.may_still_happen

    # Looking ----------------------------------------------------------------------------------------------

    def take_existing(self) -> None:
        """Find desired entries that exist but are not held; take those that may be taken, refuse the others."""
        refused, read_only, going = [], [], False
        for key, entry in self._existing().items():
            fields = self.desired[key]
            called = f"{self.setting.label(fields)} (id {entry_id(entry)})"
            right = self.resource.to_take(fields, entry, ours=key in self.maybe_made)
            if right is None:
                refused.append(called)
            elif why := self.setting.read_only(entry):
                read_only.append(f"{called} {why}")
            elif self.resource.ownership.take(self.resource.urn, entry_id(entry)):
                self.held[key] = Held(entry_id(entry), self.setting.live(entry, read=True))
                if key in self.maybe_made:
                    self.learn(key, fields)
            else:
                going = True
        if read_only:
            raise ReadOnlyEntryError(f"{self.setting.collection}: {names(read_only)}")
        if refused:
            raise EntryExistsError(f"{self.setting.collection}: {refuse_existing(refused)}")
        if going:
            # Another resource was deleting it, and may have failed to.
            self.listing.drop()
            self.take_existing()

    def _existing(self) -> dict[str, Entry]:
        """The live entries with the keys of desired ones that are not held."""

        def find(keys: Iterable[str]) -> dict[str, Entry]:
            found = {key: self.resource.existing_now(self.desired[key]) for key in keys}
            return {key: entry for key, entry in found.items() if entry is not None}

        new = {key: fields for key, fields in self.desired.items() if key not in self.held}
        missing = self.resource.may_exist(new)
        found = find(missing)
        if late := [key for key in missing if key not in found and self.resource.is_awaited(self.desired[key])]:
            # They move here, so they are there, although a list that lags behind does not show them yet.
            self._look_for(late[0])
            self.listing.drop()
            found |= find(late)
        return found

    def _look_for(self, key: str, at: Sequence[float] = LOOKS_LATE) -> bool:
        """Look for an entry several times: when it is there, or may be there no more, the others are too."""
        fields = self.desired[key]
        found = self.listing.look_for(self.setting.loose_key_of(fields), self.setting.filters_for(fields), at=at)
        # What was seen once is asked for by its id where the next list does not show it again.
        self.listing.remember(found)
        return bool(found)

    def _look_for_unanswered(self, at: Sequence[float]) -> None:
        """Look for what was sent and not answered for, and strike out what was certainly not made."""
        waiting = [key for key in self.maybe_made if key not in self.held]
        for _ in at:
            # The last one tells whether the API is still working on them.
            if not (waiting and self._look_for(waiting[-1], at)):
                break
            self._rule_out()
            # Several were sent at once, and one of the others may show a moment later.
            shown = {self.setting.key_text_of(entry) for entry in self.listing.all()}
            if waiting := [key for key in waiting if key in self.maybe_made and key not in shown]:
                # Nor need who answers next be as far as who showed the last one.
                self.listing.wait()
        self._rule_out(ask=True)

    def _look_again(self, error: RequestError, sent: Work, *, again: bool) -> Work:
        """Work out from what is there now what is still to do.

        Args:
            error: how sending ended.
            sent: what was to be sent.
            again: whether that had come to nothing before.

        """
        self.listing.drop()
        if isinstance(error, IncompleteAnswerError):
            self._rule_out()
        if self.maybe_made and isinstance(error, AmbiguousError):
            self._look_for_unanswered(looks_after(error))
        elif again and sent.posts and isinstance(error, ConflictError):
            # What the list did not show a moment ago it shows later.
            self._look_for(min(sent.posts))
        elif again and isinstance(error, NotFoundError):
            # What was gone a moment ago, and yet was read by its id, is shown as gone later.
            self.listing.wait()
        live = {entry_id(entry): entry for entry in self.listing.all()}
        ids = {*self.drop.values(), *(held.id for held in self.held.values())}
        live.update(self.listing.by_id.confirm_gone(ids - live.keys()).alive)
        self.hold(live)
        # What was sent may be done although the list still shows what was before.
        undone = self.work()
        if isinstance(error, IncompleteAnswerError) and undone.holds_all_changes_of(sent):
            # Nor need a read by id show it yet.
            self.listing.wait()
        asked = self.listing.again({*undone.deletes.values(), *dict(undone.patches.values())}, always=True)
        live = {id_: entry for id_, entry in {**live, **asked.alive}.items() if id_ not in asked.gone}
        self.listing.remember(asked.alive.values())
        self.listing.forget({*self.drop.values()} - live.keys())
        self.drop = {key: id_ for key, id_ in self.drop.items() if id_ in live}
        self.hold(live)
        if isinstance(error, IncompleteAnswerError):
            for key in sent.patches.keys() & self.held.keys():
                self.learn(key, sent.patches[key][1])
        self.take_existing()
        work = self.work()
        self.done = max(0, self.total - len(work))
        return work

    def _rule_out(self, *, ask: bool = False) -> None:
        """Strike out what was certainly not made: the list shows what else the same request did, but not these.

        Args:
            ask: whether to ask for what was answered by its id only, one by one: the list had its time.

        """
        self.listing.fresh()
        if ask:
            self.nameless -= self.listing.add(self.nameless)
        for key in self.maybe_made:
            # What the list does not show, and might, is looked for by itself.
            fields = self.desired[key]
            self.listing.remember(
                self.listing.find(self.setting.loose_key_of(fields), self.setting.filters_for(fields))
            )
        listed = {entry_id(entry): entry for entry in self.listing.all()}
        shown = {id_: entry for id_, entry in listed.items() if id_ not in self.listing.late}
        keys = {self.setting.key_text_of(entry) for entry in shown.values()}

        def is_reflected(sent: Work) -> bool:
            if sent.posts.keys() & keys or {*sent.deletes.values()} - listed.keys() - self.listing.late:
                return True
            return any(
                id_ in shown and self._is_as(shown[id_], key, patch) for key, (id_, patch) in sent.patches.items()
            )

        for key, sent in [*self.maybe_made.items()]:
            if key not in keys and self.nameless <= listed.keys() and is_reflected(sent):
                del self.maybe_made[key]

    def _is_as(self, entry: Entry, key: str, sent: Mapping[str, Any]) -> bool:
        """Whether a live entry is as it was sent."""
        declared = self.declared(key, sent)
        return not self.setting.changed_fields(declared, self.setting.live(entry, read=True), self.stored_as.get(key))

    # Sending ----------------------------------------------------------------------------------------------

    def _send(self, work: Work) -> None:
        left = self.resource.to_leave(work.deletes.values())
        ours = {*work.deletes.values()} - left.keys()
        with self.resource.ownership.deleting(self.resource.urn, ours) as going:
            kept = {key: id_ for key, id_ in work.deletes.items() if id_ not in going}
            self._leave_to_others(kept, left, work)
            if work:
                Sender(self).send(work)

    def _leave_to_others(self, kept: Mapping[str, str], left: Mapping[str, str], work: Work) -> None:
        if kept:
            ownership, urn = self.resource.ownership, self.resource.urn
            owners = (ownership.owner(id_) or left.get(id_, urn) for id_ in kept.values())
            others = sorted({*map(resource_of, owners)})
            self.resource.say(f"{names(kept)} stay: {names(others)} has them now")
        for key in kept:
            del work.deletes[key], self.drop[key]
        self.spared |= kept.keys()
        self.total -= len(kept)
