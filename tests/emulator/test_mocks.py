"""The unit-test door: the `responses` library answers with the emulator."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import NewConnectionError, ProtocolError

from pulumi_cloudflare_email_security.emulator import EmulatorError, Fault, respond
from support.emulator_api import ACCOUNT, Api, body

PLACE = f"/accounts/{ACCOUNT}/email-security/settings/block_senders"
URL = f"https://api.cloudflare.com/client/v4{PLACE}"


@pytest.mark.parametrize(
    "base_url", ["https://api.cloudflare.com/client/v4", "http://localhost:1/v4", "https://x.example"]
)
def test_a_mock_answers_below_its_base_url(api: Api, base_url: str) -> None:
    """Everything below the base URL is answered by the emulator."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        assert respond(api.emulator, base_url, mock) is mock
        url = base_url + PLACE
        made = requests.post(url, json=body("block_senders"), timeout=60)
        assert (made.status_code, made.headers["Content-Type"]) == (201, "application/json")
        listed = requests.get(url, params={"per_page": "1", "search": "n1"}, timeout=60).json()
        assert listed["result"] == [made.json()["result"]]
        assert requests.get(f"{base_url}/x", timeout=60).json()["errors"][0]["code"] == 7003
        with pytest.raises(requests.ConnectionError):
            requests.get(base_url + "x", timeout=60)


@responses.activate
def test_the_default_mock_is_that_of_activate(api: Api) -> None:
    """Without a mock the library's own is used."""
    respond(api.emulator)
    assert requests.get(URL, timeout=60).json()["result"] == []


@pytest.mark.parametrize(
    ("fault", "error", "cause", "stored"),
    [
        (Fault("refused"), requests.ConnectionError, NewConnectionError, 0),
        (Fault("cut_before"), requests.ConnectionError, ProtocolError, 0),
        (Fault("cut_after"), requests.ConnectionError, ProtocolError, 1),
        (Fault("half_answer"), requests.exceptions.ChunkedEncodingError, ProtocolError, 1),
        (Fault("slow", delay=9.0), requests.ReadTimeout, Exception, 1),
        (Fault("malformed"), requests.JSONDecodeError, str, 1),
    ],
)
@responses.activate
def test_faults_are_the_exceptions_of_requests(
    api: Api,
    fault: Fault,
    error: type[Exception],
    cause: type,
    stored: int,
) -> None:
    """Each broken connection raises what it raises over a network."""
    respond(api.emulator)
    api.emulator.inject(fault)
    with pytest.raises(error) as raised:
        requests.post(URL, json=body("block_senders"), timeout=(1, 5)).json()
    inner: Any = raised.value.args[0]
    assert isinstance(getattr(inner, "reason", inner), cause)
    assert len(api.emulator.entries(ACCOUNT, "block_senders")) == stored


@responses.activate
def test_delays_within_the_timeout_are_slept(api: Api, clock: Any) -> None:
    """A slow answer that is awaited arrives, after the injected sleep."""
    respond(api.emulator)
    api.emulator.inject(Fault("slow", delay=4.0))
    assert requests.get(URL, timeout=60).ok
    assert clock.slept == [4.0]


def test_without_the_extra_the_error_names_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where responses is not installed the error says what to install."""
    monkeypatch.setitem(sys.modules, "responses", None)
    with pytest.raises(EmulatorError, match=r"\[testing\]"):
        respond(api.emulator)
