"""The Pulumi engine, as seen from a process that it has started."""

from __future__ import annotations

import select
from contextlib import suppress
from typing import Any, Final, Self

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from ..client.errors import EmailSecurityError
from .voice import Severity, to_stderr

_SEVERITIES: Final = {
    Severity.INFO: engine_pb2.INFO,
    Severity.WARNING: engine_pb2.WARNING,
    Severity.ERROR: engine_pb2.ERROR,
}


class EngineVoice:
    """Diagnostics as the engine's own: with a severity, and attributed to a resource.

    Args:
        engine: the engine's service, as gRPC's stub of it.

    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @classmethod
    def at(cls, address: str) -> Self:
        """Those of the engine that listens at an address."""
        return cls(engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)))

    def __call__(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        """Say it; where the engine does not listen, on stderr."""
        request = engine_pb2.LogRequest(severity=_SEVERITIES[severity], message=message, urn=urn)
        with suppress(grpc.RpcError):
            self._engine.Log(request, timeout=10)
            return
        to_stderr(message, urn, severity)


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
