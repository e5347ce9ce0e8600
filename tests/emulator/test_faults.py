"""Faults: which requests they hit, and what they do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorError, Fault
from support.emulator_api import ACCOUNT, Api, batch, body

CREATE = ("POST", "block_senders", body("block_senders"))


def count(api: Api, collection: str = "block_senders") -> int:
    """How many entries are stored."""
    return len(api.emulator.entries(ACCOUNT, collection))


@pytest.mark.parametrize(
    ("fault", "status", "code", "stored"),
    [
        (Fault("rate_limited"), 429, 971, 0),
        (Fault("forbidden"), 403, 10000, 0),
        (Fault("server_error"), 500, 1500, 0),
        (Fault("server_error", status=503, applied=True), 503, 1503, 1),
    ],
)
def test_answers_that_are_errors(api: Api, fault: Fault, status: int, code: int, stored: int) -> None:
    """Refusals come in the envelope, and the write took effect only where said."""
    api.emulator.inject(fault)
    refused, error = api.refused(*CREATE)
    assert (refused, error["code"], count(api)) == (status, code, stored)


@pytest.mark.parametrize("retry_after", [None, 0, 300])
def test_retry_after(api: Api, retry_after: int | None) -> None:
    """429 carries Retry-After where the fault has it."""
    api.emulator.inject(Fault("rate_limited", retry_after=retry_after))
    expected = None if retry_after is None else str(retry_after)
    assert api.ask("GET", "domains").headers.get("Retry-After") == expected


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 522, 524])
@pytest.mark.parametrize("form", ["json", "html", "empty"])
@pytest.mark.parametrize("applied", [False, True])
def test_server_errors(api: Api, status: int, form: Any, applied: bool) -> None:
    """5xx come with each kind of body, applied or not."""
    api.emulator.inject(Fault("server_error", status=status, body=form, applied=applied))
    response = api.ask(*CREATE)
    assert response.status == status
    assert response.headers["Content-Length"] == str(len(response.body))
    assert {"json": b'{"success":false', "html": b"<html>", "empty": b""}[form] in response.body
    assert (response.body == b"") is (form == "empty")
    assert count(api) == int(applied)


@pytest.mark.parametrize(
    ("kind", "broken", "stored", "logged"),
    [
        ("refused", "refused", 0, 0),
        ("cut_before", "cut", 0, 1),
        ("cut_after", "cut", 1, 1),
        ("half_answer", "half", 1, 1),
    ],
)
def test_broken_connections(api: Api, kind: Any, broken: str, stored: int, logged: int) -> None:
    """The answer is missing or half of it is, and the write took effect only where said."""
    api.emulator.inject(Fault(kind))
    response = api.ask(*CREATE)
    assert (response.broken, count(api), api.emulator.log.total) == (broken, stored, logged)
    assert (response.body == b"") is (broken != "half")
    if broken == "half":
        assert 0 < len(response.body) < int(response.headers["Content-Length"])


def test_malformed_answers(api: Api) -> None:
    """The body is no JSON under a 200, and the write took effect."""
    api.emulator.inject(Fault("malformed"))
    response = api.ask(*CREATE)
    assert (response.status, count(api)) == (200, 1)
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_slow_answers_add_to_the_latency() -> None:
    """The delay is for the door to wait, latency included."""
    api = Api(Emulator(latency=0.5))
    api.emulator.inject(Fault("slow", delay=2.0, times=1))
    assert [api.ask("GET", "domains").delay for _ in range(2)] == [2.5, 0.5]


@pytest.mark.parametrize(("part", "stored"), [(0.0, 0), (0.5, 2), (0.99, 3), (1.0, 4)])
def test_a_batch_of_domains_fails_in_part(api: Api, part: float, stored: int) -> None:
    """A part of the batch is applied and kept, then an error is answered."""
    api.emulator.inject(Fault("batch_partial", part=part, status=502))
    lists = batch(posts=[body("domains", number) for number in range(4)])
    assert api.refused("POST", "domains/batch", lists)[0] == 502
    assert count(api, "domains") == stored


def test_a_bulk_delete_fails_in_part(api_2025: Api) -> None:
    """Bulk deletes are not atomic either."""
    ids = [api_2025.make("domains", number)["id"] for number in range(4)]
    api_2025.emulator.inject(Fault("batch_partial"))
    assert api_2025.refused("DELETE", "domains", [{"id": identity} for identity in ids])[0] == 500
    assert count(api_2025, "domains") == 2


def test_an_atomic_batch_is_rolled_back(api: Api) -> None:
    """Nothing of the batch is applied, and an error is answered."""
    made = api.make("block_senders", 0)
    api.emulator.inject(Fault("batch_rolled_back", status=400, part=1.0))
    lists = batch(deletes=[{"id": made["id"]}], posts=[body("block_senders", 5)])
    assert api.refused("POST", "block_senders/batch", lists)[0] == 400
    assert api.emulator.entries(ACCOUNT, "block_senders") == [made]


@pytest.mark.parametrize("kind", ["batch_partial", "batch_rolled_back"])
def test_batch_faults_hit_batches_of_their_sort_only(api: Api, kind: Any) -> None:
    """Nothing but batches meets batch faults: loose ones the one, atomic ones the other."""
    api.emulator.inject(Fault(kind))
    api.ok(*CREATE)
    api.ok("GET", "domains")
    harmless = "block_senders/batch" if kind == "batch_partial" else "domains/batch"
    api.ok("POST", harmless, batch())


@pytest.mark.parametrize(
    ("fault", "hits"),
    [
        (Fault("forbidden"), [1, 1, 1, 1, 1]),
        (Fault("forbidden", times=2), [1, 1, 0, 0, 0]),
        (Fault("forbidden", after=1), [0, 1, 1, 1, 1]),
        (Fault("forbidden", after=1, times=2), [0, 1, 1, 0, 0]),
        (Fault("forbidden", probability=0.0), [0, 0, 0, 0, 0]),
        (Fault("forbidden", operation="GET domains"), [1, 1, 1, 1, 1]),
        (Fault("forbidden", operation="GET *"), [1, 1, 1, 1, 1]),
        (Fault("forbidden", operation="POST *"), [0, 0, 0, 0, 0]),
        (Fault("forbidden", operation="GET */{id}"), [0, 0, 0, 0, 0]),
        (Fault("forbidden", operation="get domains"), [0, 0, 0, 0, 0]),
    ],
)
def test_which_requests_are_hit(api: Api, fault: Fault, hits: list[int]) -> None:
    """Operation, times, after and probability choose the requests."""
    api.emulator.inject(fault)
    assert [int(api.ask("GET", "domains").status == 403) for _ in range(5)] == hits


def test_probability_is_repeatable() -> None:
    """The same seed throws the same dice."""

    def throw(seed: int) -> list[int]:
        api = Api(Emulator(seed=seed))
        api.emulator.inject(Fault("forbidden", probability=0.5))
        return [api.ask("GET", "domains").status for _ in range(60)]

    assert throw(1) == throw(1) != throw(2)
    assert 15 < throw(1).count(403) < 45


def test_the_first_fault_that_hits_counts(api: Api) -> None:
    """One request meets one fault; the next one waits its turn."""
    first, second = Fault("forbidden", times=1), Fault("rate_limited", times=1)
    api.emulator.inject(first, second)
    assert list(api.emulator.faults) == [first, second]
    assert [api.ask("GET", "domains").status for _ in range(3)] == [403, 429, 200]
    api.emulator.clear_faults()
    assert len(api.emulator.faults) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "explode"},
        {"kind": "forbidden", "operation": ""},
        {"kind": "forbidden", "operation": 1},
        {"kind": "forbidden", "times": 0},
        {"kind": "forbidden", "times": True},
        {"kind": "forbidden", "after": -1},
        {"kind": "forbidden", "probability": 1.5},
        {"kind": "forbidden", "probability": "x"},
        {"kind": "forbidden", "status": 500},
        {"kind": "rate_limited", "retry_after": -1},
        {"kind": "server_error", "status": 404},
        {"kind": "server_error", "body": "xml"},
        {"kind": "server_error", "applied": 1},
        {"kind": "slow"},
        {"kind": "forbidden", "delay": 1},
        {"kind": "batch_partial", "part": 2},
        {"kind": "server_error", "late": 5},
        {"kind": "forbidden", "late": 5},
        {"kind": "cut_after", "late": -1},
        {"kind": "batch_rolled_back", "status": 200},
        {"kind": ["slow"], "status": 500},
        {"kind": "forbidden", "kindness": 1},
        {"operation": "*"},
        "forbidden",
    ],
)
def test_a_bad_fault_is_told(wrong: Any) -> None:
    """A fault that makes no sense is refused."""
    with pytest.raises(EmulatorError, match="fault"):
        Fault.from_json(wrong)


def test_a_fault_survives_json() -> None:
    """A fault is the same after a trip through JSON."""
    fault = Fault("server_error", operation="PATCH *", times=2, status=502, body="html", applied=True)
    assert Fault.from_json(json.loads(json.dumps(fault.as_json()))) == fault


@pytest.mark.parametrize("contract", ["2025", "2026"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("server_error", status=524, body="html", applied=True, late=5.0, times=1),
        Fault("cut_after", late=5.0, times=1),
    ],
)
def test_a_late_write_takes_effect_after_its_answer(contract: Any, fault: Fault, clock: Any) -> None:
    """The origin carries the write out later, by every rule, and whoever asks then sees it."""
    api = Api(Emulator(contract, clock=clock))
    for number in (1, 1):
        api.emulator.inject(fault)
        assert api.ask("POST", "block_senders", body("block_senders", number)).status in {524, 201, 0}
        assert count(api) == number - 1
    clock.now += 4.9
    assert api.ok("GET", "block_senders") == []
    clock.now += 0.1
    assert len(api.ok("GET", "block_senders")) == 1


def test_a_late_write_outlives_its_process(tmp_path: Any, clock: Any) -> None:
    """What is still to be carried out is in the state file."""
    api = Api(Emulator(state=tmp_path / "state.json", clock=clock))
    made = api.make("block_senders")
    api.emulator.inject(Fault("cut_after", late=5.0))
    api.ask("DELETE", f"block_senders/{made['id']}")
    again = Api(Emulator(state=tmp_path / "state.json", clock=clock))
    assert again.ok("GET", "block_senders") == [made]
    clock.now += 5
    assert again.ok("GET", "block_senders") == []


@pytest.mark.parametrize(("kind", "title"), [("forbidden", "human"), ("rate_limited", "1015")])
def test_refusals_may_be_pages(api: Api, kind: Any, title: str) -> None:
    """403 and 429 can come as an HTML page, headers included."""
    api.emulator.inject(Fault(kind, body="html", retry_after=7))
    response = api.ask("GET", "domains")
    assert response.headers["Content-Type"].startswith("text/html")
    assert title in response.body.decode()
    assert ("Retry-After" in response.headers) is (kind == "rate_limited")
