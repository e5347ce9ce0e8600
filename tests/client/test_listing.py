"""Shared reads: how many requests they cost, and that they never tell what is no longer true."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.client.endpoint import PAGE_SIZE, Endpoint, Entry
from pulumi_cloudflare_email_security.client.errors import NotFoundError, ServerError
from pulumi_cloudflare_email_security.client.listing import MAX_AGE, Listing
from support.fake_time import FakeTime


class CountingEndpoint(Endpoint):
    """An endpoint on a list in memory, every request counted and none made."""

    def __init__(self, size: int, *, total_count: bool = True) -> None:
        self.entries: list[Entry] = [{"id": str(number), "pattern": f"p{number}"} for number in range(size)]
        self.total_count = total_count
        self.collection = "things"
        self._path = "/things"
        self.pages = self.singles = self.searches = 0
        self.fail = 0
        self._counting = threading.Lock()

    @property
    def requests(self) -> int:
        """All requests so far."""
        return self.pages + self.singles + self.searches

    def page(self, number: int, filters: Mapping[str, Any] | None = None) -> tuple[list[Entry], int | None]:
        """A page, or the first page of what a filter finds."""
        with self._counting:
            if self.fail:
                self.fail -= 1
                raise ServerError("GET /things", 500, ())
            if filters:
                self.searches += 1
            else:
                self.pages += 1
        found = [e for e in self.entries if not filters or filters["pattern"] == e["pattern"]]
        page = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        return page, len(found) if self.total_count else None

    def get(self, id_: str, below: str = "") -> Entry:
        """One entry."""
        del below
        with self._counting:
            self.singles += 1
        for entry in self.entries:
            if entry["id"] == id_:
                return entry
        raise NotFoundError("GET /things", 404, ())


class Case:
    """A listing on a counting endpoint in fake time."""

    def __init__(self, size: int, *, total_count: bool = True) -> None:
        self.time = FakeTime()
        self.endpoint = CountingEndpoint(size, total_count=total_count)
        self.listing = Listing(self.endpoint, lambda entry: (str(entry["pattern"]).lower(),), self.time.clock)

    def get(self, ids: Sequence[int]) -> None:
        """Read entries one after the other."""
        for id_ in ids:
            assert self.listing.get(str(id_))["id"] == str(id_)

    def find(self, pattern: str) -> list[str]:
        """The ids of the entries with a key."""
        return [entry["id"] for entry in self.listing.find((pattern.lower(),), {"pattern": pattern})]


def test_three_entries_in_a_large_account_cost_three_requests() -> None:
    """A stack of 3 entries in an account of 50,000 never reads the list."""
    case = Case(50_000)
    case.get([1, 25_000, 49_999])
    assert (case.endpoint.singles, case.endpoint.pages) == (3, 0)


@pytest.mark.parametrize("size", [1000, 1001, 2000, 3000])
@pytest.mark.parametrize("total_count", [True, False])
def test_a_thousand_reads_share_the_list(size: int, total_count: bool) -> None:
    """Refreshing 1,000 single entries takes a few single reads and then the list, once."""
    case = Case(size, total_count=total_count)
    case.get(range(1000))
    if total_count:
        assert case.endpoint.pages == math.ceil(size / PAGE_SIZE)
        assert case.endpoint.singles <= 3
    assert case.endpoint.requests <= 3 + 50 + 4


def test_a_thousand_reads_take_at_most_three_list_requests() -> None:
    """In an account of those 1,000 entries the list is asked for no more than three times."""
    case = Case(1000)
    case.get(range(1000))
    assert case.endpoint.pages <= 3


@settings(max_examples=40, deadline=None)
@given(reads=st.integers(1, 400), size=st.integers(1, 100_000))
def test_reads_cost_at_most_twice_the_cheaper_way(reads: int, size: int) -> None:
    """However many are read from however large an account: about twice the cheaper of singles and list, and no more."""
    endpoint = ManyEntries(size)
    listing = Listing(endpoint, lambda entry: (entry["id"],), FakeTime().clock)
    for number in range(reads):
        listing.get(str(number % size))
    assert endpoint.requests <= 2 * min(reads, math.ceil(size / PAGE_SIZE)) + 4


class ManyEntries(CountingEndpoint):
    """A large account of which every page is made when it is asked for, one entry in place of a thousand."""

    def __init__(self, size: int) -> None:
        super().__init__(0)
        self.size = size

    def get(self, id_: str, below: str = "") -> Entry:
        """Any entry."""
        del below
        self.singles += 1
        return {"id": id_}

    def page(self, number: int, filters: Mapping[str, Any] | None = None) -> tuple[list[Entry], int | None]:
        """A page."""
        del filters
        self.pages += 1
        return [{"id": str(i)} for i in range((number - 1) * PAGE_SIZE, min(number * PAGE_SIZE, self.size))], self.size


def test_many_threads_read_the_list_once() -> None:
    """Four threads that read 1,000 entries at a time wait for one reading of the list."""
    case = Case(3000)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: case.listing.get(str(number))["id"], range(1000)))
    assert found == [str(number) for number in range(1000)]
    assert case.endpoint.pages == 3
    assert case.endpoint.singles <= 3


def test_looking_up_many_keys_reads_the_list_once() -> None:
    """10,000 keys looked up in an account of 3,000 take its three pages."""
    case = Case(3000)
    for number in range(10_000):
        assert case.find(f"p{number}") == ([str(number)] if number < 3000 else [])
    assert case.endpoint.requests == 3


def test_looking_up_a_few_keys_in_a_large_account_uses_the_filter() -> None:
    """Three keys in an account of 50,000 take three filtered requests, and one that tells its size."""
    case = Case(50_000)
    for number in (1, 30_000, 60_000):
        assert case.find(f"p{number}") == ([str(number)] if number < 50_000 else [])
    assert (case.endpoint.searches, case.endpoint.pages) == (3, 1)


def test_looking_up_very_many_keys_in_a_large_account_ends_with_the_list() -> None:
    """Never more than about twice the pages, however many keys are looked up."""
    case = Case(20_000)
    for number in range(500):
        case.find(f"p{number}")
    assert case.endpoint.requests <= 2 * 20 + 1


def test_keys_compare_as_the_caller_says() -> None:
    """A key in another case is found where the list is small, and twins are all found."""
    case = Case(3)
    case.endpoint.entries.append({"id": "x", "pattern": "P1"})
    assert case.find("p1") == ["1", "x"]


def test_a_missing_entry_is_not_found_by_either_way() -> None:
    """An entry that is gone is not found by a single read, nor in the list."""
    case = Case(10)
    for _ in range(6):
        with pytest.raises(NotFoundError):
            case.listing.get("77")
    assert case.endpoint.pages == 1


def test_own_writes_are_seen() -> None:
    """What this process creates, changes and deletes shows in the shared list without a request."""
    case = Case(10)
    case.listing.all()
    case.listing.remember({"id": "new", "pattern": "fresh"})
    case.listing.remember({"id": "1", "pattern": "changed"})
    case.listing.forget("2")
    assert case.find("fresh") == ["new"]
    assert (case.find("changed"), case.find("p1"), case.find("p2")) == (["1"], [], [])
    with pytest.raises(NotFoundError):
        case.listing.get("2")
    assert len(case.listing.all()) == 10
    assert case.endpoint.requests == 1


def test_own_writes_after_the_first_page_was_read_are_seen() -> None:
    """The page that told the size of a large account is not used once something it shows was deleted."""
    case = Case(6500)
    case.find("p6000")
    assert (case.endpoint.pages, case.endpoint.searches) == (1, 1)
    del case.endpoint.entries[3]
    case.listing.forget("3")
    ids = {entry["id"] for entry in case.listing.all()}
    assert ids == {entry["id"] for entry in case.endpoint.entries}


def test_changes_after_the_first_page_was_read_are_seen() -> None:
    """An entry changed by this process is not shown as the first page had it."""
    case = Case(6500)
    case.find("p6000")
    case.endpoint.entries[3] = {"id": "3", "pattern": "changed"}
    case.listing.remember(case.endpoint.entries[3])
    assert [entry["pattern"] for entry in case.listing.all() if entry["id"] == "3"] == ["changed"]


def test_drop_and_fresh_ask_again() -> None:
    """After a drop, and for a fresh list, the API is asked."""
    case = Case(10)
    case.listing.all()
    case.endpoint.entries.pop()
    assert len(case.listing.all()) == 10
    assert len(case.listing.fresh()) == 9
    case.endpoint.entries.pop()
    case.listing.drop()
    assert len(case.listing.all()) == 8
    assert case.endpoint.pages == 3


@pytest.mark.parametrize(("age", "pages"), [(MAX_AGE - 1, 1), (MAX_AGE + 1, 2)])
def test_a_list_grows_old(age: float, pages: int) -> None:
    """What was read more than a minute ago is read again, by every way of asking."""
    asks: list[Callable[[Case], object]] = [
        lambda case: case.listing.all(),
        lambda case: case.find("p1"),
        lambda case: case.listing.fresh() if case.time.slept == 0 else case.listing.find(("p1",), None),
    ]
    for ask in asks:
        case = Case(10)
        ask(case)
        case.time.sleep(age)
        ask(case)
        assert case.endpoint.pages == pages


def test_a_program_that_reads_for_long_does_not_trust_an_old_list() -> None:
    """A deleted entry is noticed by a single read a minute later."""
    case = Case(10)
    case.listing.all()
    del case.endpoint.entries[4]
    assert case.listing.get("4")["id"] == "4"
    case.time.sleep(MAX_AGE + 1)
    with pytest.raises(NotFoundError):
        case.listing.get("4")


@pytest.mark.parametrize("total_count", [True, False])
def test_a_failed_reading_leaves_nothing_behind(total_count: bool) -> None:
    """Where a page fails the next caller starts anew and gets the whole list."""
    case = Case(2500, total_count=total_count)
    case.endpoint.fail = 1
    with pytest.raises(ServerError):
        case.listing.all()
    assert len(case.listing.all()) == 2500


def test_all_is_a_copy() -> None:
    """A caller that changes its list changes nobody else's."""
    case = Case(3)
    case.listing.all().clear()
    assert len(case.listing.all()) == 3
