"""Which way a change of a field weakens protection: settings declare it, reviews follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final, TypeAlias

from .addresses import plain_network, together


class Way(Enum):
    """A way in which the change of a field weakens protection."""

    NEVER = "no change weakens protection"
    ANY = "any change may weaken protection"
    MATCH = "says what the entry matches: a change removes one entry and adds another"
    REMOVAL = "removing an item weakens protection"
    ADDITION = "adding an item weakens protection"
    WIDENING = "a wider range, or none at all, weakens protection"


#: A way, or the one value of two that weakens protection, or all values, the weakest first.
Weakens: TypeAlias = Way | bool | tuple[str, ...]

#: Stands for a field that is not there: what it was is not known.
MISSING: Final = object()


def describe(weakens: Weakens) -> str:
    """A declaration for people."""
    if isinstance(weakens, tuple):
        return f"from the weakest: {', '.join(one or 'none' for one in weakens)}"
    return weakens.value if isinstance(weakens, Way) else f"{weakens!r} weakens protection"


def weakened(weakens: Weakens, before: Any, after: Any) -> bool:
    """Whether a change from one normal value to another weakens protection; `before` may be MISSING.

    What an unknown value becomes is not known to tighten, so it counts where it may weaken.
    """
    if weakens is Way.NEVER or before == after:
        return False
    if isinstance(weakens, tuple):
        return after != weakens[-1] and not (before in weakens and after in weakens[weakens.index(before) :])
    if not isinstance(weakens, Way):
        return bool(after == weakens) or not isinstance(after, bool)
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
        return not all(any(one.prefixlen == 0 for one in together(was, version)) for version in (4, 6))
    return any(not _within(item, was) for item in now)


def _within(item: Any, ranges: Iterable[Any]) -> bool:
    """Whether ranges hold all of one, alone or together."""
    if item in ranges:
        return True
    found: Any = plain_network(item) if isinstance(item, str) else None
    return found is not None and any(found.subnet_of(one) for one in together(ranges, found.version))


def _items(value: Any) -> set[Any]:
    return set(value) if isinstance(value, list) else set()
