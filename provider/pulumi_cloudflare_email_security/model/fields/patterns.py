"""Patterns: text of a form that the entry's other fields say, or a regular expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .. import invalid
from ..addresses import check_domain, check_email, check_ip, folded_network
from ..text import caseless, composed
from .base import NO_FIELDS
from .texts import Text
from .values import Flag

_FLAG: Final = Flag("Whether a pattern is a regular expression.")


@dataclass(frozen=True, slots=True)
class Form:
    """What a plain pattern may be: the check that says so, and the form, without case, in which two are compared."""

    check: Callable[[str], None]
    folded: Callable[[str], str]


FORMS: Final[Mapping[str, Form]] = {
    "EMAIL": Form(check_email, caseless),
    "DOMAIN": Form(check_domain, caseless),
    "IP": Form(check_ip, folded_network),
    "TEXT": Form(lambda _: None, caseless),
}


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
        if (form := FORMS.get(name)) is None:
            return None
        try:
            form.check(value)
        except invalid.ValidationError as error:
            return f"{error.messages[0]} ({self.form_in} {name})" if self.form_in else str(error.messages[0])
        return None

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """A plain pattern in the form of its kind; a regular expression composed, and each blank in it counts."""
        if not isinstance(value, str):
            return self.normal(value)
        if self._may_be_regex(fields):
            return composed(value)
        form = FORMS.get(self._form_name(fields))
        return form.folded(value) if form is not None else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it is compared, and without regard to case unless it is a regular expression."""
        if not isinstance(value, str) or self._may_be_regex(fields):
            return super().folded(value, fields)
        form = FORMS.get(self._form_name(fields))
        return form.folded(value) if form is not None else caseless(value)

    def matched(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """As it tells entries apart; of a regular expression each blank counts, too."""
        return (self.folded if self._may_be_regex(fields) else self.identity)(value, fields)

    def _form_name(self, fields: Mapping[str, Any]) -> str:
        return str(self.form or fields.get(self.form_in))

    def _may_be_regex(self, fields: Mapping[str, Any]) -> bool:
        is_regex = fields.get(self.regex_if)
        # The fields may be those of an answer. What is not known yet may be true.
        return is_regex is not None and _FLAG.answered(is_regex) is not False
