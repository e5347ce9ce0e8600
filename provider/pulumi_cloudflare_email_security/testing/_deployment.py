"""What the engine does with the resources of a run: the one imitation of it, under every kind of test here.

The engine generates steps one resource at a time (check, diff) and carries them out concurrently, while it generates
the next ones; deletions come last, dependents first. The first failure ends a run: what is under way ends, nothing else
begins. State holds what ended well. How things happen concurrently is an argument, so that a test can draw the order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from pulumi.dynamic import DiffResult

from ._host import ProviderHost
from ._resources import Goal, Identity, Place, ResourceState, Wire, alias_urns, changed, in_deletion_order
from ._results import Ledger, Operation, StepFailedError

Work: TypeAlias = Callable[[], Any]
#: Does several things at the same time, and returns when all have ended; the first exception is raised then.
Concurrently: TypeAlias = Callable[[Sequence[Work]], object]
#: How many steps the engine carries out at once, at least.
STEPS = 16


def on_threads(work: Sequence[Work]) -> None:
    """Do everything on threads."""
    if work:
        with ThreadPoolExecutor(STEPS) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result()


class Deployment:
    """One run of a program, or of `refresh` or `destroy`, over the resources that state holds."""

    def __init__(
        self,
        host: ProviderHost,
        resources: Iterable[ResourceState],
        *,
        project: str = "project",
        stack: str = "dev",
        preview: bool = False,
        concurrently: Concurrently = on_threads,
    ) -> None:
        self.ledger = Ledger(resources)
        self._host = host
        self._place = Place(stack, project)
        self._preview = preview
        self._concurrently = concurrently
        self._known = {state.urn: state for state in self.ledger.left if not state.pending_delete}
        self._seen: set[str] = set()
        #: By the URN of a resource that was found in state by an alias, the URN there.
        self._was: dict[str, str] = {}
        self._generating = threading.Lock()

    # Runs --------------------------------------------------------------------------------------------------

    def run(self, goals: Iterable[Goal]) -> None:
        """Run a whole program of resources that do not wait for each other. Failures are in the ledger."""
        self._concurrently([partial(self._quietly, partial(self.register, goal)) for goal in goals])
        self.finish()

    def register(self, goal: Goal) -> ResourceState:
        """Bring one resource to what the program asks for; in a preview, find out what that would take.

        Raises:
            StepFailedError: it failed, which is in the ledger.

        """
        with self._generating:
            step = self._generate(goal)
        self._go_on()
        return step()

    def read(self, goal: Goal, id_: str) -> ResourceState:
        """`Resource.get`: read a resource that the stack does not own. Happens in previews too."""
        with self.ledger.reporting("read", goal.who):
            found, outputs, _ = self._host.read(goal.who, id_, goal.inputs)
            if not found:
                raise LookupError(f"resource '{id_}' does not exist")
        state = goal.state(found, goal.inputs, outputs)
        self.ledger.record("read", state, new=outputs)
        return state

    def finish(self) -> None:
        """The program has ended: if all went well, delete what it has no more and what was replaced."""
        if not self.ledger.result.failures:
            self._delete_all(self.ledger.left)

    def refresh(self) -> None:
        """Record what every resource is now; what could be read is recorded even when something could not."""
        self._concurrently([partial(self._quietly, partial(self._refresh, resource)) for resource in self.ledger.left])

    def destroy(self) -> None:
        """Delete everything."""
        self._delete_all(self.ledger.left)

    @staticmethod
    def _quietly(work: Work) -> None:
        try:
            work()
        except StepFailedError:
            return

    def _go_on(self) -> None:
        # After a failure the engine stops; a preview changes nothing and goes on, to find every failure at once.
        if self.ledger.result.failures and not self._preview:
            raise StepFailedError

    # One resource of the program ---------------------------------------------------------------------------

    def _generate(self, goal: Goal) -> Callable[[], ResourceState]:
        """What is to be done for a resource."""
        self._go_on()
        with self.ledger.reporting("register", goal.who):
            if goal.who.urn in self._seen:
                raise ValueError(f"Duplicate resource URN '{goal.who.urn}'; try giving it a unique name")
            old = self._find(goal)
            self._seen.add(goal.who.urn)
        news = goal.inputs_after(old)
        if not goal.custom:
            operation: Operation = "create" if old is None else "update" if changed(old.inputs, news) else "same"
            return partial(self.ledger.finish, operation, old, goal.state("", news, news))
        inputs = self._check(goal, old.inputs if old else {}, news)
        if old is None:
            return partial(self._create, goal, inputs)
        diff = self._diff(goal.who, old, inputs)
        if diff.replaces:
            # Normalised against the old inputs above; a new resource starts from none.
            return self._replacement(goal, old, diff, self._check(goal, {}, goal.inputs))
        if diff.changes:
            return partial(self._update, goal, old, inputs)
        return partial(self.ledger.finish, "same", old, goal.state(old.id, inputs, old.outputs))

    def _find(self, goal: Goal) -> ResourceState | None:
        """The resource in state, under its URN or under one that it had before."""
        aliases = alias_urns(self._place, goal.who.urn, goal.parent, goal.aliases, self._was)
        for urn in (goal.who.urn, *aliases):
            if urn in self._known:
                if urn in self._was.values() or urn in self._seen:
                    raise ValueError(f"Duplicate resource alias '{urn}' applied to resource with URN '{goal.who.urn}'")
                if urn != goal.who.urn:
                    self._was[goal.who.urn] = urn
                return self._known[urn]
        return None

    def _check(self, goal: Goal, olds: Wire, news: Wire) -> Wire:
        with self.ledger.reporting("check", goal.who):
            inputs, failures = self._host.check(goal.who, olds, news)
        if failures:
            self.ledger.refuse(goal, news, failures)
            raise StepFailedError
        return inputs

    def _diff(self, who: Identity, old: ResourceState, inputs: Wire) -> DiffResult:
        with self.ledger.reporting("diff", who):
            diff = self._host.diff(who, old.id, old.outputs, inputs)
        if diff.changes is None:
            # The provider does not say: the engine compares the inputs.
            diff.changes = old.inputs != inputs
        if not diff.changes:
            diff.replaces = []
        return diff

    def _make(self, goal: Goal, inputs: Wire) -> ResourceState:
        if self._preview:
            return goal.state("", inputs, inputs)
        with self.ledger.reporting("create", goal.who):
            id_, outputs = self._host.create(goal.who, inputs)
        return goal.state(id_, inputs, outputs)

    def _create(self, goal: Goal, inputs: Wire) -> ResourceState:
        return self.ledger.finish("create", None, self._make(goal, inputs))

    def _update(self, goal: Goal, old: ResourceState, inputs: Wire) -> ResourceState:
        outputs = inputs
        if not self._preview:
            with self.ledger.reporting("update", goal.who):
                outputs = self._host.update(goal.who, old.id, old.outputs, inputs)
        return self.ledger.finish("update", old, goal.state(old.id, inputs, outputs))

    def _replacement(
        self, goal: Goal, old: ResourceState, diff: DiffResult, inputs: Wire
    ) -> Callable[[], ResourceState]:
        first = diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        with self.ledger.reporting("replace", goal.who):
            if old.protect and goal.protect:
                raise PermissionError(f"unable to replace resource {goal.who.urn!r}: it is protected")
            if first and any(old.urn in other.dependencies for other in self.ledger.resources):
                raise NotImplementedError("the in-process runner does not delete before a replacement what others need")
        return partial(self._replace, goal, old, inputs, first=bool(first))

    def _replace(self, goal: Goal, old: ResourceState, inputs: Wire, *, first: bool) -> ResourceState:
        if first:
            self._delete(old)
        new = self._make(goal, inputs)
        old.pending_delete = True
        return self.ledger.finish("replace", old, new, kept=True)

    # Resources of state ------------------------------------------------------------------------------------

    def _refresh(self, old: ResourceState) -> None:
        if not old.custom:
            self.ledger.record("same", old, old.outputs, old.outputs)
            return
        with self.ledger.reporting("read", old.who):
            id_, outputs, inputs = self._host.read(old.who, old.id, old.outputs)
        new = replace(old, id=id_, outputs=outputs, inputs=old.inputs if inputs is None else inputs)
        operation: Operation = "delete"
        if id_:
            # The engine asks what the next `up` of an unchanged program would do.
            operation = "update" if self._diff(old.who, new, old.inputs).changes else "same"
        self.ledger.exchange(old, new if id_ else None)
        if not old.pending_delete:
            self.ledger.record(operation, old, old.outputs, new.outputs if id_ else None)

    def _delete_all(self, resources: Sequence[ResourceState]) -> None:
        for layer in in_deletion_order(resources):
            self._concurrently([partial(self._quietly, partial(self._end, state)) for state in layer])
            if self.ledger.result.failures:
                return

    def _end(self, old: ResourceState) -> None:
        self._go_on()
        self._delete(old)
        if not old.pending_delete:
            self.ledger.record("delete", old, old=old.inputs)

    def _delete(self, old: ResourceState) -> None:
        with self.ledger.reporting("delete", old.who):
            if old.protect:
                raise PermissionError(f"resource {old.urn!r} cannot be deleted: it is protected")
            if old.custom and not old.retain_on_delete and not self._preview:
                self._host.delete(old.who, old.id, old.outputs)
        self.ledger.exchange(old, None)
