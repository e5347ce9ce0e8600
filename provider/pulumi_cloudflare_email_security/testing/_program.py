"""One Pulumi program, run against the engine's two services: objects in this process."""

from __future__ import annotations

import asyncio
import contextlib
import runpy
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.mocks import MockEngine, MockMonitor, Mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.settings import get_monitor

from ..dynamic.program import end
from ..dynamic.resources import pickler_restored
from ..session.session import Session
from ..session.voice import Voice
from ._deployment import STEPS, Concurrently, Deployment, on_threads
from ._host import ProviderHost
from ._resources import (
    STACK_TYPE,
    Alias,
    Goal,
    Identity,
    Place,
    ResourceState,
    Wire,
    from_wire,
    mark_secrets,
    split_secrets,
    struct_to_wire,
    wire_to_struct,
)
from ._results import Diagnostic, StepFailedError

T = TypeVar("T")
Program: TypeAlias = Callable[[], object] | str | Path
_UNSUPPORTED: Final = {
    "importId": "import_ (the engine refuses it for dynamic providers too)",
    "replaceOnChanges": "replace_on_changes",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "transforms": "transforms",
    "hooks": "hooks",
}
_SEVERITIES: Final[dict[int, str]] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
_READ_STACK: Final = "pulumi:pulumi:readStackResourceOutputs"


class Engine(MockEngine):
    """Keeps what program and providers log, as the engine shows it under Diagnostics."""

    def __init__(self, hear: Callable[[Diagnostic], None]) -> None:
        super().__init__(None)
        self._hear = hear

    def Log(self, request: Any, timeout: float = 0) -> Any:  # noqa: N802 (the name in the gRPC service)
        """Keep a message, unless it is meant for debugging."""
        del timeout
        if request.severity in _SEVERITIES:
            self._hear(Diagnostic(request.message, _SEVERITIES[request.severity], request.urn))
        return Empty()


class Monitor(MockMonitor):
    """The SDK's mock of the resource monitor, with a deployment behind it."""

    def __init__(self, deployment: Deployment, mocks: Mocks, project: str, stack: str, exports: Wire) -> None:
        super().__init__(mocks)
        self.deployment = deployment
        self.exports: Wire = {}
        self._old_exports = exports
        self._project = project
        self._stack = stack

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it."""
        return Place(self._stack, self._project).urn(parent, type_, name)

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """A function call: the engine's own about a stack's state, or one of the mocks."""
        if request.tok != _READ_STACK:
            return super().Invoke(request)  # type: ignore[no-untyped-call]
        name = from_wire(struct_to_wire(request.args))["stackName"]
        if str(name).rsplit("/", 1)[-1] != self._stack:
            raise LookupError(f"unknown stack {name!r}")
        # As the engine: the state at this moment, with what the run has done so far.
        states = [state for state in self.deployment.ledger.resources if not state.pending_delete]
        found: Wire = {state.urn: {"type": state.type, "outputs": state.outputs} for state in states}
        if found:
            stack_urn = self.make_urn("", STACK_TYPE, f"{self._project}-{self._stack}")
            found[stack_urn] = {"type": STACK_TYPE, "outputs": self._old_exports}
        answer = wire_to_struct({"name": name, "outputs": found})
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Take one resource of the program through its steps."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        goal, secret = self._goal(urn, request)
        state = self.deployment.register(goal)
        secret |= set(request.additionalSecretOutputs)
        self._remember(state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=state.id, object=mark_secrets(state.outputs, secret))

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """`Resource.get`."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs, secret = split_secrets(request.properties)
        goal = Goal(Identity(request.type, request.name, urn), custom=True, inputs=inputs)
        state = self.deployment.read(goal, request.id)
        self._remember(state)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=mark_secrets(state.outputs, secret))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the exports of the stack."""
        if f"::{STACK_TYPE}::" in request.urn:
            self.exports, _ = split_secrets(request.outputs)
        return Empty()

    def _remember(self, state: ResourceState) -> None:
        self.resources[state.urn] = MockMonitor.ResourceRegistration(state.urn, state.id, state.outputs)

    def _goal(self, urn: str, request: Any) -> tuple[Goal, set[str]]:
        who = Identity(request.type, request.name, urn)
        inputs, secret = split_secrets(request.object)
        refused = [option for field, option in _UNSUPPORTED.items() if _is_set(request, field)]
        refused += [f"ignore_changes={path!r}" for path in request.ignoreChanges if not path.isidentifier()]
        if refused:
            error = NotImplementedError(f"the in-process runner does not know the option {', '.join(refused)}")
            self.deployment.ledger.fail("register", who, error)
            raise StepFailedError from error
        goal = Goal(
            who,
            request.custom,
            inputs,
            parent="" if f"::{STACK_TYPE}::" in request.parent else request.parent,
            dependencies=tuple(request.dependencies),
            aliases=(*(Alias(urn=old) for old in request.aliasURNs), *map(_alias, request.aliases)),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        )
        return goal, secret


def _is_set(request: Any, field: str) -> bool:
    """Whether the program gives an option, as far as the SDK's version knows it."""
    value = getattr(request, field, None)
    return value.ByteSize() > 0 if isinstance(value, Message) else bool(value)


def _alias(alias: Any) -> Alias:
    if alias.urn:
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        parent=spec.parentUrn,
        no_parent=spec.noParent or f"::{STACK_TYPE}::" in spec.parentUrn,
        project=spec.project,
        stack=spec.stack,
    )


def isolated(work: Callable[[], T]) -> T:
    """Run `work` in a thread and context of its own: Pulumi's settings and the event loop are left as they were."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(Context().run, work).result()


@dataclass(slots=True)
class Surroundings:
    """What runs take place in. Tests that draw the order of things give others.

    Attributes:
        session: makes the session of a run, whose voice is given.
        host: makes the provider process of a run.
        concurrently: how the engine does several things at once.
        loop: makes the program's event loop.
        executor: makes the threads on which the program waits for the engine.

    """

    session: Callable[[Voice], Session] = lambda voice: Session(voice=voice)
    host: Callable[..., ProviderHost] = ProviderHost
    concurrently: Concurrently = on_threads
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None
    executor: Callable[[], ThreadPoolExecutor] = lambda: ThreadPoolExecutor(STEPS)

    def run(self, program: Program, monitor: Monitor, config: Mapping[str, str], settings: Mapping[str, Any]) -> None:
        """Run the program to its end, all its resources registered. Raises what the program raised."""
        configure(Settings(monitor=monitor, **settings))
        set_all_config(dict(config))
        with _entry(program) as entry, pickler_restored(), asyncio.Runner(loop_factory=self.loop) as runner:
            runner.run(self._run(entry))

    async def _run(self, entry: Callable[[], Awaitable[None] | None]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(self.executor())
        # A failed resource leaves outputs behind that nobody awaits; what matters is raised below.
        loop.set_exception_handler(lambda *_: None)
        try:
            await run_in_stack(entry)
            end(get_monitor())
        finally:
            pending = asyncio.all_tasks() - {asyncio.current_task()}
            if pending:
                await asyncio.wait(pending, timeout=60)


def program_folder(program: str | Path) -> Path:
    """The folder of a program: the engine runs the program and its providers there."""
    path = Path(program).resolve()
    return path if path.is_dir() else path.parent


@contextlib.contextmanager
def _entry(program: Program) -> Iterator[Callable[[], Any]]:
    if callable(program):
        yield program
        return
    with _own_modules(program_folder(program)):
        yield lambda: _run_path(Path(program).resolve())


def _run_path(path: Path) -> None:
    runpy.run_path(str(path), run_name="__main__")


@contextlib.contextmanager
def _own_modules(folder: Path) -> Iterator[None]:
    """Let the program import its own modules, and forget them afterwards: the next program has others."""
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
                del sys.modules[name]
