"""A proxy on loopback that refuses every request, and knows what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.serving import serving

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(frozen=True, slots=True)
class RecordingProxy:
    """Where it listens, and each request line that arrived."""

    url: str
    asked: list[str] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        """What makes Go and Python programs send here whatever is not for this machine."""
        names = [*_NAMES, *(name.lower() for name in _NAMES)]
        return {**dict.fromkeys(names, self.url), "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@contextmanager
def recording_proxy() -> Iterator[RecordingProxy]:
    """Listen while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def refuse(self) -> None:
            proxy.asked.append(f"{self.command} {self.path}")
            self.send_error(403)

        do_CONNECT = do_GET = do_HEAD = do_POST = refuse  # noqa: N815 (the names that http.server looks for)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy = RecordingProxy(f"http://127.0.0.1:{server.server_address[1]}")
    with serving(server):
        yield proxy
