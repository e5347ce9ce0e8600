"""Runs one Pulumi program against a monitor that is an object in this process."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import runpy
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.mocks import MockEngine, MockMonitor, Mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2

from ._host import Identity
from ._steps import Goal, StepFailedError, Steps
from ._wire import Wire, mark_secrets, split_secrets

T = TypeVar("T")
Program: TypeAlias = Callable[[], object] | str | Path

# As many provider calls at once as the SDK's provider process has threads.
THREADS = 4
_STACK_TYPE = "pulumi:pulumi:Stack"
_UNSUPPORTED = {
    "aliases": "aliases",
    "importId": "import_ (the engine refuses it for dynamic providers too)",
    "replaceOnChanges": "replace_on_changes",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "transforms": "transforms",
}


def isolated(work: Callable[[], T]) -> T:
    """Run `work` in a thread and context of its own: Pulumi's settings and the event loop are left as they were."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(Context().run, work).result()


def run_program(program: Program, monitor: Monitor, config: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Run the program to its end, all its resources registered. Raises what the program raised."""
    engine = _Engine(monitor.steps.result.diagnostics)
    configure(Settings(monitor=monitor, engine=engine, **settings))
    set_all_config(dict(config))
    with _entry(program) as entry, _pickler_restored(), asyncio.Runner() as runner:
        runner.run(_run(entry))


async def _run(entry: Callable[[], Awaitable[None] | None]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    # A failed resource leaves outputs behind that nobody awaits; what matters is raised below.
    loop.set_exception_handler(lambda *_: None)
    try:
        await run_in_stack(entry)
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


@contextlib.contextmanager
def _pickler_restored() -> Iterator[None]:
    """Undo what the SDK leaves behind: each dynamic resource wraps the pickler once more, until it is too deep."""
    pickler: Any = pickle._Pickler  # noqa: SLF001 (what the SDK patches)
    methods = {name: getattr(pickler, name) for name in ("_batch_setitems", "save_dict")}
    try:
        yield
    finally:
        for name, method in methods.items():
            setattr(pickler, name, method)


class Monitor(MockMonitor):
    """The SDK's mock of the engine, with real steps behind it."""

    def __init__(self, steps: Steps, mocks: Mocks, project: str, stack: str) -> None:
        super().__init__(mocks)
        self.steps = steps
        self.outputs: Wire = {}
        self._urn_prefix = f"urn:pulumi:{stack}::{project}::"

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: the stack is not part of the type."""
        parent_type = parent.split("::")[2] if parent else ""
        qualified = type_ if parent_type in {"", _STACK_TYPE} else f"{parent_type}${type_}"
        return f"{self._urn_prefix}{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (the name in the gRPC service)
        """Take one resource of the program through its steps."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        goal, secret = self._goal(urn, request)
        state = self.steps.register(goal)
        secret |= set(request.additionalSecretOutputs)
        self.resources[urn] = MockMonitor.ResourceRegistration(urn, state.id, state.outputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=state.id, object=mark_secrets(state.outputs, secret))

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        """`Resource.get`."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs, secret = split_secrets(request.properties)
        goal = Goal(urn, Identity(request.type, request.name), custom=True, inputs=inputs)
        state = self.steps.read(goal, request.id)
        self.resources[urn] = MockMonitor.ResourceRegistration(urn, state.id, state.outputs)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=mark_secrets(state.outputs, secret))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the exports of the stack."""
        if f"::{_STACK_TYPE}::" in request.urn:
            self.outputs, _ = split_secrets(request.outputs)
        return Empty()

    def _goal(self, urn: str, request: Any) -> tuple[Goal, set[str]]:
        who = Identity(request.type, request.name)
        inputs, secret = split_secrets(request.object)
        refused = [option for field, option in _UNSUPPORTED.items() if getattr(request, field, None)]
        refused += [f"ignore_changes={path!r}" for path in request.ignoreChanges if not path.isidentifier()]
        if refused:
            error = NotImplementedError(f"the in-process runner does not know the option {', '.join(refused)}")
            self.steps.fail("register", who, error)
            raise StepFailedError from error
        goal = Goal(
            urn,
            who,
            request.custom,
            inputs,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        )
        return goal, secret


class _Engine(MockEngine):
    """Keeps what the program logs, as the engine would show it under Diagnostics."""

    def __init__(self, diagnostics: list[str]) -> None:
        super().__init__(None)
        self._diagnostics = diagnostics

    def Log(self, request: Any) -> Any:  # noqa: N802
        if request.severity != engine_pb2.DEBUG:
            self._diagnostics.append(request.message)
        return Empty()
