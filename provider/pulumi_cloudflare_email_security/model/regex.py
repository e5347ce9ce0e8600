r"""Regular expressions: which ones certainly cannot be meant.

No document says which dialect the API takes; the dashboard's speaks of Java. So only what neither Java nor Python can
compile is refused: unbalanced brackets, quantifiers with nothing before them, escapes that both do not know. What
Java alone takes (`\p{L}`, `\Q…\E`, `(?<name>…)`, flags in the middle, classes within classes) is let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# Letters that stand for something after a backslash in Java or in Python (digits and signs always do), and those that
# do in Java only.
_ESCAPES: Final = frozenset("AaBbcDdEefGHhkNnPpQRrSstUuVvWwXxZz")
_JAVA_ESCAPES: Final = frozenset("cEeGHhkPpQRVXz")
_GROUP: Final = re.compile(
    r"\?(?:[:=!>]|<[=!]|P?<[^\W\d]\w*>|P=\w+(?=\))|\(\w+\)|(?P<flags>[a-zA-Z]*(?:-[a-zA-Z]*)?)(?P<end>[:)]))"
)
_PYTHON_FLAGS: Final = frozenset("aiLmsux")
_BOUNDS: Final = re.compile(r"\{(\d+)(,(\d*))?\}")
# Python warns of these, which mean something in Java's classes.
_CLASS_OPERATION: Final = re.compile(r"\[\^?\[|&&|--|~~|\|\|")
# What Python does not compile and Java may: bounded look-behinds, repeated anchors, [\w-.], references forward or to a
# group that is still open.
_LEFT_TO_JAVA: Final = re.compile(r"look-behind|repeat|bad character range .*\\|group reference|open group|octal")


class _BrokenError(Exception):
    """What is wrong with an expression."""


class _Before(Enum):
    """What stands before a place: that decides which quantifiers may stand there."""

    NOTHING = auto()
    ATOM = auto()
    QUANTIFIER = auto()
    WHOLE_QUANTIFIER = auto()


@dataclass(slots=True)
class _Scan:
    """One reading of an expression, with classes as Python has them, or nested as Java has them."""

    text: str
    nested: bool
    place: int = 0
    depth: int = 0
    before: _Before = _Before.NOTHING
    only_java: bool = False

    def run(self) -> None:
        """Read it all; raises _BrokenError."""
        readers = {"\\": self._escape, "[": self._class, "(": self._open, ")": self._close, "{": self._bounds}
        readers |= dict.fromkeys("*+?", self._quantifier)
        while self.place < len(self.text):
            character = self.text[self.place]
            if character in readers:
                readers[character]()
            else:
                self._move(self.place + 1, _Before.NOTHING if character == "|" else _Before.ATOM)
        if self.depth:
            raise _BrokenError("a ( is not closed")

    def _move(self, place: int, before: _Before) -> None:
        self.place, self.before = place, before

    def _escape(self) -> None:
        kind = self.text[self.place + 1 : self.place + 2]
        end = self.place + 2
        if not kind:
            raise _BrokenError("it ends in a backslash that escapes nothing")
        if kind.isascii() and kind.isalpha() and kind not in _ESCAPES:
            raise _BrokenError(rf"\{kind} is no escape")
        opening = self.text[end : end + 1]
        self.only_java = self.only_java or kind in _JAVA_ESCAPES or (kind == "x" and opening == "{")
        if kind == "Q":
            closed = self.text.find(r"\E", end)
            end = len(self.text) if closed < 0 else closed + 2
        elif kind in "pPNxk" and opening in {"{", "<"}:
            closed = self.text.find("}" if opening == "{" else ">", end)
            if closed < 0:
                raise _BrokenError(rf"\{kind}{opening} is not closed")
            end = closed + 1
        self._move(end, _Before.ATOM)

    def _class(self) -> None:
        start, level = self.place, 0
        while self.place < len(self.text):
            character = self.text[self.place]
            if character == "\\":
                self._escape()
                continue
            self.place += 1
            if character == "[" and (level == 0 or self.nested):
                self.only_java = self.only_java or level > 0
                level += 1
                self.place += self.text.startswith("^", self.place)
                # A bracket at the start of a class is one of its characters.
                self.place += self.text.startswith("]", self.place)
            elif character == "]":
                level -= 1
                if level == 0:
                    self.before = _Before.ATOM
                    return
        raise _BrokenError(f"the [ at character {start + 1} is not closed")

    def _open(self) -> None:
        self.place += 1
        if not self.text.startswith("?", self.place):
            self.depth += 1
            return self._move(self.place, _Before.NOTHING)
        if self.text.startswith("?#", self.place):
            closed = self.text.find(")", self.place)
            if closed < 0:
                raise _BrokenError("a comment (?#… is not closed")
            return self._move(closed + 1, self.before)
        found = _GROUP.match(self.text, self.place)
        if found is None:
            raise _BrokenError(f"({self.text[self.place : self.place + 2]} begins no group")
        flags, only_flags = found["flags"] or "", found["end"] == ")"
        if found[0].startswith("?<") and found[0] not in {"?<=", "?<!"}:
            self.only_java = True
        if {*flags} - _PYTHON_FLAGS - {"-"} or (only_flags and (self.place > 1 or "-" in flags)):
            self.only_java = True
        self.depth += not only_flags
        return self._move(found.end(), _Before.ATOM if only_flags or found[0][1:2] == "P" else _Before.NOTHING)

    def _close(self) -> None:
        if not self.depth:
            raise _BrokenError(f"the ) at character {self.place + 1} closes nothing")
        self.depth -= 1
        self._move(self.place + 1, _Before.ATOM)

    def _bounds(self) -> None:
        found = _BOUNDS.match(self.text, self.place)
        if found is None:
            # Braces of another kind are themselves, in Python.
            return self._move(self.place + 1, _Before.ATOM)
        if self.before is _Before.NOTHING:
            raise _BrokenError(f"{found[0]} has nothing before it to repeat")
        if found[3] and int(found[1]) > int(found[3]):
            raise _BrokenError(f"{found[0]} has its bounds the wrong way round")
        return self._move(found.end(), _Before.QUANTIFIER)

    def _quantifier(self) -> None:
        sign = self.text[self.place]
        # After a quantifier, ? makes it lazy and + possessive; then there is nothing left to repeat.
        if self.before is _Before.ATOM:
            self._move(self.place + 1, _Before.QUANTIFIER)
        elif self.before is _Before.QUANTIFIER and sign != "*":
            self._move(self.place + 1, _Before.WHOLE_QUANTIFIER)
        else:
            raise _BrokenError(f"the {sign} at character {self.place + 1} has nothing to repeat")


def regex_problem(text: str) -> str | None:
    """Why a text can be a regular expression neither in Java nor in Python, or None."""
    scans = [_Scan(text, nested=False), _Scan(text, nested=True)]
    problems = []
    for scan in scans:
        try:
            scan.run()
        except _BrokenError as problem:
            problems.append(str(problem))
    if len(problems) == len(scans):
        return f"is not a regular expression: {problems[0]}"
    if any(scan.only_java for scan in scans) or _CLASS_OPERATION.search(text):
        return None
    try:
        re.compile(text)
    except re.error as error:
        return None if _LEFT_TO_JAVA.search(error.msg) else f"is not a regular expression: {error.msg}"
    except (RecursionError, OverflowError):
        return None
    return None
