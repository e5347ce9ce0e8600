"""Fixtures of the emulator's tests."""

from __future__ import annotations

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.emulator_api import Api


class Clock:
    """A clock that stands until it is moved, and notes what was slept."""

    def __init__(self) -> None:
        """Start at a round moment."""
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock under the test's control."""
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Api:
    """An empty account of the 2026 contract."""
    return Api(Emulator("2026", clock=clock, sleep=clock.sleep))


@pytest.fixture
def api_2025(clock: Clock) -> Api:
    """An empty account of the 2025 contract."""
    return Api(Emulator("2025", clock=clock, sleep=clock.sleep))
