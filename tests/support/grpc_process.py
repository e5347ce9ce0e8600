"""A process that serves the engine's protocol of providers, spoken to as the engine speaks to it."""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from support.environment import UNMEASURED, scrubbed

PROVIDER_KEY = "__provider"
_DEADLINE = 300.0


class ProviderError(Exception):
    """A call failed; the text is what the engine would print: for a dynamic provider a whole traceback."""


@dataclass(frozen=True, slots=True)
class Read:
    """The answer to `read`: an empty id means gone, `inputs` is `None` where the provider gave none."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None


class GrpcProcess:
    """One process of a Python module that prints its port first."""

    def __init__(
        self,
        module: str,
        configure: provider_pb2.ConfigureRequest,
        *,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._command = [sys.executable, "-u", "-m", module, *arguments]
        self._configure = configure
        # It is killed in the end, and then has no coverage to tell.
        self._env = scrubbed({**UNMEASURED, **(env or {})})
        self._cwd = cwd
        self._printed: list[bytes] = []
        self._reading = threading.Lock()

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603
            self._command, stdout=pipe, stderr=pipe, bufsize=0, env=self._env, cwd=self._cwd
        )
        port = self._process.stdout.readline().decode().strip() if self._process.stdout else ""
        self._readers = [
            threading.Thread(target=self._collect, args=(stream,), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        if not port:
            self.kill()
            raise RuntimeError(f"the process did not start:\n{self.stderr}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.call("Configure", self._configure)
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self.kill()

    @property
    def stderr(self) -> str:
        """Everything the process printed so far, to stdout too: the engine shows both."""
        for stream in (self._process.stdout, self._process.stderr):
            if stream and not stream.closed:
                self._take(stream)
        return b"".join(self._printed).decode()

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._process.kill()
        self._process.wait()
        for reader, stream in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join()
            if stream:
                stream.close()

    def call(self, method: str, request: Any) -> Any:
        """Make a call. Raises ProviderError with what the engine would print."""
        try:
            return getattr(self._stub, method)(request, timeout=_DEADLINE)
        except grpc.RpcError as error:
            raise ProviderError(error.details()) from None

    def _collect(self, stream: Any) -> None:
        """Read to the end, so that the process never waits for somebody who reads."""
        while select.select([stream], [], []) and self._take(stream):
            pass

    def _take(self, stream: Any) -> bool:
        """Read what is there; false when that was all."""
        with self._reading:
            while select.select([stream], [], [], 0)[0]:
                if not (printed := stream.read(65536)):
                    return False
                self._printed.append(printed)
        return True


def to_struct(properties: Mapping[str, Any]) -> Struct:
    """Properties as protobuf."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(dict(properties), {}))
    finally:
        loop.close()


def from_struct(struct: Struct) -> dict[str, Any]:
    """Properties from protobuf, the pickled provider left out."""
    properties = rpc.deserialize_properties(struct, keep_unknowns=True)
    return {name: value for name, value in properties.items() if name != PROVIDER_KEY}
