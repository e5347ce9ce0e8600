"""Bringing the live entries of a collection to the declared ones, in as few requests as the API allows.

Order. Where an entry tightens protection (a block, a protected domain), entries are created and changed
before others are deleted; where it loosens protection (an allowance), they are deleted first. So between two
requests mail is never less protected than before and after all of them. What fits one atomic batch is sent
as one.

Failures. A batch whose answer is lost, or that is refused because an entry came or went meanwhile, is not
sent again as it is: the list is read anew, and what is still to do is worked out from what is there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ..client.batches import ALL_LISTS, BatchOutcome
from ..client.endpoint import BATCH_SIZE, Endpoint, Entry, entry_id, unsupported
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
    PartlyAppliedError,
    ReadOnlyEntryError,
    RequestError,
)
from ..client.listing import Listing
from ..model.fields import names
from ..model.setting import ALL_OPERATIONS, DELETE_ALL_BUT_ONE, Setting
from ..model.state import Entries
from ..session.custody import Custody
from ..session.journal import Journal

_ATTEMPTS: Final = 4
_THREADS: Final = 4
_PLACE: Final = re.compile(r"\b(deletes|patches|posts)/(\d{1,4})\b")
T = TypeVar("T")


@dataclass(slots=True)
class Held:
    """An entry that this collection holds, or takes over: its id, and its fields as far as known."""

    id: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """What is still to be sent, by key text."""

    deletes: dict[str, str] = field(default_factory=dict)
    patches: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    posts: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.deletes) + len(self.patches) + len(self.posts)

    def is_left_of(self, other: Plan) -> bool:
        """Whether all of it was to be sent before already, so that sending it again cannot help."""
        return all(
            getattr(self, kind).keys() <= getattr(other, kind).keys() for kind in ("deletes", "patches", "posts")
        )

    def fits_one_batch(self, size: int) -> bool:
        """Whether one request can carry it all."""
        return max(len(self.deletes), len(self.patches), len(self.posts)) <= size


def make_plan(setting: Setting, declared: Entries, held: Mapping[str, Held], drop: Mapping[str, str]) -> Plan:
    """What turns the held entries into the declared ones; `drop` maps keys to the ids of entries to delete."""
    plan = Plan(deletes=dict(drop))
    for key, fields in declared.items():
        if key not in held:
            plan.posts[key] = fields
        elif changed := setting.changed_fields(fields, held[key].fields):
            plan.patches[key] = (held[key].id, setting.wire({name: fields[name] for name in changed}))
    return plan


@dataclass(slots=True)
class Application:
    """One run of `apply`, with what it knows and has done."""

    setting: Setting
    listing: Listing
    custody: Custody
    journal: Journal
    declared: Entries
    held: dict[str, Held]
    drop: dict[str, str]
    takes_over: bool
    tell: Callable[[str], None]
    #: The keys of entries to drop that other resources have now.
    spared: set[str] = field(default_factory=set)
    _maybe_made: set[str] = field(default_factory=set)
    _looked: bool = False
    _done: int = 0
    _total: int = 0

    @property
    def endpoint(self) -> Endpoint:
        """The collection's endpoint."""
        return self.listing.endpoint

    def run(self) -> dict[str, str]:
        """Apply everything and return the ids by key.

        Raises:
            PartlyAppliedError: something stays undone; says how much is done.
            EntryExistsError, SeveralMatchesError, ReadOnlyEntryError: nothing was sent.

        """
        self.take_existing()
        plan = make_plan(self.setting, self.declared, self.held, self.drop)
        self._total = len(plan)
        fruitless = 0
        while True:
            try:
                self._send(plan)
                break
            except (AmbiguousError, NotFoundError, ConflictError, InvalidRequestError) as error:
                before = plan
                try:
                    plan = self._look_again()
                except EmailSecurityError as failure:
                    raise self._partly(failure) from None
                hopeless = isinstance(error, InvalidRequestError) and plan.is_left_of(before)
                fruitless = fruitless + 1 if len(plan) >= len(before) else 0
                if plan and (hopeless or self._may_come_late(error, plan, fruitless) or fruitless == _ATTEMPTS):
                    raise self._partly(error) from None
            except NoSuchRouteError as error:
                raise unsupported(error, self.endpoint) from None
            except RequestError as error:
                raise self._partly(error) from None
        self.journal.end()
        return {key: self.held[key].id for key in self.declared}

    def _may_come_late(self, error: RequestError, plan: Plan, fruitless: int) -> bool:
        """Whether something of what is left to do may be carried out, or show, only later."""
        if isinstance(error, IncompleteAnswerError):
            return fruitless > 0 or bool(plan.posts.keys() & self._maybe_made)
        return isinstance(error, AmbiguousError) and error.may_still_happen

    # Looking ----------------------------------------------------------------------------------------------

    def take_existing(self) -> None:
        """Find declared entries that exist but are not held; take those that may be taken, refuse the others."""
        strangers = self._take()
        while strangers and self.custody.wait_until_leaving(strangers.values()):
            strangers = self._take()
        if strangers:
            self.journal.forget(strangers)
            listed = names(f"{text} (id {id_})" for text, id_ in strangers.items())
            msg = (
                f"{self.setting.collection}: {len(strangers)} declared entries exist already: {listed} — "
                "to take them over, pass adopt=True (or set config cloudflare-email-security:adopt to true for a run)"
            )
            raise EntryExistsError(msg)

    def _take(self) -> dict[str, str]:
        """Take what may be taken, and return the ids of the others by key; some may be let go a moment later."""
        missing = [key for key in self.declared if key not in self.held]
        noted = self.journal.noted() if missing else {}
        others: dict[str, str] = {}
        read_only = []
        for text in missing:
            entry = self._existing(text)
            if entry is None:
                continue
            id_ = entry_id(entry)
            if why := self.setting.read_only(entry):
                read_only.append(f"{text} (id {id_}) {why}")
            elif self._may_take(text, entry, noted) and self.custody.take(id_):
                self.held[text] = Held(id_, self.setting.live(entry))
            else:
                others[text] = id_
        if read_only:
            raise ReadOnlyEntryError(f"{self.setting.collection}: {names(read_only)}")
        return others

    def _existing(self, text: str) -> Entry | None:
        key = self.setting.key_in(self.declared[text])
        found = self.listing.find(key, self.setting.filters_for(self.declared[text]))
        return self.setting.only(found, key, otherwise=DELETE_ALL_BUT_ONE) if found else None

    def _may_take(self, text: str, entry: Entry, noted: Mapping[str, list[float]]) -> bool:
        return (
            self.takes_over
            or text in self._maybe_made
            or self.setting.always_adopts(self.declared[text])
            or self.journal.made(text, entry, noted)
            or self.custody.is_leaving(entry_id(entry))
        )

    def _look_again(self) -> Plan:
        """Work out from a fresh list what is still to do."""
        self._looked = True
        live = {entry_id(entry): entry for entry in self.listing.fresh()}
        self.drop = {key: id_ for key, id_ in self.drop.items() if id_ in live}
        self.held = {
            key: Held(held.id, self.setting.live(live[held.id])) for key, held in self.held.items() if held.id in live
        }
        self.take_existing()
        plan = make_plan(self.setting, self.declared, self.held, self.drop)
        self._done = max(0, self._total - len(plan))
        return plan

    # Sending ----------------------------------------------------------------------------------------------

    def _send(self, plan: Plan) -> None:
        with self.custody.deleting(plan.deletes.values(), self.journal.resource) as going:
            self._leave_to_others({key: id_ for key, id_ in plan.deletes.items() if id_ not in going}, plan)
            if plan:
                self._send_all(plan)

    def _leave_to_others(self, kept: Mapping[str, str], plan: Plan) -> None:
        if kept:
            self.tell(f"{self.setting.collection}: {names(kept)} stay: other resources have them now")
        for key in kept:
            del plan.deletes[key], self.drop[key]
        self.spared |= kept.keys()
        self._total -= len(kept)

    def _send_all(self, plan: Plan) -> None:
        self.journal.begin()
        operations = {"posts": self._posts, "patches": self._patches, "deletes": self._deletes}
        order = ("posts", "patches", "deletes") if self.setting.protects else ("deletes", "patches", "posts")
        wanted = {kind for kind in operations if getattr(plan, kind)}
        fits = plan.fits_one_batch(self.endpoint.batch_size)
        if len(wanted) > 1 and self.setting.atomic_batch and fits and self._can_batch(wanted):
            self.journal.note(plan.posts)
            if self._batch(plan, wanted):
                return
        for kind in order:
            operations[kind](plan)

    def _can_batch(self, kinds: set[str]) -> bool:
        return kinds <= self.setting.batch and self.endpoint.can_batch

    @property
    def _chunk(self) -> int:
        """How many entries are sent together."""
        return self.endpoint.batch_size if self.endpoint.can_batch else BATCH_SIZE

    def _batch(self, plan: Plan, kinds: set[str]) -> bool:
        """One `/batch` request with the given kinds of a plan; False where this account has no batch."""
        deletes = plan.deletes if "deletes" in kinds else {}
        patches = plan.patches if "patches" in kinds else {}
        posts = plan.posts if "posts" in kinds else {}
        try:
            outcome = self.endpoint.batch(
                deletes=list(deletes.values()),
                patches=list(patches.values()),
                posts=[self.setting.body(fields) for fields in posts.values()],
                key_of=self.setting.key_text_of,
                lists=ALL_LISTS if self.setting.batch == ALL_OPERATIONS else sorted(self.setting.batch),
            )
        except (NoSuchRouteError, BatchRefusedError):
            return False
        except NotFoundError:
            # Where a batch is not atomic, it may have been carried out in part all the same.
            if not self.setting.atomic_batch:
                self._maybe_made |= posts.keys()
                raise
            if self.endpoint.can_batch:
                raise
            return False
        except AmbiguousError:
            self._maybe_made |= posts.keys()
            raise
        except InvalidRequestError as error:
            raise _with_keys(
                error, {"deletes": list(deletes), "patches": list(patches), "posts": list(posts)}
            ) from None
        self._account(outcome, Plan(deletes, patches, posts))
        return True

    def _account(self, outcome: BatchOutcome, sent: Plan) -> None:
        """Take note of what a request did, and raise what stands in the way of the rest."""
        for key, id_ in [*sent.deletes.items()]:
            if id_ in outcome.deleted:
                self._deleted(key)
        for key, (id_, _) in sent.patches.items():
            if id_ in outcome.changed:
                self._written(key, outcome.changed[id_])
        for key, fields in sent.posts.items():
            if (entry := outcome.created.get(self.setting.key_text_of(fields))) is not None:
                self._written(key, entry)
            elif self.setting.key_text_of(fields) in outcome.unknown_keys:
                self._maybe_made.add(key)
        self._progress(outcome.done)
        outcome.raise_for_rest(f"{self.setting.collection}, {len(sent)} changes in one request")

    def _posts(self, plan: Plan) -> None:
        for chunk in _chunks(plan.posts, self._chunk):
            self.journal.note(chunk)
            if self._batched("posts", Plan(posts=chunk)):
                continue
            if self.setting.array_create and len(chunk) > 1:
                self._create_many(chunk)
            else:
                self._each(chunk, self._create)

    def _create(self, key: str, fields: Mapping[str, Any]) -> None:
        try:
            self._written(key, self.setting.create(self.endpoint, fields))
        except AmbiguousError:
            self._maybe_made.add(key)
            raise

    def _create_many(self, chunk: Mapping[str, Mapping[str, Any]]) -> None:
        try:
            bodies = [self.setting.body(fields) for fields in chunk.values()]
            outcome = self.endpoint.create_many(bodies, key_of=self.setting.key_text_of)
        except AmbiguousError:
            self._maybe_made |= chunk.keys()
            raise
        self._account(outcome, Plan(posts=dict(chunk)))

    def _patches(self, plan: Plan) -> None:
        for chunk in _chunks(plan.patches, self._chunk):
            if not self._batched("patches", Plan(patches=chunk)):
                self._each(chunk, lambda key, patch: self._written(key, self.setting.update(self.endpoint, *patch)))

    def _deletes(self, plan: Plan) -> None:
        for chunk in _chunks(plan.deletes, self._chunk):
            if self._batched("deletes", Plan(deletes=chunk)):
                continue
            if not (self.setting.bulk_delete and len(chunk) > 1 and self._delete_many(chunk)):
                self._each(chunk, self._delete)

    def _delete_many(self, chunk: dict[str, str]) -> bool:
        """One bulk delete; False where this account has none."""
        if "bulk delete" in self.endpoint.lacking:
            return False
        try:
            outcome = self.endpoint.delete_many(chunk.values())
        except NoSuchRouteError:
            return False
        self._account(outcome, Plan(deletes=chunk))
        return True

    def _delete(self, key: str, id_: str) -> None:
        with contextlib.suppress(NotFoundError):  # gone already is as good
            self.endpoint.delete(id_)
        self._deleted(key)

    def _batched(self, kind: str, plan: Plan) -> bool:
        """Send one kind as a batch; False where there is no batch, or where one entry needs none."""
        return len(plan) > 1 and self._can_batch({kind}) and self._batch(plan, {kind})

    def _each(self, chunk: Mapping[str, T], send: Callable[[str, T], None]) -> None:
        """Single requests, several at a time; all that were begun are waited for before a failure is raised."""
        with ThreadPoolExecutor(_THREADS) as pool:
            failure: Exception | None = None
            for group in _chunks(chunk, 20 * _THREADS):
                running = [pool.submit(send, key, item) for key, item in group.items()]
                for future in running:
                    if (error := future.exception()) is None:
                        self._done += 1
                    elif not isinstance(error, Exception):
                        raise error
                    elif failure is None or isinstance(error, AmbiguousError):
                        failure = error
                if failure is not None:
                    raise failure
                self._progress(0)

    # Keeping track ----------------------------------------------------------------------------------------

    def _written(self, key: str, entry: Entry) -> None:
        self.held[key] = Held(entry_id(entry), self.setting.live(entry))
        self.listing.remember(entry)

    def _deleted(self, key: str) -> None:
        if (id_ := self.drop.pop(key, None)) is not None:
            self.listing.forget(id_)

    def _progress(self, count: int) -> None:
        self._done += count
        if self._total > BATCH_SIZE:
            self.tell(f"{self.setting.collection}: {self._done:,} of {self._total:,} changes done")

    def _partly(self, error: EmailSecurityError) -> PartlyAppliedError:
        # What the API certainly did not make, somebody else may: it must not be taken for ours.
        self.journal.forget(self.declared.keys() - self.held.keys() - self._maybe_made)
        return PartlyAppliedError(
            f"{self.setting.collection}: {self._done} of {self._total} changes are done, then: {error} — nothing is "
            "lost: run `pulumi up` again, which finds what was made and goes on from there (to take the change back "
            "instead, run `pulumi refresh` first)"
        )


def _with_keys(error: InvalidRequestError, sent: Mapping[str, list[str]]) -> InvalidRequestError:
    """The refusal of a batch, with the keys of the entries that its pointers mean."""
    places = (_PLACE.search(problem.pointer or "") for problem in error.problems)
    meant = {
        f"{place[0]} is {sent[place[1]][int(place[2])]}"
        for place in places
        if place and int(place[2]) < len(sent[place[1]])
    }
    return InvalidRequestError(error.request, error.status, error.problems, names(sorted(meant)) if meant else "")


def _chunks(items: Mapping[str, T], size: int) -> Iterator[dict[str, T]]:
    """A mapping in pieces of at most `size`."""
    keys = list(items)
    for start in range(0, len(keys), size):
        yield {key: items[key] for key in keys[start : start + size]}
