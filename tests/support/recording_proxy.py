"""A proxy on loopback that refuses every request, and knows what was asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy = RecordingProxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
