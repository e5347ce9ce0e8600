"""Entries in memory, found by id and by natural key.

Stored entries are never changed in place: a write puts a new one, so a copy of a table is shallow and cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .contracts import Collection, Entry, Key


class Table:
    """The entries of one collection of one account, in the order they were made."""

    __slots__ = ("_by_key", "_collection", "_rows", "changes", "selected", "synced")

    def __init__(self, collection: Collection) -> None:
        """Make an empty table."""
        self._collection = collection
        self._rows: dict[str, Entry] = {}
        self._by_key: dict[Key, tuple[str, ...]] = {}
        self.synced: set[str] = set()
        """Ids of the entries that come from a directory."""
        self.selected: tuple[Hashable, list[Entry]] | None = None
        """The last list asked for, so that its next page costs nothing; gone at the next write."""
        self.changes = 0

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
        self._touch()

    def snapshot(self) -> tuple[dict[str, Entry], dict[Key, tuple[str, ...]], set[str]]:
        """What :meth:`restore` needs to undo all later writes."""
        return dict(self._rows), dict(self._by_key), set(self.synced)

    def restore(self, snapshot: tuple[dict[str, Entry], dict[Key, tuple[str, ...]], set[str]]) -> None:
        """Undo every write since the snapshot."""
        self._rows, self._by_key, self.synced = snapshot
        self._touch()

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
    """All tables, by account and collection, and a counter per collection from which ids come."""

    def __init__(self) -> None:
        """Make an empty database."""
        self.tables: dict[tuple[str, str], Table] = {}
        self.counters: dict[str, int] = {}

    @property
    def changes(self) -> int:
        """A number that every write raises."""
        return sum(table.changes for table in self.tables.values())

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
