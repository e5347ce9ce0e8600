"""Lists are read whole, whatever the API says about them, and in no more requests than it takes."""

from __future__ import annotations

import itertools
import math
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.client.endpoint import Endpoint
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    InvalidRequestError,
    NotFoundError,
    Problem,
    ServerError,
)
from pulumi_cloudflare_email_security.client.pages import Entry, count
from pulumi_cloudflare_email_security.client.transport import WIDTH
from support.fake_time import FakeTime
from support.list_api import TOTALS, ListApi, ListClient, endpoint_of, ids_of, key_of

HONEST = ["right", "text", "float"]


_NO_NUMBERS: list[tuple[object, None]] = [(math.nan, None), (math.inf, None), ([], None), ("9" * 400, None)]


def told(endpoint: Endpoint) -> list[str]:
    """What the user was told."""
    assert isinstance(endpoint._client, ListClient)
    return endpoint._client.told


@settings(max_examples=200)
@given(
    length=st.integers(0, 70),
    cap=st.integers(1, 40),
    refuses=st.booleans(),
    says_cap=st.booleans(),
    total=st.sampled_from(sorted(TOTALS)),
    past_end=st.sampled_from([None, NotFoundError, InvalidRequestError]),
    ordered=st.booleans(),
)
def test_a_list_is_read_whole_whatever_its_habits(
    *, length: int, cap: int, refuses: bool, says_cap: bool, total: str, past_end: Any, ordered: bool
) -> None:
    """Whatever the API serves a page and says about it, what is read is the list, each entry once."""
    api = ListApi.of(length, cap=cap, refuses=refuses, says_cap=says_cap, total=total, refuses_past_end=past_end)
    endpoint = endpoint_of(api, order="created_at" if ordered else None)
    everything = ids_of(api.entries)
    assert ids_of(endpoint.all()) == everything
    assert ids_of(endpoint.rest(endpoint.page(1))) == everything
    assert ids_of(endpoint.all({"pattern": "p3"})) == [id_ for id_ in everything if id_ == "3"]
    assert ids_of(endpoint.all()) == everything


@pytest.mark.parametrize("total", HONEST)
@pytest.mark.parametrize(
    ("length", "requests"), [(0, 1), (1, 2), (30, 2), (999, 2), (1000, 2), (1001, 2), (9_999, 10), (10_000, 11)]
)
def test_an_ordinary_account_pays_for_its_pages(length: int, requests: int, total: str) -> None:
    """One request a page, one more where the last page is full, and one more for the first short list only."""
    api = ListApi.of(length, total=total)
    endpoint = endpoint_of(api)
    assert len(endpoint.all()) == length
    assert api.pages == requests
    api.asked.clear()
    assert len(endpoint.all()) == length
    assert api.pages == length // 1000 + 1


@pytest.mark.parametrize("length", [20, 50, 100, 500])
def test_a_page_of_a_length_that_apis_stop_at_is_looked_behind(length: int) -> None:
    """A first page of just a common limit may be a full one, whatever the API says of it: one more request tells."""
    api = ListApi.of(length)
    endpoint = endpoint_of(api)
    assert (len(endpoint.all()), api.pages) == (length, 2)


@pytest.mark.parametrize("says_cap", [True, False])
@pytest.mark.parametrize("total", ["missing", "of the page"])
def test_a_capped_page_is_not_taken_for_the_list(total: str, says_cap: bool) -> None:
    """Fifty entries where a thousand were asked for are not the end of a list of 120."""
    api = ListApi.of(120, cap=50, total=total, says_cap=says_cap)
    assert len(endpoint_of(api).all()) == 120


def test_what_a_page_holds_is_remembered() -> None:
    """Where a page of a hundred was seen a shorter one is the end, without a word of the API about it."""
    api = ListApi.of(250, cap=100, total="missing", says_cap=False)
    endpoint = endpoint_of(api)
    endpoint.all()
    api.asked.clear()
    assert ids_of(endpoint.all({"pattern": "p7"})) == ["7"]
    assert len(api.asked) == 1


def test_a_total_is_believed_when_it_was_seen_to_count() -> None:
    """A list of another collection is one request once a total was seen that is not just its page's own count."""
    small, large = ListApi.of(30), ListApi.of(1500)
    endpoint = endpoint_of(small)
    client = endpoint._client
    assert isinstance(client, ListClient)
    client.api = large
    Endpoint(client, "account", "others", key_of=key_of).all()
    client.api = small
    assert len(endpoint.all()) == 30
    assert small.pages == 1


def test_no_total_costs_few_requests_more() -> None:
    """Where nothing tells the length, pages are asked for ahead, but not many past the end."""
    api = ListApi.of(10_000, total="missing")
    endpoint_of(api).all()
    assert api.pages <= 12


def test_pages_are_read_several_at_once() -> None:
    """All pages but the first are read at the same time, up to a bound, and stand in order."""
    api = ListApi.of(30_000)
    waiting = threading.Barrier(WIDTH, timeout=120)

    class Waiting(ListClient):
        def request(self, method: str, path: str, *, query: Any = None, **options: Any) -> Any:
            if 2 <= query["page"] <= 1 + WIDTH:
                waiting.wait()
            return super().request(method, path, query=query, **options)

    endpoint = Endpoint(Waiting(api, FakeTime()), "account", "things", key_of=key_of)
    assert ids_of(endpoint.all()) == [str(number) for number in range(30_000)]
    assert api.most_at_once <= WIDTH


def test_a_failing_page_fails_the_reading() -> None:
    """A page that cannot be read is never passed over."""
    api = ListApi.of(5000, fails=[None, None, ServerError("GET /list", 500, ())])
    with pytest.raises(ServerError):
        endpoint_of(api).all()


@pytest.mark.parametrize(("cap", "size"), [(999, 500), (100, 62), (20, 15), (3, 3), (2, 1), (1, 1)])
def test_a_refused_page_size_is_halved(cap: int, size: int) -> None:
    """A `per_page` that is refused is asked for in half, and what passed is asked for from then on."""
    api = ListApi.of(130, cap=cap, refuses=True)
    endpoint = endpoint_of(api)
    assert len(endpoint.all()) == 130
    api.asked.clear()
    assert len(endpoint.all()) == 130
    assert {query["per_page"] for _, query in api.asked} == {size}


@pytest.mark.parametrize("words", ["per_page must be a number from 1 to {}", "at most {} a page", "maximum: {}"])
def test_a_limit_that_is_named_is_asked_for_at_once(words: str) -> None:
    """Where the refusal says how large a page may be, one request more is enough."""
    api = ListApi.of(130, cap=50, refuses=True, refusal=words.format(50))
    endpoint = endpoint_of(api)
    assert len(endpoint.all()) == 130
    assert [query["per_page"] for _, query in api.asked] == [1000, 50, 50, 50]


def test_a_limit_that_is_no_limit_does_not_hinder() -> None:
    """A number that stands in the refusal and is no help is passed over, down to pages of one entry."""
    api = ListApi.of(5, cap=1, refuses=True, refusal="limited to 300 of 5000, error 7")
    assert len(endpoint_of(api).all()) == 5


@pytest.mark.parametrize(
    "problem", [Problem(1000, "no such pattern_type", "/pattern_type"), Problem(1000, "nothing helps")]
)
def test_another_refusal_of_a_list_stays_what_it_is(problem: Problem) -> None:
    """A list that is refused for another reason ends in that error, and the page size is as it was."""
    refusal = InvalidRequestError("GET /list", 400, (problem,))
    api = ListApi.of(10, fails=[refusal] * (1 if problem.pointer else 10))
    endpoint = endpoint_of(api)
    with pytest.raises(InvalidRequestError) as caught:
        endpoint.all()
    assert caught.value is refusal
    endpoint.all()
    assert api.asked[-1][1]["per_page"] == 1000


@pytest.mark.parametrize("length", [0, 5, 40, 90])
@pytest.mark.parametrize("total", ["right", "missing"])
def test_a_page_past_the_end_may_be_refused(length: int, total: str) -> None:
    """An API that has no page past the end is asked no further, and its refusal is no error."""
    api = ListApi.of(length, cap=30, total=total, says_cap=False, refuses_past_end=NotFoundError)
    assert len(endpoint_of(api).all()) == length


@pytest.mark.parametrize("length", [5, 45, 90])
@pytest.mark.parametrize("total", ["right", "missing", "of the page", "too many"])
def test_a_page_past_the_end_may_be_an_invalid_request(length: int, total: str) -> None:
    """Refused with 400, a page counts as past the end where the list can have ended, full as the one before may be."""
    api = ListApi.of(length, cap=30, refuses_past_end=InvalidRequestError, total=total, says_cap=False)
    assert len(endpoint_of(api).all()) == length


@pytest.mark.parametrize("total", ["right", "missing", "too many"])
@pytest.mark.parametrize("order", ["created_at", None])
def test_a_list_of_which_no_page_beyond_some_depth_is_shown_is_an_error(total: str, order: str | None) -> None:
    """It has not shown the whole list, from whichever end it is read."""

    def shows_two_pages(_: ListApi, number: int) -> None:
        if number > 2:
            raise InvalidRequestError("GET /list", 400, ())

    api = ListApi.of(300, cap=30, total=total, moves=shows_two_pages)
    with pytest.raises(InvalidRequestError):
        endpoint_of(api, order=order).all()


@pytest.mark.parametrize("total", ["right", "missing"])
def test_a_page_that_is_refused_before_the_end_has_the_list_read_again(total: str) -> None:
    """The entry before it may just have been deleted: the list is read from the other end."""
    gone = InvalidRequestError("GET /list", 400, ())
    api = ListApi.of(90, cap=30, total=total, fails=[None, None, gone])
    assert len(endpoint_of(api).all()) == 90


def test_a_total_beyond_the_end_is_told_once() -> None:
    """A total that is too large has the list read again and is told, once; later readings are not doubled."""
    api = ListApi.of(45, total="too many")
    endpoint = endpoint_of(api)
    assert len(endpoint.all()) == 45
    assert ["52 entries" in text and "shows 45" in text for text in told(endpoint)] == [True]
    read = api.pages
    assert len(endpoint.all()) == 45
    assert api.pages - read <= 2
    assert len(told(endpoint)) == 1


def test_a_total_of_a_filtered_list_means_nothing() -> None:
    """What a filter leaves out may be counted: nothing is read again for it, and nobody is told."""
    api = ListApi.of(45, total="too many")
    endpoint = endpoint_of(api)
    endpoint.pages_from(endpoint.page(1))
    assert ids_of(endpoint.all({"pattern": "p7"})) == ["7"]
    assert (api.searches, told(endpoint)) == (1, [])


@pytest.mark.parametrize("probed", [False, True])
@pytest.mark.parametrize("removals", [1, 2, 3])
def test_entries_removed_while_pages_are_read_hide_no_others(removals: int, probed: bool) -> None:
    """An entry that goes between two pages moves the others up: the list is read again."""
    left = [removals]

    def remove(api: ListApi, number: int) -> None:
        if number == 2 and left[0]:
            left[0] -= 1
            del api.entries[0]

    api = ListApi.of(2500, moves=remove)
    endpoint = endpoint_of(api)
    entries = endpoint.rest(endpoint.page(1)) if probed else endpoint.all()
    assert {*ids_of(api.entries)} <= {*ids_of(entries)}


def test_entries_added_while_pages_are_read_show_once() -> None:
    """An entry that comes between two pages moves the others down: those seen twice are one."""
    left = [1]

    def add(api: ListApi, number: int) -> None:
        if number == 2 and left:
            left.pop()
            api.entries.insert(0, {"id": "new", "pattern": "new"})

    api = ListApi.of(2500, moves=add)
    entries = ids_of(endpoint_of(api).all())
    assert sorted(entries) == sorted(ids_of(api.entries))


def test_an_entry_that_each_reading_hides_is_found_from_the_other_end() -> None:
    """Where the same entry falls between two pages every time, the list is read backwards."""

    def swap(api: ListApi, number: int) -> None:
        order = sorted(api.entries, key=lambda entry: int(entry["id"]))
        if number == 2:
            order.insert(0, order.pop(10))
        api.entries[:] = order

    api = ListApi.of(25, cap=10, moves=swap)
    assert sorted(map(int, ids_of(endpoint_of(api).all()))) == [*range(25)]


def test_readings_that_each_hide_another_entry_hold_all_of_them_together() -> None:
    """Where no two readings are alike, and no total tells, the list is what all of them showed."""
    readings = itertools.count()

    def hide(api: ListApi, number: int) -> None:
        order = sorted(api.entries, key=lambda entry: int(entry["id"]))
        if number == 2:
            order.insert(0, order.pop(10 + next(readings)))
        api.entries[:] = order

    api = ListApi.of(25, cap=10, moves=hide, total="missing")
    assert sorted(map(int, ids_of(endpoint_of(api).all()))) == [*range(25)]


def test_entries_that_move_are_no_pages_that_are_refused() -> None:
    """Where the page past the end is refused and entries move between pages, all readings together are the list."""
    readings = iter([0, 1, 2, 0, 1, 2, 0, 1, 2])

    def move(api: ListApi, number: int) -> None:
        if number == 1:
            first = next(readings)
            rest = [entry for entry in api.entries if entry["id"] != str(first)]
            api.entries[:] = [{"id": str(first), "pattern": "x"}, *rest]
        if number == 2:
            api.entries.insert(2, api.entries.pop(0))

    api = ListApi.of(4, cap=2, moves=move, total="of the page", refuses_past_end=InvalidRequestError)
    assert sorted(ids_of(endpoint_of(api).all())) == ["0", "1", "2", "3"]


def test_a_short_list_is_read_until_it_holds_still() -> None:
    """Where each reading shows one entry more, a list of a few pages is read more often than a long one."""
    hidden = [*map(str, range(6))]

    def show_one_more(api: ListApi, number: int) -> None:
        if number == 1 and hidden:
            hidden.pop()
            api.hidden = {*hidden}

    api = ListApi.of(25, cap=10, moves=show_one_more, total="too many")
    assert sorted(map(int, ids_of(endpoint_of(api).all()))) == [*range(25)]


def test_a_list_that_never_holds_still_is_an_error() -> None:
    """Where every reading shows something else nothing is concluded from the list."""
    fresh = iter(range(10_000, 20_000))

    def change(api: ListApi, number: int) -> None:
        if number == 2:
            del api.entries[:3]
            api.entries[1200] = {"id": str(next(fresh)), "pattern": "x"}

    api = ListApi.of(2500, moves=change)
    with pytest.raises(AmbiguousError, match=r"each of \d+ readings showed others"):
        endpoint_of(api).all()


def test_pages_that_are_short_in_the_middle_do_not_end_the_list() -> None:
    """Where the API leaves entries out of its pages only an empty page is the end."""
    entries: list[Entry] = [{"id": str(number), "pattern": "p"} for number in range(60)]

    class Ragged(ListApi):
        def _page(self, query: Any) -> Any:
            answer = super()._page(query)
            return type(answer)([entry for entry in answer.result if int(entry["id"]) % 7], {})

    api = Ragged(entries, cap=10)
    assert len(endpoint_of(api).all()) == sum(bool(number % 7) for number in range(60))


def test_an_api_that_knows_no_pages_is_not_read_for_ever() -> None:
    """An API that shows the same entries whatever page is asked for has shown them all."""

    class OnePage(ListApi):
        def _page(self, query: Any) -> Any:
            return super()._page({**query, "page": 1})

    api = OnePage.of(5, total="missing", says_cap=False)
    assert len(endpoint_of(api).all()) == 5
    assert api.pages <= 6


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (3.0, 3),
        ("3", 3),
        ("3.0", 3),
        (0, 0),
        (None, None),
        (True, None),
        (-1, None),
        ("x", None),
        (3.5, None),
        *_NO_NUMBERS,
    ],
)
def test_numbers_as_apis_write_them(value: object, number: int | None) -> None:
    """Counts that are text or floats count, what is no count does not."""
    assert count(value) == number


def test_other_endpoints_of_the_same_collection_share_what_was_learned() -> None:
    """What one endpoint learned of a collection the others of the same client know."""
    api = ListApi.of(130, cap=100, refuses=True)
    client = endpoint_of(api)._client
    for _ in range(2):
        Endpoint(client, "account", "things", key_of=key_of).all()
    assert sum(query["per_page"] == 1000 for _, query in api.asked) == 1
