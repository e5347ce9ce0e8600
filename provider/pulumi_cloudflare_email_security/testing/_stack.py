"""A Pulumi stack without an engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from copy import deepcopy
from pathlib import Path
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from ..dynamic import process
from ._host import ProviderHost
from ._program import THREADS, Monitor, Program, isolated, program_folder, run_program
from ._results import StackResult
from ._state import ResourceState, StackState
from ._steps import StepFailedError, Steps
from ._wire import from_wire


class InProcessStack:
    """Runs Pulumi programs in this process, calling the real dynamic providers, and keeps state between the runs.

    - `config`: stack configuration; a key without namespace belongs to the project. May be changed between runs. Unlike
      the engine, `refresh` and `destroy` see it as it is now, not as it was at the last `up`.
    - `state`: a former `stack.state`, or the path of a JSON file that keeps it between processes. It is not encrypted:
      use no real secrets.
    - `folder`: where program and providers run, so where relative paths in the configuration start. A program given as
      a path sets it to its own folder, which is where the engine runs them.
    - `mocks`: answers for the resources and functions of every other provider. Without it such a resource gets the id
      `NAME-id` and its inputs as outputs, and a function call fails.

    `up` makes no preview first (`pulumi up --skip-preview`). Resource options that are not supported fail loudly.
    """

    def __init__(
        self,
        *,
        project: str = "project",
        stack: str = "dev",
        config: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | str | Path | None = None,
        folder: str | Path | None = None,
        mocks: Mocks | None = None,
        organization: str = "organization",
    ) -> None:
        self.project = project
        self.stack = stack
        self.organization = organization
        self.folder = Path(folder) if folder else None
        self.config: dict[str, Any] = dict(config or {})
        self._mocks = mocks or _NoMocks()
        self._path = Path(state).resolve() if isinstance(state, (str, Path)) else None
        self._memory = StackState.from_json(deepcopy(dict(state))) if isinstance(state, Mapping) else StackState()

    @property
    def state(self) -> dict[str, Any]:
        """The state as plain JSON values; give it to another `InProcessStack` to go on from there."""
        return deepcopy(self._load().to_json())

    def preview(self, program: Program) -> StackResult:
        """What `up` would do: check and diff are called, nothing is changed. Raises `StackError`."""
        program = _absolute(program)
        return self._isolated(lambda: self._deploy(program, preview=True), program)

    def up(self, program: Program) -> StackResult:
        """Create, update, replace and delete until the stack is what the program says. Raises `StackError`."""
        program = _absolute(program)
        return self._isolated(lambda: self._deploy(program, preview=False), program)

    def refresh(self) -> StackResult:
        """Read every resource and record what it is now. Raises `StackError`; what could be read is recorded."""
        return self._isolated(self._refresh)

    def destroy(self) -> StackResult:
        """Delete every resource, the newest first. Raises `StackError`; what was deleted before is recorded."""
        return self._isolated(self._destroy)

    def _isolated(self, run: Callable[[], StackResult], program: Program | None = None) -> StackResult:
        # The engine starts a provider process for each run: nothing read in an earlier one is known.
        process.begin()
        if isinstance(program, (str, Path)):
            self.folder = program_folder(program)
        with chdir(self.folder or Path.cwd()):
            return isolated(run)

    def _deploy(self, program: Program, *, preview: bool) -> StackResult:
        steps = self._steps(preview=preview)
        monitor = Monitor(steps, self._mocks, self.project, self.stack)
        settings = {
            "project": self.project,
            "stack": self.stack,
            "organization": self.organization,
            "dry_run": preview,
            "root_directory": str(Path.cwd()),
        }
        try:
            run_program(program, monitor, self._full_config(), settings)
        except Exception:
            # A recorded failure reaches the program too, in many guises; the record is what counts.
            if not steps.result.failures:
                raise
        else:
            if not steps.result.failures:
                _delete_all(steps, steps.leftovers())
        finally:
            if not preview:
                done = {state.urn for state in steps.done}
                left = [r for r in steps.before.resources if r.pending_delete or r.urn not in done]
                self._save(StackState([*steps.done, *left], monitor.outputs))
        steps.raise_failures()
        steps.result.outputs = from_wire(monitor.outputs, keep_unknowns=True)
        return steps.result

    def _refresh(self) -> StackResult:
        steps = self._steps(preview=False)
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda resource: _refreshed(steps, resource), steps.before.resources))
        self._save(StackState([resource for resource in found if resource], steps.before.outputs))
        steps.raise_failures()
        return steps.result

    def _destroy(self) -> StackResult:
        steps = self._steps(preview=False)
        _delete_all(steps, steps.before.resources[::-1])
        left = steps.before.resources
        self._save(StackState(left, steps.before.outputs if left else {}))
        steps.raise_failures()
        return steps.result

    def _steps(self, *, preview: bool) -> Steps:
        host = ProviderHost(self._full_config(), self.project, self._mocks)
        return Steps(host, deepcopy(self._load()), preview)

    def _full_config(self) -> dict[str, str]:
        return {
            key if ":" in key else f"{self.project}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in self.config.items()
        }

    def _load(self) -> StackState:
        return StackState.load(self._path) if self._path else self._memory

    def _save(self, state: StackState) -> None:
        if self._path:
            state.save(self._path)
        self._memory = state


def _absolute(program: Program) -> Program:
    """A program's path must mean the same after changing into its folder."""
    return Path(program).resolve() if isinstance(program, (str, Path)) else program


class _NoMocks(Mocks):
    """What is answered for other providers when the user gave no mocks."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(f"the program calls {args.token}: give InProcessStack(mocks=...) an answer for it")


def _refreshed(steps: Steps, resource: ResourceState) -> ResourceState | None:
    try:
        return steps.refresh(resource)
    except StepFailedError:
        return resource


def _delete_all(steps: Steps, resources: list[ResourceState]) -> None:
    """Delete in this order, until one fails (which is recorded)."""
    for resource in resources:
        try:
            steps.delete(resource, counted=not resource.pending_delete)
        except StepFailedError:
            return
        steps.before.resources = [other for other in steps.before.resources if other is not resource]
