"""The process that a dynamic provider lives in: its session, and how its errors are printed.

The engine starts one provider process for each deployment, so the process has one session. State refers to providers
by name only; therefore they find their session here.
"""

from __future__ import annotations

import sys
import threading
import weakref
from types import ModuleType
from typing import Any

from ..client.errors import EmailSecurityError
from ..session.engine import EngineVoice, refuse_without_engine
from ..session.session import Session
from ..session.stack import StackState


def in_provider_process() -> bool:
    """Whether this is `python -m pulumi.dynamic`, which the engine starts."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == "pulumi.dynamic.__main__"


def _new_session() -> Session:
    if not in_provider_process():
        return Session()
    # The engine's address is the process's first argument.
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    if not address:
        return Session(before_write=refuse_without_engine)
    # Where the state cannot be read, what moves is known from the program alone.
    state = StackState(lambda _: None)
    return Session(
        before_write=refuse_without_engine,
        voice=EngineVoice.at(address),
        holders=state.holders,
        deployment=address,
    )


class _Process:
    """The session of this process."""

    def __init__(self) -> None:
        self.session: Session | None = None
        #: The run of a program that the session belongs to.
        self.run: weakref.ref[object] | None = None
        self.lock = threading.Lock()


_process = _Process()


def session() -> Session:
    """The session of the deployment that this process is part of."""
    with _process.lock:
        if _process.session is None:
            _process.session = _new_session()
        return _process.session


def session_of(run: object) -> Session:
    """The session of a program's run; one process may run several, one after the other (the Automation API)."""
    with _process.lock:
        known = _process.run() if _process.run is not None else None
        if _process.session is None or (known is not None and known is not run):
            _process.session = _new_session()
        if known is not run:
            _process.run = weakref.ref(run) if run is not None else None
        return _process.session


def begin(new: Session | None = None) -> Session:
    """A new deployment begins in this process (the in-process runner, the Automation API, tests)."""
    with _process.lock:
        _process.session, _process.run = new or _new_session(), None
        return _process.session


class _Tracebacks:
    """The `traceback` module as the SDK's provider process uses it, but that errors of this package are one line.

    The process hands the engine the whole traceback of an exception. The text of these errors stands alone; the frames
    in which a request was refused help nobody. Exceptions of other providers keep theirs.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def format_exc(self, *arguments: Any, **options: Any) -> str:
        """What the engine prints of the exception that is being handled."""
        error = sys.exception()
        if isinstance(error, EmailSecurityError):
            return f"{type(error).__module__}.{type(error).__qualname__}: {error}"
        return str(self._module.format_exc(*arguments, **options))


def shorten_errors() -> None:
    """Let the SDK's provider process print errors of this package as one line; older ones (3.220) do so themselves."""
    main: Any = sys.modules.get("__main__")
    module = getattr(main, "traceback", None)
    if in_provider_process() and module is not None and not isinstance(module, _Tracebacks):
        main.traceback = _Tracebacks(module)
