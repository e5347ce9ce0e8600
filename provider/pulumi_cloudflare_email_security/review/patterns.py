"""What a regular expression lets through, found out without running it.

Cloudflare matches Java's regular expressions. One that cannot be parsed is judged by its text. Nothing is matched,
since a pattern can be slow on purpose.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from ..model.regex import ALL, Group, Look, NoExpressionError, Part, Place, Repeat, Taken, Way, parse
from .automaton import MANY, UNBOUNDED, Automaton, TooLargeError
from .known_domains import says_nothing
from .slowness import slow

#: Fewer letters than this that must be there say next to nothing about a sender.
_FEW: Final = 3
#: A set of so many characters or fewer counts as a character that must be there.
_SMALL_SET: Final = 2
_MOST_TAILS: Final = 64


@dataclass(frozen=True)
class Shape:
    r"""What can be said of a pattern.

    Attributes:
        required: the texts that every match must hold, each as long as it is whole.
        tails: the texts of which one ends every match, as far as the pattern says them; "" where it does not.
        meant: the same, with a dot for what stands for any character: who writes `corp.example` means a dot.
        starts: whether a match starts where the text does.
        ends: whether a match ends where the text does.
        slow: why matching may take very long, or None.
        parsed: its parts, or None where it could not be parsed.
        bounded: whether a match begins with the text, a dot or an @, and goes on with a name: `(^|\.)corp`.

    """

    required: tuple[str, ...]
    tails: frozenset[str]
    meant: frozenset[str]
    starts: bool
    ends: bool
    slow: str | None = None
    parsed: Group | None = None
    bounded: bool = False

    @property
    def letters(self) -> int:
        """How many letters and digits every match must hold."""
        return _letters(self.required)

    @property
    def matches_everything(self) -> bool:
        """Whether nearly every text matches: nothing is required, or no more than an address's own signs."""
        return self.letters == 0

    @property
    def matches_nearly_everything(self) -> bool:
        """Whether what is required is no more than a top-level domain or a few letters."""
        if self.matches_everything:
            return False
        return _letters(text for text in self.required if not says_nothing(text.lower())) < _FEW

    @property
    def matches_all(self) -> bool:
        """Whether it matches everything, or nearly."""
        return self.matches_everything or self.matches_nearly_everything

    @cached_property
    def automaton(self) -> Automaton | None:
        """What it matches, without regard to case, as mail does; None where that cannot be told."""
        if self.parsed is not None:
            for copies, loose in ((UNBOUNDED, False), (MANY + 1, True)):
                with contextlib.suppress(TooLargeError, RecursionError):
                    return Automaton(self.parsed, copies=copies, loose=loose, starts=self.starts, ends=self.ends)
        return None


@lru_cache(maxsize=20_000)
def shape_of(pattern: str) -> Shape:
    """What a regular expression lets through."""
    try:
        whole = parse(pattern, ignore_case=True)
        return Shape(
            required=_required(whole).texts,
            tails=frozenset(map(str.lower, _ways(whole, dots=False)[0])),
            meant=frozenset(map(str.lower, _ways(whole, dots=True)[0])),
            starts=_anchored([whole], first=True),
            ends=_anchored([whole], first=False),
            slow=slow(parse(pattern)),
            parsed=whole,
            bounded=_bounded(whole),
        )
    except (NoExpressionError, RecursionError):
        words = re.sub(r"\\[a-zA-Z]|\[[^\]]*\]|\(\?[^)]*\)|[\\^$.*+?{}()|]", " ", pattern).split()
        tails = frozenset(words[-1:])
        return Shape(tuple(words), tails, tails, pattern.startswith("^"), pattern.endswith("$"))


# What must be there -------------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """The texts that every match of a part must hold.

    Attributes:
        texts: the texts, in their order.
        opens: whether the part begins with the first of them; without one, whether it is empty.
        closes: whether it ends with the last of them; without one, whether it is empty.

    """

    texts: tuple[str, ...] = ()
    opens: bool = False
    closes: bool = False

    def then(self, other: _Asked) -> _Asked:
        """Of this part with another behind it."""
        if not self.texts and self.opens:
            return other
        if not other.texts and other.opens:
            return self
        texts = self.texts + other.texts
        if self.texts and other.texts and self.closes and other.opens:
            texts = (*self.texts[:-1], self.texts[-1] + other.texts[0], *other.texts[1:])
        return _Asked(texts, bool(self.texts) and self.opens, bool(other.texts) and other.closes)

    @property
    def letters(self) -> int:
        """How many letters and digits they have."""
        return _letters(self.texts)

    @property
    def telling(self) -> int:
        """How many of them tell somebody from others."""
        return _letters(text for text in self.texts if not says_nothing(text.lower()))


def _letters(texts: Iterable[str]) -> int:
    return sum(map(str.isalnum, "".join(texts)))


_EMPTY: Final = _Asked((), opens=True, closes=True)


def _required(part: Part) -> _Asked:
    """The texts that every match of a part must hold."""
    match part:
        case Taken(written=written) if 0 < len(written) <= _SMALL_SET:
            return _Asked((written[0],), opens=True, closes=True)
        case Group(ways):
            # Of several ways the one that asks for least.
            return min(map(_required_in_turn, ways), key=lambda one: (one.telling, one.letters))
        case Repeat(least, most, repeated) if least:
            asked = _required(repeated)
            # What stands before several is followed by the first of them, what stands behind them by the last.
            several = _Asked(asked.texts, opens=False, closes=bool(asked.texts) and asked.closes)
            return asked if most == 1 else several
        case Look(inside, holds=True):
            return _Asked(_required(inside).texts)
        case Look() | Place():
            return _EMPTY
    return _Asked()


def _required_in_turn(way: Way) -> _Asked:
    asked = _EMPTY
    for part in way:
        asked = asked.then(_required(part))
    return asked


def _ways(part: Part, *, dots: bool) -> tuple[set[str], bool]:
    """The texts that a part stands for at the end of a match, and whether they are all of it."""
    match part:
        case Taken(characters, written) if written and (dots or characters != ALL):
            return {*written}, True
        case Look() | Place():
            return {""}, True
        case Group(ways):
            found = [_tails(way, dots=dots) for way in ways]
            return set().union(*(texts for texts, _ in found)), all(whole for _, whole in found)
        case Repeat(0, 1, repeated):
            texts, whole = _ways(repeated, dots=dots)
            return {"", *texts}, whole
    return set(), False


def _tails(way: Way, *, dots: bool) -> tuple[set[str], bool]:
    """The texts that may end a match of a way, and whether they are all of it."""
    found = {""}
    for part in reversed(way):
        texts, whole = _ways(part, dots=dots)
        if not texts or len(found) * len(texts) > _MOST_TAILS:
            return found, False
        found = {text + tail for text in texts for tail in found}
        if not whole:
            return found, False
    return found, True


# Where it holds on --------------------------------------------------------------------------------------------


def _anchored(way: Way, *, first: bool) -> bool:
    """Whether every way through some parts starts (or ends) at an anchor."""
    # What looks around takes no character.
    parts = [part for part in way if not isinstance(part, Look)]
    match parts and parts[0 if first else -1]:
        case Place(sign):
            return sign == ("^" if first else "$")
        case Group(ways):
            return all(_anchored(one, first=first) for one in ways)
    return False


def _bounded(whole: Group) -> bool:
    """Whether an expression begins with a group of the text's start, dots and @, and goes on with a letter or digit."""
    match whole:
        case Group([[Group() as group, Taken(written=letter), *_]]):
            return len(letter) == 1 and letter.isalnum() and _is_bound(group)
    return False


def _is_bound(part: Part) -> bool:
    match part:
        case Place(sign):
            return sign == "^"
        case Taken(characters, written):
            return characters != ALL and bool(written) and {*written} <= {*"@."}
        case Group(ways):
            return all(len(way) == 1 and _is_bound(way[0]) for way in ways)
    return False
