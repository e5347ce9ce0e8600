"""`cf-email-security doctor`: whether machine, configuration, token and account are ready."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from ..client.errors import ConfigurationError
from ._context import Context, with_context
from ._output import Exit, end, say
from .diagnosis import Finding, Status, machine
from .diagnosis.account import Account

_MARKS = {
    Status.OK: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.SKIPPED: ("-", "dim"),
}


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@with_context
def command(context: Context, form: str) -> None:
    """Check Python, the Pulumi CLI, the configuration, the token and the account; each with a tick or a remedy.

    Reads the first page of each collection and changes nothing. No secret is printed.

    \b
    Examples:
      cf-email-security doctor
      cf-email-security doctor --stack prod --format json

    \b
    Exit codes:
      0  everything is ready; warnings may be there
      1  something must be remedied
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    found = []
    for finding in _findings(context):
        found.append(finding)
        if form == "text":
            mark, style = _MARKS[finding.status]
            say(f"{mark} {finding.name}: {finding.text}", style if finding.status is not Status.OK else "")
            if finding.remedy:
                say(f"    {finding.remedy}")
    failed = any(finding.status is Status.FAILED for finding in found)
    if form == "json":
        click.echo(json.dumps({"ready": not failed, "findings": list(map(asdict, found))}, indent=2))
    end(Exit.FAILED if failed else Exit.DONE)


def _findings(context: Context) -> Iterator[Finding]:
    yield from machine.python()
    yield from machine.pulumi_cli()
    yield from machine.package()
    yield from machine.project(context)
    yield from machine.settings(context)
    yield from machine.credentials(context)
    try:
        account = Account(context.configuration.connection(), context.account_id)
    except ConfigurationError:
        return
    yield from account.findings()
