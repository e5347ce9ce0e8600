"""The names that things have in programs of other languages, and descriptions that use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ..dynamic.resources import CollectionResource, EntryResource
from ..model.names import camel
from ..session.configuration import NAMESPACE

_FIELD_IN_TEXT: Final = re.compile(r"`[^`]*`|\b[a-z]+(?:_[a-z0-9]+)+\b")
_ADVICE: Final = re.compile(r"\b([a-z]+(?:_[a-z]+)*)=(True|False|…)")
#: A value as messages quote it.
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PYTHON_WORDS: Final = (('None or ""', '`""`'), ("True", "true"), ("False", "false"), ("None", "null"))


def token(name: str) -> str:
    """The token of a resource, function or type of this package."""
    return f"{NAMESPACE}:index:{name}"


def look_up_names(entry: type[EntryResource], collection: type[CollectionResource]) -> tuple[str, str]:
    """The names of a setting's two look-ups in its module: the one of an entry, and the list."""
    return f"get_{entry.setting.kind}", f"list_{collection.kind}"


def description_in_any_language(text: str) -> str:
    """A description without Python's words and with the names of the other languages."""
    for word, plain in _PYTHON_WORDS:
        text = text.replace(word, plain)
    return _FIELD_IN_TEXT.sub(lambda found: _renamed(found[0]), text)


def advice_in_any_language(text: str) -> str:
    """A message whose advice on arguments (`adopt=True`) reads as other languages write them (`adopt: true`)."""
    return outside_values(_ADVICE, lambda found: f"{camel(found[1])}: {found[2].lower()}", text)


def outside_values(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str) -> str:
    """A message in which what fits a pattern is replaced, but for the values that it quotes."""
    parts = re.split(f"({_QUOTED})", text)
    return "".join(part if at % 2 else pattern.sub(replace, part) for at, part in enumerate(parts))


def _renamed(text: str) -> str:
    return re.sub(r"[a-z]+(?:_[a-z0-9]+)+", lambda name: camel(name[0]), text).replace("=", ": ", text.startswith("`"))
