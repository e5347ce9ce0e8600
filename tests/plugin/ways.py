"""The two ways in, led through a resource's life as the engine leads it, over the gRPC of the process it starts.

A story says what a Python program says; each way brings it into its own form. What happens at the API must be the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.emulator import Request, Response
from pulumi_cloudflare_email_security.model.names import camel
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served
from support.plugin_process import PluginProcess, listening, urn_of
from support.provider_process import ProviderProcess


class RefusedError(AssertionError):
    """`check` refused the arguments; `reasons` are by property, in the plugin's names."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__(str(self.reasons))


class Calls(Protocol):
    """What the engine asks of one resource."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The checked inputs, and the reasons of the failures by property."""

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """Old outputs against new inputs."""

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""

    def read(self, id_: str, properties: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        """As on refresh."""

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs after the update."""

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete; `props` are the last outputs."""


class RecordingEmulator(ServedEmulator):
    """A served emulator that keeps what is written to it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sent: list[tuple[str, str, Any]] = []

    def handle(self, request: Request) -> Response:
        """Answer a request, and keep it where it writes."""
        if request.method != "GET":
            body = json.loads(request.body) if request.body else None
            self.sent.append((request.method, request.path.partition("/settings/")[2], body))
        return super().handle(request)


@dataclass
class Life:
    """One resource, led as the engine leads it."""

    calls: Calls
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The checked inputs. Raises RefusedError."""
        checked, failures = self.calls.check(self.inputs, arguments)
        if failures:
            raise RefusedError(failures)
        return checked

    def refused(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """The reasons for which these arguments are refused; none where they are not."""
        try:
            self.check(arguments)
        except RefusedError as error:
            return error.reasons
        return {}

    def preview(self, arguments: Mapping[str, Any]) -> str:
        """What `up` would do."""
        return self._step(self.check(arguments))

    def up(self, arguments: Mapping[str, Any]) -> str:
        """Bring the resource to these arguments: create, update, replace or same."""
        inputs = self.check(arguments)
        step = self._step(inputs)
        if step == "create":
            self.id, self.outputs = self.calls.create(inputs)
        elif step == "update":
            self.outputs = self.calls.update(self.id, self.outputs, inputs)
        elif step == "replace":
            old_id, old_outputs, self.inputs = self.id, self.outputs, {}
            inputs = self.check(arguments)
            self.id, self.outputs = self.calls.create(inputs)
            self.calls.delete(old_id, old_outputs)
        self.inputs = inputs
        return step

    def refresh(self) -> str:
        """Record what is there: gone, changed or same."""
        found = self.calls.read(self.id, self.outputs, self.inputs)
        if not found.id:
            self.id, self.inputs, self.outputs = "", {}, {}
            return "gone"
        step = "same" if found.outputs == self.outputs else "changed"
        self.id, self.outputs = found.id, found.outputs
        if found.inputs:
            self.inputs = found.inputs
        return step

    def destroy(self) -> None:
        """Delete the resource."""
        self.calls.delete(self.id, self.outputs)
        self.id, self.inputs, self.outputs = "", {}, {}

    def _step(self, inputs: Mapping[str, Any]) -> str:
        if not self.id:
            return "create"
        found = self.calls.diff(self.id, self.outputs, inputs)
        return "replace" if found.replaces else "update" if found.changes else "same"


class World:
    """One account, and one deployment after the other that leads resources in it."""

    def __init__(self, emulator: RecordingEmulator, folder: Path, way: type[Way]) -> None:
        self.emulator = emulator
        self.folder = folder
        self._way = way
        self._open = ExitStack()
        self._config: dict[str, str] = {}
        self._classes: dict[str, str] = {}
        self.lives: dict[str, Life] = {}
        self.way = self._start()

    def _start(self) -> Way:
        env = self.emulator.env(CLOUDFLARE_API_TOKEN=TOKEN, PULUMI_HOME=str(self.folder / "home"))
        return self._open.enter_context(self._way.running(self._config, env, self.folder))

    def deployment(self, **config: str) -> None:
        """Another deployment begins: another process, with further configuration."""
        self._config = {f"cloudflare-email-security:{camel(name)}": value for name, value in config.items()}
        self._open.close()
        self.way = self._start()
        for name, life in self.lives.items():
            life.calls = self.way.calls(self._classes[name], name)

    def resource(self, class_name: str, name: str = "it") -> Life:
        """A resource that does not exist yet."""
        self._classes[name] = class_name
        return self.lives.setdefault(name, Life(self.way.calls(class_name, name)))

    def close(self) -> None:
        """End the last deployment."""
        self._open.close()


class Way:
    """A way in: a running process, and the calls of one resource in it."""

    name: str
    process: Any

    @classmethod
    @contextmanager
    def running(cls, config: Mapping[str, str], env: Mapping[str, str], cwd: Path) -> Iterator[Way]:
        """Start the process."""
        raise NotImplementedError

    def calls(self, class_name: str, name: str) -> Calls:
        """The calls of a resource."""
        raise NotImplementedError

    @property
    def told(self) -> str:
        """What the user was told."""
        raise NotImplementedError


class Dynamic(Way):
    """The process of the SDK's dynamic providers."""

    name = "dynamic"

    def __init__(self, process: ProviderProcess) -> None:
        self.process = process

    @classmethod
    @contextmanager
    def running(cls, config: Mapping[str, str], env: Mapping[str, str], cwd: Path) -> Iterator[Way]:
        """Start the process."""
        with ProviderProcess(state_reference.provider("domain"), config=config, env=env, cwd=cwd) as process:
            yield cls(process)

    def calls(self, class_name: str, name: str) -> Calls:
        """The calls of a resource."""
        setting, kind = _kinds()[class_name]
        urn = f"urn:pulumi:dev::demo::pulumi-python:dynamic/cloudflare-email-security:{class_name}::{name}"
        return _DynamicCalls(self.process.of(state_reference.provider(kind)), setting, urn)

    @property
    def told(self) -> str:
        """What the user was told."""
        return str(self.process.stderr)


class _DynamicCalls:
    def __init__(self, process: ProviderProcess, setting: Setting, urn: str) -> None:
        self._process, self._setting, self._urn = process, setting, urn

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        news = {**news, "declared_by": self._urn}
        if "entries_file" in news:
            news["entries"] = read_entries(news.pop("entries_file"))
        if "entries" in news:
            # What the resource's class does in the program.
            news["entries"] = plain_entries(self._setting, news["entries"], news.pop("defaults", None))
        checked, failures = self._process.check(olds, news)
        return checked, dict(map(_named, failures.items()))

    def __getattr__(self, call: str) -> Any:
        return getattr(self._process, call)

    def read(self, id_: str, properties: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return self._process.read(id_, properties, inputs)


class Plugin(Way):
    """The plugin's process."""

    name = "plugin"

    def __init__(self, process: PluginProcess, engine: Any) -> None:
        self.process = process
        self.engine = engine

    @classmethod
    @contextmanager
    def running(cls, config: Mapping[str, str], env: Mapping[str, str], cwd: Path) -> Iterator[Way]:
        """Start the process."""
        with listening() as engine, PluginProcess(config=config, env=env, cwd=cwd, engine=engine) as process:
            yield cls(process, engine)

    def calls(self, class_name: str, name: str) -> Calls:
        """The calls of a resource."""
        return _PluginCalls(self.process, urn_of(class_name, name))

    @property
    def told(self) -> str:
        """What the user was told."""
        return str(self.engine.text)


class _PluginCalls:
    def __init__(self, process: PluginProcess, urn: str) -> None:
        self._process, self._urn = process, urn

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        checked, failures = self._process.check(self._urn, olds, _camelled(news))
        return checked, dict(map(_named, failures.items()))

    def __getattr__(self, call: str) -> Any:
        return lambda *arguments: getattr(self._process, call)(self._urn, *arguments)


def _camelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {camel(name): _camelled_entries(item) for name, item in value.items()}
    return value


def _camelled_entries(value: Any) -> Any:
    if isinstance(value, list):
        return [_camelled_entries(item) for item in value]
    # The keys of a map of entries are natural keys, which no name of a field looks like.
    return _camelled(value) if isinstance(value, Mapping) else value


def _named(failure: tuple[str, str]) -> tuple[str, str]:
    """A failure under the plugin's name of its property, which the dynamic providers may put into the reason."""
    path, reason = failure
    named = None if path else re.match(r"(\w[^ :]*): ", reason)
    return (_camel_path(named[1]), reason[named.end() :]) if named else (_camel_path(path), reason)


def _camel_path(path: str) -> str:
    root, dot, rest = path.partition(".")
    return ".".join(map(camel, [root, rest])) if dot else camel(root)


def _kinds() -> dict[str, tuple[Setting, str]]:
    found: dict[str, tuple[Setting, str]] = {}
    for entry, collection in RESOURCES:
        found[entry.__name__] = entry.setting, entry.setting.kind
        found[collection.__name__] = collection.setting, collection.kind
    return found


WAYS: tuple[type[Way], ...] = (Dynamic, Plugin)
Story = Callable[[World], list[Any]]


def both_ways(story: Story, folder: Path, contract: str = "2026", **options: Any) -> dict[str, tuple[Any, Any, Any]]:
    """Run a story each way in: what it returned, what was written, and what was there in the end."""
    results = {}
    for way in WAYS:
        place = folder / way.name
        place.mkdir()
        emulator = RecordingEmulator(contract, **options)
        with served(emulator=emulator):
            world = World(emulator, place, way)
            try:
                seen = story(world)
            finally:
                world.close()
        results[way.name] = seen, emulator.sent, _contents(emulator)
    return results


def same_both_ways(story: Story, folder: Path, contract: str = "2026", **options: Any) -> list[Any]:
    """Run a story each way in, and return what it saw: the same, or this fails."""
    results = both_ways(story, folder, contract, **options)
    (seen, sent, contents), dynamic = results["plugin"], results["dynamic"]
    assert seen == dynamic[0], f"{seen} != {dynamic[0]}"
    assert sent == dynamic[1], "\n".join(map(str, ["plugin:", *sent, "dynamic:", *dynamic[1]]))
    assert contents == dynamic[2], f"{contents} != {dynamic[2]}"
    return list(seen)


def _contents(emulator: ServedEmulator) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for entry, _ in RESOURCES:
        collection = entry.setting.collection
        if collection in emulator.contract.collections:
            entries = emulator.entries(ACCOUNT, collection)
            ignored = {"id", "created_at", "modified_at", "last_modified"}
            found[collection] = [{name: entry[name] for name in entry.keys() - ignored} for entry in entries]
    return found
