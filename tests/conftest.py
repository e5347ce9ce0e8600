"""Fixtures of all levels: in-process runner, provider process, real CLI; and no way out to the network."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from pulumi_cloudflare_email_security.dynamic.resources import pickler_restored
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.cli import find_cli
from support.provider_process import ProviderProcess

# How long an example takes is the machine's matter.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Pulumi home of the tests' own, where the journals go."""
    return tmp_path_factory.mktemp("pulumi_home")


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> None:
    """What the tests start can be interrupted, even where they run in the background, which ignores SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, pulumi_home: Path) -> None:
    """No test sees the developer's own Cloudflare credentials, or writes to their Pulumi home."""
    monkeypatch.setenv("PULUMI_HOME", str(pulumi_home))
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "CF_API_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def pickler_as_it_was() -> Iterator[None]:
    """A test takes along what the SDK wraps the pickler in."""
    with pickler_restored():
        yield


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine, by address or by name."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in _LOOPBACK:
            raise RuntimeError(f"a test tried to connect to {address}")
        connect(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in _LOOPBACK:
            raise RuntimeError(f"a test tried to look up {host!r}")
        return getaddrinfo(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


@pytest.fixture
def in_process() -> Callable[..., InProcessStack]:
    """Make in-process stacks: `in_process(config={...})`."""

    def make(**options: Any) -> InProcessStack:
        return InProcessStack(**{"project": "demo", **options})

    return make


@pytest.fixture
def provider_process() -> Iterator[Callable[..., ProviderProcess]]:
    """Start provider processes, ended with the test: `provider_process(provider, config={...})`."""
    with ExitStack() as running:

        def start(*arguments: Any, **options: Any) -> ProviderProcess:
            return running.enter_context(ProviderProcess(*arguments, **options))

        yield start


@pytest.fixture(scope="session")
def cli() -> Path:
    """The Pulumi CLI. Skips without one, or fails when PULUMI_CLI_REQUIRED=1."""
    found = find_cli()
    if found:
        return found
    reason = "no pulumi CLI on PATH or in ~/.pulumi/bin"
    if os.environ.get("PULUMI_CLI_REQUIRED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
