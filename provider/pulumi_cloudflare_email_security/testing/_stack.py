"""A Pulumi stack without an engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import chdir
from copy import deepcopy
from pathlib import Path
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from ..dynamic import process
from ..session.voice import Severity
from ._deployment import Deployment
from ._host import ProviderHost
from ._program import Engine, Monitor, Program, Surroundings, isolated, program_folder
from ._resources import ResourceState, StackState, from_wire
from ._results import Change, Diagnostic, StackResult


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
        self._surroundings = Surroundings()
        self._path = Path(state).resolve() if isinstance(state, (str, Path)) else None
        self._memory = StackState.from_json(deepcopy(dict(state))) if isinstance(state, Mapping) else StackState()

    @property
    def state(self) -> dict[str, Any]:
        """The state as plain JSON values; give it to another `InProcessStack` to go on from there."""
        return deepcopy(self._load().to_json())

    def preview(self, program: Program, *, refresh: bool = False) -> StackResult:
        """What `up` would do: check and diff are called, nothing is changed. Raises `StackError`.

        Args:
            program: a callable, or the path of a program or of its folder.
            refresh: look first at what every resource is now; `drift` of the result says what was found.

        """
        program = _absolute(program)
        return self._isolated(lambda run: self._deploy(run, program, preview=True, refresh=refresh), program)

    def up(self, program: Program, *, refresh: bool = False) -> StackResult:
        """Create, update, replace and delete until the stack is what the program says. Raises `StackError`.

        Args:
            program: a callable, or the path of a program or of its folder.
            refresh: record first what every resource is now; `drift` of the result says what was found.

        """
        program = _absolute(program)
        return self._isolated(lambda run: self._deploy(run, program, preview=False, refresh=refresh), program)

    def refresh(self) -> StackResult:
        """Read every resource and record what it is now. Raises `StackError`; what could be read is recorded."""
        return self._isolated(self._refresh)

    def destroy(self) -> StackResult:
        """Delete every resource, dependents first. Raises `StackError`; what was deleted before is recorded."""
        return self._isolated(self._destroy)

    def _isolated(self, work: Callable[[_Run], StackResult], program: Program | None = None) -> StackResult:
        if isinstance(program, (str, Path)):
            self.folder = program_folder(program)
        run = _Run()
        # The engine starts a provider process for each run: nothing read in an earlier one is known.
        process.begin(self._surroundings.session(run.hear))
        with chdir(self.folder or Path.cwd()):
            return isolated(lambda: work(run))

    def _deploy(self, run: _Run, program: Program, *, preview: bool, refresh: bool) -> StackResult:
        state = self._load()
        host = self._host(run)
        drift = []
        if refresh:
            looked = self._deployment(host, state.resources)
            looked.refresh()
            looked.ledger.raise_failures()
            drift = _drift(looked)
            state = StackState(looked.ledger.resources, state.outputs)
            if not preview:
                self._save(deepcopy(state))
        deployment = self._deployment(host, state.resources, preview=preview)
        result = deployment.ledger.result
        result.drift, result.diagnostics = drift, run.diagnostics
        monitor = Monitor(deployment, self._mocks, self.project, self.stack, state.outputs)
        try:
            self._surroundings.run(program, monitor, self._full_config(), self._settings(run, preview=preview))
        except Exception:
            # A recorded failure reaches the program too, in many guises; the record is what counts.
            if not result.failures:
                raise
        else:
            deployment.finish()
        finally:
            if not preview:
                self._save(StackState(deployment.ledger.resources, monitor.exports))
        deployment.ledger.raise_failures()
        result.outputs = from_wire(monitor.exports, keep_unknowns=True)
        return result

    def _refresh(self, run: _Run) -> StackResult:
        state = self._load()
        deployment = self._deployment(self._host(run), state.resources)
        deployment.refresh()
        deployment.ledger.result.drift = _drift(deployment)
        return self._ended(run, deployment, state.outputs)

    def _destroy(self, run: _Run) -> StackResult:
        state = self._load()
        deployment = self._deployment(self._host(run), state.resources)
        deployment.destroy()
        return self._ended(run, deployment, state.outputs if deployment.ledger.left else {})

    def _ended(self, run: _Run, deployment: Deployment, exports: dict[str, Any]) -> StackResult:
        deployment.ledger.result.diagnostics = run.diagnostics
        self._save(StackState(deployment.ledger.resources, exports))
        deployment.ledger.raise_failures()
        return deployment.ledger.result

    def _deployment(self, host: ProviderHost, resources: list[ResourceState], *, preview: bool = False) -> Deployment:
        return Deployment(
            host,
            deepcopy(resources),
            project=self.project,
            stack=self.stack,
            preview=preview,
            concurrently=self._surroundings.concurrently,
        )

    def _host(self, run: _Run) -> ProviderHost:
        return self._surroundings.host(self._full_config(), self.project, self._mocks, run.engine)

    def _settings(self, run: _Run, *, preview: bool) -> dict[str, Any]:
        return {
            "project": self.project,
            "stack": self.stack,
            "organization": self.organization,
            "dry_run": preview,
            "root_directory": str(Path.cwd()),
            "engine": run.engine,
        }

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


class _Run:
    """What lives as long as a run."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.engine = Engine(self.diagnostics.append)

    def hear(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        """What a provider says."""
        self.diagnostics.append(Diagnostic(message, severity.value, urn))


def _drift(deployment: Deployment) -> list[Change]:
    return [change for change in deployment.ledger.result.changes if change.diff or change.operation == "delete"]
