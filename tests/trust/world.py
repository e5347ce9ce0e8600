"""The engine, leading the resources of random programs through an emulated account that fails on purpose.

It is the in-process runner, so that the programs are real ones, with components and all; only time, threads and the
provider process are the test's. What a call that dies has made is lost to the state, as it is to Pulumi's.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from unittest.mock import patch

import pulumi
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_cloudflare_email_security import EmailSecurityError, EntryExistsError, state_reference
from pulumi_cloudflare_email_security.client import habits, transport
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.emulator import EmulatorAdapter
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.model.state import PROVIDER_KEY, recorded_ids
from pulumi_cloudflare_email_security.session.session import Session
from pulumi_cloudflare_email_security.session.voice import Voice, to_stderr
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError, StackResult
from pulumi_cloudflare_email_security.testing._deployment import Deployment
from pulumi_cloudflare_email_security.testing._host import ProviderHost
from pulumi_cloudflare_email_security.testing._program import Surroundings
from pulumi_cloudflare_email_security.testing._resources import (
    Goal,
    Identity,
    Place,
    ResourceState,
    Wire,
    from_wire,
    to_wire,
)
from pulumi_cloudflare_email_security.testing._results import StepFailedError
from trust.account import ACCOUNT, CONFIG, FailingEmulator, HandClock, Killed, Sent
from trust.scheduler import IMPATIENCE, PATIENCE, Scheduler, cooperative_locks

__all__ = ["ACCOUNT", "CONFIG", "Engine", "FailingEmulator", "Program", "Recorded", "Result", "Sent", "wire", "world"]

T = TypeVar("T")
#: By path (a component's name and a slash, where it is in one, and the name): the kind, the arguments, and, for one
#: that was renamed with an alias, the path it had before.
Program: TypeAlias = Mapping[str, tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str | None]]

SETTINGS: Final[Mapping[str, Setting]] = {entry.setting.kind: entry.setting for entry, _ in RESOURCES}
PLURAL: Final[Mapping[str, str]] = {entry.setting.kind: many.kind for entry, many in RESOURCES}
SINGULAR: Final[Mapping[str, str]] = {many: one for one, many in PLURAL.items()}
CLASSES: Final[Mapping[str, Callable[..., object]]] = {
    **{entry.setting.kind: entry for entry, _ in RESOURCES},
    **{many.kind: many for _, many in RESOURCES},
}
_KIND_OF: Final = {made.__name__: kind for kind, made in CLASSES.items() if isinstance(made, type)}
_COMPONENT: Final = "trust:index:"
_TOKEN: Final = "pulumi-python:dynamic/cloudflare-email-security:"
_PLACE: Final = Place("dev", "demo")
#: Where the journals of a world go; each world begins with none.
_HOME: Final = tempfile.TemporaryDirectory()


@dataclass(slots=True)
class Recorded:
    """A resource as state holds it."""

    path: str
    kind: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    @property
    def setting(self) -> Setting:
        """What it is a setting, or a collection, of."""
        return SETTINGS[SINGULAR.get(self.kind, self.kind)]

    @property
    def ids(self) -> set[str]:
        """The ids of the entries it holds."""
        return set(recorded_ids(self.outputs).values()) if self.kind in SINGULAR else {self.id}


@dataclass(slots=True)
class Result:
    """How a run ended: no error means that all of it was done; `refused` is what `check` found wrong."""

    error: BaseException | None = None
    refused: list[str] = field(default_factory=list)
    killed: bool = False
    steps: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether everything was carried out."""
        return self.error is None and not self.killed and not self.refused

    @property
    def exists(self) -> bool:
        """Whether it was refused for an entry that exists already."""
        return isinstance(self.error, EntryExistsError) or any(
            re.search(r"\bexists? (already|\d+ times)\b", reason) for reason in self.refused
        )


class Host(ProviderHost):
    """A provider process that may be killed: then it answers nothing any more."""

    def __init__(self, engine: Engine, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._engine_of_the_test = engine

    def _call(self, who: Identity, props: Wire, call: Callable[[ResourceProvider], T]) -> T:
        engine = self._engine_of_the_test
        engine.operations[call.__qualname__.split(".")[1]] += 1
        engine.scheduler.switch()
        try:
            answer = super()._call(who, props, call)
        except Killed:
            raise StepFailedError("killed") from None
        except Exception:
            if engine.emulator.dead:
                raise StepFailedError("killed") from None
            raise
        if engine.emulator.dead:
            raise StepFailedError("killed")
        engine.scheduler.switch()
        return answer


class Engine:
    """Runs programs, and keeps what state holds between them."""

    def __init__(
        self,
        emulator: FailingEmulator,
        clock: HandClock,
        told: list[str],
        scheduler: Scheduler,
        session: Callable[[Voice], Session],
    ) -> None:
        self.emulator = emulator
        self.clock = clock
        self.scheduler = scheduler
        self.told = told
        self.operations: Counter[str] = Counter()
        self._session = session
        self._stack = InProcessStack(project="demo", config=CONFIG)
        self._stack._surroundings = Surroundings(
            session=session,
            host=lambda *arguments: Host(self, *arguments),
            concurrently=scheduler.concurrently,
            loop=scheduler.loop,
            executor=scheduler.executor,
        )

    @property
    def state(self) -> dict[str, Recorded]:
        """What state holds, by path; components left out."""
        return {each.path: each for each in self._recorded(pending=False)}

    @property
    def pending(self) -> list[Recorded]:
        """What was replaced and is still to be deleted."""
        return self._recorded(pending=True)

    def put(self, path: str, kind: str, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """Let state hold a resource as it is given here, whether or not it was ever made."""
        reference = {PROVIDER_KEY: serialize_provider(state_reference.provider(kind))}
        resources, urn = self._stack._memory.resources, _urn(path, kind)
        resources[:] = [each for each in resources if each.urn != urn]
        resources.append(
            ResourceState(
                urn=urn,
                type=f"{_TOKEN}{CLASSES[kind].__name__}",
                name=path.rpartition("/")[2],
                id=id_,
                custom=True,
                inputs=to_wire({**inputs, **reference}),
                outputs=to_wire({**outputs, **reference}),
            )
        )

    def forget(self) -> None:
        """Lose the state."""
        self._stack._memory.resources.clear()

    def provider(self, kind: str) -> ResourceProvider:
        """A provider of a process of its own."""
        process.begin(self._session(to_stderr))
        provider = state_reference.provider(kind)
        provider.configure(ConfigureRequest(Config(CONFIG, "demo")))
        return provider

    def move_to(self, machine: str) -> None:
        """Go on on another machine, whose Pulumi home holds other notes."""
        os.environ["PULUMI_HOME"] = f"{_HOME.name}/{machine}"

    def up(self, program: Program) -> Result:
        """Create, update, replace and delete."""
        return self._run(lambda: self._stack.up(_source(program)))

    def lead(self, path: str, kind: str, arguments: Mapping[str, Any]) -> Result:
        """As `up` of one resource, but without a program that reads its outputs."""
        reference = {PROVIDER_KEY: serialize_provider(state_reference.provider(kind))}
        urn = _urn(path, kind)
        type_ = f"{_TOKEN}{CLASSES[kind].__name__}"
        goal = Goal(Identity(type_, path, urn), custom=True, inputs=to_wire({**arguments, **reference}))

        def run() -> StackResult:
            process.begin(self._session(to_stderr))
            host = Host(self, {**CONFIG}, "demo", None)
            deployment = Deployment(host, self._stack._memory.resources, concurrently=self.scheduler.concurrently)
            deployment.run([goal])
            self._stack._memory.resources = deployment.ledger.resources
            deployment.ledger.raise_failures()
            return deployment.ledger.result

        return self._run(run)

    def refresh(self) -> Result:
        """Record what is there; what could be read is recorded even when something could not."""
        return self._run(self._stack.refresh)

    def destroy(self) -> Result:
        """Delete everything."""
        return self._run(self._stack.destroy)

    def preview(self, program: Program) -> list[str]:
        """What `up` would do, unchanged resources left out."""
        result = self._run(lambda: self._stack.preview(_source(program)))
        assert result.done, result
        return [step for step in result.steps if not step.startswith("same ")]

    def _run(self, run: Callable[[], StackResult]) -> Result:
        result = Result()
        try:
            done = run()
        except StackError as error:
            done = error.result
            result.error = error.__cause__
            result.refused = [f.reason for f in error.failures if f.operation == "check"] if not error.__cause__ else []
        result.steps = [f"{change.operation} {_path(change.urn)}" for change in done.changes if _path(change.urn)]
        if self.emulator.dead:
            result.killed, result.error, result.refused = True, None, []
            self.emulator.dead = False
        if result.error is not None and not isinstance(result.error, EmailSecurityError):
            raise result.error
        return result

    def _recorded(self, *, pending: bool) -> list[Recorded]:
        return [
            Recorded(
                _path(state.urn),
                _KIND_OF[state.type.rpartition(":")[2]],
                state.id,
                from_wire(state.inputs),
                from_wire(state.outputs),
            )
            for state in self._stack._memory.resources
            if state.custom and state.pending_delete is pending
        ]


def _source(program: Program) -> Callable[[], None]:
    """The program, as a person would have written it."""

    def declare() -> None:
        components: dict[str, pulumi.ComponentResource] = {}
        for path, (kind, arguments, *was) in program.items():
            above, _, name = path.rpartition("/")
            if above and above not in components:
                components[above] = pulumi.ComponentResource(f"{_COMPONENT}{above}", above)
            opts = pulumi.ResourceOptions(
                parent=components.get(above), aliases=[_alias(str(old)) for old in was if old]
            )
            CLASSES[kind](name, **arguments, opts=opts)

    return declare


def _alias(path: str) -> pulumi.Alias:
    above, _, name = path.rpartition("/")
    return pulumi.Alias(name=name, parent=_PLACE.urn("", f"{_COMPONENT}{above}", above) if above else None)


def _urn(path: str, kind: str) -> str:
    above, _, name = path.rpartition("/")
    parent = _PLACE.urn("", f"{_COMPONENT}{above}", above) if above else ""
    return _PLACE.urn(parent, f"{_TOKEN}{CLASSES[kind].__name__}", name)


def _path(urn: str) -> str:
    """A resource's path; that of a component is empty."""
    types, name = urn.split("::")[2:]
    if types.startswith(_COMPONENT):
        above, _, own = types.partition("$")
        return f"{above.removeprefix(_COMPONENT)}/{name}" if own else ""
    return name


def wire(value: Any) -> Any:
    """A value as it comes out of the engine: numbers are floats, null is absent."""
    return from_wire(to_wire({"value": value})).get("value")


@contextmanager
def world(
    contract: str, *, order: int | None = None, threads: int = 1, page: int = 1000, chunk: int = 1000, **options: Any
) -> Iterator[Engine]:
    """An empty account behind the providers of this process.

    Args:
        contract: the API's.
        order: draws the order in which things happen that the engine does concurrently; one after the other without.
        threads: how many requests a collection sends at once.
        page: entries a page; small ones make long lists of short ones.
        chunk: entries a batch, likewise.
        options: of the emulator.

    """
    clock = HandClock()
    told: list[str] = []
    emulator = FailingEmulator(contract, clock=clock.now, sleep=clock.sleep, **options)
    adapter = EmulatorAdapter(emulator=emulator)

    scheduler = Scheduler(order, IMPATIENCE if threads > 1 else PATIENCE)
    emulator.switch = scheduler.switch

    def session(_voice: Voice) -> Session:
        return Session(clock=clock.clock, voice=lambda message, *_: told.append(message), now=clock.now)

    with contextlib.ExitStack() as stack:
        patches: tuple[contextlib.AbstractContextManager[Any], ...] = (
            patch.dict(os.environ, {"PULUMI_HOME": _HOME.name}),
            # The proxies of the environment, looked up for every request anew, take a tenth of the time.
            patch("requests.sessions.get_environ_proxies", lambda *_, **__: {}),
            patch.object(EmulatorAdapter, "from_url", lambda _url: adapter),
            patch.object(transport, "WIDTH", threads),
            patch.object(habits, "BATCH_SIZE", chunk),
            patch.object(habits, "PAGE_SIZE", page),
        )
        for patched in patches:
            stack.enter_context(patched)
        stack.enter_context(cooperative_locks(scheduler))
        for notes in Path(_HOME.name).rglob("*.json*"):
            notes.unlink()
        yield Engine(emulator, clock, told, scheduler, session)
        stack.callback(process.begin)
