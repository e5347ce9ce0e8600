"""What exists already beside what a resource declares: which entry is meant, and whether the resource may take it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from ..client.errors import NoSuchRouteError, NotFoundError
from ..client.listing import Listing
from ..client.pages import Entry, entry_id
from ..model.names import resource_of
from ..model.setting import DELETE_ALL_BUT_ONE, Setting
from ..model.state import Entries
from ..model.text import caseless, names, visible
from ..session.notes import Notes
from ..session.ownership import Ownership
from ..session.stack import Holder

_HOW_TO_ADOPT: Final = (
    "to adopt, pass adopt=True (or set config cloudflare-email-security:adopt to true for this run); "
    "if this stack made it under another name, say so with aliases=…"
)
#: How it begins why an entry may be taken that another resource has.
FROM: Final = "from "
#: From so many new entries on the list is compared as a whole.
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Rights:
    """What one resource may take of what exists.

    Attributes:
        setting: what it declares entries of.
        ownership: who has which entry, among the resources of this deployment.
        notes: the stack's notes about the collection.
        resource: its URN.
        adopts: whether the program asks to adopt what exists.
        holders: tells who held the entry of an id before this run.

    """

    setting: Setting
    ownership: Ownership
    notes: Notes
    resource: str
    adopts: bool
    holders: Callable[[str], Sequence[Holder]]

    def existing(self, listing: Listing, fields: Mapping[str, Any], *, whole: bool = False) -> Entry | None:
        """The live entry with the natural key of declared fields, in whatever form the account stores it.

        A regular expression that differs in case is another one, unless this stack is known to have made it.

        Args:
            listing: the live entries.
            fields: the declared fields.
            whole: whether to look through the whole list, not only at what the API's exact filters find.

        Raises:
            SeveralMatchesError: there are several.

        """
        if not (near := self.setting.near(listing, fields, whole=whole)):
            return self._arriving(listing, fields)
        return self.only(self.meant(near, fields), fields) or self._arriving(listing, fields)

    def existing_now(self, listing: Listing, fields: Mapping[str, Any]) -> Entry | None:
        """The live entry as `existing` finds it; where another resource is about to rename that, what there is then."""
        found = self.existing(listing, fields)
        if found is None or not self.is_given_up(fields, found):
            return found
        self.ownership.wait_for_key(entry_id(found))
        listing.drop()
        return self.existing(listing, fields)

    def meant(self, near: Iterable[Entry], fields: Mapping[str, Any]) -> list[Entry]:
        """Of live entries with a key like the declared one: those with this very key, or else those of this stack.

        Of several with this very key the one that is this stack's is meant, where one alone is.
        """
        near, key = list(near), self.setting.key_of(fields)
        found = [entry for entry in near if self.setting.key_of(entry) == key]
        if len(found) == 1:
            return found
        ours = [entry for entry in found or near if self._is_ours(fields, entry)]
        return ours if len(ours) == 1 or not found else found

    def only(self, found: list[Entry], fields: Mapping[str, Any]) -> Entry | None:
        """The one entry that was found for declared fields, or None. Raises SeveralMatchesError for several."""
        key = self.setting.key_of(fields)
        return self.setting.only(found, key, otherwise=DELETE_ALL_BUT_ONE) if found else None

    def may_exist(self, listing: Listing, new: Entries) -> Entries:
        """Those of new entries (by key text) that may exist: beside a short list few of many need be looked for."""
        if len(new) < _MANY or self.ownership.moves(self.resource).arrives:
            return new
        live = listing.whole_for(len(new))
        if live is None or 2 * len(live) > len(new):
            return new
        known = {caseless(self.setting.key_text_of(entry)) for entry in live}
        return {key: fields for key, fields in new.items() if caseless(key) in known} if known else {}

    def is_awaited(self, fields: Mapping[str, Any]) -> bool:
        """Whether an entry moves here of which only the list can tell the id."""
        moves = self.ownership.moves(self.resource)
        if not moves.arrives:
            return False
        key = self.setting.key_text_of(fields)
        return key in moves.arrives and moves.id_of(key) is None

    def _arriving(self, listing: Listing, fields: Mapping[str, Any]) -> Entry | None:
        """An entry that moves here: a list that lags behind may not show it yet, and somebody may have renamed it."""
        moves = self.ownership.moves(self.resource)
        if not moves.arrives or (id_ := moves.id_of(key := self.setting.key_text_of(fields))) is None:
            return None
        with suppress(NotFoundError, NoSuchRouteError):
            if self.setting.key_text_of(entry := listing.get(id_)) == key or key not in moves.let_go:
                return entry
        return None

    def _is_ours(self, fields: Mapping[str, Any], entry: Entry) -> bool:
        key = self.setting.key_text_of(fields)
        if self.ownership.former_owner(self.resource, key, entry) is not None:
            return True
        return self.notes.made(key, entry)

    def to_take(self, fields: Mapping[str, Any], entry: Entry, *, ours: bool = False) -> str | None:
        """Why the resource may take an existing entry, for people, or None where it may not.

        This is the one place that decides it, for single entries and collections alike.

        Args:
            fields: the declared fields of the entry.
            entry: the live entry.
            ours: whether a request of this run, whose answer was lost, may have made it.

        """
        if ours:
            return "made by this run"
        key = self.setting.key_text_of(fields)
        if (former := self.ownership.former_owner(self.resource, key, entry)) is not None:
            return f"{FROM}{resource_of(former)}" if former != self.resource else "moved away earlier, and taken back"
        if self.ownership.owner(entry_id(entry)) not in {None, self.resource}:
            return None
        made = self.notes.made(key, entry)
        if not made and (self.adopts or self.setting.always_adopts):
            return "adopted"
        holders = [one for one in self.holders(entry_id(entry)) if not one.replaced]
        if not holders:
            return "made by an interrupted run" if made else None
        holder = next((one for one in holders if one.resource == self.resource), holders[0])
        how = "held already" if holder.resource == self.resource else f"{FROM}{resource_of(holder.resource)}"
        # What deletes it for another provider would not learn who has it now.
        return how if holder.own else None

    def is_given_up(self, fields: Mapping[str, Any], entry: Entry) -> bool:
        """Whether another resource gives up the entry's key in this run: then it is free as soon as that is done."""
        return self.ownership.leaves_key(self.resource, self.setting.key_text_of(fields), entry_id(entry))

    def to_leave(self, ids: Iterable[str]) -> dict[str, str]:
        """Of entries that the resource is to delete those that others of the stack have, by id, with who has them.

        Several resources hold an entry in state where a run was of some of them only (`--target`), or was interrupted:
        the last one that gives it up deletes it.
        """
        wanted = [*ids]
        left = dict.fromkeys(self.notes.taken_elsewhere(wanted), self.resource)
        others: dict[str, set[str]] = {}
        for id_ in wanted:
            holders = [one for one in self.holders(id_) if one.own]
            # What is to be deleted is known by what it calls itself.
            others[id_] = {one.called for one in holders if not one.replaced} - {self.resource}
            replaced = any(one.replaced and one.called == self.resource for one in holders)
            if replaced and self.ownership.owner(id_) == self.resource:
                # What has its name now has its entry as well.
                left[id_] = self.resource
        return self.ownership.give_up(self.resource, others) | left


def as_found(
    setting: Setting, live: Mapping[str, Any], declared: Mapping[str, Any], right: str | None
) -> Mapping[str, Any]:
    """A live entry beside what is declared of it.

    What only steers this package is not in the account. Of an entry that moves here from another resource it is
    taken for what is declared: a review, which has both states, tells where it is not.
    """
    if right is None or not right.startswith(FROM):
        return live
    steering = setting.schema.program_fields
    return {**live, **{name: declared[name] for name in steering if name in declared}}


def refuse_existing(called: Iterable[str]) -> str:
    """Why entries that exist are not taken."""
    listed = list(called)
    if len(listed) == 1:
        return f"{visible(listed[0])} exists already — {_HOW_TO_ADOPT}"
    return f"{len(listed)} declared entries exist already: {names(listed)} — {_HOW_TO_ADOPT}"
