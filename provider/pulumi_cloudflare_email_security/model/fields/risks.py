"""Risks that are accepted for an entry: by which rule, why, and until which day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from .. import invalid
from ..days import day
from ..text import shown
from .base import SettingField


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
