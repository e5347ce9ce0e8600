"""What was written to a collection lately, by this run and by those before it on this machine.

A run that follows another one within seconds may be shown by a list what the other one has changed or deleted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..client.recent import SAME_MOMENT, SETTLING, RecentWrites
from .notes import NoteFile


class NotedWrites(RecentWrites):
    """The recent writes to one collection of an account, noted for the runs that follow.

    Args:
        notes: the notes about the collection.
        settling: seconds after which a write shows everywhere.

    """

    def __init__(self, notes: NoteFile, settling: float = SETTLING) -> None:
        super().__init__(notes.now, settling)
        self._notes = notes
        self._noted = -math.inf
        self._earlier: frozenset[str] | None = None

    def deleted(self, ids: Iterable[str]) -> None:
        """Entries that were deleted."""
        if not (gone := set(ids)):
            return
        super().deleted(gone)
        self._notes.append({"deleted": [self._notes.digest(id_) for id_ in gone]})

    def gone_among(self, ids: Iterable[str]) -> set[str]:
        """Those of the entries that were deleted, in earlier runs too."""
        known = set(ids)
        found = super().gone_among(known)
        if earlier := self._read():
            found |= {id_ for id_ in known - self.written if self._notes.digest(id_) in earlier}
        return found

    def note_newest(self, moment: float) -> None:
        """The time of a write, by the API's clock."""
        super().note_newest(moment)
        if moment > self._noted + SAME_MOMENT:
            self._noted = moment
            self._notes.append({"written": moment})

    def may_be_newer_than(self, entry: Any) -> bool:
        """Whether an entry that a list shows may be as it was before a write, of an earlier run too."""
        self._read()
        return super().may_be_newer_than(entry)

    def settling(self) -> float:
        """Seconds until the last write, of an earlier run too, shows everywhere."""
        self._read()
        return super().settling()

    def _read(self) -> frozenset[str]:
        """What earlier runs noted: the digests of what they deleted."""
        if self._earlier is None:
            earlier = self._notes.earlier
            self._earlier = frozenset(digest for note in earlier for digest in note.get("deleted", ()))
            for note in earlier:
                if "written" in note:
                    super().note_newest(note["written"])
                    self._wrote_at = max(self._wrote_at, note["at"])
        return self._earlier
