"""Validation of what a program declares, and the forms in which declared and live entries are held and compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast, get_args

from pulumi.output import Unknown

from . import invalid
from .fields import AcceptedRisks, Choice, Flag, Pattern, Remark, SettingField
from .text import field_name, literal, shown, without
from .weakening import Way

if TYPE_CHECKING:
    from marshmallow import Schema

#: What a pattern may be.
PatternType: TypeAlias = Literal["EMAIL", "DOMAIN", "IP"]
MAX_TEXT: Final = 1024
_ACCOUNT: Final = re.compile(r"[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
_EMULATED_ACCOUNT: Final = re.compile(r"[0-9a-z][0-9a-z_-]*", re.ASCII | re.IGNORECASE)
_PLAIN: Final = (str, bool, int, float, type(None))


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing wrong with an argument: the property's path, why, and where it is written (`file:line`) if known."""

    path: str
    reason: str
    place: str = ""

    def without(self, value: object) -> Failure:
        """The same without what it quotes of a value, which is or holds a secret."""
        return replace(self, reason=without(self.reason, value))


class SettingSchema:
    """The arguments of one setting.

    A subclass declares its fields (`model.fields`). It may extend `problems` with rules that span fields, which must
    cope with missing ones. What is wrong with an entry says `marshmallow`, the schema that is made of the fields.
    """

    #: Every field by name: the inherited ones first, each as it is declared.
    setting_fields: ClassVar[Mapping[str, SettingField]] = {
        "accept_risk": AcceptedRisks(
            "Risks of this entry that are accepted, by the id of the review's rule; each ends on its day (UTC).",
            api=False,
            weakens=Way.NEVER,
        )
    }
    #: Deprecated or answered-only fields that people may try to set, and what to say.
    not_settable: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Gather the fields, whose names may then be those of methods too."""
        super().__init_subclass__(**kwargs)
        own = {name: field for name, field in vars(cls).items() if isinstance(field, SettingField)}
        for name, field in own.items():
            field.name = name
            delattr(cls, name)
        cls.setting_fields = {**cls.setting_fields, **own}

    @cached_property
    def marshmallow(self) -> Schema:
        """The marshmallow schema of the fields, made when it is asked for."""
        from .validation import marshmallow_schema  # noqa: PLC0415

        return marshmallow_schema(type(self).__name__, self.setting_fields, self._problems_by_field)

    @cached_property
    def api_fields(self) -> dict[str, SettingField]:
        """The fields that are sent to the API."""
        return {name: field for name, field in self.setting_fields.items() if field.api}

    @cached_property
    def program_fields(self) -> dict[str, SettingField]:
        """The fields that steer this package and are never sent."""
        return {name: field for name, field in self.setting_fields.items() if not field.api}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The values of the fields that a program may leave out."""
        return {name: field.default for name, field in self.setting_fields.items() if field.default is not None}

    def problems(self, fields: Mapping[str, Any]) -> Iterator[Failure]:
        """Rules that span fields. `fields` holds valid values; one that is missing is not declared or not known yet."""
        for name, pattern in self.patterns.items():
            if name in fields and (problem := pattern.problem_in(fields[name], fields)) is not None:
                yield Failure(name, problem)

    @cached_property
    def patterns(self) -> dict[str, Pattern]:
        """The fields that hold regular expressions where another field says so."""
        return {name: field for name, field in self.setting_fields.items() if isinstance(field, Pattern)}

    def normal(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Known fields as this package holds them; lenient, so fit for live entries too."""
        return {name: field.normal(fields[name]) for name, field in self.setting_fields.items() if name in fields}

    def folded(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Known fields in the form in which they are compared; lenient, so fit for live entries too."""
        return {
            name: field.folded(fields[name], fields) for name, field in self.setting_fields.items() if name in fields
        }

    def _problems_by_field(self, fields: Mapping[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for failure in self.problems(fields):
            found.setdefault(failure.path, []).append(failure.reason)
        return found

    def load(self, arguments: Mapping[str, Any], *, partial: Sequence[str] | None = None) -> dict[str, Any]:
        """What marshmallow makes of arguments; those that are `partial` may be missing. Raises ValidationError."""
        return cast("dict[str, Any]", self.marshmallow.load(arguments, partial=partial))

    def validate_entry(self, arguments: Mapping[str, Any], *, path: str = "") -> tuple[dict[str, Any], list[Failure]]:
        """Check the arguments of one entry.

        Values that are not known yet (a preview's outputs of other resources) are left out of validation
        and come back as they are.

        Args:
            arguments: by field name.
            path: where the entry stands, for failures inside a collection.

        Returns:
            The normal form with defaults filled in, and what is wrong.

        """
        if (plain := self._plainly_valid(arguments)) is not None:
            return plain, []
        unknown = {name: value for name, value in arguments.items() if has_unknown(value)}
        known = {name: value for name, value in arguments.items() if name not in unknown} if unknown else arguments
        try:
            loaded = self.load(known, partial=tuple(unknown) or None)
        except invalid.ValidationError as error:
            # The fields are shared with every other schema of the class; messages are a plain nested dict.
            return dict(arguments), list(self._failures(cast("Mapping[Any, Any]", error.messages), path))
        return {**self.normal({**loaded, **unknown}), **unknown}, []

    def _plainly_valid(self, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        """What `load` makes of valid scalar arguments, at a third of its cost, which counts for 10,000 entries.

        None for everything else: `load` then says what is wrong.
        """
        if not arguments.keys() <= self.setting_fields.keys():
            return None
        valid = {}
        for name, field in self.setting_fields.items():
            if name not in arguments:
                if field.required:
                    return None
                if field.default is not None:
                    valid[name] = field.default
                continue
            value = arguments[name]
            if not isinstance(value, (str, bool, int, float)) and not (
                isinstance(value, list) and all(isinstance(item, str) for item in value)
            ):
                return None
            if not (field.nullable and value == ""):
                try:
                    field.check(value)
                except invalid.ValidationError:
                    return None
            valid[name] = value
        return None if next(self.problems(valid), None) else self.normal(valid)

    def _failures(self, messages: Mapping[Any, Any], path: str) -> Iterator[Failure]:
        for name, reasons in messages.items():
            here = f"[{name}]" if isinstance(name, int) else f".{name}" if path else str(name)
            if isinstance(reasons, Mapping):
                yield from self._failures(reasons, path + here)
                continue
            for reason in reasons if isinstance(reasons, list) else [reasons]:
                text = (
                    self.unknown_argument(str(name))
                    if name not in self.setting_fields and not isinstance(name, int)
                    else str(reason)
                )
                yield Failure(path + here, text)

    def unknown_argument(self, name: str) -> str:
        """What to say of an argument that there is not."""
        if name in self.not_settable:
            return self.not_settable[name]
        import difflib  # noqa: PLC0415  (for mistakes only)

        close = difflib.get_close_matches(name, self.setting_fields, n=1)
        hint = (
            f"did you mean {literal(field_name(close[0]))}?"
            if close
            else f"there are {', '.join(sorted(map(field_name, self.setting_fields)))}"
        )
        return f"unknown argument: {hint}"


def has_unknown(value: object) -> bool:
    """Whether a value holds something that a preview does not know yet."""
    if isinstance(value, _PLAIN):
        return False
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return isinstance(value, list | tuple) and any(map(has_unknown, value))


_MISSING: Final = object()


def known_fields(fields: Mapping[str, Any], wanted: Collection[str]) -> bool:
    """Whether every wanted field is there and known."""
    for name in wanted:
        if not isinstance(value := fields.get(name, _MISSING), str) and (value is _MISSING or has_unknown(value)):
            return False
    return True


class PatternSchema(SettingSchema):
    """A setting that matches senders by `pattern` and `pattern_type`."""

    pattern = Pattern(
        "The pattern: an e-mail address, a domain, or an IP address or CIDR block, as `pattern_type` says; or a "
        "regular expression where `is_regex` is true.",
        required=True,
        minimum=1,
        maximum=MAX_TEXT,
        regex_if="is_regex",
        form_in="pattern_type",
        weakens=Way.MATCH,
    )
    pattern_type = Choice(
        "What `pattern` is: an e-mail address, a domain, or a public IP address or CIDR block.",
        get_args(PatternType),
        readable=("UNKNOWN",),
        required=True,
        weakens=Way.MATCH,
    )
    is_regex = Flag("Whether the pattern is a regular expression.", default=False, weakens=Way.MATCH)


def comments() -> Remark:
    """The remark that nearly every setting has."""
    return Remark(maximum=MAX_TEXT)


def account_problem(value: object, *, emulated: bool = False) -> str | None:
    """Why a value is no account id, or None; the emulator has accounts of any name."""
    form = _EMULATED_ACCOUNT if emulated else _ACCOUNT
    if isinstance(value, str) and form.fullmatch(value):
        return None
    return f"{shown(value)} is not an account id (32 hexadecimal digits)"
