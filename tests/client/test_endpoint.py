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

from pulumi_cloudflare_email_security.client.endpoint import Endpoint
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    EmailSecurityError,
    IncompleteAnswerError,
    NoSuchRouteError,
)
from pulumi_cloudflare_email_security.emulator import Emulator, respond
from support.emulator_api import ACCOUNT, body
from support.fake_time import BASE_URL, FakeTime, new_client
from support.list_api import key_of

PATH = f"/client/v4/accounts/{ACCOUNT}/email-security/settings/block_senders"
Answer = Callable[[requests.PreparedRequest], tuple[int, dict[str, str], str]]


class Api:
    """A mocked network with one endpoint, every request kept."""

    def __init__(self, mock: responses.RequestsMock, account: str = ACCOUNT) -> None:
        self.mock = mock
        self.endpoint = Endpoint(new_client(FakeTime(), []), account, "block_senders", key_of=key_of)
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


def query(request: requests.PreparedRequest) -> dict[str, str]:
    """The query of a request."""
    return dict(pair.split("=", 1) for pair in urlsplit(str(request.url)).query.split("&"))


def test_a_page_is_asked_for_as_documented(api: Api) -> None:
    """Page, size, order and direction are the API's own parameters; filters stand beside them."""
    api.answer(lambda _: [])
    api.endpoint.all({"pattern": "x"})
    documented = {"page": "1", "per_page": "1000", "order": "created_at", "direction": "asc", "pattern": "x"}
    assert query(api.seen[0]) == documented


def test_a_page_may_be_null(api: Api) -> None:
    """`result: null` is an empty list."""
    api.answer(lambda _: None)
    assert api.endpoint.all() == []


@pytest.mark.parametrize("result", [{}, "x", 7, [1], [None], [{"pattern": "x"}], [{"id": 1}, []]])
def test_a_list_of_another_shape_is_an_error(api: Api, result: Any) -> None:
    """What is no list of entries is told, and never taken for an empty list."""
    api.answer(lambda _: result)
    with pytest.raises(AmbiguousError, match="documented shape"):
        api.endpoint.all()


@pytest.mark.parametrize("result", [[], "x", 5, {"id": 2}, {"id": True}])
def test_a_change_of_something_else_is_told(api: Api, result: Any) -> None:
    """An answer that is about another entry, or about none, does not say what was changed."""
    api.answer(lambda _: result)
    with pytest.raises(IncompleteAnswerError) as caught:
        api.endpoint.update("1", {})
    assert caught.value.may_still_happen
    assert len(api.seen) == 1


@pytest.mark.parametrize("result", [None, [], "x", 5, {}, {"pattern": "x"}, {"id": None}])
def test_a_create_without_an_id_is_one_to_look_for(api: Api, result: Any) -> None:
    """A created entry whose id is not told is neither lost nor made again."""
    api.answer(lambda _: result)
    with pytest.raises(IncompleteAnswerError) as caught:
        api.endpoint.create({"pattern": "x"})
    assert caught.value.may_still_happen
    assert len(api.seen) == 1


@pytest.mark.parametrize(
    ("result", "entry"),
    [
        (None, {"id": "1", "comments": None, "pattern": "x"}),
        ({}, {"id": "1", "comments": None, "pattern": "x"}),
        ({"id": 1, "pattern": "X"}, {"id": 1, "comments": None, "pattern": "X"}),
    ],
)
def test_what_an_answer_to_a_change_leaves_out_is_as_sent(api: Api, result: Any, entry: dict[str, Any]) -> None:
    """An answer to a change may tell a part of the entry, or nothing."""
    api.answer(lambda _: result)
    assert api.endpoint.update("1", {"comments": None, "pattern": "x"}) == entry


def test_what_an_answer_to_a_create_leaves_out_is_as_sent(api: Api) -> None:
    """An answer to a create may tell the id alone."""
    api.answer(lambda _: {"id": 7})
    assert api.endpoint.create({"pattern": "x", "is_regex": False}) == {"id": 7, "pattern": "x", "is_regex": False}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_content_is_an_answer(method: str) -> None:
    """204 to a delete, or to a question below an entry, is answered once and is no failure."""
    with responses.RequestsMock() as mock:
        mock.add(method, re.compile(".*"), status=204)
        endpoint = Endpoint(new_client(FakeTime(), []), ACCOUNT, "domains", key_of=key_of)
        if method == "GET":
            assert endpoint.verification("1") is None
        else:
            endpoint.delete("1")
        assert len(mock.calls) == 1


def test_an_entry_without_its_id_is_the_one_asked_for(api: Api) -> None:
    """An answer to a GET by id that leaves the id out is about that entry; one about another entry is not."""
    api.answer(lambda _: {"pattern": "x"})
    assert api.endpoint.get("7") == {"id": "7", "pattern": "x"}
    api.mock.reset()
    api.answer(lambda _: {"id": 8})
    with pytest.raises(AmbiguousError):
        api.endpoint.get("7")


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_against_the_emulator(contract: Any) -> None:
    """Create, find, change and delete work on both contracts; there is no batch in 2025."""
    emulator = Emulator(contract)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        respond(emulator, BASE_URL, mock)
        endpoint = Endpoint(new_client(FakeTime(), []), ACCOUNT, "block_senders", key_of=key_of)
        made = endpoint.create(body("block_senders"))
        assert endpoint.all({"pattern": "n1.example"}) == [made]
        assert endpoint.update(str(made["id"]), {"comments": "x"})["comments"] == "x"
        if contract == "2025":
            with pytest.raises(NoSuchRouteError):
                endpoint.batch(posts=[body("block_senders", 2)])
        else:
            entry = body("block_senders", 2)
            outcome = endpoint.batch(deletes=[str(made["id"])], posts=[entry])
            assert (outcome.deleted, outcome.unknown) == ({str(made["id"])}, 0)
            assert {key: made["pattern"] for key, made in outcome.created.items()} == {("n2.example",): "n2.example"}
            return
        endpoint.delete(str(made["id"]))
        assert endpoint.all() == []
