"""Time, injected: tests turn the clock by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since some moment, and a way to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def announce(message: str) -> None:
    """Tell the person at the terminal; the engine shows a provider's stderr under Diagnostics."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def today() -> date:
    """The day in UTC, by which entries and accepted risks expire."""
    return datetime.now(tz=UTC).date()
