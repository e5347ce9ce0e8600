"""Where the entries of a collection are declared, as one short text in its inputs.

The text names no entry: it holds the places in the order of the entries, which who reads it has as well: that of a
list, or of the sorted keys. Lines that follow one another, as in a sorted file, take a few characters together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final, TypeAlias

#: A file and a line in it, counted from 1.
Place: TypeAlias = tuple[str, int]

_RUNS: Final = re.compile(r"(\d+)(?:-(\d+))?(?:x(\d+))?")
_MOST: Final = 1_000_000


def encode(places: Iterable[Place | None]) -> str:
    """The places of entries, in their order, as a text: `[["blocklist.csv","2-901,905"]]`."""
    parts = [
        [file, ",".join(_runs(line for _, line in group))]
        for file, group in groupby((place or ("", 0) for place in places), lambda one: one[0])
    ]
    return json.dumps(parts, separators=(",", ":"))


def decode(text: object, count: int) -> list[str]:
    """The places of so many entries, each as `file:line` or ""; none where the text is not one of theirs.

    One place alone is that of all of them.
    """
    if isinstance(text, str) and parse(text):
        return [text] * count
    try:
        parts: Any = json.loads(text) if isinstance(text, str) else []
        places = [f"{file}:{line}" if file else "" for file, runs in parts for line in _lines(runs)]
    except (ValueError, TypeError):
        return []
    return places if len(places) == count else []


def parse(text: str) -> Place | None:
    """The file and the line of a place such as `__main__.py:12`, or None."""
    file, _, line = text.rpartition(":")
    return (file, int(line)) if file and line.isascii() and line.isdecimal() else None


def _runs(lines: Iterable[int]) -> Iterator[str]:
    """Lines as `2-901`, `905`, and `7x20` for twenty entries of one line."""
    run: list[int] = []  # the first and the last line, and the step between its lines
    count = 0
    for line in lines:
        step = line - run[1] if run else 0
        if run and (count == 1 or step == run[2]) and step in {0, 1}:
            run[1:] = [line, step]
            count += 1
            continue
        if run:
            yield _run(run, count)
        run, count = [line, line, 0], 1
    if run:
        yield _run(run, count)


def _run(run: list[int], count: int) -> str:
    if count == 1:
        return str(run[0])
    return f"{run[0]}-{run[1]}" if run[2] else f"{run[0]}x{count}"


def _lines(runs: str) -> Iterator[int]:
    for run in runs.split(","):
        match = _RUNS.fullmatch(run)
        if match is None:
            raise ValueError(run)
        first, last, times = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if last - first > _MOST or times > _MOST:
            raise ValueError(run)
        yield from range(first, last + 1) if match[2] else [first] * times
