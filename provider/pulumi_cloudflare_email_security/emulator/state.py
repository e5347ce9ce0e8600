"""The state file: one JSON file that several processes share.

Reads look whether the file was replaced and else use what they know. Writes take a lock (``FILE.lock``), read
what others wrote, and replace the file in one step, so a killed process leaves the old state or the new. The
modification time is moved forward at each write, so that two states never look the same to a reader.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .catalogue import DEFAULT_CONTRACT, contract_named
from .messages import EmulatorError
from .store import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .contracts import Contract, Entry

if sys.platform == "win32":  # pragma: no cover - not run here
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


_FORMAT = 1


class State:
    """A database, in memory or in a file, and the contract it was made for."""

    def __init__(self, path: Path | None, contract: str | None, *, url_ignore_batch: bool = False) -> None:
        """Open the file, which need not exist; without a contract the file's own, else the newest, holds."""
        self._path = path.expanduser().absolute() if path is not None else None
        self._asked = contract
        self._url_ignore_batch = url_ignore_batch
        self._database = Database()
        self._stamp: tuple[int, int, int] | None = None
        self._texts: dict[tuple[str, str], dict[int, tuple[Entry, str]]] = {}
        self.contract = self._contract(contract or DEFAULT_CONTRACT)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._refresh()

    def beside(self, suffix: str) -> Path | None:
        """A file beside the state file, where there is one."""
        return self._path.with_name(self._path.name + suffix) if self._path is not None else None

    def _contract(self, name: str) -> Contract:
        return contract_named(name, url_ignore_batch=self._url_ignore_batch)

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
            contract = self._contract(data["contract"])
            if data["format"] != _FORMAT:
                raise ValueError  # noqa: TRY301 - the message is the same for every cause
            database = _database(contract, data["accounts"], data["counters"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            message = f"{self._path} is not a state file of the emulator: move it away or choose another path"
            raise EmulatorError(message) from None
        if self._asked is not None and self._asked != contract.name:
            message = f"{self._path} holds an account of the {contract.name} contract, not of {self._asked}"
            raise EmulatorError(message)
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
            accounts.setdefault(account, []).append(
                f'{json.dumps(collection)}: {{"synced": {json.dumps(sorted(table.synced))}, "entries": [\n{lines}]}}',
            )
        body = ",\n".join(f"{json.dumps(account)}: {{{','.join(parts)}}}" for account, parts in accounts.items())
        head = f'"format": {_FORMAT}, "contract": "{self.contract.name}"'
        return f'{{{head}, "counters": {json.dumps(self._database.counters)}, "accounts": {{{body}}}}}\n'


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _database(contract: Contract, accounts: dict[str, dict[str, Any]], counters: dict[str, int]) -> Database:
    database = Database()
    database.counters = counters
    for account, collections in accounts.items():
        for name, content in collections.items():
            table = database.table(account, contract.collection(name))
            for entry in content["entries"]:
                table.put(entry)
            table.synced.update(content["synced"])
    return database
