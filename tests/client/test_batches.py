"""Every item of a batch is accounted for, by id or natural key; sizes and missing parts are learned."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.client.batches import BatchOutcome, match_deletes, match_patches, match_posts
from pulumi_cloudflare_email_security.client.credentials import Connection, Credentials
from pulumi_cloudflare_email_security.client.endpoint import Endpoint
from pulumi_cloudflare_email_security.client.envelope import Answer
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    AuthenticationError,
    BatchRefusedError,
    BlockedError,
    ConflictError,
    EmailSecurityError,
    IncompleteAnswerError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    Problem,
    RequestError,
    ServerError,
)
from pulumi_cloudflare_email_security.client.transport import WIDTH, Client
from support.fake_time import BASE_URL, FakeTime

PATH = "/accounts/a/email-security/settings/things"
Handler = Callable[[str, str, Any], Any]


def key_of(fields: Mapping[str, Any]) -> str:
    """The natural key of an entry."""
    return str(fields.get("pattern")).lower()


class Asked(Client):
    """A client whose requests a function answers; every request is kept."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(Connection(BASE_URL, Credentials.none()), clock=FakeTime().clock)
        self.handler = handler
        self.asked: list[tuple[str, str, Any]] = []
        self._guard = threading.Lock()

    def request(self, method: str, path: str, *, body: object = None, **_: Any) -> Answer:
        """Let the function answer."""
        with self._guard:
            self.asked.append((method, path.removeprefix(PATH), body))
            return Answer(self.handler(method, path.removeprefix(PATH), body), {})

    @property
    def sizes(self) -> list[int]:
        """How many items each batch or array held; a single request is 0."""
        return [
            len(body) if isinstance(body, list) else sum(map(len, body.values())) if path == "/batch" else 0
            for _, path, body in self.asked
        ]


def endpoint(handler: Handler) -> tuple[Endpoint, Asked]:
    """An endpoint whose requests a function answers."""
    client = Asked(handler)
    return Endpoint(client, "a", "things", key_of=key_of), client


def carried_out(method: str, path: str, body: Any) -> Any:
    """What an API answers that does as it is told."""
    if method == "DELETE":
        return [{"id": item["id"]} for item in body] if isinstance(body, list) else {"id": path[1:]}
    if path == "/batch":
        posts = [{"id": f"id-{item['pattern']}", **item} for item in body.get("posts", ())]
        return {"deletes": body["deletes"], "patches": body.get("patches", []), "puts": [], "posts": posts}
    if isinstance(body, list):
        return [{"id": f"id-{item['pattern']}", **item} for item in body]
    return {"id": f"id-{body['pattern']}" if method == "POST" else path[1:], **body}


def refusal(status: int, pointer: str | None = None) -> InvalidRequestError:
    """A refusal of a request."""
    return InvalidRequestError("POST /batch", status, (Problem(1000, "no", pointer),))


BATCH: dict[str, Any] = {
    "deletes": ["1"],
    "patches": [("2", {"comments": "x"}), ("3", {"comments": None})],
    "posts": [{"pattern": "a"}, {"pattern": "b"}],
}


def test_a_batch_as_documented() -> None:
    """All four lists are sent, ids in the API's own type, and each item comes back by id or key."""
    things, client = endpoint(carried_out)
    outcome = things.batch(**BATCH)
    assert client.asked[0][2] == {
        "deletes": [{"id": 1}],
        "patches": [{"id": 2, "comments": "x"}, {"id": 3, "comments": None}],
        "puts": [],
        "posts": [{"pattern": "a"}, {"pattern": "b"}],
    }
    assert outcome.deleted == {"1"}
    assert outcome.changed == {"2": {"id": 2, "comments": "x"}, "3": {"id": 3, "comments": None}}
    assert outcome.created == {"a": {"id": "id-a", "pattern": "a"}, "b": {"id": "id-b", "pattern": "b"}}
    assert (outcome.done, outcome.unknown) == (5, 0)
    outcome.raise_for_rest("POST /batch")


def test_a_batch_that_knows_some_lists_only_is_sent_those() -> None:
    """Restrictions of sending domains have a batch with deletes and nothing else."""
    things, client = endpoint(carried_out)
    things = Endpoint(client, "a", "things", key_of=key_of, lists=["deletes"])
    assert things.batch(deletes=["1", "2"]).deleted == {"1", "2"}
    assert client.asked[0][2] == {"deletes": [{"id": 1}, {"id": 2}]}


def test_nothing_to_do_is_not_sent() -> None:
    """A batch without items is no request."""
    things, client = endpoint(carried_out)
    assert things.batch() == BatchOutcome() == things.delete_many([])
    assert client.asked == []


@pytest.mark.parametrize("only_there", [True, False])
def test_what_the_edge_stops_once_is_no_missing_batch(*, only_there: bool) -> None:
    """An empty batch tells whether the edge stops all batches, or only stopped this one."""
    stopped = BlockedError("POST /batch", 403, ())

    def edge(method: str, path: str, body: Any) -> Any:
        if path == "/batch" and (only_there or any(body.values())):
            raise stopped
        return carried_out(method, path, body)

    things, _ = endpoint(edge)
    with pytest.raises(NoSuchRouteError if only_there else BlockedError):
        things.batch(**BATCH)
    assert things.can_batch is not only_there


@pytest.mark.parametrize("answer", [None, {}, [], "done", {"deletes": None, "patches": {}, "posts": "x"}])
def test_an_answer_that_tells_nothing_leaves_everything_open(answer: Any) -> None:
    """Without a word on an item nobody can tell, and no id is assigned by guess."""
    things, client = endpoint(lambda *_: answer)
    outcome = things.batch(**BATCH)
    assert (outcome.unknown_ids, outcome.unknown_keys, outcome.done) == ({"1", "2", "3"}, {"a", "b"}, 0)
    with pytest.raises(IncompleteAnswerError, match="accounts for 0 of 5 items"):
        outcome.raise_for_rest("POST /batch")
    assert len(client.asked) == 1


ENTRIES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"id": st.sampled_from([1, 2, "3", True, None, ""]), "pattern": st.sampled_from("ABC")}
    )
    | st.sampled_from([None, "x", 3]),
    max_size=6,
)


@given(ENTRIES, st.permutations(["a", "b", "c"]))
def test_creates_are_told_by_key_and_never_by_place(answer: list[Any], sent: list[str]) -> None:
    """Each key sent is created or unknown, and created only as the one answered entry that has it."""
    outcome = match_posts([{"pattern": key} for key in sent], answer, key_of)
    assert outcome.created.keys() | outcome.unknown_keys == {*sent}
    for key, entry in outcome.created.items():
        assert entry["pattern"].lower() == key
    for key in outcome.unknown_keys:
        usable = [e for e in answer if isinstance(e, dict) and e.get("id") in {1, 2, "3"} and e.get("id") is not True]
        assert sum(key_of(e) == key for e in usable) != 1


@given(ENTRIES)
def test_changes_and_deletes_are_told_by_id(answer: list[Any]) -> None:
    """Only what the answer names by its id is done; a delete may be named by its bare id."""
    named = {str(e["id"]) for e in answer if isinstance(e, dict) and e.get("id") in {1, 2, "3"} and e["id"] is not True}
    changed = match_patches([("1", {"x": 1}), ("3", {"x": 3}), ("4", {})], answer)
    assert changed.changed.keys() == named & {"1", "3", "4"}
    assert changed.unknown_ids == {"1", "3", "4"} - named
    deleted = match_deletes(["1", "3", "4"], answer)
    bare = {str(e) for e in answer if isinstance(e, int | str)}
    assert deleted.deleted == (named | bare) & {"1", "3", "4"}
    assert deleted.unknown_ids == {"1", "3", "4"} - named - bare


def test_what_is_absent_in_an_answer_is_as_sent() -> None:
    """An answer may tell a part of each entry."""
    created = match_posts([{"pattern": "a", "is_regex": False}], [{"id": 1, "pattern": "A"}], key_of)
    assert created.created == {"a": {"id": 1, "pattern": "A", "is_regex": False}}
    assert match_patches([("1", {"x": None})], [{"id": 1}]).changed == {"1": {"id": 1, "x": None}}


@pytest.mark.parametrize("status", [200, 400, 413, 422])
@pytest.mark.parametrize("kind", ["deletes", "patches", "posts"])
@pytest.mark.parametrize("limit", [0, 1, 3, 40, 99])
def test_a_refused_size_is_halved_and_learned(kind: str, limit: int, status: int) -> None:
    """What an API takes at once is found out, down to single requests, and known from then on."""

    def limited(method: str, path: str, body: Any) -> Any:
        if path == "/batch" and sum(map(len, body.values())) > limit:
            raise refusal(status)
        return carried_out(method, path, body)

    things, client = endpoint(limited)
    items: dict[str, list[Any]] = {
        "deletes": [str(n) for n in range(100)],
        "patches": [(str(n), {"x": n}) for n in range(100)],
        "posts": [{"pattern": f"p{n}"} for n in range(100)],
    }
    some: Any = {kind: items[kind]}
    outcome = things.batch(**some)
    assert (outcome.done, outcome.unknown, outcome.error) == (100, 0, None)
    assert max(1, limit // 2) <= things.batch_size <= max(1, limit)
    assert things.can_batch is (things.batch_size > 1)
    assert Endpoint(client, "a", "things", key_of=key_of).batch_size == things.batch_size
    if limit > 1:
        client.asked.clear()
        assert things.batch(posts=items["posts"][: things.batch_size]).done == things.batch_size
        assert len(client.asked) == 1


@pytest.mark.parametrize("culprit", [0, 42, 99])
def test_an_entry_that_is_refused_by_itself_is_no_matter_of_size(culprit: int) -> None:
    """Halving ends at the entry that the API refuses; the size that is known stays, and what was done is told."""

    def picky(method: str, path: str, body: Any) -> Any:
        if f"p{culprit}." in json.dumps(body):
            raise refusal(400)
        return carried_out(method, path, body)

    things, client = endpoint(picky)
    outcome = things.batch(posts=[{"pattern": f"p{n}."} for n in range(100)])
    assert outcome.created.keys() == {f"p{n}." for n in range(culprit)}
    assert (outcome.unknown, things.batch_size) == (0, 1000)
    with pytest.raises(InvalidRequestError):
        outcome.raise_for_rest("POST /batch")
    assert len(client.asked) < 25


def test_a_refusal_that_points_at_an_entry_is_final() -> None:
    """A 400 with a pointer says what is wrong: nothing is halved."""
    error = refusal(400, "/posts/0/pattern")

    def refuse(*_: Any) -> Any:
        raise error

    things, client = endpoint(refuse)
    with pytest.raises(InvalidRequestError) as caught:
        things.batch(posts=BATCH["posts"])
    assert caught.value is error
    assert len(client.asked) == 1


@pytest.mark.parametrize("failure", [ServerError("POST /batch", 500, ()), ConflictError("POST /batch", 409, ())])
def test_what_was_done_before_a_piece_failed_is_told(failure: RequestError) -> None:
    """Where a later piece fails the earlier ones are done, that one is unknown or not done, the rest is not sent."""
    small: list[int] = []

    def fails_later(method: str, path: str, body: Any) -> Any:
        if len(body["posts"]) > 5:
            raise refusal(413)
        small.append(1)
        if len(small) == 2:
            raise failure
        return carried_out(method, path, body)

    things, _ = endpoint(fails_later)
    outcome = things.batch(posts=[{"pattern": f"p{n}"} for n in range(20)])
    assert outcome.created.keys() == {f"p{n}" for n in range(5)}
    assert outcome.unknown_keys == ({f"p{n}" for n in range(5, 10)} if isinstance(failure, AmbiguousError) else set())
    with pytest.raises(type(failure)):
        outcome.raise_for_rest("POST /batch")


def test_a_batch_of_several_kinds_is_not_split_behind_the_callers_back() -> None:
    """Which kind goes first is the caller's to say."""

    def refuse(*_: Any) -> Any:
        raise refusal(413)

    things, client = endpoint(refuse)
    with pytest.raises(BatchRefusedError):
        things.batch(**BATCH)
    assert len(client.asked) == 1


@pytest.mark.parametrize(
    "error",
    [
        NoSuchRouteError("POST /batch", 405, ()),
        NoSuchRouteError("POST /batch", 501, ()),
        AuthenticationError("POST /batch", 403, ()),
        NotFoundError("POST /batch", 404, ()),
    ],
)
@pytest.mark.parametrize("items", [{"posts": BATCH["posts"]}, {"deletes": ["1", "2"]}, BATCH])
def test_a_batch_that_is_not_there_is_learned(error: RequestError, items: dict[str, Any]) -> None:
    """404, 405, 501, or 403 for the batch alone: this account has none, and every endpoint of it knows."""

    def refuse(*_: Any) -> Any:
        raise error

    things, client = endpoint(refuse)
    with pytest.raises(NotFoundError if isinstance(error, NotFoundError) else NoSuchRouteError):
        things.batch(**items)
    assert "batch" in things.lacking
    assert not things.can_batch
    assert not Endpoint(client, "a", "things", key_of=key_of).can_batch
    assert Endpoint(client, "a", "others", key_of=key_of).can_batch


@pytest.mark.parametrize("empty", [None, refusal(400)])
def test_a_batch_with_an_entry_that_is_gone_is_there(empty: RequestError | None) -> None:
    """A 404 for an entry is told from one for the batch by a batch that changes nothing."""

    def gone(method: str, path: str, body: Any) -> Any:
        if any(body.values()):
            raise NotFoundError("POST /batch", 404, ())
        if empty is not None:
            raise empty
        return carried_out(method, path, body)

    things, _ = endpoint(gone)
    with pytest.raises(NotFoundError) as caught:
        things.batch(deletes=["1"])
    assert not isinstance(caught.value, NoSuchRouteError)
    assert things.can_batch


def test_a_wrong_token_is_no_missing_batch() -> None:
    """401 is about the token."""

    def refuse(*_: Any) -> Any:
        raise AuthenticationError("POST /batch", 401, ())

    things, _ = endpoint(refuse)
    with pytest.raises(AuthenticationError):
        things.batch(**BATCH)
    assert things.can_batch


def test_an_array_of_creates_and_a_list_of_deletes() -> None:
    """The older ways to change many are accounted for alike."""
    things, client = endpoint(carried_out)
    assert things.create_many(BATCH["posts"]).created.keys() == {"a", "b"}
    assert things.delete_many(["1", "x"]).deleted == {"1", "x"}
    assert client.asked[1] == ("DELETE", "", [{"id": 1}, {"id": "x"}])
    silent, _ = endpoint(lambda *_: None)
    assert silent.create_many(BATCH["posts"]).unknown_keys == {"a", "b"}
    assert silent.delete_many(["1"]).unknown_ids == {"1"}


def test_a_bulk_delete_that_is_not_there_is_learned() -> None:
    """An account without it is asked once."""

    def refuse(*_: Any) -> Any:
        raise NoSuchRouteError("DELETE /things", 405, ())

    things, _ = endpoint(refuse)
    with pytest.raises(NoSuchRouteError):
        things.delete_many(["1", "2"])
    assert "bulk delete" in things.lacking


# Several calls at once -------------------------------------------------------------------------------------


def test_several_calls_run_at_once_and_come_back_in_order() -> None:
    """Calls meet at a barrier that none passes alone; their results are in the order asked."""
    barrier = threading.Barrier(WIDTH, timeout=120)
    client = Asked(carried_out)

    def call(number: int) -> Callable[[], int]:
        def run() -> int:
            barrier.wait()
            return number

        return run

    assert client.concurrently(map(call, range(3 * WIDTH))) == [*range(3 * WIDTH)]
    assert client.concurrently([]) == []


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from([None, ServerError("x", 500, ()), NotFoundError("x", 404, ())]), min_size=1, max_size=40)
)
def test_a_failure_is_raised_when_all_that_was_begun_has_ended(errors: Sequence[EmailSecurityError | None]) -> None:
    """No call runs on behind the caller's back, and of several failures an unknown outcome counts most."""
    running = 0
    begun: list[EmailSecurityError | None] = []
    guard = threading.Lock()

    def call(error: EmailSecurityError | None) -> Callable[[], None]:
        def run() -> None:
            nonlocal running
            with guard:
                running += 1
                begun.append(error)
            try:
                if error is not None:
                    raise error
            finally:
                with guard:
                    running -= 1

        return run

    client = Asked(carried_out)
    calls = [call(error) for error in errors]
    if not any(errors):
        client.concurrently(calls)
    else:
        with pytest.raises(EmailSecurityError) as caught:
            client.concurrently(calls)
        assert isinstance(caught.value, ServerError) is any(isinstance(error, ServerError) for error in begun)
    assert running == 0
