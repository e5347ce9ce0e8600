"""What an update of a collection does, told before it is done: its check and diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..client.errors import ConfigurationError, SeveralMatchesError
from ..client.listing import Listing
from ..client.pages import Entry, entry_id
from ..model import places
from ..model.days import day
from ..model.memory import undisturbed
from ..model.names import resource_of
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
    EXPIRES,
    HAS_SECRETS,
    LET_GO,
    MODE,
    MODES,
    MOVES,
    PROVIDER_KEY,
    STORED_AS,
    UNMANAGED,
    Entries,
    from_text,
    recorded_entries,
    recorded_map,
    to_record,
)
from ..model.text import names, shown
from ..session.voice import Severity
from .base import Lifecycle
from .declared import check_entries
from .drift import Found, declarable, look, others
from .plan import FREE_DELETES, Existing, Plan, with_key
from .results import Checked, Diff
from .rights import as_found, refuse_existing

if TYPE_CHECKING:
    from ..review.findings import Change

_ARGUMENTS: Final = frozenset({ENTRIES, MODE, DELETE_LIMIT, ACCOUNT_ID, ADOPT, DEFAULTS})
#: What is passed without the program saying so.
_IMPLIED: Final = frozenset({DECLARED_BY, DECLARED_AT, HAS_SECRETS, MOVES, PROVIDER_KEY})
T = TypeVar("T")


class CollectionPreview(Lifecycle):
    """check and diff for a map of entries by natural key."""

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
            before=own(before, olds),
            today=self.session.today(),
            places=places.decode(news.get(DECLARED_AT), len(declared)),
            secret=has_secrets(news),
        )
        for warning in found.warnings:
            self.tell(warning, inputs, Severity.WARNING)
        # The same entries are the same text, and who compares the two need not read both.
        same = isinstance(olds.get(ENTRIES), str) and found.entries == before
        inputs[ENTRIES] = olds[ENTRIES] if same else to_record(found.entries)
        one_place = places.parse(str(inputs.get(DECLARED_AT)))
        if one_place is None and inputs.pop(DECLARED_AT, None) and any(found.places.values()):
            # From the order of the program to that of the keys.
            inputs[DECLARED_AT] = places.encode(places.parse(found.places.get(key, "")) for key in found.entries)
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
                concerned = self.concerned(before, olds, inputs)
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
            what = "what is given (a secret)" if has_secrets(news) else shown(declared)
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
        with self.verifying(failures):
            plan = self._plan(olds, inputs, recorded, desired)
            failures += self._missing(plan)
        if plan is None:
            # What exists could not be read: the rest of the plan can be told all the same.
            plan = Plan(setting=self.setting, before=recorded, desired=desired)
        if plan.refused:
            called = [f"{plan.label(key)} (id {plan.existing[key].id})" for key in plan.refused]
            failures.append(Failure(ENTRIES, refuse_existing(called)))
        failures += self._brake(plan, inputs.get(DELETE_LIMIT))
        if plan:
            self.judge(inputs, self._changes(plan, inputs, found_places), failures, of=plan.now)
        self.stays(inputs, desired.values(), failures)
        if plan and (failures or not olds):
            self.tell(plan.report(self.owner(inputs), has_secrets=has_secrets(olds, inputs)), inputs)

    def _review_gone(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what becomes of the entries in the account that the collection leaves for another."""
        was = {**inputs, ACCOUNT_ID: olds[ACCOUNT_ID]}
        recorded, resource = own(recorded_entries(olds), olds), self.owner(inputs)
        leaving = self.left_to(olds, inputs, recorded)
        plan = Plan(setting=self.setting, before=recorded, desired={}, leaving=leaving)
        if plan:
            self.judge(was, self._changes(plan, was, {}), failures, of=plan.now)
            where = f" in account {olds[ACCOUNT_ID]}"
            if len(plan.removed) > FREE_DELETES:
                brake = self._brake(plan, inputs.get(DELETE_LIMIT))
                failures += [Failure(one.path, f"{one.reason} (what the collection leaves{where})") for one in brake]
            self.tell(plan.report(resource, has_secrets=has_secrets(olds, inputs), where=where), inputs)

    def _changes(self, plan: Plan, inputs: Mapping[str, Any], found_places: Mapping[str, str]) -> list[Change]:
        """What becomes of each entry that changes, for those who judge it. What moves does not change."""
        from ..review.findings import Change  # noqa: PLC0415  (where nothing changes nothing is judged)

        resource, secret = resource_of(self.owner(inputs)), has_secrets(inputs)
        here = str(inputs.get(DECLARED_AT) or "")
        here = here if places.parse(here) else ""
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
                place=found_places.get(key) or here,
                resource=resource,
                secret=secret,
            )
            for key, before, after in pairs
        ]

    def _missing(self, plan: Plan) -> Iterator[Failure]:
        """What the create of new entries will lack."""
        for key in plan.added if self.configuration.verify else ():
            if not has_unknown(plan.desired[key]) and (why := self.setting.incomplete(plan.desired[key])):
                yield Failure(f'{ENTRIES}["{key}"]', why)

    def _brake(self, plan: Plan, delete_limit: Any) -> Iterator[Failure]:
        """Why an update deletes too much. Without a limit that is known yet the next `up` decides."""
        try:
            limit = self.configuration.delete_limit(100 if has_unknown(delete_limit) else delete_limit)
        except ConfigurationError as error:
            yield Failure(DELETE_LIMIT, str(error))
        else:
            today = self.session.today()
            ended = {key for key in plan.removed if (last := plan.before[key].get(EXPIRES)) and day(last) <= today}
            if refusal := plan.refusal(limit, ended=ended):
                yield Failure(DELETE_LIMIT, refusal)

    # The plan ---------------------------------------------------------------------------------------------

    def _plan(self, olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Entries, desired: Entries) -> Plan:
        """What an update does. Reads the list where something is new, or where all others are deleted."""
        exclusive = news.get(MODE) == EXCLUSIVE
        prunes = exclusive and olds.get(MODE) != EXCLUSIVE
        undeclared: Mapping[str, Mapping[str, Any]] = {}
        if prunes:
            listing = self.listing(news)
            keys = recorded.keys() | desired.keys()
            undeclared = {key: declarable(self.setting, entry) for key, entry in self.others(news, listing, keys=keys)}
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
        kept = self.setting.keeps_on_delete({}) is not None
        return Plan(
            setting=self.setting,
            before={**undeclared, **recorded},
            desired=desired,
            existing=dict(self._existing(news, new)) if looks else {},
            leaving=leaving,
            abandoned=() if kept else recorded_map(olds, LET_GO).keys() & ownership.moves(resource).abandoned,
            unmanaged={*unmanaged, *undeclared},
            prunes=prunes,
        )

    def others(self, props: Mapping[str, Any], listing: Listing, **options: Any) -> list[tuple[str, Entry]]:
        """The unmanaged live entries: none that another resource of the stack holds, though a run leaves it out."""
        found, resource = others(self.setting, listing, **options), self.owner(props)
        holders = ((key, entry, self.holders(props, entry_id(entry))) for key, entry in found)
        return [
            (key, entry)
            for key, entry, known in holders
            if not any(one.resource != resource and not one.replaced for one in known)
        ]

    def _existing(self, props: Mapping[str, Any], new: Entries) -> Iterator[tuple[str, Existing]]:
        """The live entries with the keys of new ones."""
        listing = self.listing(props)
        rights = self.rights(props)
        for key, fields in rights.may_exist(listing, new).items():
            try:
                entry = rights.existing(listing, fields)
            except SeveralMatchesError as error:
                yield key, Existing(id=f"of several: {error}", fields={}, right=None)
                continue
            if entry is not None and not rights.is_given_up(fields, entry):
                right = rights.to_take(fields, entry)
                right = None if self.setting.read_only(entry) else right
                live = as_found(self.setting, declarable(self.setting, entry), fields, right)
                yield key, Existing(id=entry_id(entry), fields=live, right=right)

    def adopts(self, props: Mapping[str, Any]) -> bool:
        """Whether existing entries are adopted: in exclusive mode all of them are the collection's."""
        return super().adopts(props) or props.get(MODE) == EXCLUSIVE

    @staticmethod
    def concerned(recorded: Entries, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Entries:
        """The recorded entries that an update concerns: those that nobody declared only in exclusive mode."""
        return recorded if news.get(MODE) == EXCLUSIVE else own(recorded, olds)

    def held(self, olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Found) -> tuple[Found, bool]:
        """The entries that an update concerns, and whether the last run did not end: then they are looked at."""
        entries = self.concerned(recorded.entries, olds, news)
        ids = {key: id_ for key, id_ in recorded.ids.items() if key in entries}
        props = news or olds
        if not self.notes(props).interrupted(self.owner(props)):
            return Found({**entries}, ids), False
        return self.look(props, entries, ids, olds), True

    def look(
        self, props: Mapping[str, Any], recorded: Entries, ids: Mapping[str, str], olds: Mapping[str, Any]
    ) -> Found:
        """The recorded entries as they are now."""
        listing = self.listing(props)
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
        recorded, record = Found.recorded(olds), news.get(ENTRIES)
        desired = recorded.entries if isinstance(record, str) and record == olds.get(ENTRIES) else from_text(record)
        if not isinstance(desired, Mapping):
            return Diff(changes=True, changed={ENTRIES: "update"})
        held, interrupted = self.held(olds, news, recorded)
        plan = self._plan(olds, news, held.entries, desired)
        ownership, resource = self.ownership(news), self.owner(news)
        self.notes(news).recorded(resource, recorded.ids)
        moves = ownership.moves(resource)
        lost = ownership.keep(resource, (id_ for key, id_ in held.ids.items() if key in desired))
        if not has_unknown(news.get(ENTRIES)):
            ownership.let_go(resource, (id_ for key, id_ in held.ids.items() if key not in desired))
        if interrupted:
            self.tell(f"{resource_of(resource)}: the last update did not end, so the live entries are looked at", news)
        if (left := moves.settled | moves.abandoned) and not plan:
            self.tell(f"{resource_of(resource)}: nothing to send; {names(sorted(left))} left before", news)
        if plan and not self.session.is_refreshing(resource):
            self.tell(plan.report(resource, has_secrets=has_secrets(olds, news)), news)
        options = [
            name
            for name, differs in (
                (MODE, news.get(MODE, ADDITIVE) != olds.get(MODE, ADDITIVE)),
                (HAS_SECRETS, has_secrets(news) != has_secrets(olds)),
                (LET_GO, bool(moves.abandoned or moves.settled)),
            )
            if differs
        ]
        changes = bool(plan or lost or options) or interrupted
        return Diff(changes=changes, changed={**plan.by_path(), **dict.fromkeys(options, "update")})


def own(by_key: Mapping[str, T], props: Mapping[str, Any]) -> Mapping[str, T]:
    """What is recorded by key, without what a refresh found and nobody declared."""
    unmanaged = {*(props.get(UNMANAGED) or ())} if props.get(MODE) == EXCLUSIVE else set()
    return {key: value for key, value in by_key.items() if key not in unmanaged} if unmanaged else by_key


def has_secrets(*props: Mapping[str, Any]) -> bool:
    """Whether inputs or outputs hold secrets among their entries."""
    return any(each.get(HAS_SECRETS) for each in props)


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100 and value == int(value)
