"""What a run of an in-process stack answers, and the ledger in which it is noted while it runs."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from pulumi.dynamic import CheckFailure

from ._resources import Goal, Identity, ResourceState, Wire, changed, from_wire, shown

#: A property path at the beginning of a reason.
_NAMED = re.compile(r"(\w+(?:\[[^\]]*\]|\.\w+)*): (.*)", re.DOTALL)
Operation = Literal["create", "update", "replace", "delete", "same", "read"]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a run, as the engine would list it.

    `old` and `new` are input properties; for `refresh` and `Resource.get` they are the outputs. In a preview a value
    not known yet is the SDK's `pulumi.output.Unknown` object.
    """

    operation: Operation
    type: str
    name: str
    urn: str
    id: str | None = None
    diff: tuple[str, ...] = ()
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong: a check failure (with the property it names), or an error of a provider call."""

    operation: str
    type: str
    name: str
    reason: str
    property: str = ""
    value: Any = None

    def __str__(self) -> str:
        """The failure in the engine's words."""
        if self.operation != "check":
            return f"{self.type} resource '{self.name}': {self.operation} failed: {self.reason}"
        if self.property:
            return (
                f"{self.type} resource '{self.name}': "
                f"property {self.property} value {{{self.value}}} has a problem: {self.reason}"
            )
        return f"{self.type} resource '{self.name}' has a problem: {self.reason}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that the program or a provider said: of a resource, or (without a URN) of the stack.

    `severity` is "info", "warning" or "error".
    """

    message: str
    severity: str = "info"
    urn: str = ""

    def __str__(self) -> str:
        """The message."""
        return self.message


@dataclass(slots=True)
class StackResult:
    """What one run did, or would do: its changes in order, the stack's exports, and what was said.

    `drift` is what a refresh found that differs from state: changed outside the program, or (a "delete") gone.
    """

    changes: list[Change] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, int]:
        """The number of changes by operation. The stack itself is not counted."""
        return dict(Counter(change.operation for change in self.changes))

    @property
    def text(self) -> str:
        """All that was said, a line or more each."""
        return "\n".join(map(str, self.diagnostics))

    def change(self, name: str) -> Change:
        """The one change of the resource of this name; `LookupError` where there is none, or more than one."""
        found = [change for change in self.changes if change.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} changes of a resource named {name!r} among {self.changes}")
        return found[0]


class StackError(Exception):
    """A run that failed. `result` holds what was done before; `__cause__` the provider's own exception, if one."""

    def __init__(self, result: StackResult) -> None:
        self.result = result
        super().__init__("\n".join(str(failure) for failure in result.failures))

    @property
    def failures(self) -> list[Failure]:
        """Every failure of the run."""
        return self.result.failures

    @property
    def by_property(self) -> dict[str, str]:
        """The reasons of the check failures, by property."""
        return dict(by_property(failure) for failure in self.failures if failure.operation == "check")


def by_property(failure: CheckFailure | Failure) -> tuple[str, str]:
    """The property and the reason; a property whose value the engine could not print is named in the reason."""
    named = None if failure.property else _NAMED.fullmatch(failure.reason)
    return (named[1], named[2]) if named else (failure.property, failure.reason)


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
