"""The emulator: from a request to a response, behind every door."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from . import dashboard, limits
from .effects import interruption, spoiled, stopped
from .faults import Fault, Faults
from .log import Record, RequestLog
from .messages import ApiError, EmulatorError, Request, Response
from .operations import Call, perform
from .routes import Route, parse, resolve
from .state import State
from .writes import Duplicates, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .contracts import Collection, Contract, ContractName, Entry
    from .store import Database

Entries = list[dict[str, Any]]


class Emulator:
    """Cloudflare Email Security settings, in memory or in a state file.

    Args:
        contract: ``"2025"`` or ``"2026"``; None takes that of the state file, else 2026.
        token: the only bearer token that is accepted; None accepts any credentials, and none.
        duplicates: what a second entry with the same natural key gets: ``conflict`` (409), ``bad_request`` (400
            whose message says that it exists) or ``accept`` (it is stored).
        rate_limit: requests and seconds, such as ``(1200, 300.0)``; counted in this process.
        state: a JSON file, shared with every process that names it; a request log is kept beside it.
        clock: seconds since 1970, for times and the rate limit.
        sleep: what the doors wait with.
        latency: seconds that each answer takes; requests wait side by side.
        seed: of the dice for faults with a probability.
        url_ignore_batch: serve ``POST url_ignore_patterns/batch``, which one published description has.
        total_count: whether lists tell ``result_info.total_count``.

    """

    def __init__(
        self,
        contract: ContractName | None = None,
        *,
        token: str | None = None,
        duplicates: Duplicates = "conflict",
        rate_limit: tuple[int, float] | None = None,
        state: Path | str | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        latency: float = 0.0,
        seed: int = 0,
        url_ignore_batch: bool = False,
        total_count: bool = True,
    ) -> None:
        """Open the state, or start with no entry."""
        if duplicates not in get_args(Duplicates):
            message = f"duplicates is one of {', '.join(get_args(Duplicates))}, not {duplicates!r}"
            raise EmulatorError(message)
        path = Path(state) if state is not None else None
        self.sleep = sleep
        self.faults = Faults(seed)
        self._state = State(path, contract, url_ignore_batch=url_ignore_batch)
        self.log = RequestLog(self._state.beside(".log"))
        self._token = token
        self._duplicates = duplicates
        self._limit = limits.RateLimit(*rate_limit, clock) if rate_limit is not None else None
        self._clock = clock
        self._latency = latency
        self._total_count = total_count
        self._answers = 0
        self._lock = threading.RLock()

    @property
    def contract(self) -> Contract:
        """The contract it follows."""
        return self._state.contract

    def handle(self, request: Request) -> Response:
        """Answer a request. Nothing is slept here: the doors wait, see :class:`Response`."""
        route = parse(request.path)
        operation = route.operation(request.method) if route else f"{request.method} unknown"
        with self._lock:
            self._state.read()
            fault = self.faults.hit(operation, batch=self._batch_sort(request.method, route))
            if fault is None:
                response = self._answer(request, route)
            elif fault.stops:
                response = stopped(fault)
            else:
                response = spoiled(fault, self._answer(request, route, fault))
            if response.broken != "refused":
                self.log.add(Record(request.method, operation, request.path, response.status))
        return dataclasses.replace(response, delay=response.delay + self._latency)

    def _batch_sort(self, method: str, route: Route | None) -> Literal["atomic", "loose"] | None:
        """Whether a request is a batch (or bulk delete), and of which sort."""
        collection = self.contract.collections.get(route.collection) if route else None
        if collection is None or route is None or (method, route.place) not in {("POST", "/batch"), ("DELETE", "")}:
            return None
        return "atomic" if collection.atomic else "loose"

    def _answer(self, request: Request, route: Route | None, fault: Fault | None = None) -> Response:
        """The API's answer, its errors included."""
        try:
            if self._limit is not None:
                self._limit.spend()
            limits.authenticate(request, self._token)
            response = self._perform(request, route, fault)
        except ApiError as error:
            response = error.response()
        if self._limit is not None:
            response.headers.update(self._limit.headers())
        return response

    def _perform(self, request: Request, route: Route | None, fault: Fault | None) -> Response:
        collection, name, identity = resolve(self.contract, request.method, route)
        assert route is not None  # noqa: S101 - resolve() refuses it
        with self._database(write=not name.startswith("GET")) as database:
            self._answers += 1
            call = Call(
                request=request,
                writer=self._writer(database, route.account, collection),
                identity=identity,
                answers=int(self._clock()) + self._answers,
                total_count=self._total_count,
                interruption=interruption(fault),
                part=fault.part if fault is not None else 0.0,
            )
            return perform(name, call)

    def _database(self, *, write: bool) -> AbstractContextManager[Database]:
        return self._state.write() if write else nullcontext(self._state.read())

    def _writer(self, database: Database, account: str, collection: Collection) -> Writer:
        return Writer(
            contract=self.contract,
            collection=collection,
            table=database.table(account, collection),
            database=database,
            duplicates=self._duplicates,
            now=rfc3339(self._clock()),
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
        cannot be changed through the API. Returns the stored entries.
        """
        with self._dashboard(write=True) as writer:
            places = {name: writer(account_id, name) for name in collections}
            return {
                name: [copied(dashboard.seed(places[name], fields)) for fields in entries]
                for name, entries in collections.items()
            }

    def entries(self, account_id: str, collection: str) -> Entries:
        """What is stored, oldest first; changing it changes nothing here."""
        with self._dashboard(write=False) as writer:
            return [copied(entry) for entry in writer(account_id, collection).table.all()]

    def change(self, account_id: str, collection: str, entry_id: int | str, **fields: object) -> dict[str, Any]:
        """Change an entry as somebody does in the dashboard; returns it."""
        with self._dashboard(write=True) as writer:
            return copied(dashboard.change(writer(account_id, collection), entry_id, fields))

    def remove(self, account_id: str, collection: str, entry_id: int | str) -> None:
        """Remove an entry as somebody does in the dashboard."""
        with self._dashboard(write=True) as writer:
            dashboard.remove(writer(account_id, collection), entry_id)

    @contextmanager
    def _dashboard(self, *, write: bool) -> Iterator[Callable[[str, str], Writer]]:
        with self._lock, self._database(write=write) as database:
            yield lambda account, name: self._writer(database, account, self.contract.collection(name))


def copied(entry: Entry) -> dict[str, Any]:
    """An entry that can be changed without harm."""
    return dict(json.loads(json.dumps(entry)))


def rfc3339(seconds: float) -> str:
    """A moment as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
