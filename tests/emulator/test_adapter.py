"""The in-process door: what `requests` makes of the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError
from urllib3.util import Retry

from pulumi_cloudflare_email_security.emulator import (
    EMULATOR_BASE_URL,
    EMULATOR_PREFIX,
    Emulator,
    EmulatorAdapter,
    EmulatorError,
    Fault,
)
from support.emulator_api import ACCOUNT, Api, body, each_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = f"{EMULATOR_BASE_URL}/accounts/{ACCOUNT}/email-security/settings/block_senders"


@pytest.fixture
def session(api: Api) -> Iterator[requests.Session]:
    """A session whose every request ends at the emulator."""
    with requests.Session() as session:
        session.mount(EMULATOR_PREFIX, EmulatorAdapter(emulator=api.emulator))
        yield session


def test_requests_arrive_whole(session: requests.Session, api: Api) -> None:
    """Parameters, JSON bodies, quoted ids and answers pass as over a network."""
    made = session.post(URL, json=body("block_senders") | {"comments": "grüße"}, timeout=60)
    assert (made.status_code, made.reason, made.headers["Content-Type"]) == (201, "Created", "application/json")
    assert api.emulator.entries(ACCOUNT, "block_senders") == [made.json()["result"]]
    listed = session.get(URL, params={"search": "grüße", "per_page": "5"})
    assert listed.json()["result_info"] == {"page": 1, "per_page": 5, "count": 1, "total_count": 1}
    assert session.get(f"{URL}/a%2Fb").json()["errors"][0]["code"] == 7003
    assert session.delete(f"{URL}/{made.json()['result']['id']}").ok
    streamed = session.get(URL, stream=True)
    assert b"".join(streamed.iter_content(7)).startswith(b'{"success":true')


def test_without_the_adapter_nothing_goes_out() -> None:
    """A session that lacks the adapter refuses the base URL."""
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.get(URL, timeout=60)


def test_proxies_are_not_asked(session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment changes nothing."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert session.get(URL).ok


@each_fault(delay=9.0)
def test_faults_are_the_exceptions_of_requests(  # noqa: PLR0917 - fixtures
    session: requests.Session,
    api: Api,
    clock: Any,
    fault: Fault,
    error: type[Exception],
    stored: int,
) -> None:
    """Each broken connection raises what it raises over a network; a time-out is not waited for."""
    api.emulator.inject(fault)
    with pytest.raises(error) as raised:
        session.post(URL, json=body("block_senders"), timeout=(1, 5)).json()
    assert len(api.emulator.entries(ACCOUNT, "block_senders")) == stored
    assert clock.slept == []
    if fault.kind == "refused":
        assert isinstance(raised.value.args[0].reason, NewConnectionError)
    elif fault.kind.startswith("cut"):
        assert isinstance(raised.value.args[0], ProtocolError)


def test_delays_within_the_timeout_are_slept(session: requests.Session, api: Api, clock: Any) -> None:
    """A slow answer that is awaited arrives, after the injected sleep."""
    api.emulator.inject(Fault("slow", delay=4.0, times=2))
    assert session.get(URL, timeout=60).ok
    assert session.get(URL).ok
    assert clock.slept == [4.0, 4.0]


def test_retries_are_those_of_urllib3(api: Api) -> None:
    """An adapter made with retries repeats what urllib3 repeats."""
    with requests.Session() as session:
        retry = Retry(total=3, status_forcelist=[503], allowed_methods=["GET"], backoff_factor=0)
        session.mount(EMULATOR_PREFIX, EmulatorAdapter(emulator=api.emulator, max_retries=retry))
        faults = [Fault("refused", times=1), Fault("cut_before", times=1), Fault("server_error", status=503, times=1)]
        api.emulator.inject(*faults)
        assert session.get(URL).ok
        assert [record.status for record in api.emulator.log.records] == [0, 503, 200]


def test_an_adapter_can_be_closed_and_used(session: requests.Session) -> None:
    """Closing a session leaves nothing unusable."""
    session.close()
    assert session.get(URL).ok


@pytest.mark.parametrize("query", ["", "?contract=2025", "?contract=2025&habit=duplicates"])
def test_emulator_urls(tmp_path: Path, query: str) -> None:
    """emulator:PATH names a state file, with the contract and habits on request."""
    path = tmp_path / "state.json"
    adapter = EmulatorAdapter.from_url(f"emulator:{path}{query}")
    assert adapter.emulator.contract.name == ("2025" if query else "2026")
    api = Api(adapter.emulator)
    api.make("block_senders")
    assert api.ask("POST", "block_senders", body("block_senders")).status == (201 if "habit" in query else 409)
    assert EmulatorAdapter.from_url(f"emulator:{path}").emulator.contract.name == adapter.emulator.contract.name
    assert EmulatorAdapter(path).emulator.entries(ACCOUNT, "block_senders")
    with pytest.raises(EmulatorError, match="contract"):
        EmulatorAdapter.from_url(f"emulator:{path}?contract={'2026' if query else '2025'}")


@pytest.mark.parametrize(
    "url",
    ["emulator:", "emulator:?contract=2025", "emulator:x?token=y", "emulator:x?duplicates=accept", "https://x", "x"],
)
def test_other_urls_are_refused(url: str) -> None:
    """A URL of another form is an EmulatorError."""
    with pytest.raises(EmulatorError, match="emulator:PATH"):
        EmulatorAdapter.from_url(url)


def test_an_adapter_has_one_emulator() -> None:
    """An adapter takes a path or an emulator."""
    with pytest.raises(EmulatorError, match="either"):
        EmulatorAdapter()
    with pytest.raises(EmulatorError, match="either"):
        EmulatorAdapter("x", emulator=Emulator())
