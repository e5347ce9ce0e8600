"""Random programs, edits, drift, faults, kills: whatever happened, one `up` in fair weather makes it right.

`make test` plays a fixed number of scripts; `HYPOTHESIS_PROFILE=soak` plays new ones for SOAK_SECONDS (600 unless
set) and prints what it counted as one line of JSON, also into the file that SOAK_REPORT names.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from trust.model import Model
from trust.programs import Script, moves, scripts
from trust.world import world

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
EXAMPLES = 60

totals: Counter[str] = Counter()


def play(script: Script, *, refresh: bool, threads: int = 1) -> None:
    """Play a script, then bring everything in order, then destroy it."""
    habits: dict[str, object] = {
        "duplicates": script.duplicates,
        "total_count": not script.total_count,
        **script.habits,
    }
    options: dict[str, Any] = {"habits": habits, "seed": script.seed}
    with world(
        script.contract, order=script.seed, threads=threads, page=script.page, chunk=script.chunk, **options
    ) as engine:
        model = Model(engine, script)
        model.play()
        model.converge(refresh=refresh)
        model.destroy()
        totals.update(model.counts)
        totals.update({f"operation {name}": count for name, count in engine.operations.items()})
        totals.update({f"fault {name}": count for name, count in engine.emulator.fired.items()})
        totals["requests"] += engine.emulator.log.total


@pytest.mark.skipif(SOAK, reason="the soak plays longer")
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(scripts() | moves(), st.booleans())
def test_any_story_ends_well(script: Script, refresh: bool) -> None:
    """After any edits, drift, faults and kills one `up` makes live what is declared, and destroy leaves the rest."""
    play(script, refresh=refresh)


@pytest.mark.skipif(not SOAK, reason="played by `make soak`")
def test_soak(capsys: pytest.CaptureFixture[str]) -> None:
    """New stories for as long as asked, counted."""
    start = time.monotonic()
    first = int(os.environ.get("SOAK_SEED", random.SystemRandom().randrange(10**9)))
    rounds = 0
    while time.monotonic() - start < SOAK_SECONDS:
        story = given(scripts() | moves(), st.booleans(), st.sampled_from((1, 4)))(
            lambda script, refresh, threads: play(script, refresh=refresh, threads=threads)
        )
        options = settings(
            max_examples=200,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        seed(first + rounds)(options(story))()
        rounds += 1
    report = {
        "seconds": round(time.monotonic() - start),
        "seed": first,
        **cast("dict[str, int]", dict(sorted(totals.items()))),
        "operations": sum(count for name, count in totals.items() if name.startswith("operation ")),
        "faults": sum(count for name, count in totals.items() if name.startswith("fault ")),
    }
    line = json.dumps(report)
    if path := os.environ.get("SOAK_REPORT"):
        Path(path).write_text(line + "\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\n{line}")  # noqa: T201 - the figures for docs/reliability.md
