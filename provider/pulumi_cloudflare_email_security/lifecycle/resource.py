"""A resource in its deployment: what it is called, its account's entries, who has which, and what it may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, Final

from ..client.errors import NoSuchRouteError, NotFoundError
from ..client.listing import Listing
from ..client.pages import Entry, entry_id
from ..model.names import resource_of, stack_of
from ..model.setting import DELETE_ALL_BUT_ONE, Setting
from ..model.state import ACCOUNT_ID, ADOPT, DECLARED_BY, HAS_SECRETS, Entries
from ..model.text import caseless, names, visible
from ..session.configuration import Configuration
from ..session.notes import Notes
from ..session.ownership import Moves, Ownership, Right
from ..session.session import Session
from ..session.stack import Holder
from ..session.voice import Severity

_HOW_TO_ADOPT: Final = (
    "to adopt, pass adopt=True (or set config cloudflare-email-security:adopt to true for this run); "
    "if this stack made it under another name, say so with aliases=…"
)
#: From so many new entries on the list is compared as a whole.
_MANY: Final = 100


class Resource:
    """A resource as one call of the engine is about it; what is asked of the deployment is asked once.

    Args:
        setting: what it declares entries of.
        session: the deployment.
        configuration: the stack's configuration.
        props: its inputs or outputs.
        takes_all: whether all that exists is its own, whatever it says of `adopt`.

    Attributes:
        urn: its URN, or "".
        name: what messages call it.
        secret: whether its values must not be printed.

    """

    def __init__(
        self,
        setting: Setting,
        session: Session,
        configuration: Configuration,
        props: Mapping[str, Any],
        *,
        takes_all: bool = False,
    ) -> None:
        self.setting = setting
        self.session = session
        self.configuration = configuration
        self.props = props
        self.urn = str(props.get(DECLARED_BY) or "")
        self.name = resource_of(self.urn)
        self.secret = bool(props.get(HAS_SECRETS))
        self._takes_all = takes_all

    def tell(self, message: str, severity: Severity = Severity.INFO) -> None:
        """Tell the person who runs the deployment something of it, once."""
        self.session.tell(message, self.urn, severity)

    def say(self, message: str, severity: Severity = Severity.INFO) -> None:
        """Tell something of it, under its name."""
        self.tell(f"{self.name}: {message}", severity)

    @cached_property
    def account_id(self) -> str:
        """Its account, or else the configured one; "" where there is none."""
        return str(self.props.get(ACCOUNT_ID) or self.configuration.account_id or "")

    @cached_property
    def listing(self) -> Listing:
        """The entries of its account, read no more often than needed. Raises ConfigurationError where it has none."""
        return self.session.listing(self.setting, self.configuration.account(self.account_id), self.configuration)

    @cached_property
    def place(self) -> tuple[str, str, str]:
        """Where its entries are: the API root, the account and the collection."""
        return self.configuration.base_url, self.account_id, self.setting.collection

    @cached_property
    def ownership(self) -> Ownership:
        """Who has which entry, among the resources of this deployment."""
        return self.session.ownership(*self.place)

    @cached_property
    def notes(self) -> Notes:
        """The stack's notes about the collection."""
        return self.session.notes(stack_of(self.urn), *self.place)

    @property
    def moves(self) -> Moves:
        """What moves to and from it."""
        return self.ownership.moves(self.urn)

    @property
    def adopts(self) -> bool:
        """Whether the program asks to adopt what exists."""
        adopt = self.props.get(ADOPT)
        return self._takes_all or (self.configuration.adopt if adopt is None else bool(adopt))

    def holders(self, id_: str) -> Sequence[Holder]:
        """Who held an entry of the account before this run, where that is known."""
        return self.session.holders(self.setting, self.account_id, id_, self.urn)

    # What exists already ----------------------------------------------------------------------------------

    def existing(self, fields: Mapping[str, Any], *, whole: bool = False) -> Entry | None:
        """The live entry with the natural key of declared fields, in whatever form the account stores it.

        A regular expression that differs in case is another one, unless this stack is known to have made it.

        Args:
            fields: the declared fields.
            whole: whether to look through the whole list, not only at what the API's exact filters find.

        Raises:
            SeveralMatchesError: there are several.

        """
        near = self.setting.near(self.listing, fields, whole=whole)
        return (self.only(self.meant(near, fields), fields) if near else None) or self._arriving(fields)

    def existing_now(self, fields: Mapping[str, Any]) -> Entry | None:
        """The live entry as `existing` finds it; where another resource is about to rename that, what there is then."""
        found = self.existing(fields)
        if found is None or not self.is_given_up(fields, found):
            return found
        self.ownership.wait_for_key(entry_id(found))
        self.listing.drop()
        return self.existing(fields)

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

    def may_exist(self, new: Entries) -> Entries:
        """Those of new entries (by key text) that may exist: beside a short list few of many need be looked for."""
        if len(new) < _MANY or self.moves.arrives:
            return new
        live = self.listing.whole_for(len(new))
        if live is None or 2 * len(live) > len(new):
            return new
        known = {caseless(self.setting.key_text_of(entry)) for entry in live}
        return {key: fields for key, fields in new.items() if caseless(key) in known} if known else {}

    def is_awaited(self, fields: Mapping[str, Any]) -> bool:
        """Whether an entry moves here of which only the list can tell the id."""
        moves = self.moves
        if not moves.arrives:
            return False
        key = self.setting.key_text_of(fields)
        return key in moves.arrives and moves.id_of(key) is None

    def _arriving(self, fields: Mapping[str, Any]) -> Entry | None:
        """An entry that moves here: a list that lags behind may not show it yet, and somebody may have renamed it."""
        moves = self.moves
        if not moves.arrives or (id_ := moves.id_of(key := self.setting.key_text_of(fields))) is None:
            return None
        with suppress(NotFoundError, NoSuchRouteError):
            if self.setting.key_text_of(entry := self.listing.get(id_)) == key or key not in moves.let_go:
                return entry
        return None

    def _is_ours(self, fields: Mapping[str, Any], entry: Entry) -> bool:
        key = self.setting.key_text_of(fields)
        return self.ownership.former_owner(self.urn, key, entry) is not None or self.notes.made(key, entry)

    # Where it was before ----------------------------------------------------------------------------------

    def is_elsewhere(self, olds: Mapping[str, Any]) -> bool:
        """Whether it goes to another account than that of before."""
        return bool(olds.get(ACCOUNT_ID)) and olds[ACCOUNT_ID] != self.props.get(ACCOUNT_ID)

    def left_to(self, olds: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
        """Of its entries of before, where it is replaced, those that another resource of their account declares now."""
        base_url, account_id, collection = self.place
        there = self.session.ownership(base_url, str(olds.get(ACCOUNT_ID) or account_id), collection)
        known = self.moves.leaves
        owners = {key: known.get(key) or there.new_owner(self.urn, key) for key in keys}
        return {key: owner for key, owner in owners.items() if owner is not None}

    # What may be taken, and what is left to others --------------------------------------------------------

    def to_take(
        self, fields: Mapping[str, Any], entry: Entry, *, ours: bool = False, adopting: bool = True
    ) -> Right | None:
        """Why the resource may take an existing entry, or None where it may not.

        This is the one place that decides it, for single entries and collections alike.

        Args:
            fields: the declared fields of the entry.
            entry: the live entry.
            ours: whether a request of this run, whose answer was lost, may have made it.
            adopting: whether the program's word for it is enough.

        """
        if ours:
            return Right("made by this run")
        key, id_ = self.setting.key_text_of(fields), entry_id(entry)
        if (former := self.ownership.former_owner(self.urn, key, entry)) is not None:
            return Right.moved(former) if former != self.urn else Right("moved away earlier, and taken back")
        if self.ownership.owner(id_) not in {None, self.urn}:
            return None
        made = self.notes.made(key, entry)
        if not made and ((adopting and self.adopts) or self.setting.always_adopts):
            return Right("adopted")
        holders = [one for one in self.holders(id_) if not one.replaced]
        if not holders:
            return Right("made by an interrupted run") if made else None
        holder = next((one for one in holders if one.resource == self.urn), holders[0])
        right = Right("held already") if holder.resource == self.urn else Right.moved(holder.resource)
        # What deletes it for another provider would not learn who has it now.
        return right if holder.own else None

    def is_given_up(self, fields: Mapping[str, Any], entry: Entry) -> bool:
        """Whether another resource gives up the entry's key in this run: then it is free as soon as that is done."""
        return self.ownership.leaves_key(self.urn, self.setting.key_text_of(fields), entry_id(entry))

    def to_leave(self, ids: Iterable[str]) -> dict[str, str]:
        """Of entries that the resource is to delete those that others of the stack have, by id, with who has them.

        Several resources hold an entry in state where a run was of some of them only (`--target`), or was interrupted:
        the last one that gives it up deletes it.
        """
        wanted = [*ids]
        left = dict.fromkeys(self.notes.taken_elsewhere(wanted), self.urn)
        others: dict[str, set[str]] = {}
        for id_ in wanted:
            holders = [one for one in self.holders(id_) if one.own]
            # What is to be deleted is known by what it calls itself.
            others[id_] = {one.called for one in holders if not one.replaced} - {self.urn}
            replaced = any(one.replaced and one.called == self.urn for one in holders)
            if replaced and self.ownership.owner(id_) == self.urn:
                # What has its name now has its entry as well.
                left[id_] = self.urn
        return self.ownership.give_up(self.urn, others) | left


def refuse_existing(called: Iterable[str]) -> str:
    """Why entries that exist are not taken."""
    listed = list(called)
    if len(listed) == 1:
        return f"{visible(listed[0])} exists already — {_HOW_TO_ADOPT}"
    return f"{len(listed)} declared entries exist already: {names(listed)} — {_HOW_TO_ADOPT}"
