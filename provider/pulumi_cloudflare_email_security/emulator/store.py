"""Where entries are kept: tables in memory, and the state file that processes share.

Stored entries are never changed in place: a write puts a new one, so a copy of a table is shallow and cheap.

The file is JSON. Reads look whether the file was replaced and else use what they know. Writes take a lock
(``FILE.lock``), read what others wrote, and replace the file in one step, so a killed process leaves the old state or
the new. The modification time is moved forward at each write, so that two states never look the same to a reader.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from .catalogue import DEFAULT_CONTRACT, contract_named
from .contracts import Collection, Contract, Entry, Key
from .messages import EmulatorError

if sys.platform == "win32":  # pragma: no cover - not run here
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


_FORMAT = 1


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


_Snapshot = tuple[dict[str, Entry], dict[Key, tuple[str, ...]], set[str], set[str], deque[Before]]


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


class State:
    """A database, in memory or in a file (which need not exist), and the contract it was made for.

    Unless one is asked for, that is the file's own, else the newest.
    """

    def __init__(self, path: Path | None, contract: str | None) -> None:
        self._path = path.expanduser().absolute() if path is not None else None
        self._asked = contract
        self._database = Database()
        self._stamp: tuple[int, int, int] | None = None
        self._texts: dict[tuple[str, str], dict[int, tuple[Entry, str]]] = {}
        self.contract = contract_named(contract or DEFAULT_CONTRACT)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._refresh()

    def beside(self, suffix: str) -> Path | None:
        """A file beside the state file, where there is one."""
        return self._path.with_name(self._path.name + suffix) if self._path is not None else None

    def read(self) -> Database:
        """The database as it is now."""
        self._refresh()
        return self._database

    @contextmanager
    def write(self) -> Iterator[Database]:
        """Give the database to change; what changed is saved, also when the caller ends with an error."""
        if self._path is None:
            yield self._database
            return
        with self._path.with_name(self._path.name + ".lock").open("ab") as lock:
            _lock(lock.fileno())
            self._refresh()
            before = self._database.changes
            try:
                yield self._database
            finally:
                if self._database.changes != before:
                    self._save()

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp == self._stamp:
                    return
                content = file.read()
        except FileNotFoundError:
            if self._stamp is not None:
                self._stamp, self._database, self._texts = None, Database(), {}
            return
        self._load(content)
        self._stamp = stamp

    def _load(self, content: bytes) -> None:
        try:
            data = json.loads(content)
            contract = contract_named(data["contract"])
            if data["format"] != _FORMAT:
                raise ValueError  # noqa: TRY301 - the message is the same for every cause
            database = Database.read(contract, data)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise EmulatorError(
                f"{self._path} is not a state file of the emulator: move it away or choose another path"
            ) from None
        if self._asked is not None and self._asked != contract.name:
            raise EmulatorError(f"{self._path} holds an account of the {contract.name} contract, not of {self._asked}")
        self.contract, self._database, self._texts = contract, database, {}

    def _save(self) -> None:
        assert self._path is not None  # noqa: S101 - for the type checker
        before = self._stamp[0] if self._stamp else 0
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(self._text())
            moment = max(time.time_ns(), before + 1_000_000)
            os.utime(name, ns=(moment, moment))
            self._stamp = _stamp(os.stat(name))  # noqa: PTH116 - the name is a string
            os.replace(name, self._path)  # noqa: PTH105
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)  # noqa: PTH108
            self._stamp = None
            raise

    def _text(self) -> str:
        """The file's text: an entry a line, of which only the changed ones are written anew.

        Entries are known by identity: stored ones are never changed in place, and those known are kept alive.
        """
        accounts: dict[str, list[str]] = {}
        for place, table in self._database.tables.items():
            account, collection = place
            known = self._texts.get(place, {})
            texts = {id(entry): known.get(id(entry)) or (entry, json.dumps(entry)) for entry in table.all()}
            self._texts[place] = texts
            lines = ",\n".join(text for _, text in texts.values())
            kept = "".join(f"{json.dumps(name)}: {json.dumps(value)}, " for name, value in table.described().items())
            accounts.setdefault(account, []).append(f'{json.dumps(collection)}: {{{kept}"entries": [\n{lines}]}}')
        body = ",\n".join(f"{json.dumps(account)}: {{{','.join(parts)}}}" for account, parts in accounts.items())
        head = f'"format": {_FORMAT}, "contract": "{self.contract.name}", "late": {json.dumps(self._database.late)}'
        return f'{{{head}, "counters": {json.dumps(self._database.counters)}, "accounts": {{{body}}}}}\n'


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino
