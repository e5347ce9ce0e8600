"""Which regular expressions can be slow: those that go back over what they tried without bound.

Works on the parser's tree of an expression; nothing is matched.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

op: Any = importlib.import_module("re._constants")

REPEATS: Final = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT})
#: A repetition of so many times or more is as slow as one without bound.
_UNBOUNDED: Final = 64


def slow(tree: Any) -> str | None:
    """Why matching a parsed expression may take very long, or None."""
    if _nested(tree, inside=False):
        return "a repetition within a repetition: some texts take exponential time"
    if _overlapping(tree):
        return "two repetitions of the same characters beside each other: some texts take quadratic time"
    return None


def _is_loop(code: Any, value: Any) -> bool:
    return code in REPEATS and (value[1] is op.MAXREPEAT or value[1] > _UNBOUNDED) and code is not op.POSSESSIVE_REPEAT


def _nested(tree: Any, *, inside: bool) -> bool:
    """Whether a loop whose turns can be told apart in several ways stands in a loop."""
    for code, value in tree:
        loop = _is_loop(code, value)
        if loop and inside:
            return True
        if loop and _ambiguous_turn(value[2]):
            return True
        if code in REPEATS and _nested(value[2], inside=inside and not _separated(value[2])):
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
    return code in REPEATS and not value[0]


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
        if code in REPEATS:
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
