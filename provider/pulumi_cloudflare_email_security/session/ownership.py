"""One owner for each entry of a collection, within a deployment.

The engine leads resources concurrently, and each knows only of itself. Here each says which entries it declares (in
`check`), keeps and lets go (in `diff`), and asks before it takes or deletes one. A resource is known by its URN,
parents included. What moves between resources is known from the program, which asks the engine what the stack held
before; where it cannot, from the order in which the engine asks. Nothing depends on time, but that nobody waits for
ever for what another resource has begun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ..client.pages import entry_id
from ..model.names import resource_of

#: How long a resource waits for a key that another one gives up, in seconds.
_LONGEST_CHANGE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An entry that two resources declare.

    Attributes:
        label: its natural key, as this resource writes it.
        place: where this resource declares it, as "file:line", or "".
        other: the other resource.
        other_place: where that one declares it.

    """

    label: str
    place: str
    other: str
    other_place: str

    def __str__(self) -> str:
        """For an error."""
        here = f" ({self.place})" if self.place else ""
        there = f" ({self.other_place})" if self.other_place else ""
        return f"{self.label}{here} is declared by {resource_of(self.other)}{there} too"


class Right(NamedTuple):
    """Why a resource may take an entry that exists: for people; and whether it moves here from another resource."""

    why: str
    is_move: bool = False

    @classmethod
    def moved(cls, former: str) -> Right:
        """That of an entry which another resource of the stack lets go."""
        return cls(f"from {resource_of(former)}", is_move=True)


@dataclass(frozen=True, slots=True)
class Moves:
    """What moves to and from a resource, as the program found it in the state before this run, by key text.

    Attributes:
        arrives: the resource that held the entry, and the entry's id or time of creation, as far as known.
        leaves: the resource that declares the entry now.
        abandoned: entries that were let go for a resource that no longer declares them.
        settled: entries that were let go for a resource that got them, and no longer has them after this run.
        let_go: those of `arrives` that were let go in an earlier run: one that has another key by now may be another's.
        rivals: for an exclusive collection, the other resources that declare such entries; with `--target` they may
            never be asked themselves.

    """

    arrives: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    leaves: Mapping[str, str] = field(default_factory=dict)
    abandoned: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    let_go: frozenset[str] = frozenset()
    rivals: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, document: Any) -> Moves:
        """What `to_json` wrote."""
        if not isinstance(document, Mapping):
            return NO_MOVES
        arrives = {key: (who, mark) for key, (who, mark) in document.get("arrives", {}).items()}
        return cls(arrives, document.get("leaves", {}), **{name: frozenset(document.get(name, ())) for name in _SETS})

    def id_of(self, key: str) -> str | None:
        """The id of an entry that arrives, where that is known: single entries are known by their time of creation."""
        mark = self.arrives.get(key, ("", ""))[1]
        return mark if mark and ":" not in mark else None

    def to_json(self) -> dict[str, Any]:
        """As plain values; empty where nothing moves."""
        sets = {name: sorted(getattr(self, name)) for name in _SETS}
        parts = {"arrives": dict(self.arrives), "leaves": dict(self.leaves), **sets}
        return {name: value for name, value in parts.items() if value}


_SETS: Final = ("abandoned", "settled", "let_go", "rivals")
NO_MOVES: Final = Moves()


class Ownership:
    """Who has which entry of one collection of an account. Thread-safe; lives as long as a deployment."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._declared: dict[str, tuple[str, str]] = {}  # by key: resource and place
        self._keys: dict[str, frozenset[str]] = {}  # by resource
        self._exclusive: set[str] = set()
        self._moves: dict[str, Moves] = {}
        self._kept: dict[str, str] = {}  # by id
        self._let_go: dict[str, str] = {}  # by id
        self._taken: set[str] = set()
        self._taking: set[str] = set()
        self._going: set[str] = set()
        self._gone: set[str] = set()
        self._renamed: set[str] = set()
        self._given_up: dict[str, set[str]] = {}  # by id

    # What check says --------------------------------------------------------------------------------------

    def declare(
        self,
        resource: str,
        declared: Mapping[str, str],
        *,
        label: Callable[[str], str] = str,
        moves: Moves = NO_MOVES,
    ) -> list[Duplicate]:
        """Note that a resource declares these keys, each at its place, and what moves.

        Returns:
            The duplicates, called by the `label` of their keys.

        """
        with self._lock:
            for key in self._keys.get(resource, frozenset()) - declared.keys():
                if self._declared.get(key, ("", ""))[0] == resource:
                    del self._declared[key]
            self._moves[resource] = moves
            found = []
            for key, place in declared.items():
                other, other_place = self._declared.setdefault(key, (resource, place))
                if other != resource:
                    found.append(Duplicate(label(key), place, other, other_place))
            self._keys[resource] = frozenset(declared)
            return found

    def rival(self, resource: str, *, exclusive: bool) -> str | None:
        """Another resource that declares such entries where one of the two is exclusive, or None."""
        with self._lock:
            if exclusive:
                self._exclusive.add(resource)
                known = next((other for other in self._keys if other != resource), None)
                return known or min(self._moves.get(resource, NO_MOVES).rivals, default=None)
            self._exclusive.discard(resource)
            return next((other for other in self._exclusive if other != resource), None)

    def moves(self, resource: str) -> Moves:
        """What moves to and from a resource."""
        with self._lock:
            return self._moves.get(resource, NO_MOVES)

    # What diff says ---------------------------------------------------------------------------------------

    def keep(self, resource: str, ids: Iterable[str]) -> set[str]:
        """Note that a resource has these entries for good. Returns those that another deletes or did."""
        with self._lock:
            wanted = set(ids)
            lost = wanted & (self._going | self._gone)
            self._kept.update(dict.fromkeys(wanted - lost, resource))
            self._taking -= wanted
            return lost

    def let_go(self, resource: str, ids: Iterable[str]) -> None:
        """Note that a resource has these entries and declares them no more: another one may take them."""
        with self._lock:
            for id_ in ids:
                self._let_go[id_] = resource
                if self._kept.get(id_) == resource:
                    # A refresh of this run found it declared.
                    del self._kept[id_]
            self._lock.notify_all()

    def new_owner(self, resource: str, key: str) -> str | None:
        """The other resource that declares a key that this one lets go, as far as known by now."""
        with self._lock:
            if (moved := self._moves.get(resource, NO_MOVES).leaves.get(key)) is not None:
                return moved
            other = self._declared.get(key, ("", ""))[0]
            return other if other and other != resource else None

    # What create, update and delete ask -------------------------------------------------------------------

    def former_owner(self, resource: str, key: str, entry: Mapping[str, Any]) -> str | None:
        """The resource of this stack that an existing entry comes from, if one lets it go (or did); else None."""
        with self._lock:
            who, mark = self._moves.get(resource, NO_MOVES).arrives.get(key, ("", ""))
            # An account whose answers to writes tell no times leaves no mark: then the key must do.
            if who and mark in {"", entry_id(entry), entry.get("created_at")}:
                return who
            return self._let_go.get(entry_id(entry))

    def leaves_key(self, resource: str, key: str, id_: str) -> bool:
        """Whether the entry of another resource has a key that this one declares, and that one no more."""
        with self._lock:
            other = self._kept.get(id_, resource)
            return other != resource and key not in self._keys.get(other, {key})

    def renamed(self, resource: str) -> None:
        """The resource's entry has its new key, or will not get it in this run."""
        with self._lock:
            self._renamed.add(resource)
            self._lock.notify_all()

    def wait_for_key(self, id_: str) -> None:
        """Wait until the resource of an entry has given up its key; for as long as a change may take."""
        with self._lock:
            self._lock.wait_for(
                lambda: id_ not in self._kept or self._kept[id_] in self._renamed,
                _LONGEST_CHANGE,
            )

    def take(self, resource: str, id_: str) -> bool:
        """Take an entry, for good once it is kept too.

        Where another resource deletes it, waits until that is over and returns False: look again.
        """
        with self._lock:
            if id_ in self._going:
                self._lock.wait_for(lambda: id_ not in self._going)
                return False
            self._gone.discard(id_)
            self._taken.add(id_)
            self._taking.add(id_)
            self._kept[id_] = resource
            return True

    def taken_among(self, ids: Iterable[str]) -> set[str]:
        """Those of the entries that some resource took in this deployment."""
        with self._lock:
            return self._taken.intersection(ids)

    def give_up(self, resource: str, others: Mapping[str, Collection[str]]) -> dict[str, str]:
        """Note that a resource gives up these entries; returns those that others still have, with one of them.

        Args:
            resource: the resource.
            others: the other resources that held each entry before this run, by id.

        """
        with self._lock:
            for id_ in others:
                self._given_up.setdefault(id_, set()).add(resource)
            still = {id_: sorted({*holders} - self._given_up[id_]) for id_, holders in others.items()}
            return {id_: holders[0] for id_, holders in still.items() if holders}

    def may_come_back(self, resource: str, id_: str) -> bool:
        """Whether no other resource has an entry for good: one that took it may yet fail, and record nothing."""
        with self._lock:
            return id_ in self._taking or self._kept.get(id_, resource) == resource

    def owner(self, id_: str) -> str | None:
        """The resource that keeps or took an entry in this deployment."""
        with self._lock:
            return self._kept.get(id_)

    @contextmanager
    def deleting(self, resource: str, ids: Iterable[str]) -> Iterator[set[str]]:
        """Those of its entries that a resource may delete within this context: no other one has them."""
        with self._lock:
            # What was taken in this deployment stays: a replacement takes before the replaced resource is deleted.
            going = {id_ for id_ in ids if self._kept.get(id_, resource) == resource} - self._taken
            self._going |= going
        try:
            yield going
        finally:
            with self._lock:
                self._going -= going
                self._gone |= going
                for id_ in going:
                    self._kept.pop(id_, None)
                self._lock.notify_all()
