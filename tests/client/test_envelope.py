"""What an answer is taken for: a result, or the error that a caller can do something about."""

from __future__ import annotations

import json
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
    ConflictError,
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
        (403, b"<html>blocked</html>", AuthenticationError),
        (200, refusal(error(10000)), AuthenticationError),
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
        (429, refusal(error(971)), RateLimitError),
        (429, b"", RateLimitError),
        (403, refusal(error(971)), RateLimitError),
        (400, refusal(error(10100)), RateLimitError),
        (418, b"tea", InvalidRequestError),
        (302, b"", InvalidRequestError),
        (500, refusal(error()), ServerError),
        (502, b"<html>bad gateway</html>", ServerError),
        (503, b"", ServerError),
        (504, b"\x00\xff", ServerError),
        (599, refusal(error(10000)), ServerError),
        (200, b"", AmbiguousError),
        (200, b"<html>captive portal</html>", AmbiguousError),
        (201, b'{"success": true, "result": [{', AmbiguousError),
        (200, b'{"success": false, "errors": [], "result": {"id": 1}}', AmbiguousError),
        (200, b'{"success": true}', AmbiguousError),
        (200, b"[]", AmbiguousError),
        (200, b"null", AmbiguousError),
        (204, b"", AmbiguousError),
        (200, b"[" * 100_000, AmbiguousError),
        (200, b'{"success": true, "result": ' + b"9" * 5000 + b"}", AmbiguousError),
    ],
)
def test_each_status_and_code_becomes_its_error(status: int, body: bytes, expected: type[RequestError]) -> None:
    """A caller can tell from the class alone what to do about a refusal."""
    with pytest.raises(RequestError) as caught:
        read(status, body)
    assert type(caught.value) is expected


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
