"""What a run is about to do, so that the entries of a run that was interrupted are known as the stack's own.

The engine records what a resource has done only when its create or update has returned. Where it is killed or fails
in between, entries exist, or are gone, and no state says so; the next run must take them rather than refuse them as
someone else's, and must not believe the state. So every create is noted beforehand in a file below the Pulumi home,
and for collections also where an update begins and ends. Each run writes a file of its own that nobody else writes to,
so that old files can be removed without losing new notes. Files are for their owner only and hold digests and times:
no name, no address, no value. Notes count for a day. Where nothing can be written, nothing is noted.

Recent writes are noted as well: a run that follows another one within seconds may be shown by a list what the other one
has changed or deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ..client.recent import SAME_MOMENT, SETTLING, RecentWrites, timestamp

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


class NoteFile:
    """Notes about one thing: those of earlier runs, and this run's in a file of its own.

    Args:
        place: what the notes are about.
        run: the name of this run.
        now: the time in seconds since the epoch.

    """

    def __init__(self, place: Iterable[str], run: str, now: Callable[[], float]) -> None:
        self._name = hashlib.sha256(json.dumps(list(place)).encode()).hexdigest()[:24]
        self._run = run
        self.now = now
        self._lock = threading.Lock()
        self.own: list[dict[str, Any]] = []

    def append(self, note: dict[str, Any], resource: str = "") -> None:
        """Note something, of a resource or of none."""
        note = {"at": self.now(), "by": self.digest(resource), **note}
        with self._lock:
            self.own.append(note)
            if self._path is None:
                return
            with contextlib.suppress(OSError):
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                    file.write(json.dumps(note) + "\n")

    def all(self) -> Iterator[dict[str, Any]]:
        """All notes, the oldest first."""
        yield from self.earlier
        with self._lock:
            yield from list(self.own)

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
    def earlier(self) -> list[dict[str, Any]]:
        """The notes of earlier runs, the oldest first."""
        # Runs follow each other, and each wrote its own file: in the order of their last notes.
        return [note for _, path in sorted(self._others()) for note in self._notes_in(path)]

    def _others(self) -> list[tuple[int, Path]]:
        """The files of other runs, and when they were written. Those older than a day are removed: they are done."""
        where = folder()
        written: list[tuple[int, Path]] = []
        with contextlib.suppress(OSError):
            for path in where.glob("*.jsonl") if where else ():
                # Another run may remove it meanwhile, which must not hide the others.
                with contextlib.suppress(OSError):
                    if self.now() - (changed := path.stat()).st_mtime > _KEPT:
                        path.unlink(missing_ok=True)
                    elif path.name.startswith(f"{self._name}-") and path != self._path:
                        written.append((changed.st_mtime_ns, path))
        return written

    def _notes_in(self, path: Path) -> Iterator[dict[str, Any]]:
        with contextlib.suppress(OSError):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                # A line may be cut where the process was killed while it was written.
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    note = json.loads(line)
                    if self.now() - note["at"] <= _KEPT and note["by"]:
                        yield note

    def digest(self, text: str) -> str:
        """A text that tells keys and resources apart without holding them, other in each stack."""
        return hashlib.blake2b(text.encode(), key=self._name.encode(), digest_size=12).hexdigest()


class Notes(NoteFile):
    """The notes of one stack about one collection of one account.

    Args:
        place: what the notes are about.
        run: the name of this run.
        now: the time in seconds since the epoch.
        deployment: the name of the deployment, which may have several providers, each in a process and run of its own.

    """

    def __init__(self, place: Iterable[str], run: str, now: Callable[[], float], deployment: str = "") -> None:
        super().__init__(place, run, now)
        self._deployment = self.digest(deployment) if deployment else ""
        self._created: dict[str, list[float]] | None = None
        self._seen = 0
        #: The digests of what other runs of this deployment took, by their files as they were written last.
        self._elsewhere: dict[tuple[int, Path], frozenset[str]] = {}

    # Writing ----------------------------------------------------------------------------------------------

    def begin(self, resource: str) -> None:
        """The resource is about to send changes."""
        self.append({"begun": True}, resource)

    def end(self, resource: str) -> None:
        """The resource has sent all its changes."""
        if self.earlier or self.own:
            self.append({"ended": True}, resource)

    def creating(self, resource: str, keys: Iterable[str]) -> None:
        """These keys are about to be created."""
        self.append({"keys": [self.digest(key) for key in keys]}, resource)

    def forget(self, resource: str, keys: Iterable[str]) -> None:
        """These keys were deleted, or certainly not made: whoever makes them again, it was not this stack."""
        if self.earlier or self.own:
            self.append({"deleted": [self.digest(key) for key in keys]}, resource)

    def recorded(self, resource: str, keys: Iterable[str]) -> None:
        """State has these keys of the resource: what once leaves it was not left by an interrupted create."""
        if (creates := self._creates()) and (known := creates.keys() & map(self.digest, keys)):
            self.append({"deleted": sorted(known)}, resource)

    def taken(self, resource: str, entries: Mapping[str, str]) -> None:
        """The resource has these entries (ids by key) from now on, which existed before."""
        if entries:
            keys, ids = map(self.digest, entries), map(self.digest, entries.values())
            self.append({"taken": [*keys], "ids": [*ids], "in": self._deployment}, resource)

    # Reading ----------------------------------------------------------------------------------------------

    def taken_elsewhere(self, ids: Iterable[str]) -> set[str]:
        """Those of the entries that another provider of this deployment took.

        Where a provider is replaced, with all its resources, the new one takes what exists before the old one deletes.
        """
        wanted, taken = {*ids}, set[str]()
        if not (self._deployment and wanted):
            return set()
        for file in self._others():
            if file not in self._elsewhere:
                notes = [note for note in self._notes_in(file[1]) if note.get("in") == self._deployment]
                self._elsewhere[file] = frozenset(digest for note in notes for digest in note.get("ids", ()))
            taken |= self._elsewhere[file]
        return {id_ for id_ in wanted if self.digest(id_) in taken} if taken else set()

    def made(self, key: str, entry: Mapping[str, Any]) -> bool:
        """Whether an entry was made by a create of this stack that nobody recorded."""
        created = timestamp(entry.get("created_at"))
        if created is None:
            return False
        times = self._creates().get(self.digest(key), ())
        return any(at - _SKEW <= created <= at + _LONGEST_CREATE for at in times)

    def _creates(self) -> Mapping[str, list[float]]:
        """When keys that were not deleted since were about to be created, by digest. Each note is looked at once."""
        earlier = self.earlier if self._created is None else []
        with self._lock:
            created = self._created = {} if self._created is None else self._created
            for note in [*earlier, *self.own[self._seen :]]:
                for digest in note.get("deleted", ()):
                    created.pop(digest, None)
                for digest in note.get("keys", ()):
                    created.setdefault(digest, []).append(note["at"])
            self._seen = len(self.own)
            return created

    def interrupted(self, resource: str) -> bool:
        """Whether an earlier run of the resource began to send changes and did not end."""
        digest = self.digest(resource)
        began = False
        for note in self.earlier:
            if note["by"] == digest:
                began = (began or "begun" in note) and "ended" not in note
        return began and not any("ended" in note for note in self.own if note["by"] == digest)

    def left_over(self, resource: str, keys: Iterable[str]) -> set[str]:
        """Those of the keys that an interrupted run of the resource was about to create, and no other has taken."""
        digest = self.digest(resource)
        noted: set[str] = set()
        for note in self.all():
            if note["by"] == digest:
                noted.update(note.get("keys", ()))
            else:
                noted.difference_update(note.get("taken", ()))
            noted.difference_update(note.get("deleted", ()))
        return {key for key in keys if self.digest(key) in noted} if noted else set()


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
