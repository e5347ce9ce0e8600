"""Secrets that can be recognised wherever they turn up, and a server that notes what it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.serving import serving

TOKEN = "SeCrEt-token-4f1c09b7-SeCrEt"
KEY = "SeCrEt-key-77ab31d0e5-SeCrEt"
EMAIL = "secretive-admin@corp.example"
NAMESPACE = "cloudflare-email-security"
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "token": {f"{NAMESPACE}:apiToken": TOKEN},
    "key": {f"{NAMESPACE}:apiKey": KEY, f"{NAMESPACE}:apiEmail": EMAIL},
}


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as it looks inside base64 wherever it begins."""
    yield secret.encode()
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode())
        yield encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


_FORMS = [form for secret in (TOKEN, KEY) for form in _forms(secret)]


def assert_no_secret(where: str, content: str | bytes) -> None:
    """Neither the token nor the key is in there."""
    raw = content.encode() if isinstance(content, str) else content
    for form in _FORMS:
        place = raw.find(form)
        assert place < 0, f"a secret is in {where}: …{raw[max(0, place - 200) : place + 80]!r}"


def assert_no_secret_in_files(folder: Path) -> int:
    """No file below a folder, nor its name, holds a secret; returns how many were looked at."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        assert_no_secret(str(path), path.name.encode() + b"\n" + path.read_bytes())
    return len(files)


@dataclass
class Seen:
    """What a server was sent, by header, and what it answers."""

    base_url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    echo: bool = False


@contextmanager
def server() -> Iterator[Seen]:
    """A server on this machine that answers everything as it is told."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def handle_method(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.requests.append((self.command, self.path, dict(self.headers.items())))
            sent = ", ".join(f"{name}: {value}" for name, value in self.headers.items())
            body = seen.body.replace(b"ECHO", sent.encode()) if seen.echo else seen.body
            self.send_response(seen.status)
            for name, value in {**seen.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_method  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.base_url = f"http://127.0.0.1:{http.server_address[1]}/client/v4"
    with serving(http):
        yield seen
