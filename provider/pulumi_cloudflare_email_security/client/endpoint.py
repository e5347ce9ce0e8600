"""The operations of one collection of one account.

Entries are plain dicts as the API answers them; ids are opaque strings. In answers to writes what is absent is as
sent. Source: the API's documentation of `/accounts/{account_id}/email-security/settings/{collection}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from .batches import (
    ALL_LISTS,
    BatchOutcome,
    KeyOf,
    in_pieces,
    is_entry,
    leaves_out_text,
    match,
    match_deletes,
    match_posts,
    may_be_too_large,
)
from .errors import (
    AuthenticationError,
    BatchRefusedError,
    BlockedError,
    IncompleteAnswerError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    RequestError,
)
from .pages import Entry
from .reads import Reads, is_about

T = TypeVar("T")


class Endpoint(Reads):
    """One collection of one account."""

    @property
    def batch_size(self) -> int:
        """How many items of each kind one request may hold, as far as is known."""
        return self._habits.batch_size

    @property
    def can_batch(self) -> bool:
        """Whether this account's API may have a batch that holds more than one item."""
        return "batch" not in self.lacking and self.batch_size > 1

    @property
    def answers_in_part(self) -> bool:
        """Whether this account's answers to writes leave out text or times, so that only a read tells them."""
        return self._habits.answers_in_part

    def create(self, fields: Mapping[str, Any]) -> Entry:
        """Create an entry and return it.

        Raises:
            IncompleteAnswerError: it is created, but the answer does not tell its id.

        """
        result = self._client.request("POST", self._path, body=dict(fields)).result
        if not is_entry(result):
            raise IncompleteAnswerError(
                f"POST {self._path}: the answer does not say what was created — run again, which finds it"
            )
        self._tells(result, fields)
        self._habits.answers_in_part |= not result.get("created_at")
        return {**fields, **result}

    def update(self, id_: str, fields: Mapping[str, Any]) -> Entry:
        """Change the given fields of an entry and return the entry, as far as the answer tells it."""
        result = self._ask("PATCH", id_, body=dict(fields)).result
        answered = {} if result is None else result
        if not isinstance(answered, dict) or not is_about(id_, answered):
            raise IncompleteAnswerError(f"PATCH {self._at(id_)}: the answer does not say what was changed")
        self._tells(answered, fields)
        return {"id": id_, **fields, **answered}

    def _tells(self, answered: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        time = answered.get("modified_at") or answered.get("last_modified")
        self._habits.answers_in_part |= not time or leaves_out_text(answered, sent)

    def delete(self, id_: str) -> None:
        """Delete an entry. Raises NotFoundError where there is none."""
        self._ask("DELETE", id_)

    def create_many(self, entries: Sequence[Mapping[str, Any]], *, key_of: KeyOf) -> BatchOutcome:
        """Create several trusted domains with one request, whose body is an array, and so is the answer.

        Raises:
            BatchRefusedError: fewer may pass, which `batch_size` says from now on. Some may have been created.

        """
        try:
            result = self._client.request("POST", self._path, body=[dict(fields) for fields in entries]).result
        except InvalidRequestError as error:
            raise self._too_many(error, len(entries)) from None
        return self._learn(match_posts(entries, result, key_of))

    def delete_many(self, ids: Iterable[str]) -> BatchOutcome:
        """Delete several domains with one request (the bulk DELETE that only domains have)."""

        def many(piece: Sequence[str]) -> BatchOutcome:
            body = [{"id": _wire_id(id_)} for id_ in piece]
            return match_deletes(piece, self._client.request("DELETE", self._path, body=body).result)

        wanted = [*ids]
        try:
            return self._in_pieces("deletes", wanted, many, None) if wanted else BatchOutcome()
        except NoSuchRouteError:
            self.lacking.add("bulk delete")
            raise

    def batch(
        self,
        *,
        deletes: Sequence[str] = (),
        patches: Sequence[tuple[str, Mapping[str, Any]]] = (),
        posts: Sequence[Mapping[str, Any]] = (),
        key_of: KeyOf | None = None,
        lists: Sequence[str] = ALL_LISTS,
        atomic: bool = True,
    ) -> BatchOutcome:
        """Delete, change and create in one request, in this order; at most 1000 of each.

        Items of one kind are sent in smaller pieces where the API refuses so many, unless it may have carried out
        some of them all the same.

        Args:
            deletes: the ids of entries to delete.
            patches: ids with the fields to change.
            posts: the fields of entries to create.
            key_of: the natural key of an entry's fields, needed for `posts`.
            lists: the lists that this collection's batch knows.
            atomic: whether a batch is carried out whole or not at all.

        Raises:
            NoSuchRouteError: this account's API has no batch here; `lacking` says so from now on.
            NotFoundError: an entry is gone, or there is no batch, which `lacking` then says. Where a batch is not
                atomic it may have been carried out in part.
            BatchRefusedError: items of several kinds may be too many, or too much, for one request. Where a batch is
                not atomic fewer may pass, which `batch_size` says from now on.

        """
        items: dict[str, Sequence[Any]] = {"deletes": deletes, "patches": patches, "posts": posts}
        wanted = [kind for kind in items if items[kind]]
        if not wanted:
            return BatchOutcome()
        if not atomic:
            try:
                return self._batch(items, key_of, lists)
            except InvalidRequestError as error:
                raise self._too_many(error, max(map(len, items.values()))) from None
        if len(wanted) == 1:
            (kind,) = wanted
            return self._in_pieces(kind, items[kind], lambda piece: self._batch({kind: piece}, key_of, lists), key_of)
        try:
            return self._batch(items, key_of, lists)
        except InvalidRequestError as error:
            if not may_be_too_large(error):
                raise
            raise BatchRefusedError(error.request, error.status, error.problems) from None

    def _too_many(self, error: InvalidRequestError, sent: int) -> InvalidRequestError:
        """The refusal of so many items; where fewer may pass, no more than half of them are sent from now on."""
        if sent < 2 or not may_be_too_large(error):
            return error
        self._habits.batch_size = min(self._habits.batch_size, sent // 2)
        return BatchRefusedError(error.request, error.status, error.problems)

    def _batch(self, items: Mapping[str, Sequence[Any]], key_of: KeyOf | None, lists: Sequence[str]) -> BatchOutcome:
        body: dict[str, list[Any]] = {name: [] for name in lists}
        body |= {kind: [_wire(kind, item) for item in some] for kind, some in items.items() if some}
        try:
            result = self._client.request("POST", f"{self._path}/batch", body=body).result
        except NotFoundError:
            # Either an entry is gone, or there is no batch; one that changes nothing tells.
            if not self._has_batch(lists):
                self.lacking.add("batch")
            raise
        except (NoSuchRouteError, AuthenticationError, BlockedError) as error:
            # What stands in front of the API may stop one request and let the next one pass.
            if error.status == 401 or (isinstance(error, BlockedError) and self._has_batch(lists)):
                raise
            self.lacking.add("batch")
            raise NoSuchRouteError(error.request, error.status, error.problems) from None
        return self._learn(match(items, result if isinstance(result, dict) else {}, key_of))

    def _learn(self, outcome: BatchOutcome) -> BatchOutcome:
        self._habits.answers_in_part |= outcome.in_part
        return outcome

    def _has_batch(self, lists: Sequence[str]) -> bool:
        try:
            self._client.request("POST", f"{self._path}/batch", body={name: [] for name in lists})
        except (NotFoundError, NoSuchRouteError, AuthenticationError, BlockedError):
            return False
        except RequestError:
            return True
        return True

    def _in_pieces(
        self, kind: str, items: Sequence[T], many: Callable[[Sequence[T]], BatchOutcome], key_of: KeyOf | None
    ) -> BatchOutcome:
        def one(item: Any) -> BatchOutcome:
            if kind == "deletes":
                self.delete(item)
                return BatchOutcome(deleted={item})
            if kind == "patches":
                return BatchOutcome(changed={item[0]: self.update(*item)})
            return BatchOutcome(created={key_of(item) if key_of else None: self.create(item)})

        def unknown(piece: Sequence[Any]) -> BatchOutcome:
            return match({kind: piece}, {}, key_of)

        return in_pieces(items, self._habits, many=many, one=one, unknown=unknown)


def _wire(kind: str, item: Any) -> dict[str, Any]:
    """An item of a batch as it is sent."""
    if kind == "deletes":
        return {"id": _wire_id(item)}
    return {"id": _wire_id(item[0]), **item[1]} if kind == "patches" else dict(item)


def _wire_id(id_: str) -> int | str:
    """An id as it stands in a body: a number where the API's ids are numbers (2025), else a string."""
    return int(id_) if id_.isdecimal() and id_.isascii() else id_
