"""Who has which entry, so that one that moves from one resource of a stack to another is neither lost nor refused.

Resources are led side by side and know nothing of each other. So each says which entries it keeps and which it lets go,
asks before it deletes any, and takes one over only as long as nobody deletes it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

# So long, in seconds, may it take until a resource that lets an entry go has been looked at.
PATIENCE: Final = 1.0


class Custody:
    """The entries of one collection of an account, by id. Thread-safe; it lives as long as the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._kept: dict[str, str] = {}
        self._taken: set[str] = set()
        self._leaving: set[str] = set()
        self._going: set[str] = set()
        self._gone: set[str] = set()

    def keep(self, ids: Iterable[str], owner: str) -> set[str]:
        """Note that a resource has these entries and declares them. Returns those that another one deletes or did."""
        with self._changed:
            wanted = set(ids)
            lost = wanted & (self._going | self._gone)
            self._kept.update(dict.fromkeys(wanted - lost, owner))
            return lost

    def let_go(self, ids: Iterable[str]) -> None:
        """Note that a resource has these entries and declares them no more: another one may take them."""
        with self._changed:
            self._leaving.update(ids)
            self._changed.notify_all()

    def is_leaving(self, id_: str) -> bool:
        """Whether a resource has let the entry go."""
        with self._changed:
            return id_ in self._leaving

    def wait_until_leaving(self, ids: Iterable[str]) -> bool:
        """Wait a moment for a resource to let one of these entries go, and say whether one has."""
        wanted = set(ids)
        with self._changed:
            return self._changed.wait_for(lambda: bool(wanted & self._leaving), PATIENCE)

    def take(self, id_: str) -> bool:
        """Take an entry over. Where a resource deletes it, wait until that is over and return False: look again."""
        with self._changed:
            if id_ in self._going:
                self._changed.wait_for(lambda: id_ not in self._going)
                return False
            self._gone.discard(id_)
            self._taken.add(id_)
            return True

    @contextmanager
    def deleting(self, ids: Iterable[str], owner: str) -> Iterator[set[str]]:
        """Those of its entries that a resource may delete within this context: no other one has them."""
        with self._changed:
            going = {id_ for id_ in ids if self._kept.get(id_, owner) == owner} - self._taken
            self._leaving |= going
            self._going |= going
        try:
            yield going
        finally:
            with self._changed:
                self._going -= going
                self._gone |= going
                self._changed.notify_all()
