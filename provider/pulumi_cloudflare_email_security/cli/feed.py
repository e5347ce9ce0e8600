"""`cf-email-security feed`: files of feeds into a list's file; it adds and prolongs, and never lifts a block early."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.util import find_spec
from typing import Any, Final

import click

from ..client.clock import today
from ..client.errors import EntriesFileError
from ..entries.editing import EntryFile
from ..entries.entry import FileEntry
from ..entries.typed import written_key
from ..model.days import day
from ..model.state import EXPIRES
from ..settings.block_sender import SETTING
from ._app import DISTRIBUTION
from ._context import Connecting, connecting
from ._output import CommandError, Exit, end, listed, say
from .senders.feeds import SENDER_TYPES, Feed, Warnings
from .senders.guard import Guard, make_guard
from .senders.options import into, offline, open_list, own_domains
from .senders.sender import Sender

_FREE_GROWTH: Final = 100
_TYPES: Final = [*map(str.lower, SENDER_TYPES)]


@click.command()
@click.argument("sources", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@into
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long an entry stays unless its feed says.",
)
@click.option(
    "--types", default=",".join(SENDER_TYPES).lower(), show_default=True, help="Which kinds of senders to take."
)
@own_domains
@click.option(
    "--max-growth", type=click.IntRange(0), default=20, show_default=True, metavar="PERCENT",
    help="How much the list may grow in one run; 100 new entries are always allowed.",
)  # fmt: skip
@click.option("--no-brake", is_flag=True, help="Let the list grow without limit, as in the first run.")
@offline
@connecting
def command(
    connection: Connecting,
    *,
    sources: tuple[str, ...],
    path: str,
    days: int,
    types: str,
    own: tuple[str, ...],
    max_growth: int,
    no_brake: bool,
    offline: bool,
) -> None:
    """Bring the file of a block list up to date with feeds. Nothing is fetched, and nothing is applied.

    FILE is a STIX 2.1 bundle, a MISP event in JSON, or a plain list. Each sender is blocked until the day that its
    feed names, or else for --days from now. A sender that is seen again stays longer; one whose day has passed is
    removed. Left out are your own domains and what is below them, what an allow policy exempts, services through
    which many send, and what is on MISP's warning lists. Give each feed a list of its own, apart from those that
    people edit.

    \b
    Examples:
      cf-email-security feed bundle.json --into feeds/partner.csv --no-brake
      cf-email-security feed event-*.json abuse.txt --into feeds/abuse.csv --days 14 --types email,domain

    \b
    Exit codes:
      0  the list is up to date; what was left out is counted and named
      1  nothing was written: a file cannot be read, or the brake refused
    """  # noqa: D301  (click's mark for lines that are not to be joined)
    kinds = {kind.strip().upper() for kind in types.split(",")}
    if unknown := kinds.difference(SENDER_TYPES):
        raise click.UsageError(f"--types: {min(unknown).lower()} is none of {', '.join(_TYPES)}")
    for library in ("stix2", "pymispwarninglists"):
        if find_spec(library) is None:
            raise CommandError(f"feed needs {library} — pip install '{DISTRIBUTION}[feeds]'")
    feed = Feed()
    for source in sources:
        feed.read(source)
    guard = make_guard(connection, path, own, offline=offline)
    update = _Update(open_list(path), guard, Warnings(), today() + timedelta(days=days))
    update.take([*feed.current(kinds, today())])
    update.drop_expired()
    before = len(update.file.entries)
    most = max(_FREE_GROWTH, before * max_growth // 100)
    if not no_brake and update.added > most:
        raise CommandError(
            f"{path}: {update.added} entries would come to {before}, of which {most} may — nothing is written; "
            "look at the feed, then pass --no-brake, or a higher --max-growth"
        )
    if update.added or update.prolonged or update.expired:
        update.file.save()
    say(f"{path}: {update}")
    for reason, count in feed.passed_over.most_common():
        say(f"passed over: {count} {reason}")
    if update.left_out:
        listed(f"LEFT OUT: {len(update.left_out)}", update.left_out)
    end(Exit.DONE)


@dataclass(slots=True)
class _Update:
    """A list's file on its way to what the feeds say."""

    file: EntryFile
    guard: Guard
    warnings: Warnings
    until: date
    added: int = 0
    prolonged: int = 0
    expired: int = 0
    left_out: list[str] = field(default_factory=list)
    seen: set[tuple[Any, ...]] = field(default_factory=set)

    def __str__(self) -> str:
        kept = len(self.file.entries) - self.prolonged - self.expired
        return f"{self.added} added, {self.prolonged} prolonged, {self.expired} expired, {kept} as before"

    def take(self, senders: Sequence[Sender]) -> None:
        """Add the senders, or prolong them."""
        held = {written_key(SETTING, self.file.fields_of(entry)): entry for entry in self.file.entries}
        latest: dict[tuple[Any, ...], Sender] = {}
        for sender in senders:
            first = latest.setdefault(sender.key, sender)
            if self._last_day(sender) > self._last_day(first):
                latest[sender.key] = sender
        for key, sender in latest.items():
            if (why := self._objection(sender, held)) is not None:
                self.left_out.append(f"{sender.place}: {sender}: {why}")
            elif (entry := held.get(key)) is not None:
                self._prolong(entry, key, sender)
            else:
                self._add(sender)

    def _last_day(self, sender: Sender) -> date:
        return sender.expires or self.until

    def _objection(self, sender: Sender, held: Container[tuple[Any, ...]]) -> str | None:
        if (why := self.guard.why_not(sender, common=True, held=held)) is not None:
            return why
        name = self.warnings.of(sender)
        return None if name is None else f"is on the warning list {name!r}"

    def _add(self, sender: Sender) -> None:
        comment = " ".join(sender.comment.split())[:1024].rstrip() or sender.place.partition(" ")[0].partition(":")[0]
        try:
            self.file.add(sender.fields(comment=comment, expires=self._last_day(sender)))
        except EntriesFileError as error:
            self.left_out.append(f"{sender.place}: {sender}: {error}")
        else:
            self.added += 1

    def _prolong(self, entry: FileEntry, key: tuple[Any, ...], sender: Sender) -> None:
        """Let an entry stay longer; never shorter, and one without a day for ever."""
        self.seen.add(key)
        now = _day(entry)
        if now is not None and self._last_day(sender) > now:
            self.file.change(entry, {EXPIRES: self._last_day(sender).isoformat()})
            self.prolonged += 1

    def drop_expired(self) -> None:
        """Remove what no feed names any more and whose day has passed."""
        for entry in self.file.entries:
            last = _day(entry)
            if (
                last is not None
                and last <= today()
                and written_key(SETTING, self.file.fields_of(entry)) not in self.seen
            ):
                self.file.remove(entry)
                self.expired += 1


def _day(entry: FileEntry) -> date | None:
    value = entry.get(EXPIRES)
    return None if value is None else value if isinstance(value, date) else day(value)
