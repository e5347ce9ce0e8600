"""Fields of settings: strict on what a program declares, lenient on what the API answers.

Every field checks a declared value, says what it allows, and knows three forms of a value, which never fail:
`normal`, as this package holds it, text as it is written; `folded`, in which two values are compared; and `identity`,
in which it tells entries apart as part of a natural key. `validation` makes marshmallow fields of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from ..client.envelope import printable
from . import invalid
from . import text as forms
from .addresses import check_domain, check_email, check_ip, folded_network, network, with_prefix
from .regex import regex_problem
from .text import caseless, composed, folded, literal
from .weakening import Way, Weakens

# Known by this name to those who import it from here.
shown = forms.shown

#: The largest whole number that the engine, which has floats only, keeps apart from its neighbours.
MAX_WHOLE: Final = 2**53 - 1
_NO_FIELDS: Final[Mapping[str, Any]] = MappingProxyType({})
# date.fromisoformat takes 20270131 and 2027-W04-7, too.
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# What Boolean strings a file of entries may hold.
_TRUE: Final = frozenset({"true", "yes", "1", "on"})
_FALSE: Final = frozenset({"false", "no", "0", "off"})


class SettingField:
    """A field of a setting.

    Args:
        description: what it is, for the reference.
        required: whether a create needs it.
        default: what is sent where the program leaves it out.
        nullable: whether it can be cleared: None and "" both mean empty.
        replaces: whether a change of it replaces the entry.
        api: False for arguments that steer this package and are never sent.
        weakens: which change of it weakens protection: a way, or the value that does.

    """

    #: Under which the schema declares it.
    name: str = ""
    #: The type for the reference and the parity tests.
    kind: str = "string"
    #: What an absent or null value means in the answer to a read.
    absent: Any = None
    #: Whether a program that sets it no more clears it. Others are left as they are, and only None clears them.
    cleared_if_omitted = False

    def __init__(
        self,
        description: str,
        *,
        required: bool = False,
        default: object = None,
        nullable: bool = False,
        replaces: bool = False,
        api: bool = True,
        weakens: Weakens | None = None,
    ) -> None:
        self.description = description
        self.required = required
        self.default = default
        self.nullable = nullable
        self.replaces = replaces
        self.api = api
        self.weakens = weakens

    @property
    def limits(self) -> str:
        """What is allowed, for the reference."""
        return ""

    def check(self, value: Any) -> None:
        """Raise ValidationError for a value that the API would refuse. Overrides must say what is allowed."""

    def normal(self, value: Any) -> Any:
        """A declared or live value as this package holds it."""
        return "" if value is None and self.nullable else value

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """A value in the form in which two are compared; `fields` are the entry's, where they say what it is."""
        del fields
        return self.normal(value)

    def identity(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """A value in the form in which it tells entries apart, as part of a natural key."""
        return self.folded(value, fields)

    def sent(self, value: Any) -> Any:
        """A value as it stands in a request."""
        return self.normal(value)

    def from_text(self, text: str) -> Any:
        """The value that a cell of a CSV file stands for; what it cannot read it returns as it is."""
        return text


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

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """Composed, trimmed, with one form of line end."""
        return folded(value) if isinstance(value, str) else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """Without regard to case: a second name that differs in case only is no other name."""
        value = self.folded(value, fields)
        return caseless(value) if isinstance(value, str) else value


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
        super().check(value)
        if (problem := regex_problem(value)) is not None:
            raise invalid.ValidationError(problem)

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """Composed, with one form of line end."""
        del fields
        return composed(value) if isinstance(value, str) else self.normal(value)

    def identity(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """Trimmed, too, as an account may store it."""
        return super().folded(value, fields)


class CaselessText(Text):
    """A text that is compared without regard to case."""

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """Without regard to case."""
        return caseless(value) if isinstance(value, str) else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """As it is compared."""
        return self.folded(value, fields)


@dataclass(frozen=True, slots=True)
class Form:
    """What a plain pattern may be: the check that says so, and the form in which two are compared."""

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
            return regex_problem(value)
        name = self._form_name(fields)
        if (form := FORMS.get(name)) is None:
            return None
        try:
            form.check(value)
        except invalid.ValidationError as error:
            return f"{error.messages[0]} ({self.form_in} {name})" if self.form_in else str(error.messages[0])
        return None

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """A plain pattern in the form of its kind; a regular expression composed, and each blank in it counts."""
        if not isinstance(value, str):
            return self.normal(value)
        if self._may_be_regex(fields):
            return composed(value)
        form = FORMS.get(self._form_name(fields))
        return form.folded(value) if form is not None else super().folded(value, fields)

    def identity(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """As it is compared, and without regard to case unless it is a regular expression."""
        if not isinstance(value, str) or self._may_be_regex(fields):
            return super().folded(value, fields)
        form = FORMS.get(self._form_name(fields))
        return caseless(form.folded(value) if form is not None else value)

    def _form_name(self, fields: Mapping[str, Any]) -> str:
        return str(self.form or fields.get(self.form_in))

    def _may_be_regex(self, fields: Mapping[str, Any]) -> bool:
        is_regex = fields.get(self.regex_if)
        return is_regex is not None and is_regex is not False


class DomainName(CaselessText):
    """A domain name."""

    kind = "domain name"

    def check(self, value: Any) -> None:
        """A domain name of two labels or more."""
        super().check(value)
        check_domain(value)


class Cidr(Text):
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

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
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

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """The value that it is in another case."""
        if not isinstance(value, str) or value in self.values:
            return super().folded(value, fields)
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
        """Without the fraction that is none."""
        return int(value) if isinstance(value, float) and value.is_integer() else super().normal(value)

    def from_text(self, text: str) -> Any:
        """Decimal digits."""
        try:
            return int(text.strip())
        except ValueError:
            return text


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

    def folded(self, value: Any, fields: Mapping[str, Any] = _NO_FIELDS) -> Any:
        """The items as they are compared, in one order."""
        if not isinstance(value, list | tuple | set | frozenset):
            return value
        return sorted({str(self.inner.folded(item, fields)) for item in value})

    def sent(self, value: Any) -> Any:
        """Each item as it is sent."""
        normal = self.normal(value)
        return [self.inner.sent(item) for item in normal] if isinstance(normal, list) else normal

    def from_text(self, text: str) -> Any:
        """Items separated by ';', ',' or '|'."""
        return [item.strip() for item in re.split(r"[;,|]", text) if item.strip()]


class AcceptedRisks(SettingField):
    """A map from the id of a review's rule to the reason why its risk is accepted, and until which day."""

    kind = "map of accepted risks"
    _separator: Final = re.compile(r";\s*(?=[a-z][a-z0-9-]*\s*:|$)")

    @property
    def limits(self) -> str:
        """The form of each item."""
        return '`{"rule-id": "reason, until 2027-06-30"}`'

    def check(self, value: Any) -> None:
        """Rule ids with a reason and a last day each."""
        if not isinstance(value, Mapping):
            raise invalid.ValidationError(
                f'must be a map such as {{"rule-id": "reason, until 2027-06-30"}}, not {shown(value)}'
            )
        for rule, text in value.items():
            if not isinstance(text, str) or accepted_until(text) is None:
                raise invalid.ValidationError(
                    f"{rule}: must be a reason and a day, as in 'reason, until 2027-06-30', not {shown(text)}"
                )

    def normal(self, value: Any) -> Any:
        """Sorted by rule id."""
        return dict(sorted(value.items())) if isinstance(value, Mapping) else super().normal(value)

    def from_text(self, text: str) -> Any:
        """`rule-id: reason, until 2027-06-30`, several separated by ";"."""
        items = [item.partition(":") for item in self._separator.split(text) if item.strip()]
        return {rule.strip(): reason.strip() for rule, colon, reason in items} if all(i[1] for i in items) else text


def accepted_until(text: str) -> tuple[str, date] | None:
    """The reason and the day in an accepted risk's text; None where it is of another form."""
    reason, until, last = text.rpartition("until ")
    reason = reason.rstrip().removesuffix(",").strip() if reason.rstrip().endswith(",") else ""
    try:
        return (reason, day(last.strip())) if until and reason else None
    except invalid.ValidationError:
        return None


def day(value: object) -> date:
    """The day that a text such as 2027-01-31 names; raises ValidationError for anything else."""
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        raise invalid.ValidationError(f"{shown(value)} is not a date such as 2027-01-31") from None


def names(items: Iterable[object], limit: int = 5) -> str:
    """Some names for an error text: the first few and how many more."""
    shown_items = list(items)
    text = ", ".join(printable(item, 120) for item in shown_items[:limit])
    return text if len(shown_items) <= limit else f"{text} and {len(shown_items) - limit} more"
