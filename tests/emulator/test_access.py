"""Authentication, the rate limit and the request log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator, Request
from support.emulator_api import SETTINGS, Api

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "s3cr3t-t0k3n-never-shown"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
KEY = {"X-Auth-Email": "a@corp.example", "X-Auth-Key": TOKEN}


@pytest.mark.parametrize(
    ("token", "headers", "expected"),
    [
        (None, {}, None),
        (None, BEARER, None),
        (None, {"authorization": "bearer x"}, None),
        (None, KEY, None),
        (None, {"Authorization": "Bearer "}, (400, 9106)),
        (None, {"Authorization": TOKEN}, (400, 9106)),
        (None, {"Authorization": "Basic x"}, (400, 9106)),
        (None, {"X-Auth-Email": "a@corp.example"}, (400, 9106)),
        (None, {"X-Auth-Key": "x"}, (400, 9106)),
        (TOKEN, BEARER, None),
        (TOKEN, {}, (400, 9106)),
        (TOKEN, {"Authorization": "Bearer wrong"}, (403, 10000)),
        (TOKEN, {"Authorization": "Bearer wröng"}, (403, 10000)),
        (TOKEN, KEY, (403, 10000)),
    ],
)
def test_credentials(token: str | None, headers: dict[str, str], expected: tuple[int, int] | None) -> None:
    """Bad and missing credentials are refused as api.md says."""
    api = Api(Emulator(token=token))
    if expected is None:
        assert api.ok("GET", "domains", headers=headers) == []
    else:
        status, error = api.refused("GET", "domains", headers=headers)
        assert (status, error["code"]) == expected


def test_nothing_is_written_without_the_token() -> None:
    """A write with a wrong token changes nothing."""
    api = Api(Emulator(token=TOKEN))
    api.refused("POST", "url_ignore_patterns", {"pattern": "a"}, headers={"Authorization": "Bearer x"})
    assert api.ok("GET", "url_ignore_patterns", headers=BEARER) == []


def test_the_rate_limit_blocks_for_a_whole_window(clock: Any) -> None:
    """Past the limit every call is 429 for a window; the headers tell what is left."""
    api = Api(Emulator(rate_limit=(3, 300.0), clock=clock))
    for left in (2, 1, 0):
        headers = api.ask("GET", "domains").headers
        assert headers["Ratelimit"] == f'"default";r={left};t=300'
        assert headers["Ratelimit-Policy"] == '"default";q=3;w=300'
        assert "Retry-After" not in headers
    clock.now += 100
    response = api.ask("GET", "domains")
    assert (response.status, response.json()["errors"][0]["code"]) == (429, 971)
    assert (response.headers["Retry-After"], response.headers["Ratelimit"]) == ("300", '"default";r=0;t=300')
    clock.now += 299.5
    assert api.ask("GET", "domains").headers["Retry-After"] == "1"
    clock.now += 0.5
    assert api.ask("GET", "domains").status == 200


def test_a_window_ends_by_itself(clock: Any) -> None:
    """Within the limit a new window starts when the old one has passed; refused calls count too."""
    api = Api(Emulator(rate_limit=(2, 10.0), clock=clock, token=TOKEN))
    for _ in range(5):
        assert [api.ask("GET", "domains").status for _ in range(2)] == [400, 400]
        clock.now += 10
    assert api.ask("GET", "x").status == 400


def test_without_a_limit_there_are_no_headers(api: Api) -> None:
    """Rate limit headers come with a rate limit only."""
    assert not [name for name in api.ask("GET", "domains").headers if name.startswith("Ratelimit")]


@pytest.mark.parametrize("filed", [False, True])
def test_the_log_counts_operations(tmp_path: Path, filed: bool) -> None:
    """The log counts requests by operation, whatever their end, and can be cleared."""
    api = Api(Emulator(state=tmp_path / "state.json" if filed else None))
    made = api.make("block_senders")
    for place in ("block_senders", f"block_senders/{made['id']}", "block_senders/batch", "nothing"):
        api.ask("GET", place)
    api.ask("GET", f"domains/{made['id']}/verification")
    log = api.emulator.log
    assert log.total == 6
    assert log.by_operation == {
        "GET block_senders": 1,
        "GET block_senders/batch": 1,
        "GET block_senders/{id}": 1,
        "GET domains/{id}/verification": 1,
        "GET unknown": 1,
        "POST block_senders": 1,
    }
    assert [record.status for record in log.records] == [201, 200, 200, 405, 404, 404]
    assert log.records[1].path == f"{SETTINGS}/block_senders"
    log.clear()
    assert (log.total, log.by_operation) == (0, {})
    api.ask("GET", "domains")
    assert log.total == 1


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """A token is in no file, log, repr or answer."""
    emulator = Emulator(token=TOKEN, state=tmp_path / "state.json")
    request = Request("POST", f"{SETTINGS}/block_senders", (), BEARER | KEY, b"{}")
    response = emulator.handle(request)
    shown = f"{request!r} {response!r} {emulator!r} {emulator.log.records!r} {vars(emulator.log)!r}"
    emulator.seed({"domains": [{"domain": "corp.example"}]}, account_id="a")
    files = [path.read_text() for path in tmp_path.iterdir()]
    assert len(files) == 3
    assert TOKEN not in shown + "".join(files)
