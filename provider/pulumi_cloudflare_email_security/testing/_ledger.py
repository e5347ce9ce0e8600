"""What a run has done so far: its result, and what state holds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pulumi.dynamic import CheckFailure

from ._goals import Goal, Identity
from ._results import Change, Failure, Operation, StackError, StackResult
from ._state import ResourceState
from ._wire import Wire, changed, from_wire, shown


class StepFailedError(Exception):
    """Ends a resource's step after a failure that is recorded already."""


class Ledger:
    """The books of one run. Thread-safe."""

    def __init__(self, resources: Iterable[ResourceState]) -> None:
        self.result = StackResult()
        self.cause: Exception | None = None
        self._before = list(resources)
        self._done: list[ResourceState] = []
        self._lock = threading.Lock()

    @property
    def resources(self) -> list[ResourceState]:
        """What state holds by now."""
        with self._lock:
            return [*self._done, *self._before]

    @property
    def left(self) -> list[ResourceState]:
        """What state held before the run, and holds still, untouched."""
        with self._lock:
            return [*self._before]

    def finish(
        self, operation: Operation, old: ResourceState | None, new: ResourceState, *, kept: bool = False
    ) -> ResourceState:
        """A resource is as the program wants it; the old one is kept where it is still to be deleted."""
        with self._lock:
            self._done.append(new)
            if not kept:
                self._before = [other for other in self._before if other is not old]
        self.record(operation, new, old.inputs if old else None, new.inputs)
        return new

    def exchange(self, old: ResourceState, new: ResourceState | None) -> None:
        """State holds something else in a resource's place, or nothing."""
        with self._lock:
            place = next((index for index, state in enumerate(self._before) if state is old), None)
            if place is not None:
                self._before[place : place + 1] = [new] if new else []

    def record(
        self, operation: Operation, state: ResourceState, old: Wire | None = None, new: Wire | None = None
    ) -> None:
        """Note a step."""
        diff = () if old is None or new is None else changed(old, new)
        before, after = (None if wire is None else shown(wire) for wire in (old, new))
        change = Change(operation, state.type, state.name, state.urn, state.id or None, diff, before, after)
        with self._lock:
            self.result.changes.append(change)

    def refuse(self, goal: Goal, news: Wire, failures: Iterable[CheckFailure]) -> None:
        """Note what `check` finds wrong."""
        values = from_wire(news, keep_unknowns=True)
        found = [
            Failure("check", goal.who.type, goal.who.name, f.reason, f.property, values.get(f.property))
            for f in failures
        ]
        with self._lock:
            self.result.failures.extend(found)

    def fail(self, operation: str, who: Identity, error: Exception) -> None:
        """Note an error, the first one as the cause."""
        with self._lock:
            self.cause = self.cause or error
            self.result.failures.append(Failure(operation, who.type, who.name, str(error) or repr(error)))

    @contextmanager
    def reporting(self, operation: str, who: Identity) -> Iterator[None]:
        """Note an error that is raised in here, and raise `StepFailedError` instead."""
        try:
            yield
        except Exception as error:
            self.fail(operation, who, error)
            raise StepFailedError from error

    def raise_failures(self) -> None:
        """Raise `StackError` if anything failed."""
        if self.result.failures:
            raise StackError(self.result) from self.cause
