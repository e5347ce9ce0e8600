"""How far one entry travels: the functions and files of this package between a program's line and the API.

`python -m scripts.trace` prints a table, and with `--write` puts it in docs/design.md; `--calls` lists every call of it
instead, indented as they nest.
"""

from __future__ import annotations

import inspect
import itertools
import os
import re
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final
from unittest.mock import patch

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.testing import InProcessStack

PACKAGE: Final = Path(email_security.__file__).parent
PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "design.md"
_HEAD: Final = "| functions / files / changes of file | `BlockSender` | `BlockSenders` of one entry |"
_TABLE: Final = re.compile(rf"{re.escape(_HEAD)}\n(\|.*\n)*")
#: What answers here for the API and the engine; neither is on the way of an entry.
_NOT_ON_THE_WAY: Final = ("emulator", "testing")
_COMPREHENSIONS: Final = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


@dataclass(slots=True)
class Trip:
    """The calls of one leg of the way, in order: how deep each is, and of what."""

    calls: list[tuple[int, CodeType]] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The file of each call, within the package."""
        return [str(Path(code.co_filename).relative_to(PACKAGE)) for _, code in self.calls]

    @property
    def numbers(self) -> str:
        """Functions, files, and how often a call leads to another file."""
        files = self.files
        changes = sum(one != other for one, other in itertools.pairwise(files))
        return f"{len({code for _, code in self.calls})} / {len(set(files))} / {changes}"

    def lines(self) -> Iterator[str]:
        """Every call, indented as they nest."""
        for (depth, code), file in zip(self.calls, self.files, strict=True):
            yield f"{'  ' * depth}{code.co_qualname}  {file}:{code.co_firstlineno}"


class Tracer:
    """Records the calls below the first call of each leg."""

    def __init__(self, legs: dict[str, Callable[..., Any]]) -> None:
        self.trips: dict[str, Trip] = defaultdict(Trip)
        self._legs = {inspect.unwrap(function).__code__: name for name, function in legs.items()}
        self._roots: dict[str, FrameType] = {}
        self._seen: set[FrameType] = set()
        # The stack that began the call which each thread of a pool carries out.
        self._begun_by: dict[int, list[FrameType]] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Python's profiler: called at every call."""
        if event != "call" or not _ours(frame.f_code) or frame in self._seen:
            return
        # A generator is called again for each of its values.
        self._seen.add(frame)
        above = list(self._stack(frame))
        for depth, caller in enumerate(above):
            if (leg := self._legs.get(caller.f_code)) and self._roots.setdefault(leg, caller) is caller:
                if not any(_is_import(each.f_code) for each in above[:depth]):
                    self.trips[leg].calls.append((sum(_ours(each.f_code) for each in above[:depth]), frame.f_code))
                return

    def run(self, work: Callable[[], object]) -> None:
        """Do something, on this thread and those that it starts, and record it."""
        submit = ThreadPoolExecutor.submit

        def followed(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            begun_by = list(self._stack(sys._getframe(1)))  # noqa: SLF001

            def call() -> Any:
                self._begun_by[threading.get_ident()] = begun_by
                return function(*args, **kwargs)

            return submit(pool, call)

        threading.setprofile(self)
        sys.setprofile(self)
        try:
            with patch.object(ThreadPoolExecutor, "submit", followed):
                work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _stack(self, frame: FrameType) -> Iterator[FrameType]:
        """A frame, and those above it; above a pool's thread stands what began its call."""
        above: FrameType | None = frame
        while above is not None:
            yield above
            above = above.f_back
        yield from self._begun_by.get(threading.get_ident(), ())


def _ours(code: CodeType) -> bool:
    path = Path(code.co_filename)
    if code.co_name in _COMPREHENSIONS or _is_import(code) or not path.is_relative_to(PACKAGE):
        return False
    return path.relative_to(PACKAGE).parts[0] not in _NOT_ON_THE_WAY


def _is_import(code: CodeType) -> bool:
    """Whether code is a module's or a class's body, which runs once."""
    return not code.co_flags & inspect.CO_OPTIMIZED


def trips(program: Callable[[], object], constructor: Callable[..., Any]) -> dict[str, Trip]:
    """The legs of the way of a program's one resource."""
    tracer = Tracer({"constructor": constructor, "check": SettingProvider.check, "create": SettingProvider.create})
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, PULUMI_HOME=folder):
        stack = InProcessStack(config={"cloudflare-email-security:baseUrl": f"emulator:{folder}/account.json"})
        tracer.run(lambda: stack.up(program))
    return {leg: tracer.trips[leg] for leg in ("constructor", "check", "create")}


def single() -> dict[str, Trip]:
    """The way of a resource of one entry."""
    return trips(
        lambda: email_security.BlockSender("one", pattern="evil.example", pattern_type="DOMAIN"),
        email_security.BlockSender.__init__,
    )


def collection() -> dict[str, Trip]:
    """The way of a collection of one entry."""
    return trips(
        lambda: email_security.BlockSenders("list", entries=[{"pattern": "evil.example", "pattern_type": "DOMAIN"}]),
        email_security.BlockSenders.__init__,
    )


def table(ways: dict[str, dict[str, Trip]]) -> str:
    """The three numbers of every leg, for docs/design.md."""
    lines = [_HEAD, "|---|---|---|"]
    lines += [
        f"| {leg} | {' | '.join(legs[leg].numbers for legs in ways.values())} |"
        for leg in ("constructor", "check", "create")
    ]
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The table that a page has; "" where it has none."""
    found = _TABLE.search(page)
    return found[0] if found else ""


def main(arguments: list[str]) -> int:
    """Print the table, or every call; or write the table."""
    ways = {"BlockSender": single(), "BlockSenders": collection()}
    if "--calls" in arguments:
        for name, legs in ways.items():
            for leg, trip in legs.items():
                print(f"\n# {name}, {leg}: {trip.numbers}", *trip.lines(), sep="\n")
    elif "--write" in arguments:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(written(page), table(ways)), encoding="utf-8")
    else:
        print(table(ways), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
