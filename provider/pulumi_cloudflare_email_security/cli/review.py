"""`cf-email-security review`: a preview for people who approve pull requests."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click

from ..client.clock import today
from ..review.engine import Kinds
from ..review.findings import Severity
from ..review.machine import report_as_json, to_sarif
from ..review.markdown import to_markdown
from ..review.plan import Plan
from ..review.preview import read_plans
from ..review.report import Report, make_report
from ..settings import RESOURCES
from ._app import DISTRIBUTION
from ._output import console
from ._report import (
    EXIT_CODES,
    FAILS,
    PASSES,
    UnreadableInput,
    fail_on,
    read_input,
    read_states,
    reading,
    severity_of,
    show,
    write,
)


@click.command("review", epilog=EXIT_CODES)
@click.argument("files", nargs=-1, metavar="[FILE…|-]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "table", "json", "sarif"]),
    help="What to print; a table on a terminal, else Markdown for a pull request.",
)
@fail_on
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="FILE",
    help="The stack's `pulumi stack export`: entries are judged beside what stays as it is, too.",
)
@click.option("--full", metavar="FILE", type=click.Path(dir_okay=False), help="Write the uncut Markdown to a file.")
def command(files: tuple[str, ...], form: str | None, fail_on: str, states: tuple[str, ...], full: str | None) -> None:
    """Say what a preview weakens, by rule, and what it adds, changes and deletes.

    Reads the output of `pulumi preview --json`, of one stack or several, from files or from standard input.
    With `--show-sames`, or with the stack's state, entries are judged beside those that stay as they are: a block
    of an own domain, an allowance of a blocked sender. The Markdown is at most 60,000 characters long, which fits a
    comment on GitHub.

    \b
    Examples:
      pulumi preview --json --show-sames > preview.json; cf-email-security review preview.json
      pulumi preview --json --show-sames | cf-email-security review --fail-on medium
      cf-email-security review dev.json prod.json --full review.md > comment.md
      cf-email-security review preview.json --format sarif > review.sarif
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    kinds = Kinds.of(RESOURCES)
    plans: list[Plan] = []
    with reading():
        for name in files or ("-",):
            plans += read_plans(read_input(name), kinds, source="standard input" if name == "-" else name)
    report = make_report(plans, today=today(), beside=read_states(states).entries)
    threshold = severity_of(fail_on)
    if full is not None:
        try:
            Path(full).write_text(to_markdown(report, threshold=threshold, limit=None), encoding="utf-8")
        except OSError as error:
            raise UnreadableInput(f"{full}: cannot be written: {error.strerror}") from None
    _print(report, form or ("table" if console().is_terminal else "markdown"), threshold)
    raise click.exceptions.Exit(FAILS if report.failed or report.reaches(threshold) else PASSES)


def _print(report: Report, form: str, threshold: Severity | None) -> None:
    if form == "json":
        write(report_as_json(report, threshold=threshold))
    elif form == "sarif":
        write(to_sarif(report.findings, version=version(DISTRIBUTION)))
    elif form == "markdown":
        write(to_markdown(report, threshold=threshold))
    else:
        tally = " ".join(f"{sign}{count:,}" for sign, count in report.tally().items() if count) or "no changes"
        stacks = ", ".join(plan.stack or "no resources" for plan in report.plans)
        show(report.for_people().findings, f"{stacks} ({tally}){' — THE PREVIEW FAILED' if report.failed else ''}")
