"""The plugin's process, spoken to as the engine speaks to it, and an engine that keeps what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from support.grpc_process import GrpcProcess, ProviderError, Read, from_struct, to_struct

PACKAGE = "cloudflare-email-security"
_KINDS = {number: name for name, number in provider_pb2.PropertyDiff.Kind.items()}
_SEVERITIES = {number: name for name, number in engine_pb2.LogSeverity.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A diagnostic: its severity, the resource's name, and the text."""

    severity: str
    resource: str
    message: str


@dataclass
class Engine(engine_pb2_grpc.EngineServicer):
    """An engine as far as a provider knows it."""

    address: str = ""
    said: list[Said] = field(default_factory=list)
    server: Any = None

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Keep a diagnostic."""
        self.said.append(Said(_SEVERITIES[request.severity], request.urn.rpartition("::")[2], request.message))
        return Empty()

    def stop(self) -> None:
        """Be gone, as after a crash."""
        self.server.stop(grace=None).wait()

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(said.message for said in self.said)


@contextmanager
def listening() -> Iterator[Engine]:
    """An engine that listens while the block runs."""
    engine = Engine(server=grpc.server(ThreadPoolExecutor(max_workers=2)))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, engine.server)
    engine.address = f"127.0.0.1:{engine.server.add_insecure_port('127.0.0.1:0')}"
    engine.server.start()
    try:
        yield engine
    finally:
        engine.stop()


@dataclass(frozen=True, slots=True)
class PluginDiff:
    """The answer to `diff`: `detailed` is the kind of change by path."""

    changes: bool
    replaces: list[str]
    detailed: dict[str, str]


class PluginProcess(GrpcProcess):
    """One process of the plugin. Properties are dicts in camelCase, secrets marked, unknowns `Unknown` objects."""

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        engine: Engine | None = None,
    ) -> None:
        plain = {name.rpartition(":")[2]: value for name, value in (config or {}).items()}
        super().__init__(
            "pulumi_cloudflare_email_security.plugin",
            provider_pb2.ConfigureRequest(args=to_struct(plain), acceptSecrets=True),
            arguments=[engine.address] if engine else [],
            env=env,
            cwd=cwd,
        )

    def check_config(self, **inputs: Any) -> dict[str, str]:
        """The reasons, by property, for which the provider's inputs are refused."""
        answer = self.call("CheckConfig", provider_pb2.CheckRequest(news=to_struct(inputs)))
        return {failure.property: failure.reason for failure in answer.failures}

    def check(
        self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The checked inputs, and the reasons of the failures by property."""
        request = provider_pb2.CheckRequest(urn=urn, olds=to_struct(olds) if olds else None, news=to_struct(news))
        answer = self.call("Check", request)
        return from_struct(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, urn: str, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> PluginDiff:
        """Old outputs against new inputs."""
        request = provider_pb2.DiffRequest(urn=urn, id=id_, olds=to_struct(olds), news=to_struct(news))
        answer = self.call("Diff", request)
        return PluginDiff(
            answer.changes == provider_pb2.DiffResponse.DIFF_SOME,
            list(answer.replaces),
            {path: _KINDS[change.kind] for path, change in answer.detailedDiff.items()},
        )

    def create(self, urn: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""
        answer = self.call("Create", provider_pb2.CreateRequest(urn=urn, properties=to_struct(props)))
        return answer.id, from_struct(answer.properties)

    def read(
        self, urn: str, id_: str, properties: Mapping[str, Any] | None = None, inputs: Mapping[str, Any] | None = None
    ) -> Read:
        """As on refresh (the old outputs and inputs), or as on import (neither)."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=id_, properties=to_struct(properties or {}), inputs=to_struct(inputs or {})
        )
        answer = self.call("Read", request)
        return Read(answer.id, from_struct(answer.properties), from_struct(answer.inputs))

    def update(self, urn: str, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs after the update."""
        request = provider_pb2.UpdateRequest(urn=urn, id=id_, olds=to_struct(olds), news=to_struct(news))
        return from_struct(self.call("Update", request).properties)

    def delete(self, urn: str, id_: str, props: Mapping[str, Any]) -> None:
        """Delete; `props` are the last outputs."""
        self.call("Delete", provider_pb2.DeleteRequest(urn=urn, id=id_, properties=to_struct(props)))

    def invoke(self, function: str, **arguments: Any) -> dict[str, Any]:
        """What a function returns. Raises ProviderError for failures, too."""
        request = provider_pb2.InvokeRequest(tok=f"{PACKAGE}:index:{function}", args=to_struct(arguments))
        answer = self.call("Invoke", request)
        if answer.failures:
            raise ProviderError("; ".join(failure.reason for failure in answer.failures))
        return from_struct(getattr(answer, "return"))

    def cancel(self) -> None:
        """The user has pressed Ctrl-C."""
        self.call("Cancel", Empty())


def urn_of(class_name: str, name: str = "it", *, parents: str = "") -> str:
    """The URN of a resource of the plugin, in the stack `demo/dev`."""
    return f"urn:pulumi:dev::demo::{parents}{PACKAGE}:index:{class_name}::{name}"
