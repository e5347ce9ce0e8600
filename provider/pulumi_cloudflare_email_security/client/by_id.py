"""Entries asked for by id: the truth about what a list does not show, or shows otherwise than expected.

Within seconds of a write, even an id may be answered from where the write does not show yet: then it is asked for
again before its entry counts as gone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from .clock import Clock
from .endpoint import Endpoint
from .envelope import NO_SUCH_ROUTE
from .errors import NoSuchRouteError, NotFoundError
from .pages import Entry
from .recent import RecentWrites

# So many entries are asked for by id before what holds for all of them is believed of the others.
SAMPLE: Final = 20
T = TypeVar("T")


class Absent(NamedTuple):
    """What became of entries that a list does not show: gone, or there after all."""

    gone: set[str]
    alive: dict[str, Entry]

    def updated(self, later: Absent) -> Absent:
        """The same with what was answered later, of these entries or of others."""
        return Absent((self.gone | later.gone) - later.alive.keys(), {**self.alive, **later.alive})


class ById:
    """The entries of one endpoint, each asked for by its id. Thread-safe.

    Args:
        endpoint: the collection.
        recent: what was written lately.
        clock: the time.

    """

    def __init__(self, endpoint: Endpoint, recent: RecentWrites, clock: Clock) -> None:
        self._endpoint = endpoint
        self._recent = recent
        self._clock = clock

    def get(self, id_: str) -> Entry:
        """One entry. Raises NotFoundError where there is none."""
        return self._when_shown(id_, self._endpoint.get)

    def verification(self, id_: str) -> Entry | None:
        """How a domain is verified, or None. Raises NotFoundError where there is no such domain."""
        return self._when_shown(id_, self._endpoint.verification)

    def _when_shown(self, id_: str, ask: Callable[[str], T]) -> T:
        try:
            return ask(id_)
        except NotFoundError:
            if self._recent.gone_among([id_]) or not self.settle():
                raise
            return ask(id_)

    def ask(self, ids: Sequence[str], *, of_old: bool = False) -> Absent:
        """Which entries are gone, and the others; each is asked for."""
        asked = self.ask_once(ids, of_old=of_old)
        doubtful = asked.gone - self._recent.gone_among(asked.gone)
        if not doubtful or not self.settle():
            return asked
        return asked.updated(self.ask_once(sorted(doubtful), of_old=of_old))

    def ask_once(self, ids: Sequence[str], *, of_old: bool = False) -> Absent:
        """What the API answers now when it is asked for each of some entries."""
        alive: dict[str, Entry] = {}

        def ask(id_: str) -> None:
            try:
                alive[id_] = self._endpoint.get(id_)
            except NotFoundError:
                pass
            except NoSuchRouteError as error:
                # Anything else than this answer of the API's own is not about the id.
                if not (of_old and (NO_SUCH_ROUTE in error.codes or self._endpoint.is_outdated(id_))):
                    raise

        self._endpoint.concurrently([partial(ask, id_) for id_ in ids])
        return Absent({*ids} - alive.keys(), alive)

    def confirm_gone(self, ids: Iterable[str], *, of_old: bool = False) -> Absent:
        """Which of some entries are gone, and which are there although the list does not show them.

        Each is asked for by id. Where they are many, a sample comes first: if all of it is gone the others are taken
        to be gone too, if not each of them is asked for.

        Args:
            ids: the entries.
            of_old: whether an id counts as gone, too, where the API does not know its form any more.

        """
        rest = sorted({*ids})
        first = self.ask(sample(rest), of_old=of_old)
        others = [id_ for id_ in rest if id_ not in first.gone and id_ not in first.alive]
        # What this process wrote is what a list that lags does not show, so it is never taken to be gone.
        asked = others if first.alive else [id_ for id_ in others if id_ in self._recent.written]
        return Absent(first.gone | {*others}, first.alive).updated(self.ask(asked, of_old=of_old))

    def settle(self) -> bool:
        """Wait until the last write shows, whoever answers; False where it does already."""
        if wait := self._recent.settling():
            self._clock.sleep(wait)
        return wait > 0


def sample(ids: Sequence[str]) -> list[str]:
    """Some of many."""
    return [*ids[:: math.ceil(len(ids) / SAMPLE)]] if ids else []
