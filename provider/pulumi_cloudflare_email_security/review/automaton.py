"""Regular expressions as automata, each character of an expression a state: what they match, without backtracking.

Java and Python try one way after another; an automaton goes all of them at once, so that an expression which is slow
on purpose costs no more than another. What looks around (lookaheads, the boundaries of words) is taken to hold, so an
automaton matches a little more than its expression, never less.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

op: Any = importlib.import_module("re._constants")

REPEATS: Final = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT})
_CHARACTERS: Final = frozenset({op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN})
#: A repetition of so many times or more is as good as one without bound.
_UNBOUNDED: Final = 64
#: A repetition of fewer times is written out, up to so many times where it is only asked how long matching takes.
FEW_COPIES: Final = 4
#: A repetition of more times than this makes as many ways as one without bound.
MANY: Final = 16
_MOST_STATES: Final = 2_500

# Sets of characters are whole numbers: a bit for each of ASCII, and one for all others.
_OTHER: Final = 1 << 128
_ALL: Final = (1 << 129) - 1
_AT: Final = 1 << ord("@")


def _bits(characters: str) -> int:
    return sum(1 << ord(one) for one in characters)


_UPPER: Final = _bits("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGIT: Final = _bits("0123456789")
_SPACE: Final = _bits(" \t\r\n\f\v")
_WORD: Final = _UPPER | _UPPER << 32 | _DIGIT | _bits("_")
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: _DIGIT,
    op.CATEGORY_NOT_DIGIT: _ALL ^ _DIGIT,
    op.CATEGORY_SPACE: _SPACE,
    op.CATEGORY_NOT_SPACE: _ALL ^ _SPACE,
    op.CATEGORY_WORD: _WORD,
    op.CATEGORY_NOT_WORD: _ALL ^ _WORD,
}


class TooLargeError(Exception):
    """An expression has more states than are looked at."""


@dataclass(slots=True)
class Part:
    """A part of an expression: the states that it starts and ends in, each with the number of ways (2 is several)."""

    empty: int = 0
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


@dataclass
class Automaton:
    """The states of an expression.

    Attributes:
        characters: what each state takes.
        follow: the states that follow each, with the number of ways.
        whole: where all of it starts and ends.
        kept: the states whose characters are never given back.
        inside: the expressions of what looks around, which are tried by themselves.
        copies: so many times at most a repetition is written out.
        loose: whether a repetition of many times is taken for one without bound.
        has_many: whether there is one that is not without bound by itself.

    """

    ignore_case: bool = False
    copies: int = _UNBOUNDED
    loose: bool = False
    has_many: bool = False
    characters: list[int] = field(default_factory=list)
    follow: list[dict[int, int]] = field(default_factory=list)
    whole: Part = field(default_factory=Part)
    kept: set[int] = field(default_factory=set)
    inside: list[Any] = field(default_factory=list)
    #: Whether something must stand before or behind a place: then it matches more than its expression.
    has_conditions: bool = False

    @classmethod
    def of(cls, tree: Any, *, ignore_case: bool, copies: int = _UNBOUNDED, loose: bool = False) -> Automaton:
        """The automaton of a parsed expression. Raises TooLargeError."""
        made = cls(ignore_case=ignore_case, copies=copies, loose=loose)
        made.whole = made._sequence(tree)
        for state in made.kept:
            # It goes on with itself in one way, whatever it stands in.
            made.follow[state][state] = 1
        return made

    # Matching ---------------------------------------------------------------------------------------------

    def matches(self, text: str, *, starts: bool, ends: bool) -> bool:
        """Whether it may match a text: from its start on, up to its end, or anywhere within."""
        here: set[int] = set()
        if self.whole.empty and not (starts and ends and text):
            return True
        for at, character in enumerate(text):
            here = self._step(here, character, begins=at == 0 or not starts)
            if not ends and self._accepts(here):
                return True
        return self._accepts(here)

    def may_end_with(self, tail: str, *, starts: bool, ends: bool) -> bool:
        """Whether it may match an address that ends with a tail, which begins with the @."""
        here = self._before_the_at
        for at, character in enumerate(tail):
            here = self._step(here, character, begins=at == 0 or not starts)
            if not ends and self._accepts(here):
                return True
        return self._accepts(here)

    def may_begin_with(self, head: str, *, ends: bool) -> bool:
        """Whether it may match a text from its start on that begins with a head, whatever comes then."""
        here: set[int] = set()
        for at, character in enumerate(head):
            here = self._step(here, character, begins=at == 0)
            if not ends and self._accepts(here):
                return True
        todo = [*here]
        while todo:
            after = self.follow[todo.pop()].keys() - here
            here |= after
            todo += after
        return self._accepts(here)

    @cached_property
    def _before_the_at(self) -> set[int]:
        """The states that the part before an @ may lead to."""
        found: set[int] = set()
        todo = [*self.whole.first]
        while todo:
            state = todo.pop()
            if state not in found and self.characters[state] & ~_AT:
                found.add(state)
                todo += self.follow[state]
        return found

    def _step(self, here: Iterable[int], character: str, *, begins: bool) -> set[int]:
        bit = 1 << min(ord(character), 128)
        after = {state for one in here for state in self.follow[one] if self.characters[state] & bit}
        if begins:
            after |= {state for state in self.whole.first if self.characters[state] & bit}
        return after

    def _accepts(self, here: Iterable[int]) -> bool:
        return any(state in self.whole.last for state in here)

    # Building ---------------------------------------------------------------------------------------------

    def _sequence(self, tree: Any) -> Part:
        part = Part(empty=1)
        for code, value in tree:
            part = self._after(part, self._item(code, value))
        return part

    def _item(self, code: Any, value: Any) -> Part:
        part = Part(empty=1)
        if code in _CHARACTERS:
            part = self._state(_taken(code, value, ignore_case=self.ignore_case))
        elif code is op.SUBPATTERN:
            part = self._sequence(value[-1])
        elif code is op.BRANCH:
            part = self._either(value[1])
        elif code in {op.ATOMIC_GROUP, op.POSSESSIVE_REPEAT}:
            part = self._atomic(code, value)
        elif code in REPEATS:
            part = self._repeated(*value)
        elif code in {op.ASSERT, op.ASSERT_NOT}:
            self.inside.append(value[1])
            self.has_conditions = self.has_conditions or code is op.ASSERT
        elif code is op.GROUPREF_EXISTS:
            part = self._either([value[1], value[2] or []])
        return part

    def _state(self, characters: int) -> Part:
        if len(self.characters) >= _MOST_STATES:
            raise TooLargeError
        state = len(self.characters)
        self.characters.append(characters)
        self.follow.append({})
        return Part(0, {state: 1}, {state: 1})

    def _after(self, one: Part, other: Part) -> Part:
        self._link(one, other)
        return Part(
            min(2, one.empty * other.empty),
            _joined(one.first, other.first, one.empty),
            _joined(other.last, one.last, other.empty),
        )

    def _link(self, one: Part, other: Part) -> None:
        for state, ways in one.last.items():
            after = self.follow[state]
            for begin, more in other.first.items():
                after[begin] = min(2, after.get(begin, 0) + ways * more)

    def _either(self, branches: Iterable[Any]) -> Part:
        part = Part()
        for branch in branches:
            other = self._sequence(branch)
            part = Part(
                min(2, part.empty + other.empty),
                _joined(part.first, other.first, 1),
                _joined(part.last, other.last, 1),
            )
        return part

    def _repeated(self, least: int, most: Any, tree: Any) -> Part:
        part = Part(empty=1)
        endless = most is op.MAXREPEAT or most > (MANY if self.loose else _UNBOUNDED)
        self.has_many = self.has_many or (least if most is op.MAXREPEAT else most) > MANY
        few = min(least, self.copies - (most is op.MAXREPEAT or most > least))
        for _ in range(few - (endless and few > 0)):
            part = self._after(part, self._sequence(tree))
        if endless:
            loop = self._sequence(tree)
            self._link(loop, loop)
            if self.loose and loop.empty and least > MANY:
                # Each of the turns that there must be may take something or nothing: `(a?){30}`.
                self._link(loop, loop)
            return self._after(part, loop if least else Part(1, loop.first, loop.last))
        rest = Part(empty=1)
        for _ in range(min(most, self.copies) - few):
            one = self._after(self._sequence(tree), rest)
            rest = Part(1, one.first, one.last)
        return self._after(part, rest)

    def _atomic(self, code: Any, value: Any) -> Part:
        """What is never gone back into is one state, whatever it holds."""
        tree = value[2] if code in REPEATS else value
        inner = Automaton.of(tree, ignore_case=self.ignore_case, copies=self.copies, loose=self.loose)
        taken = 0
        for characters in inner.characters:
            taken |= characters
        one = self._state(taken)
        self.kept |= {*one.first}
        return Part(min(1, inner.whole.empty or (code in REPEATS and value[0] == 0)), one.first, one.last)


def _joined(one: dict[int, int], other: dict[int, int], times: int) -> dict[int, int]:
    """The states of two parts; those of the second in `times` ways."""
    if not times:
        return one
    return {**one, **{state: min(2, one.get(state, 0) + ways * times) for state, ways in other.items()}}


def _taken(code: Any, value: Any, *, ignore_case: bool) -> int:
    """The characters that an item takes."""
    if code in {op.NOT_LITERAL, op.IN}:
        negated = code is op.NOT_LITERAL or value[0][0] is op.NEGATE
        taken = 0
        for one, more in [(op.LITERAL, value)] if code is op.NOT_LITERAL else value:
            if one is not op.NEGATE:
                taken |= _taken(one, more, ignore_case=ignore_case)
        return _ALL ^ (taken & ~_OTHER) if negated else taken
    taken = _ALL
    if code is op.LITERAL:
        taken = 1 << min(int(value), 128)
    elif code is op.RANGE:
        low, high = value
        taken = ((1 << min(high, 127) + 1) - (1 << low) if low < 128 else 0) | (_OTHER if high > 127 else 0)
    elif code is op.CATEGORY:
        taken = int(_CATEGORIES.get(value, _ALL))
    return taken | (taken & _UPPER) << 32 | (taken & _UPPER << 32) >> 32 if ignore_case else taken
