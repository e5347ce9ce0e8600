"""What was written to a collection lately: a list that lags behind writes does not show it yet.

The API's own times tell most of it: what a list shows otherwise than expected, and was changed before the newest
write or within the same moment, may be what it was before that write.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from .pages import entry_id

#: Times that differ by less may be in either order: accounts tell whole seconds, and not each time is noted.
SAME_MOMENT = 1.0
#: Seconds after a write within which a read by id, too, may be answered from where it does not show yet.
SETTLING = 3.0


def timestamp(value: object) -> float | None:
    """Seconds since the epoch for an RFC 3339 time; one without an offset is in UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _changed_at(entry: Mapping[str, Any]) -> float | None:
    """When an entry was changed last: the 2025 contract calls it `last_modified`."""
    return timestamp(entry.get("modified_at") or entry.get("last_modified"))


class RecentWrites:
    """The recent writes to one collection of an account, as far as this process knows.

    Args:
        now: the time in seconds.
        settling: seconds after which a write shows everywhere.

    """

    def __init__(self, now: Callable[[], float] = time.time, settling: float = SETTLING) -> None:
        self._now = now
        self._settling = settling
        self._wrote_at = -math.inf
        #: The ids of the entries that this process wrote.
        self.written: set[str] = set()
        self._deleted: set[str] = set()
        self._newest = -math.inf

    def wrote(self, entry: Mapping[str, Any]) -> None:
        """An entry, as a write answered it."""
        self.written.add(entry_id(entry))
        self._deleted.discard(entry_id(entry))
        self._wrote_at = self._now()
        changed_at = _changed_at(entry)
        # Where answers to writes tell no times, any other state may be of before a write.
        self.note_newest(math.inf if changed_at is None else changed_at)

    def deleted(self, ids: Iterable[str]) -> None:
        """Entries that were deleted."""
        gone = set(ids)
        self.written -= gone
        self._deleted |= gone

    def gone_among(self, ids: Iterable[str]) -> set[str]:
        """Those of the entries that were deleted."""
        return self._deleted.intersection(ids)

    def settling(self) -> float:
        """Seconds until the last write shows everywhere, whoever answers; a clock that was set back adds none."""
        return max(0.0, min(self._settling, self._wrote_at + self._settling - self._now()))

    def note_newest(self, moment: float) -> None:
        """The time of a write, by the API's clock."""
        self._newest = max(self._newest, moment)

    def may_be_newer_than(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry that a list shows may be as it was before a write."""
        if self._newest == -math.inf:
            return False
        changed_at = _changed_at(entry)
        return changed_at is None or changed_at <= self._newest + SAME_MOMENT
