"""Forms of text: in which two texts are compared, and in which people can tell them apart."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Final

from ..client.envelope import printable
from .names import camel

_in_any_language: ContextVar[bool] = ContextVar("in_any_language", default=False)

# Cyrillic and Greek letters, and the Latin ones that they are mistaken for.
_LOOK_ALIKE: Final = str.maketrans("аеорсухіјѕԁһӏмтнвкзαορνικτυ", "aeopcyxijsdhlmthbk3aopviktu")
_MAX_SHOWN: Final = 60
# So many names stand in an error text.
_NAMES: Final = 5
_QUOTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@contextmanager
def in_any_language() -> Iterator[None]:
    """Within this context values and names of fields are written as other languages than Python have them."""
    token = _in_any_language.set(True)
    try:
        yield
    finally:
        _in_any_language.reset(token)


def literal(value: object) -> str:
    """A value as a program writes it: `['SPAM']` and `True` in Python, `["SPAM"]` and `true` in others."""
    if isinstance(value, date):
        return str(value)
    if not _in_any_language.get():
        return repr(value)
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def field_name(name: str) -> str:
    """The name of a field as a program writes it: `is_regex` in Python, `isRegex` in others."""
    return camel(name) if _in_any_language.get() else name


def shown(value: object) -> str:
    """A value as error texts quote it: one line, of bounded length."""
    text = literal(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def without(text: str, value: object) -> str:
    """An error text without what it quotes of a value, which is or holds a secret."""
    if value is None or isinstance(value, bool):
        return text
    if isinstance(value, int | float):
        return re.sub(rf"(?<![\w.]){re.escape(f'{value:.16g}')}(?![\w.])", "[secret]", text)
    text = text.replace(shown(value), "[secret]")
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            text = without(text, item)
    return text


def composed(text: str) -> str:
    """Composed Unicode and one form of line end."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """A text as it is compared: `composed`, no white space around it; case is kept."""
    return composed(text).strip()


def caseless(text: str) -> str:
    """`folded`, without regard to case either."""
    if text.isascii():
        return (folded(text) if "\r" in text else text.strip()).lower()
    decomposed = unicodedata.normalize("NFD", folded(text)).casefold()
    return unicodedata.normalize("NFC", decomposed).strip()


def alike(one: object, other: object) -> bool:
    """Whether two texts are the same but for case and white space: an account may have made one of the other."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    return "".join(caseless(one).split()) == "".join(caseless(other).split())


def has_one_form(text: str) -> bool:
    """Whether no account makes another form of a text."""
    return "\n" not in text and text == caseless(text)


def visible(text: str) -> str:
    r"""A text with what cannot be seen written out: a zero-width space as `\u200b`, white space but single blanks."""
    if text.isprintable() and "  " not in text and text == text.strip():
        return text
    shown: list[str] = []
    for place, character in enumerate(text):
        alone = character == " " and 0 < place < len(text) - 1 and text[place - 1] != " "
        plain = character.isprintable() and character != " "
        shown.append(character if alone or plain else _code(character))
    return "".join(shown)


def escaped(text: str) -> str:
    r"""A text in ASCII: other characters, and what cannot be seen, as `\xa0` or `\u0430`."""
    return "".join(character if character.isascii() else _code(character) for character in visible(text))


def _code(character: str) -> str:
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def told_apart(texts: Iterable[str]) -> dict[str, str]:
    """Each text as it is printed beside the others: those that look alike are escaped, so that the difference shows."""
    alike: dict[str, list[str]] = {}
    distinct = dict.fromkeys(texts)
    for text in distinct:
        alike.setdefault(_looks(text), []).append(text)
    shown = {}
    for group in alike.values():
        for text in group:
            shown[text] = visible(text) if len(group) == 1 else escaped(text)
    return {text: shown[text] for text in distinct}


def _looks(text: str) -> str:
    """What a text looks like, roughly: texts that can be mistaken for each other have the same looks."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split()).lower()
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in {*_QUOTED, "Mn"})
    return " ".join("".join(seen).split()).casefold().translate(_LOOK_ALIKE)


def counted(number: int | str, one: str, several: str) -> str:
    """A number of things: "1 entry is left out", "1,204 entries are left out"."""
    shown_number = f"{number:,}" if isinstance(number, int) else number
    return f"{shown_number} {one if shown_number == '1' else several}"


def cut(lines: Sequence[str], most: int) -> list[str]:
    """The first lines, and how many more there are."""
    rest = len(lines) - most
    return [*lines[:most], f"… and {rest} more"] if rest > 0 else [*lines]


def names(items: Iterable[object]) -> str:
    """Some names for an error text: the first few and how many more."""
    shown_items = list(items)
    text = ", ".join(printable(item, 120) for item in shown_items[:_NAMES])
    return text if len(shown_items) <= _NAMES else f"{text} and {len(shown_items) - _NAMES} more"
