"""Reading one collection of one account: its pages, its list, its entries by id."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from .batches import is_entry, is_id
from .envelope import NO_SUCH_ROUTE
from .errors import (
    AmbiguousError,
    ApiError,
    ConfigurationError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    RequestError,
)
from .pages import Entry, ListReader, Page, Reading, count, entry_id

if TYPE_CHECKING:
    from .envelope import Answer
    from .transport import Client

# What would change the path it stands in, quoted or not.
_NO_SEGMENT: Final = frozenset({"", ".", ".."})
#: A limit in the words of a refusal: "from 1 to 50", "at most 50", "no more than 50", "maximum is 50".
_LIMIT: Final = re.compile(r"\b(?:to|most|than|limit|max\w*)\b(?: (?:is|of))?\W{1,3}(\d+)\b", re.ASCII | re.IGNORECASE)
_NOT_FOUND: Final = frozenset({404, 410})
T = TypeVar("T")


class Reads:
    """The reading operations of a collection."""

    def __init__(self, client: Client, account_id: str, collection: str, *, order: str | None = "created_at") -> None:
        if account_id in _NO_SEGMENT:
            raise ConfigurationError(f"{account_id!r} is not an account id")
        self._client = client
        self.account_id = account_id
        self.collection = collection
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

    def concurrently(self, calls: Iterable[Callable[[], T]]) -> list[T]:
        """Make several calls at the same time, as `Client.concurrently` does."""
        return self._client.concurrently(calls)

    def page(self, number: int, filters: Mapping[str, Any] | None = None) -> Page:
        """One page of the list. Where the API refuses so large a page, a smaller one is asked for."""
        size = self._habits.page_size
        while True:
            try:
                page = self._page(number, filters, size)
            except InvalidRequestError as error:
                if number > 1 or size == 1 or not _may_be_page_size(error):
                    raise
                size = _smaller_page(size, error)
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
        """How far the proof of a domain's ownership is; None where the API answers that there is none to give."""
        result = self._ask("GET", id_, "/verification", vital=False).result
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
            raise self._refusal(NotFoundError(error.request, error.status, error.problems), [id_]) from None
        except (NotFoundError, InvalidRequestError) as error:
            raise self._refusal(error, [id_]) from None

    def _is_gone(self, error: NoSuchRouteError) -> bool:
        """Whether a 404 that is not in the API's words is about an entry: the API itself is there, and has the list."""
        if error.status not in _NOT_FOUND or NO_SUCH_ROUTE in error.codes:
            return False
        try:
            self._page(1, None, 1)
        except RequestError:
            return False
        return True

    def _refusal(self, error: ApiError, ids: Iterable[str]) -> ApiError:
        """The refusal of a request that names ids: that of a route, where the account has moved to other ids."""
        numbers = [id_ for id_ in ids if id_.isdecimal()]
        if numbers and self._has_numbers is None:
            with contextlib.suppress(RequestError):
                self.look_at_ids()
        if any(map(self.is_outdated, numbers)):
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


def _may_be_page_size(error: InvalidRequestError) -> bool:
    """Whether a list may have been refused for the size of its pages: what names another parameter was not."""
    said = " ".join(f"{problem.message} {problem.pointer or ''}" for problem in error.problems).lower()
    return "page" in said or "limit" in said or not any(problem.pointer for problem in error.problems)


def _smaller_page(size: int, error: InvalidRequestError) -> int:
    """The size of page to ask for after one was refused: the limit that the refusal names, or half."""
    named = [int(number) for problem in error.problems for number in _LIMIT.findall(problem.message)]
    return max((number for number in named if 0 < number < size), default=size // 2)


def is_about(id_: str, entry: Mapping[str, Any]) -> bool:
    """Whether an answer is about the entry that was asked for, or does not say about which it is."""
    return "id" not in entry or (is_id(entry["id"]) and entry_id(entry).casefold() == id_.casefold())
