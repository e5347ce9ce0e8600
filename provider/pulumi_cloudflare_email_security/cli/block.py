"""`cf-email-security block`: senders into a list's file, checked; nothing is applied."""

from __future__ import annotations

from datetime import date

import click

from ..client.errors import EntriesFileError
from ..entries.editing import open_entries
from ..entries.typed import whole_fields
from ..settings.block_sender import SETTING
from ._context import Connecting, connecting
from ._output import listed, say, warn
from .senders.guard import make_guard
from .senders.options import Day, end_changed, offline, own_domains, read_senders
from .senders.sender import Sender


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option(
    "--into",
    "path",
    type=click.Path(dir_okay=False),
    required=True,
    metavar="LIST",
    help="The list's CSV or YAML file.",
)
@click.option("--ticket", metavar="ID", help="The ticket, which becomes the entries' comment.")
@click.option("--comment", metavar="TEXT", help="A comment for all entries, after the ticket.")
@click.option("--expires", type=Day(), metavar="DAY", help="The day from which they are not blocked any more.")
@own_domains
@click.option("--common", is_flag=True, help="Block free mail providers and shared services, too, if they are named.")
@offline
@connecting
def command(
    connection: Connecting,
    *,
    source: str,
    path: str,
    ticket: str | None,
    comment: str | None,
    expires: date | None,
    own: tuple[str, ...],
    common: bool,
    offline: bool,
) -> None:
    """Add senders to the file of a list of blocked senders. Nothing is applied: `pulumi preview` shows what will be.

    FILE has a sender a line: an address, a domain or an IP range, also made harmless as in evil[.]example; "-" is
    standard input; a CSV, YAML or JSON file of entries is taken, too. Left out, and named, are senders that are no
    such thing, that are blocked already, that are an own domain or belong to it, that an allow policy exempts, and
    those that many others use. Own domains and exemptions are those of the program beside the list and of the account.

    \b
    Examples:
      cf-email-security block senders.txt --into blocklist.csv --ticket INC-42 --expires 2027-01-31
      grep -o 'from=<[^>]*' mail.log | cut -c7- | cf-email-security block - --into blocklist.csv --ticket INC-42

    \b
    Exit codes:
      0  all were added
      1  none was added
      4  some were added, and the others are named
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    file = open_entries(SETTING, path)
    guard = make_guard(connection, path, own, offline=offline)
    for entry in file.entries:
        guard.learn(SETTING, whole_fields(SETTING, entry), entry.place())
    added, left_out = 0, []
    for sender in read_senders(source):
        why = guard.why_not(sender, common=not common)
        if why is None:
            try:
                file.add(sender.fields(comment=_comment(ticket, comment, sender), expires=expires))
            except EntriesFileError as error:
                why = str(error)
        if why is None:
            added += 1
            guard.blocked[sender.key] = sender.place
        else:
            left_out.append(f"{sender.place}: {sender}: {why}")
    if added:
        file.save()
    say(f"{path}: {added} added")
    if left_out:
        warn(f"LEFT OUT: {len(left_out)}", "bold red")
        listed("These senders are not blocked by this:", left_out, limit=500)
    end_changed(added, left_out)


def _comment(ticket: str | None, comment: str | None, sender: Sender) -> str:
    return ": ".join(filter(None, [ticket, comment or " ".join(sender.comment.split())]))[:1024]
