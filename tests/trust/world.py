"""An emulated account that fails on purpose, and a tiny engine that leads resources through it.

Nothing waits and nothing leaves this process: client, emulator and journal share a clock that is turned by whoever
sleeps. The engine keeps state as Pulumi does: what a call that raises has made is lost to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

from pulumi.dynamic import Config, ConfigureRequest

from pulumi_cloudflare_email_security import EmailSecurityError, state_reference
from pulumi_cloudflare_email_security.client import transport
from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.client.habits import Habits
from pulumi_cloudflare_email_security.client.transport import TIMEOUT
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorAdapter, Request, Response
from pulumi_cloudflare_email_security.lifecycle import apply
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.model.state import recorded_ids
from pulumi_cloudflare_email_security.session.notes import folder
from pulumi_cloudflare_email_security.session.session import Session
from pulumi_cloudflare_email_security.settings import RESOURCES

ACCOUNT = "0123456789abcdef0123456789abcdef"
URN = "urn:pulumi:dev::demo::test:Thing::"
CONFIG = {
    "cloudflare-email-security:baseUrl": "emulator:in-memory",
    "cloudflare-email-security:accountId": ACCOUNT,
}
SETTINGS: Mapping[str, Setting] = {entry.setting.kind: entry.setting for entry, _ in RESOURCES}
PLURAL: Mapping[str, str] = {entry.setting.kind: many.kind for entry, many in RESOURCES}
SINGULAR: Mapping[str, str] = {many: one for one, many in PLURAL.items()}
#: Where the journals of a world go; each world begins with none.
_HOME: Final = tempfile.TemporaryDirectory()
#: Longer than any time-out of the client.
NEVER = 1e6


class Killed(BaseException):
    """SIGKILL, as seen from inside."""


class HandClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = float(int(time.time()))
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        with self._lock:
            self.seconds += seconds

    @property
    def clock(self) -> Clock:
        """For the client."""
        return Clock(self.now, self.sleep)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the API saw it, and whether a whole answer reached the client in time."""

    method: str
    path: str
    body: Any
    status: int
    answered: bool


class FailingEmulator(Emulator):
    """An emulator that can also kill its client, and carry out a write long after the client has given up."""

    def __init__(self, contract: Any, **options: Any) -> None:
        super().__init__(contract, **options)
        self.kill_at: tuple[int, bool] | None = None
        self.late_at: int | None = None
        self.late: list[Request] = []
        self.dead = False
        self.fired: Counter[str] = Counter()
        self.sent: list[Sent] = []
        self._guard = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer a request, unless the asking process dies of it."""
        with self._guard:
            return self._handle(request)

    def _handle(self, request: Request) -> Response:
        if self.dead:
            raise Killed
        if self.kill_at is not None:
            left, after = self.kill_at
            self.kill_at = (left - 1, after)
            if left == 0:
                self.dead, self.kill_at = True, None
                self.fired["killed_after" if after else "killed_before"] += 1
                if after:
                    super().handle(request)
                raise Killed
        if self.late_at is not None and request.method != "GET":
            self.late_at -= 1
            if self.late_at < 0:
                self.late_at = None
                self.late.append(request)
                self.fired["late_write"] += 1
                return Response(200, {}, b"", delay=NEVER)
        response = super().handle(request)
        if response.broken != "refused":
            self.sent.append(_sent(request, response))
        return response

    def land(self) -> None:
        """Carry out the writes that nobody waits for any more."""
        requests, self.late = self.late, []
        for request in requests:
            super().handle(request)

    def calm(self) -> None:
        """No faults from now on; those that fired are counted."""
        for each in self.faults._set:
            self.fired[each.fault.kind] += each.fired
        self.clear_faults()
        self.kill_at = self.late_at = None
        self.dead = False


def _sent(request: Request, response: Response) -> Sent:
    body = json.loads(request.body) if request.body else None
    answered = response.broken is None and response.delay < TIMEOUT[1]
    try:
        answered = answered and isinstance(json.loads(response.body), dict)
    except ValueError:
        answered = False
    return Sent(request.method, request.path, body, response.status, answered)


def wire(value: Any) -> Any:
    """A value as it comes out of the engine: numbers are floats, null is absent."""
    if isinstance(value, Mapping):
        return {name: wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [wire(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(slots=True)
class Recorded:
    """A resource as state holds it."""

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
    """How a run ended: no error means that all of it was done."""

    error: EmailSecurityError | None = None
    killed: bool = False
    steps: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether everything was carried out."""
        return self.error is None and not self.killed


class Engine:
    """Runs programs, which map a resource's name to its kind and arguments."""

    def __init__(self, emulator: FailingEmulator, clock: HandClock, told: list[str]) -> None:
        self.emulator = emulator
        self.clock = clock
        self.told = told
        self.state: dict[str, Recorded] = {}
        self.pending: list[Recorded] = []
        self.operations: Counter[str] = Counter()

    def provider(self, kind: str) -> SettingProvider:
        """A provider as a new process has it."""
        provider = cast("SettingProvider", state_reference.provider(kind))
        provider.configure(ConfigureRequest(Config(dict(CONFIG), "demo")))
        return provider

    def up(self, program: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Result:
        """Create, update and replace, then delete what is no longer declared; the first failure ends it."""
        result = Result()
        with self._process(result):
            for name, (kind, arguments) in program.items():
                result.steps.append(f"{self._register(name, kind, arguments)} {name}")
            for name in [name for name in reversed(self.state) if name not in program]:
                self._delete(self.state[name])
                del self.state[name]
                result.steps.append(f"delete {name}")
            while self.pending:
                self._delete(self.pending[-1])
                self.pending.pop()
        return result

    def _call(self, kind: str, operation: str, *arguments: Any) -> Any:
        """What a provider answers, unless its process is dead by then."""
        self.operations[operation] += 1
        answer = getattr(self.provider(kind), operation)(*arguments)
        if self.emulator.dead:
            raise Killed
        return answer

    def preview(self, program: Mapping[str, tuple[str, Mapping[str, Any]]]) -> list[str]:
        """What `up` would do, unchanged resources left out."""
        process.begin()
        steps = [f"delete {name}" for name in self.state if name not in program]
        steps += ["pending delete"] * len(self.pending)
        for name, (kind, arguments) in program.items():
            step = self._step(name, kind, self._check(name, kind, arguments))
            if step != "same":
                steps.append(f"{step} {name}")
        return steps

    def refresh(self) -> Result:
        """Record what is there; what could be read is recorded even when something could not."""
        result = Result()
        for name in list(self.state):
            with self._process(result):
                self._read(name)
            if result.killed:
                break
        return result

    def destroy(self) -> Result:
        """Delete everything."""
        return self.up({})

    @contextlib.contextmanager
    def _process(self, result: Result) -> Iterator[None]:
        """One provider process: what it knows is gone when it ends."""
        process.begin()
        try:
            yield
        except EmailSecurityError as error:
            result.error = error
        except BaseException:
            # Whatever a dying process still raises is seen by nobody.
            if not self.emulator.dead:
                raise
        finally:
            if self.emulator.dead:
                result.killed, result.error = True, None
                self.emulator.dead = False
            process.begin()

    def _register(self, name: str, kind: str, arguments: Mapping[str, Any]) -> str:
        inputs = self._check(name, kind, arguments)
        step = self._step(name, kind, inputs)
        if step == "create":
            self.state[name] = self._create(kind, inputs)
        elif step == "replace":
            inputs = self._check("", kind, arguments)
            new = self._create(kind, inputs)
            self.pending.append(self.state[name])
            self.state[name] = new
        elif step == "update":
            old = self.state[name]
            outputs = self._call(kind, "update", old.id, wire(old.outputs), inputs).outs
            self.state[name] = Recorded(kind, old.id, inputs, wire(outputs or {}))
        else:
            self.state[name].inputs = inputs
        return step

    def _check(self, name: str, kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        olds = self.state[name].inputs if name in self.state else {}
        result = self._call(kind, "check", wire(olds), wire({**arguments, "declared_by": f"{URN}{name}"}))
        assert not result.failures, [f"{failure.property}: {failure.reason}" for failure in result.failures]
        return cast("dict[str, Any]", wire(result.inputs))

    def _step(self, name: str, kind: str, inputs: dict[str, Any]) -> str:
        if name not in self.state:
            return "create"
        old = self.state[name]
        result = self._call(kind, "diff", old.id, wire(old.outputs), inputs)
        return "replace" if result.replaces else "update" if result.changes else "same"

    def _create(self, kind: str, inputs: dict[str, Any]) -> Recorded:
        result = self._call(kind, "create", dict(inputs))
        assert isinstance(result.id, str)
        assert result.id
        return Recorded(kind, result.id, inputs, wire(result.outs or {}))

    def _read(self, name: str) -> None:
        old = self.state[name]
        result = self._call(old.kind, "read", old.id, wire(old.outputs))
        if not result.id:
            del self.state[name]
            return
        inputs = old.inputs if result.inputs is None else wire(result.inputs)
        self.state[name] = Recorded(old.kind, result.id, inputs, wire(result.outs or {}))

    def _delete(self, old: Recorded) -> None:
        self._call(old.kind, "delete", old.id, wire(old.outputs))


@contextlib.contextmanager
def world(contract: str, *, threads: int = 1, page: int = 1000, chunk: int = 1000, **options: Any) -> Iterator[Engine]:
    """An empty account behind the providers of this process.

    Args:
        contract: the API's.
        threads: how many requests a collection sends at once.
        page: entries a page; small ones make long lists of short ones.
        chunk: entries a batch, likewise.
        options: of the emulator.

    """
    clock = HandClock()
    told: list[str] = []
    emulator = FailingEmulator(contract, clock=clock.now, sleep=clock.sleep, **options)
    adapter = EmulatorAdapter(emulator=emulator)

    def session() -> Session:
        return Session(clock=clock.clock, voice=lambda message, *_: told.append(message), now=clock.now)

    with contextlib.ExitStack() as stack:
        patches: tuple[contextlib.AbstractContextManager[Any], ...] = (
            patch.dict(os.environ, {"PULUMI_HOME": _HOME.name}),
            # The proxies of the environment, looked up for every request anew, take a tenth of the time.
            patch("requests.sessions.get_environ_proxies", lambda *_, **__: {}),
            patch.object(EmulatorAdapter, "from_url", lambda _url: adapter),
            patch.object(process, "_new_session", session),
            patch.object(transport, "WIDTH", threads),
            patch.object(apply, "BATCH_SIZE", chunk),
            patch.object(transport, "Habits", partial(Habits, page_size=page, batch_size=chunk)),
        )
        for patched in patches:
            stack.enter_context(patched)
        for notes in cast("Path", folder()).glob("*"):
            notes.unlink()
        process.begin()
        stack.callback(process.begin)
        yield Engine(emulator, clock, told)
