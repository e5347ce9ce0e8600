"""An API with one list in memory, asked without a network, whose habits are switched on by a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_cloudflare_email_security.client.credentials import Connection, Credentials
from pulumi_cloudflare_email_security.client.endpoint import Endpoint
from pulumi_cloudflare_email_security.client.envelope import Answer
from pulumi_cloudflare_email_security.client.errors import InvalidRequestError, NotFoundError, Problem
from pulumi_cloudflare_email_security.client.pages import Entry
from pulumi_cloudflare_email_security.client.transport import Client
from support.fake_time import BASE_URL, FakeTime

#: How an API may tell the length of a list of which it shows `shown` entries on this page.
TOTALS: Mapping[str, Callable[[int, int], object]] = {
    "right": lambda length, _: length,
    "missing": lambda _, __: None,
    "text": lambda length, _: str(length),
    "float": lambda length, _: float(length),
    "of the page": lambda _, shown: shown,
    "too many": lambda length, _: length + 7,
}


@dataclass
class ListApi:
    """The list of an account, and how its API shows it.

    Attributes:
        entries: what is in the list.
        cap: the most entries it serves a page.
        refuses: whether it refuses to serve more, instead of serving less.
        refusal: what it says then.
        says_cap: whether `per_page` in its answers is what it serves; else it is what was asked for.
        total: how it tells the length of the list.
        refuses_past_end: whether it refuses to show pages past the end.
        moves: called with each page's number before it is shown.
        fails: raised by the next requests, in order; None lets one pass.

    """

    entries: list[Entry]
    cap: int = 1000
    refuses: bool = False
    refusal: str = "per_page is too large"
    says_cap: bool = True
    total: str = "right"
    refuses_past_end: type[Exception] | None = None
    moves: Callable[[ListApi, int], None] = lambda _, __: None
    fails: list[Exception | None] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    most_at_once: int = 0
    _under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, count: int, **habits: Any) -> ListApi:
        """A list of so many entries."""
        return cls([{"id": str(number), "pattern": f"p{number}"} for number in range(count)], **habits)

    @property
    def pages(self) -> int:
        """How many pages of the whole list were asked for."""
        return sum(path == "" and "pattern" not in query for path, query in self.asked)

    @property
    def searches(self) -> int:
        """How many filtered pages were asked for."""
        return sum("pattern" in query for _, query in self.asked)

    @property
    def singles(self) -> int:
        """How many entries were asked for by id."""
        return sum(bool(path) for path, _ in self.asked)

    def request(self, path: str, query: Mapping[str, Any]) -> Answer:
        """Answer a GET."""
        with self._lock:
            self.asked.append((path, dict(query)))
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            failure = self.fails.pop(0) if self.fails else None
        try:
            if failure is not None:
                raise failure
            with self._lock:
                return self._single(path) if path else self._page(query)
        finally:
            with self._lock:
                self._under_way -= 1

    def _single(self, id_: str) -> Answer:
        for entry in self.entries:
            if entry["id"] == id_:
                return Answer(entry, {})
        raise NotFoundError(f"GET /{id_}", 404, ())

    def _page(self, query: Mapping[str, Any]) -> Answer:
        number, size = query["page"], query["per_page"]
        if self.refuses and size > self.cap:
            raise InvalidRequestError("GET /list", 400, (Problem(1000, self.refusal),))
        self.moves(self, number)
        told_size = size
        size = min(size, self.cap)
        found = [
            e for e in self.entries if e["id"] not in self.hidden and query.get("pattern", e["pattern"]) == e["pattern"]
        ]
        found = found[::-1] if query.get("direction") == "desc" else found
        page = found[(number - 1) * size : number * size]
        if number > 1 and not page and self.refuses_past_end:
            raise self.refuses_past_end("GET /list", 400, ())
        told = {
            "total_count": TOTALS[self.total](len(found), len(page)),
            "per_page": size if self.says_cap else told_size,
        }
        return Answer(page, {name: value for name, value in told.items() if value is not None})


class ListClient(Client):
    """A client of that API."""

    def __init__(self, api: ListApi, time: FakeTime) -> None:
        self.api = api
        self.told: list[str] = []
        connection = Connection(BASE_URL, Credentials.none())
        super().__init__(connection, clock=time.clock, tell=self.told.append)

    def request(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, **_: Any) -> Answer:
        """Ask the API."""
        assert method == "GET"
        return self.api.request(path.partition("/things/")[2], query or {})


def key_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The natural key of an entry."""
    return (str(entry.get("pattern")).lower(),)


def endpoint_of(api: ListApi, time: FakeTime | None = None, *, order: str | None = "created_at") -> Endpoint:
    """The endpoint of the list."""
    return Endpoint(ListClient(api, time or FakeTime()), "account", "things", key_of=key_of, order=order)


def ids_of(entries: Sequence[Entry]) -> list[str]:
    """The ids of entries."""
    return [str(entry["id"]) for entry in entries]
