"""A command's wall time, and the memory and CPU time of the processes it starts.

Where the kernel tells (Linux), the high-water mark (`VmHWM`) and the CPU time of every process of the tree are
read ten times a second. `wait4` adds what that missed, and is all there is elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_INTERVAL: Final = 0.1
#: Seconds after which a command hangs.
_TOO_LONG: Final = 900
_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
# By what stands in the command line; the first that fits.
_ROLES: Final = (
    ("pulumi.dynamic", "provider"),
    ("pulumi_cloudflare_email_security.plugin", "provider"),
    ("pulumi-language-python-exec", "program"),
    ("pulumi-language-python", "language plugin"),
    ("benchmarks.stacks", "in-process"),
    ("pulumi", "engine"),
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took: seconds, bytes, and both by role of the process (engine, provider, program)."""

    seconds: float
    peak_bytes: int
    peak_by_role: dict[str, int]
    cpu_by_role: dict[str, float]
    output: str


class CommandError(Exception):
    """A measured command failed."""


@dataclass(slots=True)
class _Tree:
    """What was seen of the processes, by process id."""

    peaks: dict[int, int] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)

    def look(self, root: int) -> None:
        for pid in _family(root):
            try:
                command = (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
                if not command:
                    continue  # it has ended and waits to be waited for
                self.roles[pid] = next((role for text, role in _ROLES if text in command), "other")
                self.peaks[pid] = max(self.peaks.get(pid, 0), _high_water_mark(pid))
                self.cpu[pid] = _cpu_seconds(pid)
            except (OSError, ValueError, IndexError):
                continue  # it ended meanwhile

    def peak_by_role(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for pid, peak in self.peaks.items():
            found[self.roles[pid]] = max(found.get(self.roles[pid], 0), peak)
        return dict(sorted(found.items()))

    def cpu_by_role(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pid, seconds in self.cpu.items():
            found[self.roles[pid]] = round(found.get(self.roles[pid], 0) + seconds, 2)
        return dict(sorted(found.items()))


def run_measured(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Usage:
    """Run a command to its end.

    Raises:
        CommandError: it failed; the text is its output.

    """
    log = folder / "output.txt"
    tree = _Tree()
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() - start > _TOO_LONG:
                process.kill()
            tree.look(process.pid)
            time.sleep(_INTERVAL if tree.peaks else 0.01)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        msg = f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}"
        raise CommandError(msg)
    waited = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    peak = max([waited, *tree.peaks.values()])
    return Usage(seconds, peak, tree.peak_by_role(), tree.cpu_by_role(), text)


def _family(root: int) -> Iterator[int]:
    """A process and its descendants."""
    yield root
    pids: list[str] = []
    with suppress(OSError):  # it ended meanwhile
        for children in (_PROC / str(root) / "task").glob("*/children"):
            pids += children.read_text().split()
    for pid in pids:
        yield from _family(int(pid))


def _high_water_mark(pid: int) -> int:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _cpu_seconds(pid: int) -> float:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
