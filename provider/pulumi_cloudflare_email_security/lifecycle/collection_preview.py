"""What an update of a collection does, told before it is done: its check and diff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from ..client.errors import ConfigurationError, RequestError, SeveralMatchesError
from ..client.pages import entry_id
from ..model import places
from ..model.days import day
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
    recorded_ids,
    recorded_map,
    to_record,
)
from ..model.text import cut, names, shown
from ..session.voice import Severity
from .base import Change, Checked, Diff, Lifecycle
from .compare import declarable, with_steering
from .declared import check_entries
from .drift import Found, look, others_of_nobody
from .plan import FREE_DELETES, Existing, Plan, with_key
from .resource import Resource, refuse_existing

_ARGUMENTS: Final = frozenset({ENTRIES, MODE, DELETE_LIMIT, ACCOUNT_ID, ADOPT, DEFAULTS})
#: What is passed without the program saying so.
_IMPLIED: Final = frozenset({DECLARED_BY, DECLARED_AT, HAS_SECRETS, MOVES, PROVIDER_KEY})
#: So many entries that cannot be taken are told one by one.
_MOST_PROBLEMS: Final = 20
T = TypeVar("T")


class CollectionPreview(Lifecycle):
    """check and diff for a map of entries by natural key."""

    def resource(self, props: Mapping[str, Any]) -> Resource:
        """A collection as these inputs or outputs have it; in exclusive mode all that exists is its own."""
        takes_all = props.get(MODE) == EXCLUSIVE
        return Resource(self.setting, self.session, self.configuration, props, takes_all=takes_all)

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
        resource = self.resource(inputs)
        self.session.checked(resource.urn)
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
            secret=resource.secret,
        )
        for warning in found.warnings:
            resource.tell(warning, Severity.WARNING)
        # The same entries are the same text, and who compares the two need not read both.
        same = isinstance(olds.get(ENTRIES), str) and found.entries == before
        inputs[ENTRIES] = olds[ENTRIES] if same else to_record(found.entries)
        one_place = places.parse(str(inputs.get(DECLARED_AT)))
        if one_place is None and inputs.pop(DECLARED_AT, None) and any(found.places.values()):
            # From the order of the program to that of the keys.
            inputs[DECLARED_AT] = places.encode(places.parse(found.places.get(key, "")) for key in found.entries)
        failures += found.failures
        if not failures and not has_unknown(inputs.get(ACCOUNT_ID)):
            problem = self.declare(
                resource,
                news.get(MOVES),
                found.places,
                label=lambda key: self.setting.label(found.entries[key]),
                exclusive=inputs[MODE] == EXCLUSIVE,
            )
            if problem is not None:
                failures.append(Failure(ENTRIES, problem))
            elif resource.is_elsewhere(olds):
                # The engine checks what comes instead by itself.
                self._review_gone(resource, olds, failures)
            else:
                concerned = self.concerned(before, olds, inputs)
                self._review(resource, olds, concerned, found.entries, found_places=found.places, failures=failures)
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
        resource: Resource,
        olds: Mapping[str, Any],
        recorded: Entries,
        desired: Entries,
        *,
        found_places: Mapping[str, str],
        failures: list[Failure],
    ) -> None:
        """Refuse what `up` would refuse, and show the plan where nobody else will."""
        plan = None
        with self.verifying(failures, prunes=_prunes(olds, resource.props)):
            plan = self._plan(resource, olds, recorded, desired)
            failures += self._missing(plan)
        if plan is None:
            # What exists could not be read: the rest of the plan can be told all the same.
            plan = self._plan(resource, olds, recorded, desired, reads=False)
        refused = [(plan.label(key), plan.existing[key]) for key in plan.refused]
        if called := [f"{label} (id {one.id})" for label, one in refused if not one.problem]:
            failures.append(Failure(ENTRIES, refuse_existing(called)))
        if problems := [one.problem for _, one in refused if one.problem]:
            failures.append(Failure(ENTRIES, "\n  ".join(cut(problems, _MOST_PROBLEMS))))
        failures += self._brake(plan, resource.props.get(DELETE_LIMIT))
        changes = [*self._changes(plan, resource, found_places)]
        self.judge(resource, failures, changes=changes, stays=desired.values(), of=plan.now)
        if plan and (failures or not olds):
            resource.tell(plan.report(resource.urn, has_secrets=resource.secret or has_secrets(olds)))

    def _review_gone(self, resource: Resource, olds: Mapping[str, Any], failures: list[Failure]) -> None:
        """Say what becomes of the entries in the account that the collection leaves for another."""
        was = self.resource({**resource.props, ACCOUNT_ID: olds[ACCOUNT_ID]})
        recorded = own(recorded_entries(olds), olds)
        leaving = resource.left_to(olds, recorded)
        plan = Plan(setting=self.setting, before=recorded, desired={}, leaving=leaving)
        if plan:
            self.judge(was, failures, changes=[*self._changes(plan, was, {})], of=plan.now)
            where = f" in account {olds[ACCOUNT_ID]}"
            if len(plan.removed) > FREE_DELETES:
                brake = self._brake(plan, resource.props.get(DELETE_LIMIT))
                failures += [Failure(one.path, f"{one.reason} (what the collection leaves{where})") for one in brake]
            secret = resource.secret or has_secrets(olds)
            resource.tell(plan.report(resource.urn, has_secrets=secret, where=where))

    def _changes(self, plan: Plan, resource: Resource, found_places: Mapping[str, str]) -> Iterator[Change]:
        """What becomes of each entry that changes, for those who judge it. What moves does not change."""
        here = str(resource.props.get(DECLARED_AT) or "")
        here = here if places.parse(here) else ""
        for key in (*plan.added, *plan.changed, *plan.taken):
            existing = plan.existing[key].fields if key in plan.existing else None
            if isinstance(plan.desired[key], Mapping):
                before = plan.before.get(key, existing)
                yield Change(plan.label(key), before, plan.desired[key], found_places.get(key) or here)
        for key in plan.removed:
            yield Change(plan.label(key), plan.before[key], None, found_places.get(key) or here)

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

    def _plan(
        self,
        resource: Resource,
        olds: Mapping[str, Any],
        recorded: Entries,
        desired: Entries,
        *,
        reads: bool = True,
    ) -> Plan:
        """What an update does. Reads the list, if it `reads`, where something is new or all others are deleted."""
        news, ownership = resource.props, resource.ownership
        exclusive, prunes = news.get(MODE) == EXCLUSIVE, _prunes(olds, news)
        undeclared: Mapping[str, Mapping[str, Any]] = {}
        if prunes and reads:
            free = others_of_nobody(resource, keys=recorded.keys() | desired.keys())
            undeclared = {key: declarable(self.setting, entry) for key, entry in free}
        # A refresh compares with the inputs that the last one recorded, in which nobody declared them either.
        unmanaged = {*(olds.get(UNMANAGED) or ())} - {*(news.get(UNMANAGED) or ())} if exclusive else set()
        new = with_key(self.setting, {key: fields for key, fields in desired.items() if key not in recorded})
        looks = reads and new and (self.configuration.verify or prunes) and not self.session.is_refreshing(resource.urn)
        leaving = {
            key: other
            for key in recorded.keys() - desired.keys()
            if key not in unmanaged and (other := ownership.new_owner(resource.urn, key)) is not None
        }
        kept = self.setting.keeps_on_delete({}) is not None
        return Plan(
            setting=self.setting,
            before={**undeclared, **recorded},
            desired=desired,
            existing=dict(self._existing(resource, new)) if looks else {},
            leaving=leaving,
            abandoned=() if kept else recorded_map(olds, LET_GO).keys() & resource.moves.abandoned,
            unmanaged={*unmanaged, *undeclared},
            prunes=prunes,
        )

    def _existing(self, resource: Resource, new: Entries) -> Iterator[tuple[str, Existing]]:
        """The live entries with the keys of new ones."""
        for key, fields in resource.may_exist(new).items():
            try:
                entry = resource.existing(fields)
            except SeveralMatchesError as error:
                yield key, Existing(id="", fields={}, right=None, problem=str(error))
                continue
            if entry is None or resource.is_given_up(fields, entry):
                continue
            id_, right, live = entry_id(entry), resource.to_take(fields, entry), declarable(self.setting, entry)
            if right is not None and (why := self.setting.read_only(entry)):
                problem = f"{self.setting.describe(fields)} (id {id_}) exists and {why}"
                yield key, Existing(id=id_, fields=live, right=None, problem=problem)
                continue
            if right is not None and right.is_move:
                live = {**with_steering(self.setting, live, fields)}
            yield key, Existing(id=id_, fields=live, right=right)

    @staticmethod
    def concerned(recorded: Entries, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Entries:
        """The recorded entries that an update concerns: those that nobody declared only in exclusive mode."""
        return recorded if news.get(MODE) == EXCLUSIVE else own(recorded, olds)

    def held(
        self, resource: Resource, olds: Mapping[str, Any], entries: Entries, ids: Mapping[str, str]
    ) -> tuple[Found, bool]:
        """The entries that an update concerns, and whether the last run did not end: then they are looked at."""
        found = Found({**entries}, {key: id_ for key, id_ in ids.items() if key in entries})
        if not resource.notes.interrupted(resource.urn):
            return found, False
        return look(resource, found.entries, found.ids, recorded_map(olds, STORED_AS)), True

    # diff -------------------------------------------------------------------------------------------------

    @undisturbed()
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        """Compare entry by entry, and show the plan."""
        del id_
        if news.get(ACCOUNT_ID) != olds.get(ACCOUNT_ID):
            return Diff(changes=True, replaces=[ACCOUNT_ID], changed={ACCOUNT_ID: "update"})
        recorded, ids, record = recorded_entries(olds), recorded_ids(olds), news.get(ENTRIES)
        desired = recorded if isinstance(record, str) and record == olds.get(ENTRIES) else from_text(record)
        if not isinstance(desired, Mapping):
            return Diff(changes=True, changed={ENTRIES: "update"})
        resource = self.resource(news)
        held, interrupted = self.held(resource, olds, self.concerned(recorded, olds, news), ids)
        try:
            plan = self._plan(resource, olds, held.entries, desired)
        except RequestError:
            # Check has told that what exists cannot be read; the update looks again.
            plan = self._plan(resource, olds, held.entries, desired, reads=False)
        ownership, urn, moves = resource.ownership, resource.urn, resource.moves
        resource.notes.recorded(urn, ids)
        lost = ownership.keep(urn, (id_ for key, id_ in held.ids.items() if key in desired))
        if not has_unknown(record):
            ownership.let_go(urn, (id_ for key, id_ in held.ids.items() if key not in desired))
        if interrupted:
            resource.say("the last update did not end, so the live entries are looked at")
        if (left := moves.settled | moves.abandoned) and not plan:
            resource.say(f"nothing to send; {names(sorted(left))} left before")
        if plan and not self.session.is_refreshing(urn):
            resource.tell(plan.report(urn, has_secrets=has_secrets(olds, news)))
        options = [
            name
            for name, differs in (
                (MODE, news.get(MODE, ADDITIVE) != olds.get(MODE, ADDITIVE)),
                (HAS_SECRETS, has_secrets(news) != has_secrets(olds)),
                (LET_GO, bool(left)),
            )
            if differs
        ]
        changes = bool(plan or lost or options) or interrupted
        return Diff(changes=changes, changed={**plan.by_path(), **dict.fromkeys(options, "update")})


def own(by_key: Mapping[str, T], props: Mapping[str, Any]) -> Mapping[str, T]:
    """What is recorded by key, without what a refresh found and nobody declared."""
    unmanaged = {*(props.get(UNMANAGED) or ())} if props.get(MODE) == EXCLUSIVE else set()
    return {key: value for key, value in by_key.items() if key not in unmanaged} if unmanaged else by_key


def _prunes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether an update deletes what nobody declares: a collection becomes exclusive."""
    return news.get(MODE) == EXCLUSIVE and olds.get(MODE) != EXCLUSIVE


def has_secrets(*props: Mapping[str, Any]) -> bool:
    """Whether inputs or outputs hold secrets among their entries."""
    return any(each.get(HAS_SECRETS) for each in props)


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100 and value == int(value)
