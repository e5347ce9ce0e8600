"""The Pulumi engine, as seen from a process that it has started."""

from __future__ import annotations

import select

from ..client.errors import EmailSecurityError


class EngineGoneError(EmailSecurityError):
    """The engine has died, so nobody would record what is sent now; the next run goes on."""


def refuse_without_engine() -> None:
    """Raise EngineGoneError where the engine is gone.

    Nothing ends the provider process when the engine is killed. One that went on creating entries would do so while
    the next run looks for what exists. The engine reads this process's stderr; when it dies the pipe breaks.
    """
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(2, select.POLLOUT)
    if any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0)):
        raise EngineGoneError("the Pulumi engine is gone: nothing more is sent")
