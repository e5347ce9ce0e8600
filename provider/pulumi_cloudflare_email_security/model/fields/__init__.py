"""Fields of settings: strict on what a program declares, lenient on what the API answers.

Every field checks a declared value, says what it allows, and knows three forms of a value, which never fail:
`normal`, as this package holds it, text as it is written; `folded`, in which two values are compared; and `identity`,
in which it tells entries apart as part of a natural key. `validation` makes marshmallow fields of them.
"""

from __future__ import annotations

from .base import SettingField
from .patterns import Pattern
from .risks import AcceptedRisks
from .texts import CaselessText, Cidr, DomainName, Regex, Remark, Text, Uuid
from .values import Choice, Flag, SetOf, Whole

__all__ = [
    "AcceptedRisks",
    "CaselessText",
    "Choice",
    "Cidr",
    "DomainName",
    "Flag",
    "Pattern",
    "Regex",
    "Remark",
    "SetOf",
    "SettingField",
    "Text",
    "Uuid",
    "Whole",
]
