"""What the commands about senders share: options, the file of their list, and their end."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from ...client.clock import today
from ...client.errors import EntriesFileError
from ...entries.editing import EntryFile, open_entries
from ...model import invalid
from ...model.days import day
from ...settings.block_sender import SETTING
from .._declared import Declared, declared_in
from .._output import Exit, end, listed, say, warn
from .._project import find_project

into = click.option(
    "--into",
    "path",
    type=click.Path(dir_okay=False),
    required=True,
    metavar="LIST",
    help="The list's CSV or YAML file.",
)
own_domains = click.option(
    "--own", multiple=True, metavar="DOMAIN", help="A domain of yours that neither program nor account names."
)
offline = click.option(
    "--offline", is_flag=True, help="Do not ask the account for your domains, exemptions and blocked senders."
)


class Day(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2027-01-31, which is still to come."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        try:
            found = day(str(value))
        except invalid.ValidationError as error:
            self.fail(str(error.messages[0]), param, ctx)
        if found <= today():
            self.fail(f"{value} is not after today", param, ctx)
        return found


def open_list(path: str) -> EntryFile:
    """The list's file, open for changes, as the program beside it reads it: with the defaults that it gives.

    Raises:
        EntriesFileError: it cannot be read, or is in a form that cannot be changed.

    """
    project = find_project(Path(path).absolute().parent)
    defaults: Mapping[str, Any] = {}
    if project is not None:
        # A program that is no Python is told by whoever asks it for more.
        with contextlib.suppress(EntriesFileError):
            declared = declared_in(project.folder).get(SETTING.collection, Declared())
            files = {(project.folder / name).resolve(): said for name, said in declared.defaults.items()}
            defaults = files.get(Path(path).resolve(), {})
    return open_entries(SETTING, path, defaults)


def end_changed(count: int, left_out: Sequence[str], title: str) -> None:
    """End a command that changed so many entries of a list's file, and left others out; the title says what of them."""
    if left_out:
        warn(f"LEFT OUT: {len(left_out)}", "bold red")
        listed(title, list(left_out), limit=500)
    if count:
        say("Nothing is applied yet: pulumi preview, then pulumi up")
    end((Exit.LEFT_OUT if count else Exit.FAILED) if left_out or not count else Exit.DONE)
