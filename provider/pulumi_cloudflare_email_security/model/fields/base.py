"""What every field of a setting is: its options, and the forms of its values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ..weakening import Weakens

NO_FIELDS: Final[Mapping[str, Any]] = MappingProxyType({})


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

    def folded(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """A value in the form in which two are compared; `fields` are the entry's, where they say what it is."""
        del fields
        return self.normal(value)

    def identity(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """A value in the form in which it tells entries apart, as part of a natural key."""
        return self.folded(value, fields)

    def matched(self, value: Any, fields: Mapping[str, Any] = NO_FIELDS) -> Any:
        """A value in the form in which it tells what an entry matches."""
        return self.identity(value, fields)

    def sent(self, value: Any) -> Any:
        """A value as it stands in a request."""
        return self.normal(value)

    def answered(self, value: Any) -> Any:
        """The value that one in an answer means, which may be written otherwise; None where it means none."""
        return value

    def from_text(self, text: str) -> Any:
        """The value that a cell of a CSV file stands for; what it cannot read it returns as it is."""
        return text
