"""The Pulumi engine, as seen from the SDK's provider process."""

from __future__ import annotations

import select
import sys
import threading

from ..client.errors import EmailSecurityError


class EngineGoneError(EmailSecurityError):
    """The engine has died, so nobody would record what is sent now; the next run goes on."""


def in_provider_process() -> bool:
    """Whether this is `python -m pulumi.dynamic`, which the engine starts."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == "pulumi.dynamic.__main__"


def refuse_without_engine() -> None:
    """Raise EngineGoneError where the engine is gone.

    Nothing ends the provider process when the engine is killed. One that went on creating entries would do so while
    the next run looks for what exists. The engine reads this process's stderr; when it dies the pipe breaks.
    """
    if not in_provider_process() or not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(2, select.POLLOUT)
    if any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0)):
        raise EngineGoneError("the Pulumi engine is gone: nothing more is sent")


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
