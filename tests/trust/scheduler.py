"""Threads of which one goes on at a time, drawn from a seed: the same seed gives the same interleaving.

A thread may be exchanged for another one where it asks (`switch`: before and after every request) and where it waits
for a lock. So the package's locks are exchanged for such as wait cooperatively (`cooperative_locks`); where the package
has a pool of its own, what its threads wait for really costs a moment of patience.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

#: Seconds that a thread may take for a step of its own before another one goes on: so long that a busy machine changes
#: nothing; short where threads wait for such as the scheduler does not know. And before all count as stuck.
PATIENCE, IMPATIENCE, _STUCK = 2.0, 0.25, 120.0
_current = threading.local()


class Deadlock(BaseException):
    """All threads wait for each other."""


class Task:
    """One piece of work on a thread of its own."""

    def __init__(self, work: Callable[[], Any], changed: threading.Condition, patience: float) -> None:
        self.future: Future[Any] = Future()
        self.goes_on_when: Callable[[], bool] = lambda: True
        self.running = False
        self._changed = changed
        self._patience = patience
        self._work = work
        threading.Thread(target=self._live, daemon=True).start()

    def go_on(self) -> None:
        """Let it run until it parks or ends, or for a moment where it waits for something else."""
        with self._changed:
            self.running = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self.running, self._patience)

    def park(self, until: Callable[[], bool]) -> None:
        """Called by the thread itself: let others go on."""
        with self._changed:
            self.goes_on_when = until
            self.running = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.running)

    def _live(self) -> None:
        _current.task = self
        with self._changed:
            self._changed.wait_for(lambda: self.running)
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            self.future.set_exception(error)
        else:
            self.future.set_result(result)
        with self._changed:
            self.running = False
            self._changed.notify_all()


class Scheduler:
    """Draws which thread goes on; without a seed everything happens one after the other."""

    def __init__(self, seed: int | None, patience: float = PATIENCE) -> None:
        self._random = None if seed is None else Random(seed)  # noqa: S311 - repeatable is what it must be
        self._patience = patience
        self._tasks: list[Task] = []
        self._changed = threading.Condition()

    def spawn(self, work: Callable[[], Any]) -> Future[Any]:
        """Begin something, which goes on when its turn is drawn."""
        task = Task(work, self._changed, self._patience)
        self._tasks.append(task)
        return task.future

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        self._tasks = [task for task in self._tasks if not task.future.done()]
        return bool(self._tasks)

    def step(self) -> None:
        """Let one thread go on."""
        if not self.busy:
            return
        stuck = time.monotonic() + _STUCK
        while not (ready := [task for task in self._tasks if not task.running and task.goes_on_when()]):
            # What they wait for may be done by threads of the package's own.
            with self._changed:
                self._changed.wait(0.001)
            if not self.busy:
                return
            if time.monotonic() > stuck:
                raise Deadlock(_where_all_are())
        (self._random.choice(ready) if self._random else ready[0]).go_on()

    def concurrently(self, work: Sequence[Callable[[], Any]]) -> None:
        """Do several things, and return when all have ended."""
        futures = [self.spawn(each) for each in work]
        while not all(future.done() for future in futures):
            self.step()
        for future in futures:
            future.result()

    def switch(self, *, likely: float = 1.0) -> None:
        """Called by a thread: perhaps another one goes on first."""
        task = getattr(_current, "task", None)
        if task is not None and self._random is not None and (likely == 1.0 or self._random.random() < likely):
            task.park(lambda: True)

    # For a program's event loop ----------------------------------------------------------------------------

    def executor(self) -> ThreadPoolExecutor:
        """An executor whose work goes on when its turn is drawn."""
        return _Executor(self)

    def loop(self) -> asyncio.AbstractEventLoop:
        """An event loop that lets one thread go on whenever it has nothing else to do."""
        return _Loop(self)


class _Executor(ThreadPoolExecutor):
    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(1)
        self._scheduler = scheduler

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._scheduler.spawn(lambda: fn(*args, **kwargs))


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def _run_once(self) -> None:
        while not self._ready and self._scheduler.busy:  # type: ignore[attr-defined]
            self._scheduler.step()
        super()._run_once()  # type: ignore[misc]


class _Lock:
    """A lock that lets others go on while it is waited for; one that the same thread may take again, too."""

    def __init__(self, scheduler: Scheduler, *, again: bool) -> None:
        self._scheduler = scheduler
        self._lock = threading.Lock()
        self._again = again
        self._owner: int | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._again and self._owner == threading.get_ident():
            self._count += 1
            return True
        task: Task | None = getattr(_current, "task", None)
        if blocking:
            self._scheduler.switch(likely=0.2)
        if task is None or not blocking:
            taken = self._lock.acquire(blocking, timeout)
        else:
            while not (taken := self._lock.acquire(blocking=False)):
                task.park(lambda: not self._lock.locked())
        if taken:
            self._owner, self._count = threading.get_ident(), 1
        return taken

    def release(self) -> None:
        self._count -= 1
        if self._count == 0 or not self._again:
            self._owner = None
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def locked(self) -> bool:
        return self._lock.locked()

    # What a condition needs of its lock.
    def _is_owned(self) -> bool:
        return self._owner == threading.get_ident()

    def _release_save(self) -> int:
        count, self._count = self._count, 1
        self.release()
        return count

    def _acquire_restore(self, count: int) -> None:
        self.acquire()
        self._count = count


class _Condition(threading.Condition):
    """A condition that lets others go on while it is waited for. A time-out ends it when nobody else can go on."""

    def wait(self, timeout: float | None = None) -> bool:
        task: Task | None = getattr(_current, "task", None)
        if task is None:
            return super().wait(timeout)
        waiter = threading.Lock()
        waiter.acquire()
        self._waiters.append(waiter)  # type: ignore[attr-defined]
        saved = self._release_save()  # type: ignore[attr-defined]
        task.park(lambda: timeout is not None or not waiter.locked())
        self._acquire_restore(saved)  # type: ignore[attr-defined]
        if not waiter.locked():
            return True
        self._waiters.remove(waiter)  # type: ignore[attr-defined]
        return False


class _Semaphore:
    def __init__(self, condition: threading.Condition, value: int) -> None:
        self._changed = condition
        self._free = value

    def acquire(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            self._free -= 1
        return True

    def release(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


@contextlib.contextmanager
def cooperative_locks(scheduler: Scheduler) -> Iterator[None]:
    """Let every lock that the package makes from now on wait cooperatively."""

    def lock() -> Any:
        return _Lock(scheduler, again=False)

    def condition(lock: Any = None) -> threading.Condition:
        return _Condition(lock or cast("threading.RLock", _Lock(scheduler, again=True)))

    ours = SimpleNamespace(**vars(threading))
    ours.Lock, ours.RLock, ours.Condition = lock, lambda: _Lock(scheduler, again=True), condition
    ours.Semaphore = ours.BoundedSemaphore = lambda value=1: _Semaphore(condition(), value)
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith("pulumi_cloudflare_email_security.") and vars(module).get("threading") is threading:
                stack.enter_context(patch.object(module, "threading", ours))
        yield


def _where_all_are() -> str:
    frames = sys._current_frames()
    return "\n".join("".join(traceback.format_stack(frame, limit=12)) for frame in frames.values())
