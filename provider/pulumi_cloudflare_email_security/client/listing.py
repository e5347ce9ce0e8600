"""Reads of one collection, shared by the threads of a process.

A single GET costs one request an entry; the whole list costs one request a page of 1000, however many
entries are asked for. How many will be asked for is not known beforehand, so single requests are sent until
they have cost as much as the list would, and then the list is read, once, and answers all the rest: never
more than about twice the cheaper of the two.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from .clock import Clock
from .endpoint import PAGE_SIZE, Endpoint, Entry, entry_id
from .errors import NotFoundError

# So many entries are read one by one before the size of the list is asked for.
SINGLE_READS: Final = 3
# A look-up by natural key reads the list up to this many pages, since only the list shows keys that differ in
# case; beyond it the API's own exact filter is used first.
SMALL_LIST_PAGES: Final = 5
# Where the API does not say how long the list is, and its first page is full.
UNKNOWN_PAGES: Final = 50
# A program that runs for long (the automation API) must not decide on what was true long ago.
MAX_AGE: Final = 60.0

Key = Hashable


class Listing:
    """The entries of one endpoint, read no more often than needed. Thread-safe."""

    def __init__(
        self, endpoint: Endpoint, key_of: Callable[[Mapping[str, Any]], Key], clock: Clock | None = None
    ) -> None:
        self.endpoint = endpoint
        self._key_of = key_of
        self._clock = clock or Clock()
        self._lock = threading.RLock()
        self._reset()

    def _reset(self) -> None:
        self._first: list[Entry] | None = None
        self._pages: float = math.inf
        self._total: int | None = None
        self._entries: dict[str, Entry] | None = None
        self._by_key: dict[Key, list[str]] = {}
        self._read_at = -math.inf
        self._singles = 0
        self._searches = 0

    def drop(self) -> None:
        """Forget everything: the next read asks the API."""
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

    def get(self, id_: str) -> Entry:
        """One entry by its id. Raises NotFoundError where there is none."""
        with self._lock:
            self._expire()
            if self._entries is None:
                self._singles += 1
                if self._singles <= SINGLE_READS or not self._list_is_cheaper(self._singles):
                    single = True
                else:
                    self._whole()
                    single = False
            else:
                single = False
            if not single:
                return self._known(id_)
        return self.endpoint.get(id_)

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
                    found = self.endpoint.all(filters)
                    return [entry for entry in found if self._key_of(entry) == key]
            entries = self._whole()
            return [entries[id_] for id_ in self._by_key.get(key, ())]

    def remember(self, entry: Entry) -> None:
        """An entry this process just created or changed."""
        with self._lock:
            self.forget(entry_id(entry))
            if self._entries is not None:
                self._add(entry)

    def forget(self, id_: str) -> None:
        """An entry this process just deleted."""
        with self._lock:
            if self._entries is None:
                # The first page, if it was read, no longer is what it was.
                self._first = None
            elif (old := self._entries.pop(id_, None)) is not None:
                self._by_key[self._key_of(old)].remove(id_)

    def _known(self, id_: str) -> Entry:
        if (entry := self._whole().get(id_)) is None:
            raise NotFoundError(f"{self.endpoint.collection}: entry {id_} is not in the list", 404, ())
        return entry

    def _expire(self) -> None:
        if self._clock.now() - self._read_at > MAX_AGE and (self._entries is not None or self._first is not None):
            self._reset()

    def _list_is_cheaper(self, singles: int) -> bool:
        self._probe()
        return self._pages - 1 <= singles

    def _probe(self) -> None:
        """Read the first page, which tells how many there are."""
        if self._first is None:
            self._read_at = self._clock.now()
            self._first, self._total = self.endpoint.page(1)
            if self._total is not None:
                self._pages = max(1, math.ceil(self._total / PAGE_SIZE))
            else:
                self._pages = 1 if len(self._first) < PAGE_SIZE else UNKNOWN_PAGES

    def _whole(self) -> dict[str, Entry]:
        self._expire()
        if self._entries is None:
            self._probe()
            assert self._first is not None  # noqa: S101
            entries = self.endpoint.rest(self._first, self._total)
            self._entries, self._by_key = {}, {}
            for entry in entries:
                self._add(entry)
        return self._entries

    def _add(self, entry: Entry) -> None:
        assert self._entries is not None  # noqa: S101
        self._entries[entry_id(entry)] = entry
        self._by_key.setdefault(self._key_of(entry), []).append(entry_id(entry))
