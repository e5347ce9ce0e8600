"""What these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import coverage
import pytest


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """They run the same lines a hundred thousand times, which other tests measure: tracing doubles what they take."""
    tracer = coverage.Coverage.current()
    if tracer is not None:
        tracer.stop()
    yield
    if tracer is not None:
        tracer.start()
