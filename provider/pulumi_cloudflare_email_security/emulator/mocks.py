"""The unit-test door: the ``responses`` library answers with an emulator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    IncompleteRead,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from .messages import ROOT, EmulatorError, Request, Response

if TYPE_CHECKING:
    import responses

    from .core import Emulator

DEFAULT_BASE_URL = f"https://api.cloudflare.com{ROOT}"

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def respond(
    emulator: Emulator,
    base_url: str = DEFAULT_BASE_URL,
    mock: responses.RequestsMock | None = None,
) -> responses.RequestsMock:
    """Have ``responses`` answer everything below ``base_url`` with the emulator; returns the mock.

    Without ``mock`` that is the one of ``@responses.activate``. Faults raise what ``requests`` raises.

    Raises:
        EmulatorError: if the extra is not installed.

    """
    try:
        import responses as library  # noqa: PLC0415 - an extra
    except ImportError:
        message = "respond() needs responses: pip install 'pulumi-cloudflare-email-security[testing]'"
        raise EmulatorError(message) from None
    base_path = urlsplit(base_url).path

    def callback(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        target = ROOT + request.path_url.removeprefix(base_path)
        body = request.body if isinstance(request.body, str | bytes) else None
        response = emulator.handle(Request.to(str(request.method), target, request.headers, body))
        _wait(emulator, request, response)
        if response.broken is not None:
            raise _broken(request, response)
        return response.status, response.headers, response.body

    chosen: responses.RequestsMock = mock if mock is not None else library.mock
    for method in _METHODS:
        chosen.add_callback(method, re.compile(f"{re.escape(base_url)}(/|$)"), callback=callback)
    return chosen


def _pool(request: requests.PreparedRequest) -> HTTPConnectionPool:
    return HTTPConnectionPool(urlsplit(str(request.url)).hostname or "localhost")


def _wait(emulator: Emulator, request: requests.PreparedRequest, response: Response) -> None:
    timeout = getattr(request, "req_kwargs", {}).get("timeout")
    limit = timeout[1] if isinstance(timeout, tuple) else timeout
    if limit is not None and response.delay > limit:
        message = f"Read timed out. (read timeout={limit})"
        raise requests.ReadTimeout(ReadTimeoutError(_pool(request), str(request.url), message), request=request)
    if response.delay:
        emulator.sleep(response.delay)


def _broken(request: requests.PreparedRequest, response: Response) -> requests.RequestException:
    """The exception of ``requests`` for an answer that does not arrive."""
    if response.broken == "half":
        missing = int(response.headers["Content-Length"]) - len(response.body)
        error = ProtocolError("Connection broken", IncompleteRead(len(response.body), missing))
        return requests.exceptions.ChunkedEncodingError(error, request=request)
    if response.broken == "cut":
        reset = ConnectionResetError(104, "Connection reset by peer")
        return requests.ConnectionError(ProtocolError("Connection aborted.", reset), request=request)
    pool = _pool(request)
    refused = NewConnectionError(pool, "Failed to establish a new connection: [Errno 111] Connection refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(pool, str(request.url), refused), request=request)
