"""Reads of one collection, shared by the threads of a process.

A single GET costs one request an entry; the whole list costs one request a page of 1000, however many
entries are asked for. How many will be asked for is not known beforehand, so single requests are sent until
they have cost as much as the list would, and then the list is read, once, and answers all the rest: never
more than about twice the cheaper of the two.

A list is a hint, an id is the truth: what a list does not show is asked for by id before it counts as gone. So is
what was written or deleted lately where the list does not show it yet, in this run or in one before.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .by_id import SAMPLE, Absent, ById, sample
from .clock import Clock
from .endpoint import Endpoint
from .errors import NotFoundError, RequestError, ServerError
from .pages import Entry, Page, entry_id
from .recent import SETTLING, RecentWrites

# So many entries are read one by one before the size of the list is asked for.
SINGLE_READS: Final = 3
# A look-up by natural key reads the list up to this many pages, since only the list shows keys that differ in
# case; beyond it the API's own exact filter is used first.
SMALL_LIST_PAGES: Final = 5
# Where the API does not say how long the list is, and its first page is full.
UNKNOWN_PAGES: Final = 50
# Nobody decides on what was true long ago: seconds from the end of reading, or as a multiple of what reading took.
MAX_AGE: Final = 300.0
MAX_AGE_FACTOR: Final = 10
#: When to look, in seconds, after the API failed; and where it may carry out the write only later.
LOOKS_SOON: Final = (0.0, 1.0, 3.0)
LOOKS_LATE: Final = (0.0, 2.0, 5.0, 10.0)

Key = Hashable
KeyOf = Callable[[Mapping[str, Any]], Key]


def looks_after(error: RequestError) -> tuple[float, ...]:
    """When to look for what a write with an unknown outcome made: seconds from now.

    Only an API that says itself that it failed is at work no more.
    """
    return LOOKS_SOON if isinstance(error, ServerError) and error.codes else LOOKS_LATE


class _Entries:
    """The entries of a list, by id and by natural key."""

    def __init__(self, key_of: KeyOf, entries: Iterable[Entry]) -> None:
        self._key_of = key_of
        self.by_id: dict[str, Entry] = {}
        self._ids: dict[Key, list[str]] = {}
        for entry in entries:
            self.put(entry)

    def put(self, entry: Entry) -> None:
        """Add an entry, or change the one with its id."""
        id_ = entry_id(entry)
        if id_ in self.by_id:
            self.remove(id_)
        self.by_id[id_] = entry
        self._ids.setdefault(self._key_of(entry), []).append(id_)

    def remove(self, id_: str) -> Entry:
        """Take out an entry; it is empty where there is none."""
        old = self.by_id.pop(id_, None)
        if old is None:
            return {}
        self._ids[self._key_of(old)].remove(id_)
        return old

    def of(self, key: Key) -> list[Entry]:
        """Those with a natural key."""
        return [self.by_id[id_] for id_ in self._ids.get(key, ())]


@dataclass(slots=True)
class _Seen:
    """What was read of the list, and how far it can be believed; forgotten as a whole.

    Attributes:
        first: the first page, which tells how many there are.
        pages: how many pages the list probably has.
        entries: the whole list, where it was read.
        old_at: the time from which none of it counts any more.
        singles: how often an entry was asked for before the list was read.
        searches: how often the API's filters were used before.
        found_gone: how many entries that the list does not show were gone.
        lags: whether one of them was there.
        unsure: whether entries may be missing: the list has several pages, and no total confirms it.
        doubted: how often that mattered.
        certain: what was asked for by id since the list was read, or need not be.
        late: the ids of what was written or deleted lately and the list did not show so.

    """

    first: Page | None = None
    pages: float = math.inf
    entries: _Entries | None = None
    old_at: float = math.inf
    singles: int = 0
    searches: int = 0
    found_gone: int = 0
    lags: bool = False
    unsure: bool = False
    doubted: int = 0
    certain: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)

    @property
    def shown(self) -> dict[str, Entry]:
        """The entries by id; none where the list was not read."""
        return self.entries.by_id if self.entries is not None else {}


class Listing:
    """The entries of one endpoint, read no more often than needed. Thread-safe.

    Args:
        endpoint: the collection.
        clock: the time.
        recent: what was written lately.

    """

    def __init__(self, endpoint: Endpoint, clock: Clock, recent: RecentWrites) -> None:
        self.endpoint = endpoint
        self.by_id = ById(endpoint, recent, clock)
        self._clock = clock
        self._recent = recent
        self._lock = threading.RLock()
        self._seen = _Seen()
        endpoint.look_at_ids = self._look_at_ids

    def drop(self) -> None:
        """Forget everything that was read: the next read asks the API."""
        with self._lock:
            self._seen = _Seen()

    @property
    def late(self) -> set[str]:
        """The ids of what was written or deleted lately and the last list did not show so."""
        return self._seen.late

    def fresh(self) -> list[Entry]:
        """The whole list, read now."""
        with self._lock:
            self.drop()
            return self.all()

    def all(self) -> list[Entry]:
        """The whole list."""
        with self._lock:
            return [*self._whole().by_id.values()]

    def shown(self, id_: str) -> Entry | None:
        """An entry as the list showed it, where that was read already; nothing is asked."""
        with self._lock:
            self._expire()
            return self._seen.shown.get(id_)

    def get(self, id_: str) -> Entry:
        """One entry by its id. Raises NotFoundError where the API says, asked for the id, that there is none."""
        with self._lock:
            self._expire()
            if self._seen.entries is None:
                self._seen.singles += 1
                if self._seen.singles > SINGLE_READS:
                    self._probe()
                    if self._seen.pages - 1 <= self._seen.singles:
                        self._whole()
            seen = self._seen
            if (entry := seen.shown.get(id_)) is not None:
                return entry
            listed = seen.entries is not None
            if listed and seen.found_gone >= SAMPLE and not seen.lags and id_ not in self._recent.written:
                raise NotFoundError(f"{self.endpoint.collection}: entry {id_} is not in the list", 404, ())
        try:
            entry = self.by_id.get(id_)
        except NotFoundError:
            seen.found_gone += listed
            raise
        if listed:
            self._shown_late(entry)
        return entry

    def wait(self) -> None:
        """Wait until any write should show, whoever answers."""
        self._clock.sleep(SETTLING)

    def _shown_late(self, entry: Entry) -> None:
        """An entry that is there although the list does not show it."""
        with self._lock:
            seen = self._seen
            seen.lags = True
            if seen.entries is not None and entry_id(entry) not in seen.shown:
                seen.entries.put(entry)

    def add(self, ids: Collection[str]) -> set[str]:
        """Add entries of which only the id is known, where the list does not show them; returns those that are gone."""
        with self._lock:
            self._expire()
            missing = sorted({*ids} - self._seen.shown.keys())
        asked = self.by_id.ask(missing)
        for entry in asked.alive.values():
            self._shown_late(entry)
        return asked.gone

    def again(self, ids: Iterable[str], *, always: bool = False) -> Absent:
        """Entries that are otherwise than expected: asked for by id where what was read may lag behind.

        Where they are many, a sample comes first: if the list shows all of it as it is, it is believed about the
        others.

        Args:
            ids: the entries.
            always: whether to ask also where nothing known here says that the list lags behind.

        Returns:
            Those that are gone, and those that are otherwise than the list shows them.

        """
        with self._lock:
            seen = self._seen
            unsure = sorted({*ids} - seen.certain)
            shown = {id_: seen.shown[id_] for id_ in unsure if id_ in seen.shown}
        doubtful = [id_ for id_, entry in shown.items() if always or self._recent.may_be_newer_than(entry)]
        if self._recent.settling():
            # Reads by id lag behind, too.
            doubtful += [id_ for id_ in unsure if id_ not in shown]
        if doubtful:
            self.by_id.settle()
        first = sample(doubtful)
        asked = self.by_id.ask(first)
        if asked.gone or any(entry != shown.get(id_) for id_, entry in asked.alive.items()):
            asked = asked.updated(self.by_id.ask([id_ for id_ in doubtful if id_ not in {*first}]))
        with self._lock:
            seen = self._seen
            seen.certain.update(doubtful)
            if seen.entries is not None:
                for id_ in asked.gone:
                    seen.entries.remove(id_)
                for entry in asked.alive.values():
                    seen.entries.put(entry)
        return Absent(asked.gone, {id_: entry for id_, entry in asked.alive.items() if entry != shown.get(id_)})

    # By natural key ---------------------------------------------------------------------------------------

    def find(self, key: Key, filters: Mapping[str, Any] | None) -> list[Entry]:
        """Every entry with a natural key.

        Args:
            key: the natural key.
            filters: the API's exact filters that narrow the list to it, or None where it has none.

        """
        with self._lock:
            self._expire()
            if filters and not self._is_worth(self._seen.searches):
                self._seen.searches += 1
                return self._search(key, filters)
            entries = self._whole()
            if self._seen.unsure and not entries.of(key):
                self._make_sure(key, filters)
            return entries.of(key)

    def whole_for(self, searches: int) -> list[Entry] | None:
        """The whole list, where reading it costs no more than so many searches; else None."""
        with self._lock:
            self._expire()
            if not self._is_worth(searches):
                return None
            entries = self._whole()
            if self._seen.unsure:
                self._read_otherwise()
            return [*entries.by_id.values()]

    def look_for(
        self,
        key: Key,
        filters: Mapping[str, Any] | None = None,
        *,
        at: Sequence[float] = LOOKS_LATE,
        among: Callable[[list[Entry]], list[Entry]] = list,
    ) -> list[Entry]:
        """Every entry with a natural key, looked for several times: a write may be carried out, or show, later.

        Args:
            key: the natural key.
            filters: the API's exact filters for it, or None. The whole list is read too, a long one only the last
                time, since it alone shows keys that the API stores in another form.
            at: when to look, in seconds from now; `looks_after` says it for an error.
            among: those of the entries that are meant; others may have such a key, too.

        """
        for moment in self._moments(at):
            if found := among(self._search(key, filters)) if filters else []:
                return found
            self.drop()
            read = not filters or moment == at[-1] or self._is_worth(0)
            if read and (found := among(self.find(key, None))):
                return found
        return []

    def look_at(
        self, id_: str, until: Callable[[Entry | None], bool], *, at: Sequence[float] = LOOKS_LATE
    ) -> Entry | None:
        """An entry, or None where it is gone, looked at several times until it is as expected.

        Args:
            id_: the entry's id.
            until: whether an entry (None: there is none) is what a write was to make of it.
            at: when to look, in seconds from now; `looks_after` says it for an error.

        """
        entry = None
        self.drop()
        for _ in self._moments(at):
            entry = self.by_id.ask_once([id_]).alive.get(id_)
            if until(entry):
                break
        return entry

    def _moments(self, at: Sequence[float]) -> Iterator[float]:
        """Come to each moment, in seconds from now."""
        begun = self._clock.now()
        for moment in at:
            if (wait := begun + moment - self._clock.now()) > 0:
                self._clock.sleep(wait)
            yield moment

    def _is_worth(self, searches: int) -> bool:
        """Whether the whole list was read already, is short, or costs no more than so many searches."""
        with self._lock:
            if self._seen.entries is None:
                self._probe()
            return self._seen.entries is not None or self._seen.pages <= max(SMALL_LIST_PAGES, searches)

    def _search(self, key: Key, filters: Mapping[str, Any]) -> list[Entry]:
        found = {entry_id(entry): entry for entry in self.endpoint.all(filters) if self.endpoint.key_of(entry) == key}
        gone = self.by_id.confirm_gone(self._recent.gone_among(found)).gone
        return [entry for id_, entry in found.items() if id_ not in gone]

    def _make_sure(self, key: Key, filters: Mapping[str, Any] | None) -> None:
        """Look for an entry that the list does not show, which may have moved between its pages meanwhile."""
        self._seen.doubted += 1
        if not filters or self._seen.doubted > SAMPLE:
            self._read_otherwise()
            return
        entries = self._whole()
        for entry in self._search(key, filters):
            # The list may show it as it was before.
            entries.put(entry)

    # Own writes -------------------------------------------------------------------------------------------

    def remember(self, entries: Iterable[Entry]) -> None:
        """Entries this process just created or changed."""
        with self._lock:
            for entry in entries:
                self._recent.wrote(entry)
                if (known := self._before_write()) is not None:
                    # The answer to a change may tell a part of the entry only.
                    known.put({**known.by_id.get(entry_id(entry), {}), **entry})

    def forget(self, ids: Collection[str]) -> None:
        """Entries this process just deleted."""
        with self._lock:
            for id_ in ids:
                if (known := self._before_write()) is not None:
                    known.remove(id_)
            self._recent.deleted(ids)

    def _before_write(self) -> _Entries | None:
        """The list, where it was read; the first page, if only that was read, no longer is what it was."""
        if self._seen.entries is None:
            self._seen.first = None
        return self._seen.entries

    def _correct(self, entries: Collection[Entry]) -> list[Entry]:
        """A list without what was deleted, and with what this process wrote, if the list does not show it yet."""
        shown = {entry_id(entry): entry for entry in entries}
        late = self._recent.written - shown.keys()
        gone = self._recent.gone_among(shown)
        if not (late or gone):
            return list(entries)
        asked, deleted = self.by_id.ask(sorted(late)), self.by_id.confirm_gone(gone)
        self._recent.written -= asked.gone
        self._seen.late = asked.alive.keys() | deleted.gone
        shown.update({**asked.alive, **deleted.alive})
        return [entry for id_, entry in shown.items() if id_ not in deleted.gone]

    # Reading ----------------------------------------------------------------------------------------------

    def _expire(self) -> None:
        if self._clock.now() > self._seen.old_at:
            self.drop()

    def _read_at(self, begun: float) -> None:
        now = self._clock.now()
        self._seen.old_at = now + max(MAX_AGE, MAX_AGE_FACTOR * (now - begun))

    def _probe(self) -> Page:
        """The first page, which tells how many there are."""
        if self._seen.first is None:
            begun = self._clock.now()
            first = self._seen.first = self.endpoint.page(1)
            self._seen.pages = self.endpoint.pages_from(first) or UNKNOWN_PAGES
            self._read_at(begun)
        return self._seen.first

    def _look_at_ids(self) -> None:
        """Read the first page, for the list too where nobody is reading it (who may wait for this request)."""
        if not self._lock.acquire(blocking=False):
            self.endpoint.page(1)
            return
        try:
            self._probe()
        finally:
            self._lock.release()

    def _whole(self) -> _Entries:
        self._expire()
        if self._seen.entries is None:
            begun = self._clock.now()
            first = self._probe()
            entries = self._correct(self.endpoint.rest(first))
            self._seen.entries = _Entries(self.endpoint.key_of, entries)
            self._seen.unsure = self._seen.pages > 1 and first.total != len(entries)
            self._read_at(begun)
        return self._seen.entries

    def _read_otherwise(self) -> None:
        """Add what a second reading shows, of other pages and from the other end."""
        entries = self._whole()
        for entry in self._correct(self.endpoint.all(otherwise=True)):
            if entry_id(entry) not in entries.by_id:
                entries.put(entry)
        self._seen.unsure = False
