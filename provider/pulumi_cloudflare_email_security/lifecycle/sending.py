"""Sending what is to be done to the entries of a collection, in as few requests as the API allows.

Order. Where an entry tightens protection (a block, a protected domain), entries are created and changed
before others are deleted; where it loosens protection (an allowance), they are deleted first. So between two
requests mail is never less protected than before and after all of them. What fits one atomic batch is sent
as one; otherwise batches of one kind are sent several at once, never of two kinds.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from ..client import habits
from ..client.batches import BatchOutcome
from ..client.errors import (
    AmbiguousError,
    BatchRefusedError,
    ConflictError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
)
from ..model.text import names
from .ledger import Ledger, Work, Written

#: After so many single requests it is told how far they are.
_TOLD_AFTER: Final = 80
_PLACE: Final = re.compile(r"\b(deletes|patches|posts)/(\d{1,4})\b")
T = TypeVar("T")


class Sender:
    """Sends the work of a collection, and tells its ledger what became of it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.resource, self.setting, self.endpoint = ledger.resource, ledger.setting, ledger.endpoint

    def send(self, work: Work) -> None:
        """Send all of it. Raises what stands in the way; what was done is told to the ledger."""
        self.resource.notes.begin(self.resource.urn)
        operations: dict[str, Callable[[dict[str, Any]], None]] = {
            "posts": self._post_chunk,
            "patches": self._patch_chunk,
            "deletes": self._delete_chunk,
        }
        order = ("posts", "patches", "deletes") if self.setting.protects else ("deletes", "patches", "posts")
        kinds, fits = work.kinds, work.fits_one_batch(self.endpoint.batch_size)
        if len(kinds) > 1 and self.setting.atomic_batch and fits and self._can_batch(kinds):
            self.resource.notes.creating(self.resource.urn, work.posts)
            if self._batch(work):
                return
        for kind in order:
            self._in_chunks(kind, getattr(work, kind), operations[kind])

    def _can_batch(self, kinds: set[str]) -> bool:
        return kinds <= self.setting.batch and self.endpoint.can_batch

    @property
    def _chunk(self) -> int:
        """How many entries are sent together."""
        return self.endpoint.batch_size if self.endpoint.can_batch else habits.BATCH_SIZE

    def _batch(self, work: Work) -> bool:
        """One `/batch` request; False where this account has no batch."""
        try:
            outcome = self.endpoint.batch(
                deletes=list(work.deletes.values()),
                patches=list(work.patches.values()),
                posts=[self.setting.body(fields) for fields in work.posts.values()],
            )
        except NoSuchRouteError:
            return False
        except AmbiguousError:
            self.ledger.unanswered(work.posts, Work())
            raise
        except (NotFoundError, ConflictError, InvalidRequestError) as error:
            missing = isinstance(error, NotFoundError) and not self.endpoint.can_batch
            if not self.setting.atomic_batch:
                # It may have been carried out in part all the same.
                self.ledger.refused.update(work.posts)
            elif missing or isinstance(error, BatchRefusedError):
                return False
            if type(error) is InvalidRequestError:
                raise _with_keys(error, work) from None
            raise
        self._account(outcome, work)
        return True

    def _account(self, outcome: BatchOutcome, sent: Work) -> None:
        """Take note of what a request did, and raise what stands in the way of the rest."""
        self.ledger.deleted([key for key, id_ in sent.deletes.items() if id_ in outcome.deleted])
        written: list[Written] = [
            (key, outcome.changed[id_], patch) for key, (id_, patch) in sent.patches.items() if id_ in outcome.changed
        ]
        for key, fields in sent.posts.items():
            place = self.setting.loose_key_of(fields)
            if (entry := outcome.created.get(place)) is not None:
                written.append((key, entry, fields))
            elif place in outcome.unknown_keys:
                self.ledger.unanswered([key], sent)
        self.ledger.nameless.update(outcome.nameless)
        self.ledger.written(written)
        self.ledger.progress(outcome.done)
        outcome.raise_for_rest(f"{self.setting.collection}, {len(sent)} changes in one request")

    def _post_chunk(self, chunk: dict[str, Mapping[str, Any]]) -> None:
        self.resource.notes.creating(self.resource.urn, chunk)
        if self._batched(Work(posts=chunk)):
            return
        size = self.endpoint.batch_size
        if not self.setting.array_create or min(len(chunk), size) < 2:
            self._each(chunk, self._create)
            return
        for piece in _chunks(chunk, size):
            self._create_many(piece)

    def _create(self, key: str, fields: Mapping[str, Any]) -> None:
        try:
            entry = self.setting.create(self.endpoint, fields)
        except AmbiguousError:
            self.ledger.unanswered([key], Work())
            raise
        self.ledger.written([(key, entry, fields)])

    def _create_many(self, chunk: Mapping[str, Mapping[str, Any]]) -> None:
        try:
            bodies = [self.setting.body(fields) for fields in chunk.values()]
            outcome = self.endpoint.create_many(bodies)
        except AmbiguousError:
            self.ledger.unanswered(chunk, Work())
            raise
        except (ConflictError, InvalidRequestError):
            # No document says that an array is carried out whole or not at all.
            self.ledger.refused.update(chunk)
            raise
        self._account(outcome, Work(posts=dict(chunk)))

    def _patch_chunk(self, chunk: dict[str, tuple[str, dict[str, Any]]]) -> None:
        if not self._batched(Work(patches=chunk)):
            self._each(chunk, self._patch)

    def _patch(self, key: str, patch: tuple[str, dict[str, Any]]) -> None:
        self.ledger.written([(key, self.setting.update(self.endpoint, *patch), patch[1])])

    def _delete_chunk(self, chunk: dict[str, str]) -> None:
        if self._batched(Work(deletes=chunk)):
            return
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
        self._account(outcome, Work(deletes=chunk))
        return True

    def _delete(self, key: str, id_: str) -> None:
        with contextlib.suppress(NotFoundError):  # gone already is as good
            self.endpoint.delete(id_)
        self.ledger.deleted([key])

    def _batched(self, work: Work) -> bool:
        """Send one kind as a batch; False where there is no batch, or where one entry needs none."""
        return len(work) > 1 and self._can_batch(work.kinds) and self._batch(work)

    def _in_chunks(self, kind: str, items: Mapping[str, T], send: Callable[[dict[str, T]], None]) -> None:
        """Send items of one kind: the first chunk alone, which tells what the API takes, then several at once.

        Where there is no batch for them, a chunk is single requests, several at once already.
        """
        left = iter(items.items())
        chunks = iter(lambda: dict(islice(left, self._chunk)), {})
        for chunk in chunks:
            send(chunk)
            if self._can_batch({kind}):
                break
        self.endpoint.concurrently(partial(send, chunk) for chunk in chunks)

    def _each(self, chunk: Mapping[str, T], send: Callable[[str, T], None]) -> None:
        """Single requests, several at a time."""
        for group in _chunks(chunk, _TOLD_AFTER):
            self.endpoint.concurrently([partial(send, key, item) for key, item in group.items()])
            self.ledger.progress(len(group))


def _with_keys(error: InvalidRequestError, sent: Work) -> InvalidRequestError:
    """The refusal of a batch, with the keys of the entries that its pointers mean."""
    places = (_PLACE.search(problem.pointer or "") for problem in error.problems)
    keys = {kind: [*getattr(sent, kind)] for kind in sent.kinds}
    meant = {
        f"{place[0]} is {keys[place[1]][int(place[2])]}"
        for place in places
        if place and int(place[2]) < len(keys.get(place[1], ()))
    }
    return InvalidRequestError(error.request, error.status, error.problems, names(sorted(meant)) if meant else "")


def _chunks(items: Mapping[str, T], size: int) -> Iterator[dict[str, T]]:
    """A mapping in pieces of at most `size`."""
    keys = list(items)
    for start in range(0, len(keys), size):
        yield {key: items[key] for key in keys[start : start + size]}
