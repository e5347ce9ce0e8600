"""Requests, responses, the envelope, the API's errors, and the log of requests.

The envelope and the codes 10000, 9106, 7003 and 971 are those of ``api.md``. What the API answers as code for a
refused body, an unknown id, a duplicate or a wrong method is not documented but for its least value: the emulator
adds 1000 to the HTTP status there, and the habit ``status_codes`` repeats the status.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

ROOT = "/client/v4"

AUTHENTICATION = 10000
HEADERS_MISSING = 9106
NO_ROUTE = 7003
RATE_LIMITED = 971

JSON_HEADERS = {"Content-Type": "application/json"}
HTML_HEADERS = {"Content-Type": "text/html; charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it reaches the API: the path still percent-encoded, the query decoded."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def to(
        cls,
        method: str,
        target: str,
        headers: Mapping[str, str | bytes],
        body: str | bytes | None,
    ) -> Request:
        """The request that a door received: ``target`` is the path and query as on the request line."""
        path, _, query = target.partition("?")
        return cls(
            method=method.upper(),
            path=path,
            query=parse_qsl(query, keep_blank_values=True),
            headers={name: _text(value) for name, value in headers.items()},
            body=body.encode() if isinstance(body, str) else body or b"",
        )

    def header(self, name: str) -> str | None:
        """The header of that name in whatever case, without surrounding blanks."""
        for key, value in self.headers.items():
            if key.lower() == name.lower():
                return value.strip()
        return None


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, and how the way back fails.

    ``delay`` is in seconds, and the door's to wait out (or to turn into a timeout). ``broken`` says that
    there is no whole answer: the connection was ``refused`` or ``cut`` (no bytes come back), or ``half``
    of the body is all there is, under the Content-Length of the whole.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    delay: float = 0.0
    broken: Literal["refused", "cut", "half"] | None = None

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of the envelope's ``errors``; ``pointer`` is the JSON pointer of the field."""

    code: int
    message: str
    pointer: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form it has in an envelope."""
        source = {} if self.pointer is None else {"source": {"pointer": self.pointer}}
        return {"code": self.code, "message": self.message, **source}


class ApiError(Exception):
    """The API refuses: an HTTP status and the problems that its envelope names, or an HTML page instead."""

    def __init__(
        self,
        status: int,
        *problems: Problem,
        headers: Mapping[str, str] | None = None,
        page: str | None = None,
    ) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.status = status
        self.problems = problems
        self.headers = dict(headers or {})
        self.page = page

    def response(self) -> Response:
        """The answer that says so."""
        if self.page is not None:
            return answer(self.status, self.page.encode(), {**HTML_HEADERS, **self.headers})
        return envelope(self.status, errors=self.problems, headers=self.headers)


class EmulatorError(ValueError):
    """The emulator itself is misused: a bad option, fault, seed or state file. Never an API answer."""


def code_of(status: int) -> int:
    """The code of an error that is documented by its status only."""
    return 1000 + status


def refuse(message: str, pointer: str | None = None, *, status: int = 400, code: int | None = None) -> ApiError:
    """An error with one problem, whose code is that of its status unless given."""
    return ApiError(status, Problem(code_of(status) if code is None else code, message, pointer))


def refuse_field(name: str, reason: object, at: str = "") -> ApiError:
    """An error about one field, or parameter, of what is at a JSON pointer."""
    return refuse(f"{name}: {reason}", f"{at}/{name}")


def no_route() -> ApiError:
    """The API's 404 for a path that leads nowhere."""
    return refuse("Could not route to this path, perhaps your object identifier is invalid?", status=404, code=NO_ROUTE)


def not_allowed(method: str, *allowed: str) -> ApiError:
    """The API's 405."""
    error = refuse(f"{method} is not allowed here", status=405)
    error.headers["Allow"] = ", ".join(sorted(allowed))
    return error


def forbidden() -> ApiError:
    """The API's 403, which valid tokens may get in passing too."""
    return refuse("Authentication error", status=403, code=AUTHENTICATION)


def rate_limited(retry_after: int | None) -> ApiError:
    """The API's 429, with ``Retry-After`` where given."""
    error = refuse("Please wait and consider throttling your request speed", status=429, code=RATE_LIMITED)
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


def envelope(
    status: int,
    result: object = None,
    *,
    errors: Sequence[Problem] = (),
    result_info: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The API's envelope around a result or errors."""
    content: dict[str, Any] = {
        "success": not errors,
        "errors": [problem.as_json() for problem in errors],
        "messages": [],
        "result": result,
    }
    if result_info is not None:
        content["result_info"] = dict(result_info)
    body = json.dumps(content, separators=(",", ":")).encode()
    return answer(status, body, {**JSON_HEADERS, **(headers or {})})


def answer(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    """A response that states its length."""
    return Response(status, {**headers, "Content-Length": str(len(body))}, body)


def shown(value: object) -> str:
    """A value as error messages quote it: JSON, cut at 80 characters."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


@dataclass(frozen=True, slots=True)
class Record:
    """One request; ``status`` is 0 where the connection was cut before the API had read it."""

    method: str
    operation: str
    path: str
    status: int
    body: bytes = field(default=b"", repr=False)


class RequestLog:
    """The requests so far, in this process or, given a file, in all that share it.

    The file has a JSON line a request; appending one is a single write, so processes do not mix lines.
    """

    def __init__(self, path: Path | None = None, *, bodies: bool = False) -> None:
        self._path = path
        self._bodies = bodies
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._read = 0

    def add(self, record: Record) -> None:
        """Note a request."""
        if not self._bodies:
            record = replace(record, body=b"")
        if self._path is None:
            with self._lock:
                self._records.append(record)
            return
        line = json.dumps({**asdict(record), "body": record.body.decode("latin-1")}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    @property
    def records(self) -> list[Record]:
        """Every request, oldest first."""
        with self._lock:
            self._catch_up()
            return list(self._records)

    @property
    def total(self) -> int:
        """How many requests there were."""
        return len(self.records)

    @property
    def by_operation(self) -> dict[str, int]:
        """How many there were of each operation, such as ``GET block_senders/{id}``."""
        return dict(sorted(Counter(record.operation for record in self.records).items()))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._records.clear()
            self._read = 0
            if self._path is not None and self._path.exists():
                os.truncate(self._path, 0)

    def _catch_up(self) -> None:
        if self._path is None or not self._path.exists():
            return
        with self._path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self._read:
                self._records.clear()
                self._read = 0
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                record = json.loads(line)
                self._records.append(Record(**{**record, "body": record["body"].encode("latin-1")}))
                self._read += len(line)
