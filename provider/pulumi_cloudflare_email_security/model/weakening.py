"""Which way a change of a field weakens protection: settings declare it, reviews follow from it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final, TypeAlias


class Way(Enum):
    """A way in which the change of a field weakens protection."""

    NEVER = "no change weakens protection"
    ANY = "any change may weaken protection"
    MATCH = "says what the entry matches: a change removes one entry and adds another"
    REMOVAL = "removing an item weakens protection"
    ADDITION = "adding an item weakens protection"
    WIDENING = "a wider range, or none at all, weakens protection"


#: A way, or the one value that weakens protection.
Weakens: TypeAlias = Way | bool | str

#: Stands for a field that is not there: what it was is not known.
MISSING: Final = object()


def describe(weakens: Weakens) -> str:
    """A declaration for people."""
    return weakens.value if isinstance(weakens, Way) else f"{weakens!r} weakens protection"


def weakened(weakens: Weakens, before: Any, after: Any) -> bool:
    """Whether a change from one normal value to another weakens protection; `before` may be MISSING.

    What an unknown value becomes is not known to tighten, so it counts where it may weaken.
    """
    if weakens is Way.NEVER or before == after:
        return False
    if not isinstance(weakens, Way):
        return bool(after == weakens) or not isinstance(after, (bool, str))
    if weakens in {Way.ANY, Way.MATCH} or not isinstance(after, list):
        return True
    if weakens is Way.WIDENING:
        return widened(before, after)
    fewer, more = _items(before) - set(after), set(after) - _items(before)
    return bool(more if weakens is Way.ADDITION else fewer) or (weakens is Way.REMOVAL and before is MISSING)


def widened(before: Any, after: Iterable[Any]) -> bool:
    """Whether ranges let in what those before kept out; none at all let in everything."""
    was, now = list(before) if isinstance(before, list) else [], list(after)
    if not was:
        return before is MISSING and not now
    if not now:
        return True
    return any(not _within(item, was) for item in now)


def _within(item: Any, ranges: Iterable[Any]) -> bool:
    if item in ranges:
        return True
    try:
        network: Any = ipaddress.ip_network(item, strict=False)
        others: list[Any] = [ipaddress.ip_network(one, strict=False) for one in ranges]
    except (ValueError, TypeError):
        return False
    return any(network.version == other.version and network.subnet_of(other) for other in others)


def _items(value: Any) -> set[Any]:
    return set(value) if isinstance(value, list) else set()
