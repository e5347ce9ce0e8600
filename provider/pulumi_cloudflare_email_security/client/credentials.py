"""What a request is signed with, and where it may be sent."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

#: What the base URL of the embedded emulator begins with; the path of its state file follows.
EMULATOR_SCHEME: Final = "emulator:"
NO_CREDENTIALS_SOURCE = "none needed by the emulator"
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_URL: Final = re.compile(
    rf"https?://(?=[^/:]{{1,253}}(?:[/:]|$)){_LABEL}(\.{_LABEL})*(:[0-9]{{1,5}})?(/[a-z0-9/._-]*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers that authenticate a request; a `repr` shows where they come from, never what they are.

    Attributes:
        headers: `Authorization: Bearer …`, or `X-Auth-Email` and `X-Auth-Key`.
        source: where they were found, for people ("config cloudflare-email-security:apiToken").

    """

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    source: str

    @classmethod
    def token(cls, token: str, source: str) -> Credentials:
        """An API token (permission: Cloud Email Security, read or edit)."""
        return cls((("Authorization", f"Bearer {token}"),), source)

    @classmethod
    def key(cls, email: str, key: str, source: str) -> Credentials:
        """A user's e-mail address with the global API key."""
        return cls((("X-Auth-Email", email), ("X-Auth-Key", key)), source)

    @classmethod
    def none(cls) -> Credentials:
        """No headers: the embedded emulator needs none."""
        return cls((), NO_CREDENTIALS_SOURCE)

    def redact(self, content: bytes) -> bytes:
        """Content with every credential in it replaced, JSON-escaped and URL-encoded ones too."""
        for _, value in self.headers:
            for secret in (value, value.removeprefix("Bearer ")):
                if secret:
                    content = re.sub(b"".join(map(_written, secret)), b"[secret]", content)
        return content

    @property
    def fingerprint(self) -> str:
        """A digest that tells two credentials apart without holding either."""
        return hashlib.sha256(repr(self.headers).encode()).hexdigest()


def _written(character: str) -> bytes:
    """A pattern for all the ways in which JSON and URLs write a character; JSON in JSON doubles the backslashes."""
    plain = re.escape(character).encode()
    in_json, in_url = rf"\\+u{ord(character):04x}", "".join(f"%{byte:02x}" for byte in character.encode())
    return rb"(?:\\*%b|(?i:%b|%b))" % (plain, in_json.encode(), in_url.encode())


@dataclass(frozen=True, slots=True)
class Connection:
    """An API root with the credentials for it."""

    base_url: str
    credentials: Credentials

    @property
    def is_plain(self) -> bool:
        """Whether the base URL certainly names a host that can be asked, by its form alone."""
        return _PLAIN_URL.fullmatch(self.base_url) is not None
