"""One provider of a deployment: its session, its configuration, and how it is heard and stopped."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from ..client.clock import Clock
from ..client.errors import ConfigurationError, EmailSecurityError
from ..model.schema import Failure, has_unknown
from ..model.setting import Setting
from ..model.text import in_any_language
from ..session.configuration import NAMESPACE, Configuration, check_base_url
from ..session.engine import EngineGoneError, EngineVoice
from ..session.session import Session
from ..session.singles import Singles, advice
from ..session.stack import StackState
from ..session.voice import Severity, Voice, to_stderr
from .names import advice_in_any_language
from .schema import PROVIDER_INPUTS

_resource: ContextVar[str] = ContextVar("resource", default="")
#: What a provider's inputs may be that have a few values.
_ALLOWED: Final = {
    "adopt": (r"(?i:true|false)", "true or false"),
    "verify": (r"(?i:true|false)", "true or false"),
    "risk": ("warn|refuse|off", "one of warn, refuse, off"),
    "deleteLimit": ("0*([0-9]{1,2}|100)", "a whole number of percent, from 0 to 100"),
}


class CancelledError(EmailSecurityError):
    """The user has cancelled the deployment: nothing more is sent."""


@contextmanager
def about(urn: str) -> Iterator[None]:
    """Within this context messages are about the resource, in no language's own words."""
    token = _resource.set(urn)
    try:
        with in_any_language():
            yield
    finally:
        _resource.reset(token)


class Deployment:
    """What the calls of one provider share.

    Args:
        engine_address: where the engine listens, or None where there is none to tell.

    """

    def __init__(self, engine_address: str | None = None) -> None:
        self._address = _host_and_port(engine_address)
        self._voice: Voice = EngineVoice.at(engine_address) if engine_address else to_stderr
        self._cancelled = threading.Event()
        self.configuration = Configuration.from_environment()
        self.singles = Singles()
        self._state = StackState(lambda message: self.session.tell(message, "", Severity.WARNING))
        self.session = Session(
            voice=self._say,
            before_write=self._refuse_when_over,
            holders=self._state.holders,
            clock=Clock(sleep=self._wait),
            deployment=engine_address or "",
        )

    def configure(self, values: Mapping[str, Any], provider: str) -> None:
        """Take the provider's inputs, and how resources name it; nothing is sent."""
        self._state.provider = provider
        self.configuration = configuration_of(values)

    def note_single(self, setting: Setting, urn: str, collection: str) -> None:
        """A single entry is declared; `collection` is the type that holds many. Says so where they are many, once."""
        if self.singles.are_many(setting, urn):
            with about(""):  # it is about the stack
                self.session.tell(advice(urn.split("::")[2].rpartition(":")[2], collection, adopt="`adopt: true`"))

    def cancel(self) -> None:
        """Send nothing more, and wait for nothing: what is under way ends, what follows is refused."""
        self._cancelled.set()

    def _say(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        self._voice(advice_in_any_language(message), urn or _resource.get(), severity)

    def _wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError(_CANCELLED)

    def _refuse_when_over(self) -> None:
        if self._cancelled.is_set():
            raise CancelledError(_CANCELLED)
        if self._address is not None:
            # Nothing ends a plugin when the engine is killed, and nobody would record what it sends.
            try:
                socket.create_connection(self._address, timeout=5).close()
            except ConnectionRefusedError:
                raise EngineGoneError("the Pulumi engine is gone: nothing more is sent") from None
            except OSError:
                return


_CANCELLED: Final = "cancelled: nothing more is sent; the next run goes on"


def configuration_of(values: Mapping[str, Any]) -> Configuration:
    """The configuration that a provider's inputs make; the environment stands behind them as for the stack's."""
    texts = {f"{NAMESPACE}:{name}": _text(value) for name, value in values.items() if not has_unknown(value)}
    return Configuration(texts.get, os.environ)


def check_configuration(values: Mapping[str, Any]) -> Iterator[Failure]:
    """What is wrong with a provider's inputs, by property."""
    for name in sorted(values.keys() - PROVIDER_INPUTS.keys() - {"version", "pluginDownloadURL"}):
        yield Failure(name, f"is not known: there are {', '.join(PROVIDER_INPUTS)}")
    texts = {name: _text(value) for name, value in values.items() if not has_unknown(value)}
    for name, (allowed, what) in _ALLOWED.items():
        if name in texts and not re.fullmatch(allowed, texts[name]):
            yield Failure(name, f"must be {what}")
    try:
        if texts.get("baseUrl"):
            check_base_url(texts["baseUrl"], "baseUrl")
    except ConfigurationError as error:
        yield Failure("baseUrl", str(error).removeprefix("baseUrl: "))
        return
    if any(has_unknown(values.get(name)) for name in ("baseUrl", "apiToken", "apiKey", "apiEmail")):
        return
    configuration, account = configuration_of(values), texts.get("accountId")
    try:
        configuration.connection()
        if account and (why := configuration.account_problem(account)):
            yield Failure("accountId", why)
    except ConfigurationError as error:
        yield Failure("apiEmail" if texts.get("apiKey") and not texts.get("apiToken") else "apiToken", str(error))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _host_and_port(address: str | None) -> tuple[str, int] | None:
    host, _, port = (address or "").rpartition(":")
    return (host, int(port)) if host and port.isdecimal() else None
