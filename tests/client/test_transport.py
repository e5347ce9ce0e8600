"""Which requests are sent again, after how long, and what never happens with the token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from pulumi_cloudflare_email_security.client import wire
from pulumi_cloudflare_email_security.client.credentials import Credentials
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    RateLimitError,
    RequestError,
    ServerError,
    TimedOutError,
)
from support.fake_time import BASE_URL, SOURCE, TOKEN, FakeTime, World, cut, envelope, mocked_world, new_client, refused

WRITES = ["POST", "PATCH", "PUT", "DELETE"]


AMBIGUOUS: dict[str, tuple[Any, type[RequestError]]] = {
    "500": (500, ServerError),
    "502 html": ({"status": 502, "body": "<html>", "content_type": "text/html"}, ServerError),
    "503 empty": ({"status": 503, "body": ""}, ServerError),
    "cut": (cut(), AmbiguousError),
    "half": (requests.exceptions.ChunkedEncodingError("half"), AmbiguousError),
    "time-out": (requests.ReadTimeout("late"), TimedOutError),
    "malformed": ({"status": 200, "body": '{"success": true, "result": [{'}, AmbiguousError),
    "empty 200": ({"status": 200, "body": ""}, AmbiguousError),
    "undecodable": (requests.exceptions.ContentDecodingError("gzip"), AmbiguousError),
}


@pytest.fixture
def world() -> Iterator[World]:
    """A client in fake time behind a mocked network."""
    with mocked_world() as world:
        yield world


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("fault", sorted(AMBIGUOUS.keys() - {"empty 200"}))
def test_a_write_that_may_have_been_carried_out_is_never_repeated(world: World, method: str, fault: str) -> None:
    """After a 5xx, a lost connection, a time-out or an unreadable answer a write is sent once and no more."""
    answer, error = AMBIGUOUS[fault]
    world.answers(method, answer)
    with pytest.raises(error) as caught:
        world.request(method, body={})
    assert caught.value.applied is None
    assert world.sent == 1
    assert world.time.slept == 0


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_read_is_repeated(world: World, fault: str) -> None:
    """A read gets over whatever passes."""
    answer, _ = AMBIGUOUS[fault]
    world.answers("GET", answer, answer, 200)
    assert world.request() == {"id": 1}
    assert world.sent == 3
    assert len(world.time.sleeps) == 2


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_reads_give_up(world: World, fault: str) -> None:
    """A read that never succeeds ends after a bounded number of attempts and a bounded time, with its own error."""
    answer, error = AMBIGUOUS[fault]
    world.answers("GET", *[answer] * 6)
    with pytest.raises(error):
        world.request()
    assert world.time.slept < 60


def test_waits_grow_and_jitter() -> None:
    """The waits between attempts grow, and two clients do not wait in step."""

    def waits() -> list[float]:
        with mocked_world() as world:
            world.answers("GET", *[500] * 6)
            with pytest.raises(ServerError):
                world.request()
            return world.time.sleeps

    first, second = waits(), waits()
    assert first[-1] > 2 * first[1] > first[0] > 0
    assert first != second


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_what_was_never_sent_is_sent_again(world: World, method: str) -> None:
    """Where no connection was made any request is repeated, a write too, and in the end the text says so."""
    world.answers(method, refused(), requests.ConnectTimeout("no"), 200)
    assert world.request(method) == {"id": 1}
    world.answers(method, *[refused()] * 6)
    with pytest.raises(NotSentError, match="nothing was sent"):
        world.request(method)
    assert world.sent == 9


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize(
    ("answer", "error"),
    [(400, InvalidRequestError), (404, NotFoundError), (401, AuthenticationError), (403, AuthenticationError)],
)
def test_a_refusal_is_final(world: World, method: str, answer: int, error: type[Exception]) -> None:
    """A request that the API refused is not sent again."""
    world.answers(method, answer)
    with pytest.raises(error):
        world.request(method)
    assert world.sent == 1


FORBIDDEN = {"status": 403, "json": envelope(403, 10000, "Authentication error")}


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_passing_403_is_sat_out_where_the_token_worked_before(world: World, method: str) -> None:
    """Valid tokens get a 403 under load: it is repeated three times, and only after an earlier success."""
    world.answers("GET", 200)
    world.request()
    world.answers(method, FORBIDDEN, FORBIDDEN, FORBIDDEN, 200)
    assert world.request(method) == {"id": 1}
    world.answers(method, *[FORBIDDEN] * 4)
    with pytest.raises(AuthenticationError, match=SOURCE):
        world.request(method)
    assert world.sent == 9


@pytest.mark.parametrize("status_and_code", [(401, 10000), (403, 9109), (400, 9106)])
def test_other_refusals_of_the_token_do_not_pass(world: World, status_and_code: tuple[int, int]) -> None:
    """Only a 403 with code 10000 passes by itself."""
    status, code = status_and_code
    world.answers("GET", 200, {"status": status, "json": envelope(status, code)})
    world.request()
    with pytest.raises(AuthenticationError):
        world.request()
    assert world.sent == 2


def limited(retry_after: str | None = None, status: int = 429, code: int = 971) -> dict[str, Any]:
    """A refusal for the rate limit."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return {"status": status, "json": envelope(status, code, "slow down"), "headers": headers}


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize("retry_after", ["1", "42", "300"])
def test_retry_after_is_honoured(world: World, method: str, retry_after: str) -> None:
    """A 429 is waited out for as long as it says, up to the window of five minutes, and the wait is announced."""
    world.answers(method, limited(retry_after), 200)
    assert world.request(method) == {"id": 1}
    assert world.time.slept == pytest.approx(float(retry_after))
    assert [f"going on in {retry_after} s" in text for text in world.told] == [True] * (float(retry_after) >= 2)


def test_a_longer_retry_after_is_an_error(world: World) -> None:
    """Nobody waits for more than the limit's window: the error says to come back."""
    world.answers("GET", limited("301"))
    with pytest.raises(RateLimitError, match="run again"):
        world.request()
    assert world.time.slept == 0


@pytest.mark.parametrize("answer", [limited(), limited("soon"), limited(status=403), limited(status=400, code=10100)])
def test_a_rate_limit_without_a_wait_is_waited_out(world: World, answer: dict[str, Any]) -> None:
    """Without `Retry-After`, or without the status, it is waited for longer each time."""
    world.answers("POST", answer, answer, 200)
    assert world.request("POST") == {"id": 1}
    assert world.time.sleeps[1] > world.time.sleeps[0] >= 5


@pytest.mark.parametrize("retry_after", [None, "0", "10", "300"])
def test_a_rate_limit_that_never_ends_is_an_error(world: World, retry_after: str | None) -> None:
    """A request is refused for the limit a bounded number of times only."""
    world.answers("GET", *[limited(retry_after)] * 6)
    with pytest.raises(RateLimitError):
        world.request()
    assert world.time.slept <= 5 * 300


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://evil.example/", "http://api.example/client/v4/things", "/elsewhere"])
def test_a_redirect_is_not_followed(world: World, status: int, target: str) -> None:
    """A redirect is an error, and nothing is sent to where it points."""
    world.answers("GET", {"status": status, "headers": {"Location": target}})
    with pytest.raises(InvalidRequestError, match="redirect"):
        world.request()
    assert world.sent == 1


@pytest.mark.parametrize("target", ["http://[bad", "https://evil.example:port/", "\xff\xfe", "//", "http://\x00/"])
def test_a_redirect_to_nowhere_is_the_same_error(world: World, target: str) -> None:
    """A `Location` that is no URL does not end in another exception."""
    world.answers("POST", {"status": 302, "headers": {"Location": target}})
    with pytest.raises(RequestError):
        world.request("POST")


@pytest.mark.parametrize("value", ["r=" + "9" * 5000 + ";t=1", "r=1;t=" + "9" * 5000, "r=-1;t=-1", '"x";r=;t=', "\x00"])
def test_an_odd_ratelimit_header_is_harmless(world: World, value: str) -> None:
    """Whatever `Ratelimit` says, the answer counts."""
    world.answers("GET", {"status": 200, "json": envelope(200), "headers": {"Ratelimit": value}})
    assert world.request() == {"id": 1}


def test_an_answer_is_read_up_to_a_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless answer does not fill the memory."""
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1000)
    world.answers("POST", {"status": 200, "body": b"x" * 2000})
    with pytest.raises(AmbiguousError, match="larger than 1000 bytes"):
        world.request("POST")


def test_query_and_body_are_sent_as_documented(world: World) -> None:
    """A list in the query repeats its parameter, the body is JSON, and both kinds of credentials sign."""
    world.answers("GET", 200)
    world.request(query={"domain": ["a", "b"], "search": "a&b=c ü"})
    sent = world.api.calls[0].request
    assert sent.url == f"{BASE_URL}/things?domain=a&domain=b&search=a%26b%3Dc+%C3%BC"
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    world.client = new_client(world.time, world.told, credentials=Credentials.key("me@corp.example", TOKEN, "config"))
    world.answers("POST", 200)
    world.request("POST", body=[{"id": 1}])
    sent = world.api.calls[1].request
    assert sent.body == b'[{"id": 1}]'
    assert sent.headers["Content-Type"] == "application/json"
    assert (sent.headers["X-Auth-Email"], sent.headers["X-Auth-Key"]) == ("me@corp.example", TOKEN)
    assert "Authorization" not in sent.headers


def test_an_authentication_failure_says_what_to_do(world: World) -> None:
    """It names where the token came from, the permission, and the case of a rotated token."""
    world.answers("GET", 401)
    with pytest.raises(AuthenticationError) as caught:
        world.request()
    text = str(caught.value)
    assert SOURCE in text
    assert "Cloud Email Security: Edit" in text
    assert "--run-program" in text
    assert TOKEN not in text


@pytest.mark.parametrize("fault", [*sorted(AMBIGUOUS.keys() - {"empty 200"}), "401", "400", "429", "302", "refused"])
def test_the_token_is_in_no_error_and_no_log(
    world: World, fault: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong, the token stays out of texts, reprs, tracebacks and debug logs."""
    others = {"401": 401, "400": 400, "429": limited("900"), "refused": refused()}
    others["302"] = {"status": 302, "headers": {"Location": "https://evil.example"}}
    answer = AMBIGUOUS[fault][0] if fault in AMBIGUOUS else others[fault]
    caplog.set_level(logging.DEBUG)
    world.answers("POST", *[answer] * (6 if fault == "refused" else 1))
    with pytest.raises(RequestError) as caught:
        world.request("POST", body={"comments": "private"})
    shown = f"{caught.value} {caught.value!r} {caught.value.__dict__} {caught.value.__cause__!r} {caplog.text}"
    assert TOKEN not in shown + str(capfd.readouterr()) + repr(world.client) + "".join(world.told)
    assert "private" not in shown
    assert "POST /things" in shown


def test_a_bad_emulator_url_is_a_configuration_error(tmp_path: Any) -> None:
    """A state file that is none is named in a clear error."""
    (tmp_path / "state.json").write_text("no state")
    with pytest.raises(ConfigurationError, match=r"state\.json"):
        new_client(FakeTime(), [], f"emulator:{tmp_path / 'state.json'}")


def test_the_mock_is_the_only_way_out() -> None:
    """The tests above reach no network: an unknown address fails."""
    with responses.RequestsMock(), pytest.raises(RequestError):
        new_client(FakeTime(), []).request("POST", "/things")
