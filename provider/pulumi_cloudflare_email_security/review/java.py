r"""Java's regular expressions as Python's parser reads them.

What Python writes otherwise is translated: quotes, properties (`\p{L}`), classes within classes, escapes, flags
anywhere. What it cannot say becomes something that matches more, never less: a reference to a group is any text, an
intersection of classes the first of them.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_ANY: Final = r"[\s\S]"
_ANY_TEXT: Final = rf"(?:{_ANY}*)"
_ASCII: Final = tuple(map(chr, range(128)))
_ALL_OTHERS: Final = r"\u0080-\U0010ffff"
_QUANTIFIER: Final = re.compile(r"[*+?]|\{\d*(?:,\d*)?\}")
_GROUP: Final = re.compile(r"\?(?:#[^)]*\)|(?P<flags>[a-zA-Z]*(?:-[a-zA-Z]*)?)(?P<end>[:)])|P=\w+\)|\(\w+\))")
_LOOK: Final = re.compile(r"\?(?:[=!>]|<[=!])")
_NAME: Final = re.compile(r"\?P?<[^\W\d]\w*>")
_OCTAL: Final = re.compile(r"0([0-3][0-7]{2}|[0-7]{1,2})")
_HEX: Final = re.compile(r"x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")
_NAMED: Final = re.compile(r"N\{([^}]*)\}")
_CONTROL: Final = re.compile(r"c(.)", re.DOTALL)
_REFERENCE: Final = re.compile(r"[1-9]\d*|k(?:<\w+>|\{\w+\})?")
_PROPERTY: Final = re.compile(r"[pP](?:\{([^}]*)\}|(\w))")
_CONTROLS: Final = {"a": "\x07", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
#: Escapes for sets, and those that Python has no set for, each with one that holds it.
_SETS: Final = {one: rf"\{one}" for one in "dDsSwW"}
_WIDE: Final = {**dict.fromkeys("hvR", r"\s"), **dict.fromkeys("HVXN", r"\s\S")}
_PLACES: Final = {"A": r"\A", "G": r"\A", "Z": r"\Z", "z": r"\Z", "b": r"\b", "B": r"\B"}
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
_CATEGORIES: Final = frozenset("LMNPSZC")


@dataclass(slots=True)
class Translation:
    """An expression as Python's parser reads it, and its flags.

    Attributes:
        text: the expression.
        apart: whether alternatives stay apart; the parser makes one class of `a|b`.
        ignore_case: whether a flag says that case does not matter.

    """

    text: str
    apart: bool = False
    ignore_case: bool = False
    _at: int = 0
    _parts: list[str] = field(default_factory=list)
    #: Where the last thing that can be repeated begins; None where there is none.
    _repeatable: int | None = None
    #: Whether it is repeated already.
    _is_repeated: bool = False
    #: For each open group where it begins, and whether blanks do not count outside it.
    _open: list[tuple[int, bool]] = field(default_factory=list)
    _verbose: bool = False

    def python(self) -> str:
        """The translation. What is broken stays broken."""
        while self._at < len(self.text):
            if not self._verbose or not self._skip_blank():
                self._one()
        return "".join(self._parts)

    def _one(self) -> None:
        character = self.text[self._at]
        if character == "\\":
            self._escape()
        elif character == "[":
            self._at += 1
            self._atom(self._class())
        elif character == "(":
            self._group()
        elif character == ")":
            self._at += 1
            self._parts.append(")")
            begin, self._verbose = self._open.pop() if self._open else (None, self._verbose)
            self._repeatable, self._is_repeated = begin, False
        elif found := _QUANTIFIER.match(self.text, self._at):
            self._at = found.end()
            self._repeat(found[0])
        elif character in "^$|":
            self._at += 1
            # An empty group is something that two alternatives do not share.
            self._place("|()" if character == "|" and self.apart else character)
        else:
            self._at += 1
            self._atom("." if character == "." else re.escape(character))

    def _atom(self, text: str) -> None:
        self._repeatable, self._is_repeated = len(self._parts), False
        self._parts.append(text)

    def _place(self, text: str) -> None:
        self._repeatable, self._is_repeated = None, False
        self._parts.append(text)

    def _repeat(self, quantifier: str) -> None:
        if self.text[self._at : self._at + 1] in {"?", "+"}:
            quantifier += self.text[self._at]
            self._at += 1
        if self._repeatable is None:
            # A place that may be there several times, or not at all: Python knows no such thing.
            if self._parts and self._parts[-1] in {"^", "$", *_PLACES.values()}:
                self._parts.pop()
            elif quantifier[0] != "{":
                self._parts.append(quantifier)
        elif not self._is_repeated:
            self._parts.append(quantifier)
            self._is_repeated = True
        else:
            inner = "".join(self._parts[self._repeatable :])
            self._parts[self._repeatable :] = [f"(?:{inner})*"]

    def _skip_blank(self) -> bool:
        """Whether what stands here does not count: a blank, or a comment up to the end of its line."""
        start = self._at
        if self.text[start] == "#":
            end = self.text.find("\n", start)
            self._at = len(self.text) if end < 0 else end + 1
        elif self.text[start] in string.whitespace:
            self._at += 1
        return self._at > start

    def _group(self) -> None:
        begin = len(self._parts)
        self._at += 1
        if found := _GROUP.match(self.text, self._at):
            self._at = found.end()
            flags, _, off = (found["flags"] or "").partition("-")
            self.ignore_case = self.ignore_case or "i" in flags
            if found["end"] == ":" or found[0].startswith("?("):
                self._begin(begin, "(?:")
            elif found[0].startswith("?P="):
                self._atom(_ANY_TEXT)
            if found["end"]:
                self._verbose = ("x" in flags or self._verbose) and "x" not in off
            return
        if named := _NAME.match(self.text, self._at):
            self._at = named.end()
        look = _LOOK.match(self.text, self._at)
        self._at = look.end() if look else self._at
        self._begin(begin, f"({look[0]}" if look else "(")

    def _begin(self, begin: int, text: str) -> None:
        self._open.append((begin, self._verbose))
        self._place(text)

    def _escape(self) -> None:
        self._at += 1
        if (quoted := self._quoted()) is not None:
            for one in quoted:
                self._atom(re.escape(one))
        elif found := _REFERENCE.match(self.text, self._at):
            self._at = found.end()
            self._atom(_ANY_TEXT)
        elif (one := self.text[self._at : self._at + 1]) in _PLACES:
            self._at += 1 + (3 if self.text.startswith("b{g}", self._at) else 0)
            self._place(_PLACES[one])
        else:
            item = self._item()
            self._atom(item if len(item) == 2 and item[0] == "\\" else f"[{item}]" if len(item) > 1 else item)

    def _quoted(self) -> str | None:
        r"""What stands between `\Q` and `\E`, of which the backslash is read; None where none of them stands here."""
        start = self._at
        if self.text.startswith("E", start):
            self._at += 1
            return ""
        if not self.text.startswith("Q", start):
            return None
        end = self.text.find(r"\E", start)
        self._at = len(self.text) if end < 0 else end + 2
        return self.text[start + 1 : len(self.text) if end < 0 else end]

    def _item(self, *, least: bool = False) -> str:
        """What an escape stands for within a class; `least` where it must not be more than what is meant."""
        if (character := self._character()) is not None:
            return re.escape(character)
        if found := _PROPERTY.match(self.text, self._at):
            self._at = found.end()
            name = (found[1] or found[2] or "").removeprefix("^")
            opposite = found[0].startswith(("p{^", "P")) and not found[0].startswith("P{^")
            return _property(name, negated=opposite, least=least)
        one = self.text[self._at : self._at + 1]
        self._at += 1
        if one in _WIDE:
            return "" if least else _WIDE[one]
        return _SETS.get(one) or re.escape(_CONTROLS.get(one, one) or "\\")

    def _character(self) -> str | None:
        """The character that an escape stands for by its number or name; None for an escape of another kind."""
        text, at = self.text, self._at
        code = -1
        if found := _OCTAL.match(text, at):
            code = int(found[1], 8)
        elif found := _HEX.match(text, at):
            code = int(next(filter(None, found.groups())), 16)
        elif found := _CONTROL.match(text, at):
            code = ord(found[1]) ^ 64
        elif found := _NAMED.match(text, at):
            code = _by_name(found[1])
        if found is None or not 0 <= code < 0x110000:
            return None
        self._at = found.end()
        return chr(code)

    def _class(self) -> str:
        """A class; its opening bracket is read."""
        negated = self.text.startswith("^", self._at)
        self._at += negated
        items, whole = self._items(negated=negated)
        if not whole or not items:
            return _ANY
        return f"[{'^' if negated else ''}{items}]"

    def _items(self, *, negated: bool) -> tuple[str, bool]:
        """What a class holds up to its closing bracket, and whether that can be told."""
        items: list[str] = []
        whole, cut = True, False
        first = self._at
        while self._at < len(self.text):
            character = self.text[self._at]
            if character == "]" and self._at > first:
                self._at += 1
                return "".join(items), whole
            if self._verbose and self._skip_blank():
                continue
            item = self._class_item(character, negated=negated)
            if item is None:
                # The first part of an intersection holds all of it; where that is left out, more is.
                cut, whole = cut or bool(items), whole and not negated
            elif not cut:
                items.append(item)
        raise re.error("unterminated character set")

    def _class_item(self, character: str, *, negated: bool) -> str | None:
        """One item of a class; None for the sign of an intersection."""
        if character == "[":
            self._at += 1
            opposite = self.text.startswith("^", self._at)
            self._at += opposite
            items, whole = self._items(negated=opposite)
            # Within a negated class less is more.
            return "" if negated else r"\s\S" if opposite or not whole else items
        if self.text.startswith("&&", self._at):
            self._at += 2
            return None
        if character == "\\":
            self._at += 1
            quoted = self._quoted()
            return self._range(self._item(least=negated)) if quoted is None else "".join(map(re.escape, quoted))
        self._at += 1
        return self._range(re.escape(character))

    def _range(self, low: str) -> str:
        """An item, with the end of the range that it begins, if it does."""
        rest = self.text[self._at : self._at + 2]
        if not _is_one(low) or len(rest) < 2 or rest[0] != "-" or rest[1] in "[]" or rest == "-&":
            return low
        before = self._at
        self._at += 2
        high = self._item() if rest[1] == "\\" else re.escape(rest[1])
        if not _is_one(high):
            self._at = before
            return low
        return f"{low}-{high}"


def _by_name(name: str) -> int:
    """The character of a name; one that no address holds where there is none of that name."""
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        return 0


def _is_one(item: str) -> bool:
    """Whether an item of a class is one character."""
    return len(item) == 1 or (len(item) == 2 and item[0] == "\\" and item[1] not in "dDsSwW")


def _property(name: str, *, negated: bool, least: bool) -> str:
    """The characters that have a property (or not), as items of a class; beyond ASCII all, or where `least` none."""
    plain = name.rpartition("=")[2].replace(" ", "").replace("-", "")
    known = _PROPERTIES.get(re.sub(r"^(?:is|java|in)", "", plain.lower()))
    category = plain.removeprefix("Is")
    if known is None and len(category) <= 2 and category[:1] in _CATEGORIES:
        known = _of_category(category)
    if known is None:
        return "" if least else r"\s\S"
    has = "".join(re.escape(one) for one in _ASCII if known(one) is not negated)
    return has if least else has + _ALL_OTHERS


def _of_category(name: str) -> Callable[[str], bool]:
    return lambda one: unicodedata.category(one).startswith(name)
