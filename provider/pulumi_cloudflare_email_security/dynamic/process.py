"""The process that a dynamic provider lives in: its session, and how its errors are printed.

The engine starts one provider process for each deployment, so the process has one session. State refers to providers
by name only; therefore they find their session here.
"""

from __future__ import annotations

import sys
import threading
import weakref

from ..session.engine import EngineVoice, refuse_without_engine
from ..session.session import Session
from ..session.voice import to_stderr


def in_provider_process() -> bool:
    """Whether this is `python -m pulumi.dynamic`, which the engine starts."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == "pulumi.dynamic.__main__"


def _new_session() -> Session:
    if not in_provider_process():
        return Session()
    # The engine's address is the process's first argument.
    voice = EngineVoice(sys.argv[1]) if len(sys.argv) > 1 else to_stderr
    return Session(before_write=refuse_without_engine, voice=voice)


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


def print_next_error_without_frames() -> None:
    """Let the SDK's provider process print the error about to be raised as one line.

    The process formats the traceback, its own frames included, as soon as the error reaches it. Other providers
    may share the process, so the limit is lifted again at once.
    """
    if in_provider_process():
        sys.tracebacklimit = 0
        timer = threading.Timer(0.2, lambda: sys.__dict__.pop("tracebacklimit", None))
        timer.daemon = True
        timer.start()
