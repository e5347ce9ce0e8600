"""The API's envelope: what is in an answer, and which error it is when it is none.

Lenient by design: fields that are missing or odd are passed over as long as `result` can be told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .errors import (
    AmbiguousError,
    ApiError,
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    Problem,
    RateLimitError,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_SUCH_ROUTE: Final = 7003
RATE_LIMIT_CODES: Final = frozenset({971, 10100})
_AUTHENTICATION_CODES: Final = frozenset({9106, 9109, 10000, 10001})
_EXISTS: Final = re.compile(r"already\W+(exists?|present|in use)|duplicate", re.IGNORECASE)
_MAX_MESSAGE: Final = 500
_MAX_PROBLEMS: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its `result`, and `result_info` where there is one."""

    result: Any
    result_info: Mapping[str, Any]


def printable(text: object, limit: int = _MAX_MESSAGE) -> str:
    """Text from outside made safe for a terminal: one line, no control characters, of bounded length."""
    clean = "".join(c if c.isprintable() else " " for c in str(text)[: 2 * limit])
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _problem(item: object) -> Problem:
    if not isinstance(item, dict):
        return Problem(None, printable(item))
    code = item.get("code")
    source = item.get("source")
    pointer = source.get("pointer") if isinstance(source, dict) else None
    return Problem(
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        printable(item.get("message") or "no message"),
        printable(pointer) if pointer else None,
    )


def _problems(document: object) -> tuple[Problem, ...]:
    errors = document.get("errors") if isinstance(document, dict) else None
    return tuple(map(_problem, errors[:_MAX_PROBLEMS])) if isinstance(errors, list) else ()


def _decode(body: bytes) -> object:
    """The JSON document in a body, or None where there is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def seconds(header: str | None) -> float | None:
    """The seconds in a `Retry-After` header; None where it is missing or not a number."""
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None


def read_answer(request: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer in a response.

    Args:
        request: method and path, for error texts.
        status: the HTTP status.
        headers: the response headers (case-insensitive).
        body: the raw body.

    Raises:
        ApiError: the API refused the request; the subclass says how.
        AmbiguousError: the answer cannot be read, so nobody can tell whether the request was carried out.

    """
    document = _decode(body)
    problems = _problems(document)
    ok = 200 <= status < 300
    if ok and isinstance(document, dict) and document.get("success") is not False and "result" in document:
        info = document.get("result_info")
        return Answer(document["result"], info if isinstance(info, dict) else {})
    if status >= 500:
        raise ServerError(request, status, problems or (Problem(None, _describe(headers, body)),))
    codes = {problem.code for problem in problems}
    if status == 429 or codes & RATE_LIMIT_CODES:
        raise RateLimitError(request, status, problems, "", seconds(headers.get("Retry-After")))
    if 300 <= status < 400:
        raise InvalidRequestError(
            request, status, (Problem(None, "a redirect, which is never followed"),), "check the base URL"
        )
    if ok and not problems:
        msg = f"{request}: the API answered {status} with {_describe(headers, body)} in place of its JSON envelope"
        raise AmbiguousError(msg)
    raise _refusal(request, status, problems, codes, envelope=isinstance(document, dict) and "success" in document)(
        request, status, problems or (Problem(None, _describe(headers, body)),)
    )


def _refusal(
    request: str, status: int, problems: tuple[Problem, ...], codes: set[int | None], *, envelope: bool
) -> type[ApiError]:
    exists = any(_EXISTS.search(problem.message) for problem in problems)
    if status in {401, 403} or codes & _AUTHENTICATION_CODES:
        return AuthenticationError
    if status == 405 or NO_SUCH_ROUTE in codes:
        return NoSuchRouteError
    if status == 404:
        # A 404 that is no envelope comes from something other than this API (a proxy, a wrong base URL):
        # it must never be taken for "this entry is gone".
        return NotFoundError if envelope else NoSuchRouteError
    if status == 409 or (status in {400, 422} and exists and request.startswith(("POST", "PUT", "PATCH"))):
        return ConflictError
    return InvalidRequestError


def _describe(headers: Mapping[str, str], body: bytes) -> str:
    """What a body that is no envelope looks like, without repeating it."""
    if not body:
        return "an empty body"
    kind = printable(headers.get("Content-Type") or "unknown content", 60)
    return f"{len(body)} bytes of {kind}"
