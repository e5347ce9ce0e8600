"""What a request is signed with, and where it may be sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

NO_CREDENTIALS_SOURCE = "none needed by the emulator"


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
        """Content with every credential in it replaced."""
        for _, value in self.headers:
            for secret in {value, value.removeprefix("Bearer ")}:
                content = content.replace(secret.encode(), b"[secret]")
        return content

    @property
    def fingerprint(self) -> str:
        """A digest that tells two credentials apart without holding either."""
        return hashlib.sha256(repr(self.headers).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Connection:
    """An API root with the credentials for it."""

    base_url: str
    credentials: Credentials
