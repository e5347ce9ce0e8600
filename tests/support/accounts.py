"""Emulated accounts wired into the package, and one resource's life as the engine leads it.

Everything happens in this process and in memory, nothing waits: both the client's and the emulator's clocks are turned
by hand. Fixtures for `tests/settings` and `tests/provider`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi.dynamic import CheckFailure, Config, ConfigureRequest
from pulumi.output import Unknown

from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorAdapter, Fault, Request, Response
from pulumi_cloudflare_email_security.session import custody
from pulumi_cloudflare_email_security.session.session import Session
from pulumi_cloudflare_email_security.session.voice import Severity
from support.emulator_api import ACCOUNT
from support.provider_process import from_struct, to_struct

STACK = "demo/dev"

__all__ = [
    "ACCOUNT",
    "Account",
    "CheckError",
    "HandClock",
    "Managed",
    "WatchedEmulator",
    "account",
    "both_contracts",
    "contract_2025",
    "unknown",
]


def unknown() -> Any:
    """A value that a preview does not know yet."""
    return Unknown()  # type: ignore[no-untyped-call]


@dataclass
class HandClock:
    """A clock that moves only when something would have slept. It starts now: the journal tells the real time."""

    time: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """The time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.slept.append(seconds)
        self.time += seconds


class WatchedEmulator(Emulator):
    """An emulator that keeps what it was sent, and can be made to answer something else."""

    def __init__(self, contract: Any, **options: Any) -> None:
        super().__init__(contract, **options)
        self.requests: list[Request] = []
        self.instead: Callable[[Request], Response | None] = lambda _request: None

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.requests.append(request)
        return self.instead(request) or super().handle(request)

    def answer_duplicates(self, how: Any) -> None:
        """What a second entry with the same natural key gets from now on."""
        self._duplicates = how


class CheckError(AssertionError):
    """`check` refused the arguments; `reasons` are by property."""

    def __init__(self, failures: list[CheckFailure]) -> None:
        self.reasons = {failure.property: failure.reason for failure in failures}
        super().__init__(str(self.reasons))


class Account:
    """One emulated account and what the package is told about it."""

    def __init__(self, emulator: WatchedEmulator, clock: HandClock) -> None:
        self.emulator = emulator
        self.clock = clock
        self.id = ACCOUNT
        self.told: list[str] = []
        #: The day by which entries expire.
        self.day = datetime.now(tz=UTC).date()
        self.config = {
            "cloudflare-email-security:baseUrl": "emulator:in-memory",
            "cloudflare-email-security:accountId": self.id,
        }

    @property
    def contract(self) -> str:
        """The contract the account's API follows."""
        return self.emulator.contract.name

    def provider(self, kind: str, config: Mapping[str, str] | None = None) -> SettingProvider:
        """A provider as the engine has it: from its reference, configured."""
        provider = cast("SettingProvider", state_reference.provider(kind))
        stack_config = self.config if config is None else dict(config)
        provider.configure(ConfigureRequest(Config(stack_config, "demo")))
        return provider

    def resource(self, kind: str, **config: str) -> Managed:
        """A resource that does not exist yet; `config` is further configuration of this package."""
        extra = {f"cloudflare-email-security:{key}": value for key, value in config.items()}
        return Managed(self.provider(kind, {**self.config, **extra}), self)

    def seed(self, collection: str, *entries: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Put entries there as they may be found."""
        return self.emulator.seed({collection: entries}, account_id=self.id)[collection]

    def entries(self, collection: str) -> list[dict[str, Any]]:
        """What is stored."""
        return self.emulator.entries(self.id, collection)

    def change(self, collection: str, entry_id: str, **fields: object) -> None:
        """Change an entry as somebody does in the dashboard."""
        self.emulator.change(self.id, collection, entry_id, **fields)

    def remove(self, collection: str, entry_id: str) -> None:
        """Remove an entry as somebody does in the dashboard."""
        self.emulator.remove(self.id, collection, entry_id)

    def fail(self, kind: Any, operation: str, times: int | None = 1, **options: Any) -> None:
        """Let the next such request go wrong."""
        self.emulator.inject(Fault(kind, operation=operation, times=times, **options))

    def writes(self) -> list[tuple[str, Any]]:
        """Every write so far as `("PATCH collection", body)`, oldest first, and forget what was asked."""
        found = []
        for request in self.emulator.requests:
            if request.method != "GET":
                collection = request.path.partition("/settings/")[2].partition("/")[0]
                body = json.loads(request.body) if request.body else None
                found.append((f"{request.method} {collection}", body))
        self.emulator.requests.clear()
        return found

    def asked(self) -> int:
        """How many requests there were, and forget them."""
        count = len(self.emulator.requests)
        self.emulator.requests.clear()
        return count

    def restart(self) -> None:
        """What a new provider process starts with: nothing read yet."""
        process.begin(Session(clock=Clock(self.clock.now, self.clock.sleep), voice=self._hear, today=lambda: self.day))

    def _hear(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        del urn, severity
        self.told.append(message)


class Managed:
    """One resource of one stack. Everything that the engine hands on crosses the wire, so numbers become floats."""

    def __init__(self, provider: SettingProvider, account: Account) -> None:
        self.provider = provider
        self._account = account
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}

    def check(self, **arguments: Any) -> dict[str, Any]:
        """The checked inputs. Raises `CheckError`."""
        news = _over_the_wire({"declared_by": STACK, **arguments})
        result = self.provider.check(_over_the_wire(self.inputs), news)
        if result.failures:
            raise CheckError(result.failures)
        return _over_the_wire(result.inputs)

    def refused(self, **arguments: Any) -> dict[str, str]:
        """The reasons, by property, for which these arguments are refused."""
        with pytest.raises(CheckError) as caught:
            self.check(**arguments)
        return caught.value.reasons

    def preview(self, **arguments: Any) -> str:
        """What `up` would do."""
        return self._step(self.check(**arguments))

    def up(self, **arguments: Any) -> str:
        """Bring the resource to these arguments: create, update, replace or same."""
        inputs = self.check(**arguments)
        step = self._step(inputs)
        if step == "create":
            self._create(inputs)
        elif step == "update":
            result = self.provider.update(self.id, _over_the_wire(self.outputs), inputs)
            self.outputs = _over_the_wire(result.outs or {})
        elif step == "replace":
            old_id, old_outputs = self.id, self.outputs
            self.inputs = {}
            inputs = self.check(**arguments)
            self._create(inputs)
            self.provider.delete(old_id, old_outputs)
        self.inputs = inputs
        return step

    def refresh(self) -> str:
        """Record what is there: gone, changed or same."""
        result = self.provider.read(self.id, _over_the_wire(self.outputs))
        assert result.outs is not None
        if not result.id:
            assert result.outs == {}
            self.id, self.inputs, self.outputs = "", {}, {}
            return "gone"
        outputs = _over_the_wire(result.outs)
        self.id = result.id
        step = "same" if outputs == self.outputs else "changed"
        self.outputs = outputs
        if result.inputs is not None:
            self.inputs = _over_the_wire(result.inputs)
        return step

    def destroy(self) -> None:
        """Delete the resource, in a deployment of its own."""
        self._account.restart()
        self.provider.delete(self.id, _over_the_wire(self.outputs))
        self.id, self.inputs, self.outputs = "", {}, {}

    def _create(self, inputs: dict[str, Any]) -> None:
        result = self.provider.create(inputs)
        assert isinstance(result.id, str)
        self.id = result.id
        self.outputs = _over_the_wire(result.outs or {})

    def _step(self, inputs: dict[str, Any]) -> str:
        if not self.id:
            return "create"
        result = self.provider.diff(self.id, _over_the_wire(self.outputs), inputs)
        if result.replaces:
            return "replace"
        return "update" if result.changes else "same"


def _over_the_wire(properties: Mapping[str, Any]) -> dict[str, Any]:
    return from_struct(to_struct(properties))


@pytest.fixture
def account(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    """An empty account; the parameter is its contract (2026 unless said), or that with options of the emulator."""
    parameter = getattr(request, "param", "2026")
    contract, options = (parameter, {}) if isinstance(parameter, str) else parameter
    clock = HandClock()
    emulator = WatchedEmulator(contract, clock=clock.now, sleep=clock.sleep, **options)
    adapter = EmulatorAdapter(emulator=emulator)
    monkeypatch.setattr(EmulatorAdapter, "from_url", lambda _url: adapter)
    # No other resource is led at the same time.
    monkeypatch.setattr(custody, "PATIENCE", 0.0)
    # The journal of creates is kept there.
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    found = Account(emulator, clock)
    found.restart()
    yield found
    process.begin()


both_contracts = pytest.mark.parametrize("account", ["2025", "2026"], indirect=True)
contract_2025 = pytest.mark.parametrize("account", ["2025"], indirect=True)
