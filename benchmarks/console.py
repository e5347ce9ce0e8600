"""What people see: progress while it runs, tables at the end. Colour only where the terminal has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status
from rich.table import Table

from benchmarks.cases import TITLES, Case, Operation
from benchmarks.programs import KINDS
from benchmarks.report import COMPARISON_HEADINGS, COMPARISONS, cells
from benchmarks.results import Measurement, Results
from benchmarks.targets import targets

_PIPE_WIDTH = 120


def console(*, stderr: bool = False) -> Console:
    """A console that neither colours nor wraps a pipe; rich respects NO_COLOR."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)


@dataclass(slots=True)
class Progress:
    """Says on stderr what is under way, and what came of it."""

    out: Console = field(default_factory=lambda: console(stderr=True))
    status: Status | None = None

    def say(self, text: str) -> None:
        """A line that stays."""
        self.out.print(text, markup=False)

    def of(self, case: Case, run: int, runs: int) -> Callable[[Operation, Measurement | None], None]:
        """What `run_case` tells its progress to."""

        def tell(operation: Operation, measured: Measurement | None) -> None:
            self._stop()
            if measured is None:
                if self.out.is_terminal:
                    self.status = self.out.status(f"{case}, run {run} of {runs}: {operation.title} …")
                    self.status.start()
                return
            _, reads, writes, seconds, cpu, peak = cells(measured)
            figures = f"{reads} reads, {writes} writes, {seconds} (CPU {cpu}), {peak}"
            self.say(f"{case}, run {run} of {runs}: {operation.title}: {figures}")

        return tell

    def _stop(self) -> None:
        if self.status is not None:
            self.status.stop()
            self.status = None


def show(results: Results) -> None:
    """The tables, on stdout."""
    out = console()
    out.print(f"{results.backend}; {', '.join(f'{name} {value}' for name, value in results.machine.items())}")
    out.print(_medians(results))
    for comparison in COMPARISONS:
        if rows := comparison.rows(results):
            table = Table(*COMPARISON_HEADINGS[:1], title=comparison.title)
            for heading in COMPARISON_HEADINGS[1:]:
                table.add_column(heading, justify="right")
            for row in rows:
                table.add_row(*row)
            out.print(table)
    if goals := targets(results):
        table = Table("", "target", "measured", "reached", title="what was to be reached")
        for goal in goals:
            reached = "[green]reached[/]" if goal.reached else "[bold red]not reached[/]"
            table.add_row(goal.what, goal.limit, goal.figure, reached)
        out.print(table)


def _medians(results: Results) -> Table:
    table = Table("", "operation", title="medians")
    for heading in ("entries", "reads", "writes", "wall time", "CPU time", "peak memory", "state"):
        table.add_column(heading, justify="right")
    for kind in KINDS:
        for found in sorted(results.measurements, key=lambda m: m.entries):
            if found.kind == kind:
                state = f"{found.state_bytes / 1000:,.0f} kB"
                table.add_row(kind.replace("_", " "), TITLES[found.operation], *cells(found), state)
        table.add_section()
    return table
