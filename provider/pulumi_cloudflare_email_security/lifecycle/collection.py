"""The lifecycle of many entries of one setting as one resource."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import NoSuchRouteError, NotFoundError
from ..client.pages import Entry, entry_id
from ..entries.declarable import declarable_fields
from ..model.memory import undisturbed
from ..model.names import resource_of
from ..model.state import (
    ACCOUNT_ID,
    ADDITIVE,
    ADOPT,
    DECLARED_AT,
    DECLARED_BY,
    DELETE_LIMIT,
    ENTRIES,
    EXCLUSIVE,
    HAS_SECRETS,
    IDS,
    LET_GO,
    MODE,
    REPORT,
    STORED_AS,
    UNMANAGED,
    Entries,
    as_text,
    recorded_entries,
    recorded_ids,
    recorded_map,
    to_record,
)
from ..model.text import names
from ..session.voice import Severity
from .apply import Application, Held
from .collection_preview import CollectionPreview, has_secrets, own
from .drift import Found, declarable, others, report
from .results import Created, Read, Updated

#: What outputs keep of the inputs.
_KEPT: Final = (ENTRIES, MODE, ADOPT, DECLARED_BY, DECLARED_AT, DELETE_LIMIT, HAS_SECRETS)


class CollectionLifecycle(CollectionPreview):
    """check, diff, create, read, update and delete for a map of entries by natural key."""

    # create, update, delete -------------------------------------------------------------------------------

    @undisturbed()
    def create(self, props: dict[str, Any]) -> Created:
        """Create what is missing; adopt what exists where that is allowed."""
        account_id = self.account_of(props)
        desired = recorded_entries(props)
        held, _ = self.held({}, props, Found())
        left_over = held.entries.keys() - desired.keys()
        drop = self._deletable(props, {key: (held.ids[key], held.entries[key]) for key in left_over})
        outputs = self._apply(props, {}, desired, held={}, drop=drop, prunes=props.get(MODE) == EXCLUSIVE)
        return Created(f"{account_id}/{self.setting.collection}", outputs)

    @undisturbed()
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""
        del id_
        found, _ = self.held(olds, news, Found.recorded(olds))
        try:
            return Updated(self._update(olds, news, found))
        except NoSuchRouteError as error:
            return Updated(self._update(olds, news, self._found_anew(olds, news, error)))

    def _update(self, olds: Mapping[str, Any], news: Mapping[str, Any], found: Found) -> dict[str, Any]:
        """Bring the entries that were found to the desired ones; returns the outputs."""
        desired = recorded_entries(news)
        ownership, resource = self.ownership(news), self.owner(news)
        moves = ownership.moves(resource)
        both = sorted(desired.keys() & found.ids.keys() & found.entries.keys())
        held = {
            key: Held(
                found.ids[key],
                self._with_new_fields(news, found.ids[key], desired[key], found.entries[key]),
                whole=False,
            )
            for key in both
        }
        let_go = recorded_map(olds, LET_GO)
        gone = {key: id_ for key, id_ in found.ids.items() if key not in desired}
        leaving = {key: id_ for key, id_ in gone.items() if ownership.new_owner(resource, key) is not None}
        no_longer = {key: (id_, found.entries.get(key, {})) for key, id_ in gone.items() if key not in leaving}
        drop = self._deletable(news, no_longer | self._still_there(news, let_go, moves.abandoned))
        exclusive = news.get(MODE) == EXCLUSIVE and olds.get(MODE, ADDITIVE) != EXCLUSIVE
        outputs = self._apply(news, olds, desired, held=held, drop=drop, prunes=exclusive)
        # Until its new owner has it in state, the entry is known here: whatever happens it is not forgotten.
        left = {key: id_ for key, id_ in let_go.items() if key not in moves.abandoned | moves.settled} | leaving
        going = {*drop.values()}
        if waiting := {
            key: id_
            for key, id_ in sorted(left.items())
            if key not in desired and id_ not in going and ownership.may_come_back(resource, id_)
        }:
            outputs[LET_GO] = as_text(waiting)
        return outputs

    def _with_new_fields(
        self, props: Mapping[str, Any], id_: str, desired: Mapping[str, Any], recorded: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The recorded fields, and what was just read of those that are declared anew: it may be right already."""
        if not (new := desired.keys() - recorded.keys()):
            return recorded
        if (entry := self.listing(props).shown(id_)) is None:
            return recorded
        live = {**self.setting.cleared, **self.setting.live(entry, read=True)}
        return {**{name: value for name, value in live.items() if name in new}, **recorded}

    def _found_anew(self, olds: Mapping[str, Any], news: Mapping[str, Any], error: NoSuchRouteError) -> Found:
        """The entries by their keys, where the API cannot route the recorded ids; else raises the error.

        The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
        """
        if not error.request.startswith(("GET", "PATCH", "DELETE")) or error.request.endswith(self.setting.collection):
            raise error
        props = news or olds
        self.listing(props).drop()
        recorded = self.concerned(recorded_entries(olds), olds, news)
        ids = {key: id_ for key, id_ in recorded_ids(olds).items() if key in recorded}
        return self.look(props, recorded, ids, olds)

    def _still_there(
        self, props: Mapping[str, Any], let_go: Mapping[str, str], abandoned: Collection[str]
    ) -> dict[str, tuple[str, Entry]]:
        """Abandoned entries, with their ids; one that its owner has renamed since is no longer what was let go."""
        listing = self.listing(props)
        found = {}
        for key in let_go.keys() & abandoned:
            with contextlib.suppress(NotFoundError, NoSuchRouteError):
                if self.setting.key_text_of(entry := listing.get(let_go[key])) == key:
                    found[key] = (let_go[key], entry)
        return found

    @undisturbed()
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the collection's own entries; what is gone already is as good as deleted."""
        del id_
        found, _ = self.held(props, {}, Found.recorded(props))
        try:
            self._delete(props, found)
        except NoSuchRouteError as error:
            self._delete(props, self._found_anew(props, {}, error))
        self._tell_of_let_go(props)

    def _delete(self, props: Mapping[str, Any], found: Found) -> None:
        """Delete the entries that were found."""
        if drop := self._deletable(props, {key: (id_, found.entries.get(key, {})) for key, id_ in found.ids.items()}):
            self._apply(props, props, {}, held={}, drop=drop, prunes=False)

    def _tell_of_let_go(self, props: Mapping[str, Any]) -> None:
        """Name the entries that other resources were to take and may never have taken: nobody else speaks of them."""
        ownership, let_go = self.ownership(props), recorded_map(props, LET_GO)
        alone = {key: id_ for key, id_ in let_go.items() if ownership.owner(id_) is None}
        if not alone:
            return
        left = self._still_there(props, alone, alone.keys())
        if called := [f"{key} (id {id_})" for key, (id_, _) in sorted(left.items())]:
            self.tell(
                f"{resource_of(self.owner(props))}: {names(called)} were let go to other resources and are left as "
                "they are — delete those that no resource declares",
                props,
                Severity.WARNING,
            )

    def _apply(
        self,
        props: Mapping[str, Any],
        olds: Mapping[str, Any],
        desired: Entries,
        *,
        held: dict[str, Held],
        drop: dict[str, str],
        prunes: bool,
    ) -> dict[str, Any]:
        """Bring the live entries to the desired ones; `prunes` deletes what exclusive mode does not allow."""
        listing = self.listing(props)
        ownership, notes, resource = self.ownership(props), self.notes(props), self.owner(props)
        lost = ownership.keep(resource, (one.id for one in held.values()))
        held = {key: one for key, one in held.items() if one.id not in lost}
        if prunes:
            ids_known = {one.id for one in held.values()} | {*drop.values()}
            undeclared = self.others(props, listing, ids=ids_known, keys=desired.keys() - held.keys())
            drop |= {self._free(key, drop): entry_id(entry) for key, entry in undeclared}
        stored_as = {key: dict(pairs) for key, pairs in recorded_map(olds, STORED_AS).items() if key in desired}
        application = Application(
            self.rights(props),
            listing,
            desired,
            held,
            dict(drop),
            stored_as,
            has_secrets(props, olds),
            partial(self._say, props),
        )
        ids = application.run()
        ownership.keep(resource, ids.values())
        notes.forget(resource, drop.keys() - application.spared)
        return {
            **{name: props[name] for name in _KEPT if props.get(name) is not None},
            ACCOUNT_ID: listing.endpoint.account_id,
            IDS: as_text(dict(sorted(ids.items()))),
            **({STORED_AS: as_text(stored_as)} if stored_as else {}),
        }

    def _say(self, props: Mapping[str, Any], message: str, severity: Severity) -> None:
        """Tell something of the collection, under its name."""
        self.tell(f"{resource_of(self.owner(props))}: {message}", props, severity)

    @staticmethod
    def _free(key: str, taken: Collection[str]) -> str:
        """A key text that is not taken: a duplicate of an entry that is deleted too stands beside it."""
        return f"{key} (again)" if key in taken else key

    def _deletable(
        self, props: Mapping[str, Any], entries: Mapping[str, tuple[str, Mapping[str, Any]]]
    ) -> dict[str, str]:
        """The ids to delete; entries that a delete leaves as they are are named to the user."""
        drop, kept = {}, []
        for key, (id_, fields) in sorted(entries.items()):
            if (why := self.setting.keeps_on_delete(fields)) is None:
                drop[key] = id_
            else:
                kept.append(why)
        if kept:
            more = f" (and {len(kept) - 1} more likewise)" if len(kept) > 1 else ""
            self.tell(f"{kept[0]}{more}", props, Severity.WARNING)
        return drop

    # read -------------------------------------------------------------------------------------------------

    @undisturbed()
    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entries: the collection's own, and in the modes that ask for others those too."""
        listing = self.listing(props)
        recorded, old_ids = recorded_entries(props), recorded_ids(props)
        # What nobody declared is looked for again: shown, and deleted by the next update, but not with the resource.
        ours, our_ids = own(recorded, props), own(old_ids, props)
        self.session.refreshed(self.owner(props))
        found = self.look(props, ours, our_ids, props)
        unmanaged: dict[str, Mapping[str, Any]] = {}
        if props.get(MODE) in {EXCLUSIVE, REPORT}:
            lasting = props.get(MODE) == REPORT
            for text, entry in self.others(props, listing, ids={*found.ids.values()}, lasting=lasting):
                key = f"{text} (id {entry_id(entry)})" if text in found.entries else text
                unmanaged[key] = declarable(self.setting, entry)
                if props.get(MODE) == EXCLUSIVE:
                    found.entries[key], found.ids[key] = dict(unmanaged[key]), entry_id(entry)
        known = {*(props.get(UNMANAGED) or ())} if props.get(MODE) == EXCLUSIVE else set()
        said = report(
            self.setting,
            resource_of(self.owner(props)),
            recorded,
            found,
            {key: fields for key, fields in unmanaged.items() if key not in known},
            prunes=props.get(MODE) == EXCLUSIVE,
            secret=has_secrets(props),
        )
        if said is not None:
            self.tell(said, props, Severity.WARNING)
        if (
            found.entries == recorded
            and found.ids == old_ids
            and sorted(unmanaged) == sorted(props.get(UNMANAGED) or ())
        ):
            return Read(id_, dict(props))
        outputs = {
            **props,
            ACCOUNT_ID: listing.endpoint.account_id,
            ENTRIES: to_record(found.entries),
            IDS: as_text(dict(sorted(found.ids.items()))),
            UNMANAGED: sorted(unmanaged) or None,
        }
        if found.entries.keys() != recorded.keys():
            outputs.pop(DECLARED_AT, None)  # places are in the order of the entries
        kept = (*_KEPT, ACCOUNT_ID, UNMANAGED)
        inputs = {name: outputs[name] for name in kept if outputs.get(name) is not None}
        return Read(id_, outputs, inputs)

    def import_(self, id_: str, props: dict[str, Any]) -> Read:
        """Read all live entries that can be declared; each of them becomes the collection's own."""
        listing = self.listing(props)
        name = resource_of(self.owner(props))
        entries: dict[str, dict[str, Any]] = {}
        ids: dict[str, str] = {}
        for key, entry in others(self.setting, listing, lasting=True):
            called = f"{printable(self.setting.label(entry), 120)} (id {entry_id(entry)})"
            fields, problems = declarable_fields(self.setting, entry)
            if key != self.setting.key_text_of(entry):
                self.tell(f"{name}: {called} is left out: it exists more than once", props, Severity.WARNING)
            elif fields is None:
                self.tell(f"{name}: {called} is left out: {'; '.join(problems)}", props, Severity.WARNING)
            else:
                entries[key], ids[key] = fields, entry_id(entry)
                if problems:
                    why = "; ".join(problems)
                    self.tell(f"{name}: {called}: not declared, so left as it is — {why}", props, Severity.WARNING)
        inputs = {MODE: ADDITIVE, ACCOUNT_ID: listing.endpoint.account_id, ENTRIES: to_record(entries)}
        return Read(id_, {**inputs, IDS: as_text(dict(sorted(ids.items())))}, inputs)
