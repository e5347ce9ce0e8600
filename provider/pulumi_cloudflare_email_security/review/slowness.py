"""Which regular expressions can be slow: those in which one text goes several ways.

Java tries one way after another. Where a text goes twice as many ways with every character more, or as many more as it
has characters, one that does not match in the end takes as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from ..model.regex import Part
from .automaton import FEW_COPIES, Automaton, TooLargeError

_Node = TypeVar("_Node")
#: So many steps are gone to tell.
MOST_STEPS: Final = 400_000
#: So many repetitions that take each other's characters are slow even where something must stand between them.
_LONG_CHAIN: Final = 4


def slow(expression: Part, *, search: Search | None = None) -> str | None:
    """Why matching an expression may take very long, or None."""
    expressions, search = [expression], search or Search()
    try:
        while expressions:
            expression = expressions.pop()
            automaton = Automaton(expression, copies=FEW_COPIES)
            expressions += automaton.inside
            if (why := _slow(automaton, search)) is not None:
                return why
            if not automaton.has_many:
                continue
            automaton = Automaton(expression, copies=FEW_COPIES, loose=True)
            if any(_exponential(automaton, loop, search) for loop in _loops(automaton, search)):
                return "many turns that can each end in several places: some texts take exponential time"
    except TooLargeError:
        return "it has more ways than can be looked at"
    return None


def _slow(automaton: Automaton, search: Search) -> str | None:
    loops = _loops(automaton, search)
    if any(_exponential(automaton, loop, search) for loop in loops):
        return "a repetition within a repetition: some texts take exponential time"
    if _quadratic(automaton, loops, search):
        return "two repetitions of the same characters beside each other: some texts take quadratic time"
    if _chained(automaton, loops, search):
        return "many repetitions that take each other's characters: some texts take very long"
    return None


@dataclass(slots=True)
class Search:
    """Searches that together take no more than so many steps."""

    left: int = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Go so many more. Raises TooLargeError."""
        self.left -= steps
        if self.left < 0:
            raise TooLargeError

    def reached(self, start: Iterable[_Node], after: Callable[[_Node], Iterable[_Node]]) -> set[_Node]:
        """All that can be reached. Raises TooLargeError."""
        found = {*start}
        todo = list(found)
        while todo:
            for one in after(todo.pop()):
                self.spend(1)
                if one not in found:
                    found.add(one)
                    todo.append(one)
        return found


def _loops(automaton: Automaton, search: Search) -> list[frozenset[int]]:
    """The sets of states between which one can go round."""
    follow = automaton.follow
    before: list[list[int]] = [[] for _ in follow]
    for state, after in enumerate(follow):
        for one in after:
            before[one].append(state)

    def ahead(state: int) -> Iterable[int]:
        return follow[state]

    def behind(state: int) -> Iterable[int]:
        return before[state]

    done: set[int] = set()
    found = []
    for state in range(len(follow)):
        # States go round only where they are entered from a later one, or by themselves.
        if state not in done and any(one >= state for one in before[state]):
            later: set[int] = search.reached([state], ahead)
            earlier: set[int] = search.reached([state], behind)
            loop = later & earlier
            if len(loop) > 1 or state in follow[state]:
                found.append(frozenset(loop))
                done |= loop
    return found


def _exponential(automaton: Automaton, loop: frozenset[int], search: Search) -> bool:
    """Whether one text leads from a state back to it in two ways."""
    follow, characters = automaton.follow, automaton.characters
    if any(ways > 1 and state in loop for one in loop for state, ways in follow[one].items()):
        return True
    inside = {one: [state for state in follow[one] if state in loop] for one in loop}
    back: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def after(pair: tuple[int, int]) -> Iterator[tuple[int, int]]:
        search.spend(len(inside[pair[0]]) * len(inside[pair[1]]))
        for one in inside[pair[0]]:
            for other in inside[pair[1]]:
                if characters[one] & characters[other]:
                    back.setdefault((one, other), []).append(pair)
                    yield one, other

    same = [(one, one) for one in loop]
    apart = {pair for pair in search.reached(same, after) if pair[0] != pair[1]}
    again = search.reached(same, lambda pair: back.get(pair, ())) if apart else ()
    return any(pair in again for pair in apart)


def _quadratic(automaton: Automaton, loops: list[frozenset[int]], search: Search) -> bool:
    """Whether one text goes round in a loop, on into the next one, and round in that."""
    follow = automaton.follow
    of = {state: loop for loop in loops for state in loop}
    for loop in loops:
        for one in loop - automaton.kept:
            for other in follow[one]:
                following = of.get(other)
                if following in {None, loop}:
                    continue
                if _both(automaton, one, loop, following, search):
                    return True
    return False


def _both(automaton: Automaton, one: int, loop: frozenset[int], following: frozenset[int], search: Search) -> bool:
    """Whether one text leads from a state of a loop back to it, on to the next loop, and round in that."""
    follow, characters = automaton.follow, automaton.characters

    def after(node: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
        for first in follow[node[0]]:
            for middle in follow[node[1]] if first in loop else ():
                if middle in loop or middle in following:
                    search.spend(len(follow[node[2]]))
                    both = characters[first] & characters[middle]
                    for last in follow[node[2]] if both else ():
                        if last in following and both & characters[last]:
                            yield first, middle, last

    return any((one, last, last) in search.reached([(one, one, last)], after) for last in following)


def _chained(automaton: Automaton, loops: list[frozenset[int]], search: Search) -> bool:
    """Whether many repetitions follow each other of which each takes the others' characters and what stands between."""
    follow, characters = automaton.follow, automaton.characters
    single = sorted(state for loop in loops if len(loop) == 1 for state in loop - automaton.kept)
    length = dict.fromkeys(single, 1)
    for state in single:

        def after(one: int, taken: int = characters[state]) -> Iterator[int]:
            return (other for other in follow[one] if characters[other] & taken)

        for other in search.reached([state], after) & {*single}:
            if other > state and characters[other] & characters[state] == characters[state]:
                length[other] = max(length[other], length[state] + 1)
    return max(length.values(), default=0) >= _LONG_CHAIN
