"""The HTTP door and its command line."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorServer, Fault
from pulumi_cloudflare_email_security.emulator.__main__ import main
from support.emulator_api import ACCOUNT, SETTINGS, Api, body, each_fault
from support.http_emulator import command

Serve = Callable[..., tuple[str, Emulator]]
TOKEN = "s3cr3t-t0k3n-never-shown"
PLACE = f"/accounts/{ACCOUNT}/email-security/settings/block_senders"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an emulator on a free port, until the test ends; gives the base URL and the emulator."""
    with ExitStack() as stack:

        def start(**options: Any) -> tuple[str, Emulator]:
            server = stack.enter_context(EmulatorServer(Emulator(**options)))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server.base_url, server.emulator

        yield start


def test_the_api_over_http(serve: Serve) -> None:
    """Requests and answers pass, on a connection that is kept."""
    base_url, emulator = serve()
    with requests.Session() as session:
        made = session.post(base_url + PLACE, json=body("block_senders") | {"comments": "grüße"}, timeout=120)
        assert made.status_code == 201
        listed = session.get(base_url + PLACE, params={"search": "GRÜSSE"}, timeout=120)
        assert listed.json()["result"] == [made.json()["result"]]
        assert "Connection" not in listed.headers
        assert session.get(f"{base_url}{PLACE}/a%2Fb", timeout=120).status_code == 404
        assert session.head(base_url + PLACE, timeout=120).status_code == 405
        assert session.get(base_url + PLACE, timeout=120).ok
    assert emulator.log.total == 5


def test_a_connection_is_kept(serve: Serve) -> None:
    """Many requests go through one connection."""
    base_url, _ = serve()
    connection = http.client.HTTPConnection("127.0.0.1", int(base_url.split(":")[2].split("/")[0]), timeout=120)
    connection.connect()
    used = connection.sock
    for _ in range(100):
        connection.request("GET", f"{SETTINGS}/domains")
        assert connection.getresponse().read().startswith(b'{"success":true')
        assert connection.sock is used
    connection.close()


@pytest.mark.parametrize("headers", [{"Content-Length": "x"}, {"Transfer-Encoding": "chunked"}])
def test_a_body_needs_its_length(serve: Serve, headers: dict[str, str]) -> None:
    """A body of unknown length is refused."""
    base_url, _ = serve()
    connection = http.client.HTTPConnection("127.0.0.1", int(base_url.split(":")[2].split("/")[0]), timeout=120)
    connection.putrequest("POST", f"{SETTINGS}/domains")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


@each_fault(delay=2.0)
def test_faults_happen_for_real(serve: Serve, fault: Fault, error: type[Exception], stored: int) -> None:
    """Connections are cut and answers halved or late on the wire; the next request passes."""
    base_url, emulator = serve()
    waits, late = threading.Event(), threading.Event()

    def sleep(_seconds: float) -> None:
        waits.set()
        late.wait(120)

    emulator.sleep = sleep
    emulator.inject(fault)
    with pytest.raises(error):
        requests.post(base_url + PLACE, json=body("block_senders"), timeout=(120, 0.5 if fault.delay else 120)).json()
    assert not fault.delay or waits.wait(120)
    late.set()
    emulator.clear_faults()
    assert len(requests.get(base_url + PLACE, timeout=120).json()["result"]) == stored


def test_latency_is_waited_side_by_side(serve: Serve) -> None:
    """Ten requests at a time wait together, not one after the other: none goes on before the last one waits."""
    base_url, emulator = serve(latency=0.2)
    together, waited = threading.Barrier(10), []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        together.wait(timeout=120)

    emulator.sleep = sleep
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: requests.get(base_url + PLACE, timeout=120), range(10)))
    assert all(answer.ok for answer in answers)
    assert waited == [0.2] * 10


def test_requests_are_counted_over_http(serve: Serve) -> None:
    """The counts can be read and reset, need no token, and do not count themselves."""
    base_url, _ = serve(token=TOKEN)
    admin = base_url.removesuffix("/client/v4") + "/__emulator__/requests"
    for _ in range(2):
        requests.get(base_url + PLACE, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120)
    assert requests.get(admin, timeout=120).json() == {"total": 2, "by_operation": {"GET block_senders": 2}}
    assert requests.delete(admin, timeout=120).json() == {"total": 0, "by_operation": {}}
    assert requests.get(admin, timeout=120).json()["total"] == 0


def test_faults_are_set_over_http(serve: Serve) -> None:
    """One fault or a list can be set, listed and cleared."""
    base_url, _ = serve()
    admin = base_url.removesuffix("/client/v4") + "/__emulator__/faults"
    set_one = requests.post(admin, json={"kind": "forbidden", "times": 1}, timeout=120)
    assert [fault["kind"] for fault in set_one.json()] == ["forbidden"]
    requests.post(admin, json=[{"kind": "rate_limited", "times": 1}, {"kind": "server_error"}], timeout=120)
    assert [requests.get(base_url + PLACE, timeout=120).status_code for _ in range(3)] == [403, 429, 500]
    assert len(requests.get(admin, timeout=120).json()) == 3
    assert requests.delete(admin, timeout=120).json() == []
    assert requests.get(base_url + PLACE, timeout=120).ok


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"{}", "kind"),
        (b'{"kind": "explode"}', "explode"),
        (b'[{"kind": "slow"}]', "delay 0.0"),
        (b'[{"kind": "forbidden"}, 1]', "object"),
    ],
)
def test_bad_faults_are_refused_over_http(serve: Serve, content: bytes, message: str) -> None:
    """A bad fault is 400 with the reason, and none of the list is set."""
    base_url, emulator = serve()
    admin = base_url.removesuffix("/client/v4") + "/__emulator__/faults"
    refused = requests.post(admin, data=content, timeout=120)
    assert refused.status_code == 400
    assert message in refused.json()["error"]
    assert len(emulator.faults) == 0


def test_entries_are_shown_over_http(serve: Serve) -> None:
    """Stored entries can be read by account."""
    base_url, emulator = serve()
    made = Api(emulator).make("block_senders")
    admin = base_url.removesuffix("/client/v4") + "/__emulator__"
    shown = requests.get(f"{admin}/entries", params={"account_id": ACCOUNT}, timeout=120).json()
    assert shown["block_senders"] == [made]
    assert requests.get(f"{admin}/entries", timeout=120).status_code == 400
    assert requests.get(f"{admin}/nothing", timeout=120).status_code == 404
    assert requests.put(f"{admin}/faults", timeout=120).status_code == 404


def test_the_command(tmp_path: Path) -> None:
    """The command says where it listens, serves a seeded account, keeps it, and never shows its token."""
    seed, state = tmp_path / "seed.json", tmp_path / "state.json"
    seed.write_text(json.dumps({"domains": [{"domain": "corp.example"}]}))
    arguments = ["--port", "0", "--contract", "2025", "--state", str(state), "--token", TOKEN]
    arguments += ["--seed", str(seed), "--account", ACCOUNT, "--rate-limit", "100/60", "--latency", "0.001"]
    for run in (1, 2):
        with command(*arguments) as (process, line):
            assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+/client/v4\n", line)
            domains = line.split()[2] + f"/accounts/{ACCOUNT}/email-security/settings/domains"
            answer = requests.get(domains, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120)
            assert [entry["id"] for entry in answer.json()["result"]] == [1001], run
            assert answer.headers["Ratelimit"].startswith('"default";r=99;')
            assert requests.get(domains, timeout=120).status_code == 400
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=120)
            assert (process.returncode, rest) == (0, "")
    assert TOKEN not in "".join(path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--contract", "2024"], "invalid choice"),
        (["--rate-limit", "x"], "1200/300"),
        (["--rate-limit", "0/1"], "makes no sense"),
        (["--seed", "{folder}/list.json"], "must hold accounts"),
        (["--seed", "{folder}/flat.json"], "--account"),
        (["--seed", "{folder}/text.json"], "is not JSON"),
        (["--seed", "{folder}/none.json"], "No such file"),
        (["--state", "{folder}/text.json"], "not a state file"),
    ],
)
def test_a_bad_command_is_told(
    tmp_path: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong option ends with a line that says what is wrong."""
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "flat.json").write_text('{"domains": []}')
    (tmp_path / "text.json").write_text("x")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    with suppress(SystemExit):
        assert main(["--port", "0", *given]) == 1
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken ends with a line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


def test_a_port_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Python has an error of another kind for it."""
    assert main(["--port", "99999"]) == 1
    assert "cannot listen on 127.0.0.1:99999: bind(): port must be 0-65535" in capsys.readouterr().err


def test_the_command_is_quick_to_kill(tmp_path: Path) -> None:
    """A killed server leaves a whole state file."""
    state = tmp_path / "state.json"
    with command("--port", "0", "--state", str(state)) as (process, line):
        for number in range(5):
            requests.post(line.split()[2] + PLACE, json=body("block_senders", number), timeout=120)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=120)
    assert len(Emulator(state=state).entries(ACCOUNT, "block_senders")) == 5
