"""Regular expressions as automata, each character of an expression a state: what they match, without backtracking.

Java and Python try one way after another; an automaton goes all of them at once, so that an expression which is slow
on purpose costs no more than another. What looks around (lookaheads, the boundaries of words) is taken to hold, so an
automaton matches a little more than its expression, never less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ..model.regex import Group, Look, Part, Repeat, Taken, Way, bits

#: A repetition of so many times or more is as good as one without bound.
UNBOUNDED: Final = 64
#: A repetition of fewer times is written out, up to so many times where it is only asked how long matching takes.
FEW_COPIES: Final = 4
#: A repetition of more times than this makes as many ways as one without bound.
MANY: Final = 16
_MOST_STATES: Final = 2_500
_AT: Final = bits("@")


class TooLargeError(Exception):
    """An expression has more states than are looked at."""


@dataclass(slots=True)
class Span:
    """The states that a part of an expression starts and ends in, each with the number of ways (2 is several)."""

    empty: int = 0
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


@dataclass
class Automaton:
    """The states of an expression. Making one raises TooLargeError.

    Attributes:
        expression: what they are of.
        copies: so many times at most a repetition is written out.
        loose: whether a repetition of many times is taken for one without bound.
        starts, ends: whether a match starts where the text does, and ends where it does.
        has_many: whether there is a repetition of many times.
        characters: what each state takes.
        follow: the states that follow each, with the number of ways.
        whole: where all of it starts and ends.
        kept: the states whose characters are never given back.
        inside: the expressions of what looks around, which are tried by themselves.
        has_conditions: whether something must stand before or behind a place: then it matches more than its expression.

    """

    expression: Part
    copies: int = UNBOUNDED
    loose: bool = False
    starts: bool = False
    ends: bool = False
    has_many: bool = False
    characters: list[int] = field(default_factory=list)
    follow: list[dict[int, int]] = field(default_factory=list)
    whole: Span = field(default_factory=Span)
    kept: set[int] = field(default_factory=set)
    inside: list[Group] = field(default_factory=list)
    has_conditions: bool = False

    def __post_init__(self) -> None:
        self.whole = self._part(self.expression)
        for state in self.kept:
            # It goes on with itself in one way, whatever it stands in.
            self.follow[state][state] = 1

    # Matching ---------------------------------------------------------------------------------------------

    def matches(self, text: str) -> bool:
        """Whether it may match a text."""
        if self.whole.empty and not (self.starts and self.ends and text):
            return True
        return self._accepts(self._read(text, set()))

    def may_end_with(self, tail: str) -> bool:
        """Whether it may match an address that ends with a tail, which begins with the @."""
        return self._accepts(self._read(tail, self._before_the_at))

    def may_begin_with(self, head: str) -> bool:
        """Whether it may match a text that begins with a head, whatever comes then."""
        here = {*self._read(head, set())}
        todo = [*here]
        while todo:
            after = self.follow[todo.pop()].keys() - here
            here |= after
            todo += after
        return self._accepts(here)

    def _read(self, text: str, here: set[int]) -> set[int]:
        """The states that a text leads to from some others, or to the end of the first match that may end there."""
        for at, character in enumerate(text):
            here = self._step(here, character, begins=at == 0 or not self.starts)
            if not self.ends and self._accepts(here):
                break
        return here

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

    def _part(self, part: Part) -> Span:
        span = Span(empty=1)
        if isinstance(part, Taken):
            span = self._state(part.characters)
        elif isinstance(part, Group | Repeat) and part.keeps:
            span = self._kept(part)
        elif isinstance(part, Group):
            span = self._either(part.ways)
        elif isinstance(part, Repeat):
            span = self._repeated(part)
        elif isinstance(part, Look):
            self.inside.append(part.inside)
            self.has_conditions = self.has_conditions or part.holds
        return span

    def _state(self, characters: int) -> Span:
        if len(self.characters) >= _MOST_STATES:
            raise TooLargeError
        state = len(self.characters)
        self.characters.append(characters)
        self.follow.append({})
        return Span(0, {state: 1}, {state: 1})

    def _after(self, one: Span, other: Span) -> Span:
        self._link(one, other)
        return Span(
            min(2, one.empty * other.empty),
            _joined(one.first, other.first, one.empty),
            _joined(other.last, one.last, other.empty),
        )

    def _link(self, one: Span, other: Span) -> None:
        for state, ways in one.last.items():
            after = self.follow[state]
            for begin, more in other.first.items():
                after[begin] = min(2, after.get(begin, 0) + ways * more)

    def _either(self, ways: Iterable[Way]) -> Span:
        span = Span()
        for way in ways:
            other = Span(empty=1)
            for part in way:
                other = self._after(other, self._part(part))
            span = Span(
                min(2, span.empty + other.empty),
                _joined(span.first, other.first, 1),
                _joined(span.last, other.last, 1),
            )
        return span

    def _repeated(self, repeat: Repeat) -> Span:
        least, most, part = repeat.least, repeat.most, repeat.part
        span = Span(empty=1)
        endless = most is None or most > (MANY if self.loose else UNBOUNDED)
        self.has_many = self.has_many or (least if most is None else most) > MANY
        few = min(least, self.copies - (most is None or most > least))
        for _ in range(few - (endless and few > 0)):
            span = self._after(span, self._part(part))
        if most is None or endless:
            loop = self._part(part)
            self._link(loop, loop)
            if self.loose and loop.empty and least > MANY:
                # Each of the turns that there must be may take something or nothing: `(a?){30}`.
                self._link(loop, loop)
            return self._after(span, loop if least else Span(1, loop.first, loop.last))
        rest = Span(empty=1)
        for _ in range(min(most, self.copies) - few):
            one = self._after(self._part(part), rest)
            rest = Span(1, one.first, one.last)
        return self._after(span, rest)

    def _kept(self, part: Group | Repeat) -> Span:
        """What is never gone back into is one state, whatever it holds."""
        held = part.part if isinstance(part, Repeat) else part._replace(keeps=False)
        inner = Automaton(held, copies=self.copies, loose=self.loose)
        taken = 0
        for characters in inner.characters:
            taken |= characters
        one = self._state(taken)
        self.kept |= {*one.first}
        return Span(min(1, inner.whole.empty or (isinstance(part, Repeat) and not part.least)), one.first, one.last)


def _joined(one: dict[int, int], other: dict[int, int], times: int) -> dict[int, int]:
    """The states of two parts; those of the second in `times` ways."""
    if not times:
        return one
    return {**one, **{state: min(2, one.get(state, 0) + ways * times) for state, ways in other.items()}}
