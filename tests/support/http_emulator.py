"""An emulator over HTTP in a thread of the test, which can look at the account and change it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorServer, Request, Response
from support.serving import serving

ACCOUNT = "0123456789abcdef0123456789abcdef"
TOKEN = "token-that-nobody-may-ever-see-8f1c"
CONFIG = {"cloudflare-email-security:accountId": ACCOUNT}


class ServedEmulator(Emulator):
    """An emulator at `base_url` that can be waited for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.base_url = ""
        self._arrived = threading.Condition()
        self._held: tuple[str, int] | None = None
        self._let_go = threading.Event()

    def hold_from(self, operation: str, count: int) -> None:
        """Carry out writes but do not answer them, from the nth request of an operation on, until `let_go`."""
        self._held = operation, count

    def let_go(self) -> None:
        """Answer what was held, and all that comes."""
        self._held = None
        self._let_go.set()

    def handle(self, request: Request) -> Response:
        """Answer a request, and tell those who wait for it."""
        response = super().handle(request)
        with self._arrived:
            self._arrived.notify_all()
        if (held := self._held) and request.method != "GET" and self.count(held[0]) >= held[1]:
            self._let_go.wait()
        return response

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return self.log.by_operation.get(operation, 0)

    def wait_for(self, operation: str, count: int, *, timeout: float = 300.0) -> None:
        """Return as soon as an operation was asked for so often."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.count(operation) >= count, timeout), self.log.by_operation

    def wait_until_quiet(self, seconds: float = 1.0) -> None:
        """Return when no request has come for a while."""
        total = -1
        while total != self.log.total:
            total = self.log.total
            time.sleep(seconds)

    def writes(self) -> dict[str, int]:
        """How often each operation that writes was asked for."""
        return {name: count for name, count in self.log.by_operation.items() if not name.startswith("GET")}

    def env(self, **more: str) -> dict[str, str]:
        """What a program needs in its environment to reach the account."""
        return {"CLOUDFLARE_BASE_URL": self.base_url, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT, **more}


@contextmanager
def served(
    contract: Any = "2026", *, emulator: ServedEmulator | None = None, **options: Any
) -> Iterator[ServedEmulator]:
    """Serve an emulator while the block runs; afterwards its port is closed."""
    emulator = emulator or ServedEmulator(contract, **options)
    server = EmulatorServer(emulator)
    emulator.base_url = server.base_url
    with serving(server):
        yield emulator


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the emulator's command; gives the process and the first line it prints."""
    program = [sys.executable, "-m", "pulumi_cloudflare_email_security.emulator", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()
