"""What `review` and `audit` have in common: their options, their exit codes, and findings as a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..client.envelope import printable
from ..review.engine import Kinds, UnreadableError
from ..review.findings import Finding, Severity, counts_of
from ..review.markdown import counts_text
from ..review.state import Stock, read_state
from ..settings import RESOURCES
from ._output import CommandError, Exit, console

#: Nothing is at or above `--fail-on`; something is. What cannot be read ends with 2, as wrong usage does.
PASSES: Final = 0
FAILS: Final = 1
_STYLES: Final = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "blue"}
_MOST_ROWS: Final = 200

EXIT_CODES: Final = """\b
Exit codes:
  0  nothing at or above --fail-on
  1  something is, or a preview failed
  2  it could not read
"""

fail_on = click.option(
    "--fail-on",
    type=click.Choice(["high", "medium", "low", "never"]),
    default="high",
    show_default=True,
    help="The severity from which on the command fails.",
)


class UnreadableInput(CommandError):  # noqa: N818  (it is shown as one line)
    """Input that could not be read."""

    exit_code = Exit.USAGE


def severity_of(name: str) -> Severity | None:
    """The severity of `--fail-on`."""
    return None if name == "never" else Severity.named(name)


def read_input(name: str) -> str:
    """The text of a file of JSON, or standard input's for `-`; also as PowerShell redirects it, in UTF-16."""
    try:
        if name == "-" and sys.stdin is None:
            raise UnreadableInput("standard input: is closed")
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode(json.detect_encoding(raw))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableInput(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


@contextmanager
def reading() -> Iterator[None]:
    """End with the code for what cannot be read."""
    try:
        yield
    except UnreadableError as error:
        raise UnreadableInput(str(error)) from None


def read_states(files: Sequence[str]) -> Stock:
    """The entries of several states."""
    stock = Stock()
    kinds = Kinds.of(RESOURCES)
    with reading():
        for name in files:
            stock.add(read_state(read_input(name), kinds, source=name))
    return stock


def write(text: str) -> None:
    """Print text as it is."""
    click.echo(text.rstrip("\n"))


def show(findings: Sequence[Finding], title: str, out: Console | None = None) -> None:
    """Findings as a table on a terminal, and as lines in a pipe."""
    out = out or console()
    counting = [one for one in findings if one.counts]
    out.print(Text(f"{title}: {counts_text(counts_of(findings))}", "bold"))
    if out.is_terminal:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("severity", "rule", "entry", "what", "where"):
            table.add_column(column, overflow="fold", no_wrap=column in {"severity", "rule"})
        for one in counting[:_MOST_ROWS]:
            cells = map(printable, _cells(one))
            table.add_row(Text(str(one.severity), _STYLES[one.severity]), *map(Text, cells))
        out.print(table, soft_wrap=False)
    else:
        for one in counting[:_MOST_ROWS]:
            out.print(Text(f"{one.severity!s:6}  " + "  ".join(filter(None, map(printable, _cells(one))))))
    if len(counting) > _MOST_ROWS:
        out.print(Text(f"… and {len(counting) - _MOST_ROWS:,} more: --format json has all"))
    accepted = len(findings) - len(counting)
    if accepted:
        out.print(Text(f"{accepted:,} accepted", "dim"))


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    where = " ".join(filter(None, [finding.where, finding.resource]))
    return finding.rule.id, finding.entry, finding.message, where
