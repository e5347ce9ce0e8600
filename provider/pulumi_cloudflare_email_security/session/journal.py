"""What this stack was about to do, so that an interrupted run's entries are known as its own.

The engine records what a resource has done only when its create or update has returned. Where it is killed or fails
in between, entries exist, or are gone, and no state says so; the next run must take them rather than refuse them as
someone else's, and must not believe the state. So every create is noted beforehand in a file below the Pulumi home,
per stack and collection, and for collections also where an update begins and ends. A file holds natural keys, names of
resources and times, no values and no secrets, and notes are forgotten after a day.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """The notes of one stack about one collection of one account.

    Attributes:
        path: the file.
        resource: whose work is noted.
        run: the process that notes it.
        now: the time in seconds since the epoch.

    """

    path: Path
    resource: str = ""
    run: str = ""
    now: Callable[[], float] = time.time

    @classmethod
    def of(cls, stack: str, base_url: str, account_id: str, collection: str, *, resource: str, run: str) -> Journal:
        """The journal of a stack for a collection."""
        name = hashlib.sha256(json.dumps([stack, base_url, account_id]).encode()).hexdigest()[:16]
        return cls(default_folder() / f"{collection}-{name}.jsonl", resource, run)

    def begin(self) -> None:
        """The resource is about to send changes."""
        self._append({"begun": self.run})

    def end(self) -> None:
        """The resource has sent all its changes."""
        if self.path.exists():
            self._append({"ended": self.run})

    def note(self, keys: Iterable[str]) -> None:
        """These keys are about to be created. Where the file cannot be written, nothing is noted."""
        self._append({"keys": list(keys)})

    def forget(self, keys: Iterable[str]) -> None:
        """These keys were deleted: whoever makes them anew, it was not a create noted before."""
        if self.path.exists():
            self._append({"deleted": list(keys)})

    def _append(self, note: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.now() - self.path.stat().st_mtime > _KEPT:
                self.path.unlink(missing_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": self.now(), "by": self.resource, **note}) + "\n")

    def _notes(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        for line in lines:
            # A line may be cut where the process was killed while it was written.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                note = json.loads(line)
                if self.now() - note["at"] <= _KEPT:
                    yield note

    def noted(self) -> dict[str, list[float]]:
        """When each key was about to be created."""
        times: dict[str, list[float]] = {}
        for note in self._notes():
            for key in note.get("keys", ()):
                times.setdefault(key, []).append(note["at"])
            for key in note.get("deleted", ()):
                times.pop(key, None)
        return times

    def interrupted(self) -> set[str] | None:
        """What an earlier run of the resource that did not end was about to create; None where it ended."""
        keys: set[str] | None = None
        for note in self._notes():
            if note.get("by") == self.resource:
                if "ended" in note:
                    keys = None
                elif note.get("begun", self.run) != self.run:
                    keys = keys or set()
                elif keys is not None:
                    keys.update(note.get("keys", ()))
            if keys:
                keys.difference_update(note.get("deleted", ()))
        return keys

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
