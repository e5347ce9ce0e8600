"""Where account, credentials and base URL come from, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.client.errors import ConfigurationError
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.session.configuration import (
    DEFAULT_BASE_URL,
    DEFAULT_DELETE_LIMIT,
    EMULATOR_ACCOUNT,
    Configuration,
    check_base_url,
)
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.fake_time import TOKEN
from support.samples import SAMPLES, Sample

OWN = "cloudflare-email-security"


def configuration(config: Mapping[str, Any] | None = None, **environ: str) -> Configuration:
    """A stack's configuration in this environment."""
    return Configuration((config or {}).get, environ)


EVERYWHERE: list[tuple[dict[str, str], dict[str, str], dict[str, str], str]] = [
    ({f"{OWN}:apiToken": "t1"}, {}, {"Authorization": "Bearer t1"}, f"config {OWN}:apiToken"),
    (
        {f"{OWN}:apiKey": "k2", f"{OWN}:apiEmail": "e2"},
        {},
        {"X-Auth-Email": "e2", "X-Auth-Key": "k2"},
        f"config {OWN}:apiKey and {OWN}:apiEmail",
    ),
    ({"cloudflare:apiToken": "t3"}, {}, {"Authorization": "Bearer t3"}, "config cloudflare:apiToken"),
    (
        {"cloudflare:apiKey": "k4", "cloudflare:email": "e4"},
        {},
        {"X-Auth-Email": "e4", "X-Auth-Key": "k4"},
        "config cloudflare:apiKey and cloudflare:email",
    ),
    ({}, {"CLOUDFLARE_API_TOKEN": "t5"}, {"Authorization": "Bearer t5"}, "environment variable CLOUDFLARE_API_TOKEN"),
    (
        {},
        {"CLOUDFLARE_API_KEY": "k6", "CLOUDFLARE_EMAIL": "e6"},
        {"X-Auth-Email": "e6", "X-Auth-Key": "k6"},
        "environment variable CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL",
    ),
]


@pytest.mark.parametrize("first", range(len(EVERYWHERE)))
def test_credentials_by_precedence(first: int) -> None:
    """The first place that has credentials wins over all after it, and the source names it."""
    config: dict[str, str] = {}
    environ: dict[str, str] = {}
    for keys, variables, _, _ in EVERYWHERE[first:]:
        config |= keys
        environ |= variables
    found = configuration(config, **environ).credentials()
    _, _, headers, source = EVERYWHERE[first]
    assert dict(found.headers) == headers
    assert found.source == source


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_what_is_empty_is_not_set(nothing: str) -> None:
    """An empty value is passed over in favour of the next place."""
    found = configuration({f"{OWN}:apiToken": nothing}, CLOUDFLARE_API_TOKEN="t").credentials()
    assert dict(found.headers) == {"Authorization": "Bearer t"}


def test_a_configuration_does_not_show_what_it_holds() -> None:
    """Whatever prints one (a debugger, a test's report), the environment's token stays where it is."""
    assert TOKEN not in repr(
        Configuration({"cloudflare-email-security:apiToken": TOKEN}.get, {"CLOUDFLARE_API_TOKEN": TOKEN})
    )


def test_a_token_is_trimmed() -> None:
    """The line break that a file or a shell leaves behind is no part of the token."""
    found = configuration({f"{OWN}:apiToken": f" {TOKEN}\n"}).credentials()
    assert dict(found.headers) == {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("config", "environ", "says"),
    [
        ({}, {}, "no credentials"),
        ({f"{OWN}:apiKey": TOKEN}, {}, "apiEmail"),
        ({"cloudflare:apiKey": TOKEN}, {}, "cloudflare:email"),
        ({}, {"CLOUDFLARE_API_KEY": TOKEN}, "CLOUDFLARE_EMAIL"),
        ({f"{OWN}:apiToken": f"{TOKEN} {TOKEN}"}, {}, "characters"),
        ({f"{OWN}:apiToken": f"{TOKEN}\r\nX-Other: 1"}, {}, "characters"),
        ({f"{OWN}:apiToken": f"{TOKEN}ü"}, {}, "characters"),
        ({f"{OWN}:apiKey": TOKEN, f"{OWN}:apiEmail": "a\nb"}, {}, "characters"),
        ({}, {"CLOUDFLARE_API_TOKEN": f"{TOKEN}\x00"}, "CLOUDFLARE_API_TOKEN"),
        ({}, {"CLOUDFLARE_API_TOKEN": f"Bearer {TOKEN}"}, "without quotes or `Bearer`"),
        ({}, {"CLOUDFLARE_API_TOKEN": f'"{TOKEN}"'}, "without quotes or `Bearer`"),
        ({}, {"CLOUDFLARE_API_TOKEN": f"'{TOKEN}'"}, "without quotes or `Bearer`"),
    ],
)
def test_credentials_that_cannot_be_used(config: dict[str, str], environ: dict[str, str], says: str) -> None:
    """What is missing or cannot be sent is told by its place, never by its value."""
    with pytest.raises(ConfigurationError, match=says) as caught:
        configuration(config, **environ).credentials()
    assert TOKEN not in f"{caught.value!r} {caught.value}"


GOOD = [
    "https://api.cloudflare.com/client/v4",
    "https://api.cloudflare.com/client/v4/",
    "https://proxy.corp.example:8443/cf/",
    "HTTPS://api.example",
    "https://[2001:db8::1]/v4",
    "http://localhost:8787/client/v4",
    "http://127.0.0.1:1",
    "http://127.9.9.9",
    "http://[::1]:8787/",
    "emulator:.work/state.json",
    "emulator:/tmp/x.json?contract=2025",
]
BAD = [
    "https://api.cloudflare.com",
    "https://API.cloudflare.com/v4",
    "http://api.cloudflare.com/client/v4",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://evil.example#127.0.0.1",
    "http://evil.example\\@127.0.0.1/",
    "http://0.0.0.0/",
    "http://192.168.0.1/",
    "http://[::ffff:10.0.0.1]/",
    "https://user:s3cret-t0ken-s3cret@api.cloudflare.com/",
    "https://s3cret-t0ken-s3cret@api.cloudflare.com/",
    "https://api.cloudflare.com/?token=s3cret-t0ken-s3cret",
    "https://api.cloudflare.com/#x",
    "https://",
    "https:///client/v4",
    "https://[bad",
    "https://host:port/",
    "https://host:99999/",
    "api.cloudflare.com",
    "//api.cloudflare.com",
    "ftp://api.cloudflare.com",
    "file:///etc/passwd",
    "emulator:",
    "https://exa mple.com/",
    "https://api.cloudflare.com\t.evil.example/",
    "https://api.cloudflare.com\x00/",
]


@pytest.mark.parametrize("url", GOOD)
def test_base_urls_that_are_taken(url: str) -> None:
    """Https anywhere, http to this machine, and the embedded emulator."""
    assert configuration({f"{OWN}:baseUrl": f" {url} "}).base_url == url


@pytest.mark.parametrize("url", BAD)
def test_base_urls_that_are_refused(url: str) -> None:
    """A token is sent to no place that does not protect it, and the refusal does not show what the URL hides."""
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(url, "config x")
    assert str(caught.value).startswith("config x: ")
    assert TOKEN not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text())
def test_any_base_url_is_taken_or_refused(url: str) -> None:
    """No text ends in another exception."""
    try:
        check_base_url(url, "config x")
    except ConfigurationError:
        return
    assert url.lower().startswith(("https://", "http://", "emulator:"))


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({}, {}, DEFAULT_BASE_URL),
        ({f"{OWN}:baseUrl": "https://a", "cloudflare:baseUrl": "https://b"}, {"CLOUDFLARE_BASE_URL": "c"}, "https://a"),
        ({"cloudflare:baseUrl": "https://b"}, {"CLOUDFLARE_BASE_URL": "https://c"}, "https://b"),
        ({}, {"CLOUDFLARE_BASE_URL": "https://c"}, "https://c"),
    ],
)
def test_base_url_by_precedence(config: dict[str, str], environ: dict[str, str], expected: str) -> None:
    """Own namespace, the official one, environment, and else Cloudflare's API."""
    assert configuration(config, **environ).base_url == expected


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({f"{OWN}:accountId": "a"}, {"CLOUDFLARE_ACCOUNT_ID": "b"}, "a"),
        ({}, {"CLOUDFLARE_ACCOUNT_ID": "b"}, "b"),
        ({}, {}, None),
        ({f"{OWN}:baseUrl": "emulator:x"}, {}, EMULATOR_ACCOUNT),
        ({f"{OWN}:baseUrl": "emulator:x"}, {"CLOUDFLARE_ACCOUNT_ID": "b"}, "b"),
    ],
)
def test_account_by_precedence(config: dict[str, str], environ: dict[str, str], expected: str | None) -> None:
    """Configuration, environment, and only the emulator has an account of its own."""
    assert configuration(config, **environ).account_id == expected


def test_the_emulator_gets_no_token() -> None:
    """An emulator file is never sent the credentials that happen to be set."""
    connection = configuration({f"{OWN}:baseUrl": "emulator:x"}, CLOUDFLARE_API_TOKEN=TOKEN).connection()
    assert connection.credentials.headers == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("TRUE", True),
        (True, True),
        ("1", True),
        ("yes", True),
        ("false", False),
        ("", False),
        ("no", False),
        ("on", True),
        ("Off", False),
    ],
)
def test_adopt(value: Any, expected: bool) -> None:
    """`adopt` is off unless it clearly says yes."""
    assert configuration({f"{OWN}:adopt": value}).adopt is expected
    assert configuration({}, CLOUDFLARE_EMAIL_SECURITY_ADOPT=str(value)).adopt is expected


@pytest.mark.parametrize("name", ["adopt", "verify"])
@pytest.mark.parametrize("value", ["ture", "2", "ja", "none"])
def test_what_is_neither_on_nor_off_is_refused(name: str, value: str) -> None:
    """Taken for one of the two, it would adopt nothing, or look at nothing, without a word."""
    with pytest.raises(ConfigurationError, match=f"config {OWN}:{name} must be true or false, not '{value}'"):
        getattr(configuration({f"{OWN}:{name}": value}), name)
    variable = f"CLOUDFLARE_EMAIL_SECURITY_{name.upper()}"
    with pytest.raises(ConfigurationError, match=f"environment variable {variable} must be true or false"):
        getattr(configuration({}, **{variable: value}), name)


@pytest.mark.parametrize(("value", "expected"), [("0", 0), ("50", 50), ("100", 100), (30, 30), (" 7 ", 7)])
def test_delete_limit(value: Any, expected: int) -> None:
    """The limit is a whole number of percent, from the configuration or for one run from the environment."""
    assert configuration({f"{OWN}:deleteLimit": value}).delete_limit(None) == expected
    assert configuration({}, CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=str(value)).delete_limit(None) == expected
    assert configuration().delete_limit(None) == DEFAULT_DELETE_LIMIT


@pytest.mark.parametrize("value", ["101", "-1", "1.5", "all", "٣", "²"])
def test_a_delete_limit_that_is_none(value: str) -> None:
    """A limit that cannot be read is told with its place, and never taken for "no limit"."""
    with pytest.raises(ConfigurationError, match=f"{OWN}:deleteLimit must be"):
        configuration({f"{OWN}:deleteLimit": value}).delete_limit(None)


def test_the_environment_overrides_for_one_run() -> None:
    """The way out that the brake names works where the stack configures a limit too."""
    configured = configuration({f"{OWN}:deleteLimit": "10"}, CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT="100")
    assert configured.delete_limit(None) == configured.delete_limit(10) == 100


def test_what_is_set_for_a_run_goes_before_the_program() -> None:
    """The configuration lifts, or tightens, what a program declares, which counts where nothing else is set."""
    assert configuration({f"{OWN}:deleteLimit": "100"}).delete_limit(20) == 100
    assert configuration({f"{OWN}:deleteLimit": "10"}).delete_limit(20) == 10
    assert configuration().delete_limit(20) == 20


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
def test_a_diff_needs_neither_credentials_nor_an_account(sample: Sample) -> None:
    """Nothing is asked to compare what is declared with what is recorded."""
    one = cast("SettingProvider", state_reference.provider(sample.kind))
    recorded = {**sample.minimal, "managed_fields": sorted(sample.minimal)}
    assert one.diff("an-id", recorded, dict(sample.minimal)).changes is False
    (kind,) = [many.kind for entry, many in RESOURCES if entry.setting.kind == sample.kind]
    key = one.setting.key_text_of(sample.minimal)
    many_recorded = {"entries": json.dumps({key: sample.minimal}), "ids": json.dumps({key: "an-id"})}
    many = state_reference.provider(kind)
    assert many.diff("an-id", many_recorded, {"entries": json.dumps({key: sample.minimal})}).changes is False
