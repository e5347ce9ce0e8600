"""Runs one Pulumi program against a monitor that is an object in this process."""

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
from typing import Any, TypeAlias, TypeVar

from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.settings import get_monitor

from ..dynamic.program import end
from ..dynamic.resources import pickler_restored
from ..session.session import Session
from ..session.voice import Voice
from ._deployment import STEPS, Concurrently, on_threads
from ._host import ProviderHost
from ._monitor import Monitor

T = TypeVar("T")
Program: TypeAlias = Callable[[], object] | str | Path


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
