"""The SDK's real provider process, spoken to as the engine speaks to it."""

from __future__ import annotations

import asyncio
import copy
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from support.environment import scrubbed

PROVIDER_KEY = "__provider"
_DEADLINE = 60.0


def serialized(provider: ResourceProvider) -> str:
    """The provider as it stands in inputs and state."""
    text: str = serialize_provider(provider)
    return text


class ProviderError(Exception):
    """A call failed; the text is what the engine would print: for a dynamic provider a whole traceback."""


@dataclass(frozen=True, slots=True)
class Diff:
    """The answer to `diff`; `changes` is `None` when the provider does not say."""

    changes: bool | None
    replaces: list[str]
    delete_before_replace: bool


@dataclass(frozen=True, slots=True)
class Read:
    """The answer to `read`: an empty id means gone, `inputs` is `None` where the provider gave none."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any] | None


class ProviderProcess:
    """One provider process for one provider. Properties are dicts; unknowns are `pulumi.output.Unknown` objects."""

    def __init__(
        self,
        provider: ResourceProvider | str,
        *,
        config: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._serialized = provider if isinstance(provider, str) else serialized(provider)
        self._config = dict(config or {})
        self._env = scrubbed(env)
        self._cwd = cwd
        self._printed: list[str] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-u", "-m", "pulumi.dynamic"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603
            command, stdout=pipe, stderr=pipe, text=True, env=self._env, cwd=self._cwd
        )
        port = self._process.stdout.readline().strip() if self._process.stdout else ""
        self._readers = [
            threading.Thread(target=self._collect, args=(stream,), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        if not port:
            self.kill()
            raise RuntimeError(f"the provider process did not start:\n{self.stderr}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call("Configure", provider_pb2.ConfigureRequest(args=to_struct(self._config)))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self.kill()

    def of(self, provider: ResourceProvider) -> ProviderProcess:
        """The calls of another provider in the same process, as one deployment makes them."""
        other = copy.copy(self)
        other._serialized = serialized(provider)
        return other

    @property
    def stderr(self) -> str:
        """Everything the process printed so far, to stdout too: the engine shows both. Whole once it has ended."""
        return "".join(self._printed)

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self._process.kill()
        self._process.wait()
        for reader, stream in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join()
            if stream:
                stream.close()

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The checked inputs, and the reasons of the failures by property."""
        # The engine sends empty olds for a resource that is not there yet.
        request = provider_pb2.CheckRequest(olds=self._struct(olds) if olds else None, news=self._struct(news))
        answer = self._call("Check", request)
        return from_struct(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """Old outputs against new inputs."""
        request = provider_pb2.DiffRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        answer = self._call("Diff", request)
        known = {provider_pb2.DiffResponse.DIFF_SOME: True, provider_pb2.DiffResponse.DIFF_NONE: False}
        return Diff(known.get(answer.changes), list(answer.replaces), answer.deleteBeforeReplace)

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""
        answer = self._call("Create", provider_pb2.CreateRequest(properties=self._struct(props)))
        return answer.id, from_struct(answer.properties)

    def read(
        self, id_: str, properties: Mapping[str, Any] | None = None, inputs: Mapping[str, Any] | None = None
    ) -> Read:
        """As on refresh (`properties`: the old outputs), or as for `Resource.get` (both alike)."""
        request = provider_pb2.ReadRequest(
            id=id_,
            properties=None if properties is None else self._struct(properties),
            inputs=None if inputs is None else self._struct(inputs),
        )
        answer = self._call("Read", request)
        given = from_struct(answer.inputs) if answer.HasField("inputs") else None
        return Read(answer.id, from_struct(answer.properties), given)

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs after the update."""
        request = provider_pb2.UpdateRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        return from_struct(self._call("Update", request).properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete; `props` are the last outputs."""
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=self._struct(props)))

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=_DEADLINE)
        except grpc.RpcError as error:
            raise ProviderError(error.details()) from None

    def _struct(self, properties: Mapping[str, Any]) -> Struct:
        return to_struct({**properties, PROVIDER_KEY: self._serialized})

    def _collect(self, stream: Any) -> None:
        for line in stream:
            self._printed.append(line)


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
