"""The lifecycle of many entries of one setting as one resource."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import NoSuchRouteError, NotFoundError
from ..client.pages import Entry, entry_id
from ..entries.declarable import declarable_fields
from ..model.memory import undisturbed
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
from .apply import Application
from .base import Created, Read
from .collection_preview import CollectionPreview, has_secrets, own
from .compare import declarable
from .drift import Found, look, others, others_of_nobody, report
from .ledger import Held
from .resource import Resource

#: What outputs keep of the inputs.
_KEPT: Final = (ENTRIES, MODE, ADOPT, DECLARED_BY, DECLARED_AT, DELETE_LIMIT, HAS_SECRETS)


class CollectionLifecycle(CollectionPreview):
    """check, diff, create, read, update and delete for a map of entries by natural key."""

    # create, update, delete -------------------------------------------------------------------------------

    @undisturbed()
    def create(self, props: dict[str, Any]) -> Created:
        """Create what is missing; adopt what exists where that is allowed."""
        resource = self.resource(props)
        desired = recorded_entries(props)
        found, _ = self.held(resource, {}, {}, {})
        left_over = found.entries.keys() - desired.keys()
        drop = self._deletable(resource, {key: (found.ids[key], found.entries[key]) for key in left_over})
        outputs = self._apply(resource, {}, desired, held={}, drop=drop, prunes=props.get(MODE) == EXCLUSIVE)
        return Created(f"{resource.account_id}/{self.setting.collection}", outputs)

    @undisturbed()
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Send what changed, and only that."""
        del id_
        resource = self.resource(news)
        entries, ids = self.concerned(recorded_entries(olds), olds, news), recorded_ids(olds)
        found, _ = self.held(resource, olds, entries, ids)
        try:
            return self._update(resource, olds, found)
        except NoSuchRouteError as error:
            return self._update(resource, olds, self._found_anew(resource, olds, entries, error))

    def _update(self, resource: Resource, olds: Mapping[str, Any], found: Found) -> dict[str, Any]:
        """Bring the entries that were found to the desired ones; returns the outputs."""
        news, ownership, moves = resource.props, resource.ownership, resource.moves
        desired = recorded_entries(news)
        held = {
            key: Held(
                found.ids[key],
                self._with_new_fields(resource, found.ids[key], desired[key], found.entries[key]),
                whole=False,
            )
            for key in sorted(desired.keys() & found.ids.keys() & found.entries.keys())
        }
        let_go = recorded_map(olds, LET_GO)
        gone = {key: id_ for key, id_ in found.ids.items() if key not in desired}
        leaving = {key: id_ for key, id_ in gone.items() if ownership.new_owner(resource.urn, key) is not None}
        no_longer = {key: (id_, found.entries.get(key, {})) for key, id_ in gone.items() if key not in leaving}
        drop = self._deletable(resource, no_longer | self._still_there(resource, let_go, moves.abandoned))
        exclusive = news.get(MODE) == EXCLUSIVE and olds.get(MODE, ADDITIVE) != EXCLUSIVE
        outputs = self._apply(resource, olds, desired, held=held, drop=drop, prunes=exclusive)
        # Until its new owner has it in state, the entry is known here: whatever happens it is not forgotten.
        left = {key: id_ for key, id_ in let_go.items() if key not in moves.abandoned | moves.settled} | leaving
        going = {*drop.values()}
        if waiting := {
            key: id_
            for key, id_ in sorted(left.items())
            if key not in desired and id_ not in going and ownership.may_come_back(resource.urn, id_)
        }:
            outputs[LET_GO] = as_text(waiting)
        return outputs

    def _with_new_fields(
        self, resource: Resource, id_: str, desired: Mapping[str, Any], recorded: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The recorded fields, and what was just read of those that are declared anew: it may be right already."""
        if not (new := desired.keys() - recorded.keys()):
            return recorded
        if (entry := resource.listing.shown(id_)) is None:
            return recorded
        live = {**self.setting.cleared, **self.setting.live(entry, read=True)}
        return {**{name: value for name, value in live.items() if name in new}, **recorded}

    def _found_anew(
        self, resource: Resource, olds: Mapping[str, Any], recorded: Entries, error: NoSuchRouteError
    ) -> Found:
        """The entries by their keys, where the API cannot route the recorded ids; else raises the error.

        The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
        """
        if not error.request.startswith(("GET", "PATCH", "DELETE")) or error.request.endswith(self.setting.collection):
            raise error
        resource.listing.drop()
        ids = {key: id_ for key, id_ in recorded_ids(olds).items() if key in recorded}
        return look(resource, recorded, ids, recorded_map(olds, STORED_AS))

    def _still_there(
        self, resource: Resource, let_go: Mapping[str, str], abandoned: Collection[str]
    ) -> dict[str, tuple[str, Entry]]:
        """Abandoned entries, with their ids; one that its owner has renamed since is no longer what was let go."""
        found = {}
        for key in let_go.keys() & abandoned:
            with contextlib.suppress(NotFoundError, NoSuchRouteError):
                if self.setting.key_text_of(entry := resource.listing.get(let_go[key])) == key:
                    found[key] = (let_go[key], entry)
        return found

    @undisturbed()
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the collection's own entries; what is gone already is as good as deleted."""
        del id_
        resource, entries = self.resource(props), own(recorded_entries(props), props)
        found, _ = self.held(resource, props, entries, recorded_ids(props))
        try:
            self._delete(resource, found)
        except NoSuchRouteError as error:
            self._delete(resource, self._found_anew(resource, props, entries, error))
        self._tell_of_let_go(resource)

    def _delete(self, resource: Resource, found: Found) -> None:
        """Delete the entries that were found."""
        entries = {key: (id_, found.entries.get(key, {})) for key, id_ in found.ids.items()}
        if drop := self._deletable(resource, entries):
            self._apply(resource, resource.props, {}, held={}, drop=drop, prunes=False)

    def _tell_of_let_go(self, resource: Resource) -> None:
        """Name the entries that other resources were to take and may never have taken: nobody else speaks of them."""
        let_go = recorded_map(resource.props, LET_GO)
        alone = {key: id_ for key, id_ in let_go.items() if resource.ownership.owner(id_) is None}
        left = self._still_there(resource, alone, alone.keys())
        if called := [f"{key} (id {id_})" for key, (id_, _) in sorted(left.items())]:
            resource.say(
                f"{names(called)} were let go to other resources and are left as they are — delete "
                "those that no resource declares",
                Severity.WARNING,
            )

    def _apply(
        self,
        resource: Resource,
        olds: Mapping[str, Any],
        desired: Entries,
        *,
        held: dict[str, Held],
        drop: dict[str, str],
        prunes: bool,
    ) -> dict[str, Any]:
        """Bring the live entries to the desired ones; `prunes` deletes what exclusive mode does not allow."""
        props = resource.props
        lost = resource.ownership.keep(resource.urn, (one.id for one in held.values()))
        held = {key: one for key, one in held.items() if one.id not in lost}
        if prunes:
            ids_known = {one.id for one in held.values()} | {*drop.values()}
            for key, entry in others_of_nobody(resource, ids=ids_known, keys=desired.keys() - held.keys()):
                # A duplicate of an entry that is deleted too stands beside it.
                drop[f"{key} (again)" if key in drop else key] = entry_id(entry)
        stored_as = {key: dict(pairs) for key, pairs in recorded_map(olds, STORED_AS).items() if key in desired}
        secret = resource.secret or has_secrets(olds)
        application = Application(resource, desired, held, dict(drop), stored_as, has_secrets=secret)
        ids = application.run()
        resource.ownership.keep(resource.urn, ids.values())
        resource.notes.forget(resource.urn, drop.keys() - application.spared)
        return {
            **{name: props[name] for name in _KEPT if props.get(name) is not None},
            ACCOUNT_ID: resource.listing.endpoint.account_id,
            IDS: as_text(dict(sorted(ids.items()))),
            **({STORED_AS: as_text(stored_as)} if stored_as else {}),
        }

    def _deletable(self, resource: Resource, entries: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
        """The ids to delete; entries that a delete leaves as they are are named to the user."""
        drop, kept = {}, []
        for key, (id_, fields) in sorted(entries.items()):
            if (why := self.setting.keeps_on_delete(fields)) is None:
                drop[key] = id_
            else:
                kept.append(why)
        if kept:
            more = f" (and {len(kept) - 1} more likewise)" if len(kept) > 1 else ""
            resource.tell(f"{kept[0]}{more}", Severity.WARNING)
        return drop

    # read -------------------------------------------------------------------------------------------------

    @undisturbed()
    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entries: the collection's own, and in the modes that ask for others those too."""
        resource = self.resource(props)
        recorded, old_ids, mode = recorded_entries(props), recorded_ids(props), props.get(MODE)
        self.session.refreshed(resource.urn)
        # What nobody declared is looked for again: shown, and deleted by the next update, but not with the resource.
        found = look(resource, own(recorded, props), own(old_ids, props), recorded_map(props, STORED_AS))
        unmanaged: dict[str, Mapping[str, Any]] = {}
        if mode in {EXCLUSIVE, REPORT}:
            for text, entry in others_of_nobody(resource, ids={*found.ids.values()}, lasting=mode == REPORT):
                key = f"{text} (id {entry_id(entry)})" if text in found.entries else text
                unmanaged[key] = declarable(self.setting, entry)
                if mode == EXCLUSIVE:
                    found.entries[key], found.ids[key] = dict(unmanaged[key]), entry_id(entry)
        known = {*(props.get(UNMANAGED) or ())} if mode == EXCLUSIVE else set()
        new = {key: fields for key, fields in unmanaged.items() if key not in known}
        if (said := report(resource, recorded, found, new, prunes=mode == EXCLUSIVE)) is not None:
            resource.tell(said, Severity.WARNING)
        if (
            found.entries == recorded
            and found.ids == old_ids
            and sorted(unmanaged) == sorted(props.get(UNMANAGED) or ())
        ):
            return Read(id_, dict(props))
        outputs = {
            **props,
            ACCOUNT_ID: resource.listing.endpoint.account_id,
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
        resource = self.resource(props)
        entries: dict[str, dict[str, Any]] = {}
        ids: dict[str, str] = {}
        for key, entry in others(resource, lasting=True):
            called = f"{printable(self.setting.label(entry), 120)} (id {entry_id(entry)})"
            fields, problems = declarable_fields(self.setting, entry)
            if key != self.setting.key_text_of(entry):
                resource.say(f"{called} is left out: it exists more than once", Severity.WARNING)
            elif fields is None:
                resource.say(f"{called} is left out: {'; '.join(problems)}", Severity.WARNING)
            else:
                entries[key], ids[key] = fields, entry_id(entry)
                if problems:
                    why = "; ".join(problems)
                    resource.say(f"{called}: not declared, so left as it is — {why}", Severity.WARNING)
        inputs = {MODE: ADDITIVE, ACCOUNT_ID: resource.listing.endpoint.account_id, ENTRIES: to_record(entries)}
        return Read(id_, {**inputs, IDS: as_text(dict(sorted(ids.items())))}, inputs)
