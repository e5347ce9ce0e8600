"""The API's rate limit, kept from this side.

1200 requests in 300 s per user or token, dashboard use included; past it every call is refused for
300 s. A sliding window below that number is kept here, and the API's own `Ratelimit` header (what is
left, and for how many seconds) tightens it, since others may use the same token.
"""

from __future__ import annotations

import math
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from .clock import Clock, announce

WINDOW: Final = 300.0
LIMIT: Final = 1200
# Left for the dashboard and for requests under way when the header is read.
RESERVE: Final = 20
_REMAINING: Final = re.compile(r"\br=(\d{1,9})\b")
_RESET: Final = re.compile(r"\bt=(\d{1,9})\b")


def remaining(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """What a `Ratelimit` header says: requests left, and seconds until there are more."""
    value = headers.get("Ratelimit") or ""
    left, reset = _REMAINING.search(value), _RESET.search(value)
    return (int(left[1]), min(float(reset[1]), WINDOW)) if left and reset else None


class RateLimiter:
    """Makes callers wait so that the API need not refuse them. Thread-safe."""

    def __init__(
        self,
        clock: Clock,
        *,
        limit: int = LIMIT - RESERVE,
        tell: Callable[[str], None] = announce,
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._tell = tell
        self._lock = threading.Lock()
        self._sent: deque[float] = deque()
        self._left = math.inf
        self._reset_at = -math.inf
        self._blocked_until = -math.inf
        self._announced_until = -math.inf

    def acquire(self) -> float:
        """Wait for a place, take it, and return the seconds waited."""
        waited = 0.0
        while (wait := self._take()) > 0:
            self._announce(wait)
            self._clock.sleep(wait)
            waited += wait
        return waited

    def _take(self) -> float:
        """Take a place and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock.now()
            while self._sent and self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            if now < self._blocked_until:
                return self._blocked_until - now
            if len(self._sent) >= self._limit:
                return max(self._sent[0] + WINDOW - now, 0.01)
            if now < self._reset_at:
                if self._left <= RESERVE:
                    return self._reset_at - now
                self._left -= 1
            self._sent.append(now)
            return 0.0

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of what the API says is left."""
        told = remaining(headers)
        if told is not None:
            with self._lock:
                left, reset = told
                reset_at = self._clock.now() + reset
                # Answers overtake each other: within one window the smaller number is the newer one.
                same_window = abs(reset_at - self._reset_at) < 2
                self._left = min(self._left, left) if same_window else left
                self._reset_at = reset_at

    def block(self, wait: float) -> None:
        """The API refused a request for the rate limit: nobody sends for `wait` seconds."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock.now() + wait)

    def _announce(self, wait: float) -> None:
        """Say once per waiting time why nothing happens."""
        with self._lock:
            until = self._clock.now() + wait
            if wait < 2 or until <= self._announced_until + 1:
                return
            self._announced_until = until
        self._tell(f"rate limit of the Cloudflare API reached: going on in {math.ceil(wait)} s")
