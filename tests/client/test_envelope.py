"""What an answer is taken for: a result, or the error that a caller can do something about."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from pulumi_cloudflare_email_security.client.envelope import Answer, printable, read_answer, seconds
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    ApiError,
    AuthenticationError,
    BlockedError,
    ConflictError,
    GatewayTimeoutError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    RateLimitError,
    RequestError,
    ServerError,
)

REQUEST = "POST /accounts/a/email-security/settings/block_senders"


def refusal(*errors: Any) -> bytes:
    """An envelope with these errors."""
    return json.dumps({"success": False, "errors": list(errors), "messages": [], "result": None}).encode()


def error(code: Any = 1000, message: Any = "no", **more: Any) -> dict[str, Any]:
    """One item of `errors`."""
    return {"code": code, "message": message, **more}


def read(status: int, body: bytes, request: str = REQUEST, **headers: str) -> Answer:
    """Read an answer."""
    return read_answer(request, status, CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()}), body)


@pytest.mark.parametrize("half", [rb"\ud800", rb"\uDFFF", b"\xed\xa0\x80"])
def test_halves_of_characters_are_replaced(half: bytes) -> None:
    """A lone surrogate, escaped or not, comes as a replacement character; whole characters and escapes stay."""
    body = b'{"success": true, "result": {"a' + half + b'": ["x' + half + rb'", "\ud83d\ude00", "\\ud800"]}}'
    assert read(200, body).result == {"a\ufffd": ["x\ufffd", "\U0001f600", r"\ud800"]}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, refusal(error()), InvalidRequestError),
        (422, refusal(error()), InvalidRequestError),
        (400, refusal(error(10, "a code below 1000")), InvalidRequestError),
        (400, refusal(error(9106, "headers are missing")), AuthenticationError),
        (400, refusal(error(), error(9106)), AuthenticationError),
        (401, refusal(error(10000)), AuthenticationError),
        (403, refusal(error(10000)), AuthenticationError),
        (403, refusal(error(10001)), AuthenticationError),
        (401, b"", AuthenticationError),
        (403, b"<html>blocked</html>", BlockedError),
        (403, b"error code: 1020", BlockedError),
        (403, b'{"message": "a proxy speaks"}', BlockedError),
        (403, b"", AuthenticationError),
        (403, b"<html>Error <span>1015</span></html>", RateLimitError),
        (403, b'<span class="cf-error-code">1015</span>', RateLimitError),
        (503, b"error code: 1015", RateLimitError),
        (429, b"<html>slow down</html>", RateLimitError),
        (200, refusal(error(10000)), InvalidRequestError),
        (200, refusal(error(10000, "Authentication error")), AuthenticationError),
        (200, refusal(error(1000, "the pattern is wrong")), InvalidRequestError),
        (200, refusal(error(1000, "Pattern has already been taken")), ConflictError),
        (200, refusal(error(404, "no")), NotFoundError),
        (200, refusal(error(409, "no")), ConflictError),
        (200, refusal(error(429, "no")), RateLimitError),
        (200, refusal(error(500, "no")), ServerError),
        (200, refusal(error(504, "no")), GatewayTimeoutError),
        (200, refusal(error(1404, "no")), NotFoundError),
        (200, refusal(error(1413, "no")), InvalidRequestError),
        (200, refusal(error(1405, "no")), NoSuchRouteError),
        (200, refusal(error(1000, "no"), error(1500, "no")), ServerError),
        (200, refusal(error(10007, "Entry not found")), NotFoundError),
        (200, refusal(error(None, "the domain does not exist")), NotFoundError),
        (200, refusal(error(1000, "An internal error occurred, not found why")), ServerError),
        (200, refusal(error(None, "Please try again later")), ServerError),
        (200, refusal(error(None, "Too many requests")), RateLimitError),
        (400, refusal(error(1404, "not found")), InvalidRequestError),
        (400, refusal(error(10001, "pattern is no domain")), InvalidRequestError),
        (400, refusal(error(10001, "Unable to authenticate request")), AuthenticationError),
        (400, refusal(error(6003, "Invalid request headers")), AuthenticationError),
        (400, refusal(error(400, "no")), InvalidRequestError),
        (404, refusal(error(404, "no")), NotFoundError),
        (410, refusal(error()), NotFoundError),
        (413, refusal(error()), InvalidRequestError),
        (501, refusal(error()), NoSuchRouteError),
        (501, b"", NoSuchRouteError),
        (404, refusal(error()), NotFoundError),
        (404, refusal(), NotFoundError),
        (404, refusal(error(7003)), NoSuchRouteError),
        (400, refusal(error(7003)), NoSuchRouteError),
        (405, refusal(error()), NoSuchRouteError),
        (405, b"", NoSuchRouteError),
        (404, b"<html>not here</html>", NoSuchRouteError),
        (404, b"", NoSuchRouteError),
        (404, b'{"message": "a proxy speaks"}', NoSuchRouteError),
        (409, refusal(error()), ConflictError),
        (400, refusal(error(message="pattern already exists")), ConflictError),
        (400, refusal(error(message="Duplicate entry")), ConflictError),
        (422, refusal(error(message="it is already present")), ConflictError),
        (422, refusal(error(message="Pattern has already been taken")), ConflictError),
        (400, refusal(error(message="name must be unique")), ConflictError),
        (400, refusal(error(message="that pattern is already in use")), ConflictError),
        (400, refusal(error(message="UNIQUE constraint failed")), ConflictError),
        (400, refusal(error(message="conflicts with an existing entry")), ConflictError),
        (429, refusal(error(971)), RateLimitError),
        (429, b"", RateLimitError),
        (403, refusal(error(971)), RateLimitError),
        (400, refusal(error(10100)), RateLimitError),
        (418, b"tea", InvalidRequestError),
        (302, b"", InvalidRequestError),
        (500, refusal(error()), ServerError),
        (502, b"<html>bad gateway</html>", ServerError),
        (503, b"", ServerError),
        (504, b"\x00\xff", GatewayTimeoutError),
        (504, refusal(error(504)), GatewayTimeoutError),
        (520, b"<html>", GatewayTimeoutError),
        (522, b"", GatewayTimeoutError),
        (524, b"error code: 524", GatewayTimeoutError),
        (521, b"", ServerError),
        (599, refusal(error(10000)), ServerError),
        (200, b"<html>captive portal</html>", AmbiguousError),
        (201, b'{"success": true, "result": [{', AmbiguousError),
        (200, b'{"success": false, "errors": [], "result": {"id": 1}}', AmbiguousError),
        (200, b"[]", AmbiguousError),
        (200, b"null", AmbiguousError),
        (200, b"[" * 100_000, AmbiguousError),
        (200, b'{"success": true, "result": ' + b"9" * 5000 + b"}", AmbiguousError),
    ],
)
def test_each_status_and_code_becomes_its_error(status: int, body: bytes, expected: type[RequestError]) -> None:
    """A caller can tell from the class alone what to do about a refusal."""
    with pytest.raises(RequestError) as caught:
        read(status, body)
    assert type(caught.value) is expected


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize("status", [504, 520, 522, 524])
def test_a_write_that_the_edge_gave_up_says_what_to_do(method: str, status: int) -> None:
    """It may be carried out late, so that the next run is to look; of a read there is nothing to say."""
    with pytest.raises(GatewayTimeoutError) as caught:
        read(status, b"<html>", f"{method} /x")
    assert ("may still be carried out; run again" in str(caught.value)) == (method != "GET")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [b"", b" \n", b'{"success": true}', b'{"success": true, "result": null}'])
def test_a_write_may_be_answered_without_content(method: str, status: int, body: bytes) -> None:
    """A write that is answered with nothing was carried out."""
    assert read(status, body, f"{method} /x") == Answer(None, {})


def test_a_read_must_be_answered_with_content_unless_it_says_that_there_is_none() -> None:
    """204 is an answer to a read; a 200 that brings nothing is not."""
    assert read(204, b"", "GET /x") == Answer(None, {})
    for body in (b"", b'{"success": true}'):
        with pytest.raises(AmbiguousError):
            read(200, body, "GET /x")


@pytest.mark.parametrize("status", [504, 520, 522, 524, 500, 502, 503])
def test_a_write_that_the_edge_gave_up_on_may_still_happen(status: int) -> None:
    """After some statuses of the edge the API may be at work still; after its own 5xx it is not."""
    with pytest.raises(ServerError) as caught:
        read(status, b"")
    assert caught.value.may_still_happen is (status in {504, 520, 522, 524})


@pytest.mark.parametrize("status", [403, 503])
def test_a_page_of_the_edge_is_no_matter_of_permissions(status: int) -> None:
    """A challenge is told for what it is: nothing in the text sends the reader to the token."""
    with pytest.raises(ApiError) as caught:
        read(status, b"<!DOCTYPE html><title>Just a moment...</title>", content_type="text/html")
    text = str(caught.value).lower()
    assert "text/html" in text
    assert not any(word in text for word in ("permission", "token", "credential", "authenti"))
    assert caught.value.applied is (False if status == 403 else None)


def test_the_code_of_a_page_of_the_edge_is_told() -> None:
    """The edge's own error code is what one looks up."""
    with pytest.raises(BlockedError, match="error 1020 of Cloudflare's edge"):
        read(403, b"<html><h1>Error <span>1020</span></h1></html>")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_open_whether_it_was_carried_out(status: int) -> None:
    """After a 5xx nobody can tell, and after a 4xx everybody can."""
    with pytest.raises(ServerError) as caught:
        read(status, b"")
    assert caught.value.applied is None
    with pytest.raises(ApiError) as refused:
        read(400, refusal(error()))
    assert refused.value.applied is False


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_only_a_write_can_meet_a_duplicate(method: str) -> None:
    """A 400 whose text happens to say "duplicate" is no conflict where nothing is created."""
    with pytest.raises(InvalidRequestError):
        read(400, refusal(error(message="duplicate parameter")), request=f"{method} /x")


@pytest.mark.parametrize("success", [{"success": True}, {}, {"success": None}])
@pytest.mark.parametrize("info", [None, [], "x", {"total_count": 3}])
def test_a_good_answer_may_be_odd(success: dict[str, Any], info: Any) -> None:
    """An answer with a result is good, whatever else is missing or odd."""
    answer = read(200, json.dumps({**success, "result": [1], "result_info": info, "extra": 1}).encode())
    assert answer == Answer([1], info if isinstance(info, dict) else {})


def test_the_text_says_what_was_asked_and_every_message() -> None:
    """The error's text stands alone: request, status, all messages with code and place."""
    with pytest.raises(InvalidRequestError) as caught:
        read(400, refusal(error(1, "bad pattern", source={"pointer": "/pattern"}), error(2, "and more")))
    text = str(caught.value)
    assert text == f"{REQUEST}: the API answered 400: bad pattern at /pattern (code 1); and more (code 2)"
    assert caught.value.codes == {1, 2}


@pytest.mark.parametrize(
    "odd",
    [None, 7, "text", [], {}, {"code": "1000", "message": {"a": 1}}, {"code": True}, {"message": None, "source": 3}],
)
def test_odd_errors_are_still_told(odd: Any) -> None:
    """An error item of any shape ends in a refusal with a text."""
    with pytest.raises(InvalidRequestError) as caught:
        read(400, refusal(odd))
    assert "400" in str(caught.value)
    assert caught.value.codes == frozenset()


@pytest.mark.parametrize("errors", [{"code": 1}, "no", 5])
def test_errors_that_are_no_list_are_passed_over(errors: Any) -> None:
    """Where `errors` is not a list the body is described instead."""
    body = json.dumps({"success": False, "errors": errors}).encode()
    with pytest.raises(InvalidRequestError, match=f"{len(body)} bytes of"):
        read(400, body)


def test_messages_are_safe_for_a_terminal() -> None:
    """Escape sequences, line breaks and bidirectional marks in a message do not reach the terminal."""
    with pytest.raises(InvalidRequestError) as caught:
        read(400, refusal(error(message="a\x1b[31mred\r\nline\u202e\x00\u2028end", source={"pointer": "/a\x1b[2J"})))
    assert str(caught.value).isprintable()
    assert "red" in str(caught.value)


def test_a_huge_refusal_is_shortened() -> None:
    """Thousands of long messages end in a text that fits a screen."""
    with pytest.raises(InvalidRequestError) as caught:
        read(400, refusal(*(error(1, "x" * 100_000) for _ in range(200))))
    assert len(str(caught.value)) < 6000


def test_a_body_that_is_no_envelope_is_described_not_repeated() -> None:
    """An HTML page is told by size and type, never in full."""
    with pytest.raises(ServerError) as caught:
        read(502, b"<html>token=abc</html>", content_type="text/html\x1b[31m")
    assert "22 bytes of text/html" in str(caught.value)
    assert "token" not in str(caught.value)
    assert str(caught.value).isprintable()
    with pytest.raises(ServerError, match="an empty body"):
        read(502, b"")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("30", 30), ("0", 0), ("1.5", 1.5), ("-3", 0), (None, None), ("soon", None), ("", None), ("nan", 0)],
)
def test_retry_after_in_seconds(header: str | None, expected: float | None) -> None:
    """`Retry-After` is read where it is a number, and never negative."""
    assert seconds(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [("Wed, 25 Nov 2026 08:00:30 GMT", 30), ("Wed, 25 Nov 2026 07:00:00 GMT", 0), ("Wed, 99 Nov 2026", None)],
)
def test_retry_after_as_a_date(header: str, expected: float | None) -> None:
    """A date is measured by the answer's own."""
    assert seconds(header, "Wed, 25 Nov 2026 08:00:00 GMT") == expected


def test_retry_after_as_a_date_without_a_date_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the answer's own date this machine's clock counts."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.5)
    assert seconds(formatdate(1_800_000_060, usegmt=True)) == 59.5


def test_a_rate_limit_carries_its_wait() -> None:
    """The wait that the API asks for goes with the error, whatever the header's case."""
    with pytest.raises(RateLimitError) as caught:
        read(429, b"", retry_after="17")
    assert caught.value.retry_after == 17


@given(st.text(), st.integers(1, 50))
def test_printable_is_one_short_line(text: str, limit: int) -> None:
    """Whatever comes from outside ends as one printable line of bounded length."""
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={"success": JSON, "errors": JSON | st.lists(JSON), "result": JSON, "result_info": JSON, "messages": JSON},
)


@given(st.integers(200, 599), st.binary(max_size=60) | st.builds(lambda d: json.dumps(d).encode(), ENVELOPES | JSON))
def test_any_answer_is_a_result_or_a_documented_error(status: int, body: bytes) -> None:
    """No bytes with any status end in another exception, and a refusal is never taken for a result."""
    try:
        answer = read(status, body)
    except RequestError as caught:
        text = str(caught)
    else:
        text = ""
        assert 200 <= status < 300
        assert isinstance(answer.result_info, dict)
    assert text.isprintable()
