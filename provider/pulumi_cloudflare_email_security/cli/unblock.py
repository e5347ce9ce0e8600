"""`cf-email-security unblock`: senders out of a list's file; nothing is applied."""

from __future__ import annotations

import click

from ..entries.typed import written_key
from ..settings.block_sender import SETTING
from ._output import say
from .senders.options import end_changed, open_list
from .senders.sender import named_senders


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option(
    "--into",
    "--from",
    "path",
    type=click.Path(exists=True, dir_okay=False),
    required=True,
    metavar="LIST",
    help="The list's CSV or YAML file.",
)
@click.option("--ticket", metavar="ID", help="Take out only entries whose comment begins with this ticket.")
def command(source: str, path: str, ticket: str | None) -> None:
    """Take senders out of the file of a block list. Nothing is applied: `pulumi preview` shows what would change.

    FILE is as for `block`. Senders that are not in the list are named.

    \b
    Examples:
      cf-email-security unblock senders.txt --from blocklist.csv
      echo partner.example | cf-email-security unblock - --from blocklist.csv --ticket INC-42

    \b
    Exit codes:
      0  all were taken out
      1  none was taken out
      4  some were taken out, and the others are named
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    file = open_list(path)
    held = {
        written_key(SETTING, fields): (entry, str(fields.get("comments") or ""))
        for entry, fields in ((entry, file.fields_of(entry)) for entry in file.entries)
    }
    removed, left = 0, []
    for sender in named_senders(source):
        entry, comment = held.pop(sender.key, (None, ""))
        if entry is None:
            left.append(f"{sender.place}: {sender}: is not in {path}")
        elif ticket is not None and not comment.startswith(ticket):
            left.append(f"{sender.place}: {sender}: is there for another reason ({comment or 'no comment'})")
        else:
            file.remove(entry)
            removed += 1
    if removed:
        file.save()
    say(f"{path}: {removed} removed")
    end_changed(removed, left, "These senders are not taken out by this:")
