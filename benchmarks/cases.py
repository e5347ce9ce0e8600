"""What is measured: so many entries, declared one way, through a stack's life."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.emulated import emulated_api
from benchmarks.measure import run_measured
from benchmarks.plugin import Plugin
from benchmarks.programs import Kind, write_entries, write_program
from benchmarks.results import Measurement
from benchmarks.stacks import Command, open_stack


@dataclass(frozen=True, slots=True)
class Operation:
    """One step in a stack's life."""

    name: str
    title: str
    command: Command
    one_changed: bool = False


#: In this order, each on what the one before left.
OPERATIONS: Final = (
    Operation("first_preview", "preview of the first up", "preview"),
    Operation("first_up", "first up", "up"),
    Operation("same_preview", "no-op preview", "preview"),
    Operation("changed_preview", "one entry changed: preview", "preview", one_changed=True),
    Operation("changed_up", "one entry changed: up", "up", one_changed=True),
    Operation("refresh", "refresh", "refresh"),
    Operation("destroy", "destroy", "destroy"),
)
TITLES: Final = {operation.name: operation.title for operation in OPERATIONS}
HEADINGS: Final[dict[Kind, str]] = {
    "empty": "An empty program",
    "bare": "A bare dynamic resource an entry",
    "single": "One `BlockSender` resource an entry",
    "collection": "One `BlockSenders` resource",
    "plugin_single": "One `BlockSender` resource of the plugin an entry",
    "plugin_collection": "One `BlockSenders` resource of the plugin",
}


@dataclass(frozen=True, slots=True)
class Case:
    """So many entries, declared one way."""

    kind: Kind
    entries: int

    def __str__(self) -> str:
        """For people."""
        return f"{HEADINGS[self.kind].replace('`', '')}, {self.entries:,}"

    @property
    def by_plugin(self) -> bool:
        """Whether the program uses the plugin."""
        return self.kind.startswith("plugin")


def run_case(
    case: Case, cli: Path | None, plugin: Plugin | None, tell: Callable[[Operation, Measurement | None], None]
) -> list[Measurement]:
    """Measure each operation once, on a new stack and a new account.

    Args:
        case: what is declared.
        cli: the Pulumi CLI; None runs in-process.
        plugin: what projects of the plugin need.
        tell: called before (with None) and after each operation.

    """
    found = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, emulated_api() as api:
        folder = Path(name) / "project"
        used = plugin if case.by_plugin else None
        write_program(folder, case.kind, case.entries, used.settings if used else None)
        stack = open_stack(cli, folder, {**api.environment, **(used.environment if used else {})})
        for operation in OPERATIONS:
            write_entries(folder, case.entries, one_changed=operation.one_changed)
            tell(operation, None)
            api.take_requests()
            usage = run_measured(stack.command(operation.command), folder, stack.environment)
            requests = api.take_requests()
            measurement = Measurement(
                kind=case.kind,
                entries=case.entries,
                operation=operation.name,
                reads=requests.reads,
                writes=requests.writes,
                seconds=round(usage.seconds, 3),
                peak_bytes=usage.peak_bytes,
                peak_by_role=usage.peak_by_role,
                cpu_by_role=usage.cpu_by_role,
                state_bytes=stack.state_bytes(),
                output_bytes=len(usage.output.encode()),
            )
            tell(operation, measurement)
            found.append(measurement)
    return found
