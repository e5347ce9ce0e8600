"""What a run is about to do, so that the entries of a run that was interrupted are known as the stack's own.

The engine records what a resource has done only when its create or update has returned. Where it is killed or fails
in between, entries exist, or are gone, and no state says so; the next run must take them rather than refuse them as
someone else's, and must not believe the state. So every create is noted beforehand in a file below the Pulumi home,
and for collections also where an update begins and ends. Each run writes a file of its own that nobody else writes to,
so that old files can be removed without losing new notes. Files are for their owner only and hold digests and times:
no name, no address, no value. Notes count for a day. Where nothing can be written, nothing is noted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

_KEPT: Final = 24 * 3600.0
# How far the clocks of this machine and of the API may be apart, and how long a create may take.
_SKEW: Final = 300.0
_LONGEST_CREATE: Final = 3600.0


def folder() -> Path | None:
    """The folder for notes: below PULUMI_HOME, which is ~/.pulumi unless set; None where there is no home."""
    home = os.environ.get("PULUMI_HOME")
    try:
        return (Path(home) if home else Path.home() / ".pulumi") / "cloudflare-email-security"
    except RuntimeError:
        return None


class Notes:
    """The notes of one stack about one collection of one account: those of earlier runs, and this run's.

    Args:
        place: stack, API root, account and collection: what the notes are about.
        run: the name of this run.
        now: the time in seconds since the epoch.

    """

    def __init__(self, place: Iterable[str], run: str, now: Callable[[], float]) -> None:
        self._name = hashlib.sha256(json.dumps(list(place)).encode()).hexdigest()[:24]
        self._run = run
        self._now = now
        self._lock = threading.Lock()
        self._own: list[dict[str, Any]] = []

    # Writing ----------------------------------------------------------------------------------------------

    def begin(self, resource: str) -> None:
        """The resource is about to send changes."""
        self._append({"begun": True}, resource)

    def end(self, resource: str) -> None:
        """The resource has sent all its changes."""
        if self._earlier or self._own:
            self._append({"ended": True}, resource)

    def creating(self, resource: str, keys: Iterable[str]) -> None:
        """These keys are about to be created."""
        self._append({"keys": [self._digest(key) for key in keys]}, resource)

    def forget(self, resource: str, keys: Iterable[str]) -> None:
        """These keys were deleted, or certainly not made: whoever makes them again, it was not this stack."""
        if self._earlier or self._own:
            self._append({"deleted": [self._digest(key) for key in keys]}, resource)

    def _append(self, note: dict[str, Any], resource: str) -> None:
        note = {"at": self._now(), "by": self._digest(resource), **note}
        with self._lock:
            self._own.append(note)
            if self._path is None:
                return
            with contextlib.suppress(OSError):
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                    file.write(json.dumps(note) + "\n")

    # Reading ----------------------------------------------------------------------------------------------

    def made(self, key: str, entry: Mapping[str, Any]) -> bool:
        """Whether an entry was made by a create of this stack that nobody recorded."""
        created = _timestamp(entry.get("created_at"))
        if created is None:
            return False
        digest = self._digest(key)
        times: list[float] = []
        for note in self._all():
            if digest in note.get("keys", ()):
                times.append(note["at"])
            elif digest in note.get("deleted", ()):
                times.clear()
        return any(at - _SKEW <= created <= at + _LONGEST_CREATE for at in times)

    def interrupted(self, resource: str) -> bool:
        """Whether an earlier run of the resource began to send changes and did not end."""
        digest = self._digest(resource)
        began = False
        for note in self._earlier:
            if note["by"] == digest:
                began = (began or "begun" in note) and "ended" not in note
        return began and not any("ended" in note for note in self._own if note["by"] == digest)

    def left_over(self, resource: str, keys: Iterable[str]) -> set[str]:
        """Those of the keys that an interrupted run of the resource was about to create."""
        digest = self._digest(resource)
        noted: set[str] = set()
        for note in self._all():
            if note["by"] == digest:
                noted.update(note.get("keys", ()))
            noted.difference_update(note.get("deleted", ()))
        return {key for key in keys if self._digest(key) in noted} if noted else set()

    def _all(self) -> Iterator[dict[str, Any]]:
        yield from self._earlier
        with self._lock:
            yield from list(self._own)

    @cached_property
    def _path(self) -> Path | None:
        """The file of this run."""
        where = folder()
        if where is None:
            return None
        with contextlib.suppress(OSError):
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
        return where / f"{self._name}-{self._run}.jsonl"

    @cached_property
    def _earlier(self) -> list[dict[str, Any]]:
        """The notes of earlier runs, the oldest first. Files older than a day are removed: nobody writes to them."""
        where = folder()
        notes: list[dict[str, Any]] = []
        with contextlib.suppress(OSError):
            # Runs follow each other, and each wrote its own file: in the order of their last notes.
            paths = sorted(where.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns) if where else []
            for path in paths:
                if self._now() - path.stat().st_mtime > _KEPT:
                    path.unlink(missing_ok=True)
                elif path.name.startswith(f"{self._name}-") and path != self._path:
                    notes += self._notes_in(path)
        return notes

    def _notes_in(self, path: Path) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(OSError):
            for line in path.read_text(encoding="utf-8").splitlines():
                # A line may be cut where the process was killed while it was written.
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    note = json.loads(line)
                    if self._now() - note["at"] <= _KEPT and note["by"]:
                        yield note

    def _digest(self, text: str) -> str:
        """A text that tells keys and resources apart without holding them, other in each stack."""
        return hashlib.blake2b(text.encode(), key=self._name.encode(), digest_size=12).hexdigest()


def _timestamp(value: object) -> float | None:
    """Seconds since the epoch for an RFC 3339 time."""
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
