"""The doors in this process: a transport for ``requests`` that asks an emulator instead of a network, and mocks.

Mount it and send to :data:`EMULATOR_BASE_URL`::

    session.mount("http+emulator://", EmulatorAdapter("state.json"))
    session.get(f"{EMULATOR_BASE_URL}/accounts/{account_id}/email-security/settings/domains")

The scheme starts with ``http``, since ``requests`` encodes ``params`` for such URLs only; and a session without
the adapter refuses it, so that no such request ever goes out. The answers pass through urllib3's own connection
pool: retries, timeouts, cut connections and halved bodies end in the same exceptions as over a network.

:func:`respond` does the same for the ``responses`` library in unit tests.
"""

from __future__ import annotations

import http.client
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

from .core import Emulator
from .hooks import written
from .messages import ROOT, EmulatorError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import responses
    from requests import PreparedRequest
    from urllib3.util.retry import Retry

    from .contracts import ContractName

EMULATOR_PREFIX = "http+emulator://"
"""What to mount an :class:`EmulatorAdapter` at."""

EMULATOR_BASE_URL = f"{EMULATOR_PREFIX}local{ROOT}"
"""The base URL of an account behind an :class:`EmulatorAdapter`."""

DEFAULT_BASE_URL = f"https://api.cloudflare.com{ROOT}"

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_URL_OPTIONS = frozenset({"contract", "habit"})


class EmulatorAdapter(HTTPAdapter):
    """Answers with an emulator, whose state is the file ``path``, or with the ``emulator`` given.

    ``max_retries`` is as for :class:`requests.adapters.HTTPAdapter`.
    """

    # Where ``responses`` is active it has put a function of its own in this one's place.
    send = HTTPAdapter.send

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        contract: ContractName | None = None,
        emulator: Emulator | None = None,
        max_retries: Retry | int = 0,
    ) -> None:
        super().__init__(max_retries=max_retries)
        if (path is None) == (emulator is None):
            raise EmulatorError("an EmulatorAdapter takes either a path or an emulator")
        self.emulator = emulator if emulator is not None else Emulator(contract, state=path)
        self._pool = _Pool("local", maxsize=16, emulator=self.emulator)

    @classmethod
    def from_url(cls, url: str) -> EmulatorAdapter:
        """The adapter for ``emulator:PATH``, ``emulator:PATH?contract=2025`` or ``…?habit=trim&habit=page_cap=50``.

        Raises:
            EmulatorError: for another scheme, no path, another option, or a state file of another contract.

        """
        scheme, _, rest = url.partition(":")
        path, _, query = rest.partition("?")
        options: dict[str, list[str]] = parse_qs(query, keep_blank_values=True)
        if scheme.lower() != "emulator" or not path or options.keys() - _URL_OPTIONS:
            raise EmulatorError(
                f"{url!r} is not of the form emulator:PATH, emulator:PATH?contract=2025 or emulator:PATH?habit=NAME"
            )
        contract: Any = options.get("contract", [None])[-1]
        emulator = Emulator(contract, state=path, habits=written(options.get("habit", [])))
        return cls(emulator=emulator)

    def get_connection_with_tls_context(self, *_: object, **__: object) -> HTTPConnectionPool:
        """The pool of connections to the emulator, whatever proxies the environment names."""
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:  # noqa: ARG002
        """The path and query, whatever proxies the environment names."""
        return request.path_url

    def close(self) -> None:
        """Nothing is open; the adapter can be used on."""


class _Connection(HTTPConnection):
    """A connection to an emulator: what is sent is answered at once, and waited for when it is read."""

    is_closed = False
    is_connected = True

    def __init__(self, *args: Any, emulator: Emulator, **options: Any) -> None:
        super().__init__(*args, **options)
        self._emulator = emulator
        self._target = ("", "")
        self._response: Response

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        **_: object,
    ) -> None:
        """Hand the request to the emulator."""
        self._target = (method, url)
        self._response = self._emulator.handle(Request.to(method, url, headers or {}, body))
        if self._response.broken == "refused":
            raise NewConnectionError(self, "Failed to establish a new connection: [Errno 111] Connection refused")

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
        """Wait for the answer, at most as long as the timeout of the request."""
        response = self._response
        limit = self.timeout if isinstance(self.timeout, int | float) else None
        if limit is not None and response.delay > limit:
            raise TimeoutError
        if response.delay:
            self._emulator.sleep(response.delay)
        if response.broken == "cut":
            raise http.client.RemoteDisconnected("Remote end closed connection without response")
        return HTTPResponse(
            body=BytesIO(response.body),
            headers=response.headers,
            status=response.status,
            version=11,
            version_string="HTTP/1.1",
            reason=http.client.responses.get(response.status, ""),
            preload_content=False,
            decode_content=False,
            enforce_content_length=True,
            request_method=self._target[0],
            request_url=self._target[1],
        )


class _Pool(HTTPConnectionPool):
    """Connections to an emulator."""

    ConnectionCls = _Connection  # type: ignore[assignment] # a protocol that it follows


def respond(
    emulator: Emulator,
    base_url: str = DEFAULT_BASE_URL,
    mock: responses.RequestsMock | None = None,
) -> responses.RequestsMock:
    """Have ``responses`` answer everything below ``base_url`` with the emulator; returns the mock.

    Without ``mock`` that is the one of ``@responses.activate``. Faults raise what ``requests`` raises.

    Raises:
        EmulatorError: if the extra is not installed.

    """
    try:
        import responses as library  # noqa: PLC0415 - an extra
    except ImportError:
        raise EmulatorError(
            "respond() needs responses: pip install 'pulumi-cloudflare-email-security[testing]'"
        ) from None
    adapter, base_path = EmulatorAdapter(emulator=emulator), urlsplit(base_url).path

    def callback(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        forwarded = request.copy()
        forwarded.url = EMULATOR_BASE_URL + request.path_url.removeprefix(base_path)
        answer = adapter.send(forwarded, timeout=getattr(request, "req_kwargs", {}).get("timeout"))
        return answer.status_code, dict(answer.headers), answer.content

    chosen: responses.RequestsMock = mock if mock is not None else library.mock
    for method in _METHODS:
        chosen.add_callback(method, re.compile(f"{re.escape(base_url)}(/|$)"), callback=callback)
    return chosen
