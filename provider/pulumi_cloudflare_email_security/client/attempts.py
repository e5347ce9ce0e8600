"""How often a request is sent, and what one failure tells about the next request.

Decisions only: nothing is sent and nobody waits here.
"""

from __future__ import annotations

import random
import threading
from typing import Final

from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from .clock import Clock
from .errors import AuthenticationError, BlockedError, NotSentError, RateLimitError, RequestError
from .limiter import WINDOW

PASSING_REFUSAL: Final = 10000
#: Seconds from the first attempt after which a request that has been repeated is not repeated again, unless told.
PATIENCE: Final = 13.0
#: Seconds after which an API that was out is asked again.
OUTAGE: Final = 30.0
_RETRIES: Final = 5
_FORBIDDEN_RETRIES: Final = 3
_RATE_LIMIT_RETRIES: Final = 5
_BACKOFF: Final = Retry(total=_RETRIES, backoff_factor=0.5, backoff_max=20)


class Attempts:
    """What happened so far to one request, and how long to wait before the next attempt."""

    def __init__(self, clock: Clock, jitter: random.Random, *, read: bool, patience: float = PATIENCE) -> None:
        self._clock = clock
        self._jitter = jitter
        self._read = read
        self._patience = patience
        self._backoff = _BACKOFF
        self._forbidden = 0
        self._rate_limited = 0
        self._begun = clock.now()

    def after_rate_limit(self, error: RateLimitError) -> float:
        """Seconds to wait after a 429: what `Retry-After` says, up to the limit's window. Raises it beyond that."""
        self._rate_limited += 1
        # A wait that is over already is no wait that helps.
        wait = error.retry_after or min((5.0 if error.retry_after is None else 0.5) * 4**self._rate_limited, WINDOW)
        if wait > WINDOW or self._rate_limited > _RATE_LIMIT_RETRIES:
            raise RateLimitError(
                error.request, error.status, error.problems, "wait five minutes and run again", error.retry_after
            ) from None
        self._begun += wait
        return wait

    def after(self, error: RequestError, *, worked: bool) -> float | None:
        """Seconds to wait before the request may be sent again; None where it may not."""
        if isinstance(error, AuthenticationError | BlockedError):
            if not (worked and self._may_pass(error)):
                return None
            self._forbidden += 1
        elif not self.may_repeat(error):
            return None
        again = bool(self._backoff.history)
        left = self._patience - (self._clock.now() - self._begun)
        if again and left <= 0:
            return None
        try:
            self._backoff = self._backoff.increment(error=error)
        except MaxRetryError:
            return None
        wait = self._backoff.get_backoff_time() * self._jitter.uniform(0.75, 1.0) + self._jitter.uniform(0.05, 0.2)
        return min(wait, max(left, 0.05))

    def may_repeat(self, error: RequestError) -> bool:
        """Whether the API, or the way to it, failed in such a way that sending again is safe."""
        return isinstance(error, NotSentError) or (self._read and error.applied is None)

    def _may_pass(self, error: AuthenticationError | BlockedError) -> bool:
        passing = isinstance(error, BlockedError) or (error.status == 403 and PASSING_REFUSAL in error.codes)
        return passing and self._forbidden < _FORBIDDEN_RETRIES


class Outage:
    """Whether the API is out: what one read has found out with all its attempts, the others need not. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._error: RequestError | None = None
        self._until = 0.0

    def begins(self, error: RequestError) -> None:
        """A request has used up its attempts."""
        with self._lock:
            if self._error is None:
                self._error, self._until = error, self._clock.now() + OUTAGE

    def ends(self) -> None:
        """The API has answered."""
        with self._lock:
            self._error = None

    @property
    def error(self) -> RequestError | None:
        """What the request ended with that found the API out, as long as that is taken to be so."""
        with self._lock:
            if self._error is not None and self._clock.now() >= self._until:
                self._error = None
            return self._error
