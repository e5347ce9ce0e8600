"""`cf-email-security block`: senders into a list's file, checked; nothing is applied."""

from __future__ import annotations

from datetime import date

import click

from ..client.errors import EntriesFileError
from ..settings.block_sender import SETTING
from ._context import Connecting, connecting
from ._output import say
from .senders.guard import make_guard
from .senders.options import Day, end_changed, into, offline, open_list, own_domains
from .senders.sender import Sender, named_senders


@click.command()
@click.argument("source", metavar="FILE|-")
@into
@click.option("--ticket", metavar="ID", help="The ticket, with which each entry's comment begins.")
@click.option("--comment", metavar="TEXT", help="A comment for all entries, after the ticket.")
@click.option("--expires", type=Day(), metavar="DAY", help="The first day on which they are no longer blocked.")
@own_domains
@click.option("--common", is_flag=True, help="Block free mail providers and shared services too.")
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
    """Add senders to the file of a block list. Nothing is applied: `pulumi preview` shows what would change.

    FILE has one sender on each line: an address, a domain or an IP range, also defanged as in evil[.]example. "-"
    reads standard input. A CSV, YAML or JSON file of entries is taken too.

    Left out, and named, is what is not a valid sender, what is blocked already, your own domains and what is below
    them, what an allow policy exempts, and services through which many others send. Your domains and the exemptions
    come from the program beside the list and from the account.

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
    file, senders = open_list(path), named_senders(source)
    guard = make_guard(connection, path, own, offline=offline)
    for entry in file.entries:
        guard.learn(SETTING, file.fields_of(entry), entry.place())
    added, left_out = 0, []
    for sender in senders:
        why = guard.why_not(sender, common=not common)
        if why is None:
            try:
                file.add(sender.fields(comment=_comment(ticket, comment, sender), expires=expires))
            except EntriesFileError as error:
                why = str(error)
        if why is None:
            added += 1
        else:
            left_out.append(f"{sender.place}: {sender}: {why}")
    if added:
        file.save()
    say(f"{path}: {added} added")
    end_changed(added, left_out, "These senders are not blocked by this:")


def _comment(ticket: str | None, comment: str | None, sender: Sender) -> str:
    return ": ".join(filter(None, [ticket, comment or " ".join(sender.comment.split())]))[:1024].rstrip()
