"""What is known of a collection's entries while they are changed, and what became of what was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeAlias

from ..client import habits
from ..client.endpoint import Endpoint
from ..client.errors import EmailSecurityError, PartlyAppliedError, RequestError
from ..client.listing import Listing
from ..client.pages import Entry, entry_id
from ..model.setting import Setting
from ..model.state import Entries
from ..session.voice import Severity
from .compare import stored_alike, stored_otherwise
from .lines import stored_text
from .resource import Resource

#: An entry that was created or changed: its key text, what was answered of it, and what was sent.
Written: TypeAlias = tuple[str, Entry, Mapping[str, Any]]


_KINDS: Final = ("deletes", "patches", "posts")


@dataclass(slots=True)
class Held:
    """An entry that this collection holds, or adopts: its id, and its fields as far as known.

    Attributes:
        whole: whether it is known whole, so that a field that is absent is null.

    """

    id: str
    fields: Mapping[str, Any]
    whole: bool = True


@dataclass(slots=True)
class Work:
    """What is still to be sent, by key text."""

    deletes: dict[str, str] = field(default_factory=dict)
    patches: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    posts: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.deletes) + len(self.patches) + len(self.posts)

    @property
    def kinds(self) -> set[str]:
        """Which of the three there is something of."""
        return {kind for kind in _KINDS if getattr(self, kind)}

    def is_left_of(self, other: Work) -> bool:
        """Whether all of it was to be sent before already, so that sending it again cannot help."""
        return all(getattr(self, kind).keys() <= getattr(other, kind).keys() for kind in _KINDS)

    def holds_all_changes_of(self, other: Work) -> bool:
        """Whether the other changes or deletes something, and none of that is done."""
        before, now = ({*work.deletes, *work.patches} for work in (other, self))
        return bool(before) and before <= now

    def fits_one_batch(self, size: int) -> bool:
        """Whether one request can carry it all."""
        return max(len(self.deletes), len(self.patches), len(self.posts)) <= size


@dataclass(slots=True)
class Ledger:
    """The entries of a collection; they go by their key texts. Several threads tell what became of what they sent.

    Attributes:
        resource: the collection.
        desired: the entries that are to be there.
        held: those that it has.
        drop: the ids of entries to delete.
        stored_as: how the account stores texts that it changes, by field: [sent, stored].
        has_secrets: whether values must not be printed.

    """

    resource: Resource
    desired: Entries
    held: dict[str, Held]
    drop: dict[str, str]
    stored_as: dict[str, dict[str, list[Any]]]
    has_secrets: bool
    setting: Setting = field(init=False)
    listing: Listing = field(init=False)
    endpoint: Endpoint = field(init=False)
    #: The keys of entries to drop that other resources have now.
    spared: set[str] = field(default_factory=set)
    #: The keys of entries of which nobody knows whether they were made, with all that their request held, where it
    #: was answered.
    maybe_made: dict[str, Work] = field(default_factory=dict)
    #: The ids of entries that were made of these, without a word which is which.
    nameless: set[str] = field(default_factory=set)
    #: The keys of entries that a request may have made although it was refused: the notes of them stay.
    refused: set[str] = field(default_factory=set)
    #: What was sent of entries of which only a read tells how their text is stored, by key.
    _untold: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.setting, self.listing = self.resource.setting, self.resource.listing
        self.endpoint = self.listing.endpoint

    def work(self) -> Work:
        """What turns the held entries into the desired ones."""
        work = Work(deletes=dict(self.drop))
        for key, fields in self.desired.items():
            if (held := self.held.get(key)) is None:
                work.posts[key] = fields
                continue
            if changed := self.setting.changed_fields(fields, held.fields, self.stored_as.get(key), whole=held.whole):
                work.patches[key] = (held.id, self.setting.wire({name: fields[name] for name in changed}))
        return work

    def hold(self, live: Mapping[str, Entry]) -> None:
        """Know the held entries as they are in what was read; what is not in it is no longer held."""
        self.held = {
            key: Held(held.id, self.setting.live(live[held.id], read=True))
            for key, held in self.held.items()
            if held.id in live
        }

    # What became of what was sent -------------------------------------------------------------------------

    def written(self, entries: Iterable[Written]) -> None:
        """Entries were created or changed."""
        known = [(key, self.setting.as_written(sent, entry), sent) for key, entry, sent in entries]
        for key, entry, sent in known:
            live = self.setting.live(entry)
            old = self.held[key].fields if key in self.held else {}
            # What it tells as it was before may come from a replica that is behind: that is not how it is stored.
            told = sent.keys() - self.setting.told_as_before(sent, entry, old)
            self.held[key] = Held(entry_id(entry), {**old, **live})
            declared = self.declared(key, told)
            self._is_stored(key, sent, stored_otherwise(self.setting, declared, live, None))
            if self.endpoint.answers_in_part and self.setting.has_other_forms(declared):
                self._untold[key] = {**self._untold.get(key, {}), **sent}
        # At once: several threads write, and each would wait for the others at every entry.
        self.resource.ownership.keep(self.resource.urn, [entry_id(entry) for _, entry, _ in known])
        self.listing.remember([entry for _, entry, _ in known])

    def declared(self, key: str, sent: Iterable[str]) -> dict[str, Any]:
        """The declared values of the fields that were sent."""
        declared = self.desired[key]
        return {name: declared[name] for name in sent if name in declared}

    def _is_stored(self, key: str, sent: Iterable[str], stored: Mapping[str, list[Any]]) -> None:
        """Note how the account stores the texts that it changes, and tell it."""
        if not stored and key not in self.stored_as:
            return
        for what in stored_text(stored, secret=self.has_secrets):
            self.resource.say(f"{self.setting.label(self.desired[key])}: {what}", Severity.WARNING)
        others = {name: pair for name, pair in self.stored_as.get(key, {}).items() if name not in {*sent}}
        if stored or others:
            self.stored_as[key] = {**others, **stored}
        else:
            self.stored_as.pop(key, None)

    def learn(self, key: str, sent: Iterable[str]) -> None:
        """Note in what form a held entry has the texts that were just sent, where no answer told it."""
        stored = stored_alike(self.setting, self.declared(key, sent), self.held[key].fields)
        self._is_stored(key, stored, stored)

    def read_back(self) -> None:
        """Read how the account stores what was sent, where its answers leave that out."""
        if not self._untold:
            return
        self.listing.drop()
        for key, sent in self._untold.items():
            with contextlib.suppress(RequestError):
                entry = self.listing.get(self.held[key].id)
                self.held[key] = Held(self.held[key].id, self.setting.live(entry, read=True))
                self.learn(key, sent)

    def deleted(self, keys: Iterable[str]) -> None:
        """These are deleted."""
        if gone := [self.drop.pop(key) for key in keys if key in self.drop]:
            self.listing.forget(gone)

    def unanswered(self, keys: Iterable[str], request: Work) -> None:
        """Nobody knows whether these were made."""
        for key in keys:
            # The last one stands last, also if it was sent before.
            self.maybe_made.pop(key, None)
            self.maybe_made[key] = request

    def progress(self, count: int) -> None:
        """So many more changes are done."""
        with self._lock:
            self.done += count
        if self.total > habits.BATCH_SIZE and count:
            self.resource.say(f"{self.done:,} of {self.total:,} changes done")

    def partly(self, error: EmailSecurityError) -> PartlyAppliedError:
        """What to raise where something stays undone."""
        # What the API certainly did not make, somebody else may: it must not be taken for ours.
        self.resource.notes.forget(
            self.resource.urn, self.desired.keys() - self.held.keys() - self.maybe_made.keys() - self.refused
        )
        return PartlyAppliedError(
            f"{self.setting.collection}: {self.done} of {self.total} changes are done, then: {error} — nothing is "
            "lost: run `pulumi up` again, which finds what was made and goes on from there (to take the change back "
            "instead, run `pulumi refresh` first)"
        )
