"""From a request to an operation that it may have: route, credentials, rate limit.

Source: ``api.md``. What is no route of the contract is 404 with code 7003, an id of the wrong form included; a method
that a route lacks is 405. Past the rate limit every call is refused for a whole window, with 429 and ``Retry-After``;
``Ratelimit`` and ``Ratelimit-Policy`` come with every answer.
"""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from . import catalogue
from .messages import (
    AUTHENTICATION,
    HEADERS_MISSING,
    NO_ROUTE,
    RATE_LIMITED,
    ROOT,
    ApiError,
    EmulatorError,
    Request,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .contracts import Collection, Contract

_ACCOUNT = ("accounts", "email-security", "settings")
_PLACES = frozenset({"", "/batch", "/{id}", "/{id}/verification"})


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads: ``place`` is the path after the collection, ids as ``{id}``."""

    account: str
    collection: str
    place: str
    identity: str

    def operation(self, method: str) -> str:
        """The name in the request log and for faults."""
        return f"{method} {self.collection}{self.place}"


def parse(path: str) -> Route | None:
    """The route of a path, in whatever contract; none where it is no settings path."""
    if not path.startswith(f"{ROOT}/"):
        return None
    segments = [unquote(segment) for segment in path.removeprefix(f"{ROOT}/").split("/")]
    if len(segments) < 5 or (segments[0], *segments[2:4]) != _ACCOUNT:
        return None
    account, collection, rest = segments[1], segments[4], segments[5:]
    known = any(collection in contract.collections for contract in catalogue.CONTRACTS.values())
    if not account or "" in rest or not known:
        return None
    identity = ""
    if rest and rest[0] != "batch":
        identity, rest[0] = rest[0], "{id}"
    place = "".join(f"/{segment}" for segment in rest)
    return Route(account, collection, place, identity) if place in _PLACES else None


def resolve(contract: Contract, method: str, route: Route | None) -> tuple[Collection, str, str]:
    """Collection, operation and id as the contract has them, or the API's 404 or 405."""
    if route is None or route.collection not in contract.collections:
        raise no_route()
    collection = contract.collections[route.collection]
    methods = {name.partition(" ")[0] for name in collection.operations if name.partition(" ")[2] == route.place}
    identity = contract.id_in_path(route.identity) if route.identity else ""
    if not methods or identity is None:
        raise no_route()
    if method not in methods:
        raise not_allowed(method, *methods)
    return collection, f"{method} {route.place}".strip(), identity


def no_route() -> ApiError:
    """The API's 404 for a path that leads nowhere."""
    return refuse("Could not route to this path, perhaps your object identifier is invalid?", status=404, code=NO_ROUTE)


def not_allowed(method: str, *allowed: str) -> ApiError:
    """The API's 405."""
    error = refuse(f"{method} is not allowed here", status=405)
    error.headers["Allow"] = ", ".join(sorted(allowed))
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
        raise refuse(
            "Missing or malformed X-Auth-Key, X-Auth-Email or Authorization headers", status=400, code=HEADERS_MISSING
        )
    if token is not None and not hmac.compare_digest(bearer.strip().encode(), token.encode()):
        raise forbidden()


def rate_limited(retry_after: int | None) -> ApiError:
    """The API's 429, with ``Retry-After`` where given."""
    error = refuse("Please wait and consider throttling your request speed", status=429, code=RATE_LIMITED)
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


class RateLimit:
    """So many requests in a window of so many seconds, then none for a window."""

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float]) -> None:
        if requests < 1 or seconds <= 0:
            raise EmulatorError(f"a rate limit of {requests} requests in {seconds} seconds makes no sense")
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
