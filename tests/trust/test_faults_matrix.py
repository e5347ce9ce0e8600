"""Every fault, every operation, a setting of each shape: done or one clear error, nothing repeated blindly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from pulumi_cloudflare_email_security.emulator import Fault
from trust.programs import ENTRY
from trust.world import ACCOUNT, PLURAL, SETTINGS, Engine, Sent, world

#: A setting of each shape, on the contract where it has it.
SHAPES: Final = (
    ("2026", "block_sender"),  # an atomic batch of everything
    ("2025", "block_sender"),  # single requests only
    ("2026", "domain"),  # a batch that is not atomic
    ("2025", "domain"),  # no create, a bulk DELETE
    ("2026", "impersonation_registry_entry"),  # no batch in either contract
    ("2025", "trusted_domain"),  # created by array
    ("2026", "sending_domain_restriction"),  # a batch of deletes only
)
FAULTS: Final = (
    Fault("rate_limited", times=2, retry_after=30),
    Fault("rate_limited", times=1, retry_after=4000),
    Fault("rate_limited", probability=1.0),
    Fault("forbidden", times=1),
    Fault("forbidden"),
    Fault("server_error", times=1, status=500),
    Fault("server_error", times=1, body="html", status=502),
    Fault("server_error", times=1, body="empty", status=504),
    Fault("server_error", times=1, body="empty", status=503, applied=True),
    Fault("server_error", times=2, applied=True),
    Fault("server_error"),
    Fault("server_error", applied=True),
    Fault("refused", times=1),
    Fault("refused"),
    Fault("cut_before", times=1),
    Fault("cut_before"),
    Fault("cut_after", times=1),
    Fault("cut_after"),
    Fault("half_answer", times=1),
    Fault("half_answer"),
    Fault("slow", times=1, delay=100.0),
    Fault("slow", delay=100.0),
    Fault("malformed", times=1),
    Fault("malformed"),
    Fault("batch_partial", times=1),
    Fault("batch_partial", times=1, part=0.0, status=400),
    Fault("batch_partial"),
    Fault("batch_rolled_back", times=1),
    Fault("batch_rolled_back", status=409),
    Fault("batch_rolled_back", status=400),
)
OPERATIONS: Final = ("create", "read", "update", "delete")
COLLECTIONS: Final = tuple(setting.collection for setting in SETTINGS.values())

Program = dict[str, tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Case:
    """A setting, once as one entry and once as a collection of five."""

    contract: str
    kind: str
    many: bool

    def program(self, look: int, names: Iterable[str] = "abcde") -> Program:
        """The program with its entries in one of their looks."""
        extra = {"unprotect_on_delete": True} if self.kind == "domain" else {}
        entries = [{**ENTRY[self.kind](f"{name}1", look), **extra} for name in names]
        if self.many:
            return {"r": (PLURAL[self.kind], {"entries": entries, "delete_limit": 100})}
        return {"r": (self.kind, entries[0])}

    def prepare(self, engine: Engine) -> None:
        """Where domains cannot be created they are there; and a request that worked tells a good token."""
        if (self.contract, self.kind) == ("2025", "domain"):
            seeds = [ENTRY["domain"](f"{name}1", 2) for name in "abcdef"]
            engine.emulator.seed({"domains": seeds}, account_id=ACCOUNT)


CASES: Final = [
    pytest.param(Case(contract, kind, many), operation, id=f"{kind}-{contract}-{'many' if many else 'one'}-{operation}")
    for contract, kind in SHAPES
    for many in (False, True)
    for operation in OPERATIONS
]


@pytest.mark.parametrize(("case", "operation"), CASES)
def test_every_fault(case: Case, operation: str) -> None:
    """An operation under a fault is done or ends in one error, repeats no write blindly, and the next run is right."""
    for fault in (fault for fault in FAULTS if _can_hit(case, fault)):
        for only_writes in (False, True):
            if operation != "read" or not only_writes:
                _try(case, operation, fault, only_writes=only_writes)


def _can_hit(case: Case, fault: Fault) -> bool:
    """Whether the setting has requests that the fault is for."""
    loose = case.kind == "domain"
    batches = loose or (case.contract == "2026" and case.kind != "impersonation_registry_entry")
    return not fault.kind.startswith("batch") or (batches and case.many and loose == (fault.kind == "batch_partial"))


def _try(case: Case, operation: str, fault: Fault, *, only_writes: bool) -> None:
    with world(case.contract) as engine:
        case.prepare(engine)
        before, goal = case.program(0), case.program(0)
        if operation != "create":
            assert engine.up(before).done
        if operation == "update":
            goal = case.program(1, "bcdef")
        elif operation == "delete":
            goal = {}
        for pattern in ("POST *", "PATCH *", "DELETE *") if only_writes else ("*",):
            options = {name: getattr(fault, name) for name in Fault.__dataclass_fields__}
            engine.emulator.inject(Fault(**{**options, "operation": pattern}))
        engine.emulator.sent.clear()
        result = engine.refresh() if operation == "read" else engine.up(goal)
        what = f"{fault} {'on writes' if only_writes else ''}: {result}"
        _nothing_repeated_blindly(engine.emulator.sent, what)
        engine.emulator.calm()
        if result.done:
            assert engine.preview(goal) == [], what
        _comes_right(engine, case, goal, what)


def _comes_right(engine: Engine, case: Case, goal: Program, what: str) -> None:
    """The next run makes it as declared, each entry once."""
    assert engine.refresh().done, what
    after = engine.up(goal)
    assert after.done, f"{what}, and then {after.error!r}"
    assert engine.preview(goal) == [], what
    setting = SETTINGS[case.kind]
    live = {setting.key_of(entry): entry for entry in engine.emulator.entries(ACCOUNT, setting.collection)}
    assert len(live) == len(engine.emulator.entries(ACCOUNT, setting.collection)), f"{what}: twice"
    arguments = [entry for _, entry in goal.values()]
    declared = [entry for each in arguments for entry in each.get("entries", [each])]
    for fields in declared:
        entry = live.pop(setting.key_of(fields))
        wrong = {name for name, value in fields.items() if name in entry and (entry[name] or "") != (value or "")}
        assert not wrong, f"{what}: {wrong}"
    if (case.contract, case.kind) != ("2025", "domain"):
        assert not live, f"{what}: left behind {live}"


def _nothing_repeated_blindly(sent: list[Sent], what: str) -> None:
    """What may have been carried out is sent again only after a fresh look, and a create after a fresh list."""
    unknown: set[str] = set()
    unlisted: set[str] = set()
    for request in sent:
        if request.method == "GET":
            if request.answered and request.status in {200, 404}:
                unknown.clear()
                if request.path.endswith(COLLECTIONS):
                    unlisted.clear()
            continue
        for effect in _effects(request):
            assert effect not in unknown | unlisted, f"{what}: sent again without a look: {effect}"
            if request.status < 400 or request.status >= 500:
                (unlisted if effect.startswith("create") else unknown).add(effect)


def _effects(request: Sent) -> Iterator[str]:
    """What a write does, item by item, whichever request carries it."""
    body = request.body
    if request.path.endswith("/batch"):
        yield from (f"create {json.dumps(item)}" for item in body.get("posts", ()))
        yield from (f"PATCH {item.pop('id')} {json.dumps(item)}" for item in map(dict, body.get("patches", ())))
        yield from (f"DELETE {item['id']}" for item in body.get("deletes", ()))
    elif request.method == "POST":
        yield from (f"create {json.dumps(item)}" for item in (body if isinstance(body, list) else [body]))
    elif isinstance(body, list):
        yield from (f"DELETE {item['id']}" for item in body)
    else:
        id_ = request.path.rpartition("/")[2]
        yield f"PATCH {id_} {json.dumps(body)}" if request.method == "PATCH" else f"DELETE {id_}"
