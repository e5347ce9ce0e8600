"""Requests to the API: one session, authenticated, paced, and repeated only where that is safe.

What is repeated, and why:

- a refusal for the rate limit (429) and a connection that was never made: nothing was carried out, so any
  request is sent again;
- a passing 403 (code 10000), which valid tokens meet under load: only where these credentials have
  worked before in this process, and only a few times;
- a lost connection, a time-out, a 5xx, an unreadable answer: a read is sent again; a write is not, since
  it may have been carried out. It raises `AmbiguousError`, and the caller looks before it tries again.
"""

from __future__ import annotations

import logging
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.util import Retry

from .clock import Clock, announce
from .credentials import Connection
from .envelope import Answer, printable, read_answer
from .errors import (
    AmbiguousError,
    AuthenticationError,
    ConfigurationError,
    NotSentError,
    RateLimitError,
    RequestError,
    TimedOutError,
)
from .limiter import WINDOW, RateLimiter

logger = logging.getLogger("pulumi_cloudflare_email_security")

EMULATOR_SCHEME: Final = "emulator:"
TIMEOUT: Final = (10.0, 60.0)
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
PASSING_REFUSAL: Final = 10000
_READ_RETRIES: Final = 5
_FORBIDDEN_RETRIES: Final = 3
_RATE_LIMIT_RETRIES: Final = 5
# A longer wait is told.
_SILENT_WAIT: Final = 1.5
_BACKOFF: Final = Retry(total=_READ_RETRIES, backoff_factor=0.5, backoff_max=20)


class Client:
    """One API root with one set of credentials. Thread-safe; connections are kept and reused."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock | None = None,
        limiter: RateLimiter | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        tell: Callable[[str], None] = announce,
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._tell = tell
        self._before_write = before_write
        self._clock = clock or Clock()
        self._limiter = limiter or RateLimiter(self._clock, tell=tell)
        self._timeout = timeout
        self._session = _Session()
        # Neither proxies' nor ~/.netrc credentials belong in these requests; proxies themselves do.
        self._session.auth = _signer(connection.credentials.headers)
        self._root = _mount(self._session, connection.base_url)
        self._random = random.Random()  # noqa: S311  (jitter, not cryptography)
        self._worked = threading.Event()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
    ) -> Answer:
        """Send a request and return its answer.

        Args:
            method: the HTTP method.
            path: the path below the API root, already quoted.
            query: query parameters; a list value repeats its parameter.
            body: what to send as JSON; None sends no body.

        Raises:
            RequestError: with `applied` False, or None where nobody can tell.

        """
        attempts = _Attempts(self._clock, self._random, read=method == "GET")
        while True:
            self._limiter.acquire()
            if method != "GET":
                self._before_write()
            try:
                answer = self._send(method, path, query, body)
            except RateLimitError as error:
                self._limiter.block(attempts.after_rate_limit(error))
            except RequestError as error:
                wait = attempts.after(error, worked=self._worked.is_set())
                if wait > _SILENT_WAIT:
                    self._tell(f"{method} {path}: failed ({type(error).__name__}), trying again in {wait:.0f} s")
                self._clock.sleep(wait)
            else:
                self._worked.set()
                return answer

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
                content = _content(response)
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
        except AuthenticationError as error:
            raise AuthenticationError(
                request, error.status, error.problems, _authentication_advice(self._connection)
            ) from None

    def _lost(self, request: str, error: requests.RequestException) -> RequestError:
        """The error for a request without an answer."""
        what = f"{request}: {_reason(error)} ({self._connection.base_url})"
        if _never_sent(error):
            return NotSentError(f"{what} — nothing was sent; check the network and the base URL")
        if isinstance(error, requests.exceptions.Timeout):
            return TimedOutError(f"{what} — it may still be carried out; run again when the API answers")
        return AmbiguousError(what)


class _Session(requests.Session):
    """A session that follows no redirect, nor even looks at where one leads: the token is for one host."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """No target."""
        del resp
        return None


class _Attempts:
    """What happened so far to one request, and how long to wait before the next attempt."""

    def __init__(self, clock: Clock, jitter: random.Random, *, read: bool) -> None:
        self._clock = clock
        self._jitter = jitter
        self._read = read
        self._backoff = _BACKOFF
        self._forbidden = 0
        self._rate_limited = 0

    def after_rate_limit(self, error: RateLimitError) -> float:
        """Seconds to wait after a 429: what `Retry-After` says, up to the limit's window."""
        self._rate_limited += 1
        wait = error.retry_after if error.retry_after is not None else min(5.0 * 4**self._rate_limited, WINDOW)
        if wait > WINDOW or self._rate_limited > _RATE_LIMIT_RETRIES:
            raise RateLimitError(
                error.request, error.status, error.problems, "wait five minutes and run again", error.retry_after
            ) from None
        return wait

    def after(self, error: RequestError, *, worked: bool) -> float:
        """Seconds to wait before the request may be sent again; raises the error where it may not."""
        if isinstance(error, AuthenticationError):
            passing = worked and error.status == 403 and PASSING_REFUSAL in error.codes
            if not passing or self._forbidden >= _FORBIDDEN_RETRIES:
                raise error from None
            self._forbidden += 1
        elif not (isinstance(error, NotSentError) or (self._read and error.applied is None)):
            raise error from None
        try:
            self._backoff = self._backoff.increment(error=error)
        except MaxRetryError:
            raise error from None
        return self._backoff.get_backoff_time() * self._jitter.uniform(0.75, 1.25) + self._jitter.uniform(0.05, 0.2)


def _signer(headers: tuple[tuple[str, str], ...]) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Add the authentication headers; as the session's `auth` it also keeps ~/.netrc out."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(dict(headers))
        return request

    return sign


def _mount(session: requests.Session, base_url: str) -> str:
    """Prepare the session for a base URL and return the root that requests are sent to."""
    if not base_url.startswith(EMULATOR_SCHEME):
        # Retries are decided in this module, where a read can be told from a write.
        session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0))
        session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0))
        # Plain http goes to this machine only, so through no proxy that the environment names.
        session.trust_env = base_url.startswith("https:")
        return base_url.rstrip("/")
    from ..emulator import EMULATOR_BASE_URL, EMULATOR_PREFIX, EmulatorAdapter, EmulatorError  # noqa: PLC0415

    try:
        session.mount(EMULATOR_PREFIX, EmulatorAdapter.from_url(base_url))
    except (EmulatorError, OSError) as error:
        raise ConfigurationError(f"base URL {base_url}: {error}") from None
    session.trust_env = False
    return EMULATOR_BASE_URL


def _content(response: requests.Response) -> bytes:
    """The body, of bounded size."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(64 * 1024):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            msg = f"the answer is larger than {MAX_ANSWER_BYTES} bytes"
            raise requests.exceptions.ContentDecodingError(msg)
        chunks.append(chunk)
    return b"".join(chunks)


def _never_sent(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have been carried out."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    causes: list[object] = [error]
    while causes:
        cause = causes.pop()
        if isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError):
            return True
        if isinstance(cause, BaseException):
            causes.extend(cause.args)
            causes.append(getattr(cause, "reason", None))
    return False


def _reason(error: requests.RequestException) -> str:
    """What went wrong on the wire, in a few words, without the request's URL or headers."""
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection failed"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return printable(error, 120)
    if _never_sent(error):
        return "no connection"
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "the connection was lost"
    return f"no answer ({type(error).__name__})"


def _authentication_advice(connection: Connection) -> str:
    return (
        f"the credentials come from {connection.credentials.source}; they need the permission "
        "'Cloud Email Security: Edit' for this account. After rotating a token: `pulumi refresh` and "
        "`pulumi destroy` use the configuration of the last `pulumi up`, so run them with --run-program"
    )
