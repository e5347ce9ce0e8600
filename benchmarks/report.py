"""The page in the docs: what was measured, how, on which machine, and how it stands to what was to be reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from typing import Final

from benchmarks.cases import OPERATIONS, TITLES
from benchmarks.programs import KINDS, Kind
from benchmarks.results import Measurement, OwnShare, Results

MB: Final = 1_000_000
_HEADINGS: Final[dict[Kind, str]] = {
    "collection": "One `BlockSenders` resource",
    "single": "One `BlockSender` resource an entry",
}
_TARGET_SIZE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation on 10,000 entries may take; None sets no limit."""

    operation: str
    reads: int | None = None
    writes: int | None = None
    seconds: float | None = None

    def parts(self, measured: Measurement) -> Iterator[tuple[str, str, str, bool]]:
        """What was to be reached, its limit, its figure, and whether it is reached."""
        title = TITLES[self.operation]
        for word, limit, figure in (
            ("read requests", self.reads, measured.reads),
            ("write requests", self.writes, measured.writes),
        ):
            if limit is not None:
                yield f"{title}: {word}", f"{'≤ ' if limit else ''}{limit}", str(figure), figure <= limit
        if self.seconds is not None:
            reached = measured.seconds <= self.seconds
            yield f"{title}: wall time", f"≤ {self.seconds:g} s", f"{measured.seconds:.1f} s", reached


TARGETS: Final = (
    Target("first_up", reads=12, writes=12, seconds=10),
    Target("same_preview", reads=0, writes=0, seconds=8),
    Target("refresh", reads=11, writes=0, seconds=8),
    Target("destroy", writes=12),
)
_PEAK: Final = 400
_OWN_SECONDS: Final = 2.0
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
    for kind in KINDS:
        yield from _kind(results, kind)
    yield from _comparison(results)
    yield from _targets(results)
    yield from _own_share(results)
    yield "## How"
    yield ""
    yield (
        f"`make bench` starts the emulator over HTTP in a process of its own; every answer takes {latency}. The "
        "program reads a CSV file of domains, addresses and IPs, each with a comment. Each operation is a command on a "
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
    yield f"## {_HEADINGS[kind]}"
    yield ""
    headings = ["operation", "entries", "reads", "writes", "wall time", "CPU time", "peak memory", "of", "state"]
    rows = []
    for operation in OPERATIONS:
        for size in results.sizes(kind):
            if found := results.find(kind, size, operation.name):
                largest = max(found.peak_by_role, key=lambda role: found.peak_by_role[role], default="")
                rows.append([operation.title, *cells(found), largest, _bytes(found.state_bytes), str(found.runs)])
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


def comparison(results: Results) -> list[list[str]]:
    """How many times as much single resources take as a collection."""
    rows = []
    for operation in OPERATIONS:
        for size in results.sizes("single"):
            one, many = (results.find(kind, size, operation.name) for kind in KINDS)
            if one and many:
                requests = f"{many.requests / one.requests:,.0f}" if one.requests else "–"
                times = (f"{many.seconds / one.seconds:.1f}", f"{many.peak_bytes / one.peak_bytes:.1f}")
                rows.append([operation.title, f"{size:,}", requests, *times])
    return rows


def _comparison(results: Results) -> Iterator[str]:
    if rows := comparison(results):
        yield "## Single resources against a collection"
        yield ""
        yield "So many times as much as the collection takes:"
        yield ""
        yield from _table(["operation", "entries", "requests", "wall time", "peak memory"], rows, left=1)


def targets(results: Results) -> list[tuple[str, str, str, bool]]:
    """Everything that was to be reached at 10,000 entries."""
    rows: list[tuple[str, str, str, bool]] = []
    for target in TARGETS:
        if found := results.find("collection", _TARGET_SIZE, target.operation):
            rows += target.parts(found)
    peaks = [m.peak_bytes for m in results.measurements if (m.kind, m.entries) == ("collection", _TARGET_SIZE)]
    if peaks:
        peak = max(peaks) / MB
        rows.append(("peak memory of any process", f"≤ {_PEAK} MB", f"{peak:.0f} MB", peak <= _PEAK))
    for share in results.own_share:
        if share.entries == _TARGET_SIZE:
            reached = share.seconds < _OWN_SECONDS
            rows.append((f"own share: {share.operation}", f"< {_OWN_SECONDS:g} s", f"{share.seconds:.2f} s", reached))
    return rows


def _targets(results: Results) -> Iterator[str]:
    if rows := targets(results):
        yield f"## What was to be reached at {_TARGET_SIZE:,} entries"
        yield ""
        shown = [[what, limit, figure, "yes" if reached else "**no**"] for what, limit, figure, reached in rows]
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
