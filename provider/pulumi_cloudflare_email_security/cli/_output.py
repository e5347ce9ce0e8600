"""What the subcommands print, and how they end."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import IO, Any

import click
from rich.console import Console
from rich.text import Text

from ..client.envelope import printable


class Exit(IntEnum):
    """What the exit codes mean (see `cf-email-security --help`)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    #: A part that was asked for is missing: a collection that could not be read, a check that did not pass.
    PARTLY = 3
    #: Entries were left out.
    LEFT_OUT = 4


class CommandError(click.ClickException):
    """An error that ends the command with one line on stderr."""

    exit_code = Exit.FAILED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(f"cf-email-security: {self.message}", file=file, err=file is None)


def console(*, err: bool = False) -> Console:
    """The terminal: colours unless NO_COLOR is set or the output is a pipe, and lines of any length."""
    return Console(file=sys.stderr if err else sys.stdout, highlight=False, soft_wrap=True, markup=False, emoji=False)


def say(text: str, style: str = "") -> None:
    """A line of the result."""
    console().print(Text(text, style))


def warn(text: str, style: str = "yellow") -> None:
    """A line about the result, on stderr: what is skipped or left out."""
    console(err=True).print(Text(text, style))


def listed(title: str, items: list[str], *, limit: int = 50) -> None:
    """Warn of items, one a line, up to a limit."""
    warn(title)
    for item in items[:limit]:
        warn(f"  {printable(item)}")
    if len(items) > limit:
        warn(f"  … and {len(items) - limit} more")


def end(*codes: Exit) -> None:
    """End the command with the first code that is not DONE."""
    raise click.exceptions.Exit(next((code for code in codes if code is not Exit.DONE), Exit.DONE))
