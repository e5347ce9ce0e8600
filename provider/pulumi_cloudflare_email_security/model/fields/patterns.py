"""Patterns: text of a form that the entry's other fields say, or a regular expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .. import invalid
from ..addresses import check_email, check_ip
from .base import NO_FIELDS
from .texts import CaselessText, Cidr, DomainName, Regex, Text
from .values import Flag


class _Email(CaselessText):
    def check(self, value: Any) -> None:
        check_email(value)


class _PublicIp(Cidr):
    def check(self, value: Any) -> None:
        check_ip(value)


#: What a plain pattern may be.
FORMS: Final[Mapping[str, Text]] = {
    "EMAIL": _Email(""),
    "DOMAIN": DomainName(""),
    "IP": _PublicIp(""),
    "TEXT": CaselessText(""),
}
_REGEX: Final = Regex("")
_OF_NO_FORM: Final = Text("")
_FLAG: Final = Flag("Whether a pattern is a regular expression.")


class Pattern(Text):
    """A plain pattern of some form, or a regular expression where the field `regex_if` is True.

    Args:
        description: what it is, for the reference.
        regex_if: the field that says whether it is a regular expression.
        form: what a plain one is, of `FORMS`; empty where the field `form_in` says it.
        form_in: the field that says what a plain one is.

    """

    def __init__(self, description: str, *, regex_if: str, form: str = "", form_in: str = "", **options: Any) -> None:
        super().__init__(description, **options)
        self.regex_if = regex_if
        self.form = form
        self.form_in = form_in

    def problem_in(self, value: str, fields: Mapping[str, Any]) -> str | None:
        """What is wrong with a pattern beside the other fields of its entry, as far as they are known."""
        is_regex = fields.get(self.regex_if)
        if not isinstance(is_regex, bool):
            return None
        if is_regex:
            from ..regex import regex_problem  # noqa: PLC0415  (most programs have no regular expression)

            return regex_problem(value)
        name = self._form_name(fields)
        try:
            FORMS.get(name, _OF_NO_FORM).check(value)
        except invalid.ValidationError as error:
            return f"{error.messages[0]} ({self.form_in} {name})" if self.form_in else str(error.messages[0])
        return None

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it is compared in a field that holds such a pattern only."""
        return self._as(fields).folded(value)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it tells entries apart in such a field."""
        return self._as(fields).identity(value)

    def matched(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it tells what an entry matches in such a field."""
        return self._as(fields).matched(value)

    def _as(self, fields: Mapping[str, Any]) -> Text:
        """The field that holds what the other fields of an entry say that the pattern is."""
        is_regex = fields.get(self.regex_if)
        # The fields may be those of an answer. What is not known yet may be true.
        if is_regex is None or is_regex is False or _FLAG.answered(is_regex) is False:
            return FORMS.get(self._form_name(fields), _OF_NO_FORM)
        return _REGEX

    def _form_name(self, fields: Mapping[str, Any]) -> str:
        return str(self.form or fields.get(self.form_in))
