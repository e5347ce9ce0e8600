"""The group of subcommands: what each is for, and where it is."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any, Final, cast

import click

from ..client.errors import EmailSecurityError
from ._output import CommandError

DISTRIBUTION: Final = "pulumi-cloudflare-email-security"


@dataclass(frozen=True, slots=True)
class Subcommand:
    """A module of this package whose `command` is the subcommand; `--help` of the group imports none of them.

    Attributes:
        summary: one line for the group's help.
        extra: the extra that holds what the module needs beyond `cli`.

    """

    summary: str
    extra: str = "cli"


SUBCOMMANDS: Final = {
    "block": Subcommand("Check senders, and add them to a block list's file"),
    "doctor": Subcommand("Check machine, configuration, token and account"),
    "export": Subcommand("Write an account as a Pulumi project, or its drift into the project's files"),
    "feed": Subcommand("Bring a block list's file up to date with STIX, MISP or plain feeds", extra="feeds"),
    "audit": Subcommand("What is risky about the entries in force"),
    "review": Subcommand("What a preview weakens, for people who approve it"),
    "schema": Subcommand("JSON Schemas of entry files, for editors"),
    "unblock": Subcommand("Take senders out of a block list's file"),
}


class _Lazy(click.Group):
    """A group that imports a subcommand when it is run, and ends every error of this package as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as they are listed."""
        del ctx
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now."""
        del ctx
        if cmd_name not in SUBCOMMANDS:
            return None
        try:
            module = importlib.import_module(f"{__package__}.{cmd_name.replace('-', '_')}")
        except ModuleNotFoundError as error:
            name = error.name or ""
            if name.startswith(__package__.partition(".")[0]):
                raise
            extra = SUBCOMMANDS[cmd_name].extra
            raise CommandError(f"{cmd_name} needs {name} — pip install '{DISTRIBUTION}[{extra}]'") from None
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand of the arguments; a near miss is told, and so is a value that is empty."""
        if args and not args[0].startswith("-") and args[0] not in SUBCOMMANDS:
            ctx.fail(f"no such command {args[0]!r}: there are {', '.join(sorted(SUBCOMMANDS))}")
        for before, value in pairwise(args):
            # An empty path would be this folder, an empty account that of the environment.
            if not value or (value.startswith("--") and value.endswith("=")):
                ctx.fail(f"the value after {before!r} is empty" if not value else f"{value} has no value")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of subcommands, without importing one."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUBCOMMANDS[name].summary) for name in sorted(SUBCOMMANDS)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(ctx)
        except EmailSecurityError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"{where}{error.strerror or error}") from None


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version(DISTRIBUTION), prog_name="cf-email-security")
def app() -> None:
    """Daily work on Cloudflare Email Security settings that a Pulumi program declares.

    \b
    Examples:
      cf-email-security doctor
      cf-email-security export --into email-security
      cf-email-security block senders.txt --into blocklist.csv --ticket INC-42

    Account and base URL are those of the Pulumi project in this folder and its selected stack, else of the
    environment, as in `pulumi up`; the token is read from the environment only (CLOUDFLARE_API_TOKEN).

    \b
    Exit codes:
      0  done
      1  failed; one line on stderr says why
      2  used wrongly
      3  done, but a part that was asked for is missing; it is named
      4  done, but entries were left out; they are named
      130  interrupted (Ctrl-C)
    """  # noqa: D301  (click's mark for lines that are not to be joined)
