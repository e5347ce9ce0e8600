"""What a stack's state holds of this package, as the engine tells it to a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model.state import ACCOUNT_ID, from_text

_TYPE: Final = "pulumi-python:dynamic/cloudflare-email-security:"
# A secret value stands in state as a structure that holds it so.
_VALUE: Final = "value"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A resource in a stack's state. Its outputs are made plain where they are asked for: there may be many.

    Attributes:
        urn: the resource.
        class_name: the last part of its type.
        fields: its outputs, as the engine tells them.

    """

    urn: str
    class_name: str
    fields: Any

    def get(self, name: str) -> Any:
        """An output, or None where there is none."""
        return _plain(self.fields[name]) if name in self.fields else None

    def map(self, name: str) -> Mapping[str, str] | None:
        """An output that holds a map of texts, as those of a collection do; else None."""
        found = from_text(self.get(name))
        return found if isinstance(found, Mapping) else None

    @property
    def account_id(self) -> str:
        """Its account."""
        return str(self.get(ACCOUNT_ID))

    def outputs(self) -> dict[str, Any]:
        """All of its outputs."""
        return {name: self.get(name) for name in self.fields}


def recorded(answer: Any) -> Iterator[Recorded]:
    """The dynamic resources of this package in the engine's answer; others are not looked into."""
    for urn, resource in getattr(answer, "return").fields["outputs"].struct_value.fields.items():
        fields = resource.struct_value.fields
        if (type_ := fields["type"].string_value).startswith(_TYPE):
            yield Recorded(urn, type_.removeprefix(_TYPE), fields["outputs"].struct_value.fields)


def _plain(value: Any) -> Any:
    """A value of a protobuf structure; a secret one out of its wrapping."""
    if value.HasField("string_value"):
        return value.string_value
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # noqa: PLC0415  (rare)

    plain = MessageToDict(value)
    return plain.get(_VALUE) if isinstance(plain, dict) else plain
