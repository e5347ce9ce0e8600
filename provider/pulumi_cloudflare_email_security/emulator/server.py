"""The HTTP door: a threaded HTTP/1.1 server on the standard library's, connections kept alive.

Besides the API there is ``/__emulator__/``, which needs no token and is not logged: ``requests`` (GET, DELETE),
``faults`` (GET, POST, DELETE), ``habits`` (GET, POST) and ``entries`` (GET, ``?account_id=``). Answers are compressed
for clients that accept it.
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import struct
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .faults import Fault
from .messages import ROOT, EmulatorError, Request, Response, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core import Emulator

ADMIN = "/__emulator__/"

_WORTH_COMPRESSING = 1000


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
