"""The emulator, behind every door: from a request, by its route and past credentials and rate limit, to a response.

Source: ``api.md``. What is no route of the contract is 404 with code 7003, an id of the wrong form included; a method
that a route lacks is 405. Past the rate limit every call is refused for a whole window, with 429 and ``Retry-After``;
``Ratelimit`` and ``Ratelimit-Policy`` come with every answer.
"""

from __future__ import annotations

import hmac
import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from .catalogue import CONTRACTS
from .contracts import Collection, Contract, ContractName, Entry
from .faults import Fault, Faults
from .habits import Habits
from .messages import (
    HEADERS_MISSING,
    JSON_HEADERS,
    ROOT,
    ApiError,
    EmulatorError,
    Record,
    Request,
    RequestLog,
    Response,
    forbidden,
    no_route,
    not_allowed,
    rate_limited,
    refuse,
)
from .operations import Call, perform
from .store import Database, Late, State
from .writes import Writer

Entries = list[dict[str, Any]]
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
    known = any(collection in contract.collections for contract in CONTRACTS.values())
    if not account or "" in rest or not known:
        return None
    identity = ""
    if rest and rest[0] != "batch":
        identity, rest[0] = rest[0], "{id}"
    place = "".join(f"/{segment}" for segment in rest)
    return Route(account, collection, place, identity) if place in _PLACES else None


def resolve(contract: Contract, method: str, route: Route) -> tuple[Collection, str, str]:
    """Collection, operation and id as the contract has them, or the API's 404 or 405."""
    collection = contract.collections.get(route.collection)
    if collection is None:
        raise no_route()
    methods = {name.partition(" ")[0] for name in collection.operations if name.partition(" ")[2] == route.place}
    identity = contract.id_in_path(route.identity) if route.identity else ""
    if not methods or identity is None:
        raise no_route()
    if method not in methods:
        raise not_allowed(method, *methods)
    return collection, f"{method} {route.place}".strip(), identity


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


class Emulator:
    """Cloudflare Email Security settings, in memory or in a state file.

    Args:
        contract: ``"2025"`` or ``"2026"``; None takes that of the state file, else 2026.
        token: the only bearer token that is accepted; None accepts any credentials, and none.
        habits: what the account does that no document says, by name, with True or the values: :data:`.HABITS`.
        duplicates: short for the habit of that name.
        rate_limit: requests and seconds, such as ``(1200, 300.0)``; counted in this process.
        state: a JSON file, shared with every process that names it; a request log is kept beside it.
        clock: seconds since 1970, for times and the rate limit.
        sleep: what the doors wait with.
        latency: seconds that each answer takes; requests wait concurrently.
        seed: of the dice for faults with a probability.
        log_bodies: whether the request log keeps what was sent.

    """

    def __init__(
        self,
        contract: ContractName | None = None,
        *,
        token: str | None = None,
        habits: Mapping[str, object] | None = None,
        duplicates: str | None = None,
        rate_limit: tuple[int, float] | None = None,
        state: Path | str | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        latency: float = 0.0,
        seed: int = 0,
        log_bodies: bool = False,
    ) -> None:
        path = Path(state) if state is not None else None
        self.sleep = sleep
        self.faults = Faults(seed)
        self.habits = Habits({"duplicates": duplicates, **(habits or {})})
        self._state = State(path, contract)
        self.log = RequestLog(self._state.beside(".log"), bodies=log_bodies)
        self._token = token
        self._limit = RateLimit(*rate_limit, clock) if rate_limit is not None else None
        self._clock = clock
        self._latency = latency
        self._answers = 0
        self._writes = 0
        self._lock = threading.RLock()

    @property
    def contract(self) -> Contract:
        """The contract it follows."""
        return self._state.contract

    def set_habits(self, **habits: object) -> None:
        """Switch habits on, or off with False; the others stay as they are."""
        self.habits = Habits({**self.habits, **habits})

    def handle(self, request: Request) -> Response:
        """Answer a request. Nothing is slept here: the doors wait, see :class:`Response`."""
        route = parse(request.path)
        operation = route.operation(request.method) if route else f"{request.method} unknown"
        with self._lock:
            self._land()
            fault = self._fault(request.method, operation, route)
            try:
                response = self._answer(request, route, fault)
            except ApiError as error:
                response = self._refusal(error)
            if self._limit is not None and not (fault is not None and fault.stops):
                response.headers.update(self._limit.headers())
            if response.broken != "refused":
                self.log.add(Record(request.method, operation, request.path, response.status, request.body))
        return replace(response, delay=response.delay + self._latency)

    def _fault(self, method: str, operation: str, route: Route | None) -> Fault | None:
        fault = self.faults.hit(operation, batch=self._batch_sort(method, route))
        if method not in {"POST", "PUT", "PATCH", "DELETE"}:
            return fault
        self._writes += 1
        return self.habits.apply("edge", fault, self._writes)

    def _batch_sort(self, method: str, route: Route | None) -> Literal["atomic", "loose"] | None:
        """Whether a request is a batch (or bulk delete), and of which sort."""
        collection = self.contract.collections.get(route.collection) if route else None
        if collection is None or route is None or (method, route.place) not in {("POST", "/batch"), ("DELETE", "")}:
            return None
        return "atomic" if collection.atomic else "loose"

    def _answer(self, request: Request, route: Route | None, fault: Fault | None) -> Response:
        """The API's answer and what a fault makes of it, which may be an error of its own."""
        if fault is not None and fault.stops:
            return fault.stop()
        try:
            response = self._admit(request, route, fault)
        except ApiError as error:
            response = self._refusal(error)
        return response if fault is None else fault.spoil(response)

    def _refusal(self, error: ApiError) -> Response:
        return self.habits.apply("error", error, self._clock()).response()

    def _admit(self, request: Request, route: Route | None, fault: Fault | None) -> Response:
        if self._limit is not None:
            self._limit.spend()
        authenticate(request, self._token)
        if fault is not None and fault.late and request.method != "GET":
            late = Late(self._clock() + fault.late, request.method, request.path, request.body.decode("latin-1"))
            with self._state.write() as database:
                database.late += (late,)
            return Response(0, {}, b"")
        return self._perform(request, route, fault)

    def _perform(self, request: Request, route: Route | None, fault: Fault | None = None) -> Response:
        if route is None:
            raise no_route()
        collection, name, identity = resolve(self.contract, request.method, route)
        self.habits.apply("route", request.method, route.collection, route.place)
        with self._database(write=not name.startswith("GET")) as database:
            self._answers += 1
            call = Call(
                request=request,
                writer=self._writer(database, route.account, collection),
                identity=identity,
                answers=int(self._clock()) + self._answers,
                fault=fault,
            )
            return perform(name, call)

    def _land(self) -> None:
        """Carry out the writes that are due, of which nobody waits for an answer any more."""
        now = self._clock()
        if not any(late.due <= now for late in self._state.read().late):
            return
        with self._state.write() as database:
            due = [late for late in database.late if late.due <= now]
            database.late = tuple(late for late in database.late if late.due > now)
        for late in due:
            try:
                body = late.body.encode("latin-1")
                self._perform(Request(late.method, late.path, (), JSON_HEADERS, body), parse(late.path))
            except ApiError:
                continue

    def _database(self, *, write: bool) -> AbstractContextManager[Database]:
        return self._state.write() if write else nullcontext(self._state.read())

    def _writer(self, database: Database, account: str, collection: Collection) -> Writer:
        return Writer(
            contract=self.contract,
            collection=collection,
            table=database.table(account, collection),
            database=database,
            habits=self.habits,
            moment=self._clock(),
        )

    # Faults

    def inject(self, *faults: Fault) -> None:
        """Set faults, after those that are set."""
        for fault in faults:
            self.faults.append(fault)

    def clear_faults(self) -> None:
        """Set none."""
        self.faults.clear()

    # What happens behind the API's back

    def seed(self, collections: Mapping[str, Iterable[Mapping[str, Any]]], *, account_id: str) -> dict[str, Entries]:
        """Put entries there as they may be found, old or odd: nothing is checked but the names of the fields.

        What the API fills in is filled in. Impersonation registry entries whose provenance is a directory
        cannot be changed through the API; domains that are not active wait for a proof of ownership. Returns the
        stored entries.
        """
        with self._dashboard(write=True) as writer:
            places = {name: writer(account_id, name) for name in collections}
            return {
                name: [copied(places[name].seed(fields)) for fields in entries] for name, entries in collections.items()
            }

    def entries(self, account_id: str, collection: str) -> Entries:
        """What is stored, oldest first; changing it changes nothing here."""
        with self._dashboard(write=False) as writer:
            return [copied(entry) for entry in writer(account_id, collection).table.all()]

    def change(self, account_id: str, collection: str, entry_id: int | str, **fields: object) -> dict[str, Any]:
        """Change an entry as somebody does in the dashboard; returns it."""
        with self._dashboard(write=True) as writer:
            return copied(writer(account_id, collection).change(entry_id, fields))

    def remove(self, account_id: str, collection: str, entry_id: int | str) -> None:
        """Remove an entry as somebody does in the dashboard."""
        with self._dashboard(write=True) as writer:
            writer(account_id, collection).lose(entry_id)

    @contextmanager
    def _dashboard(self, *, write: bool) -> Iterator[Callable[[str, str], Writer]]:
        with self._lock:
            self._land()
            with self._database(write=write) as database:
                yield lambda account, name: self._writer(database, account, self.contract.collection(name))


def copied(entry: Entry) -> dict[str, Any]:
    """An entry that can be changed without harm."""
    return dict(json.loads(json.dumps(entry)))
