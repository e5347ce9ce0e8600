"""The lifecycle of many entries of one setting as one resource."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeVar

from ..client.endpoint import entry_id, unsupported
from ..client.errors import ConfigurationError, NoSuchRouteError
from ..client.listing import Listing
from ..model.fields import shown
from ..model.schema import Failure, has_unknown
from ..model.state import (
    ENTRIES,
    HAS_SECRETS,
    IDS,
    Entries,
    as_text,
    from_text,
    recorded_entries,
    recorded_ids,
    to_record,
)
from .apply import Application, Held
from .base import ACCOUNT_ID, ADOPT, DECLARED_BY, PROVIDER_KEY, Lifecycle
from .declared import DEFAULTS, check_entries
from .drift import declarable, others, refreshed
from .results import Checked, Created, Diff, Read, Updated
from .review import Review, review

MODE: Final = "mode"
DELETE_LIMIT: Final = "delete_limit"
#: The entries that a refresh in exclusive mode found and nobody declared, by key text.
UNMANAGED: Final = "unmanaged"
ADDITIVE: Final = "additive"
EXCLUSIVE: Final = "exclusive"
MODES: Final = (ADDITIVE, EXCLUSIVE)
_ARGUMENTS: Final = frozenset({ENTRIES, MODE, DELETE_LIMIT, ACCOUNT_ID, ADOPT})
#: What is passed without the program saying so.
_IMPLIED: Final = frozenset({DECLARED_BY, HAS_SECRETS, PROVIDER_KEY})
T = TypeVar("T")


class CollectionLifecycle(Lifecycle):
    """check, diff, create, read, update and delete for a map of entries by natural key."""

    # check ------------------------------------------------------------------------------------------------

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> Checked:
        """Validate every entry, key the entries, and put the brake on deletions.

        Shows the changes where `diff` will not be called: for a first apply, and for what is refused.
        """
        checked, failures = self.check_common(news)
        news = {**news, ENTRIES: from_text(news.get(ENTRIES))}
        failures += self._check_options(news)
        checked[MODE] = news.get(MODE, ADDITIVE)
        if DELETE_LIMIT in news:
            checked[DELETE_LIMIT] = news[DELETE_LIMIT]
        if news.get(HAS_SECRETS):
            checked[HAS_SECRETS] = True
        declared = news[ENTRIES]
        if not isinstance(declared, list | Mapping):
            checked[ENTRIES] = declared
            return Checked(checked, failures)
        before = recorded_entries(olds)
        entries, wrong = check_entries(
            self.setting, declared, before=_own(before, olds), today=self.session.today(), tell=self.tell
        )
        checked[ENTRIES] = to_record(entries)
        failures += wrong
        if not failures and not has_unknown(checked.get(ACCOUNT_ID)):
            listing = self.listing(checked[ACCOUNT_ID])
            try:
                failures += self._missing(listing, before, entries)
            except NoSuchRouteError as error:
                raise unsupported(error, listing.endpoint) from None
            if not failures:
                found = self._review(olds, checked, self._concerned(before, olds, checked), entries)
                failures += self._refusal(found, checked.get(DELETE_LIMIT))
                if found.changes and (failures or not olds):
                    self.tell(found.report(has_secrets=_has_secrets(olds, checked)))
        return Checked(checked, failures)

    def _check_options(self, news: Mapping[str, Any]) -> Iterator[Failure]:
        for name in news.keys() - _ARGUMENTS - _IMPLIED:
            yield Failure(name, f"unknown argument: there are {', '.join(sorted({*_ARGUMENTS, DEFAULTS}))}")
        mode = news.get(MODE, ADDITIVE)
        if not has_unknown(mode) and mode not in MODES:
            yield Failure(MODE, f"{shown(mode)} — must be one of {', '.join(MODES)}")
        limit = news.get(DELETE_LIMIT)
        if limit is not None and not has_unknown(limit) and not _is_percentage(limit):
            yield Failure(DELETE_LIMIT, "must be a whole number of percent, from 0 to 100")
        declared = news[ENTRIES]
        if declared is None:
            yield Failure(ENTRIES, "is required; no entries at all are an empty list")
        elif not has_unknown(declared) and not isinstance(declared, list | Mapping):
            yield Failure(ENTRIES, f"must be a list or a map of entries, not {shown(declared)}")

    def _missing(self, listing: Listing, before: Entries, entries: Entries) -> list[Failure]:
        """What the create of new entries will lack."""
        return [
            Failure(f'{ENTRIES}["{key}"].{failure.path}', failure.reason)
            for key, fields in entries.items()
            if key not in before and not has_unknown(fields)
            for failure in self.setting.missing_at_preview(listing, fields)
        ]

    def _review(self, olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Entries, declared: Entries) -> Review:
        """What an update does. Reads the list only where entries may be taken over, or all others are deleted."""
        exclusive = news.get(MODE) == EXCLUSIVE
        try:
            return review(
                self.setting,
                recorded,
                declared,
                lambda: self.listing(self.account_of(news)),
                # A refresh compares with the inputs that the last one recorded, in which nobody declared them either.
                unmanaged={*(olds.get(UNMANAGED) or ())} - {*(news.get(UNMANAGED) or ())},
                takes_over=exclusive or self.adopts(news),
                sweeps=exclusive and olds.get(MODE) != EXCLUSIVE,
            )
        except NoSuchRouteError as error:
            raise unsupported(error, self.listing(self.account_of(news)).endpoint) from None

    def _refusal(self, found: Review, delete_limit: Any) -> Iterator[Failure]:
        """Why an update deletes too much. Without a limit that is known yet the next `up` decides."""
        # Named by the limit: the engine prints the value of the property, and the entries would fill the screen.
        try:
            limit = self.configuration.delete_limit(100 if has_unknown(delete_limit) else delete_limit)
        except ConfigurationError as error:
            yield Failure(DELETE_LIMIT, str(error))
        else:
            if refusal := found.refusal(limit):
                yield Failure(DELETE_LIMIT, refusal)

    @staticmethod
    def _concerned(recorded: Entries, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Entries:
        """The recorded entries that an update concerns: those that nobody declared only in exclusive mode."""
        return recorded if news.get(MODE) == EXCLUSIVE else _own(recorded, olds)

    def _held(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Entries, dict[str, str], bool]:
        """The entries that an update concerns and their ids, and whether the last run did not end.

        They are as recorded, or then as live.
        """
        recorded = self._concerned(recorded_entries(olds), olds, news)
        ids = {key: id_ for key, id_ in recorded_ids(olds).items() if key in recorded}
        journal = self.journal(news or olds)
        if journal.interrupted() is None:
            return recorded, ids, False
        listing = self.listing(self.account_of(news or olds))
        live = {entry_id(entry): entry for entry in listing.all()}
        return *refreshed(self.setting, recorded, ids, live, journal), True

    # diff -------------------------------------------------------------------------------------------------

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare entry by entry, and show what changes."""
        del id_
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            return Diff(changes=True, replaces=[ACCOUNT_ID], changed={ACCOUNT_ID: "update"})
        declared = from_text(news.get(ENTRIES))
        if not isinstance(declared, Mapping):
            return Diff(changes=True, changed={ENTRIES: "update"})
        recorded, ids, interrupted = self._held(olds, news)
        found = self._review(olds, news, recorded, declared)
        custody = self.custody(olds)
        lost = custody.keep((id_ for key, id_ in ids.items() if key in declared), self.owner(olds))
        if not has_unknown(declared):
            custody.let_go(id_ for key, id_ in ids.items() if key not in declared)
        if interrupted:
            self.tell(f"{self.setting.collection}: the last update did not end, so the live entries are looked at")
        if found.changes:
            self.tell(found.report(has_secrets=_has_secrets(olds, news)))
        mode = news.get(MODE, ADDITIVE) != olds.get(MODE, ADDITIVE)
        secrets = _has_secrets(news) != _has_secrets(olds)
        changed = found.changes.by_path() | ({MODE: "update"} if mode else {})
        return Diff(changes=bool(changed or lost) or secrets or interrupted, changed=changed)

    # create, update, delete -------------------------------------------------------------------------------

    def create(self, props: dict[str, Any]) -> Created:
        """Create what is missing; take over what exists where that is allowed."""
        account_id = self.account_of(props)
        declared = recorded_entries(props)
        entries, ids, _ = self._held({}, props)
        drop = {key: ids[key] for key in entries.keys() - declared.keys()}
        ids = self._apply(props, declared, held={}, drop=drop, sweep=props.get(MODE) == EXCLUSIVE)
        return Created(f"{account_id}/{self.setting.collection}", self._outputs(props, ids))

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Updated:
        """Send what changed, and only that."""
        del id_
        declared = recorded_entries(news)
        recorded, ids, _ = self._held(olds, news)
        held = {key: Held(ids[key], recorded[key]) for key in sorted(declared.keys() & ids.keys() & recorded.keys())}
        drop = self._deletable({key: (ids[key], recorded.get(key, {})) for key in ids.keys() - declared.keys()})
        exclusive = news.get(MODE) == EXCLUSIVE and olds.get(MODE, ADDITIVE) != EXCLUSIVE
        return Updated(self._outputs(news, self._apply(news, declared, held=held, drop=drop, sweep=exclusive)))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Delete the collection's own entries; what is gone already is as good as deleted."""
        del id_
        entries, ids, _ = self._held(props, {})
        drop = self._deletable({key: (ids[key], entries.get(key, {})) for key in ids})
        if drop:
            self._apply(props, {}, held={}, drop=drop, sweep=False)

    def _apply(
        self,
        props: Mapping[str, Any],
        declared: Entries,
        *,
        held: dict[str, Held],
        drop: dict[str, str],
        sweep: bool,
    ) -> dict[str, str]:
        """Bring the live entries to the declared ones; `sweep` deletes what exclusive mode does not allow."""
        listing = self.listing(self.account_of(props))
        custody, journal = self.custody(props), self.journal(props)
        lost = custody.keep((one.id for one in held.values()), self.owner(props))
        held = {key: one for key, one in held.items() if one.id not in lost}
        try:
            if sweep:
                ids_known = {one.id for one in held.values()} | {*drop.values()}
                undeclared = others(self.setting, listing, ids=ids_known, keys=declared.keys() - held.keys())
                drop |= {self._free(key, drop): entry_id(entry) for key, entry in undeclared}
            application = Application(
                self.setting,
                listing,
                custody,
                journal,
                declared,
                held,
                dict(drop),
                takes_over=self.adopts(props) or props.get(MODE) == EXCLUSIVE,
                tell=self.tell,
            )
            ids = application.run()
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        journal.forget(drop.keys() - application.spared)
        return ids

    @staticmethod
    def _free(key: str, taken: Collection[str]) -> str:
        """A key text that is not taken: a twin of an entry that is deleted too stands beside it."""
        return f"{key} (again)" if key in taken else key

    def _deletable(self, entries: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
        """The ids to delete; entries that a delete leaves as they are are named to the user."""
        drop, kept = {}, []
        for key, (id_, fields) in sorted(entries.items()):
            if (why := self.setting.keeps_on_delete(fields)) is None:
                drop[key] = id_
            else:
                kept.append(why)
        if kept:
            self.tell(kept[0] if len(kept) == 1 else f"{kept[0]} (and {len(kept) - 1} more likewise)")
        return drop

    # read -------------------------------------------------------------------------------------------------

    def read(self, id_: str, props: dict[str, Any]) -> Read:
        """Read the live entries: the collection's own, and in exclusive mode all there are."""
        listing = self.listing(self.account_of(props))
        try:
            live = {entry_id(entry): entry for entry in listing.all()}
        except NoSuchRouteError as error:
            raise unsupported(error, listing.endpoint) from None
        recorded, old_ids = recorded_entries(props), recorded_ids(props)
        # What nobody declared is looked for anew: shown, and deleted by the next update, but not with the resource.
        ours, our_ids = _own(recorded, props), _own(old_ids, props)
        entries, ids = refreshed(self.setting, ours, our_ids, live, self.journal(props))
        unmanaged: list[str] = []
        if props.get(MODE) == EXCLUSIVE:
            for text, entry in others(self.setting, listing, ids={*ids.values()}):
                key = f"{text} (id {entry_id(entry)})" if text in entries else text
                entries[key] = declarable(self.setting, entry)
                ids[key] = entry_id(entry)
                unmanaged.append(key)
        if entries == recorded and ids == old_ids:
            return Read(id_, dict(props))
        outputs = {
            **props,
            ACCOUNT_ID: listing.endpoint.account_id,
            ENTRIES: to_record(entries),
            IDS: as_text(dict(sorted(ids.items()))),
            UNMANAGED: sorted(unmanaged) or None,
        }
        inputs: dict[str, Any] = {
            name: outputs[name]
            for name in (ENTRIES, MODE, ACCOUNT_ID, ADOPT, DECLARED_BY, DELETE_LIMIT, HAS_SECRETS, UNMANAGED)
            if outputs.get(name) is not None
        }
        return Read(id_, outputs, inputs)

    def _outputs(self, props: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        kept = (ENTRIES, MODE, ADOPT, DECLARED_BY, DELETE_LIMIT, HAS_SECRETS)
        return {
            **{name: props[name] for name in kept if props.get(name) is not None},
            ACCOUNT_ID: self.account_of(props),
            IDS: as_text(dict(sorted(ids.items()))),
        }


def _own(by_key: Mapping[str, T], props: Mapping[str, Any]) -> Mapping[str, T]:
    """What is recorded by key, without what a refresh found and nobody declared."""
    unmanaged = {*(props.get(UNMANAGED) or ())}
    return {key: value for key, value in by_key.items() if key not in unmanaged} if unmanaged else by_key


def _has_secrets(*props: Mapping[str, Any]) -> bool:
    return any(each.get(HAS_SECRETS) for each in props)


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100 and value == int(value)
