"""The HTTP session below the client: where it may lead, how much it takes in, and what its failures mean."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import LocationValueError, NewConnectionError
from urllib3.util import parse_url

from .credentials import EMULATOR_SCHEME
from .envelope import printable
from .errors import ConfigurationError

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
#: What urllib3 and requests raise for a URL that leads nowhere; both let the other's pass.
BAD_URL: Final = (
    LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)
_UNSENT: Final[dict[type, str]] = {
    requests.exceptions.ProxyError: "no connection through the proxy",
    requests.exceptions.SSLError: "the certificate is not trusted",
}
# More connections than requests are ever under way, so that each is kept.
_CONNECTIONS: Final = 32


class Session(requests.Session):
    """A session that follows no redirect, nor even looks at where one leads: the token is for one host."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """No target."""
        del resp
        return None


def signer(headers: tuple[tuple[str, str], ...]) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Add the authentication headers; as the session's `auth` it also keeps ~/.netrc out."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(dict(headers))
        return request

    return sign


def mount(session: requests.Session, base_url: str) -> str:
    """Prepare the session for a base URL and return the root that requests are sent to.

    Raises:
        ConfigurationError: the base URL leads nowhere.

    """
    if not base_url.startswith(EMULATOR_SCHEME):
        _check_host(base_url)
        # Retries are decided by the client, where a read can be told from a write.
        session.mount("https://", HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))
        session.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))
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


def _check_host(base_url: str) -> None:
    """Refuse a host that no name server can be asked for; urllib3 notices only when it connects."""
    try:
        host = (parse_url(base_url).host or "").strip("[]")
        host.encode("idna")
    except (LocationValueError, UnicodeError):
        host = ""
    if not host:
        raise bad_url(base_url)


def bad_url(base_url: str) -> ConfigurationError:
    """The error for a base URL that leads nowhere."""
    return ConfigurationError(f"base URL {printable(base_url, 120)}: this names no host that can be asked")


def content_of(response: requests.Response) -> bytes:
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


def never_sent(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have been carried out."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return any(isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError) for cause in _causes(error))


def reason_of(error: requests.RequestException) -> str:
    """What went wrong on the wire, in a few words, without the request's URL or headers."""
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if never_sent(error):
        return f"{_UNSENT.get(type(error), 'no connection')}{_said(error)}"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection failed"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return printable(error, 120)
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "the connection was lost"
    return f"no answer ({type(error).__name__})"


def remedy_of(error: requests.RequestException) -> str:
    """What to do where no connection was made."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "check HTTPS_PROXY and NO_PROXY in the environment"
    if isinstance(error, requests.exceptions.SSLError):
        return "where a proxy decrypts the traffic, REQUESTS_CA_BUNDLE must name the file with its certificate"
    return "check the network and the base URL"


def _said(error: BaseException) -> str:
    """What the system, or the proxy, said of a connection that was not made, in brackets; or nothing."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            # A certificate's error has more words in its other text.
            said = getattr(cause, "verify_message", None) or cause.strerror or cause
            return f" ({printable(said, 80)})"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came of, as requests and urllib3 put one into the other."""
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException):
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__]
