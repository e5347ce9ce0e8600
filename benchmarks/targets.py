"""What was to be reached, and whether it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.cases import TITLES
from benchmarks.results import Results

MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A target for people: what it is about, its limit, its figure, and whether it is reached."""

    what: str
    limit: str
    figure: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation on a collection may take: seconds beyond those of one entry, and requests."""

    operation: str
    entries: int
    seconds: float
    requests: int | None = None

    def rows(self, results: Results) -> Iterator[Row]:
        """How it stands; nothing where it was not measured."""
        found = results.find("collection", self.entries, self.operation)
        one = results.find("collection", 1, self.operation)
        what = f"{TITLES[self.operation]}, {self.entries:,} entries"
        if found and one:
            beyond = found.seconds - one.seconds
            limit = f"≤ {self.seconds:.1f} s"
            yield Row(f"{what}: beyond one entry", limit, f"{beyond:.2f} s", beyond <= self.seconds)
        if found and self.requests is not None:
            limit = f"≤ {self.requests}" if self.requests else "0"
            yield Row(f"{what}: requests", limit, str(found.requests), found.requests <= self.requests)


TARGETS: Final = (
    Target("same_preview", 10_000, 0.8, 0),
    Target("same_preview", 100_000, 5, 0),
    Target("first_up", 10_000, 1.2, 11),
    Target("first_up", 100_000, 11, 102),
    Target("changed_up", 10_000, 1.0, 2),
    Target("changed_up", 100_000, 7),
    Target("refresh", 10_000, 0.8, 11),
    Target("refresh", 100_000, 6, 101),
    Target("destroy", 10_000, 0.7, 10),
    Target("destroy", 100_000, 6, 100),
)
#: The largest process, in megabytes, by the number of entries.
PEAKS: Final = {10_000: 200, 100_000: 700}
#: The time of a single resource's preview beside that of a bare dynamic resource.
BARE_RATIO: Final = 1.15
#: Seconds of this package's own code, by operation and number of entries.
OWN_SECONDS: Final = {
    ("first up", 10_000): 2.0,
    ("no-op preview", 10_000): 2.0,
    ("one entry changed: up", 10_000): 2.0,
    ("refresh", 10_000): 2.0,
    ("destroy", 10_000): 2.0,
    ("no-op preview", 100_000): 2.0,
}


def targets(results: Results) -> list[Row]:
    """Everything that was to be reached and was measured."""
    return [
        *_one(results),
        *(row for target in TARGETS for row in target.rows(results)),
        *_peaks(results),
        *_own(results),
    ]


def _one(results: Results) -> Iterator[Row]:
    single, bare = (results.find(kind, 1, "same_preview") for kind in ("single", "bare"))
    if single and bare:
        ratio = single.seconds / bare.seconds
        figure = f"{ratio:.2f} ({single.seconds:.2f} s, {bare.seconds:.2f} s)"
        what = "no-op preview, one entry: beside a bare dynamic resource"
        yield Row(what, f"≤ {BARE_RATIO}", figure, ratio <= BARE_RATIO)


def _peaks(results: Results) -> Iterator[Row]:
    for entries, limit in PEAKS.items():
        found = [m for m in results.measurements if (m.kind, m.entries) == ("collection", entries)]
        if found:
            largest = max(found, key=lambda m: m.peak_bytes)
            peak = largest.peak_bytes / MB
            figure = f"{peak:.0f} MB ({largest.largest}, {TITLES[largest.operation]})"
            yield Row(f"peak memory of any process, {entries:,} entries", f"≤ {limit} MB", figure, peak <= limit)


def _own(results: Results) -> Iterator[Row]:
    for share in results.own_share:
        limit = OWN_SECONDS.get((share.operation, share.entries))
        if limit is not None:
            what = f"own share: {share.operation}, {share.entries:,} entries"
            yield Row(what, f"< {limit:g} s", f"{share.seconds:.2f} s", share.seconds < limit)
