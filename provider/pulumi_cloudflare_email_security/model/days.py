"""Days, as programs and files write them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from . import invalid
from .text import shown

# date.fromisoformat takes 20270131 and 2027-W04-7, too.
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def day(value: object) -> date:
    """The day that a text such as 2027-01-31 names; raises ValidationError for anything else."""
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        raise invalid.ValidationError(f"{shown(value)} is not a date such as 2027-01-31") from None
