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
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from .clock import Clock
from .endpoint import Endpoint
from .envelope import NO_SUCH_ROUTE
from .errors import NoSuchRouteError, NotFoundError, RequestError, ServerError
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
# So many absent entries are asked for by id before the list is believed about the others.
SAMPLE: Final = 20
#: When to look, in seconds, after the API failed; and where it may carry out the write only later.
LOOKS_SOON: Final = (0.0, 1.0, 3.0)
LOOKS_LATE: Final = (0.0, 2.0, 5.0, 10.0)

Key = Hashable


class Absent(NamedTuple):
    """What became of entries that a list does not show: gone, or there after all."""

    gone: set[str]
    alive: dict[str, Entry]


def looks_after(error: RequestError) -> tuple[float, ...]:
    """When to look for what a write with an unknown outcome made: seconds from now.

    Only an API that says itself that it failed is at work no more.
    """
    return LOOKS_SOON if isinstance(error, ServerError) and error.codes else LOOKS_LATE


class Listing:
    """The entries of one endpoint, read no more often than needed. Thread-safe.

    Args:
        endpoint: the collection.
        key_of: the natural key of an entry.
        clock: the time.
        recent: what was written lately.

    """

    def __init__(
        self,
        endpoint: Endpoint,
        key_of: Callable[[Mapping[str, Any]], Key],
        clock: Clock,
        recent: RecentWrites,
    ) -> None:
        self.endpoint = endpoint
        self._key_of = key_of
        self._clock = clock
        self._recent = recent
        self._lock = threading.RLock()
        endpoint.look_at_ids = self._look_at_ids
        self._reset()

    def _reset(self) -> None:
        self._first: Page | None = None
        self._pages: float = math.inf
        self._entries: dict[str, Entry] | None = None
        self._by_key: dict[Key, list[str]] = {}
        self._old_at = math.inf
        self._singles = 0
        self._searches = 0
        self._found_gone = 0
        self._lags = False
        # Whether entries may be missing: the list has several pages, and no total confirms it. How often that mattered.
        self._unsure = False
        self._doubted = 0
        # What was asked for by id since the list was read, or need not be.
        self._certain: set[str] = set()
        #: The ids of what was written or deleted lately and the last list did not show so.
        self.late: set[str] = set()

    def drop(self) -> None:
        """Forget everything that was read: the next read asks the API."""
        with self._lock:
            self._reset()

    def fresh(self) -> list[Entry]:
        """The whole list, read now."""
        with self._lock:
            self._reset()
            return self.all()

    def all(self) -> list[Entry]:
        """The whole list."""
        with self._lock:
            return list(self._whole().values())

    def shown(self, id_: str) -> Entry | None:
        """An entry as the list showed it, where that was read already; nothing is asked."""
        with self._lock:
            self._expire()
            return (self._entries or {}).get(id_)

    def get(self, id_: str) -> Entry:
        """One entry by its id. Raises NotFoundError where the API says, asked for the id, that there is none."""
        with self._lock:
            self._expire()
            if self._entries is None:
                self._singles += 1
                if self._singles > SINGLE_READS and self._list_is_cheaper(self._singles):
                    self._whole()
            listed = self._entries is not None
            if self._entries is not None and (entry := self._entries.get(id_)) is not None:
                return entry
            if listed and self._found_gone >= SAMPLE and not self._lags and id_ not in self._recent.written:
                raise NotFoundError(f"{self.endpoint.collection}: entry {id_} is not in the list", 404, ())
        try:
            found: Entry = self.settled(id_)
        except NotFoundError:
            self._found_gone += listed
            raise
        if listed:
            self._shown_late(found)
        return found

    def settled(self, id_: str, below: str = "") -> Any:
        """An entry by its id, or what is `below` it; within seconds of a write a 404 is no proof that it is gone."""
        try:
            return self.endpoint.get(id_, below)
        except NotFoundError:
            if self._recent.gone_among([id_]) or not self._settle():
                raise
            return self.endpoint.get(id_, below)

    def _settle(self) -> bool:
        """Wait until the last write shows, whoever answers; False where it does already."""
        if wait := self._recent.settling():
            self._clock.sleep(wait)
        return wait > 0

    def wait(self) -> None:
        """Wait until any write should show, whoever answers."""
        self._clock.sleep(SETTLING)

    def _shown_late(self, entry: Entry) -> None:
        """An entry that is there although the list does not show it."""
        with self._lock:
            self._lags = True
            if self._entries is not None and entry_id(entry) not in self._entries:
                self._add(entry)

    def add(self, ids: Collection[str]) -> set[str]:
        """Add entries of which only the id is known, where the list does not show them; returns those that are gone."""
        asked = self._ask([id_ for id_ in sorted(ids) if self.shown(id_) is None])
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
            listed = self._entries or {}
            unsure = sorted({*ids} - self._certain)
        shown = {id_: listed[id_] for id_ in unsure if id_ in listed}
        doubtful = [id_ for id_, entry in shown.items() if always or self._recent.may_be_newer_than(entry)]
        if self._recent.settling():
            # Reads by id lag behind, too.
            doubtful += [id_ for id_ in unsure if id_ not in shown]
        if doubtful:
            self._settle()
        sample = _sample(doubtful)
        asked = self._ask(sample)
        if asked.gone or any(entry != shown.get(id_) for id_, entry in asked.alive.items()):
            further = self._ask([id_ for id_ in doubtful if id_ not in {*sample}])
            asked = Absent(asked.gone | further.gone, {**asked.alive, **further.alive})
        with self._lock:
            self._certain.update(doubtful)
            if self._entries is not None:
                for id_ in asked.gone | asked.alive.keys():
                    self._out(id_)
                for entry in asked.alive.values():
                    self._add(entry)
        return Absent(asked.gone, {id_: entry for id_, entry in asked.alive.items() if entry != shown.get(id_)})

    def find(self, key: Key, filters: Mapping[str, Any] | None) -> list[Entry]:
        """Every entry with a natural key.

        Args:
            key: the natural key.
            filters: the API's exact filters that narrow the list to it, or None where it has none.

        """
        with self._lock:
            self._expire()
            if self._entries is None and filters:
                self._probe()
                self._searches += 1
                if self._pages > SMALL_LIST_PAGES and self._searches <= self._pages:
                    return self._search(key, filters)
            entries = self._whole()
            if self._unsure and not self._by_key.get(key):
                self._make_sure(key, filters)
            return [entries[id_] for id_ in self._by_key.get(key, ())]

    def whole_for(self, searches: int) -> list[Entry] | None:
        """The whole list, where reading it costs no more than so many searches; else None."""
        with self._lock:
            self._expire()
            if self._entries is None:
                self._probe()
                if self._pages > SMALL_LIST_PAGES and searches < self._pages:
                    return None
            entries = self._whole()
            if self._unsure:
                self._read_otherwise()
            return [*entries.values()]

    # What is not in the list ------------------------------------------------------------------------------

    def confirm_gone(self, ids: Iterable[str], *, of_old: bool = False) -> Absent:
        """Which of some entries are gone, and which are there although the list does not show them.

        Each is asked for by id. Where they are many, a sample comes first: if all of it is gone the others are taken
        to be gone too, if not each of them is asked for.

        Args:
            ids: the entries.
            of_old: whether an id counts as gone, too, where the API does not know its form any more.

        """
        rest = sorted({*ids})
        absent = self._ask(_sample(rest), of_old=of_old)
        others = [id_ for id_ in rest if id_ not in absent.gone and id_ not in absent.alive]
        # What this process wrote is what a list that lags does not show, so it is never taken to be gone.
        asked = others if absent.alive else [id_ for id_ in others if id_ in self._recent.written]
        further = self._ask(asked, of_old=of_old)
        return Absent(
            (absent.gone | further.gone | {*others}) - further.alive.keys(), {**absent.alive, **further.alive}
        )

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
        begun = self._clock.now()
        for moment in at:
            self._wait_until(begun + moment)
            if found := among(self._search(key, filters)) if filters else []:
                return found
            self.drop()
            read = not filters or moment == at[-1] or self._is_short()
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
        begun = self._clock.now()
        entry = None
        self.drop()
        for moment in at:
            self._wait_until(begun + moment)
            entry = self._answered([id_]).alive.get(id_)
            if until(entry):
                break
        return entry

    def _wait_until(self, moment: float) -> None:
        if (wait := moment - self._clock.now()) > 0:
            self._clock.sleep(wait)

    def _ask(self, ids: Sequence[str], *, of_old: bool = False) -> Absent:
        """Ask for entries one by one; within seconds of a write none is gone because the API says so once."""
        asked = self._answered(ids, of_old=of_old)
        doubtful = asked.gone - self._recent.gone_among(asked.gone)
        if not doubtful or not self._settle():
            return asked
        again = self._answered(sorted(doubtful), of_old=of_old)
        return Absent(asked.gone - again.alive.keys(), {**asked.alive, **again.alive})

    def _answered(self, ids: Sequence[str], *, of_old: bool = False) -> Absent:
        """What the API answers when it is asked for entries one by one."""
        alive: dict[str, Entry] = {}

        def ask(id_: str) -> None:
            try:
                alive[id_] = self.endpoint.get(id_)
            except NotFoundError:
                pass
            except NoSuchRouteError as error:
                # Anything else than this answer of the API's own is not about the id.
                if not (of_old and (NO_SUCH_ROUTE in error.codes or self.endpoint.is_outdated(id_))):
                    raise

        self.endpoint.concurrently([partial(ask, id_) for id_ in ids])
        return Absent({*ids} - alive.keys(), alive)

    def _search(self, key: Key, filters: Mapping[str, Any]) -> list[Entry]:
        found = {entry_id(entry): entry for entry in self.endpoint.all(filters) if self._key_of(entry) == key}
        gone = self.confirm_gone(self._recent.gone_among(found)).gone
        return [entry for id_, entry in found.items() if id_ not in gone]

    # Own writes -------------------------------------------------------------------------------------------

    def remember(self, entries: Iterable[Entry]) -> None:
        """Entries this process just created or changed."""
        with self._lock:
            for entry in entries:
                old = self._out(entry_id(entry))
                self._recent.wrote(entry)
                if self._entries is not None:
                    # The answer to a change may tell a part of the entry only.
                    self._add({**old, **entry})

    def forget(self, ids: Collection[str]) -> None:
        """Entries this process just deleted."""
        with self._lock:
            for id_ in ids:
                self._out(id_)
            self._recent.deleted(ids)

    def _out(self, id_: str) -> Entry:
        if self._entries is None:
            # The first page, if it was read, no longer is what it was.
            self._first = None
        elif (old := self._entries.pop(id_, None)) is not None:
            self._by_key[self._key_of(old)].remove(id_)
            return old
        return {}

    def _correct(self, entries: Collection[Entry]) -> list[Entry]:
        """A list without what was deleted, and with what this process wrote, if the list does not show it yet."""
        shown = {entry_id(entry): entry for entry in entries}
        late = self._recent.written - shown.keys()
        gone = self._recent.gone_among(shown)
        if not (late or gone):
            return list(entries)
        asked, deleted = self._ask(sorted(late)), self.confirm_gone(gone)
        self._recent.written -= asked.gone
        self.late = asked.alive.keys() | deleted.gone
        shown.update({**asked.alive, **deleted.alive})
        return [entry for id_, entry in shown.items() if id_ not in deleted.gone]

    # Reading ----------------------------------------------------------------------------------------------

    def _expire(self) -> None:
        if self._clock.now() > self._old_at:
            self._reset()

    def _read_at(self, begun: float) -> None:
        now = self._clock.now()
        self._old_at = now + max(MAX_AGE, MAX_AGE_FACTOR * (now - begun))

    def _list_is_cheaper(self, singles: int) -> bool:
        self._probe()
        return self._pages - 1 <= singles

    def _is_short(self) -> bool:
        with self._lock:
            self._probe()
            return self._pages <= SMALL_LIST_PAGES

    def _probe(self) -> None:
        """Read the first page, which tells how many there are."""
        if self._first is None:
            begun = self._clock.now()
            self._first = self.endpoint.page(1)
            self._pages = self.endpoint.pages_from(self._first) or UNKNOWN_PAGES
            self._read_at(begun)

    def _look_at_ids(self) -> None:
        """Read the first page, for the list too where nobody is reading it (who may wait for this request)."""
        if not self._lock.acquire(blocking=False):
            self.endpoint.page(1)
            return
        try:
            self._probe()
        finally:
            self._lock.release()

    def _whole(self) -> dict[str, Entry]:
        self._expire()
        if self._entries is None:
            begun = self._clock.now()
            self._probe()
            assert self._first is not None  # noqa: S101
            entries = self._correct(self.endpoint.rest(self._first))
            self._entries, self._by_key = {}, {}
            for entry in entries:
                self._add(entry)
            self._unsure = self._pages > 1 and self._first.total != len(entries)
            self._read_at(begun)
        return self._entries

    def _make_sure(self, key: Key, filters: Mapping[str, Any] | None) -> None:
        """Look for an entry that the list does not show, which may have moved between its pages meanwhile."""
        self._doubted += 1
        if not filters or self._doubted > SAMPLE:
            self._read_otherwise()
            return
        for entry in self._search(key, filters):
            # The list may show it as it was before.
            self._out(entry_id(entry))
            self._add(entry)

    def _read_otherwise(self) -> None:
        """Add what a second reading shows, of other pages and from the other end."""
        entries = self._whole()
        for entry in self._correct(self.endpoint.all(otherwise=True)):
            if entry_id(entry) not in entries:
                self._add(entry)
        self._unsure = False

    def _add(self, entry: Entry) -> None:
        assert self._entries is not None  # noqa: S101
        self._entries[entry_id(entry)] = entry
        self._by_key.setdefault(self._key_of(entry), []).append(entry_id(entry))


def _sample(ids: Sequence[str]) -> list[str]:
    """Some of many."""
    return [*ids[:: math.ceil(len(ids) / SAMPLE)]] if ids else []
