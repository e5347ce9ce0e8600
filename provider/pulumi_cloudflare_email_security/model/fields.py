"""Marshmallow fields for settings: strict on what a program declares, lenient on what the API answers.

Every field validates on load, says what it allows, and has `normal`, which brings a declared or a live
value into the one form in which the two are compared: `normal` never fails.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from ..client.envelope import printable
from .weakening import Weakens

_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
# date.fromisoformat takes 20270131 and 2027-W04-7, too.
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EMAIL: Final = validate.Email(error="is not an e-mail address")
_MAX_SHOWN: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# What Boolean strings a file of entries may hold.
_TRUE: Final = frozenset({"true", "yes", "1", "on"})
_FALSE: Final = frozenset({"false", "no", "0", "off"})


def shown(value: object) -> str:
    """A value as error texts quote it: one line, of bounded length."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


class SettingField(fields.Field[Any]):
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

    #: The type for the reference and the parity tests.
    kind: str = "string"

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
        extra: dict[str, Any] = {} if default is None else {"load_default": default}
        super().__init__(required=required, error_messages={"required": "is required"}, **extra)
        self.description = description
        self.default = default
        self.nullable = nullable
        self.replaces = replaces
        self.api = api
        self.weakens = weakens

    @property
    def limits(self) -> str:
        """What is allowed, for the reference."""
        return ""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        del attr, data, kwargs
        if self.nullable and value == "":
            return ""
        self.check(value)
        return self.normal(value)

    def check(self, value: Any) -> None:
        """Raise ValidationError for a value that the API would refuse. Overrides must say what is allowed."""

    def normal(self, value: Any) -> Any:
        """A declared or live value in the form in which values are compared."""
        return "" if value is None and self.nullable else value

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
            msg = f"must be a string, not {shown(value)}"
            raise ValidationError(msg)
        if _SURROGATE.search(value):
            msg = "holds half a character (a lone surrogate)"
            raise ValidationError(msg)
        if len(value) < self.minimum:
            msg = "must not be empty" if self.minimum == 1 else f"must have at least {self.minimum} characters"
            raise ValidationError(msg)
        if self.maximum is not None and len(value) > self.maximum:
            msg = f"has {len(value)} characters, of which the API allows {self.maximum}"
            raise ValidationError(msg)


class DomainName(Text):
    """A domain name; compared without regard to case."""

    kind = "domain name"

    def check(self, value: Any) -> None:
        """A domain name of two labels or more."""
        super().check(value)
        check_domain(value)

    def normal(self, value: Any) -> Any:
        """In lower case."""
        return value.lower() if isinstance(value, str) else super().normal(value)


class Cidr(Text):
    """An IP address range in CIDR notation."""

    kind = "CIDR block"

    def check(self, value: Any) -> None:
        """An IPv4 or IPv6 network (an address stands for itself)."""
        super().check(value)
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            msg = f"{shown(value)} is not an IP range in CIDR notation such as 192.0.2.0/24"
            raise ValidationError(msg) from None

    def normal(self, value: Any) -> Any:
        """In canonical form, always with its prefix length."""
        if not isinstance(value, str):
            return value
        try:
            return str(ipaddress.ip_network(value, strict=False))
        except (ValueError, TypeError):
            return value


class Uuid(Text):
    """A UUID."""

    kind = "UUID"
    _pattern: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

    def check(self, value: Any) -> None:
        """Five groups of hexadecimal digits."""
        super().check(value)
        if not self._pattern.fullmatch(value):
            msg = f"{shown(value)} is not a UUID"
            raise ValidationError(msg)

    def normal(self, value: Any) -> Any:
        """In lower case."""
        return value.lower() if isinstance(value, str) else super().normal(value)


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
            msg = f"{shown(value)}{why} — must be one of {allowed}"
            raise ValidationError(msg)


class Flag(SettingField):
    """True or False."""

    kind = "boolean"

    def check(self, value: Any) -> None:
        """A boolean, and nothing that merely looks like one."""
        if not isinstance(value, bool):
            msg = f"must be True or False, not {shown(value)}"
            raise ValidationError(msg)

    def from_text(self, text: str) -> Any:
        """true/false, yes/no, 1/0, on/off in any case."""
        folded = text.strip().lower()
        return True if folded in _TRUE else False if folded in _FALSE else text


class Whole(SettingField):
    """A whole number from `minimum` to `maximum`. Pulumi hands numbers over as floats."""

    kind = "integer"

    def __init__(self, description: str, *, minimum: int, maximum: int, **options: Any) -> None:
        super().__init__(description, **options)
        self.minimum = minimum
        self.maximum = maximum

    @property
    def limits(self) -> str:
        """The range allowed."""
        return f"{self.minimum}–{self.maximum}" if self.maximum < 2**31 else "64-bit integer"

    def check(self, value: Any) -> None:
        """A number without a fraction, within the range."""
        number = self.normal(value)
        if isinstance(number, bool) or not isinstance(number, int):
            msg = f"must be a whole number, not {shown(value)}"
            raise ValidationError(msg)
        if not self.minimum <= number <= self.maximum:
            msg = f"{number} is not from {self.minimum} to {self.maximum}"
            raise ValidationError(msg)

    def normal(self, value: Any) -> Any:
        """Without the fraction that is none."""
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def from_text(self, text: str) -> Any:
        """Decimal digits."""
        try:
            return int(text.strip())
        except ValueError:
            return text


class SetOf(SettingField):
    """A list whose order and repetitions mean nothing."""

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
            msg = f"must be a list, not {shown(value)}"
            raise ValidationError(msg)
        problems: dict[int, list[str]] = {}
        for index, item in enumerate(value):
            try:
                self.inner.check(item)
            except ValidationError as error:
                problems[index] = list(map(str, error.messages))
        if problems:
            raise ValidationError(problems)

    def normal(self, value: Any) -> Any:
        """Sorted, each item once."""
        if not isinstance(value, list | tuple | set | frozenset):
            return value
        return sorted({str(self.inner.normal(item)) for item in value})

    def from_text(self, text: str) -> Any:
        """Items separated by ';', ',' or '|'."""
        return [item.strip() for item in re.split(r"[;,|]", text) if item.strip()]


class AcceptedRisks(SettingField):
    """A map from the id of a review's rule to the reason why its risk is accepted, and until which day."""

    kind = "map of accepted risks"
    _reason: Final = re.compile(r"(?P<reason>.*\S)\s*,\s*until\s+(?P<day>\S+)", re.DOTALL)
    _separator: Final = re.compile(r";\s*(?=[a-z][a-z0-9-]*\s*:|$)")

    @property
    def limits(self) -> str:
        """The form of each item."""
        return '`{"rule-id": "reason, until 2027-06-30"}`'

    def check(self, value: Any) -> None:
        """Rule ids with a reason and a last day each."""
        if not isinstance(value, Mapping):
            msg = f'must be a map such as {{"rule-id": "reason, until 2027-06-30"}}, not {shown(value)}'
            raise ValidationError(msg)
        for rule, text in value.items():
            parts = self._reason.fullmatch(text.strip()) if isinstance(text, str) else None
            if parts is None:
                msg = f"{rule}: must be a reason and a day, as in 'reason, until 2027-06-30', not {shown(text)}"
                raise ValidationError(msg)
            day(parts["day"])

    def normal(self, value: Any) -> Any:
        """Sorted by rule id."""
        return dict(sorted(value.items())) if isinstance(value, Mapping) else super().normal(value)

    def from_text(self, text: str) -> Any:
        """`rule-id: reason, until 2027-06-30`, several separated by ";"."""
        items = [item.partition(":") for item in self._separator.split(text) if item.strip()]
        return {rule.strip(): reason.strip() for rule, colon, reason in items} if all(i[1] for i in items) else text


def accepted_until(text: str) -> tuple[str, date] | None:
    """The reason and the day in an accepted risk's text; None where it is of another form."""
    parts = AcceptedRisks._reason.fullmatch(text.strip())  # noqa: SLF001
    try:
        return (parts["reason"], day(parts["day"])) if parts else None
    except ValidationError:
        return None


def day(value: object) -> date:
    """The day that a text such as 2027-01-31 names; raises ValidationError for anything else."""
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        msg = f"{shown(value)} is not a date such as 2027-01-31"
        raise ValidationError(msg) from None


def check_domain(value: str) -> None:
    """Raise ValidationError for what is not a domain name."""
    if not value.isascii():
        msg = f"{shown(value)} is not in ASCII — write an international name in its xn-- form"
        raise ValidationError(msg)
    labels = value.split(".")
    if len(value) > 253 or len(labels) < 2 or labels[-1].isdecimal() or not all(map(_LABEL.fullmatch, labels)):
        msg = f"{shown(value)} is not a domain name"
        raise ValidationError(msg)


def check_email(value: str) -> None:
    """Raise ValidationError for what is not an e-mail address."""
    try:
        _EMAIL(value)
    except ValidationError:
        msg = f"{shown(value)} is not an e-mail address"
        raise ValidationError(msg) from None


_IPV4: Final = (
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("0.0.0.0/32", "unspecified"),
    ("255.255.255.255/32", "broadcast"),
)
_IPV6: Final = (
    ("fc00::/7", "unique-local"),
    ("::1/128", "loopback"),
    ("fe80::/10", "link-local"),
    ("::/128", "unspecified"),
)
_MAPPED: Final = tuple(
    (f"::ffff:{network.partition('/')[0]}/{96 + int(network.partition('/')[2])}", kind) for network, kind in _IPV4
)
_REFUSED: Final = tuple((ipaddress.ip_network(network), kind) for network, kind in (*_IPV4, *_IPV6, *_MAPPED))


def check_ip(value: str) -> None:
    """Raise ValidationError for what is not a public IP address or CIDR block, by the rules of the API."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        msg = f"{shown(value)} is not an IP address or CIDR block"
        raise ValidationError(msg) from None
    for refused, kind in _REFUSED:
        if network.version == refused.version and network.overlaps(refused):
            msg = f"{shown(value)} holds {kind} addresses: the API accepts public addresses only"
            raise ValidationError(msg)


def normal_network(value: Any) -> Any:
    """An IP address or CIDR block in canonical form; a single address without its prefix length."""
    if not isinstance(value, str):
        return value
    try:
        network = ipaddress.ip_network(value, strict=False)
    except (ValueError, TypeError):
        return value
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def normal_email(value: str) -> str:
    """An e-mail address with its domain in lower case."""
    local, at, domain = value.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def names(items: Iterable[object], limit: int = 5) -> str:
    """Some names for an error text: the first few and how many more."""
    shown_items = list(items)
    text = ", ".join(printable(item, 120) for item in shown_items[:limit])
    return text if len(shown_items) <= limit else f"{text} and {len(shown_items) - limit} more"
