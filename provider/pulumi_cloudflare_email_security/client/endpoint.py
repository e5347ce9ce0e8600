"""The operations of one collection of one account.

Entries are plain dicts as the API answers them; ids are opaque strings. In answers to writes what is absent is as
sent. Source: the API's documentation of `/accounts/{account_id}/email-security/settings/{collection}`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from .batches import (
    ALL_LISTS,
    BatchOutcome,
    KeyOf,
    in_pieces,
    is_entry,
    is_id,
    leaves_out_text,
    match,
    match_deletes,
    match_posts,
    may_be_too_large,
    wire,
    wire_id,
)
from .envelope import NO_SUCH_ROUTE
from .errors import (
    AmbiguousError,
    ApiError,
    AuthenticationError,
    BatchRefusedError,
    BlockedError,
    ConfigurationError,
    IncompleteAnswerError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    RequestError,
)
from .pages import Entry, ListReader, Page, Reading, count, entry_id, may_be_page_size, smaller_page

if TYPE_CHECKING:
    from .envelope import Answer
    from .transport import Client

# What would change the path it stands in, quoted or not.
_NO_SEGMENT: Final = frozenset({"", ".", ".."})
_NOT_FOUND: Final = frozenset({404, 410})
T = TypeVar("T")


class Endpoint:
    """One collection of one account.

    Args:
        client: sends the requests.
        account_id: the account.
        collection: the last part of its path.
        key_of: the natural key of an entry, or of its fields.
        order: what the list is ordered by; None where it cannot be.
        lists: the lists that its batch knows.
        atomic: whether a batch is carried out whole or not at all.

    """

    def __init__(
        self,
        client: Client,
        account_id: str,
        collection: str,
        *,
        key_of: KeyOf,
        order: str | None = "created_at",
        lists: Sequence[str] = ALL_LISTS,
        atomic: bool = True,
    ) -> None:
        if account_id in _NO_SEGMENT:
            raise ConfigurationError(f"{account_id!r} is not an account id")
        self._client = client
        self.account_id = account_id
        self.collection = collection
        self.key_of = key_of
        self._lists = lists
        self._atomic = atomic
        # A fixed order keeps entries from moving between pages while they are read.
        self._order = order
        self._path = f"/accounts/{quote(account_id, safe='')}/email-security/settings/{collection}"
        self._habits = client.habits(self._path)
        #: Whether the API's ids are numbers (2025) or not (2026), as far as a list has told.
        self._has_numbers: bool | None = None
        #: Reads the first page, where that is not known; who keeps pages may read it instead.
        self.look_at_ids: Callable[[], object] = partial(self.page, 1)

    @property
    def lacking(self) -> set[str]:
        """Operations that this account's API turned out not to have."""
        return self._habits.lacking

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

    def concurrently(self, calls: Iterable[Callable[[], T]]) -> list[T]:
        """Make several calls at the same time, as `Client.concurrently` does."""
        return self._client.concurrently(calls)

    # Reads ------------------------------------------------------------------------------------------------

    def page(self, number: int, filters: Mapping[str, Any] | None = None) -> Page:
        """One page of the list. Where the API refuses so large a page, a smaller one is asked for."""
        size = self._habits.page_size
        while True:
            try:
                page = self._page(number, filters, size)
            except InvalidRequestError as error:
                if number > 1 or size == 1 or not may_be_page_size(error):
                    raise
                size = smaller_page(size, error)
            else:
                self._habits.page_size = size
                return page

    def _page(self, number: int, filters: Mapping[str, Any] | None, asked: int, *, backwards: bool = False) -> Page:
        order = {"order": self._order, "direction": "desc" if backwards else "asc"} if self._order else {}
        query = {"page": number, "per_page": asked, **order, **(filters or {})}
        answer = self._client.request("GET", self._path, query=query)
        entries = self._entries(answer.result)
        if entries:
            self._has_numbers = any(entry_id(entry).isdecimal() for entry in entries)
        return Page(entries, count(answer.result_info.get("total_count")))

    def _later_page(self, number: int, filters: Mapping[str, Any] | None, asked: int, *, backwards: bool) -> Page:
        """A page that may be past the end of the list, which some APIs refuse to show."""
        try:
            return self._page(number, filters, asked, backwards=backwards)
        except NotFoundError:
            return Page([])
        except InvalidRequestError as error:
            return Page([], refusal=error)

    def all(self, filters: Mapping[str, Any] | None = None, *, otherwise: bool = False) -> list[Entry]:
        """Every entry (that fits the filters), page by page, several pages at a time.

        Args:
            filters: the API's own filters.
            otherwise: whether to read it from the other end and in smaller pages than usual.

        """
        first = None if otherwise else self.page(1, filters)
        return self._reader(filters).all(first, filtered=bool(filters))

    def rest(self, first: Page) -> list[Entry]:
        """The whole list where its first page has been read already."""
        return self._reader(None).all(first, filtered=False)

    def pages_from(self, first: Page) -> int | None:
        """How many pages the list probably has, seen from its first one; None where it is full and nothing says so."""
        reading = Reading(self._habits, self._habits.page_size)
        reading.add(first)
        if reading.ended:
            return 1
        is_full = len(first.entries) >= self._habits.page_size
        return None if reading.total is None and is_full else 1 + reading.ahead

    def _reader(self, filters: Mapping[str, Any] | None) -> ListReader:
        def several(numbers: Sequence[int], asked: int, backwards: bool) -> list[Page]:
            if [*numbers] == [1]:
                return [self._page(1, filters, asked, backwards=backwards)]
            calls = [partial(self._later_page, number, filters, asked, backwards=backwards) for number in numbers]
            return self._client.concurrently(calls)

        reversible = bool(self._order) and not {"order", "direction"} & {*(filters or {})}
        return ListReader(self.collection, self._habits, several, reversible, self._client.width, self._client.tell)

    def get(self, id_: str) -> Entry:
        """One entry.

        Raises:
            NotFoundError: there is no entry with this id.
            NoSuchRouteError: the API cannot know the id, which is of the other contract.

        """
        result = self._ask("GET", id_).result
        if not isinstance(result, dict) or not is_about(id_, result):
            raise self._unreadable("GET", self._at(id_))
        return {"id": id_, **result}

    def verification(self, id_: str) -> dict[str, Any] | None:
        """How far the proof of a domain's ownership is; None where the API answers that there is none to give.

        Raises:
            NoSuchRouteError: this account's API tells none; `lacking` says so from now on.

        """
        try:
            result = self._ask("GET", id_, "/verification", vital=False).result
        except NoSuchRouteError:
            self.lacking.add("verification")
            raise
        if not isinstance(result, dict | None):
            raise self._unreadable("GET", f"{self._at(id_)}/verification")
        return result

    def _ask(self, method: str, id_: str, below: str = "", **options: Any) -> Answer:
        """One request about an entry."""
        try:
            return self._client.request(method, self._at(id_) + below, **options)
        except NoSuchRouteError as error:
            if below or not self._is_gone(error):
                raise
            raise self._refusal(NotFoundError(error.request, error.status, error.problems), id_) from None
        except (NotFoundError, InvalidRequestError) as error:
            raise self._refusal(error, id_) from None

    def _is_gone(self, error: NoSuchRouteError) -> bool:
        """Whether a 404 that is not in the API's words is about an entry: the API itself is there, and has the list."""
        if error.status not in _NOT_FOUND or NO_SUCH_ROUTE in error.codes:
            return False
        try:
            self._page(1, None, 1)
        except RequestError:
            return False
        return True

    def _refusal(self, error: ApiError, id_: str) -> ApiError:
        """The refusal of a request about an entry: that of a route, where the account has moved to other ids."""
        if id_.isdecimal() and self._has_numbers is None:
            with contextlib.suppress(RequestError):
                self.look_at_ids()
        if self.is_outdated(id_):
            return NoSuchRouteError(error.request, error.status, error.problems)
        return error

    def is_outdated(self, id_: str) -> bool:
        """Whether an id is a number (2025) while those of today are known to be UUIDs (2026)."""
        return self._has_numbers is False and id_.isdecimal()

    def _at(self, id_: str) -> str:
        if id_ in _NO_SEGMENT:
            raise RequestError(f"{self.collection}: {id_!r} is not the id of an entry")
        return f"{self._path}/{quote(id_, safe='')}"

    def _entries(self, result: object) -> list[Entry]:
        if result is None:
            return []
        if not isinstance(result, list) or not all(map(is_entry, result)):
            raise self._unreadable("GET", self._path)
        return result

    @staticmethod
    def _unreadable(method: str, path: str) -> AmbiguousError:
        return AmbiguousError(f"{method} {path}: the answer does not have the documented shape")

    # Writes -----------------------------------------------------------------------------------------------

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

    def create_many(self, entries: Sequence[Mapping[str, Any]]) -> BatchOutcome:
        """Create several trusted domains with one request, whose body is an array, and so is the answer.

        Raises:
            BatchRefusedError: fewer may pass, which `batch_size` says from now on. Some may have been created.

        """
        try:
            result = self._client.request("POST", self._path, body=[dict(fields) for fields in entries]).result
        except InvalidRequestError as error:
            raise self._too_many(error, len(entries)) from None
        return self._learn(match_posts(entries, result, self.key_of))

    def delete_many(self, ids: Iterable[str]) -> BatchOutcome:
        """Delete several domains with one request (the bulk DELETE that only domains have)."""

        def many(piece: Sequence[str]) -> BatchOutcome:
            body = [{"id": wire_id(id_)} for id_ in piece]
            return match_deletes(piece, self._client.request("DELETE", self._path, body=body).result)

        wanted = [*ids]
        try:
            return self._in_pieces("deletes", wanted, many) if wanted else BatchOutcome()
        except NoSuchRouteError:
            self.lacking.add("bulk delete")
            raise

    def batch(
        self,
        *,
        deletes: Sequence[str] = (),
        patches: Sequence[tuple[str, Mapping[str, Any]]] = (),
        posts: Sequence[Mapping[str, Any]] = (),
    ) -> BatchOutcome:
        """Delete, change and create in one request, in this order; at most 1000 of each.

        Items of one kind are sent in smaller pieces where the API refuses so many, unless it may have carried out
        some of them all the same.

        Args:
            deletes: the ids of entries to delete.
            patches: ids with the fields to change.
            posts: the fields of entries to create.

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
        if not self._atomic:
            try:
                return self._batch(items)
            except InvalidRequestError as error:
                raise self._too_many(error, max(map(len, items.values()))) from None
        if len(wanted) == 1:
            (kind,) = wanted
            return self._in_pieces(kind, items[kind], lambda piece: self._batch({kind: piece}))
        try:
            return self._batch(items)
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

    def _batch(self, items: Mapping[str, Sequence[Any]]) -> BatchOutcome:
        body: dict[str, list[Any]] = {name: [] for name in self._lists}
        body |= {kind: [wire(kind, item) for item in some] for kind, some in items.items() if some}
        try:
            result = self._client.request("POST", f"{self._path}/batch", body=body).result
        except NotFoundError:
            # Either an entry is gone, or there is no batch; one that changes nothing tells.
            if not self._has_batch():
                self.lacking.add("batch")
            raise
        except (NoSuchRouteError, AuthenticationError, BlockedError) as error:
            # What stands in front of the API may stop one request and let the next one pass.
            if error.status == 401 or (isinstance(error, BlockedError) and self._has_batch()):
                raise
            self.lacking.add("batch")
            raise NoSuchRouteError(error.request, error.status, error.problems) from None
        return self._learn(match(items, result if isinstance(result, dict) else {}, self.key_of))

    def _learn(self, outcome: BatchOutcome) -> BatchOutcome:
        self._habits.answers_in_part |= outcome.in_part
        return outcome

    def _has_batch(self) -> bool:
        try:
            self._client.request("POST", f"{self._path}/batch", body={name: [] for name in self._lists})
        except (NotFoundError, NoSuchRouteError, AuthenticationError, BlockedError):
            return False
        except RequestError:
            return True
        return True

    def _in_pieces(self, kind: str, items: Sequence[T], many: Callable[[Sequence[T]], BatchOutcome]) -> BatchOutcome:
        def one(item: Any) -> BatchOutcome:
            if kind == "deletes":
                self.delete(item)
                return BatchOutcome(deleted={item})
            if kind == "patches":
                return BatchOutcome(changed={item[0]: self.update(*item)})
            return BatchOutcome(created={self.key_of(item): self.create(item)})

        def unknown(piece: Sequence[Any]) -> BatchOutcome:
            return match({kind: piece}, {}, self.key_of)

        return in_pieces(items, self._habits, many=many, one=one, unknown=unknown)


def is_about(id_: str, entry: Mapping[str, Any]) -> bool:
    """Whether an answer is about the entry that was asked for, or does not say about which it is."""
    return "id" not in entry or (is_id(entry["id"]) and entry_id(entry).casefold() == id_.casefold())
