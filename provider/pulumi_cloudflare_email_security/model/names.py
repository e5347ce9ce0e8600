"""Names: of fields and classes, in each language's form; and of Pulumi's resources, as errors say them.

`urn:pulumi:STACK::PROJECT::PARENT_TYPES$TYPE::NAME`, where a resource's type begins with its parents'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1024)
def camel(name: str) -> str:
    """`pattern_type` as `patternType`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def pascal(name: str) -> str:
    """`pattern_type` as `PatternType`; `MALICIOUS-BEC` as `MaliciousBec`; words in mixed case stay as they are."""
    words = re.split(r"[^A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words)


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    """`patternType` as `pattern_type`; what is in snake_case stays as it is."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def snaked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under names in snake_case."""
    return {snake(name): value for name, value in values.items()}


def stack_of(urn: str) -> str:
    """Project and stack, as "project/stack"."""
    parts = urn.split("::")
    return f"{parts[1]}/{parts[0].removeprefix('urn:pulumi:')}" if len(parts) >= 4 else ""


def resource_of(urn: str) -> str:
    """What errors call a resource: its type and name, and its parents' types where it has any."""
    parts = urn.split("::", 3)
    if len(parts) < 4:
        return urn or "another resource"
    *parents, own = parts[2].split("$")
    type_ = own.rpartition(":")[2]
    below = f" in {' / '.join(parents)}" if parents else ""
    return f'{type_} "{parts[3]}"{below}'
