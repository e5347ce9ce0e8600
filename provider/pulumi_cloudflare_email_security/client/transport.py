"""Requests to the API: one session, authenticated, paced, and repeated only where that is safe.

What is repeated, and why:

- a refusal for the rate limit (429) and a connection that was never made: nothing was carried out, so any
  request is sent again;
- a passing 403 (code 10000), which valid tokens meet under load: only where these credentials have
  worked before in this process, and only a few times;
- a lost connection, a time-out, a 5xx, an unreadable answer: a read is sent again; a write is not, since
  it may have been carried out. It raises `AmbiguousError`, and the caller looks before it tries again.

An outage fails fast: when a request has used up its attempts on an API that is not there, other reads are not
sent for a while, and other requests are not repeated. Whatever the API answers ends that.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

import requests

from .attempts import PATIENCE, Attempts, Outage
from .clock import Clock, announce
from .credentials import Connection
from .envelope import Answer, read_answer
from .errors import (
    MAY_STILL_HAPPEN,
    AmbiguousError,
    AuthenticationError,
    NoSuchRouteError,
    NotSentError,
    RateLimitError,
    RequestError,
    TimedOutError,
)
from .habits import Habits, Words
from .limiter import RateLimiter
from .wire import BAD_URL, Session, bad_url, content_of, mount, never_sent, reason_of, remedy_of, signer

logger = logging.getLogger("pulumi_cloudflare_email_security")

TIMEOUT: Final = (5.0, 60.0)
#: How many requests one caller has under way at most.
WIDTH: Final = 6
# A longer wait is told.
_SILENT_WAIT: Final = 1.5
T = TypeVar("T")


class Client:
    """One API root with one set of credentials. Thread-safe; connections are kept and reused."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        limiter: RateLimiter | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        patience: float = PATIENCE,
        tell: Callable[[str], None] = announce,
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self.tell = tell
        self._before_write = before_write
        self._clock = clock
        self._limiter = limiter or RateLimiter(self._clock, tell=tell)
        self._timeout = timeout
        self._patience = patience
        self._session = Session()
        # Neither proxies' nor ~/.netrc credentials belong in these requests; proxies themselves do.
        self._session.auth = signer(connection.credentials.headers)
        self._root = mount(self._session, connection.base_url)
        self._random = random.Random()  # noqa: S311  (jitter, not cryptography)
        self._worked = threading.Event()
        self._outage = Outage(self._clock)
        self._habits: dict[str, Habits] = {}
        self._words = Words()

    @property
    def width(self) -> int:
        """How many requests are under way at the same time, at most."""
        return WIDTH

    def habits(self, collection: str) -> Habits:
        """What has been learned of a collection, by its path: shared by all that ask for it."""
        return self._habits.setdefault(collection, Habits(self._words))

    def begin(self) -> None:
        """Another deployment begins: an outage that the last one met may be over."""
        self._outage.ends()

    def concurrently(self, calls: Iterable[Callable[[], T]]) -> list[T]:
        """Make several calls, a few at a time, each taken when its turn comes, and return their results in order.

        Raises:
            Exception: what the first call that failed raised, or rather one whose outcome is unknown. It is raised
                when every call that was begun has ended; after a failure no other is begun.

        """
        if isinstance(calls, Sequence) and len(calls) == 1:
            return [calls[0]()]
        failed = threading.Event()

        def run(call: Callable[[], T]) -> T:
            try:
                return call()
            except BaseException:
                failed.set()
                raise

        with ThreadPoolExecutor(WIDTH) as pool:
            running: list[Future[T]] = []
            free = threading.Semaphore(WIDTH)
            for call in calls:
                free.acquire()
                if failed.is_set():
                    break
                running.append(pool.submit(run, call))
                running[-1].add_done_callback(lambda _: free.release())
        failures = [error for future in running if (error := future.exception()) is not None]
        if failures:
            raise next((error for error in failures if isinstance(error, AmbiguousError)), failures[0])
        return [future.result() for future in running]

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        vital: bool = True,
    ) -> Answer:
        """Send a request and return its answer.

        Args:
            method: the HTTP method.
            path: the path below the API root, already quoted.
            query: query parameters; a list value repeats its parameter.
            body: what to send as JSON; None sends no body.
            vital: whether the API counts as out where all attempts fail.

        Raises:
            RequestError: with `applied` False, or None where nobody can tell.

        """
        read = method == "GET"
        attempts = Attempts(self._clock, self._random, read=read, patience=self._patience)
        while True:
            if read and (error := self._outage.error) is not None:
                raise error.with_traceback(None)
            self._limiter.acquire()
            if not read:
                self._before_write()
            try:
                answer = self._send(method, path, query, body)
            except RateLimitError as error:
                self._limiter.block(attempts.after_rate_limit(error))
            except RequestError as error:
                self._wait_after(attempts, error, f"{method} {path}", vital=vital)
            else:
                self._worked.set()
                self._outage.ends()
                return answer

    def _wait_after(self, attempts: Attempts, error: RequestError, request: str, *, vital: bool) -> None:
        """Wait until a request may be sent again, or raise its error where it may not."""
        if _has_answered(error):
            self._outage.ends()
        wait = None if self._outage.error is not None else attempts.after(error, worked=self._worked.is_set())
        if wait is None:
            if vital and attempts.may_repeat(error):
                self._outage.begins(error)
            raise error from None
        if wait > _SILENT_WAIT:
            self.tell(f"{request}: failed ({type(error).__name__}), trying again in {wait:.0f} s")
        self._clock.sleep(wait)

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None, body: object) -> Answer:
        request = f"{method} {path}"
        try:
            with self._session.request(
                method,
                f"{self._root}{path}",
                params=query,
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                self._limiter.observe(response.headers)
                content = content_of(response)
        except BAD_URL:
            raise bad_url(self._connection.base_url) from None
        except requests.RequestException as error:
            raise self._lost(request, error) from None
        logger.debug("%s: %d, %d bytes", request, response.status_code, len(content))
        try:
            return read_answer(request, response.status_code, response.headers, content)
        except RequestError:
            # A refusal may repeat what was sent; entries may hold an e-mail address that is a credential too.
            content = self._connection.credentials.redact(content)
        try:
            return read_answer(request, response.status_code, response.headers, content)
        except (AuthenticationError, NoSuchRouteError) as error:
            advice = _advice(error, self._connection)
            raise type(error)(request, error.status, error.problems, advice) from None

    def _lost(self, request: str, error: requests.RequestException) -> RequestError:
        """The error for a request without an answer."""
        what = f"{request}: {reason_of(error)} ({self._connection.base_url})"
        if never_sent(error):
            return NotSentError(f"{what} — nothing was sent; {remedy_of(error)}")
        if isinstance(error, requests.exceptions.Timeout):
            return TimedOutError(f"{what} — {MAY_STILL_HAPPEN}")
        return AmbiguousError(what)


def _has_answered(error: RequestError) -> bool:
    """Whether a failure shows that the API is there."""
    return error.applied is not None and not isinstance(error, NotSentError)


def _advice(error: AuthenticationError | NoSuchRouteError, connection: Connection) -> str:
    """What to do about a refusal that is about no entry."""
    if isinstance(error, NoSuchRouteError):
        collection = error.request.rpartition("/settings/")[2]
        if "/" in collection:  # an id that cannot be routed, a batch that is not there
            return ""
        return (
            f"this account's API has no {collection.replace('_', ' ')}; if it should, check the account, and whether "
            f"the base URL {connection.base_url} is the API's whole root"
        )
    return (
        f"the credentials come from {connection.credentials.source}; they need the permission "
        "'Cloud Email Security: Edit' for this account. After rotating a token: `pulumi refresh` and "
        "`pulumi destroy` use the configuration of the last `pulumi up`, so run them with --run-program"
    )
