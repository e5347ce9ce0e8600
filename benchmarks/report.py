"""The page in the docs: what was measured, how, on which machine, and how it stands to what was to be reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Final

from benchmarks.cases import HEADINGS, OPERATIONS
from benchmarks.programs import KINDS, Kind
from benchmarks.results import Measurement, OwnShare, Results
from benchmarks.targets import MB, targets

#: What profiles told, written by hand.
_PROFILE: Final = Path(__file__).parent / "profile.md"
# The load average that an idle machine may show.
_QUIET: Final = 0.5


def markdown(results: Results) -> str:
    """The whole page."""
    return "\n".join(_lines(results))


def _lines(results: Results) -> Iterator[str]:
    latency = f"{1000 * results.latency:.0f} ms"
    yield "# Benchmarks"
    yield ""
    yield "Written by `make bench`; do not edit. The raw figures: [results.json](../benchmarks/results.json)."
    yield ""
    yield "![Wall time and requests by number of entries](benchmarks.svg)"
    yield ""
    yield f"Measured {results.date} on {results.backend}:"
    yield ""
    yield from _table(["", ""], [[name, value] for name, value in results.machine.items()], left=2)
    if warning := busy(results):
        yield f"**{warning}**"
        yield ""
    yield from _targets(results)
    for comparison in COMPARISONS:
        yield from _comparison(results, comparison)
    for kind in KINDS:
        yield from _kind(results, kind)
    yield from _own_share(results)
    yield from _PROFILE.read_text(encoding="utf-8").splitlines()
    yield ""
    yield "## How"
    yield ""
    yield (
        f"`make bench` starts the emulator over HTTP in a process of its own; every answer takes {latency}. The "
        "program reads a CSV file of domains, addresses and IPs, each with a comment; all are in Python, those of the "
        "plugin with its generated SDK. A bare dynamic resource holds the same fields and sends nothing. Cases "
        "run in turns, and each on a new stack and account. Each operation is a command on a "
        "local file backend, without its own preview (`--skip-preview`), in the order of the tables. Requests are "
        "counted by the emulator. Wall time is the command's, CLI start included. Peak memory is the largest of any "
        "one process: engine, program or provider; the high-water marks of all are read from `/proc` ten times a "
        "second, and `wait4` adds what that misses. CPU time is that of all these processes, read likewise: other "
        "work on the machine lengthens wall time, not this. State is the size of `pulumi stack export` afterwards. "
        "Figures are medians of the runs in the last column."
    )
    yield ""


def busy(results: Results) -> str | None:
    """What to say where the machine had other work to do."""
    if results.load < _QUIET:
        return None
    return f"Other work was running (load average {results.load:.1f} at the start): wall times are too long."


def _kind(results: Results, kind: Kind) -> Iterator[str]:
    if not results.sizes(kind):
        return
    yield f"## {HEADINGS[kind]}"
    yield ""
    headings = ["operation", "entries", "reads", "writes", "wall time", "CPU time", "peak memory", "of", "state"]
    rows = [
        [operation.title, *cells(found), found.largest, _bytes(found.state_bytes), str(found.runs)]
        for operation in OPERATIONS
        for size in results.sizes(kind)
        if (found := results.find(kind, size, operation.name))
    ]
    yield from _table([*headings, "runs"], rows, left=1)


def cells(found: Measurement) -> list[str]:
    """Entries, reads, writes, wall time, CPU time and memory for people."""
    return [
        f"{found.entries:,}",
        f"{found.reads:,}",
        f"{found.writes:,}",
        f"{found.seconds:.1f} s",
        f"{fsum(found.cpu_by_role.values()):.1f} s" if found.cpu_by_role else "–",
        f"{found.peak_bytes / MB:.0f} MB",
    ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways of declaring the same entries, side by side."""

    title: str
    one: Kind
    other: Kind

    def rows(self, results: Results) -> list[list[str]]:
        """A row an operation and size that both were measured at."""
        return [
            [operation.title, f"{size:,}", *_side_by_side(found)]
            for operation in OPERATIONS
            for size in results.sizes(self.other)
            if len(found := [m for kind in (self.one, self.other) if (m := results.find(kind, size, operation.name))])
            == 2
        ]


def _side_by_side(found: list[Measurement]) -> Iterator[str]:
    yield " / ".join(f"{m.seconds:.2f} s" for m in found)
    yield " / ".join(cells(m)[4] for m in found)
    yield " / ".join(f"{m.requests:,}" for m in found)
    yield " / ".join(_bytes(m.state_bytes) for m in found)


COMPARISON_HEADINGS: Final = ["operation", "entries", "wall time", "CPU time", "requests", "state"]
COMPARISONS: Final = (
    Comparison("Single resources: dynamic / plugin", "single", "plugin_single"),
    Comparison("A collection: dynamic / plugin", "collection", "plugin_collection"),
    Comparison("Single resources: bare dynamic / ours", "bare", "single"),
    Comparison("The same entries: one collection / single resources", "collection", "single"),
)


def _comparison(results: Results, comparison: Comparison) -> Iterator[str]:
    if rows := comparison.rows(results):
        yield f"## {comparison.title}"
        yield ""
        yield from _table(COMPARISON_HEADINGS, rows, left=1)


def _targets(results: Results) -> Iterator[str]:
    if rows := targets(results):
        yield "## What was to be reached"
        yield ""
        yield "Medians; “beyond one entry” is the time less that of the same command for a collection of one entry."
        yield ""
        shown = [[row.what, row.limit, row.figure, "yes" if row.reached else "**no**"] for row in rows]
        yield from _table(["", "target", "measured", "reached"], shown, left=1)


def _own_share(results: Results) -> Iterator[str]:
    if not results.own_share:
        return
    yield "## Our own share"
    yield ""
    yield (
        "CPU time of this package's code (`benchmarks/own_share.py`): the program's part (reading the file, the "
        "constructor) and the provider's, called directly; requests are built and answers parsed, the emulator's own "
        "time is taken off. Engine, gRPC and the SDK's serialisation are not in it. Growth is the time an entry takes "
        "beside what it takes at the smallest size: 1.0 is linear."
    )
    yield ""
    names = list(dict.fromkeys(share.operation for share in results.own_share))
    shares = sorted(results.own_share, key=lambda share: (names.index(share.operation), share.entries))
    smallest = {share.operation: share for share in reversed(shares)}
    rows = [
        [
            share.operation,
            f"{share.entries:,}",
            f"{share.seconds:.2f} s",
            f"{growth(smallest[share.operation], share):.1f}",
            ", ".join(f"{step} {seconds:.2f}" for step, seconds in share.steps.items()),
        ]
        for share in shares
    ]
    yield from _table(["operation", "entries", "CPU time", "growth", "steps"], rows, left=1)


def growth(small: OwnShare, large: OwnShare) -> float:
    """The time an entry takes in `large` beside that in `small`."""
    return (large.seconds / large.entries) / (small.seconds / small.entries)


def _bytes(count: int) -> str:
    return f"{count / MB:.1f} MB" if count >= MB else f"{count / 1000:.0f} kB"


def _table(headings: list[str], rows: list[list[str]], *, left: int) -> Iterator[str]:
    """A Markdown table; columns after the first `left` are aligned to the right."""
    yield f"| {' | '.join(headings)} |"
    yield "|" + "|".join("---" if column < left else "---:" for column in range(len(headings))) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
