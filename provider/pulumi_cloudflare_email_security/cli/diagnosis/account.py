"""The account: whether the token is accepted, what it may read, which contract and habits the API shows, its clock."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ...client.clock import Clock
from ...client.credentials import Connection
from ...client.envelope import printable
from ...client.errors import ApiError, BlockedError, EmailSecurityError
from ...client.habits import PAGE_SIZE
from ...client.limiter import RateLimiter
from ...client.pages import Entry
from ...client.transport import Client
from ...model.fields import Flag, SetOf
from ...model.setting import Setting
from ...model.text import counted
from ...settings import SETTINGS
from . import Finding, Status, failed_by, failure, ok, warning

_MOST_SKEW: Final = 60
# Somebody waits for what this says: a host that is not there is told after seconds.
_TIMEOUT: Final = (2.5, 20.0)
_PATIENCE: Final = 1.0
_PERMISSION: Final = "the permission 'Cloud Email Security: Edit' (or Read)"
_ONLY_2026: Final = frozenset(setting.collection for setting in SETTINGS if setting.since == "2026")


class _Watching(RateLimiter):
    """A rate limiter that keeps the headers that it is shown."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.date: str | None = None

    def observe(self, headers: Mapping[str, str]) -> None:
        """Keep the time of the answer."""
        self.date = headers.get("Date") or self.date
        super().observe(headers)


@dataclass(slots=True)
class Account:
    """What first pages of the account's collections show.

    Attributes:
        now: this machine's time.
        clock: by which failed requests are sent again.

    """

    connection: Connection
    account_id: str
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)
    clock: Clock = field(default_factory=Clock)
    pages: dict[str, tuple[list[Entry], int | None]] = field(default_factory=dict)
    refusals: dict[str, ApiError] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Look at the account; a first page of each collection is read."""
        watching = _Watching(self.clock)
        client = Client(
            self.connection,
            clock=self.clock,
            limiter=watching,
            timeout=_TIMEOUT,
            patience=_PATIENCE,
            tell=lambda _: None,
        )
        for setting in SETTINGS:
            endpoint = setting.endpoint(client, self.account_id)
            try:
                page = endpoint.page(1)
                self.pages[setting.collection] = (page.entries, page.total)
            except ApiError as error:
                self.refusals[setting.collection] = error
            except EmailSecurityError as error:
                yield failed_by("API", error, "check the network and the base URL")
                return
        yield from self._accepted()
        if self.pages:
            for setting in SETTINGS:
                yield self._collection(setting)
            yield self._contract()
            yield from self._habits()
            yield from self._patterns()
        yield from clock(watching.date, self.now())

    def _accepted(self) -> Iterator[Finding]:
        if self.pages:
            yield ok("Token accepted", f"for account {self.account_id}")
            return
        error = next(iter(self.refusals.values()))
        if isinstance(error, BlockedError):
            yield failed_by("API", error, "")
        elif error.status in {404, 405}:
            yield failure("API", f"has none of the collections: {_what(error)}", "check the base URL and the account")
        else:
            yield failure(
                "Token accepted",
                f"no: {_what(error)}",
                f"check token and account: the token needs {_PERMISSION} for this account",
            )

    def _collection(self, setting: Setting) -> Finding:
        name = setting.collection
        if name in self.pages:
            entries, total = self.pages[name]
            if total is not None:
                return ok(name, f"can be read: {counted(total, 'entry', 'entries')}")
            return ok(name, f"can be read: {counted(len(entries), 'entry', 'entries')} on the first page")
        error = self.refusals[name]
        if error.status in {404, 405}:
            return Finding(name, Status.SKIPPED, "is not part of this account's API")
        said = "; ".join(map(str, error.problems)) or "without a message"
        told = f"cannot be read ({error.status}: {printable(said, 160)})"
        # What stopped the request before it came to the API says nothing of the token.
        stopped = isinstance(error, BlockedError)
        return failure(name, told, str(error).partition(" — ")[2] if stopped else f"give the token {_PERMISSION}")

    def _contract(self) -> Finding:
        ids = [entry["id"] for entries, _ in self.pages.values() for entry in entries]
        if any(str(id_).isdecimal() for id_ in ids):
            return ok("Contract", "2025 (ids are numbers)")
        if ids:
            return ok("Contract", "2026 (ids are UUIDs)")
        return ok("Contract", "2026" if _ONLY_2026 & self.pages.keys() else "2025")

    def _habits(self) -> Iterator[Finding]:
        habits: dict[str, list[str]] = {}
        for setting in SETTINGS:
            if setting.collection in self.pages:
                for habit in _habits_of(setting, *self.pages[setting.collection]):
                    habits.setdefault(habit, []).append(setting.collection)
        yield ok("Habits", "; ".join(f"{habit} ({', '.join(names)})" for habit, names in habits.items()) or "none seen")

    def _patterns(self) -> Iterator[Finding]:
        entries, _ = self.pages.get("allow_policies", ([], None))
        odd = [str(entry.get("pattern")) for entry in entries if _beyond_dashboard(entry)]
        if odd:
            yield ok(
                "Allow policies",
                f"{counted(len(odd), 'is an address range or an', 'are address ranges or')} IPv6 "
                f"{'address' if len(odd) == 1 else 'addresses'}, such as {printable(odd[0], 60)}: the API takes them, "
                "though the dashboard's documentation knows single IPv4 addresses only",
            )


def _habits_of(setting: Setting, entries: list[Entry], total: int | None) -> Iterator[str]:
    """Habits of a collection's answers."""
    if total is None:
        yield "lists do not say how many entries there are"
    elif len(entries) < min(total, PAGE_SIZE):
        yield f"a page holds {len(entries)} entries where {PAGE_SIZE} were asked for"
    fields = setting.schema.api_fields
    flags = [name for name, field in fields.items() if isinstance(field, Flag) and field.required is not None]
    if any(name not in entry for name in flags if fields[name].default is not None for entry in entries):
        yield "answers leave out what is false"
    sets = [name for name, field in fields.items() if isinstance(field, SetOf)]
    if any(entry.get(name, ()) is None for name in sets for entry in entries):
        yield "answers have null for an empty list"


def _what(error: ApiError) -> str:
    """What a request was answered, without what to do about it."""
    return str(error).partition(" — ")[0]


def _beyond_dashboard(entry: Mapping[str, Any]) -> bool:
    if entry.get("pattern_type") != "IP" or entry.get("is_regex"):
        return False
    try:
        network = ipaddress.ip_network(str(entry.get("pattern")), strict=False)
    except ValueError:
        return False
    return network.version == 6 or network.num_addresses > 1


def clock(date: str | None, now: datetime) -> Iterator[Finding]:
    """How far this machine's clock is from the API's."""
    try:
        there = parsedate_to_datetime(date) if date else None
    except ValueError:
        there = None
    if there is None:
        yield Finding("Clock", Status.SKIPPED, "the API's answers do not say the time")
        return
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    skew = round((now - there).total_seconds())
    if abs(skew) > _MOST_SKEW:
        which = "ahead of" if skew > 0 else "behind"
        yield warning(
            "Clock",
            f"this machine is {abs(skew)} s {which} the API",
            "set the clock: entries expire by this machine's day",
        )
    else:
        yield ok("Clock", f"{abs(skew)} s from the API's")
