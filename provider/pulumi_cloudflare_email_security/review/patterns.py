"""What a regular expression lets through, found out without running it.

Cloudflare matches Java's regular expressions. They are translated and parsed with Python's parser; one that cannot be
parsed is judged by its text. Nothing is matched, since a pattern can be slow on purpose.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from .automaton import MANY, REPEATS, Automaton, TooLargeError, op
from .java import Translation
from .senders import says_nothing
from .slowness import slow

parser: Any = importlib.import_module("re._parser")

_MAX_LENGTH: Final = 4096
#: Fewer letters than this that must be there say next to nothing about a sender.
_FEW: Final = 3
#: A set of so many characters or fewer counts as a character that must be there.
_SMALL_SET: Final = 2
_MOST_TAILS: Final = 64


@dataclass(frozen=True, slots=True)
class Shape:
    r"""What can be said of a pattern.

    Attributes:
        required: the texts that every match must hold, each as long as it is whole.
        tails: the texts of which one ends every match, as far as the pattern says them; "" where it does not.
        meant: the same, with a dot for what stands for any character: who writes `corp.example` means a dot.
        starts: whether a match starts where the text does.
        ends: whether a match ends where the text does.
        slow: why matching may take very long, or None.
        parsed: whether it could be parsed.
        bounded: whether a match begins with the text, a dot or an @, and goes on with a name: `(^|\.)corp`.

    """

    required: tuple[str, ...]
    tails: frozenset[str]
    meant: frozenset[str]
    starts: bool
    ends: bool
    slow: str | None
    parsed: bool = True
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


#: What the parser, or whoever walks what it made, raises for what it cannot read.
_UNREADABLE: Final = (re.error, OverflowError, RecursionError, ValueError)


@lru_cache(maxsize=20_000)
def shape_of(pattern: str) -> Shape:
    """What a regular expression lets through."""
    try:
        tree, _ = _parsed(pattern)
        apart, ignore_case = _parsed(pattern, apart=True)
        required, why_slow = _required(tree).texts, slow(apart, ignore_case=ignore_case)
        starts, ends = _anchored(tree, first=True), _anchored(tree, first=False)
    except _UNREADABLE:
        words = re.sub(r"\\[a-zA-Z]|\[[^\]]*\]|\(\?[^)]*\)|[\\^$.*+?{}()|]", " ", pattern).split()
        starts, ends = pattern.startswith("^"), pattern.endswith("$")
        tails = frozenset(words[-1:])
        return Shape(tuple(words), tails, tails, starts, ends, slow=None, parsed=False)
    tails, meant = (frozenset(map(str.lower, _tails(tree, dots=dots)[0])) for dots in (False, True))
    return Shape(required, tails, meant, starts, ends, slow=why_slow, bounded=_bounded(tree))


@lru_cache(maxsize=20_000)
def automaton_of(pattern: str) -> Automaton | None:
    """What a regular expression matches, without regard to case, as mail does; None where that cannot be told."""
    try:
        tree = _parsed(pattern)[0]
        try:
            return Automaton.of(tree, ignore_case=True)
        except TooLargeError:
            return Automaton.of(tree, ignore_case=True, copies=MANY + 1, loose=True)
    except (*_UNREADABLE, TooLargeError):
        return None


def _parsed(pattern: str, *, apart: bool = False) -> tuple[Any, bool]:
    """An expression as Python's parser reads it, and whether it is without regard to case.

    Args:
        pattern: the expression, Java's or Python's.
        apart: whether alternatives stay apart; the parser makes one class of `a|b`.

    """
    if len(pattern) > _MAX_LENGTH:
        raise ValueError("longer than the API takes")
    translation = Translation(pattern, apart=apart)
    text = translation.python()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(text, 0), translation.ignore_case


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


def _required(tree: Any) -> _Asked:
    """The texts that every match of a sequence must hold."""
    asked = _EMPTY
    for code, value in tree:
        asked = asked.then(_required_by(code, value))
    return asked


def _required_by(code: Any, value: Any) -> _Asked:
    asked = _Asked()
    if code in {op.AT, op.ASSERT_NOT}:
        asked = _EMPTY
    elif code in {op.LITERAL, op.ANY}:
        # Who writes `corp.example` means a dot.
        asked = _Asked((chr(value) if code is op.LITERAL else ".",), opens=True, closes=True)
    elif code is op.IN and (one := _one_of(value)) is not None:
        asked = _Asked((one,), opens=True, closes=True)
    elif code in {op.SUBPATTERN, op.ATOMIC_GROUP}:
        asked = _required(value[-1] if code is op.SUBPATTERN else value)
    elif code in REPEATS and value[0]:
        asked = _required(value[2])
        if value[1] > 1:
            # What stands before it is followed by the first of several, what stands behind it by the last.
            asked = _Asked(asked.texts, opens=False, closes=bool(asked.texts) and asked.closes)
    elif code is op.BRANCH:
        # Of several ways the one that asks for least.
        asked = min(map(_required, value[1]), key=lambda one: (one.telling, one.letters), default=asked)
    elif code is op.ASSERT:
        asked = _Asked(_required(value[1]).texts)
    return asked


def _one_of(items: Any) -> str | None:
    """A character that stands for a small set, such as `[eE]`."""
    if items and len(items) <= _SMALL_SET and all(code is op.LITERAL for code, _ in items):
        return chr(items[0][1])
    return None


def _tails(tree: Any, *, dots: bool) -> tuple[set[str], bool]:
    """The texts that may end a match of a sequence, and whether they are all of it."""
    found = {""}
    for code, value in reversed(list(tree)):
        ways, whole = _ways(code, value, dots=dots)
        if not ways or len(found) * len(ways) > _MOST_TAILS:
            return found, False
        found = {way + tail for way in ways for tail in found}
        if not whole:
            return found, False
    return found, True


def _ways(code: Any, value: Any, *, dots: bool) -> tuple[set[str], bool]:
    """The texts that one item stands for at the end, and whether they are all of it."""
    if code in {op.AT, op.LITERAL, op.ASSERT, op.ASSERT_NOT} or (dots and code is op.ANY):
        return {chr(value) if code is op.LITERAL else "." if code is op.ANY else ""}, True
    if code is op.IN and all(one is op.LITERAL for one, _ in value):
        return {chr(one) for _, one in value}, True
    if code in {op.SUBPATTERN, op.ATOMIC_GROUP}:
        return _tails(value[-1] if code is op.SUBPATTERN else value, dots=dots)
    if code is op.BRANCH:
        branches = [_tails(branch, dots=dots) for branch in value[1]]
        return set().union(*(ways for ways, _ in branches)), all(whole for _, whole in branches)
    if code in REPEATS and value[:2] == (0, 1):
        ways, whole = _tails(value[2], dots=dots)
        return {"", *ways}, whole
    return set(), False


# Where it holds on --------------------------------------------------------------------------------------------

_BEGINNINGS: Final = frozenset({op.AT_BEGINNING, op.AT_BEGINNING_STRING})
_ENDINGS: Final = frozenset({op.AT_END, op.AT_END_STRING})


def _anchored(tree: Any, *, first: bool) -> bool:
    """Whether every way through a sequence starts (or ends) at an anchor."""
    # What looks around takes no character.
    items = [item for item in tree if item[0] not in {op.ASSERT, op.ASSERT_NOT}]
    if not items:
        return False
    code, value = items[0 if first else -1]
    if code is op.AT:
        return value in (_BEGINNINGS if first else _ENDINGS)
    if code is op.SUBPATTERN:
        return _anchored(value[-1], first=first)
    if code is op.BRANCH:
        return all(_anchored(branch, first=first) for branch in value[1])
    return False


def _bounded(tree: Any) -> bool:
    """Whether a sequence begins with a group of the text's start, dots and @, and goes on with a letter or digit."""
    group, letter = [*tree, None, None][:2]
    if group is None or letter is None or group[0] not in {op.SUBPATTERN, op.BRANCH}:
        return False
    return letter[0] is op.LITERAL and chr(letter[1]).isalnum() and _is_bound(*group)


def _is_bound(code: Any, value: Any) -> bool:
    if code is op.AT:
        return value in _BEGINNINGS
    if code is op.LITERAL:
        return chr(value) in "@."
    if code is op.IN:
        return all(one is op.LITERAL and chr(what) in "@." for one, what in value)
    if code is op.SUBPATTERN:
        value = [value[-1]]
    return code in {op.SUBPATTERN, op.BRANCH} and all(
        len(way) == 1 and _is_bound(*way[0]) for way in (value[1] if code is op.BRANCH else value)
    )
