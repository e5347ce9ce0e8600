"""Which entries this stack was about to create, so that a killed run's entries are known as its own.

The engine records a resource only when its create has returned. Where the process is killed in between,
the entry exists and no state says so; the next run must take it rather than refuse it as someone else's.
So every create is noted beforehand in a file below the Pulumi home, per stack and collection. A file holds
natural keys and times, no values and no secrets, and notes are forgotten after a day.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_KEPT: Final = 24 * 3600.0
# How far the clocks of this machine and of the API may be apart, and how long a create may take.
_SKEW: Final = 300.0
_LONGEST_CREATE: Final = 3600.0


def default_folder() -> Path:
    """The folder for journals: below PULUMI_HOME, which is ~/.pulumi unless set."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "cloudflare-email-security"


@dataclass(frozen=True, slots=True)
class Journal:
    """The notes of one stack about one collection of one account."""

    path: Path
    now: Callable[[], float] = time.time

    @classmethod
    def of(cls, declared_by: str, base_url: str, account_id: str, collection: str) -> Journal:
        """The journal of a stack for a collection."""
        name = hashlib.sha256(json.dumps([declared_by, base_url, account_id]).encode()).hexdigest()[:16]
        return cls(default_folder() / f"{collection}-{name}.jsonl")

    def note(self, keys: Iterable[str]) -> None:
        """These keys are about to be created. Where the file cannot be written, nothing is noted."""
        self._append({"at": self.now(), "keys": list(keys)})

    def forget(self, keys: Iterable[str]) -> None:
        """These keys were deleted: whoever makes them anew, it was not a create noted before."""
        if self.path.exists():
            self._append({"at": self.now(), "deleted": list(keys)})

    def _append(self, note: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.now() - self.path.stat().st_mtime > _KEPT:
                self.path.unlink(missing_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(note) + "\n")

    def noted(self) -> dict[str, list[float]]:
        """When each key was about to be created."""
        times: dict[str, list[float]] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return times
        for line in lines:
            # A line may be cut where the process was killed while it was written.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                note = json.loads(line)
                if self.now() - note["at"] <= _KEPT:
                    for key in note.get("keys", ()):
                        times.setdefault(key, []).append(note["at"])
                    for key in note.get("deleted", ()):
                        times.pop(key, None)
        return times

    def made(self, key: str, entry: Mapping[str, Any], noted: Mapping[str, list[float]] | None = None) -> bool:
        """Whether an entry was made by a create of this stack that nobody recorded."""
        created = _timestamp(entry.get("created_at"))
        if created is None:
            return False
        times = (self.noted() if noted is None else noted).get(key, ())
        return any(at - _SKEW <= created <= at + _LONGEST_CREATE for at in times)


def _timestamp(value: object) -> float | None:
    """Seconds since the epoch for an RFC 3339 time."""
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
