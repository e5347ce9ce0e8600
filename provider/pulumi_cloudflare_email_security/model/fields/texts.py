"""Fields that hold text: any text, remarks, regular expressions, domain names, IP ranges, UUIDs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from .. import invalid
from ..addresses import check_domain, folded_network, network, with_prefix
from ..text import caseless, composed, folded, shown
from ..weakening import Way
from .base import NO_FIELDS, SettingField

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Text(SettingField):
    """A string of `minimum` to `maximum` characters."""

    def __init__(self, description: str, *, minimum: int = 0, maximum: int | None = None, **options: Any) -> None:
        super().__init__(description, **options)
        self.minimum = minimum
        self.maximum = maximum

    @property
    def limits(self) -> str:
        """The lengths allowed."""
        if self.maximum is None:
            return {0: "", 1: "not empty"}.get(self.minimum, f"at least {self.minimum} characters")
        return f"{self.minimum}–{self.maximum} characters" if self.minimum else f"at most {self.maximum} characters"

    def check(self, value: Any) -> None:
        """A string within the limits."""
        if not isinstance(value, str):
            raise invalid.ValidationError(f"must be a string, not {shown(value)}")
        if _SURROGATE.search(value):
            raise invalid.ValidationError("holds half a character (a lone surrogate)")
        if len(value) < self.minimum:
            raise invalid.ValidationError(
                "must not be empty" if self.minimum == 1 else f"must have at least {self.minimum} characters"
            )
        if self.maximum is not None and len(value) > self.maximum:
            raise invalid.ValidationError(f"has {len(value)} characters, of which the API allows {self.maximum}")

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """Composed, trimmed, with one form of line end."""
        return folded(value) if isinstance(value, str) else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """Without regard to case: a second name that differs in case only is no other name."""
        return caseless(value) if isinstance(value, str) else self.folded(value, fields)


class Remark(Text):
    """A remark for people, which can be cleared; and is, where a program sets it no more."""

    cleared_if_omitted = True

    def __init__(self, *, maximum: int, **options: Any) -> None:
        text = 'A remark for people; None or "" clears it.'
        super().__init__(text, maximum=maximum, nullable=True, weakens=Way.NEVER, **options)


class Regex(Text):
    r"""A regular expression; its case counts, since `\S` is not `\s`, and so does each blank."""

    def check(self, value: Any) -> None:
        """An expression that Java or Python can compile."""
        from ..regex import regex_problem  # noqa: PLC0415  (most programs have no regular expression)

        super().check(value)
        if (problem := regex_problem(value)) is not None:
            raise invalid.ValidationError(problem)

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """Composed, with one form of line end."""
        del fields
        return composed(value) if isinstance(value, str) else self.normal(value)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """Trimmed, too, as an account may store it."""
        return super().folded(value, fields)

    def matched(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it is compared: each blank counts."""
        return self.folded(value, fields)


class CaselessText(Text):
    """A text that is compared without regard to case."""

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """Without regard to case."""
        return caseless(value) if isinstance(value, str) else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it is compared."""
        return self.folded(value, fields)


class DomainName(CaselessText):
    """A domain name."""

    kind = "domain name"

    def check(self, value: Any) -> None:
        """A domain name of two labels or more."""
        super().check(value)
        check_domain(value)


class Cidr(CaselessText):
    """An IP address range in CIDR notation."""

    kind = "CIDR block"

    def check(self, value: Any) -> None:
        """An IPv4 or IPv6 network (an address stands for itself)."""
        super().check(value)
        try:
            network(value)
        except invalid.ValidationError as error:
            if "%" in value:
                raise
            raise invalid.ValidationError(
                f"{shown(value)} is not an IP range in CIDR notation such as 192.0.2.0/24"
            ) from error

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """In canonical form: an address equals the range that holds nothing else."""
        return folded_network(value) if isinstance(value, str) else super().folded(value, fields)

    def sent(self, value: Any) -> Any:
        """With its prefix length, which the API asks for."""
        return with_prefix(value) if isinstance(value, str) else value


class Uuid(CaselessText):
    """A UUID."""

    kind = "UUID"
    _pattern: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

    def check(self, value: Any) -> None:
        """Five groups of hexadecimal digits."""
        super().check(value)
        if not self._pattern.fullmatch(value):
            raise invalid.ValidationError(f"{shown(value)} is not a UUID")
