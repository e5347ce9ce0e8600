"""The emulator over HTTP in a process of its own, and its count of requests."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

LATENCY: Final = 0.05
ACCOUNT: Final = "023e105f4ecef8ad9ca31a8372d0c353"


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests there were."""

    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class EmulatedApi:
    """A running emulator."""

    base_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What points the providers to it."""
        return {
            "CLOUDFLARE_BASE_URL": self.base_url,
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
            "CLOUDFLARE_API_TOKEN": "benchmark",
        }

    def take_requests(self) -> Requests:
        """The requests since the last call."""
        counts: dict[str, int] = self._ask("GET")["by_operation"]
        self._ask("DELETE")
        reads = sum(count for operation, count in counts.items() if operation.startswith("GET "))
        return Requests(reads, sum(counts.values()) - reads)

    def _ask(self, method: str) -> Any:
        address = urlsplit(self.base_url)
        request = urllib.request.Request(  # noqa: S310  (our own emulator)
            f"{address.scheme}://{address.netloc}/__emulator__/requests", method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def emulated_api(latency: float = LATENCY) -> Iterator[EmulatedApi]:
    """Serve an empty account; each answer takes `latency` seconds."""
    module = "pulumi_cloudflare_email_security.emulator"
    command = [sys.executable, "-m", module, "--port", "0", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("listening on "):
                raise RuntimeError("the emulator did not start")
            yield EmulatedApi(line.removeprefix("listening on ").strip())
        finally:
            process.terminate()
