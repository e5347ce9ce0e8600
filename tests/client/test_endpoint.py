"""The operations of a collection: paths, pages, batches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.client.endpoint import PAGE_SIZE, Endpoint, Entry
from pulumi_cloudflare_email_security.client.errors import AmbiguousError, EmailSecurityError, NoSuchRouteError
from pulumi_cloudflare_email_security.emulator import Emulator, respond
from support.emulator_api import ACCOUNT, body
from support.fake_time import BASE_URL, FakeTime, new_client

PATH = f"/client/v4/accounts/{ACCOUNT}/email-security/settings/block_senders"
Answer = Callable[[requests.PreparedRequest], tuple[int, dict[str, str], str]]


class Api:
    """A mocked network with one endpoint, every request kept."""

    def __init__(self, mock: responses.RequestsMock, account: str = ACCOUNT) -> None:
        self.mock = mock
        self.endpoint = Endpoint(new_client(FakeTime(), []), account, "block_senders")
        self.seen: list[requests.PreparedRequest] = []

    def answer(self, result: Callable[[requests.PreparedRequest], Any], info: Any = None) -> None:
        """Answer everything with an envelope around `result(request)`."""

        def callback(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
            self.seen.append(request)
            envelope = {"success": True, "errors": [], "messages": [], "result": result(request)}
            return 200, {}, json.dumps(envelope if info is None else {**envelope, "result_info": info(request)})

        for method in ("GET", "POST", "PATCH", "DELETE"):
            self.mock.add_callback(method, re.compile(".*"), callback=callback)

    def paths(self) -> list[str]:
        """Path of each request as it went out."""
        return [urlsplit(str(request.url)).path for request in self.seen]


@pytest.fixture
def api() -> Iterator[Api]:
    """An endpoint behind a mocked network."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Api(mock)


IDS = ["7", "5e77165b-3c0d-4d53-9d0c-d0a7e5b1f4a6", "a/b", "../x", "a?b", "a#b", "a b", "%2e%2e", "ü", "\u202e", "a;b"]


@pytest.mark.parametrize("id_", IDS)
def test_ids_are_quoted(api: Api, id_: str) -> None:
    """Whatever an id holds, it stays one segment of the path."""
    api.answer(lambda _: {"id": id_})
    api.endpoint.get(id_)
    api.endpoint.update(id_, {})
    api.endpoint.delete(id_)
    assert len(api.paths()) == 3
    for path in api.paths():
        assert path.startswith(f"{PATH}/")
        assert unquote(path.removeprefix(f"{PATH}/")) == id_
        assert "/" not in path.removeprefix(f"{PATH}/")
        assert path.isascii()


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_ids_that_would_leave_the_path_are_refused(api: Api, id_: str) -> None:
    """An id that a URL cannot quote is refused before anything is sent: no DELETE ever hits the collection."""
    for call in (api.endpoint.get, api.endpoint.delete, lambda id_: api.endpoint.update(id_, {})):
        with pytest.raises((ValueError, EmailSecurityError), match="not the id"):
            call(id_)
    assert api.seen == []


@pytest.mark.parametrize("account", ["..", ".", "", "a/../b", "a?b", "ü", "../../zones/x"])
def test_account_ids_stay_in_their_place(account: str) -> None:
    """No account id leads to another path: it is quoted, or refused before anything is sent."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        try:
            api = Api(mock, account)
            api.answer(lambda _: [])
            api.endpoint.all()
        except (ValueError, EmailSecurityError):
            assert not mock.calls
        else:
            (path,) = api.paths()
            segments = path.split("/")
            assert len(segments) == 8
            assert unquote(segments[4]) == account


@given(st.text(min_size=1, max_size=20).filter(lambda text: text not in {".", ".."}))
def test_any_id_stays_one_segment(id_: str) -> None:
    """No text at all leads an id to another path."""
    quotable = id_.encode("utf-8", "ignore").decode() == id_
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        api = Api(mock)
        api.answer(lambda _: {"id": id_})
        if quotable:
            api.endpoint.get(id_)
            assert unquote(api.paths()[0].removeprefix(f"{PATH}/")) == id_


def serve(api: Api, count: int, *, total: bool) -> None:
    """Serve a list of so many entries."""
    entries = [{"id": number} for number in range(count)]

    def page(request: requests.PreparedRequest) -> list[dict[str, int]]:
        number, size = int(query(request)["page"]), int(query(request)["per_page"])
        return entries[(number - 1) * size : number * size]

    api.answer(page, (lambda _: {"total_count": count}) if total else None)


def query(request: requests.PreparedRequest) -> dict[str, str]:
    """The query of a request."""
    return dict(pair.split("=", 1) for pair in urlsplit(str(request.url)).query.split("&"))


@pytest.mark.parametrize(
    ("count", "with_total", "without"),
    [(0, 1, 1), (1, 1, 1), (999, 1, 1), (1000, 1, 2), (1001, 2, 2), (2000, 2, 3), (3500, 4, 4)],
)
@pytest.mark.parametrize("total", [True, False])
def test_pages(api: Api, count: int, with_total: int, without: int, total: bool) -> None:
    """All entries are read, in no more pages than it takes; exact multiples of 1000 with and without a count."""
    serve(api, count, total=total)
    entries = api.endpoint.all()
    assert [entry["id"] for entry in entries] == list(range(count))
    assert len(api.seen) == (with_total if total else without)
    assert query(api.seen[0]) == {"page": "1", "per_page": "1000", "order": "created_at", "direction": "asc"}


def test_a_page_may_be_null(api: Api) -> None:
    """`result: null` is an empty list."""
    api.answer(lambda _: None)
    assert api.endpoint.all() == []


@pytest.mark.parametrize("info", [{}, {"total_count": None}, {"total_count": "3"}, {"total_count": 3.0}])
def test_an_odd_count_is_no_count(api: Api, info: dict[str, Any]) -> None:
    """A total that is no number is as good as none."""
    api.answer(lambda _: [{"id": 1}], lambda _: info)
    assert api.endpoint.all() == [{"id": 1}]


@pytest.mark.parametrize("result", [{}, "x", 7, [1], [None], [{"pattern": "x"}], [{"id": 1}, []]])
def test_a_list_of_another_shape_is_an_error(api: Api, result: Any) -> None:
    """What is no list of entries is told, and never taken for an empty list."""
    api.answer(lambda _: result)
    with pytest.raises(AmbiguousError, match="documented shape"):
        api.endpoint.all()


class Shifting:
    """A list from which entries are removed while its pages are read."""

    def __init__(self, count: int, removals: int) -> None:
        self.entries: list[Entry] = [{"id": str(number)} for number in range(count)]
        self.removals = removals

    def page(self, request: requests.PreparedRequest) -> list[Entry]:
        """A page; before the second page of a reading the oldest entry goes."""
        number = int(query(request)["page"])
        if number == 2 and self.removals:
            self.removals -= 1
            del self.entries[0]
        return self.entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]


@pytest.mark.parametrize("removals", [1, 2])
@pytest.mark.parametrize("probed", [False, True])
def test_entries_that_move_between_pages_are_not_missed(api: Api, removals: int, probed: bool) -> None:
    """An entry removed while the list is read hides none of the others: the list is read again."""
    shifting = Shifting(2500, removals)
    api.answer(shifting.page, lambda _: {"total_count": len(shifting.entries)})
    entries = api.endpoint.rest(*api.endpoint.page(1)) if probed else api.endpoint.all()
    assert {entry["id"] for entry in shifting.entries} <= {entry["id"] for entry in entries}


def test_a_list_that_never_holds_still_is_an_error(api: Api) -> None:
    """After three readings with entries missing nothing is concluded from the list."""
    api.answer(lambda request: [{"id": query(request)["page"]}] if query(request)["page"] == "1" else [])
    api.mock.reset()
    api.answer(
        lambda request: [{"id": number} for number in range(PAGE_SIZE)] if query(request)["page"] == "1" else [],
        lambda _: {"total_count": 1500},
    )
    with pytest.raises(AmbiguousError, match="1500 entries but its pages held 1000 in 3 readings"):
        api.endpoint.all()


BATCH: dict[str, Any] = {
    "deletes": ["1"],
    "patches": [("2", {"comments": "x"}), ("3", {"comments": None})],
    "posts": [{"pattern": "a"}],
}


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "done",
        {"patches": [{"id": 2}], "posts": [{"id": 4}]},
        {"patches": [{"id": 2}, {"id": 3}], "posts": []},
        {"patches": [{"id": 2}, {"id": 3}], "posts": [{"id": 4}, {"id": 5}]},
        {"patches": [{"id": 2}, {"pattern": "x"}], "posts": [{"id": 4}]},
        {"patches": {"id": 2}, "posts": [{"id": 4}]},
        {},
    ],
)
def test_a_batch_answer_of_another_shape_is_ambiguous(api: Api, result: Any) -> None:
    """Where the answer does not match what was sent nobody assigns ids by guess."""
    api.answer(lambda _: result)
    with pytest.raises(AmbiguousError, match="documented shape"):
        api.endpoint.batch(**BATCH)
    assert len(api.seen) == 1


def test_a_batch_as_documented(api: Api) -> None:
    """All four lists are sent, ids in the API's own type, and the answers come back in order."""
    api.answer(lambda _: {"deletes": [{"id": 1}], "patches": [{"id": 2}, {"id": 3}], "puts": [], "posts": [{"id": 4}]})
    assert api.endpoint.batch(**BATCH) == ([{"id": 2}, {"id": 3}], [{"id": 4}])
    assert json.loads(api.seen[0].body or b"") == {
        "deletes": [{"id": 1}],
        "patches": [{"id": 2, "comments": "x"}, {"id": 3, "comments": None}],
        "puts": [],
        "posts": [{"pattern": "a"}],
    }


@pytest.mark.parametrize("result", [None, [], "x", 5])
def test_a_single_answer_of_another_shape_is_ambiguous(api: Api, result: Any) -> None:
    """A create or change whose answer holds no entry may have been carried out."""
    api.answer(lambda _: result)
    with pytest.raises(AmbiguousError):
        api.endpoint.create({})
    with pytest.raises(AmbiguousError):
        api.endpoint.update("1", {})


def test_an_answer_without_an_id_is_ambiguous(api: Api) -> None:
    """A created entry whose id is not told is one to look for, not a crash."""
    api.answer(lambda _: {"pattern": "x"})
    with pytest.raises(AmbiguousError):
        api.endpoint.create({})


@pytest.mark.parametrize("result", [{"id": 1}, [{"id": 1}], None])
def test_an_array_create_must_be_mirrored(api: Api, result: Any) -> None:
    """Two entries created with one request must come back as two."""
    api.answer(lambda _: result)
    with pytest.raises(AmbiguousError):
        api.endpoint.create_many([{"pattern": "a"}, {"pattern": "b"}])


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_against_the_emulator(contract: Any) -> None:
    """Create, find, change and delete work on both contracts; there is no batch in 2025."""
    emulator = Emulator(contract)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        respond(emulator, BASE_URL, mock)
        endpoint = Endpoint(new_client(FakeTime(), []), ACCOUNT, "block_senders")
        made = endpoint.create(body("block_senders"))
        assert endpoint.all({"pattern": "n1.example"}) == [made]
        assert endpoint.update(str(made["id"]), {"comments": "x"})["comments"] == "x"
        if contract == "2025":
            with pytest.raises(NoSuchRouteError):
                endpoint.batch(posts=[body("block_senders", 2)])
        else:
            assert len(endpoint.batch(deletes=[str(made["id"])], posts=[body("block_senders", 2)])[1]) == 1
            return
        endpoint.delete(str(made["id"]))
        assert endpoint.all() == []
