"""Fields that hold one of some words, a boolean, a whole number, or a set of values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .. import invalid
from ..text import literal, shown
from .base import NO_FIELDS, SettingField

#: The largest whole number that the engine, which has floats only, keeps apart from its neighbours.
MAX_WHOLE: Final = 2**53 - 1
# What Boolean strings a file of entries may hold.
_TRUE: Final = frozenset({"true", "yes", "1", "on"})
_FALSE: Final = frozenset({"false", "no", "0", "off"})


class Choice(SettingField):
    """One of a fixed set of strings; `readable` ones are answered by the API but refused in a write."""

    def __init__(
        self, description: str, values: Sequence[str], *, readable: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(description, **options)
        self.values = tuple(values)
        self.readable = tuple(readable)

    @property
    def limits(self) -> str:
        """The values allowed."""
        return ", ".join(f"`{value}`" for value in self.values)

    def check(self, value: Any) -> None:
        """One of the values."""
        if value not in self.values:
            allowed = ", ".join(self.values)
            why = ", which old entries may have but the API does not accept" if value in self.readable else ""
            raise invalid.ValidationError(f"{shown(value)}{why} — must be one of {allowed}")

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """The value that it is in another case."""
        if not isinstance(value, str):
            return super().folded(value, fields)
        if value in self.values:
            return value
        words = {word.lower(): word for word in (*self.values, *self.readable)}
        return words.get(value.strip().lower(), value)


class Flag(SettingField):
    """True or False."""

    kind = "boolean"
    absent = False

    def check(self, value: Any) -> None:
        """A boolean, and nothing that merely looks like one."""
        if not isinstance(value, bool):
            raise invalid.ValidationError(f"must be {literal(True)} or {literal(False)}, not {shown(value)}")

    def from_text(self, text: str) -> Any:
        """true/false, yes/no, 1/0, on/off in any case."""
        folded = text.strip().lower()
        return True if folded in _TRUE else False if folded in _FALSE else text

    def answered(self, value: Any) -> Any:
        """A flag that the API writes as text, or as 0 or 1; an empty text is none."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.from_text(value) if value else None
        return bool(value) if isinstance(value, int) and value in {0, 1} else value


class Whole(SettingField):
    """A whole number from `minimum` to `maximum`. Pulumi hands numbers over as floats."""

    kind = "integer"

    def __init__(
        self, description: str, *, minimum: int = -MAX_WHOLE, maximum: int = MAX_WHOLE, **options: Any
    ) -> None:
        super().__init__(description, **options)
        self.minimum = minimum
        self.maximum = maximum

    @property
    def limits(self) -> str:
        """The range allowed."""
        return f"{self.minimum}–{self.maximum}" if self.maximum < MAX_WHOLE else "at most 2^53 − 1 either way"

    def check(self, value: Any) -> None:
        """A number without a fraction, within the range."""
        number = self.normal(value)
        if self.nullable and number == "":
            return
        if isinstance(number, bool) or not isinstance(number, int):
            raise invalid.ValidationError(f"must be a whole number, not {shown(value)}")
        if abs(number) > MAX_WHOLE:
            raise invalid.ValidationError(
                f"{number} is beyond 2^53 - 1, up to which Pulumi's engine carries whole numbers exactly: another one "
                "would be sent — leave it out"
            )
        if not self.minimum <= number <= self.maximum:
            raise invalid.ValidationError(f"{number} is not from {self.minimum} to {self.maximum}")

    def normal(self, value: Any) -> Any:
        """Without the fraction that is none. Programs in languages that have no null clear it by 0."""
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        return super().normal(None if self.nullable and number == 0 and number is not False else number)

    def from_text(self, text: str) -> Any:
        """Decimal digits."""
        try:
            return int(text.strip())
        except ValueError:
            return text

    def answered(self, value: Any) -> Any:
        """A number that the API writes as text."""
        return self.from_text(value) if isinstance(value, str) else value


class SetOf(SettingField):
    """A list whose order and repetitions mean nothing."""

    absent: Any = ()

    def __init__(self, description: str, inner: SettingField, **options: Any) -> None:
        super().__init__(description, **options)
        self.inner = inner
        self.kind = f"set of {inner.kind}s"

    @property
    def limits(self) -> str:
        """What each item may be."""
        return self.inner.limits

    def check(self, value: Any) -> None:
        """A list of allowed items; a problem names its place."""
        if not isinstance(value, list | tuple | set | frozenset):
            raise invalid.ValidationError(f"must be a list, not {shown(value)}")
        problems: dict[int, list[str]] = {}
        for index, item in enumerate(value):
            try:
                self.inner.check(item)
            except invalid.ValidationError as error:
                problems[index] = list(map(str, error.messages))
        if problems:
            raise invalid.ValidationError(problems)

    def normal(self, value: Any) -> Any:
        """Sorted, each item once."""
        if not isinstance(value, list | tuple | set | frozenset):
            return value
        items = {self.inner.folded(item := str(self.inner.normal(each))): item for each in reversed([*value])}
        return sorted(items.values())

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """The items as they are compared, in one order."""
        if not isinstance(value, list | tuple | set | frozenset):
            return value
        return sorted({str(self.inner.folded(item, fields)) for item in value})

    def answered(self, value: Any) -> Any:
        """A list; an empty text is none."""
        return None if value == "" else value

    def sent(self, value: Any) -> Any:
        """Each item as it is sent."""
        normal = self.normal(value)
        return [self.inner.sent(item) for item in normal] if isinstance(normal, list) else normal

    def from_text(self, text: str) -> Any:
        """Items separated by ';', ',' or '|'."""
        return [item.strip() for item in re.split(r"[;,|]", text) if item.strip()]
