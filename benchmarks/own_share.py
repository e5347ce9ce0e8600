"""The CPU time of this package's own code: no engine, no network, the emulator's own time taken off.

``python -m benchmarks.own_share 10000 50000`` prints it; ``--profile OPERATION`` shows where it goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import pstats
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest.mock import patch

from benchmarks.programs import ENTRIES_FILE, write_entries
from benchmarks.results import OwnShare
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.dynamic.plain import as_one_value
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorAdapter
from pulumi_cloudflare_email_security.session.configuration import Configuration
from pulumi_cloudflare_email_security.session.session import Session
from pulumi_cloudflare_email_security.settings.block_sender import SETTING

_BASE_URL: Final = "http://127.0.0.1:9/client/v4"
_CONFIG: Final = {
    "cloudflare-email-security:baseUrl": _BASE_URL,
    "cloudflare-email-security:accountId": "emulated",
    "cloudflare-email-security:apiToken": "benchmark",
}
T = TypeVar("T")


class _TimedEmulator(Emulator):
    """Knows how long it took to answer."""

    seconds = 0.0
    timing = threading.Lock()

    def handle(self, request: Any) -> Any:
        """Answer, and note the time of this thread: others answer meanwhile."""
        start = time.thread_time()
        try:
            return super().handle(request)
        finally:
            with self.timing:
                self.seconds += time.thread_time() - start


@dataclass(slots=True)
class _Stopwatch:
    """Takes the time of one operation's steps."""

    emulator: _TimedEmulator
    profile: cProfile.Profile | None
    steps: dict[str, float] = field(default_factory=dict)

    def time(self, step: str, call: Callable[[], T]) -> T:
        """Do it, and note the time that was not the emulator's."""
        gc.collect()
        before = time.process_time() - self.emulator.seconds
        if self.profile:
            self.profile.enable()
        try:
            return call()
        finally:
            if self.profile:
                self.profile.disable()
            self.steps[step] = round(time.process_time() - self.emulator.seconds - before, 3)


class _Life:
    """One collection's life, called as the engine would."""

    def __init__(self, folder: Path, count: int, profiled: str | None) -> None:
        self.folder = folder
        self.count = count
        self.profiled = profiled
        self.profile = cProfile.Profile(time.process_time)
        self.emulator = _TimedEmulator()
        self.found: list[OwnShare] = []

    def run(self) -> list[OwnShare]:
        """All operations, in order."""
        with self.operation("first up") as watch:
            news = self.declared(watch)
            inputs = watch.time("check", lambda: self.provider().check({}, news).inputs)
            made = watch.time("create", lambda: self.provider().create(inputs))
            id_, outs = made.id, made.outs or {}
        with self.operation("no-op preview") as watch:
            news = self.declared(watch)
            same = watch.time("check", lambda: self.provider().check(inputs, news).inputs)
            if watch.time("diff", lambda: self.provider().diff(id_, outs, same)).changes:
                raise AssertionError("nothing changed")
        with self.operation("one entry changed: up") as watch:
            news = self.declared(watch, one_changed=True)
            changed = watch.time("check", lambda: self.provider().check(inputs, news).inputs)
            watch.time("diff", lambda: self.provider().diff(id_, outs, changed))
            updated = watch.time("update", lambda: self.provider().update(id_, outs, changed).outs) or {}
        with self.operation("refresh") as watch:
            read = watch.time("read", lambda: self.provider().read(id_, updated).outs) or {}
            watch.time("diff", lambda: self.provider().diff(id_, read, changed))
        with self.operation("destroy") as watch:
            watch.time("delete", lambda: self.provider().delete(id_, updated))
        return self.found

    @contextmanager
    def operation(self, name: str) -> Iterator[_Stopwatch]:
        """One operation has a process of its own, so nothing is remembered from the one before."""
        process.begin(Session(voice=lambda *_: None))
        watch = _Stopwatch(self.emulator, self.profile if name == self.profiled else None)
        yield watch
        self.found.append(OwnShare(self.count, name, watch.steps))

    def declared(self, watch: _Stopwatch, *, one_changed: bool = False) -> dict[str, Any]:
        """What the program hands over: a file's entries, made plain."""
        write_entries(self.folder, self.count, one_changed=one_changed)
        entries = watch.time("read_entries", lambda: read_entries(self.folder / ENTRIES_FILE))
        plain = watch.time("constructor", lambda: as_one_value(plain_entries(SETTING, entries, None)))
        return {"entries": plain, "declared_by": "urn:pulumi:benchmark::benchmark::BlockSenders::blocklist"}

    def provider(self) -> SettingProvider:
        """The provider, its requests answered by the emulator in memory."""
        provider = SettingProvider(SETTING, "block_senders")
        provider.configuration = Configuration(_CONFIG.get, {})
        client = process.session().client(provider.configuration.connection())
        client._session.mount("http://127.0.0.1:9/", EmulatorAdapter(emulator=self.emulator))  # noqa: SLF001
        return provider


def own_share(count: int, profiled: str | None = None) -> list[OwnShare]:
    """Measure every operation on a collection of so many entries."""
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, {"PULUMI_HOME": name}):
        life = _Life(Path(name), count, profiled)
        found = life.run()
    if profiled:
        statistics = pstats.Stats(life.profile, stream=sys.stderr)
        statistics.sort_stats("tottime").print_stats(30)
        statistics.sort_stats("cumulative").print_stats(45)
    return found


def from_json(items: list[Mapping[str, Any]]) -> list[OwnShare]:
    """What this module prints, read back."""
    return [OwnShare(**item) for item in items]


def main() -> None:
    """Print the shares as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_share", description=__doc__)
    parser.add_argument("entries", type=int, nargs="+")
    parser.add_argument("--profile", metavar="OPERATION", help='such as "first up": its profile, on stderr')
    options = parser.parse_args()
    shares = [share for count in options.entries for share in own_share(count, options.profile)]
    print(json.dumps([asdict(share) for share in shares], indent=1))


if __name__ == "__main__":
    main()
