"""Time that passes only when somebody waits, so that no test sleeps; and a client that lives in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import responses
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.client.credentials import Connection, Credentials
from pulumi_cloudflare_email_security.client.transport import Client

BASE_URL = "https://api.example/client/v4"
TOKEN = "s3cret-t0ken-s3cret"
SOURCE = "config cloudflare-email-security:apiToken"


class FakeTime:
    """A clock turned by whoever sleeps; `sleeps` holds every wait."""

    def __init__(self, start: float = 1000.0) -> None:
        self.seconds = start
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    @property
    def clock(self) -> Clock:
        """The clock to inject."""
        return Clock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        assert seconds >= 0
        with self._lock:
            self.sleeps.append(seconds)
            self.seconds += seconds

    @property
    def slept(self) -> float:
        """All waits together."""
        return sum(self.sleeps)


@dataclass
class World:
    """A client in fake time behind a mocked network."""

    api: responses.RequestsMock
    time: FakeTime
    told: list[str]
    client: Client
    texts: list[str] = field(default_factory=list)

    def answers(self, method: str, *answers: Any, path: str = "/things") -> None:
        """The answers to come, in order: a status with an envelope, a `responses` keyword dict, or an exception."""
        for answer in answers:
            if isinstance(answer, Exception):
                self.api.add(method, f"{BASE_URL}{path}", body=answer)
            elif isinstance(answer, int):
                self.api.add(method, f"{BASE_URL}{path}", status=answer, json=envelope(answer))
            else:
                self.api.add(method, f"{BASE_URL}{path}", **answer)

    def request(self, method: str = "GET", path: str = "/things", **options: Any) -> Any:
        """The result of a request."""
        return self.client.request(method, path, **options).result

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return len(self.api.calls)


def refused() -> requests.ConnectionError:
    """No connection was made."""
    error = NewConnectionError(HTTPConnectionPool("api.example"), "Connection refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(HTTPConnectionPool("api.example"), "/", error))


def cut() -> requests.ConnectionError:
    """The connection was lost while the answer was awaited."""
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))


def envelope(status: int, code: int = 1000, message: str = "no", result: object = None) -> dict[str, Any]:
    """The API's envelope of a good answer, or of a refusal."""
    good = status < 300
    errors = [] if good else [{"code": code, "message": message}]
    return {"success": good, "errors": errors, "messages": [], "result": {"id": 1} if good else result}


def new_client(
    time: FakeTime, told: list[str], base_url: str = BASE_URL, credentials: Credentials | None = None
) -> Client:
    """A client in fake time."""
    credentials = credentials or Credentials.token(TOKEN, SOURCE)
    return Client(Connection(base_url, credentials), clock=time.clock, tell=told.append)


@contextmanager
def mocked_world() -> Iterator[World]:
    """A world whose answers run out loudly and must all be asked for."""
    time = FakeTime()
    told: list[str] = []
    with responses.RequestsMock(registry=responses.registries.OrderedRegistry) as api:
        yield World(api, time, told, new_client(time, told))
