"""Real connections on this machine: where the token goes, and what hostile bytes end in."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.errors import (
    NotSentError,
    RequestError,
)
from support.fake_time import TOKEN, FakeTime, new_client

WRITES = ["POST", "PATCH", "PUT", "DELETE"]


class Recorder(ThreadingHTTPServer):
    """A server on this machine that keeps what it is sent, headers included."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.received: list[str] = []
        record = self.received

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                record.append(f"{self.requestline}\n{self.headers}")
                answer(self)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def good(handler: BaseHTTPRequestHandler) -> None:
    """Answer with an empty result."""
    body = b'{"success": true, "result": []}'
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_real_http_logs_no_token(caplog: pytest.LogCaptureFixture) -> None:
    """Over a real connection neither this package nor urllib3 logs a header."""
    caplog.set_level(logging.DEBUG)
    with Recorder(good) as server:
        new_client(FakeTime(), [], server.url).request("GET", "/things")
    assert TOKEN in server.received[0]
    assert "urllib3" in {record.name.split(".")[0] for record in caplog.records}
    assert TOKEN not in caplog.text


def test_a_proxy_gets_no_token_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http goes to this machine itself, never through a proxy that the environment names."""
    with Recorder(good) as proxy, Recorder(good) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        new_client(FakeTime(), [], server.url).request("GET", "/things")
    assert proxy.received == []
    assert len(server.received) == 1


def failure(base_url: str) -> str:
    """What a request says that never reaches anybody."""
    with pytest.raises(NotSentError) as caught:
        new_client(FakeTime(), [], base_url).request("GET", "/things")
    return str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "no connection (Connection refused)"),
        (socket.gaierror(-2, "Name or service not known"), "no connection (Name or service not known)"),
    ],
)
def test_why_there_is_no_connection_is_said(error: OSError, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is not known is another mistake than a port on which nobody listens."""

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib3.util.connection.create_connection", fails)
    text = failure("https://api.example")
    assert f"{said} (https://api.example) — nothing was sent; check the network and the base URL" in text


def test_a_proxy_that_lets_nothing_through_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else everybody looks for the mistake at the API."""
    with Recorder(good) as proxy:  # it knows no CONNECT
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        text = failure("https://api.example")
    assert "no connection through the proxy (Tunnel connection failed: 501 " in text
    assert "nothing was sent; check HTTPS_PROXY and NO_PROXY in the environment" in text
    text = failure("https://api.example")  # it is gone
    assert "no connection through the proxy (Connection refused)" in text


def test_a_certificate_that_is_not_trusted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a proxy decrypts the traffic that is what everybody sees first."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate in certificate chain"

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr("urllib3.connection.ssl_wrap_socket", fails)
    text = failure("https://api.example")
    assert "the certificate is not trusted (self-signed certificate in certificate chain)" in text
    assert "REQUESTS_CA_BUNDLE" in text


def test_answers_may_be_compressed() -> None:
    """Compressed answers are asked for and read."""

    def compressed(handler: BaseHTTPRequestHandler) -> None:
        body = gzip.compress(b'{"success": true, "result": [1]}')
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with Recorder(compressed) as server:
        assert new_client(FakeTime(), [], server.url).request("GET", "/things").result == [1]
    assert "gzip" in server.received[0]


def test_netrc_does_not_replace_the_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in ~/.netrc for the API's host are not sent."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Recorder(good) as server:
        new_client(FakeTime(), [], server.url).request("GET", "/things")
    assert f"Authorization: Bearer {TOKEN}" in server.received[0]


RAW = {
    "no HTTP": b"SSH-2.0-server\r\n\r\n",
    "nothing": b"",
    "status 999": b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "short body": b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"success": true',
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "odd encoding": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
    "bad location": b"HTTP/1.1 302 x\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "bad headers": b"HTTP/1.1 200 OK\r\n\x00\xff: :\r\n: \r\nContent-Length: x\r\n\r\n",
}


# An empty 200 is an answer to a write; what it leaves open is for the endpoint to say.
@pytest.mark.parametrize(
    ("method", "name"), [("GET", name) for name in RAW] + [("POST", name) for name in RAW if name != "bad headers"]
)
def test_hostile_bytes_end_in_a_documented_error(method: str, name: str) -> None:
    """What no web server says ends in this package's errors, after no more than one write."""
    with Recorder(good) as server:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            server.received.append(handler.requestline)
            handler.wfile.write(RAW[name])
            handler.close_connection = True

        server.RequestHandlerClass.do_GET = answer  # type: ignore[attr-defined]
        server.RequestHandlerClass.do_POST = answer  # type: ignore[attr-defined]
        with pytest.raises(RequestError) as caught:
            new_client(FakeTime(), [], server.url).request(method, "/things")
    assert str(caught.value).isprintable()
    assert 1 <= len(server.received) <= (6 if method == "GET" else 1)
