"""Calls dynamic providers as the SDK's provider process (`python -m pulumi.dynamic`) does."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any, TypeVar

import dill  # type: ignore[import-untyped]
from pulumi.dynamic import (
    CheckFailure,
    Config,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime import Settings, configure
from pulumi.runtime._serialization import _deserialize
from pulumi.runtime.mocks import MockResourceArgs, Mocks

from ..model.state import PROVIDER_KEY
from ._resources import Identity, Wire, from_wire, to_wire

T = TypeVar("T")


# As many calls at once as the SDK's provider process has threads.
CALLS = 4


class ProviderHost:
    """One provider process's worth of providers: each unpickled and configured once, then shared by all threads."""

    def __init__(self, config: Mapping[str, str], project: str, mocks: Mocks, engine: object = None) -> None:
        self._config = dict(config)
        self._project = project
        self._mocks = mocks
        self._engine = engine
        self._providers: dict[str, ResourceProvider] = {}
        self._lock = threading.Lock()
        self._calls = threading.BoundedSemaphore(CALLS)

    def check(self, who: Identity, olds: Wire, news: Wire) -> tuple[Wire, list[CheckFailure]]:
        """The normalised inputs, and what is wrong with them."""
        old, new = from_wire(olds, keep_unknowns=True), from_wire(news, keep_unknowns=True)
        result = self._call(who, news, lambda provider: provider.check(old, new))
        return _with_provider(result.inputs, news), result.failures

    def diff(self, who: Identity, id_: str, olds: Wire, news: Wire) -> DiffResult:
        """What the provider says of old outputs against new inputs."""
        old, new = from_wire(olds, keep_unknowns=True), from_wire(news, keep_unknowns=True)
        return self._call(who, news, lambda provider: provider.diff(id_, old, new))

    def create(self, who: Identity, props: Wire) -> tuple[str, Wire]:
        """The new resource's id and outputs."""
        result = self._call(who, props, lambda provider: provider.create(from_wire(props)))
        if not isinstance(result.id, str) or not result.id:
            raise TypeError(f"create answered the id {result.id!r}: the engine takes non-empty strings only")
        return result.id, _with_provider(result.outs or {}, props)

    def update(self, who: Identity, id_: str, olds: Wire, news: Wire) -> Wire:
        """The outputs after the update."""
        result = self._call(who, news, lambda provider: provider.update(id_, from_wire(olds), from_wire(news)))
        return _with_provider(result.outs or {}, news)

    def read(self, who: Identity, id_: str, props: Wire) -> tuple[str, Wire, Wire | None]:
        """The id (empty: gone), the outputs, and the inputs if the provider gave some."""
        result = self._call(who, props, lambda provider: provider.read(id_, from_wire(props)))
        if result.outs is None:
            raise TypeError("read answered no outputs: the SDK's provider process fails on None, give {}")
        inputs = None if result.inputs is None else _with_provider(result.inputs, props)
        return result.id or "", _with_provider(result.outs, props), inputs

    def delete(self, who: Identity, id_: str, props: Wire) -> None:
        """Delete the resource; `props` are its last outputs."""
        self._call(who, props, lambda provider: provider.delete(id_, from_wire(props)))

    def _call(self, who: Identity, props: Wire, call: Callable[[ResourceProvider], T]) -> T:
        def isolated() -> T:
            # A provider process knows neither the program's stack nor whether this is a preview.
            configure(Settings(project=self._project, stack="stack", organization="organization", engine=self._engine))
            return call(self._provider(who, props))

        with self._calls:
            return Context().run(isolated)

    def _provider(self, who: Identity, props: Wire) -> ResourceProvider:
        serialized = props.get(PROVIDER_KEY)
        if serialized is None:
            return _Simulated(who, self._mocks)
        with self._lock:
            if serialized not in self._providers:
                pickled = base64.b64decode(serialized)
                # The program's own pickle, as the SDK's provider process loads it.
                provider: ResourceProvider = _deserialize(lambda: dill.loads(pickled))  # noqa: S301
                provider.configure(ConfigureRequest(Config(self._config, self._project)))
                self._providers[serialized] = provider
            return self._providers[serialized]


class _Simulated(ResourceProvider):
    """Stands in for every other provider: the mocks give id and outputs, changed inputs make an update."""

    def __init__(self, who: Identity, mocks: Mocks) -> None:
        super().__init__()
        self._who = who
        self._mocks = mocks

    def create(self, props: dict[str, Any]) -> CreateResult:
        id_, outs = self._mocks.new_resource(MockResourceArgs(self._who.type, self._who.name, props, custom=True))
        return CreateResult(id_ or "", outs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(_news).outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)


def _with_provider(properties: Mapping[str, Any], source: Wire) -> Wire:
    kept = {PROVIDER_KEY: source[PROVIDER_KEY]} if PROVIDER_KEY in source else {}
    return to_wire({**properties, **kept})
