"""Emulated accounts wired into the package, and one resource's life as the engine leads it.

Everything happens in this process and in memory, nothing waits: both the client's and the emulator's clocks are turned
by hand. Fixtures for `tests/settings` and `tests/provider`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi.dynamic import CheckFailure, Config, ConfigureRequest, ResourceProvider
from pulumi.output import Unknown

from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorAdapter, Request, Response
from pulumi_cloudflare_email_security.session.session import Session
from pulumi_cloudflare_email_security.session.voice import Severity
from pulumi_cloudflare_email_security.testing._account import Dashboard
from pulumi_cloudflare_email_security.testing._deployment import Deployment
from pulumi_cloudflare_email_security.testing._host import ProviderHost
from pulumi_cloudflare_email_security.testing._resources import Goal, Identity, ResourceState, from_wire, to_wire
from pulumi_cloudflare_email_security.testing._results import Failure, by_property
from support import sdk_types
from support.emulator_api import ACCOUNT

_WHO = Identity("test:Managed", "managed", "urn:pulumi:dev::demo::test:Managed::managed")

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
        self.sent: list[Request] = []
        self.instead: Callable[[Request], Response | None] = lambda _request: None

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.requests.append(request)
        self.sent.append(request)
        return self.instead(request) or super().handle(request)

    def answer_duplicates(self, how: Any) -> None:
        """What a second entry with the same natural key gets from now on."""
        self.set_habits(duplicates=how)


class CheckError(AssertionError):
    """`check` refused the arguments; `reasons` are by property."""

    def __init__(self, failures: Iterable[CheckFailure | Failure]) -> None:
        self.reasons = dict(map(by_property, failures))
        super().__init__(str(self.reasons))


class Account(Dashboard):
    """One emulated account and what the package is told about it."""

    emulator: WatchedEmulator

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
            # What a check refuses never reaches a create; those who test the check switch it on.
            "cloudflare-email-security:verify": "false",
            # Nor are risks told where something else is looked for.
            "cloudflare-email-security:risk": "off",
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
        clock = Clock(self.clock.now, self.clock.sleep)
        process.begin(Session(clock=clock, voice=self._hear, today=lambda: self.day, now=self.clock.now))

    def _hear(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        del urn, severity
        self.told.append(message)


class Managed:
    """One resource of one stack, led by the engine; `id`, `inputs` and `outputs` are what state holds of it.

    Every run is a deployment, but all of them happen in one provider process until the account is restarted.
    """

    def __init__(self, provider: SettingProvider, account: Account) -> None:
        self.provider = provider
        self._account = account
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self._replaced: list[ResourceState] = []

    def check(self, **arguments: Any) -> dict[str, Any]:
        """The checked inputs. Raises `CheckError`."""
        inputs, failures = self._host.check(_WHO, to_wire(self.inputs), to_wire(_declared(arguments)))
        if failures:
            raise CheckError(failures)
        return from_wire(inputs, keep_unknowns=True)

    def refused(self, **arguments: Any) -> dict[str, str]:
        """The reasons, by property, for which these arguments are refused."""
        with pytest.raises(CheckError) as caught:
            self.check(**arguments)
        return caught.value.reasons

    def preview(self, **arguments: Any) -> str:
        """What `up` would do."""
        deployment = self._deployment(preview=True)
        deployment.run([_goal(arguments)])
        return self._operation(deployment)

    def up(self, **arguments: Any) -> str:
        """Bring the resource to these arguments: create, update, replace or same."""
        deployment = self._deployment()
        deployment.run([_goal(arguments)])
        self._keep(deployment)
        return self._operation(deployment)

    def refresh(self) -> str:
        """Record what is there: gone, changed or same."""
        before = self.outputs
        deployment = self._deployment()
        deployment.refresh()
        self._keep(deployment)
        self._operation(deployment)
        return "gone" if not self.id else "same" if self.outputs == before else "changed"

    def destroy(self) -> None:
        """Delete the resource, in a deployment of its own."""
        self._account.restart()
        deployment = self._deployment()
        deployment.destroy()
        self._keep(deployment)
        self._operation(deployment)

    @property
    def _host(self) -> ProviderHost:
        return _OneProvider(self.provider)

    def _deployment(self, *, preview: bool = False) -> Deployment:
        inputs, outputs = to_wire(self.inputs), to_wire(self.outputs)
        state = ResourceState(_WHO.urn, _WHO.type, _WHO.name, self.id, custom=True, inputs=inputs, outputs=outputs)
        held = [*([state] if self.id else []), *self._replaced]
        return Deployment(self._host, held, preview=preview, concurrently=one_after_the_other)

    def _keep(self, deployment: Deployment) -> None:
        held = deployment.ledger.resources
        self._replaced = [state for state in held if state.pending_delete]
        now = next((state for state in held if not state.pending_delete), None)
        self.id = now.id if now else ""
        self.inputs = from_wire(now.inputs) if now else {}
        self.outputs = from_wire(now.outputs) if now else {}

    @staticmethod
    def _operation(deployment: Deployment) -> str:
        ledger = deployment.ledger
        if ledger.cause:
            raise ledger.cause
        if ledger.result.failures:
            raise CheckError(ledger.result.failures)
        return ledger.result.changes[0].operation


class _OneProvider(ProviderHost):
    """A provider process with a provider that stands here, not in state."""

    def __init__(self, provider: SettingProvider) -> None:
        super().__init__({}, "demo", cast("Any", None))
        self._only = provider

    def _provider(self, _who: Identity, _props: Mapping[str, Any]) -> ResourceProvider:
        return self._only


def one_after_the_other(work: Iterable[Callable[[], Any]]) -> None:
    """What is to happen concurrently, in turn."""
    for each in work:
        each()


def _declared(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"declared_by": _WHO.urn, **arguments}


def _goal(arguments: Mapping[str, Any]) -> Goal:
    return Goal(_WHO, custom=True, inputs=to_wire(_declared(arguments)))


@pytest.fixture
def account(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    """An empty account; the parameter is its contract (2026 unless said), or that with options of the emulator."""
    parameter = getattr(request, "param", "2026")
    contract, options = (parameter, {}) if isinstance(parameter, str) else parameter
    clock = HandClock()
    emulator = WatchedEmulator(contract, clock=clock.now, sleep=clock.sleep, **options)
    adapter = EmulatorAdapter(emulator=emulator)
    monkeypatch.setattr(EmulatorAdapter, "from_url", lambda _url: adapter)
    # The notes of creates are kept there.
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    found = Account(emulator, clock)
    found.restart()
    yield found
    process.begin()
    if contract == "2026":
        sdk_types.assert_known(map(sdk_types.recorded, emulator.sent))


both_contracts = pytest.mark.parametrize("account", ["2025", "2026"], indirect=True)
contract_2025 = pytest.mark.parametrize("account", ["2025"], indirect=True)
