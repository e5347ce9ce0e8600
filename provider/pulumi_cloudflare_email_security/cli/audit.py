"""`cf-email-security audit`: the rules of the review on what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

import click

from ..client.clock import today
from ..client.errors import ApiError, AuthenticationError, EmailSecurityError, NoSuchRouteError, NotFoundError
from ..review.findings import Finding, Severity, reach
from ..review.machine import findings_as_json, to_sarif
from ..review.markdown import audit_markdown
from ..review.state import Stock, audit, live_entries
from ..session.session import Session
from ..settings import SETTINGS
from ._app import DISTRIBUTION
from ._context import Context, with_context
from ._output import warn
from ._report import (
    EXIT_CODES,
    FAILS,
    PASSES,
    UnreadableInput,
    fail_on,
    read_states,
    severity_of,
    show,
    write,
)


@click.command("audit", epilog=EXIT_CODES)
@click.option(
    "--state", "states", multiple=True, metavar="FILE", help="Judge `pulumi stack export`'s output; sends nothing."
)
@click.option(
    "--managed-by",
    "known",
    multiple=True,
    metavar="FILE",
    help="States of the stacks that manage the account: entries in none of them are named.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown", "sarif"]),
    default="table",
    show_default=True,
    help="What to print.",
)
@fail_on
@with_context
def command(context: Context, states: tuple[str, ...], known: tuple[str, ...], form: str, fail_on: str) -> None:
    """Say what is risky about the entries in force: of a live account, or of a stack's exported state.

    Beside the review's rules it names exemptions that are stale or past their day, and entries that nobody declares.

    \b
    Examples:
      cf-email-security audit
      pulumi stack export > state.json; cf-email-security audit --state state.json
      cf-email-security audit --managed-by state.json --fail-on medium
      cf-email-security audit --format sarif > audit.sarif
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    day = today()
    skipped: list[str] = []
    if states:
        stock = read_states(states)
    else:
        try:
            stock = _live(context, read_states(known) if known else None, skipped)
        except EmailSecurityError as error:
            raise UnreadableInput(str(error)) from None
    findings = audit(stock, today=day)
    threshold = severity_of(fail_on)
    _print(findings, stock, form, threshold, day)
    for line in skipped:
        warn(line)
    raise click.exceptions.Exit(FAILS if reach(findings, threshold) else PASSES)


def _live(context: Context, known: Stock | None, skipped: list[str]) -> Stock:
    """The account's entries; a collection that it does not have, or that the token may not read, is named."""
    stock = Stock()
    session, account = Session(), context.account_id
    refused: ApiError | None = None
    for setting in SETTINGS:
        listing = session.listing(setting, account, context.configuration)
        try:
            entries = listing.all()
        except (NoSuchRouteError, NotFoundError) as error:
            refused = refused or error
            skipped.append(f"{setting.collection}: this account does not have them")
            continue
        except AuthenticationError as error:
            refused = error
            skipped.append(f"{setting.collection}: not read: {error}")
            continue
        stock.entries += live_entries(setting, account, entries, known)
    if len(skipped) == len(SETTINGS) and refused is not None:
        raise refused
    return stock


def _print(findings: Sequence[Finding], stock: Stock, form: str, threshold: Severity | None, day: date) -> None:
    count = len(stock.entries)
    if form == "json":
        write(findings_as_json(findings, threshold=threshold, more={"day": day.isoformat(), "entries": count}))
    elif form == "sarif":
        write(to_sarif(findings, version=version(DISTRIBUTION)))
    elif form == "markdown":
        write(audit_markdown(findings, entries=count, day=day))
    else:
        show(findings, f"{count:,} entries in force on {day}")
