"""Where the tables are kept: in memory, or in a state file.

The file is JSON that several processes share. Reads look whether the file was replaced and else use what they
know. Writes take a lock (``FILE.lock``), read what others wrote, and replace the file in one step, so a killed process
leaves the old state or the new. The modification time is moved forward at each write, so that two states never look
the same to a reader.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from .catalogue import DEFAULT_CONTRACT, contract_named
from .messages import EmulatorError
from .tables import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .contracts import Entry

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
