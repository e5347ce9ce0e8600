"""Where the entries of a collection are written, as one short text: "file:line" for each, in the entries' order.

Entries of a file usually follow each other line by line, so runs of lines are ranges: `blocklist.csv:2-1501`.
An entry that stands in no file has no place: `-`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, unquote

_NONE: Final = "-"
_SEPARATOR: Final = "|"


def encode(places: Iterable[str]) -> str:
    """The places of entries ("file:line", or "" for none), in order, as one text; "" where there are none at all."""
    runs: list[tuple[str, int, int, int]] = []  # file, first line, step, how many
    for place in places:
        file, _, line = place.rpartition(":")
        number = int(line) if line.isdecimal() else 0
        file = file if number else ""
        if runs:
            last, first, step, count = runs[-1]
            if last == file and (not file or number == first + count * step or count == 1):
                step = step if count > 1 else max(number - first, 0)
                if not file or (step > 0 and number == first + count * step):
                    runs[-1] = (file, first, step, count + 1)
                    continue
        runs.append((file, number, 1, 1))
    if not any(file for file, *_ in runs):
        return ""
    told, before = [], ""
    for file, first, step, count in runs:
        if not file:
            told.append(f"{_NONE}{count if count > 1 else ''}")
            continue
        name = quote(file, safe="/:.~ ")
        name = f"%2D{name[1:]}" if name.startswith("-") else name
        lines = str(first) if count == 1 else f"{first}-{first + (count - 1) * step}" + (f"/{step}" if step > 1 else "")
        told.append(lines if file == before else f"{name}:{lines}")
        before = file
    return _SEPARATOR.join(told)


def decode(text: str) -> Iterator[str]:
    """The places that `encode` wrote, in order; entries without one have ""."""
    before = ""
    for part in text.split(_SEPARATOR) if text else ():
        if part.startswith(_NONE):
            yield from [""] * int(part[1:] or 1)
            continue
        file, _, lines = part.rpartition(":")
        before = unquote(file) or before
        span, _, step = lines.partition("/")
        first, _, last = span.partition("-")
        for line in range(int(first), int(last or first) + 1, int(step or 1)):
            yield f"{before}:{line}"
