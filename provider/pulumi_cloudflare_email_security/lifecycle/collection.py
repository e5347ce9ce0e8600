"""The lifecycle of many entries of one setting as one resource."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..client.endpoint import Entry, entry_id, unsupported
from ..client.envelope import printable
from ..client.errors import ConfigurationError, NoSuchRouteError, NotFoundError, SeveralMatchesError
from ..client.listing import Listing
from ..entries.declarable import declarable_fields
from ..model import places
from ..model.memory import undisturbed
from ..model.schema import Failure, has_unknown
from ..model.state import (
    ACCOUNT_ID,
    ADDITIVE,
    ADOPT,
    DECLARED_AT,
    DECLARED_BY,
    DEFAULTS,
    DELETE_LIMIT,
    ENTRIES,
    EXCLUSIVE,
    HAS_SECRETS,
    IDS,
    LET_GO,
    MODE,
    MOVES,
    PROVIDER_KEY,
    REPORT,
    STORED_AS,
    UNMANAGED,
    Entries,
    as_text,
    from_text,
    recorded_entries,
    recorded_ids,
    recorded_map,
    to_record,
)
from ..model.text import names, shown
from ..model.urn import resource_of
from ..session.voice import Severity
from .apply import Application, Held
from .base import Lifecycle
from .declared import check_entries
from .drift import Found, declarable, look, others, report
from .plan import FREE_DELETES, Existing, Plan, with_key
from .results import Checked, Created, Diff, Read, Updated

if TYPE_CHECKING:
    from ..review.assess import Change

MODES: Final = (ADDITIVE, EXCLUSIVE, REPORT)
_ARGUMENTS: Final = frozenset({ENTRIES, MODE, DELETE_LIMIT, ACCOUNT_ID, ADOPT, DEFAULTS})
#: What is passed without the program saying so.
_IMPLIED: Final = frozenset({DECLARED_BY, DECLARED_AT, HAS_SECRETS, MOVES, PROVIDER_KEY})
#: What outputs keep of the inputs.
_KEPT: Final = (ENTRIES, MODE, ADOPT, DECLARED_BY, DECLARED_AT, DELETE_LIMIT, HAS_SECRETS)
T = TypeVar("T")


class CollectionLifecycle(Lifecycle):
    """check, diff, create, read, update and delete for a map of entries by natural key."""

    # check ------------------------------------------------------------------------------------------------

    @undisturbed()
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate every entry, key the entries, say who has which, and put the brake on deletions.

        Shows the plan where `diff` will not be called: for a first apply, and for what is refused.
        """
        inputs, failures = self.check_common(news)
        news = {**news, ENTRIES: from_text(news.get(ENTRIES))}
        failures += self._check_options(news)
        inputs[MODE] = news.get(MODE, ADDITIVE)
        if DELETE_LIMIT in news:
            inputs[DELETE_LIMIT] = news[DELETE_LIMIT]
        if news.get(HAS_SECRETS):
            inputs[HAS_SECRETS] = True
        self.session.checked(self.owner(inputs))
        declared = news[ENTRIES]
        if not isinstance(declared, list | Mapping):
            inputs[ENTRIES] = declared
            return Checked(inputs, failures)
        before = recorded_entries(olds)
        found = check_entries(
            self.setting,
            declared,
            defaults=news.get(DEFAULTS),
            before=_own(before, olds),
            today=self.session.today(),
            places=places.in_order(news.get(DECLARED_AT), len(declared)),
            secret=_has_secrets(news),
        )
        for warning in found.warnings:
            self.tell(warning, inputs, Severity.WARNING)
        inputs[ENTRIES] = to_record(found.entries)
        inputs.pop(DECLARED_AT, None)
        if any(found.places.values()):
            inputs[DECLARED_AT] = places.encode({key: places.parse(found.places.get(key, "")) for key in found.entries})
        failures += found.failures
        if not failures and not has_unknown(inputs.get(ACCOUNT_ID)):
            exclusive = inputs[MODE] == EXCLUSIVE
            problem = self.declare(
                inputs,
                news,
                found.places,
                label=lambda key: self.setting.label(found.entries[key]),
                exclusive=exclusive,
            )
            if problem is not None:
                failures.append(Failure(ENTRIES, problem))
            elif self.is_elsewhere(olds, inputs):
                # The engine checks what comes instead by itself.
                self._review_gone(olds, inputs, failures)
            else:
                concerned = self._concerned(before, olds, inputs)
                self._review(olds, inputs, concerned, found.entries, found_places=found.places, failures=failures)
        return Checked(inputs, failures)

    def _check_options(self, news: Mapping[str, Any]) -> Iterator[Failure]:
        for name in news.keys() - _ARGUMENTS - _IMPLIED:
            yield Failure(name, f"unknown argument: there are {', '.join(sorted(_ARGUMENTS))}")
        mode = news.get(MODE, ADDITIVE)
        if not has_unknown(mode) and mode not in MODES:
            yield Failure(MODE, f"{shown(mode)} — must be one of {', '.join(MODES)}")
        limit = news.get(DELETE_LIMIT)
        if limit is not None and not has_unknown(limit) and not _is_percentage(limit):
            yield Failure(DELETE_LIMIT, "must be a whole number of percent, from 0 to 100")
        declared = news[ENTRIES]
        if declared is None:
            yield Failure(ENTRIES, "is required; no entries at all are an empty list")
        elif not isinstance(declared, list | Mapping) and not has_unknown(declared):
            what = "what is given (a secret)" if _has_secrets(news) else shown(declared)
            yield Failure(ENTRIES, f"must be a list or a map of entries, not {what}")

    def _review(
        self,
        olds: Mapping[str, Any],
        inputs: Mapping[str, Any],
        recorded: Entries,
        desired: Entries,
        *,
        found_places: Mapping[str, str],
        failures: list[Failure],
    ) -> None:
        """Refuse what `up` would refuse, and show the plan where nobody else will."""
        plan = None
        with self.verifying(inputs, failures):
            plan = self._plan(olds, inputs, recorded, desired)
            failures += self._missing(plan)
        if plan is None:
            # What exists could not be read: the rest of the plan can be told all the same.
            plan = Plan(setting=self.setting, before=recorded, desired=desired)
        if plan.refused:
            called = [f"{plan.label(key)} (id {plan.existing[key].id})" for key in plan.refused]
            failures.append(Failure(ENTRIES, self.refuse_existing(called)))
        failures += self._brake(plan, inputs.get(DELETE_LIMIT))
        if plan:
            self.judge(inputs, self._changes(plan, inputs, found_places), failures)
        self.stays(inputs, desired.values(), failures)
        if plan and (failures or not olds):
            self.tell(plan.report(self.owner(inputs), has_secrets=_has_secrets(olds, inputs)), inputs)

    def _review_gone(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what becomes of the entries in the account that the collection leaves for another."""
        was = {**inputs, ACCOUNT_ID: olds[ACCOUNT_ID]}
        recorded, resource = _own(recorded_entries(olds), olds), self.owner(inputs)
        leaving = self.left_to(olds, inputs, recorded)
        plan = Plan(setting=self.setting, before=recorded, desired={}, leaving=leaving)
        if plan:
            self.judge(was, self._changes(plan, was, {}), failures)
            where = f" in account {olds[ACCOUNT_ID]}"
            if len(plan.removed) > FREE_DELETES:
                brake = self._brake(plan, inputs.get(DELETE_LIMIT))
                failures += [Failure(one.path, f"{one.reason} (what the collection leaves{where})") for one in brake]
            self.tell(plan.report(resource, has_secrets=_has_secrets(olds, inputs), where=where), inputs)

    def _changes(self, plan: Plan, inputs: Mapping[str, Any], found_places: Mapping[str, str]) -> list[Change]:
        """What becomes of each entry that changes, for those who judge it. What moves does not change."""
        from ..review.assess import Change  # noqa: PLC0415  (where nothing changes nothing is judged)

        resource, secret = resource_of(self.owner(inputs)), _has_secrets(inputs)
        pairs: list[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]] = []
        for key in (*plan.added, *plan.changed, *plan.taken):
            existing = plan.existing[key].fields if key in plan.existing else None
            if isinstance(plan.desired[key], Mapping):
                pairs.append((key, plan.before.get(key, existing), plan.desired[key]))
        pairs += [(key, plan.before[key], None) for key in plan.removed]
        return [
            Change(
                setting=self.setting,
                key=plan.label(key),
                before=before,
                after=after,
                place=found_places.get(key, ""),
                resource=resource,
                secret=secret,
            )
            for key, before, after in pairs
        ]

    def _missing(self, plan: Plan) -> Iterator[Failure]:
        """What the create of new entries will lack."""
        for key in plan.added if self.configuration.verify else ():
            if not has_unknown(plan.desired[key]):
                for failure in self.setting.missing_at_preview(plan.desired[key]):
                    path = f".{failure.path}" if failure.path else ""
                    yield Failure(f'{ENTRIES}["{key}"]{path}', failure.reason)

    def _brake(self, plan: Plan, delete_limit: Any) -> Iterator[Failure]:
        """Why an update deletes too much. Without a limit that is known yet the next `up` decides."""
        try:
            limit = self.configuration.delete_limit(100 if has_unknown(delete_limit) else delete_limit)
        except ConfigurationError as error:
            yield Failure(DELETE_LIMIT, str(error))
        else:
            if refusal := plan.refusal(limit):
                yield Failure(DELETE_LIMIT, refusal)

    # The plan ---------------------------------------------------------------------------------------------

    def _plan(self, olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Entries, desired: Entries) -> Plan:
        """What an update does. Reads the list where something is new, or where all others are deleted."""
        exclusive = news.get(MODE) == EXCLUSIVE
        prunes = exclusive and olds.get(MODE) != EXCLUSIVE
        undeclared: Mapping[str, Mapping[str, Any]] = {}
        if prunes:
            listing = self.listing(self.account_of(news))
            keys = recorded.keys() | desired.keys()
            undeclared = {key: declarable(self.setting, entry) for key, entry in self._others(news, listing, keys=keys)}
        # A refresh compares with the inputs that the last one recorded, in which nobody declared them either.
        unmanaged = {*(olds.get(UNMANAGED) or ())} - {*(news.get(UNMANAGED) or ())} if exclusive else set()
        new = with_key(self.setting, {key: fields for key, fields in desired.items() if key not in recorded})
        ownership, resource = self.ownership(news), self.owner(news)
        looks = new and (self.configuration.verify or prunes) and not self.session.is_refreshing(resource)
        leaving = {
            key: other
            for key in recorded.keys() - desired.keys()
            if key not in unmanaged and (other := ownership.new_owner(resource, key)) is not None
        }
        return Plan(
            setting=self.setting,
            before={**undeclared, **recorded},
            desired=desired,
            existing=dict(self._existing(news, new)) if looks else {},
            leaving=leaving,
            abandoned=recorded_map(olds, LET_GO).keys() & ownership.moves(resource).abandoned,
            unmanaged={*unmanaged, *undeclared},
            prunes=prunes,
        )

    def _others(self, props: Mapping[str, Any], listing: Listing, **options: Any) -> list[tuple[str, Entry]]:
        """The unmanaged live entries: none that another resource of the stack holds, though a run leaves it out."""
        found = [*others(self.setting, listing, **options)]
        theirs = self.session.held_by_others(self.owner(props)) if found else frozenset()
        return [(key, entry) for key, entry in found if entry_id(entry) not in theirs]

    def _existing(self, props: Mapping[str, Any], new: Entries) -> Iterator[tuple[str, Existing]]:
        """The live entries with the keys of new ones."""
        listing = self.listing(self.account_of(props))
        adopts = self.adopts(props)
        for key, fields in self.may_exist(listing, new, props).items():
            try:
                entry = self.existing(listing, fields, props)
            except SeveralMatchesError as error:
                yield key, Existing(id=f"of several: {error}", fields={}, right=None)
                continue
            if entry is not None:
                right = self.right_to(props, fields, entry, adopts=adopts)
                right = None if self.setting.read_only(entry) else right
                live = self.as_found(declarable(self.setting, entry), fields, right)
                yield key, Existing(id=entry_id(entry), fields=live, right=right)

    def adopts(self, props: Mapping[str, Any]) -> bool:
        """Whether existing entries are adopted: in exclusive mode all of them are the collection's."""
        return super().adopts(props) or props.get(MODE) == EXCLUSIVE

    @staticmethod
    def _concerned(recorded: Entries, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Entries:
        """The recorded entries that an update concerns: those that nobody declared only in exclusive mode."""
        return recorded if news.get(MODE) == EXCLUSIVE else _own(recorded, olds)

    def _held(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Found, bool]:
        """The entries that an update concerns, and whether the last run did not end: then they are looked at."""
        recorded = self._concerned(recorded_entries(olds), olds, news)
        ids = {key: id_ for key, id_ in recorded_ids(olds).items() if key in recorded}
        props = news or olds
        if not self.notes(props).interrupted(self.owner(props)):
            return Found({**recorded}, ids), False
        return self._look(props, recorded, ids, olds), True

    def _look(
        self, props: Mapping[str, Any], recorded: Entries, ids: Mapping[str, str], olds: Mapping[str, Any]
    ) -> Found:
        listing = self.listing(self.account_of(props))
        stored_as = recorded_map(olds, STORED_AS)
        return look(
            self.setting, listing, recorded, ids, stored_as, notes=self.notes(props), resource=self.owner(props)
        )

    # diff -------------------------------------------------------------------------------------------------

    @undisturbed()
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare entry by entry, and show the plan."""
        del id_
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            return Diff(changes=True, replaces=[ACCOUNT_ID], changed={ACCOUNT_ID: "update"})
        desired = from_text(news.get(ENTRIES))
        if not isinstance(desired, Mapping):
            return Diff(changes=True, changed={ENTRIES: "update"})
        held, interrupted = self._held(olds, news)
        try:
            plan = self._plan(olds, news, held.entries, desired)
        except NoSuchRouteError as error:
            raise self._unsupported(news, error) from None
        ownership, resource = self.ownership(news), self.owner(news)
        lost = ownership.keep(resource, (id_ for key, id_ in held.ids.items() if key in desired))
        if not has_unknown(news.get(ENTRIES)):
            ownership.let_go(resource, (id_ for key, id_ in held.ids.items() if key not in desired))
        if interrupted:
            self.tell(f"{resource_of(resource)}: the last update did not end, so the live entries are looked at", news)
        if plan and not self.session.is_refreshing(resource):
            self.tell(plan.report(resource, has_secrets=_has_secrets(olds, news)), news)
        options = [
            name
            for name, differs in (
                (MODE, news.get(MODE, ADDITIVE) != olds.get(MODE, ADDITIVE)),
                (HAS_SECRETS, _has_secrets(news) != _has_secrets(olds)),
                (LET_GO, bool(ownership.moves(resource).abandoned)),
            )
            if differs
        ]
        changes = bool(plan or lost or options) or interrupted
        return Diff(changes=changes, changed={**plan.by_path(), **dict.fromkeys(options, "update")})

    # create, update, delete -------------------------------------------------------------------------------

    @undisturbed()
    def create(self, props: dict[str, Any]) -> Created:
        """Create what is missing; adopt what exists where that is allowed."""
        account_id = self.account_of(props)
        desired = recorded_entries(props)
        held, _ = self._held({}, props)
        drop = {key: held.ids[key] for key in held.entries.keys() - desired.keys()}
        outputs = self._apply(props, {}, desired, held={}, drop=drop, prunes=props.get(MODE) == EXCLUSIVE)
        return Created(f"{account_id}/{self.setting.collection}", outputs)

    @undisturbed()
    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""
        del id_
        found, _ = self._held(olds, news)
        try:
            return Updated(self._update(olds, news, found))
        except NoSuchRouteError as error:
            return Updated(self._update(olds, news, self._found_anew(olds, news, error)))

    def _update(self, olds: Mapping[str, Any], news: Mapping[str, Any], found: Found) -> dict[str, Any]:
        """Bring the entries that were found to the desired ones; returns the outputs."""
        desired = recorded_entries(news)
        ownership, resource = self.ownership(news), self.owner(news)
        both = sorted(desired.keys() & found.ids.keys() & found.entries.keys())
        held = {
            key: Held(found.ids[key], self._with_new_fields(news, found.ids[key], desired[key], found.entries[key]))
            for key in both
        }
        let_go = recorded_map(olds, LET_GO)
        gone = {key: id_ for key, id_ in found.ids.items() if key not in desired}
        leaving = {key: id_ for key, id_ in gone.items() if ownership.new_owner(resource, key) is not None}
        abandoned = self._still_there(news, let_go, ownership.moves(resource).abandoned)
        drop = self._deletable(
            news, {key: (id_, found.entries.get(key, {})) for key, id_ in gone.items() if key not in leaving}
        )
        exclusive = news.get(MODE) == EXCLUSIVE and olds.get(MODE, ADDITIVE) != EXCLUSIVE
        outputs = self._apply(news, olds, desired, held=held, drop={**drop, **abandoned}, prunes=exclusive)
        # Until its new owner has it in state, the entry is known here: whatever happens it is not forgotten.
        left = {key: id_ for key, id_ in let_go.items() if key not in ownership.moves(resource).abandoned} | leaving
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
        entry = self.listing(self.account_of(props)).shown(id_)
        live = self.setting.live(entry, read=True) if entry else {}
        return {**{name: value for name, value in live.items() if name in new}, **recorded}

    def _found_anew(self, olds: Mapping[str, Any], news: Mapping[str, Any], error: NoSuchRouteError) -> Found:
        """The entries by their keys, where the API cannot route the recorded ids; else raises the error.

        The ids of the 2025 contract are numbers, those of the 2026 contract UUIDs.
        """
        if not error.request.startswith(("GET", "PATCH", "DELETE")) or error.request.endswith(self.setting.collection):
            raise error
        props = news or olds
        self.listing(self.account_of(props)).drop()
        recorded = self._concerned(recorded_entries(olds), olds, news)
        ids = {key: id_ for key, id_ in recorded_ids(olds).items() if key in recorded}
        return self._look(props, recorded, ids, olds)

    def _still_there(
        self, props: Mapping[str, Any], let_go: Mapping[str, str], abandoned: Collection[str]
    ) -> dict[str, str]:
        """The ids of abandoned entries; one that its owner has renamed since is no longer the entry that was let go."""
        listing = self.listing(self.account_of(props))
        found = {}
        for key in let_go.keys() & abandoned:
            with contextlib.suppress(NotFoundError, NoSuchRouteError):
                if self.setting.key_text_of(listing.get(let_go[key])) == key:
                    found[key] = let_go[key]
        return found

    @undisturbed()
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the collection's own entries; what is gone already is as good as deleted."""
        del id_
        found, _ = self._held(props, {})
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
        if called := [f"{key} (id {id_})" for key, id_ in sorted(left.items())]:
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
        listing = self.listing(self.account_of(props))
        ownership, notes, resource = self.ownership(props), self.notes(props), self.owner(props)
        lost = ownership.keep(resource, (one.id for one in held.values()))
        held = {key: one for key, one in held.items() if one.id not in lost}
        try:
            if prunes:
                ids_known = {one.id for one in held.values()} | {*drop.values()}
                undeclared = self._others(props, listing, ids=ids_known, keys=desired.keys() - held.keys())
                drop |= {self._free(key, drop): entry_id(entry) for key, entry in undeclared}
            stored_as = {key: dict(pairs) for key, pairs in recorded_map(olds, STORED_AS).items() if key in desired}
            application = Application(
                self.setting,
                listing,
                ownership,
                notes,
                _Rights(self, props),
                resource,
                desired,
                held,
                dict(drop),
                stored_as,
                _has_secrets(props, olds),
            )
            ids = application.run()
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        ownership.keep(resource, ids.values())
        notes.forget(resource, drop.keys() - application.spared)
        return {
            **{name: props[name] for name in _KEPT if props.get(name) is not None},
            ACCOUNT_ID: listing.endpoint.account_id,
            IDS: as_text(dict(sorted(ids.items()))),
            **({STORED_AS: as_text(stored_as)} if stored_as else {}),
        }

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
        listing = self.listing(self.account_of(props))
        recorded, old_ids = recorded_entries(props), recorded_ids(props)
        # What nobody declared is looked for again: shown, and deleted by the next update, but not with the resource.
        ours, our_ids = _own(recorded, props), _own(old_ids, props)
        self.session.refreshed(self.owner(props))
        try:
            found = self._look(props, ours, our_ids, props)
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        unmanaged: dict[str, Mapping[str, Any]] = {}
        if props.get(MODE) in {EXCLUSIVE, REPORT}:
            lasting = props.get(MODE) == REPORT
            for text, entry in self._others(props, listing, ids={*found.ids.values()}, lasting=lasting):
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
            secret=_has_secrets(props),
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
        listing = self.listing(self.account_of(props))
        name = resource_of(self.owner(props))
        entries: dict[str, dict[str, Any]] = {}
        ids: dict[str, str] = {}
        try:
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
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        inputs = {MODE: ADDITIVE, ACCOUNT_ID: listing.endpoint.account_id, ENTRIES: to_record(entries)}
        return Read(id_, {**inputs, IDS: as_text(dict(sorted(ids.items())))}, inputs)


@dataclass(frozen=True, slots=True)
class _Rights:
    """What an application asks of its collection."""

    lifecycle: CollectionLifecycle
    props: Mapping[str, Any]

    def existing(self, listing: Listing, fields: Mapping[str, Any]) -> Entry | None:
        """The live entry with the natural key of desired fields."""
        return self.lifecycle.existing(listing, fields, self.props)

    def may_exist(self, listing: Listing, new: Entries) -> Entries:
        """Those of new entries that may exist."""
        return self.lifecycle.may_exist(listing, new, self.props)

    def is_awaited(self, fields: Mapping[str, Any]) -> bool:
        """Whether an entry moves here of which only the list can tell the id."""
        return self.lifecycle.is_awaited(fields, self.props)

    def right(self, fields: Mapping[str, Any], entry: Entry, *, ours: bool) -> str | None:
        """Why it may be taken, or None."""
        return self.lifecycle.right_to(self.props, fields, entry, adopts=self.lifecycle.adopts(self.props), ours=ours)

    def refuse_existing(self, called: list[str]) -> str:
        """Why entries that exist are not taken."""
        return self.lifecycle.refuse_existing(called)

    def tell(self, message: str, *, warning: bool = False) -> None:
        """Tell the person who runs the deployment something."""
        name = resource_of(self.lifecycle.owner(self.props))
        severity = Severity.WARNING if warning else Severity.INFO
        self.lifecycle.tell(f"{name}: {message}", self.props, severity)


def _own(by_key: Mapping[str, T], props: Mapping[str, Any]) -> Mapping[str, T]:
    """What is recorded by key, without what a refresh found and nobody declared."""
    unmanaged = {*(props.get(UNMANAGED) or ())} if props.get(MODE) == EXCLUSIVE else set()
    return {key: value for key, value in by_key.items() if key not in unmanaged} if unmanaged else by_key


def _has_secrets(*props: Mapping[str, Any]) -> bool:
    return any(each.get(HAS_SECRETS) for each in props)


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100 and value == int(value)
