"""The account: whether the token is accepted, what it may read, which contract and habits the API shows, its clock."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ...client.credentials import Connection
from ...client.endpoint import PAGE_SIZE, Endpoint, Entry
from ...client.envelope import printable
from ...client.errors import ApiError, EmailSecurityError, RequestError
from ...client.limiter import RateLimiter
from ...client.transport import Client
from ...model.fields import Flag, SetOf
from ...model.setting import Setting
from ...model.text import counted
from ...settings import SETTINGS
from .finding import Finding, Status, ok, warning
from .finding import failed as failure

_MOST_SKEW: Final = 60
_ONLY_2026: Final = frozenset(setting.collection for setting in SETTINGS if setting.since == "2026")


class _Watching(RateLimiter):
    """A rate limiter that keeps the headers that it is shown."""

    def __init__(self) -> None:
        super().__init__()
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

    """

    connection: Connection
    account_id: str
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)
    pages: dict[str, tuple[list[Entry], int | None]] = field(default_factory=dict)
    refusals: dict[str, RequestError] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Look at the account; a first page of each collection is read."""
        watching = _Watching()
        client = Client(self.connection, limiter=watching, tell=lambda _: None)
        for setting in SETTINGS:
            endpoint = Endpoint(client, self.account_id, setting.collection, order=setting.order)
            try:
                page = endpoint.page(1)
                self.pages[setting.collection] = (page.entries, page.total)
            except ApiError as error:
                self.refusals[setting.collection] = error
            except EmailSecurityError as error:
                yield failure("API", str(error), "check the network and the base URL")
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
        yield failure(
            "Token accepted",
            f"no: {error}",
            "check account and token; it needs the permission 'Cloud Email Security: Edit' (or Read) for this account",
        )

    def _collection(self, setting: Setting) -> Finding:
        name = setting.collection
        if name in self.pages:
            entries, total = self.pages[name]
            count = f"{total}" if total is not None else f"{len(entries)}{'+' if len(entries) >= PAGE_SIZE else ''}"
            return ok(name, f"can be read: {counted(count, 'entry', 'entries')}")
        error = self.refusals[name]
        if isinstance(error, ApiError) and error.status in {404, 405}:
            return Finding(name, Status.SKIPPED, "is not part of this account's API")
        said = "; ".join(map(str, error.problems)) if isinstance(error, ApiError) else str(error)
        status = error.status if isinstance(error, ApiError) else "no answer"
        return failure(
            name,
            f"cannot be read ({status}: {printable(said or 'without a message', 160)})",
            "give the token the permission 'Cloud Email Security: Edit' (or Read)",
        )

    def _contract(self) -> Finding:
        ids = [entry["id"] for entries, _ in self.pages.values() for entry in entries]
        if any(str(id_).isdecimal() for id_ in ids):
            return ok("Contract", "2025 (ids are numbers)")
        if ids:
            return ok("Contract", "2026 (ids are UUIDs)")
        return ok("Contract", "2026" if _ONLY_2026 & self.pages.keys() else "2025")

    def _habits(self) -> Iterator[Finding]:
        habits: list[str] = []
        if silent := [name for name, (_, total) in self.pages.items() if total is None]:
            habits.append(f"lists do not say how many entries there are ({', '.join(silent)})")
        for name, (entries, total) in self.pages.items():
            if total is not None and len(entries) < min(total, PAGE_SIZE):
                habits.append(f"{name}: a page holds {len(entries)} entries where {PAGE_SIZE} were asked for")
        for setting in SETTINGS:
            entries, _ = self.pages.get(setting.collection, ([], None))
            habits += _answers(setting, entries)
        yield ok("Habits", "; ".join(habits) or "none seen")

    def _patterns(self) -> Iterator[Finding]:
        entries, _ = self.pages.get("allow_policies", ([], None))
        odd = [str(entry.get("pattern")) for entry in entries if _beyond_dashboard(entry)]
        if odd:
            yield warning(
                "Allow policies",
                f"{len(odd)} hold an address range or an IPv6 address, such as {printable(odd[0], 60)}",
                "nothing to do: the API takes them; the dashboard's documentation knows single IPv4 addresses only",
            )


def _answers(setting: Setting, entries: list[Entry]) -> Iterator[str]:
    """Habits of a collection's answers."""
    for name, api_field in setting.schema.api_fields.items():
        if isinstance(api_field, Flag) and api_field.required is not None and api_field.default is not None:
            if missing := sum(name not in entry for entry in entries):
                yield f"{setting.collection}: {missing} answers leave {name} out"
        elif isinstance(api_field, SetOf) and (nulls := sum(entry.get(name, ()) is None for entry in entries)):
            yield f"{setting.collection}: {nulls} answers have null for an empty {name}"


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
