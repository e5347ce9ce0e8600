"""The SDK's real provider process, spoken to as the engine speaks to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2

from support.grpc_process import PROVIDER_KEY, GrpcProcess, Read, from_struct, to_struct


def serialized(provider: ResourceProvider) -> str:
    """The provider as it stands in inputs and state."""
    text: str = serialize_provider(provider)
    return text


@dataclass(frozen=True, slots=True)
class Diff:
    """The answer to `diff`; `changes` is `None` when the provider does not say."""

    changes: bool | None
    replaces: list[str]
    delete_before_replace: bool


class ProviderProcess(GrpcProcess):
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
        configure = provider_pb2.ConfigureRequest(args=to_struct(config or {}))
        super().__init__("pulumi.dynamic", configure, env=env, cwd=cwd)

    def of(self, provider: ResourceProvider) -> ProviderProcess:
        """The calls of another provider in the same process, as one deployment makes them."""
        other = copy.copy(self)
        other._serialized = serialized(provider)
        return other

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The checked inputs, and the reasons of the failures by property."""
        # The engine sends empty olds for a resource that is not there yet.
        request = provider_pb2.CheckRequest(olds=self._struct(olds) if olds else None, news=self._struct(news))
        answer = self.call("Check", request)
        return from_struct(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diff:
        """Old outputs against new inputs."""
        request = provider_pb2.DiffRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        answer = self.call("Diff", request)
        known = {provider_pb2.DiffResponse.DIFF_SOME: True, provider_pb2.DiffResponse.DIFF_NONE: False}
        return Diff(known.get(answer.changes), list(answer.replaces), answer.deleteBeforeReplace)

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""
        answer = self.call("Create", provider_pb2.CreateRequest(properties=self._struct(props)))
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
        answer = self.call("Read", request)
        given = from_struct(answer.inputs) if answer.HasField("inputs") else None
        return Read(answer.id, from_struct(answer.properties), given)

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs after the update."""
        request = provider_pb2.UpdateRequest(id=id_, olds=self._struct(olds), news=self._struct(news))
        return from_struct(self.call("Update", request).properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete; `props` are the last outputs."""
        self.call("Delete", provider_pb2.DeleteRequest(id=id_, properties=self._struct(props)))

    def _struct(self, properties: Mapping[str, Any]) -> Struct:
        return to_struct({**properties, PROVIDER_KEY: self._serialized})
