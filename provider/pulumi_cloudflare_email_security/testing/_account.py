"""An emulated account for tests of programs: in memory, strict, and never waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal
from unittest.mock import patch

from ..client.clock import Clock
from ..emulator import Emulator, EmulatorAdapter, Fault
from ..session.session import Session
from ..session.voice import Voice
from ._stack import InProcessStack

ACCOUNT_ID: Final = "0123456789abcdef0123456789abcdef"
_BASE_URL: Final = "emulator:in-memory"


class Dashboard:
    """What people do to an account behind the program's back, and what goes wrong with its API.

    Attributes:
        id: the account's id.
        emulator: the API behind it, for what is not said here.

    """

    id: str
    emulator: Emulator

    def seed(self, collection: str, *entries: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Put entries there, as somebody made them by hand; returns them as they are stored.

        Raises:
            TypeError: the entries are not given one by one.

        """
        if not isinstance(collection, str) or not all(isinstance(entry, Mapping) for entry in entries):
            raise TypeError('seed takes a collection and its entries, as in seed("block_senders", {…}, {…})')
        return self.emulator.seed({collection: entries}, account_id=self.id)[collection]

    def entries(self, collection: str) -> list[dict[str, Any]]:
        """What is there."""
        return self.emulator.entries(self.id, collection)

    def change(self, collection: str, id: Any, **fields: object) -> None:
        """Change an entry in the dashboard, behind the program's back."""
        self.emulator.change(self.id, collection, id, **fields)

    def remove(self, collection: str, id: Any) -> None:
        """Remove an entry in the dashboard."""
        self.emulator.remove(self.id, collection, id)

    def fail(self, kind: Any, operation: str = "*", times: int | None = 1, **options: Any) -> None:
        """Let requests go wrong from now on.

        Args:
            kind: what happens, such as "server_error", "rate_limited" or "cut_after".
            operation: the requests it happens to, such as "POST block_senders" or "GET *".
            times: how often; None for always.
            options: of the emulator's `Fault`.

        """
        self.emulator.inject(Fault(kind, operation=operation, times=times, **options))

    def recover(self) -> None:
        """End all faults."""
        self.emulator.clear_faults()


class EmulatedAccount(Dashboard):
    """A Cloudflare account in memory, of either contract.

    Time passes only where something would have waited, so that faults and rate limits cost a test nothing.

    Attributes:
        id: the account's id.
        config: the stack configuration with which a program reaches the account.
        emulator: the API behind it, for what is not said here.

    """

    def __init__(self, contract: Literal["2025", "2026"] = "2026", **habits: object) -> None:
        """Start with no entry; `habits` are those of the emulator, such as `lower_case=True`."""
        self._seconds = time.time()
        self._lock = threading.Lock()
        self.id = ACCOUNT_ID
        self.config: dict[str, Any] = {
            "cloudflare-email-security:baseUrl": _BASE_URL,
            "cloudflare-email-security:accountId": self.id,
        }
        self.emulator = Emulator(contract, habits=habits, clock=self._now, sleep=self._sleep)

    def stack(self, **options: Any) -> InProcessStack:
        """A stack whose programs reach this account; options are those of `InProcessStack`."""
        stack = InProcessStack(**{**options, "config": {**self.config, **options.get("config", {})}})
        stack._surroundings.session = self._session  # noqa: SLF001
        return stack

    @property
    def requests(self) -> list[str]:
        """Every request so far, as "POST block_senders" or "PATCH domains/{id}", the oldest first."""
        return [record.operation for record in self.emulator.log.records]

    @property
    def writes(self) -> list[str]:
        """Those of the requests that may change something."""
        return [request for request in self.requests if not request.startswith("GET ")]

    @contextmanager
    def connected(self) -> Iterator[None]:
        """While this lasts, programs with the account's configuration reach it."""
        open_url = EmulatorAdapter.from_url

        def from_url(url: str) -> EmulatorAdapter:
            return EmulatorAdapter(emulator=self.emulator) if url == _BASE_URL else open_url(url)

        with patch.object(EmulatorAdapter, "from_url", from_url):
            yield

    def _session(self, voice: Voice) -> Session:
        return Session(clock=Clock(self._now, self._sleep), voice=voice, now=self._now)

    def _now(self) -> float:
        return self._seconds

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds
