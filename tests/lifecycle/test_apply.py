"""Applying a collection: how many requests, in which order, and that no failure loses or doubles anything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.errors import EmailSecurityError, PartlyAppliedError
from pulumi_cloudflare_email_security.emulator import Request, Response
from support.accounts import Account
from support.collections import (
    ALLOW,
    BLOCK,
    DOMAINS,
    MANY,
    REGISTRY,
    TRUSTED,
    URLS,
    Collection,
    Many,
    agrees,
    costs,
    on_accounts,
    operations,
    told,
)


def bodies(account: Account) -> list[dict[str, int]]:
    """How many items each list of each batch of the last step had, empty lists left out."""
    sent = [json.loads(r.body) for r in account.emulator.requests if r.path.endswith("/batch")]
    return [{name: len(items) for name, items in batch.items() if items} for batch in sent]


# What it costs -----------------------------------------------------------------------------------------------


@on_accounts([BLOCK], contracts=("2026",))
def test_ten_thousand_entries_in_a_handful_of_requests(many: Many, account: Account) -> None:
    """At 10,000: 12 reads and writes at most for the first up, none for a no-op, 11 to refresh, 12 to destroy."""
    collection = Collection(account, many.kind)
    collection.begin()
    news = {"entries": many.entries(range(10_000)), "declared_by": "demo/dev"}
    inputs = collection.own.check({}, news).inputs
    made = collection.own.create(inputs)
    assert made.outs is not None
    reads, writes = costs(account)
    assert reads <= 12
    assert writes <= 12
    assert "10,000 of 10,000 changes done" in told(account)
    collection.begin()
    assert collection.own.check(inputs, news).inputs == inputs
    assert not collection.own.diff(made.id, made.outs, inputs).changes
    assert costs(account) == (0, 0)
    assert collection.own.read(made.id, made.outs).outs == made.outs
    assert costs(account)[0] <= 11
    collection.begin()
    one_more = collection.own.check(inputs, {**news, "entries": [*news["entries"][1:], many.entry(10_001)]}).inputs
    outs = collection.own.update(made.id, made.outs, one_more).outs
    assert outs is not None
    assert costs(account)[1] == 1
    collection.begin()
    collection.own.delete(made.id, outs)
    assert costs(account) == (0, 10)
    assert many.stored(account) == []


@on_accounts([TRUSTED], contracts=("2025",))
def test_an_array_post_in_place_of_a_batch(many: Many, account: Account, small_chunks: None) -> None:
    """A 2025 account takes trusted domains as arrays: one request a chunk, and no second try of the batch."""
    del small_chunks
    Collection(account, many.kind).up(entries=many.entries(range(10)))
    posts = [operation for operation in operations(account) if operation != "GET trusted_domains"]
    assert posts == ["POST trusted_domains/batch", *["POST trusted_domains"] * 3]
    assert many.stored(account) == many.keys(range(10))


@on_accounts([DOMAINS], contracts=("2025",))
def test_a_bulk_delete_in_place_of_a_batch(many: Many, account: Account) -> None:
    """A 2025 account deletes domains in bulk."""
    many.onboard(account, range(10))
    collection = Collection(account, many.kind)
    collection.up(entries=[many.entry(number, unprotect_on_delete=True) for number in range(10)])
    collection.destroy()
    assert operations(account)[-1] == "DELETE domains"
    assert costs(account)[1] <= 2
    assert many.stored(account) == []


@on_accounts([ALLOW, BLOCK, REGISTRY], contracts=("2025",))
def test_single_requests_in_place_of_a_batch(many: Many, account: Account) -> None:
    """Without batch and array each entry is one request, and nothing is asked twice."""
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(30)))
    tried = 0 if many is REGISTRY else 1
    assert costs(account) == (1, 30 + tried)
    collection.up(entries=[*map(many.changed, range(5)), *many.entries(range(5, 24))])
    assert costs(account) == (0, 11 + tried)
    assert many.stored(account) == many.keys(range(24))
    collection.destroy()
    assert costs(account) == (0, 24 + tried)
    assert many.stored(account) == []


@pytest.mark.parametrize(("status", "code"), [(404, 7003), (404, 1001), (404, None), (405, 1000), (405, None)])
def test_an_account_without_batch(account: Account, status: int, code: int | None) -> None:
    """Whatever 404 or 405 a batch is answered with, the entries are created one by one."""
    envelope = {"success": False, "errors": [{"code": code, "message": "no"}], "messages": [], "result": None}
    refusal = Response(status, {}, b"" if code is None else json.dumps(envelope).encode())
    account.emulator.instead = lambda request: refusal if request.path.endswith("/batch") else None
    collection = Collection(account, "block_senders")
    collection.up(entries=BLOCK.entries(range(5)))
    assert BLOCK.stored(account) == BLOCK.keys(range(5))
    collection.up(entries=[BLOCK.changed(0), BLOCK.changed(1), *BLOCK.entries([2, 7, 8])])
    assert BLOCK.stored(account) == BLOCK.keys([0, 1, 2, 7, 8])


# The order ---------------------------------------------------------------------------------------------------


@on_accounts([many for many in MANY if many is not DOMAINS])
def test_what_fits_is_one_batch_and_else_protection_comes_first(
    many: Many, account: Account, small_chunks: None
) -> None:
    """Blocks are made before others go, allowances go before others are made; what fits goes at once."""
    del small_chunks
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(12)), delete_limit=100)
    collection.up(entries=[*many.entries(range(6)), *many.entries(range(50, 56))], delete_limit=100)
    kinds = []
    for request in account.emulator.requests:
        if request.method == "POST" and request.path.endswith("/batch"):
            kinds += [name for name, items in json.loads(request.body).items() if items]
        elif request.method != "GET":
            kinds.append({"POST": "posts", "DELETE": "deletes"}[request.method])
    first, then = ("posts", "deletes") if many.setting.protects else ("deletes", "posts")
    assert kinds == sorted(kinds, key=[first, then].index)
    assert set(kinds) == {first, then}
    assert many.stored(account) == many.keys([*range(6), *range(50, 56)])


@on_accounts([ALLOW, BLOCK, TRUSTED], contracts=("2026",))
def test_one_atomic_batch(many: Many, account: Account) -> None:
    """Adding, changing and deleting at once is one request where it fits."""
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(20)))
    collection.up(entries=[many.changed(0), *many.entries(range(1, 16)), *many.entries(range(30, 40))])
    assert bodies(account) == [{"deletes": 4, "patches": 1, "posts": 10}]


# Failures ----------------------------------------------------------------------------------------------------

FAULTS: dict[str, dict[str, Any]] = {
    "rate limited": {"kind": "rate_limited", "retry_after": 7},
    "rate limited, no wait told": {"kind": "rate_limited"},
    "forbidden": {"kind": "forbidden"},
    "500": {"kind": "server_error"},
    "502 html, applied": {"kind": "server_error", "status": 502, "body": "html", "applied": True},
    "503 empty": {"kind": "server_error", "status": 503, "body": "empty"},
    "refused": {"kind": "refused"},
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "half an answer": {"kind": "half_answer"},
    "slow": {"kind": "slow", "delay": 100.0},
    "malformed": {"kind": "malformed"},
    "rolled back": {"kind": "batch_rolled_back"},
    "rolled back, 400": {"kind": "batch_rolled_back", "status": 400},
    "partial": {"kind": "batch_partial", "part": 0.4},
}
# Every way of sending: atomic batch (allowances last, blocks first), loose batch, array, bulk delete, single requests.
WAYS = [
    (BLOCK, "2026"),
    (ALLOW, "2026"),
    (DOMAINS, "2026"),
    (TRUSTED, "2025"),
    (DOMAINS, "2025"),
    (REGISTRY, "2025"),
    (URLS, "2026"),
]
BATCHES = {"rolled back": [(BLOCK, "2026"), (ALLOW, "2026")], "rolled back, 400": [(BLOCK, "2026")]}
LOOSE = {"partial": [(DOMAINS, "2026"), (DOMAINS, "2025"), (URLS, "2026")]}
EVERY = pytest.mark.parametrize(
    ("fault", "many", "account"),
    [
        pytest.param(fault, many, (contract, {"duplicates": "accept"}), id=f"{fault}-{many.kind}-{contract}")
        for fault in FAULTS
        for many, contract in {**BATCHES, **LOOSE}.get(fault, WAYS)
    ],
    indirect=["account"],
)


def fail(account: Account, fault: str, method: str, times: int | None, after: int = 1) -> None:
    """Let writes of one method go wrong, after so many that do not."""
    options = {"times": times, "after": after, **FAULTS[fault]}
    account.fail(options.pop("kind"), f"{method} *", **options)


def attempt(account: Account, step: Callable[[], object]) -> str | None:
    """Take a step that may fail; the text of the error if it does. No other exception may come out."""
    text = None
    try:
        step()
    except EmailSecurityError as error:
        text = str(error)
    account.emulator.clear_faults()
    assert text is None or re.search(r"\d+ of \d+ changes are done", text), text
    return text


@EVERY
@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_first_up_that_fails_is_ended_by_the_next(
    many: Many, account: Account, fault: str, times: int | None, small_chunks: None
) -> None:
    """Whatever goes wrong with a chunk: the next run takes what was made and makes the rest, and nothing is twice."""
    del small_chunks
    numbers = list(range(10))
    if many is DOMAINS and account.contract == "2025":
        many.onboard(account, numbers)
    collection = Collection(account, many.kind)
    fail(account, fault, "P*", times)
    error = attempt(account, lambda: collection.up(entries=many.entries(numbers)))
    if error:
        done = int(re.search(r"(\d+) of 10 changes", error)[1])  # type: ignore[index]
        assert done <= len(many.stored(account))
        collection.up(entries=many.entries(numbers))
    assert agrees(account, many, collection, numbers)
    assert collection.preview(entries=many.entries(numbers)) == "same"


@EVERY
def test_an_update_that_fails_is_ended_by_the_next(
    many: Many, account: Account, fault: str, small_chunks: None
) -> None:
    """An update cut short is brought to its end by the next one: added, changed and deleted, each once."""
    del small_chunks
    many.onboard(account, range(18))
    collection = Collection(account, many.kind)
    steering = {"unprotect_on_delete": True} if many is DOMAINS else {}
    options = {"delete_limit": 100}
    collection.up(entries=[{**entry, **steering} for entry in many.entries(range(12))], **options)
    wanted = [*map(many.changed, range(5)), many.entry(5), *many.entries(range(12, 18))]
    wanted = [{**entry, **steering} for entry in wanted]
    fail(account, fault, "*", None, after=2)
    if attempt(account, lambda: collection.up(entries=wanted, **options)):
        collection.up(entries=wanted, **options)
    assert agrees(account, many, collection, [*range(6), *range(12, 18)])
    assert many.value(account, 1) == many.change[1]
    assert collection.refresh() == "same"
    assert collection.preview(entries=wanted, **options) == "same"


@EVERY
def test_a_destroy_that_fails_is_ended_by_the_next(
    many: Many, account: Account, fault: str, small_chunks: None
) -> None:
    """A destroy cut short deletes the rest when it is run again, and only what is its own."""
    del small_chunks
    many.onboard(account, range(10))
    account.seed(many.collection, many.entry(99))
    collection = Collection(account, many.kind)
    steering = {"unprotect_on_delete": True} if many is DOMAINS else {}
    collection.up(entries=[{**entry, **steering} for entry in many.entries(range(10))])
    fail(account, fault, "*", None)
    if attempt(account, collection.destroy):
        collection.destroy()
    assert many.stored(account) == many.keys([99])


def refuse_writes(account: Account, after: int = 0) -> None:
    """Let the account find every write wrong, after so many."""
    problem = {"code": 1001, "message": "not today"}
    refusal = Response(
        400,
        {"Content-Type": "application/json"},
        json.dumps({"success": False, "errors": [problem], "result": None}).encode(),
    )
    writes = iter(range(1_000_000))
    account.emulator.instead = lambda request: refusal if request.method != "GET" and next(writes) >= after else None


def test_the_error_says_how_many_are_done(account: Account, small_chunks: None) -> None:
    """After two of three chunks: 8 of 10, the cause, and what to do."""
    del small_chunks
    refuse_writes(account, after=2)
    with pytest.raises(PartlyAppliedError, match="8 of 10 changes are done") as caught:
        Collection(account, "block_senders").up(entries=BLOCK.entries(range(10)))
    assert "not today" in str(caught.value)
    assert "pulumi up" in str(caught.value)


def test_what_the_api_refuses_is_not_sent_for_ever(account: Account) -> None:
    """A batch that the API finds wrong is sent a bounded number of times, with the list read in between."""
    refuse_writes(account)
    with pytest.raises(PartlyAppliedError, match="0 of 5"):
        Collection(account, "block_senders").up(entries=BLOCK.entries(range(5)))
    assert costs(account)[1] <= 40


def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(account: Account) -> None:
    """Between two sendings of a write the list is read."""
    account.fail("cut_before", "POST block_senders/batch", times=2)
    Collection(account, "block_senders").up(entries=BLOCK.entries(range(5)))
    post, look = "POST block_senders/batch", "GET block_senders"
    asked = operations(account)
    assert asked.count(post) == 3
    assert all(before == look for before, after in pairwise(asked) if after == post)


def test_an_answer_too_late_is_not_sent_again_at_once(account: Account) -> None:
    """After a time-out the request may still be carried out: what is still missing is left to the next run."""
    account.fail("slow", "POST block_senders/batch", delay=100.0)
    collection = Collection(account, "block_senders")
    collection.up(entries=BLOCK.entries(range(5)))
    assert operations(account).count("POST block_senders/batch") == 1


@on_accounts([BLOCK])
def test_others_may_delete_meanwhile(many: Many, account: Account) -> None:
    """Entries that somebody deleted since the last refresh are made again where declared, and gone where not."""
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(10)))
    for number in (0, 1, 8, 9):
        account.remove(many.collection, many.id_of(account, number))
    wanted = [many.changed(0), *many.entries(range(1, 8))]
    collection.up(entries=wanted)
    assert many.stored(account) == many.keys([0, *range(2, 8)]) or many.stored(account) == many.keys(range(8))
    collection.refresh()
    collection.up(entries=wanted)
    assert agrees(account, many, collection, list(range(8)))


def test_others_may_create_meanwhile(account: Account) -> None:
    """An entry that somebody makes between our look and our batch is not taken unasked, and is named."""

    def race(request: Request) -> Response | None:
        if request.path.endswith("/batch") and not BLOCK.stored(account):
            account.seed("block_senders", BLOCK.entry(3, created_at="2020-01-01T00:00:00Z"))
        return None

    account.emulator.instead = race
    with pytest.raises(EmailSecurityError, match="adopt=True"):
        Collection(account, "block_senders").up(entries=BLOCK.entries(range(5)))
    assert BLOCK.stored(account) == BLOCK.keys([3])
