"""Credentials sign, say where they come from, and are never shown."""

from __future__ import annotations

import pickle
from dataclasses import asdict

import pytest

from pulumi_cloudflare_email_security.client.credentials import Connection, Credentials
from support.fake_time import TOKEN

KINDS = {
    "token": Credentials.token(TOKEN, "config a"),
    "key": Credentials.key("me@corp.example", TOKEN, "config a"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_holds_no_secret(kind: str) -> None:
    """Neither the credentials nor a connection show the token, by repr or as text; the source they do show."""
    credentials = KINDS[kind]
    connection = Connection("https://api.example", credentials)
    for text in (repr(credentials), str(credentials), f"{connection}", repr(connection), credentials.fingerprint):
        assert TOKEN not in text
    assert "config a" in repr(connection)


def test_headers() -> None:
    """A token is a bearer; a key goes with its e-mail address; the emulator gets nothing."""
    assert dict(KINDS["token"].headers) == {"Authorization": f"Bearer {TOKEN}"}
    assert dict(KINDS["key"].headers) == {"X-Auth-Email": "me@corp.example", "X-Auth-Key": TOKEN}
    assert Credentials.none().headers == ()


def test_fingerprints_tell_credentials_apart() -> None:
    """Equal credentials have one fingerprint wherever they come from; others have another."""
    assert Credentials.token("a", "x").fingerprint == Credentials.token("a", "y").fingerprint
    kinds = [
        Credentials.token("a", "x"),
        Credentials.token("b", "x"),
        Credentials.key("a", "b", "x"),
        Credentials.none(),
    ]
    assert len({each.fingerprint for each in kinds}) == len(kinds)


def test_equality_is_by_value() -> None:
    """Two of the same are equal and survive a copy, so that a client can be shared."""
    first = Credentials.token("a", "x")
    assert first == Credentials.token("a", "x")
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301
    assert asdict(first)["source"] == "x"


@pytest.mark.parametrize(
    "written",
    [
        "a+b/c=Z",
        r"a\u002bb\/c\u003dZ",
        r"a\u002Bb/c\u003DZ",
        "a%2Bb%2fc%3dZ",
        r"\u0061+b\\/c=Z",
        r"a\\u002bb/c=Z",
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    """JSON escapes, JSON within JSON and URL encodings hide no token."""
    content = Credentials.token("a+b/c=Z", "config").redact(f'{{"message": "no {written} here"}}'.encode())
    assert content == b'{"message": "no [secret] here"}'


def test_what_is_no_secret_stays() -> None:
    """Another text is not touched, and the emulator's empty credentials hide nothing."""
    content = b'{"message": "a+b/c=z"}'
    assert Credentials.token("a+b/c=Z", "config").redact(content) == content
    assert Credentials.none().redact(content) == content
