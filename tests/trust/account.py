"""An emulated account that fails on purpose, and time that passes only when somebody waits."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.client.transport import TIMEOUT
from pulumi_cloudflare_email_security.emulator import Emulator, Request, Response

ACCOUNT = "0123456789abcdef0123456789abcdef"
CONFIG = {
    "cloudflare-email-security:baseUrl": "emulator:in-memory",
    "cloudflare-email-security:accountId": ACCOUNT,
}
#: Longer than any time-out of the client.
NEVER = 1e6


class Killed(BaseException):
    """SIGKILL, as seen from inside."""


class HandClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = float(int(time.time()))
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        with self._lock:
            self.seconds += seconds

    @property
    def clock(self) -> Clock:
        """For the client."""
        return Clock(self.now, self.sleep)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the API saw it, and whether a whole answer reached the client in time."""

    method: str
    path: str
    body: Any
    status: int
    answered: bool


class FailingEmulator(Emulator):
    """An emulator that can also kill its client, and carry out a write long after the client has given up."""

    def __init__(self, contract: Any, **options: Any) -> None:
        super().__init__(contract, **options)
        self.kill_at: tuple[int, bool] | None = None
        self.late_at: int | None = None
        self.late: list[Request] = []
        self.dead = False
        #: Called before and after each request: others may go on first.
        self.switch: Callable[[], None] = lambda: None
        self.fired: Counter[str] = Counter()
        self.sent: list[Sent] = []
        self._guard = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer a request, unless the asking process dies of it."""
        self.switch()
        with self._guard:
            response = self._handle(request)
        self.switch()
        return response

    def _handle(self, request: Request) -> Response:
        if self.dead:
            raise Killed
        if self.kill_at is not None:
            left, after = self.kill_at
            self.kill_at = (left - 1, after)
            if left == 0:
                self.dead, self.kill_at = True, None
                self.fired["killed_after" if after else "killed_before"] += 1
                if after:
                    super().handle(request)
                raise Killed
        if self.late_at is not None and request.method != "GET":
            self.late_at -= 1
            if self.late_at < 0:
                self.late_at = None
                self.late.append(request)
                self.fired["late_write"] += 1
                return Response(200, {}, b"", delay=NEVER)
        response = super().handle(request)
        if response.broken != "refused":
            self.sent.append(_sent(request, response))
        return response

    def land(self) -> None:
        """Carry out the writes that nobody waits for any more."""
        requests, self.late = self.late, []
        for request in requests:
            super().handle(request)

    def calm(self) -> None:
        """No faults from now on; those that fired are counted."""
        for each in self.faults._set:
            self.fired[each.fault.kind] += each.fired
        self.clear_faults()
        self.kill_at = self.late_at = None
        self.dead = False


def _sent(request: Request, response: Response) -> Sent:
    body = json.loads(request.body) if request.body else None
    answered = response.broken is None and response.delay < TIMEOUT[1]
    try:
        answered = answered and isinstance(json.loads(response.body), dict)
    except ValueError:
        answered = False
    return Sent(request.method, request.path, body, response.status, answered)
