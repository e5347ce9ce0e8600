"""The request log: what was asked, never with which headers or body."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One request; ``status`` is 0 where the connection was cut before the API had read it."""

    method: str
    operation: str
    path: str
    status: int


class RequestLog:
    """The requests so far, in this process or, given a file, in all that share it.

    The file has a JSON line a request; appending one is a single write, so processes do not mix lines.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Use the file, or memory."""
        self._path = path
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._read = 0

    def add(self, record: Record) -> None:
        """Note a request."""
        if self._path is None:
            with self._lock:
                self._records.append(record)
            return
        line = json.dumps([record.method, record.operation, record.path, record.status]) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    @property
    def records(self) -> list[Record]:
        """Every request, oldest first."""
        with self._lock:
            self._catch_up()
            return list(self._records)

    @property
    def total(self) -> int:
        """How many requests there were."""
        return len(self.records)

    @property
    def by_operation(self) -> dict[str, int]:
        """How many there were of each operation, such as ``GET block_senders/{id}``."""
        return dict(sorted(Counter(record.operation for record in self.records).items()))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._records.clear()
            self._read = 0
            if self._path is not None and self._path.exists():
                os.truncate(self._path, 0)

    def summary(self) -> dict[str, object]:
        """Total and counts, as ``GET /__emulator__/requests`` answers them."""
        operations = Counter(record.operation for record in self.records)
        return {"total": operations.total(), "by_operation": dict(sorted(operations.items()))}

    def _catch_up(self) -> None:
        if self._path is None or not self._path.exists():
            return
        with self._path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self._read:
                self._records.clear()
                self._read = 0
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._records.append(Record(*json.loads(line)))
                self._read += len(line)
