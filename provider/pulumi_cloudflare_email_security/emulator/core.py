"""The emulator, behind every door: from a request to a response."""

from __future__ import annotations

import json
import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .faults import Fault, Faults
from .habits import HABITS
from .handlers import Call, perform
from .hooks import Habits
from .messages import JSON_HEADERS, ApiError, Record, Request, RequestLog, Response
from .routes import RateLimit, Route, authenticate, parse, resolve
from .store import State
from .tables import Late
from .writes import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .contracts import Collection, Contract, ContractName, Entry
    from .tables import Database

Entries = list[dict[str, Any]]


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
        self.habits = Habits(HABITS, {"duplicates": duplicates, **(habits or {})})
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
        self.habits = Habits(HABITS, {**self.habits, **habits})

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
        """The API's answer and what a fault makes of it; its errors are raised, or answered where a fault follows."""
        if fault is None:
            return self._admit(request, route, None)
        if fault.stops:
            return fault.stop()
        try:
            response = self._admit(request, route, fault)
        except ApiError as error:
            response = self._refusal(error)
        return fault.spoil(response)

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
        collection, name, identity = resolve(self.contract, request.method, route)
        assert route is not None  # noqa: S101 - resolve() refuses it
        self.habits.apply("route", request.method, route.collection, route.place)
        with self._database(write=not name.startswith("GET")) as database:
            self._answers += 1
            call = Call(
                request=request,
                writer=self._writer(database, route.account, collection),
                identity=identity,
                answers=int(self._clock()) + self._answers,
                habits=self.habits,
                interruption=fault.interruption if fault is not None else None,
                part=fault.part if fault is not None else 0.0,
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
        moment = self._clock()
        return Writer(
            contract=self.contract,
            collection=collection,
            table=database.table(account, collection),
            database=database,
            habits=self.habits,
            moment=moment,
            now=rfc3339(moment),
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


def rfc3339(seconds: float) -> str:
    """A moment as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
