"""From a method and a path to an operation.

Source: ``api.md``, "Collections". What is no route of the contract is 404 with code 7003, an id of the wrong
form included; a method that a route lacks is 405.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .catalogue import CONTRACTS
from .messages import NO_ROUTE, ROOT, ApiError, refuse

if TYPE_CHECKING:
    from .contracts import Collection, Contract

_COLLECTIONS = frozenset(name for contract in CONTRACTS.values() for name in contract.collections)
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
    if not account or "" in rest or collection not in _COLLECTIONS:
        return None
    identity = ""
    if rest and rest[0] != "batch":
        identity, rest[0] = rest[0], "{id}"
    place = "".join(f"/{segment}" for segment in rest)
    return Route(account, collection, place, identity) if place in _PLACES else None


def resolve(contract: Contract, method: str, route: Route | None) -> tuple[Collection, str, str]:
    """Collection, operation and id as the contract has them, or the API's 404 or 405."""
    if route is None or route.collection not in contract.collections:
        raise _no_route()
    collection = contract.collections[route.collection]
    methods = {name.partition(" ")[0] for name in collection.operations if name.partition(" ")[2] == route.place}
    identity = contract.id_in_path(route.identity) if route.identity else ""
    if not methods or identity is None:
        raise _no_route()
    if method not in methods:
        error = refuse(f"{method} is not allowed here", status=405)
        error.headers["Allow"] = ", ".join(sorted(methods))
        raise error
    return collection, f"{method} {route.place}".strip(), identity


def _no_route() -> ApiError:
    message = "Could not route to this path, perhaps your object identifier is invalid?"
    return refuse(message, status=404, code=NO_ROUTE)
