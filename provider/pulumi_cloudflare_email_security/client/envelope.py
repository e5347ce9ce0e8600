"""The API's envelope: what is in an answer, and which error it is when it is none.

Lenient by design: fields that are missing or odd are passed over as long as `result` can be told.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from .errors import (
    MAY_STILL_HAPPEN,
    AmbiguousError,
    ApiError,
    AuthenticationError,
    BlockedError,
    ConflictError,
    GatewayTimeoutError,
    InvalidRequestError,
    NoSuchRouteError,
    NotFoundError,
    Problem,
    RateLimitError,
    RequestError,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_SUCH_ROUTE: Final = 7003
RATE_LIMIT_CODES: Final = frozenset({971, 10100})
# Codes that mean the credentials whatever the status; others with a 4xx only where the message says so.
_HEADER_CODES: Final = frozenset({6003, 9106})
_CREDENTIAL_CODES: Final = frozenset({9109, 10000, 10001})
_AUTHENTICATION: Final = re.compile(r"authenti|authoriz|credential|permission|\btoken\b", re.IGNORECASE)
_EXISTS: Final = re.compile(
    r"already\W+(?:been\W+|is\W+)?(?:exist|present|in\W+use|taken|used|added|defined|registered)|duplicate"
    r"|(?:must|should|has\W+to)\W+be\W+unique|\bnot\W+unique|unique\W+(?:constraint|violation)"
    r"|conflicts?\W+with\W+(?:an\W+)?existing",
    re.IGNORECASE,
)
#: The edge gave up on an origin that may still be at work.
_GATEWAY_TIMEOUTS: Final = frozenset({504, 520, 522, 524})
_EDGE_CODE: Final = re.compile(
    rb"(?:error(?:\s{1,4}code)?\s{0,4}:?|cf-error-code[^>]{0,80}>)\s{0,40}(?:<[^>]{0,200}>\s{0,40}){0,4}(1\d{3})\b",
    re.IGNORECASE,
)
_EDGE_RATE_LIMIT: Final = 1015
#: What a refusal under 200 means, where no code tells: first what leaves open whether a write was carried out.
_MEANT: Final = {
    500: re.compile(
        r"\b(?:internal|server|unexpected|unknown)\W+error|unavailable|tempora(?:ry|rily)|tim(?:ed?\W?|ing\W)out"
        r"|try\W+(?:again|later)|went\W+wrong|gateway",
        re.IGNORECASE,
    ),
    429: re.compile(r"rate\W?limit|too\W+many\W+requests|throttl", re.IGNORECASE),
    404: re.compile(r"not\W?found|no\W+such|does(?:\W+not|n't)\W+exist|no\W+longer\W+exists", re.IGNORECASE),
}
#: A lone surrogate, and what may be one, or be read as one, in JSON text.
_HALF: Final = re.compile("[\ud800-\udfff]")
_MAYBE_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
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
    """The JSON document in a body, or None where there is none; halves of characters are replaced."""
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        document: object = json.loads(text)
        if _MAYBE_HALF.search(text):
            whole = _HALF.sub("\N{REPLACEMENT CHARACTER}", json.dumps(document, ensure_ascii=False))
            document = json.loads(whole)
    except (ValueError, RecursionError):
        return None
    return document


def seconds(header: str | None, date: str | None = None) -> float | None:
    """The seconds that a `Retry-After` header asks for; None where it is missing or cannot be read.

    Args:
        header: a number of seconds, or a date.
        date: the answer's own `Date`, by which a date is measured; without it this machine's clock counts.

    """
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        until = _timestamp(header)
        now = _timestamp(date) if date else None
        return None if until is None else max(0.0, until - (now if now is not None else time.time()))


def _timestamp(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
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
    if ok and (answer := _good_answer(request, status, document, body)) is not None:
        return answer
    if ok and not problems:
        msg = f"{request}: the API answered {status} with {_describe(headers, body)} in place of its JSON envelope"
        raise AmbiguousError(msg)
    raise _error(request, status, headers, body, problems, envelope=_is_envelope(document))


def _good_answer(request: str, status: int, document: object, body: bytes) -> Answer | None:
    """What a 2xx answers, or None where it is a refusal or cannot be read."""
    write = not request.startswith("GET ")
    # No content is an answer; but a read that promises content and brings none is not.
    if status in {204, 205} or (write and not body.strip()):
        return Answer(None, {})
    if not isinstance(document, dict) or document.get("success") is False:
        return None
    if "result" not in document and not (write and document.get("success")):
        return None
    info = document.get("result_info")
    return Answer(document.get("result"), info if isinstance(info, dict) else {})


def _is_envelope(document: object) -> bool:
    return isinstance(document, dict) and "success" in document


def _error(
    request: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    problems: tuple[Problem, ...],
    *,
    envelope: bool,
) -> RequestError:
    """The error that a response other than a good answer is."""
    codes = {problem.code for problem in problems if problem.code is not None}
    edge = None if envelope else _edge_code(body)
    meant = status if status >= 300 else _meant(problems)
    if meant == 429 or edge == _EDGE_RATE_LIMIT or (meant < 500 and codes & RATE_LIMIT_CODES):
        wait = seconds(headers.get("Retry-After"), headers.get("Date"))
        return RateLimitError(request, status, problems, "", wait)
    told = problems or (Problem(None, _describe(headers, body, edge)),)
    if meant >= 500 and meant != 501:
        if meant not in _GATEWAY_TIMEOUTS:
            return ServerError(request, status, told)
        return GatewayTimeoutError(request, status, told, "" if request.startswith("GET ") else MAY_STILL_HAPPEN)
    if 300 <= status < 400:
        redirect = Problem(None, "a redirect, which is never followed")
        return InvalidRequestError(request, status, (redirect,), "check the base URL")
    if meant == 403 and (headers.get("cf-mitigated") or (body and not envelope)):
        return BlockedError(
            request,
            status,
            told,
            "something in front of the API stopped the request (a challenge or a block of Cloudflare's edge, a proxy): "
            "check from which network this runs, and what its firewall and Cloudflare say about it",
        )
    return _refusal(request, meant, problems, codes, envelope=envelope)(request, status, told)


def _meant(problems: tuple[Problem, ...]) -> int:
    """The status of a refusal that came under 200: the one that its codes repeat, else the one that its words mean."""
    codes = {problem.code for problem in problems if problem.code is not None}
    if told := {status for code in codes for status in (code, code - 1000) if 400 <= status < 600}:
        return max(told)
    said = "; ".join(problem.message for problem in problems)
    return next((status for status, words in _MEANT.items() if words.search(said)), 400)


def _refusal(
    request: str, status: int, problems: tuple[Problem, ...], codes: set[int], *, envelope: bool
) -> type[ApiError]:
    said = "; ".join(problem.message for problem in problems)
    if status in {401, 403} or codes & _HEADER_CODES:
        return AuthenticationError
    if status in {405, 501} or NO_SUCH_ROUTE in codes:
        return NoSuchRouteError
    if status in {404, 410}:
        # A 404 that is no envelope may come from something other than this API (a proxy, a wrong base URL):
        # by itself it must not be taken for "this entry is gone".
        return NotFoundError if envelope else NoSuchRouteError
    writes = request.startswith(("POST", "PUT", "PATCH"))
    if status == 409 or (status in {400, 422} and writes and _EXISTS.search(said)):
        return ConflictError
    if status == 400 and codes & _CREDENTIAL_CODES and _AUTHENTICATION.search(said):
        return AuthenticationError
    return InvalidRequestError


def _edge_code(body: bytes) -> int | None:
    """The code of one of the edge's own pages ("Error 1015: you are being rate limited")."""
    found = _EDGE_CODE.search(body[:65536])
    return int(found[1]) if found else None


def _describe(headers: Mapping[str, str], body: bytes, edge: int | None = None) -> str:
    """What a body that is no envelope looks like, without repeating it."""
    if not body:
        return "an empty body"
    kind = printable(headers.get("Content-Type") or "unknown content", 60)
    return f"{len(body)} bytes of {kind}" + (f" (error {edge} of Cloudflare's edge)" if edge else "")
