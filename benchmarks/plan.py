"""What a run measures, and how often: each case with the number of its runs, of which the median counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.cases import Case
from benchmarks.programs import IN_PROCESS, Kind

Runs = dict[Kind, dict[int, int]]
#: Under a quarter of an hour on a quiet machine of two cores. What targets compare runs often.
USUAL: Final[Runs] = {
    "empty": {0: 3},
    "bare": {1: 5, 100: 1},
    "single": {1: 5, 100: 1, 1_000: 1},
    "collection": {1: 5, 100: 1, 1_000: 1, 10_000: 3, 100_000: 1},
    "plugin_single": {1: 1, 100: 1, 1_000: 1},
    "plugin_collection": {1: 1, 10_000: 1},
}
#: An hour or two.
FULL: Final[Runs] = {
    "empty": {0: 9},
    "bare": {1: 9, 100: 5, 300: 3, 1_000: 1},
    "single": {1: 9, 100: 5, 300: 3, 1_000: 3},
    "collection": {1: 9, 100: 5, 1_000: 5, 10_000: 5, 100_000: 3},
    "plugin_single": {1: 5, 100: 5, 300: 3, 1_000: 3},
    "plugin_collection": {1: 5, 100: 5, 1_000: 5, 10_000: 5, 100_000: 3},
}
QUICK: Final[Runs] = {"empty": {0: 1}, "bare": {1: 1}, "single": {1: 1, 100: 1}, "collection": {1: 1, 100: 1}}


@dataclass(frozen=True, slots=True)
class Planned:
    """A case and how often it runs."""

    case: Case
    runs: int


def plan(
    runs: Runs, *, sizes: Sequence[int] = (), only: Sequence[Kind] = (), repeat: int = 0, in_process: bool = False
) -> list[Planned]:
    """The cases of a run.

    Args:
        runs: what there is to choose from.
        sizes: these sizes only; collections are measured at sizes of no plan, too.
        only: these kinds only.
        repeat: how often each runs; 0 leaves it to the plan.
        in_process: only what needs no engine.

    """
    cases = [(Case(kind, size), often) for kind, wanted in runs.items() for size, often in wanted.items()]
    if sizes:
        cases = [(case, often) for case, often in cases if case.entries in sizes]
        known = {case for case, _ in cases}
        cases += [(case, 1) for case in (Case("collection", size) for size in sizes) if case not in known]
    kinds = {*only} or {*runs}
    return [
        Planned(case, repeat or often)
        for case, often in cases
        if case.kind in kinds and (case.kind in IN_PROCESS or not in_process)
    ]


def rounds(planned: Iterable[Planned]) -> Iterator[tuple[int, Planned]]:
    """Every run of every case, with its number from 1: in turns, so that what is compared ran at about one time."""
    waiting = list(planned)
    for number in range(1, max((one.runs for one in waiting), default=0) + 1):
        yield from ((number, one) for one in waiting if number <= one.runs)
