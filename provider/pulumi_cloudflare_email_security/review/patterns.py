"""What a regular expression lets through, found out without running it.

Cloudflare matches Java's regular expressions. They are parsed with Python's parser, which knows nearly all of their
forms; one that cannot be parsed is judged by its text. Nothing is matched, since a pattern can be slow on purpose.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

op: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

_JAVA: Final = (
    (re.compile(r"\(\?<(?=[A-Za-z])"), "(?P<"),
    (re.compile(r"\\[pP]\{\w+\}"), r"\\w"),
    (re.compile(r"\\[hR]"), r"\\s"),
    (re.compile(r"\\z"), r"\\Z"),
)
_QUOTED: Final = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_MAX_LENGTH: Final = 4096
#: Fewer letters than this that must be there say next to nothing about a sender.
_FEW: Final = 3
#: A set of so many characters or fewer counts as a character that must be there.
_SMALL_SET: Final = 2
_REPEATS: Final = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, getattr(op, "POSSESSIVE_REPEAT", op.MAX_REPEAT)})
_UNBOUNDED: Final = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be said of a pattern.

    Attributes:
        required: the texts that every match must hold, each as long as it is whole.
        starts: whether a match starts where the text does.
        ends: whether a match ends where the text does.
        slow: why matching may take very long, or None.
        parsed: whether it could be parsed.

    """

    required: tuple[str, ...]
    starts: bool
    ends: bool
    slow: str | None
    parsed: bool = True

    @property
    def letters(self) -> int:
        """How many letters and digits every match must hold."""
        return sum(map(str.isalnum, "".join(self.required)))

    @property
    def matches_everything(self) -> bool:
        """Whether nearly every text matches: nothing is required, or no more than an address's own signs."""
        return self.letters == 0

    def matches_nearly_everything(self, says_nothing: Callable[[str], bool]) -> bool:
        """Whether what is required is no more than a top-level domain or a few letters."""
        if self.matches_everything:
            return False
        telling = [text for text in self.required if not says_nothing(text.lower())]
        return sum(map(str.isalnum, "".join(telling))) < _FEW


@lru_cache(maxsize=20_000)
def shape_of(pattern: str) -> Shape:
    """What a regular expression lets through."""
    text = _QUOTED.sub(lambda match: re.escape(match[1]), pattern[:_MAX_LENGTH])
    for java, python in _JAVA:
        text = java.sub(python, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(text)
        required, slow = _required(tree), _slow(tree)
        starts, ends = _anchored(tree, first=True), _anchored(tree, first=False)
    except (re.error, OverflowError, RecursionError, ValueError):
        literal = re.sub(r"\\[a-zA-Z]|\[[^\]]*\]|\(\?[^)]*\)|[\\^$.*+?{}()|]", " ", pattern)
        return Shape(tuple(literal.split()), pattern.startswith("^"), pattern.endswith("$"), None, parsed=False)
    return Shape(required, starts, ends, slow)


# What must be there -------------------------------------------------------------------------------------------


def _required(tree: Any) -> tuple[str, ...]:
    """The texts that every match of a sequence must hold."""
    found, run = [], ""
    for code, value in tree:
        if code is op.LITERAL:
            run += chr(value)
        elif code is op.IN and (one := _one_of(value)) is not None:
            run += one
        elif code is not op.AT:
            if run:
                found.append(run)
            run = ""
            found += _required_inside(code, value)
    return (*found, run) if run else tuple(found)


def _required_inside(code: Any, value: Any) -> tuple[str, ...]:
    if code is op.SUBPATTERN:
        return _required(value[-1])
    if code in _REPEATS:
        return _required(value[2]) if value[0] else ()
    if code is op.BRANCH:
        # Of several ways the one that asks for least.
        return min(map(_required, value[1]), key=lambda texts: sum(map(str.isalnum, "".join(texts))), default=())
    if code is getattr(op, "ATOMIC_GROUP", None):
        return _required(value)
    if code is op.ASSERT:
        return _required(value[1])
    return ()


def _one_of(items: Any) -> str | None:
    """A character that stands for a small set, such as `[eE]`."""
    if items and len(items) <= _SMALL_SET and all(code is op.LITERAL for code, _ in items):
        return chr(items[0][1])
    return None


# Where it holds on --------------------------------------------------------------------------------------------

_BEGINNINGS: Final = frozenset({op.AT_BEGINNING, op.AT_BEGINNING_STRING})
_ENDINGS: Final = frozenset({op.AT_END, op.AT_END_STRING})


def _anchored(tree: Any, *, first: bool) -> bool:
    """Whether every way through a sequence starts (or ends) at an anchor."""
    items = list(tree)
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


# How long it takes --------------------------------------------------------------------------------------------


def _slow(tree: Any) -> str | None:
    if _nested(tree, inside=False):
        return "a repetition within a repetition: some texts take exponential time"
    if _overlapping(tree):
        return "two repetitions of the same characters beside each other: some texts take quadratic time"
    return None


def _is_loop(code: Any, value: Any) -> bool:
    return code in _REPEATS and (value[1] is op.MAXREPEAT or value[1] > _UNBOUNDED) and code is not _POSSESSIVE


_POSSESSIVE: Final = getattr(op, "POSSESSIVE_REPEAT", None)


def _nested(tree: Any, *, inside: bool) -> bool:
    """Whether a loop whose turns can be told apart in several ways stands in a loop."""
    for code, value in tree:
        loop = _is_loop(code, value)
        if loop and inside:
            return True
        if loop and _ambiguous_turn(value[2]):
            return True
        if code in _REPEATS and _nested(value[2], inside=inside and not _separated(value[2])):
            return True
        if code is op.SUBPATTERN and _nested(value[-1], inside=inside):
            return True
        if code is op.BRANCH and any(_nested(branch, inside=inside) for branch in value[1]):
            return True
    return False


def _ambiguous_turn(body: Any) -> bool:
    """Whether a loop's body has a loop of its own at its ends, or branches that start alike."""
    items = _flat(body)
    for code, value in items:
        if code is op.BRANCH:
            ways = [list(branch) for branch in value[1]]
            if any(_alike(one, other) for at, one in enumerate(ways) for other in ways[at + 1 :]):
                return True
    if len(items) == 1 and items[0][0] is op.BRANCH:
        return any(_ambiguous_turn(branch) for branch in items[0][1][1])
    loops = [at for at, (code, value) in enumerate(items) if _is_loop(code, value)]
    if not loops or _separated(items):
        return False
    return all(_is_loop(code, value) or _optional(code, value) for code, value in items) or len(items) == 1


def _alike(one: Any, other: Any) -> bool:
    """Whether two ways are the same, or start alike."""
    if not one or not other:
        return not one and not other
    return _meet(_first(one), _first(other))


def _optional(code: Any, value: Any) -> bool:
    return code in _REPEATS and not value[0]


def _separated(items: Any) -> bool:
    """Whether a character that no loop of the sequence takes must stand in it, so that its turns are told apart."""
    loops = [_characters(value[2]) for code, value in items if _is_loop(code, value)]
    musts = [
        _characters([(code, value)]) for code, value in items if code in {op.LITERAL, op.IN, op.NOT_LITERAL, op.ANY}
    ]
    return any(not any(_meet(must, loop) for loop in loops) for must in musts)


def _overlapping(tree: Any) -> bool:
    """Whether two loops that take the same characters stand in a row, with nothing that must be between them."""
    loops: list[frozenset[Any] | None] = []
    for code, value in _flat(tree):
        if _is_loop(code, value):
            here = _characters(value[2])
            if any(_meet(loop, here) for loop in loops):
                return True
            if not _told_apart(value[2]):
                loops.append(here)
        elif not (code is op.AT or _optional(code, value)):
            loops = []
        if code is op.BRANCH and any(map(_overlapping, value[1])):
            return True
    return False


def _told_apart(body: Any) -> bool:
    """Whether every turn of a loop ends with a character that says so."""
    items = _flat(body)
    return len(items) > 1 and _separated(items)


def _flat(tree: Any) -> list[Any]:
    """A sequence without its groups."""
    items: list[Any] = []
    for code, value in tree:
        items += _flat(value[-1]) if code is op.SUBPATTERN else [(code, value)]
    return items


def _first(tree: Any) -> frozenset[Any] | None:
    """The characters that a sequence may start with; None for any."""
    for code, value in tree:
        if code is not op.AT:
            return _characters([(code, value)])
    return None


def _characters(tree: Any) -> frozenset[Any] | None:
    """The characters that the first item of a sequence takes, as literals and classes; None for any."""
    for code, value in tree:
        if code is op.LITERAL:
            return frozenset({chr(value)})
        if code is op.IN:
            return _class(value)
        if code is op.SUBPATTERN:
            return _characters(value[-1])
        if code in _REPEATS:
            return _characters(value[2])
        break
    return None


def _class(items: Any) -> frozenset[Any] | None:
    found: set[str] = set()
    for code, value in items:
        if code is op.LITERAL:
            found.add(chr(value))
        elif code is op.RANGE and value[1] - value[0] < 256:
            found |= set(map(chr, range(value[0], value[1] + 1)))
        elif code is op.CATEGORY and value in _CATEGORIES:
            found |= _CATEGORIES[value]
        else:
            return None
    return frozenset(found)


_DIGITS: Final = frozenset("0123456789")
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: _DIGITS,
    op.CATEGORY_SPACE: frozenset(" \t\r\n\f\v"),
    op.CATEGORY_WORD: frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | _DIGITS,
}


def _meet(one: frozenset[Any] | None, other: frozenset[Any] | None) -> bool:
    """Whether two sets of characters share one; None stands for all."""
    return one is None or other is None or bool(one & other)
