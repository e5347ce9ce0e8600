r"""Regular expressions, parsed as Java reads them: what takes a character, what holds a place, groups, repetitions.

No document says which dialect the API takes; the dashboard's speaks of Java. So only what neither Java nor Python can
compile is refused, and what Python alone takes is read as far as it can be. What cannot be told (a reference to a
group, an unknown property, the later parts of an intersection) becomes something that matches more, never less.
"""

from __future__ import annotations

import re
import string
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

# Sets of characters are whole numbers: a bit for each of ASCII, and one for all others, of which a set may hold any.
OTHERS: Final = 1 << 128
ALL: Final = (1 << 129) - 1


def bits(characters: Iterable[str]) -> int:
    """The set of some characters."""
    found = 0
    for one in characters:
        found |= 1 << min(ord(one), 128)
    return found


class Taken(NamedTuple):
    """One character of a set.

    Attributes:
        characters: the set.
        written: its characters, where they are written one by one; a dot for any character.
        exact: whether these are all its characters of ASCII; else it has some of them.

    """

    characters: int
    written: str = ""
    exact: bool = True

    @property
    def others(self) -> Taken:
        """One character that is not of the set."""
        return Taken(ALL ^ (self.characters & ~OTHERS) if self.exact else ALL, exact=self.exact)


class Place(NamedTuple):
    """A place between characters: `^` where the text starts, `$` where it ends, or another."""

    sign: str


class Group(NamedTuple):
    """One of several ways; `keeps` says that what it took is never given back."""

    ways: list[Way]
    keeps: bool = False


class Look(NamedTuple):
    """What must stand before or behind a place, or where `holds` is False must not."""

    inside: Group
    holds: bool


class Repeat(NamedTuple):
    """A part that is there several times; `most` is None where there is no bound."""

    least: int
    most: int | None
    part: Part
    keeps: bool = False


Part: TypeAlias = "Taken | Place | Group | Look | Repeat"
Way: TypeAlias = "list[Part]"

_ASCII: Final = tuple(map(chr, range(128)))
_UPPER: Final = bits(string.ascii_uppercase)
_MAX_LENGTH: Final = 4096
_ANYTHING: Final = Taken(ALL, exact=False)
_ANY_TEXT: Final = Group([[Repeat(0, None, _ANYTHING)]])
_QUOTED: Final = re.compile(r"\\(?:Q(?P<text>.*?)(?:\\E|\Z)|E|.)", re.DOTALL)
_QUANTIFIER: Final = re.compile(r"[*+?]|\{(?=[\d,])(\d*)(?:(,)(\d*))?\}", re.ASCII)
_GROUP: Final = re.compile(
    r"\?(?:(?P<on>[a-zA-Z]*)(?:-(?P<off>[a-zA-Z]*))?(?P<end>[:)])|<?(?P<look>[=!])|(?P<keeps>>)"
    r"|P?<[^\W\d]\w*>|\(\w+\)|(?P<reference>P=\w+\))|(?P<comment>#[^)]*\)))"
)
_RANGE: Final = re.compile(r"-(?![\[\]&]|\Z)")
_OCTAL: Final = re.compile(r"0([0-3][0-7]{2}|[0-7]{1,2})")
_HEX: Final = re.compile(r"x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")
_NAMED: Final = re.compile(r"N\{([^}]*)\}")
_CONTROL: Final = re.compile(r"c(.)", re.DOTALL)
_REFERENCE: Final = re.compile(r"[1-9]\d*|k(?:<\w+>|\{\w+\})?")
_PLACE: Final = re.compile(r"[AGZzB]|b(?:\{g\})?")
_PROPERTY: Final = re.compile(r"(?P<sign>[pP])(?:\{(?P<opposite>\^?)(?P<name>[^}]*)\}|(?P<letter>\w))")
_CONTROLS: Final = {"a": "\x07", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SETS: Final = {
    "d": Taken(bits(string.digits)),
    "h": Taken(bits(" \t\u00a0")),
    "s": Taken(bits(string.whitespace)),
    "v": Taken(bits("\n\v\f\r\u0085")),
    "w": Taken(bits(string.ascii_letters + string.digits + "_")),
}
_ESCAPES: Final = {
    **_SETS,
    **{one.upper(): taken.others for one, taken in _SETS.items()},
    "R": _SETS["v"],
    **dict.fromkeys("NX", _ANYTHING),
}
#: Properties by their names, without what may stand before them; others are general categories, or any character.
_PROPERTIES: Final[dict[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("alpha", "alphabetic", "letter", "latin"), str.isalpha),
    **dict.fromkeys(("lower", "lowercase"), str.islower),
    **dict.fromkeys(("upper", "uppercase"), str.isupper),
    **dict.fromkeys(("digit", "decimaldigitnumber"), str.isdigit),
    **dict.fromkeys(("alnum", "letterordigit"), str.isalnum),
    **dict.fromkeys(("space", "whitespace", "white_space"), str.isspace),
    "punct": string.punctuation.__contains__,
    "graph": lambda one: "!" <= one <= "~",
    "print": str.isprintable,
    "blank": " \t".__contains__,
    "cntrl": lambda one: not one.isprintable(),
    "xdigit": string.hexdigits.__contains__,
    "ascii": str.isascii,
}
#: Escapes that are followed by something in braces, and how those begin that are not closed.
_IN_BRACES: Final = "pPNxk"
_OPENED: Final = re.compile(r"(?:\{[^}]*|<[^>]*)\Z")
_CLOSED: Final = re.compile(r"\{[^}]*\}")
#: Letters that stand for nothing after a backslash, in Java and in Python.
_NO_ESCAPES: Final = frozenset(string.ascii_letters) - frozenset("AaBbcDdEefGHhkNnPpQRrSstUuVvWwXxZz")
_CATEGORIES: Final = frozenset("LMNPSZC")


class NoExpressionError(ValueError):
    """A text is no regular expression; it says why."""


def regex_problem(text: str) -> str | None:
    """Why a text can be a regular expression neither in Java nor in Python, or None."""
    try:
        parse(text)
    except NoExpressionError as problem:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(text)
        except re.error:
            return f"is not a regular expression: {problem}"
    except RecursionError:
        return None
    return None


def parse(text: str, *, ignore_case: bool = False) -> Group:
    """The parts of an expression.

    Args:
        text: the expression.
        ignore_case: whether case does not matter, though no flag says so.

    Raises:
        NoExpressionError: the text is none.
        RecursionError: its groups stand too deep within each other.

    """
    if len(text) > _MAX_LENGTH:
        raise NoExpressionError("longer than the API takes")
    reader = _Reader(text, _QUOTED.sub(_escaped, text), ignore_case)
    found = reader.group()
    if reader.at < len(reader.text):
        raise NoExpressionError(f"the ) at character {reader.number(reader.at)} closes nothing")
    return found


def _escaped(found: re.Match[str]) -> str:
    r"""What stands between `\Q` and `\E`, with a backslash before each sign, as Java reads it; or another escape."""
    return found[0] if found["text"] is None and found[0] != r"\E" else re.escape(found["text"] or "")


@dataclass(slots=True)
class _Reader:
    #: The expression, and the same without quotes.
    written: str
    text: str
    #: Whether case does not matter here.
    ignore_case: bool
    #: Whether blanks and comments do not count here.
    verbose: bool = False
    at: int = 0

    # Steps ------------------------------------------------------------------------------------------------

    def found(self, text: str) -> bool:
        """Whether a text stands here; then it is read."""
        stands = self.text.startswith(text, self.at)
        self.at += len(text) * stands
        return stands

    def matched(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here of a form; then it is read."""
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return match

    def character(self) -> str:
        """The next character. Raises NoExpressionError."""
        if self.at >= len(self.text):
            raise NoExpressionError("it ends in a backslash that escapes nothing")
        self.at += 1
        return self.text[self.at - 1]

    def number(self, at: int) -> int:
        """Which character of the expression as it is written stands at a place."""
        shift = 0
        for quote in _QUOTED.finditer(self.written):
            if quote.start() + shift < at:
                shift += len(_escaped(quote)) - len(quote[0])
        return at + 1 - shift

    def skipped(self) -> bool:
        """Whether what stands here does not count: a blank, or a comment up to the end of its line."""
        one = self.text[self.at]
        if not self.verbose or one not in string.whitespace + "#":
            return False
        end = self.text.find("\n", self.at) if one == "#" else self.at
        self.at = len(self.text) if end < 0 else end + 1
        return True

    # Parts ------------------------------------------------------------------------------------------------

    def group(self, *, keeps: bool = False) -> Group:
        """The ways of a group, up to its closing parenthesis or the end of all."""
        ways: list[Way] = [[]]
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.skipped():
                continue
            if self.found("|"):
                ways.append([])
            else:
                self.part(ways[-1])
        return Group(ways, keeps)

    def part(self, way: Way) -> None:
        """Read one part more of a way, or what repeats its last one."""
        if quantifier := self.matched(_QUANTIFIER):
            self.repeat(way, quantifier)
        elif self.found("("):
            self.in_parentheses(way)
        elif self.found("["):
            way.append(self.in_brackets(self.at - 1))
        elif self.found("\\"):
            self.escape(way)
        elif (one := self.character()) in "^$":
            way.append(Place(one))
        else:
            way.append(Taken(ALL, ".") if one == "." else self.literal(one))

    def repeat(self, way: Way, quantifier: re.Match[str]) -> None:
        """Repeat the last part of a way."""
        sign, (least, comma, most) = quantifier[0], quantifier.groups()
        if sign in "*+?" and (not way or isinstance(way[-1], Repeat)):
            raise NoExpressionError(f"the {sign} at character {self.number(self.at - 1)} has nothing to repeat")
        if not way:
            raise NoExpressionError(f"{sign} has nothing before it to repeat")
        keeps = self.found("+")
        if not keeps:
            self.found("?")
        low, high = int(least or sign == "+"), int(most or least or 1)
        endless = sign in "*+" or (comma and not most)
        if high < low and not endless:
            raise NoExpressionError(f"{sign} has its bounds the wrong way round")
        part = way.pop()
        if isinstance(part, Place):
            return  # A place that may be there several times, or not at all.
        if isinstance(part, Repeat):
            # Of two counts Java and Python take the second one otherwise.
            low, endless, keeps = 0, True, False
        way.append(Repeat(low, None if endless else high, part, keeps))

    def in_parentheses(self, way: Way) -> None:
        """Read a group, what looks around, or flags; the opening parenthesis is read."""
        kind = self.matched(_GROUP)
        if kind is None and self.found("?"):
            what = self.text[self.at - 1 : self.at + 1]
            raise NoExpressionError("a comment (?#… is not closed" if what == "?#" else f"({what} begins no group")
        said = kind.groupdict() if kind else {}
        if said.get("reference"):
            way.append(_ANY_TEXT)
        outer = self.ignore_case, self.verbose
        if said.get("end"):
            on, off = said["on"], said["off"] or ""
            self.ignore_case = self.ignore_case or "i" in on
            self.verbose = ("x" in on or self.verbose) and "x" not in off
        if said.get("end") == ")" or said.get("reference") or said.get("comment"):
            return
        found = self.group(keeps=bool(said.get("keeps")))
        if not self.found(")"):
            raise NoExpressionError("a ( is not closed")
        self.ignore_case, self.verbose = outer
        way.append(Look(found, said["look"] == "=") if said.get("look") else found)

    # Characters -------------------------------------------------------------------------------------------

    def escape(self, way: Way) -> None:
        """Read what stands behind a backslash outside of brackets."""
        if self.matched(_REFERENCE):
            way.append(_ANY_TEXT)
        elif place := self.matched(_PLACE):
            way.append(Place({"A": "^", "G": "^", "Z": "$", "z": "$"}.get(place[0], "b")))
        else:
            way.append(self.escaped())

    def one(self) -> Taken:
        """A character, or the set that an escape stands for."""
        return self.escaped() if self.found("\\") else self.literal(self.character())

    def escaped(self) -> Taken:
        """The character or set that an escape stands for, of which the backslash is read."""
        if (numbered := self.numbered()) is not None:
            return self.literal(numbered)
        if found := self.matched(_PROPERTY):
            has = self.property(found["name"] or found["letter"] or "")
            return has.others if (found["sign"] == "P") != bool(found["opposite"]) else has
        one = self.character()
        if opened := self.matched(_OPENED) if one in _IN_BRACES else None:
            raise NoExpressionError(rf"\{one}{opened[0][0]} is not closed")
        if one in "xuUN" and not self.matched(_CLOSED):
            raise NoExpressionError(rf"incomplete escape \{one}")
        if one in _NO_ESCAPES:
            raise NoExpressionError(rf"\{one} is no escape")
        return _ESCAPES.get(one) or self.literal(_CONTROLS.get(one, one))

    def literal(self, character: str) -> Taken:
        """One character."""
        return Taken(self.cased(bits(character)), character)

    def cased(self, characters: int) -> int:
        """A set, with the letters that count for its own."""
        if not self.ignore_case:
            return characters
        return characters | (characters & _UPPER) << 32 | characters >> 32 & _UPPER

    def property(self, name: str) -> Taken:
        """The characters that have a property; it is not told of others than those of ASCII."""
        plain = name.rpartition("=")[2].replace(" ", "").replace("-", "")
        has = _PROPERTIES.get(re.sub(r"^(?:is|java|in)", "", plain.lower()))
        category = plain.removeprefix("Is")
        if has is not None:
            characters = bits(filter(has, _ASCII))
        elif len(category) <= 2 and category[:1] in _CATEGORIES:
            characters = bits(one for one in _ASCII if unicodedata.category(one).startswith(category))
        else:
            return _ANYTHING
        # Versions of Java differ in whether case matters here.
        return Taken(self.cased(characters) | OTHERS, exact=self.cased(characters) == characters)

    def numbered(self) -> str | None:
        """The character that an escape stands for by its number or name; None for an escape of another kind."""
        before, code = self.at, -1
        if found := self.matched(_OCTAL):
            code = int(found[1], 8)
        elif found := self.matched(_HEX):
            code = int(next(filter(None, found.groups())), 16)
        elif found := self.matched(_CONTROL):
            code = ord(found[1]) ^ 64
        elif found := self.matched(_NAMED):
            code = _by_name(found[1])
        if 0 <= code < 0x110000:
            return chr(code)
        self.at = before
        return None

    def in_brackets(self, start: int) -> Taken:
        """A set of characters; its opening bracket is read. The outermost one is at `start`."""
        negated = self.found("^")
        items: list[Taken] = []
        cut, first = False, self.at
        while self.at < len(self.text):
            if self.at > first and self.found("]"):
                return _joined(items, negated=negated, cut=cut)
            if self.skipped():
                continue
            if self.found("&&"):
                # The first part of an intersection holds all of it.
                cut = True
                continue
            item = self.item(start)
            if not cut:
                items.append(item)
        raise NoExpressionError(f"the [ at character {self.number(start)} is not closed")

    def item(self, start: int) -> Taken:
        """A character, range or set in brackets."""
        if self.found("["):
            return self.in_brackets(start)
        low = self.one()
        before = self.at
        if not low.written or not self.matched(_RANGE) or not (high := self.one()).written:
            self.at = before
            return low
        if high.written < low.written:
            raise NoExpressionError(f"bad character range {low.written}-{high.written}")
        ascii_ = map(chr, range(ord(low.written), min(ord(high.written), 127) + 1))
        return Taken(self.cased(bits(ascii_) | bits(high.written)))


def _joined(items: list[Taken], *, negated: bool, cut: bool) -> Taken:
    """The set of what stands in brackets; `cut` says that an intersection leaves out some of it."""
    exact = not cut and all(item.exact for item in items)
    if negated and cut:
        return _ANYTHING  # Versions of Java differ in what is negated.
    characters = 0
    for item in items:
        # Of what is negated less is more.
        characters |= item.characters if item.exact or not negated else 0
    if negated:
        return Taken(characters).others._replace(exact=exact)
    written = "".join(item.written for item in items) if all(item.written for item in items) else ""
    return Taken(characters or ALL, written, exact)


def _by_name(name: str) -> int:
    """The character of a name; one that no address holds where there is none of that name."""
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        return 0
