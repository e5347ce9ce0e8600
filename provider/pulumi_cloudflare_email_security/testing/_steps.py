"""One resource's way through the engine: check, diff, and then create, update, replace, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

from pulumi.dynamic import DiffResult

from ._host import Identity, ProviderHost
from ._results import Change, Failure, Operation, StackError, StackResult
from ._state import ResourceState, StackState
from ._wire import Wire, changed, from_wire, shown


@dataclass(frozen=True, slots=True)
class Goal:
    """What the program asks for."""

    urn: str
    who: Identity
    custom: bool
    inputs: Wire
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: Sequence[str] = ()
    delete_before_replace: bool | None = None

    def state(self, id_: str, inputs: Wire, outputs: Wire) -> ResourceState:
        """The state of the resource once it is as asked for."""
        who, custom = self.who, self.custom
        protect, retain = self.protect, self.retain_on_delete
        return ResourceState(self.urn, who.type, who.name, id_, custom, inputs, outputs, protect, retain)


class StepFailedError(Exception):
    """Ends the program after a failure that is already recorded."""


@dataclass(slots=True)
class Steps:
    """The steps of one run. `before` is the state found, `done` what this run has left of it or made."""

    host: ProviderHost
    before: StackState
    preview: bool
    result: StackResult = field(default_factory=StackResult)
    done: list[ResourceState] = field(default_factory=list)
    cause: Exception | None = None
    _claimed: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def register(self, goal: Goal) -> ResourceState:
        """Bring one resource to what the program asks for; in a preview, find out what that would take."""
        self._claim(goal)
        old = self.before.find(goal.urn)
        news = _keep_ignored(goal, old)
        if not goal.custom:
            return self._component(goal, old, news)
        inputs = self._check(goal, old.inputs if old else {}, news)
        if old is None:
            return self._finish("create", None, self._create(goal, inputs))
        diff = self._diff(goal.who, old, inputs)
        if diff.replaces:
            # Normalised against the old inputs above; a new resource starts from none.
            return self._replace(goal, old, diff, self._check(goal, {}, news))
        if diff.changes:
            return self._finish("update", old, self._update(goal, old, inputs))
        return self._finish("same", old, goal.state(old.id, inputs, old.outputs))

    def read(self, goal: Goal, id_: str) -> ResourceState:
        """`Resource.get`: read a resource that the stack does not own. Happens in previews too."""
        with self._reporting("read", goal.who):
            found, outputs, _ = self.host.read(goal.who, id_, goal.inputs)
            if not found:
                raise LookupError(f"resource '{id_}' does not exist")
        state = goal.state(found, goal.inputs, outputs)
        self._record("read", state, new=outputs)
        return state

    def refresh(self, old: ResourceState) -> ResourceState | None:
        """What the resource is now; `None` when it is gone."""
        if old.pending_delete:
            return old
        if not old.custom:
            self._record("same", old, old.outputs, old.outputs)
            return old
        who = Identity(old.type, old.name)
        with self._reporting("read", who):
            id_, outputs, inputs = self.host.read(who, old.id, old.outputs)
        new = replace(old, id=id_, outputs=outputs, inputs=old.inputs if inputs is None else inputs)
        operation: Operation = "delete"
        if id_:
            # The engine asks what the next `up` of an unchanged program would do.
            operation = "update" if self._diff(who, new, old.inputs).changes else "same"
        self._record(operation, old, old.outputs, new.outputs if id_ else None)
        return new if id_ else None

    def delete(self, old: ResourceState, *, counted: bool = True) -> None:
        """Delete a resource that the program no longer has, or (not counted) that has been replaced."""
        who = Identity(old.type, old.name)
        with self._reporting("delete", who):
            if old.protect:
                raise PermissionError(f"resource {old.urn!r} cannot be deleted: it is protected")
            if old.custom and not old.retain_on_delete and not self.preview:
                self.host.delete(who, old.id, old.outputs)
        if counted:
            self._record("delete", old, old=old.inputs)

    def leftovers(self) -> list[ResourceState]:
        """What the program no longer has and what was replaced, the newest first."""
        kept = {state.urn for state in self.done}
        return [r for r in reversed(self.before.resources) if r.pending_delete or r.urn not in kept]

    def fail(self, operation: str, who: Identity, error: Exception) -> None:
        """Record an error, the first one as the cause."""
        with self._lock:
            self.cause = self.cause or error
            self.result.failures.append(Failure(operation, who.type, who.name, str(error) or repr(error)))

    def raise_failures(self) -> None:
        """Raise `StackError` if anything failed."""
        if self.result.failures:
            raise StackError(self.result) from self.cause

    def _claim(self, goal: Goal) -> None:
        with self._lock:
            # After a failure an engine stops; a preview changes nothing and goes on, to find every failure at once.
            if self.result.failures and not self.preview:
                raise StepFailedError
            taken = goal.urn in self._claimed
            self._claimed.add(goal.urn)
        if taken:
            with self._reporting("register", goal.who):
                raise ValueError(f"Duplicate resource URN '{goal.urn}'; try giving it a unique name")

    def _component(self, goal: Goal, old: ResourceState | None, news: Wire) -> ResourceState:
        operation: Operation = "create" if old is None else "update" if changed(old.inputs, news) else "same"
        return self._finish(operation, old, goal.state("", news, news))

    def _check(self, goal: Goal, olds: Wire, news: Wire) -> Wire:
        with self._reporting("check", goal.who):
            inputs, failures = self.host.check(goal.who, olds, news)
        if failures:
            values = from_wire(news, keep_unknowns=True)
            found = [
                Failure("check", goal.who.type, goal.who.name, f.reason, f.property, values.get(f.property))
                for f in failures
            ]
            with self._lock:
                self.result.failures.extend(found)
            raise StepFailedError
        return inputs

    def _diff(self, who: Identity, old: ResourceState, inputs: Wire) -> DiffResult:
        with self._reporting("diff", who):
            diff = self.host.diff(who, old.id, old.outputs, inputs)
        if diff.changes is None:
            # The provider does not say: the engine compares the inputs.
            diff.changes = old.inputs != inputs
        if not diff.changes:
            diff.replaces = []
        return diff

    def _create(self, goal: Goal, inputs: Wire) -> ResourceState:
        if self.preview:
            return goal.state("", inputs, inputs)
        with self._reporting("create", goal.who):
            id_, outputs = self.host.create(goal.who, inputs)
        return goal.state(id_, inputs, outputs)

    def _update(self, goal: Goal, old: ResourceState, inputs: Wire) -> ResourceState:
        if self.preview:
            return goal.state(old.id, inputs, inputs)
        with self._reporting("update", goal.who):
            outputs = self.host.update(goal.who, old.id, old.outputs, inputs)
        return goal.state(old.id, inputs, outputs)

    def _replace(self, goal: Goal, old: ResourceState, diff: DiffResult, inputs: Wire) -> ResourceState:
        if old.protect and goal.protect:
            with self._reporting("replace", goal.who):
                raise PermissionError(f"unable to replace resource {goal.urn!r}: it is protected")
        wanted = diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        if wanted:
            self.delete(old, counted=False)
            with self._lock:
                self.before.resources = [r for r in self.before.resources if r is not old]
            return self._finish("replace", old, self._create(goal, inputs))
        new = self._create(goal, inputs)
        old.pending_delete = True
        return self._finish("replace", old, new)

    def _finish(self, operation: Operation, old: ResourceState | None, new: ResourceState) -> ResourceState:
        with self._lock:
            self.done.append(new)
        self._record(operation, new, old.inputs if old else None, new.inputs)
        return new

    def _record(
        self, operation: Operation, state: ResourceState, old: Wire | None = None, new: Wire | None = None
    ) -> None:
        diff = () if old is None or new is None else changed(old, new)
        before, after = (None if wire is None else shown(wire) for wire in (old, new))
        change = Change(operation, state.type, state.name, state.urn, state.id or None, diff, before, after)
        with self._lock:
            self.result.changes.append(change)

    @contextmanager
    def _reporting(self, operation: str, who: Identity) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.fail(operation, who, error)
            raise StepFailedError from error


def _keep_ignored(goal: Goal, old: ResourceState | None) -> Wire:
    if old is None:
        return goal.inputs
    ignored = {name: old.inputs[name] for name in goal.ignore_changes if name in old.inputs}
    left_out = {name for name in goal.ignore_changes if name not in old.inputs}
    return {name: value for name, value in {**goal.inputs, **ignored}.items() if name not in left_out}
