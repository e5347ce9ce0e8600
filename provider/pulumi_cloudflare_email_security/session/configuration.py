"""Where the account, the credentials and the base URL come from.

Stack configuration first (namespace `cloudflare-email-security:`, then the official provider's
`cloudflare:`), then the environment. Nothing here reaches state.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from ..client.credentials import EMULATOR_SCHEME, Connection, Credentials
from ..client.envelope import printable
from ..client.errors import ConfigurationError
from ..model.schema import account_problem

NAMESPACE: Final = "cloudflare-email-security"
OFFICIAL_NAMESPACE: Final = "cloudflare"
DEFAULT_BASE_URL: Final = "https://api.cloudflare.com/client/v4"
_API: Final = urlsplit(DEFAULT_BASE_URL)
DEFAULT_DELETE_LIMIT: Final = 30
NO_ACCOUNT: Final = (
    "no account: pass account_id=…, set `pulumi config set cloudflare-email-security:accountId …`, "
    "or set CLOUDFLARE_ACCOUNT_ID"
)
#: What a stack may configure.
KEYS: Final = frozenset(
    {"accountId", "adopt", "apiEmail", "apiKey", "apiToken", "baseUrl", "deleteLimit", "risk", "verify"}
)
#: The configuration that holds a token or a key.
CREDENTIALS: Final = tuple(
    f"{namespace}:{name}" for namespace in (NAMESPACE, OFFICIAL_NAMESPACE) for name in ("apiToken", "apiKey")
)
# The embedded emulator has one account unless the program names another.
EMULATOR_ACCOUNT: Final = "emulated-account"
_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
# Quotes around a value are those of a file that nobody took away.
_HEADER_VALUE: Final = re.compile(r"(?!')[\x21\x23-\x7e]+(?<!')")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stack's configuration and the environment, looked up when asked; a `repr` shows neither."""

    get: Callable[[str], Any] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_environment(cls) -> Configuration:
        """Without a stack: environment variables only."""
        return cls(lambda _key: None, os.environ)

    def find(self, keys: tuple[str, ...], variables: tuple[str, ...]) -> tuple[str, str] | None:
        """The first value set, and where it was found."""
        for key in keys:
            value = self.get(key)
            if value is not None and str(value).strip():
                return str(value).strip(), f"config {key}"
        for variable in variables:
            if self.environ.get(variable, "").strip():
                return self.environ[variable].strip(), f"environment variable {variable}"
        return None

    def _for_this_run(self, variable: str, key: str) -> tuple[str, str] | None:
        """What may be meant for one run: the environment takes precedence over the configuration."""
        return self.find((), (variable,)) or self.find((f"{NAMESPACE}:{key}",), ())

    @property
    def account_id(self) -> str | None:
        """The account that settings belong to unless they name one themselves."""
        found = self.find((f"{NAMESPACE}:accountId",), ("CLOUDFLARE_ACCOUNT_ID",))
        if found is None and self.base_url.startswith(EMULATOR_SCHEME):
            return EMULATOR_ACCOUNT
        return found[0] if found else None

    def account(self, named: object) -> str:
        """The named account, or else the configured one. Raises ConfigurationError where there is none."""
        if not (account_id := named or self.account_id):
            raise ConfigurationError(NO_ACCOUNT)
        return str(account_id)

    def account_problem(self, value: object) -> str | None:
        """Why a value is no account id, or None; the emulator has accounts of any name."""
        return account_problem(value, emulated=self.base_url != DEFAULT_BASE_URL)

    def _flag(self, variable: str, key: str, *, otherwise: bool) -> bool:
        """What may be on or off for one run. Raises ConfigurationError for what is neither."""
        found = self._for_this_run(variable, key)
        if found is None:
            return otherwise
        value, source = found
        if value.lower() not in _FLAGS:
            raise ConfigurationError(f"{source} must be true or false, not {value[:20]!r}")
        return _FLAGS[value.lower()]

    @property
    def verify(self) -> bool:
        """Whether a check reads what exists where something new is declared."""
        return self._flag("CLOUDFLARE_EMAIL_SECURITY_VERIFY", "verify", otherwise=True)

    @property
    def risk(self) -> tuple[str | None, str]:
        """What to do about risks of a high severity, unless it is the default; and where that was found."""
        found = self._for_this_run("CLOUDFLARE_EMAIL_SECURITY_RISK", "risk")
        return found or (None, "")

    @property
    def adopt(self) -> bool:
        """Whether existing entries are adopted unless a resource says otherwise."""
        return self._flag("CLOUDFLARE_EMAIL_SECURITY_ADOPT", "adopt", otherwise=False)

    def delete_limit(self, declared: int | None) -> int:
        """The share of a collection, in percent, that one update may delete.

        What is set for a run, in the environment or else in the configuration, takes precedence over what the resource
        declares.

        Raises:
            ConfigurationError: it is not a whole number from 0 to 100.

        """
        found = self._for_this_run("CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT", "deleteLimit")
        if found is None:
            return DEFAULT_DELETE_LIMIT if declared is None else int(declared)
        value, source = found
        if not value.isascii() or not value.isdecimal() or int(value) > 100:
            msg = f"{source} must be a whole number of percent from 0 to 100, not {value[:20]!r}"
            raise ConfigurationError(msg)
        return int(value)

    @property
    def base_url(self) -> str:
        """The API root.

        Raises:
            ConfigurationError: it is neither https, nor http to this machine, nor `emulator:PATH`.

        """
        found = self.find((f"{NAMESPACE}:baseUrl", f"{OFFICIAL_NAMESPACE}:baseUrl"), ("CLOUDFLARE_BASE_URL",))
        if found is None:
            return DEFAULT_BASE_URL
        check_base_url(*found)
        return found[0]

    def credentials(self) -> Credentials:
        """What to sign requests with.

        Raises:
            ConfigurationError: there are none, half of a pair, or something that cannot be sent.

        """
        for namespace, email in ((NAMESPACE, "apiEmail"), (OFFICIAL_NAMESPACE, "email")):
            found = self._from(
                (f"{namespace}:apiToken", f"{namespace}:apiKey", f"{namespace}:{email}"), self.get, "config "
            )
            if found:
                return found
        found = self._from(
            ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL"),
            self.environ.get,
            "environment variable ",
        )
        if found:
            return found
        raise ConfigurationError(self._without_credentials())

    def _without_credentials(self) -> str:
        """What to do where there are none; the command line knows more."""
        return (
            "no credentials: set an API token with `pulumi config set --secret cloudflare-email-security:apiToken` "
            "(or apiKey and apiEmail), or in the environment as CLOUDFLARE_API_TOKEN"
        )

    @staticmethod
    def _from(names: tuple[str, str, str], get: Callable[[str], Any], where: str) -> Credentials | None:
        """Credentials from one place: a token, or a key with its e-mail address."""
        token, key, email = (str(get(name) or "").strip() for name in names)
        for name, value in zip(names, (token, key, email), strict=True):
            if value and not _HEADER_VALUE.fullmatch(value):
                msg = (
                    f"{where}{name} holds characters that no token, key or address has — set it again, on one line, "
                    "without quotes or `Bearer`"
                )
                raise ConfigurationError(msg)
        if token:
            return Credentials.token(token, where + names[0])
        if key and email:
            return Credentials.key(email, key, f"{where}{names[1]} and {names[2]}")
        if key:
            msg = f"{where}{names[1]} needs the user's e-mail address beside it: set {names[2]}"
            raise ConfigurationError(msg)
        return None

    def connection(self) -> Connection:
        """The API root and the credentials for it.

        Raises:
            ConfigurationError: as `base_url` and `credentials`.

        """
        base_url = self.base_url
        if base_url.startswith(EMULATOR_SCHEME):
            return Connection(base_url, Credentials.none())
        return Connection(base_url, self.credentials())


def meant_by(key: str) -> str | None:
    """The configuration key of this package that a key with a typo may stand for.

    Returns:
        None for a key that is read, or is another package's; "" for one that is like none of this package's keys.

    """
    namespace, _, name = key.partition(":")
    if namespace != NAMESPACE or name in KEYS:
        return None
    import difflib  # noqa: PLC0415  (for mistakes only)

    return next((f"{NAMESPACE}:{close}" for close in difflib.get_close_matches(name, KEYS, n=1)), "")


def check_base_url(url: str, source: str) -> None:
    """Raise ConfigurationError for a base URL that a token must not be sent to."""
    if url.startswith(EMULATOR_SCHEME):
        if len(url) > len(EMULATOR_SCHEME):
            return
        msg = f"{source}: `emulator:` needs the path of its state file, as in emulator:.work/emulator.json"
        raise ConfigurationError(msg)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
        parts = urlsplit("")
    odd = (
        not url.isprintable()
        or " " in url
        or parts.username is not None
        or parts.password is not None
        or parts.query
        or parts.fragment
    )
    if host and not odd and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        if host == _API.hostname and parts.path.rstrip("/") != _API.path:
            msg = f"{source}: the base URL of Cloudflare's API is {DEFAULT_BASE_URL}"
            raise ConfigurationError(msg)
        return
    shown = printable(f"{parts.scheme}://{host}") if host else "this"
    msg = (
        f"{source}: the base URL must be https://…, http://… to this machine only, or emulator:PATH; "
        f"{shown} would {'expose the token' if parts.scheme == 'http' else 'not reach the API'}"
    )
    raise ConfigurationError(msg)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
