"""What was measured, and on which machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from math import fsum
from pathlib import Path
from statistics import median
from typing import Any, Self

from benchmarks.programs import Kind


@dataclass(frozen=True, slots=True)
class Measurement:
    """One operation, measured once or as the median of several runs (`runs`); requests are the most of any run."""

    kind: Kind
    entries: int
    operation: str
    reads: int
    writes: int
    seconds: float
    peak_bytes: int
    peak_by_role: dict[str, int]
    cpu_by_role: dict[str, float]
    state_bytes: int
    output_bytes: int
    runs: int = 1

    @property
    def requests(self) -> int:
        """Reads and writes."""
        return self.reads + self.writes

    @property
    def largest(self) -> str:
        """The role of the largest process."""
        return max(self.peak_by_role, key=lambda role: self.peak_by_role[role], default="")


@dataclass(frozen=True, slots=True)
class OwnShare:
    """CPU seconds of this package's own code for one operation on one collection, engine and emulator apart."""

    entries: int
    operation: str
    steps: dict[str, float]

    @property
    def seconds(self) -> float:
        """All steps."""
        return fsum(self.steps.values())


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run; `load` is the load average of one minute before it, which other work causes."""

    date: str
    backend: str
    latency: float
    load: float
    machine: dict[str, str]
    measurements: list[Measurement] = field(default_factory=list)
    own_share: list[OwnShare] = field(default_factory=list)

    def find(self, kind: Kind, entries: int, operation: str) -> Measurement | None:
        """One measurement, if it was made."""
        wanted = (kind, entries, operation)
        return next((m for m in self.measurements if (m.kind, m.entries, m.operation) == wanted), None)

    def sizes(self, kind: Kind) -> list[int]:
        """The numbers of entries that were measured."""
        return sorted({m.entries for m in self.measurements if m.kind == kind})

    def kept_from(self, former: Results) -> Results:
        """These results with a former run's figures, where the machine and what ran on it are the same."""
        if (former.machine, former.backend, former.latency) == (self.machine, self.backend, self.latency):
            return replace(self, measurements=[*former.measurements], own_share=[*former.own_share])
        return self

    def add(self, measured: Sequence[Measurement]) -> None:
        """Put measurements in, in place of former ones of the same cases."""
        cases = {(m.kind, m.entries) for m in measured}
        kept = [m for m in self.measurements if (m.kind, m.entries) not in cases]
        # Sorting is stable: the operations stay in order.
        self.measurements[:] = sorted([*kept, *measured], key=lambda m: (m.kind, m.entries))

    def add_shares(self, measured: Sequence[OwnShare]) -> None:
        """Put shares in, in place of former ones of the same size."""
        sizes = {share.entries for share in measured}
        kept = [share for share in self.own_share if share.entries not in sizes]
        self.own_share[:] = sorted([*kept, *measured], key=lambda share: share.entries)

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file that `to_json` wrote."""
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content["measurements"] = [Measurement(**item) for item in content["measurements"]]
        content["own_share"] = [OwnShare(**item) for item in content["own_share"]]
        return cls(**content)


def medians(runs: Iterable[Sequence[Measurement]]) -> list[Measurement]:
    """Repeated runs of one case as one."""
    return [_median(list(same)) for same in zip(*runs, strict=True)]


def _median(same: list[Measurement]) -> Measurement:
    first = same[0]
    return Measurement(
        kind=first.kind,
        entries=first.entries,
        operation=first.operation,
        reads=max(m.reads for m in same),
        writes=max(m.writes for m in same),
        seconds=round(median(m.seconds for m in same), 3),
        peak_bytes=int(median(m.peak_bytes for m in same)),
        peak_by_role={role: int(median(m.peak_by_role.get(role, 0) for m in same)) for role in first.peak_by_role},
        cpu_by_role={role: round(median(m.cpu_by_role.get(role, 0) for m in same), 2) for role in first.cpu_by_role},
        state_bytes=int(median(m.state_bytes for m in same)),
        output_bytes=int(median(m.output_bytes for m in same)),
        runs=len(same),
    )


def describe_machine(cli_version: str | None) -> dict[str, str]:
    """The machine, for people."""
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": _system(),
        "Python": platform.python_version(),
        "Pulumi SDK": version("pulumi"),
        "Pulumi CLI": cli_version or "none",
        "this package": version("pulumi-cloudflare-email-security"),
    }


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
