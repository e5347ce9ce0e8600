"""Tables in memory: entries found by id and by natural key, and what lists and writes that are late need of the past.

Stored entries are never changed in place: a write puts a new one, so a copy of a table is shallow and cheap.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .contracts import Collection, Contract, Entry, Key


class Late(NamedTuple):
    """A write that the edge has answered as timed out and the origin carries out when it is ``due``."""

    due: float
    method: str
    path: str
    body: str


class Before(NamedTuple):
    """What an entry was before a write at a ``moment``: none where there was none."""

    moment: float
    identity: str
    entry: Entry | None


_Snapshot = tuple[dict[str, "Entry"], dict["Key", tuple[str, ...]], set[str], set[str], deque[Before]]


class Table:
    """The entries of one collection of one account, in the order they were made."""

    __slots__ = ("_by_key", "_collection", "_rows", "begun", "changes", "past", "selected", "synced", "unproved")

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._rows: dict[str, Entry] = {}
        self._by_key: dict[Key, tuple[str, ...]] = {}
        self.synced: set[str] = set()
        """Ids of the entries that come from a directory."""
        self.unproved: set[str] = set()
        """Ids of the entries whose ownership is, or was, to be proved by a TXT record."""
        self.past: deque[Before] = deque()
        """The latest writes, oldest first, where lists are late."""
        self.selected: tuple[Hashable, list[Entry]] | None = None
        """The last list asked for, so that its next page costs nothing; gone at the next write."""
        self.begun = 0
        """How often a first page was asked for."""
        self.changes = 0

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._rows)

    def get(self, identity: str) -> Entry | None:
        """The entry with this id, if any."""
        return self._rows.get(identity)

    def all(self) -> list[Entry]:
        """Every entry, oldest first."""
        return list(self._rows.values())

    def holders(self, key: Key) -> tuple[str, ...]:
        """Ids of the entries with this natural key."""
        return self._by_key.get(key, ())

    def put(self, entry: Entry) -> None:
        """Store an entry in place of the one with its id, or as the newest."""
        identity = str(entry["id"])
        key = self._collection.key(entry)
        old = self._rows.get(identity)
        self._rows[identity] = entry
        if old is None or self._collection.key(old) != key:
            if old is not None:
                self._release(self._collection.key(old), identity)
            self._by_key[key] = (*self._by_key.get(key, ()), identity)
        self._touch()

    def drop(self, identity: str) -> None:
        """Remove the entry with this id."""
        self._release(self._collection.key(self._rows.pop(identity)), identity)
        self.synced.discard(identity)
        self.unproved.discard(identity)
        self._touch()

    def remember(self, identity: str, moment: float, seconds: float) -> None:
        """Keep an entry as it is before a write, for so many seconds."""
        while self.past and self.past[0].moment <= moment - seconds:
            self.past.popleft()
        self.past.append(Before(moment, identity, self._rows.get(identity)))

    def as_of(self, moment: float) -> list[Entry]:
        """Every entry as it was at a moment, as far as that is remembered."""
        rows = dict(self._rows)
        for before in reversed(self.past):
            if before.moment <= moment:
                break
            if before.entry is None:
                rows.pop(before.identity, None)
            else:
                rows[before.identity] = before.entry
        return sorted(rows.values(), key=lambda entry: str(entry["created_at"]))

    def snapshot(self) -> _Snapshot:
        """What :meth:`restore` needs to undo all later writes."""
        return dict(self._rows), dict(self._by_key), set(self.synced), set(self.unproved), deque(self.past)

    def restore(self, snapshot: _Snapshot) -> None:
        """Undo every write since the snapshot."""
        self._rows, self._by_key, self.synced, self.unproved, self.past = snapshot
        self._touch()

    def described(self) -> dict[str, Any]:
        """What the state file keeps besides the entries."""
        described = {"synced": sorted(self.synced), "unproved": sorted(self.unproved), "past": list(self.past)}
        return {name: value for name, value in described.items() if value}

    def _release(self, key: Key, identity: str) -> None:
        others = tuple(other for other in self._by_key[key] if other != identity)
        if others:
            self._by_key[key] = others
        else:
            del self._by_key[key]

    def _touch(self) -> None:
        self.selected = None
        self.changes += 1


class Database:
    """All tables, by account and collection, a counter per collection from which ids come, and writes that are late."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], Table] = {}
        self.counters: dict[str, int] = {}
        self.late: tuple[Late, ...] = ()

    @property
    def changes(self) -> tuple[int, tuple[Late, ...]]:
        """What every write changes."""
        return sum(table.changes for table in self.tables.values()), self.late

    def table(self, account: str, collection: Collection) -> Table:
        """The table of an account; every account exists."""
        place = (account, collection.name)
        if place not in self.tables:
            self.tables[place] = Table(collection)
        return self.tables[place]

    def next_count(self, collection: str) -> int:
        """Count one more entry made in this collection; ids are never used again, failed writes included."""
        self.counters[collection] = self.counters.get(collection, 0) + 1
        return self.counters[collection]

    @classmethod
    def read(cls, contract: Contract, data: dict[str, Any]) -> Database:
        """The database that a state file describes."""
        database = cls()
        database.counters = data["counters"]
        database.late = tuple(Late(*late) for late in data.get("late", ()))
        for account, collections in data["accounts"].items():
            for name, content in collections.items():
                table = database.table(account, contract.collection(name))
                for entry in content["entries"]:
                    table.put(entry)
                table.synced.update(content.get("synced", ()))
                table.unproved.update(content.get("unproved", ()))
                table.past.extend(Before(*before) for before in content.get("past", ()))
        return database
