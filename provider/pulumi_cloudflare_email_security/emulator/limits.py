"""The rate limit and authentication.

Source: ``api.md``, "Rate limit": past the limit every call is refused for a whole window, with 429 and
``Retry-After``; ``Ratelimit`` and ``Ratelimit-Policy`` come with every answer. And "Authentication".
"""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING

from .messages import AUTHENTICATION, HEADERS_MISSING, RATE_LIMITED, ApiError, EmulatorError, Request, refuse

if TYPE_CHECKING:
    from collections.abc import Callable


class RateLimit:
    """So many requests in a window of so many seconds, then none for a window."""

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float]) -> None:
        """Start with a fresh window at the first request."""
        if requests < 1 or seconds <= 0:
            message = f"a rate limit of {requests} requests in {seconds} seconds makes no sense"
            raise EmulatorError(message)
        self._requests = requests
        self._seconds = seconds
        self._clock = clock
        self._ends = -math.inf
        self._spent = 0

    def spend(self) -> None:
        """Count one request; refuse it where it is one too many."""
        now = self._clock()
        if now >= self._ends:
            self._ends, self._spent = now + self._seconds, 0
        self._spent += 1
        if self._spent <= self._requests:
            return
        if self._spent == self._requests + 1:
            self._ends = now + self._seconds
        raise rate_limited(self._left())

    def headers(self) -> dict[str, str]:
        """The headers that tell where the limit stands."""
        return {
            "Ratelimit": f'"default";r={max(self._requests - self._spent, 0)};t={self._left()}',
            "Ratelimit-Policy": f'"default";q={self._requests};w={math.ceil(self._seconds)}',
        }

    def _left(self) -> int:
        return max(math.ceil(self._ends - self._clock()), 0)


def rate_limited(retry_after: int | None) -> ApiError:
    """The API's 429, with ``Retry-After`` where given."""
    error = refuse("Please wait and consider throttling your request speed", status=429, code=RATE_LIMITED)
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


def forbidden() -> ApiError:
    """The API's 403, which valid tokens may get in passing too."""
    return refuse("Authentication error", status=403, code=AUTHENTICATION)


def authenticate(request: Request, token: str | None) -> None:
    """Refuse bad credentials; where no token is set, any that are well-formed will do, and none will too."""
    authorization = request.header("Authorization")
    email, key = request.header("X-Auth-Email"), request.header("X-Auth-Key")
    nothing = authorization is None and email is None and key is None
    if nothing and token is None:
        return
    scheme, _, bearer = (authorization or "").partition(" ")
    whole = bool(scheme.lower() == "bearer" and bearer.strip()) if authorization is not None else bool(email and key)
    if not whole:
        message = "Missing or malformed X-Auth-Key, X-Auth-Email or Authorization headers"
        raise refuse(message, status=400, code=HEADERS_MISSING)
    if token is not None and not hmac.compare_digest(bearer.strip().encode(), token.encode()):
        raise forbidden()
