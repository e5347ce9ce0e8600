"""The rate limit, kept from this side: never too many, never a wait for nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from pulumi_cloudflare_email_security.client.limiter import LIMIT, RESERVE, WINDOW, RateLimiter, remaining
from support.fake_time import FakeTime


class Recorded:
    """A limiter in fake time that keeps when each place was taken."""

    def __init__(self, **limits: Any) -> None:
        self.time = FakeTime()
        self.told: list[str] = []
        self.taken: list[float] = []
        self.limiter = RateLimiter(self.time.clock, tell=self.told.append, **limits)
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Take a place."""
        self.limiter.acquire()
        with self._lock:
            self.taken.append(self.time.seconds)

    def most_in_a_window(self, window: float = WINDOW) -> int:
        """The most places taken within any window, its end excluded."""
        taken, most, start = sorted(self.taken), 0, 0
        for end, moment in enumerate(taken):
            while taken[start] <= moment - window:
                start += 1
            most = max(most, end - start + 1)
        return most


def header(left: int, reset: int) -> CaseInsensitiveDict[str]:
    """The API's header."""
    return CaseInsensitiveDict({"RateLimit": f'"default";r={left};t={reset}'})


def test_the_limit_stays_below_the_api() -> None:
    """5,000 requests in a row never make more than 1200 in five minutes, and the wait is no longer than needed."""
    recorded = Recorded()
    for _ in range(5000):
        recorded.acquire()
    assert recorded.most_in_a_window(5 * 60) == LIMIT - RESERVE < 1200
    assert recorded.time.slept <= 4 * WINDOW + 1


@settings(max_examples=60)
@given(
    limit=st.integers(1, 8),
    steps=st.lists(st.one_of(st.just("acquire"), st.floats(0, 400), st.tuples(st.just("block"), st.floats(0, 300)))),
)
def test_no_window_holds_more_than_the_limit(limit: int, steps: list[object]) -> None:
    """Whatever the pace, and whatever blocks come in between, every window of 300 s keeps the limit."""
    recorded = Recorded(limit=limit)
    for step in steps:
        if step == "acquire":
            recorded.acquire()
        elif isinstance(step, float):
            recorded.time.seconds += step
        elif isinstance(step, tuple):
            recorded.limiter.block(step[1])
    assert recorded.most_in_a_window() <= limit


@settings(max_examples=15)
@given(limit=st.integers(1, 30), requests=st.integers(1, 120))
def test_four_threads_keep_the_limit_together(limit: int, requests: int) -> None:
    """Threads that share a limiter keep the limit between them, and all get their turn."""
    recorded = Recorded(limit=limit)
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(recorded.acquire) for _ in range(requests)]:
            future.result(timeout=120)
    assert len(recorded.taken) == requests
    # The clock may be turned by another thread between the taking of a place and its noting here.
    assert recorded.time.seconds >= 1000 + ((requests - 1) // limit) * WINDOW - 1e-6


def test_a_block_of_five_minutes_is_sat_out_by_all() -> None:
    """After a refusal nobody sends for as long as it says, then everybody may."""
    recorded = Recorded()
    recorded.acquire()
    recorded.limiter.block(300)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: recorded.acquire(), range(8)))
    assert min(recorded.taken[1:]) >= 1300
    assert "going on in 300 s" in recorded.told[0]


def test_a_shorter_block_does_not_lift_a_longer_one() -> None:
    """Of two refusals the longer wait holds."""
    recorded = Recorded()
    recorded.limiter.block(100)
    recorded.limiter.block(1)
    recorded.acquire()
    assert recorded.taken == [1100]


def test_the_header_steers() -> None:
    """Where the API says that little is left, because others use the token too, it is waited for."""
    recorded = Recorded()
    recorded.limiter.observe(header(RESERVE + 2, 40))
    for _ in range(3):
        recorded.acquire()
    assert recorded.taken == [1000, 1000, 1040]
    assert "going on in 40 s" in recorded.told[0]


def test_answers_that_overtake_each_other_do_not_raise_what_is_left() -> None:
    """Of two answers of one window the smaller number holds, whichever comes last."""
    recorded = Recorded()
    recorded.limiter.observe(header(RESERVE, 40))
    recorded.limiter.observe(header(RESERVE + 50, 40))
    recorded.acquire()
    assert recorded.taken == [1040]


def test_a_new_window_counts_anew() -> None:
    """What is left in a new window does not depend on the old one."""
    recorded = Recorded()
    recorded.limiter.observe(header(0, 10))
    recorded.acquire()
    recorded.limiter.observe(header(500, 300))
    recorded.acquire()
    assert recorded.taken == [1010, 1010]


@pytest.mark.parametrize("waits", [[1.9], [0.5] * 5])
def test_short_waits_are_not_announced(waits: list[float]) -> None:
    """Nobody is told of a wait that is over before it is read."""
    recorded = Recorded()
    for wait in waits:
        recorded.limiter.block(wait)
        recorded.acquire()
    assert recorded.told == []


def test_a_wait_is_announced_once() -> None:
    """Four threads that wait for the same moment say so once."""
    recorded = Recorded(limit=1)
    recorded.acquire()
    for _ in range(3):
        recorded.limiter._announce(100)
    assert len(recorded.told) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"default";r=50;t=30', (50, 30.0)),
        ('"default";t=30;r=50', (50, 30.0)),
        ('"default";r=0;t=900', (0, WINDOW)),
        ('"default"; r=5; t=1, "burst";r=1;t=1', (5, 1.0)),
        ('"default";r=50', None),
        ('"default";q=1200;w=300', None),
        ("", None),
    ],
)
def test_what_the_header_says(value: str, expected: tuple[int, float] | None) -> None:
    """The header is read where it has both parts, in any order."""
    assert remaining({"Ratelimit": value}) == expected


def test_no_header_says_nothing() -> None:
    """An answer without the header changes nothing."""
    recorded = Recorded()
    recorded.limiter.observe({})
    recorded.acquire()
    assert recorded.time.slept == 0
