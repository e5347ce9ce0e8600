"""The doors: HTTP, a transport for ``requests`` that asks an emulator in this process, and mocks for ``responses``.

Mount the transport and send to :data:`EMULATOR_BASE_URL`::

    session.mount("http+emulator://", EmulatorAdapter("state.json"))
    session.get(f"{EMULATOR_BASE_URL}/accounts/{account_id}/email-security/settings/domains")

The scheme starts with ``http``, since ``requests`` encodes ``params`` for such URLs only; and a session without
the adapter refuses it, so that no such request ever goes out. The answers pass through urllib3's own connection
pool: retries, timeouts, cut connections and halved bodies end in the same exceptions as over a network.

The HTTP server is a threaded HTTP/1.1 server on the standard library's, connections kept alive. Besides the API it has
``/__emulator__/``, which needs no token and is not logged: ``requests`` (GET, DELETE), ``faults`` (GET, POST, DELETE),
``habits`` (GET, POST) and ``entries`` (GET, ``?account_id=``). Answers are compressed for clients that accept it.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.retry import Retry

from .contracts import ContractName
from .core import Emulator
from .faults import Fault
from .habits import written
from .messages import ROOT, EmulatorError, Request, Response, answer

if TYPE_CHECKING:
    import responses

EMULATOR_PREFIX = "http+emulator://"
"""What to mount an :class:`EmulatorAdapter` at."""

EMULATOR_BASE_URL = f"{EMULATOR_PREFIX}local{ROOT}"
"""The base URL of an account behind an :class:`EmulatorAdapter`."""

DEFAULT_BASE_URL = f"https://api.cloudflare.com{ROOT}"

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_URL_OPTIONS = frozenset({"contract", "habit"})
ADMIN = "/__emulator__/"

_WORTH_COMPRESSING = 1000


class EmulatorAdapter(HTTPAdapter):
    """Answers with an emulator, whose state is the file ``path``, or with the ``emulator`` given.

    ``max_retries`` is as for :class:`requests.adapters.HTTPAdapter`.
    """

    # Where ``responses`` is active it has put a function of its own in this one's place.
    send = HTTPAdapter.send

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        contract: ContractName | None = None,
        emulator: Emulator | None = None,
        max_retries: Retry | int = 0,
    ) -> None:
        super().__init__(max_retries=max_retries)
        if (path is None) == (emulator is None):
            raise EmulatorError("an EmulatorAdapter takes either a path or an emulator")
        self.emulator = emulator if emulator is not None else Emulator(contract, state=path)
        self._pool = _Pool("local", maxsize=16, emulator=self.emulator)

    @classmethod
    def from_url(cls, url: str) -> EmulatorAdapter:
        """The adapter for ``emulator:PATH``, ``emulator:PATH?contract=2025`` or ``…?habit=trim&habit=page_cap=50``.

        Raises:
            EmulatorError: for another scheme, no path, another option, or a state file of another contract.

        """
        scheme, _, rest = url.partition(":")
        path, _, query = rest.partition("?")
        options: dict[str, list[str]] = parse_qs(query, keep_blank_values=True)
        if scheme.lower() != "emulator" or not path or options.keys() - _URL_OPTIONS:
            raise EmulatorError(
                f"{url!r} is not of the form emulator:PATH, emulator:PATH?contract=2025 or emulator:PATH?habit=NAME"
            )
        contract: Any = options.get("contract", [None])[-1]
        emulator = Emulator(contract, state=path, habits=written(options.get("habit", [])))
        return cls(emulator=emulator)

    def get_connection_with_tls_context(self, *_: object, **__: object) -> HTTPConnectionPool:
        """The pool of connections to the emulator, whatever proxies the environment names."""
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:  # noqa: ARG002
        """The path and query, whatever proxies the environment names."""
        return request.path_url

    def close(self) -> None:
        """Nothing is open; the adapter can be used on."""


class _Connection(HTTPConnection):
    """A connection to an emulator: what is sent is answered at once, and waited for when it is read."""

    is_closed = False
    is_connected = True

    def __init__(self, *args: Any, emulator: Emulator, **options: Any) -> None:
        super().__init__(*args, **options)
        self._emulator = emulator
        self._target = ("", "")
        self._response: Response

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        **_: object,
    ) -> None:
        """Hand the request to the emulator."""
        self._target = (method, url)
        self._response = self._emulator.handle(Request.to(method, url, headers or {}, body))
        if self._response.broken == "refused":
            raise NewConnectionError(self, "Failed to establish a new connection: [Errno 111] Connection refused")

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
        """Wait for the answer, at most as long as the timeout of the request."""
        response = self._response
        limit = self.timeout if isinstance(self.timeout, int | float) else None
        if limit is not None and response.delay > limit:
            raise TimeoutError
        if response.delay:
            self._emulator.sleep(response.delay)
        if response.broken == "cut":
            raise http.client.RemoteDisconnected("Remote end closed connection without response")
        return HTTPResponse(
            body=BytesIO(response.body),
            headers=response.headers,
            status=response.status,
            version=11,
            version_string="HTTP/1.1",
            reason=http.client.responses.get(response.status, ""),
            preload_content=False,
            decode_content=False,
            enforce_content_length=True,
            request_method=self._target[0],
            request_url=self._target[1],
        )


class _Pool(HTTPConnectionPool):
    """Connections to an emulator."""

    ConnectionCls = _Connection  # type: ignore[assignment] # a protocol that it follows


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
        raise EmulatorError(
            "respond() needs responses: pip install 'pulumi-cloudflare-email-security[testing]'"
        ) from None
    adapter, base_path = EmulatorAdapter(emulator=emulator), urlsplit(base_url).path

    def callback(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        forwarded = request.copy()
        forwarded.url = EMULATOR_BASE_URL + request.path_url.removeprefix(base_path)
        answer = adapter.send(forwarded, timeout=getattr(request, "req_kwargs", {}).get("timeout"))
        return answer.status_code, dict(answer.headers), answer.content

    chosen: responses.RequestsMock = mock if mock is not None else library.mock
    for method in _METHODS:
        chosen.add_callback(method, re.compile(f"{re.escape(base_url)}(/|$)"), callback=callback)
    return chosen


# Over HTTP


class EmulatorServer(ThreadingHTTPServer):
    """Serves an emulator, as :mod:`socketserver` serves; port 0 picks a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, emulator: Emulator, host: str = "127.0.0.1", port: int = 0) -> None:
        self.emulator = emulator
        super().__init__((host, port), _Handler)

    @property
    def base_url(self) -> str:
        """Where the API is."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_address[1]}{ROOT}"

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client go away in silence; anything else is a bug, and told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: EmulatorServer
    protocol_version = "HTTP/1.1"
    server_version = "email-security-emulator"
    sys_version = ""
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True

    def handle_method(self) -> None:
        """Answer one request of the connection."""
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if length < 0 or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(_admin(411, {"error": "a Content-Length is needed"}))
            return
        request = Request.to(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        if request.path.startswith(ADMIN):
            self._send(administer(self.server.emulator, request))
            return
        response = self.server.emulator.handle(request)
        if response.delay:
            self.server.emulator.sleep(response.delay)
        if response.broken in ("refused", "cut"):
            self._reset()
        else:
            self._send(response)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = handle_method  # noqa: N815

    def _send(self, response: Response) -> None:
        response = _compressed(response, self.headers.get("Accept-Encoding", ""))
        self.send_response(response.status, http.client.responses.get(response.status, "Unknown"))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.broken == "half":
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Cut the connection: the client sees a reset, and not a byte."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _compressed(response: Response, accepted: str) -> Response:
    names = {name.partition(";")[0].strip().lower() for name in accepted.split(",")}
    if "gzip" not in names or len(response.body) < _WORTH_COMPRESSING or response.broken is not None:
        return response
    body = gzip.compress(response.body, compresslevel=1, mtime=0)
    headers = {**response.headers, "Content-Encoding": "gzip", "Content-Length": str(len(body))}
    return replace(response, headers=headers, body=body)


def administer(emulator: Emulator, request: Request) -> Response:
    """Answer below ``/__emulator__/``."""
    act = _ADMIN_OPERATIONS.get(f"{request.method} {request.path.removeprefix(ADMIN)}")
    if act is None:
        return _admin(404, {"error": f"only {', '.join(_ADMIN_OPERATIONS)} are below {ADMIN}"})
    try:
        return _admin(200, act(emulator, request))
    except EmulatorError as error:
        return _admin(400, {"error": str(error)})


def _requests(emulator: Emulator, request: Request) -> object:
    if request.method == "DELETE":
        emulator.log.clear()
    operations = emulator.log.by_operation
    return {"total": sum(operations.values()), "by_operation": operations}


def _faults(emulator: Emulator, request: Request) -> object:
    if request.method == "POST":
        emulator.inject(*_described(request.body))
    elif request.method == "DELETE":
        emulator.clear_faults()
    return [fault.as_json() for fault in emulator.faults]


def _habits(emulator: Emulator, request: Request) -> object:
    if request.method == "POST":
        content = _json(request.body)
        if not isinstance(content, dict):
            raise EmulatorError("habits are an object of names and values")
        emulator.set_habits(**content)
    return {name: ":".join(map(str, values)) or True for name, values in emulator.habits.items()}


def _entries(emulator: Emulator, request: Request) -> object:
    account = dict(request.query).get("account_id")
    if not account:
        raise EmulatorError("which account? add ?account_id=")
    return {name: emulator.entries(account, name) for name in emulator.contract.collections}


_ADMIN_OPERATIONS: dict[str, Callable[[Emulator, Request], object]] = {
    "GET requests": _requests,
    "DELETE requests": _requests,
    "GET faults": _faults,
    "POST faults": _faults,
    "DELETE faults": _faults,
    "GET habits": _habits,
    "POST habits": _habits,
    "GET entries": _entries,
}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise EmulatorError("the body is not JSON") from None


def _described(body: bytes) -> list[Fault]:
    content = _json(body)
    return [Fault.from_json(item) for item in (content if isinstance(content, list) else [content])]


def _admin(status: int, content: object) -> Response:
    return answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
