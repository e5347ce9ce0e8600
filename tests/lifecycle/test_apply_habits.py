"""Collections on accounts with habits that no document tells: one `up` does all, nothing is made twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator, Request, Response
from support.accounts import Account
from support.collections import (
    ALLOW,
    BLOCK,
    DOMAINS,
    TRUSTED,
    URLS,
    Collection,
    Many,
    agrees,
    costs,
    on_accounts,
    operations,
)

HABITS: list[dict[str, Any]] = [
    {"batch_partial": True},
    {"batch_partial": True, "partial_answers": "id"},
    {"batch_partial": True, "bare_answers": "null"},
    {"batch_partial": True, "batch_limit": "3", "other_order": True},
    {"bare_answers": "204", "batch_missing": "501"},
    {"batch_limit": "2", "errors_as_200": True},
    {"batch_limit": "1:413", "errors_as_200": True},
    {"batch_missing": "403", "html_errors": True},
    {"batch_missing": "405", "errors_as_200": True, "partial_answers": "id"},
    {"page_limit": "15", "total_count": "page", "omit_empty": True},
    {"page_cap": "3:silent", "total_count": "beyond", "other_order": True},
    {"page_limit": "1", "bare_answers": "null"},
    {"page_limit": "2", "bare_answers": "204", "moving_entries": True, "total_count": "missing"},
    {"page_cap": "2:silent", "bare_answers": "body", "moving_entries": True, "total_count": "missing"},
]


def _name(habits: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in habits.items())


@pytest.mark.parametrize("habits", HABITS, ids=_name)
@on_accounts([ALLOW, BLOCK, DOMAINS, TRUSTED, URLS], duplicates="accept")
def test_a_life_on_an_odd_account(many: Many, account: Account, habits: dict[str, Any], small_chunks: None) -> None:
    """First up, another up, refresh and destroy: each ends at once, and then there is nothing to do."""
    del small_chunks
    numbers = list(range(10))
    many.onboard(account, numbers)
    account.emulator.set_habits(**habits)
    collection = Collection(account, many.kind)
    steering = {"unprotect_on_delete": True} if many is DOMAINS else {}
    collection.up(entries=[{**entry, **steering} for entry in many.entries(numbers)])
    assert agrees(account, many, collection, numbers)
    many.onboard(account, [10, 11])
    wanted = [*map(many.changed, range(4)), *many.entries([4, 5, 6, 10, 11])]
    wanted = [{**entry, **steering} for entry in wanted]
    collection.up(entries=wanted, delete_limit=100)
    assert agrees(account, many, collection, [0, 1, 2, 3, 4, 5, 6, 10, 11])
    assert many.value(account, 2) == many.change[1]
    assert collection.preview(entries=wanted, delete_limit=100) == "same"
    assert collection.refresh() == "same"
    assert collection.preview(entries=wanted, delete_limit=100) == "same"
    collection.destroy()
    assert many.stored(account) == []


@on_accounts([DOMAINS], contracts=("2026",), duplicates="accept")
@pytest.mark.parametrize("part", [0.4, 1.0])
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_not_atomic_may_have_been_carried_out_although_it_is_refused(
    many: Many, account: Account, status: int, part: float
) -> None:
    """A refusal without a pointer may be one for the size: the domains are looked for before fewer are sent."""
    account.fail("batch_partial", "POST domains/batch", times=1, status=status, part=part)
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(10)))
    assert agrees(account, many, collection, list(range(10)))


@on_accounts([TRUSTED], contracts=("2025",), duplicates="accept")
def test_an_array_may_have_been_carried_out_in_part_although_it_is_refused(many: Many, account: Account) -> None:
    """No document says that an array is carried out whole or not at all."""
    refused: list[Request] = []

    def half(request: Request) -> Response | None:
        if request.method != "POST" or not request.body.startswith(b"[") or refused:
            return None
        refused.append(request)
        some = json.dumps(json.loads(request.body)[::2]).encode()
        Emulator.handle(account.emulator, Request(request.method, request.path, (), request.headers, some))
        problem = {"code": 1400, "message": "no"}
        return Response(400, {}, json.dumps({"success": False, "errors": [problem], "result": None}).encode())

    account.emulator.instead = half
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(10)))
    assert refused
    assert agrees(account, many, collection, list(range(10)))


@on_accounts([URLS], contracts=("2026",))
@pytest.mark.parametrize("status", ["404", "405", "501", "403"])
def test_a_batch_of_patterns_is_tried_once(many: Many, account: Account, status: str) -> None:
    """Some sources know a batch of URL ignore patterns: it is one request where it is there, else singles."""
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(10)))
    assert costs(account)[1] == 1
    account.emulator.set_habits(batch_missing=f"{status}:url_ignore_patterns")
    collection.up(entries=many.entries(range(20)))
    sent = [request for request in operations(account) if request.startswith("POST")]
    assert sent.count("POST url_ignore_patterns/batch") <= 4
    assert sent.count("POST url_ignore_patterns") == 10
    assert agrees(account, many, collection, list(range(20)))


@on_accounts([ALLOW], contracts=("2026",))
def test_a_batch_that_goes_away_between_two_pieces(many: Many, account: Account) -> None:
    """What was to be sent in smaller batches goes one by one where the batch is stopped; that stopped, too, is said."""
    collection = Collection(account, many.kind)
    account.emulator.set_habits(batch_limit="2:413")
    account.fail("forbidden", "POST */batch", None, body="html", after=2)
    collection.up(entries=many.entries(range(8)))
    assert agrees(account, many, collection, list(range(8)))
    account.fail("forbidden", "P*", None, body="html", after=1)
    with pytest.raises(Exception, match="something in front of the API stopped"):
        collection.up(entries=many.entries(range(16)))


@on_accounts([BLOCK], contracts=("2026",))
def test_half_a_batch_is_made_up_for_without_waiting(many: Many, account: Account) -> None:
    """The list shows what was made of a batch that was answered; so what it does not show was not made."""
    account.emulator.set_habits(batch_partial=True)
    Collection(account, many.kind).up(entries=many.entries(range(64)))
    assert many.stored(account) == many.keys(range(64))
    assert costs(account)[1] <= 8
    assert not any(seconds > 1 for seconds in account.clock.slept)


@on_accounts([BLOCK], contracts=("2026",), duplicates="accept")
def test_what_a_list_does_not_show_yet_is_not_made_again(many: Many, account: Account) -> None:
    """Where the list shows nothing of a batch that was answered without a word, it may show later."""
    account.emulator.set_habits(list_lag=60.0, bare_answers="null")
    collection = Collection(account, many.kind)
    with pytest.raises(Exception, match="of 5 changes are done"):
        collection.up(entries=many.entries(range(5)))
    assert operations(account).count("POST block_senders/batch") == 1
    account.clock.time += 60
    collection.up(entries=many.entries(range(5)))
    assert agrees(account, many, collection, list(range(5)))


@on_accounts([BLOCK], contracts=("2026",), duplicates="accept")
def test_what_an_answer_told_says_nothing_of_a_list_that_lags(many: Many, account: Account) -> None:
    """Of a batch that is answered in half the told entries are known, by id: the list need not show the others yet."""
    account.emulator.set_habits(list_lag=60.0)
    answered: list[Request] = []

    def half(request: Request) -> Response | None:
        if not request.path.endswith("/batch") or answered:
            return None
        answered.append(request)
        answer = Emulator.handle(account.emulator, request).json()
        answer["result"]["posts"] = answer["result"]["posts"][::2]
        return Response(200, {}, json.dumps(answer).encode())

    account.emulator.instead = half
    collection = Collection(account, many.kind)
    with pytest.raises(Exception, match="3 of 6 changes are done"):
        collection.up(entries=many.entries(range(6)))
    account.clock.time += 60
    collection.up(entries=many.entries(range(6)))
    assert agrees(account, many, collection, list(range(6)))


@on_accounts([BLOCK], contracts=("2026",))
def test_what_is_deleted_and_still_read_by_its_id_is_waited_for(many: Many, account: Account) -> None:
    """A batch of deletes that is refused because one is gone already is not sent again until reads show which."""
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(5)))
    before = {f"/{entry['id']}": entry for entry in account.entries(many.collection)}
    broken = account.clock.now()
    deleted: list[str] = []

    def behind(request: Request) -> Response | None:
        if request.path.endswith("/batch") and not deleted:
            first = json.loads(request.body or b"")["deletes"][0]["id"]
            deleted.append(f"/{first}")
            account.remove(many.collection, first)
            error = {"success": False, "errors": [{"code": 10500, "message": "internal error"}], "result": None}
            return Response(500, {}, json.dumps(error).encode())
        if deleted and request.path.endswith(deleted[0]) and account.clock.now() < broken + 2:
            return Response(200, {}, json.dumps({"success": True, "errors": [], "result": before[deleted[0]]}).encode())
        return None

    account.emulator.instead = behind
    collection.destroy()
    assert not account.entries(many.collection)


@on_accounts([BLOCK], contracts=("2025",), duplicates="accept")
def test_what_was_seen_once_need_not_be_in_the_next_list(many: Many, account: Account) -> None:
    """Where answers are bare and lists come from replicas, one of them behind, a create ends well all the same."""
    account.emulator.set_habits(bare_answers="body")
    before = account.clock.now()
    asked: list[Request] = []

    def behind(request: Request) -> Response | None:
        if request.method != "GET" or not request.path.partition("?")[0].endswith(many.collection):
            return None
        asked.append(request)
        answer = Emulator.handle(account.emulator, request).json()
        if len(asked) % 2 == 0 and account.clock.now() < before + 2:
            answer["result"], answer["result_info"] = [], {**answer["result_info"], "total_count": 0, "count": 0}
        return Response(200, {}, json.dumps(answer).encode())

    account.emulator.instead = behind
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(3)))
    assert agrees(account, many, collection, [0, 1, 2])


@on_accounts([BLOCK], contracts=("2026",))
def test_deletes_that_no_answer_tells_and_no_read_shows_yet_are_waited_for(many: Many, account: Account) -> None:
    """A batch that was answered without a word is looked at once more where reads by id lag behind, too."""
    account.emulator.set_habits(bare_answers="null")
    collection = Collection(account, many.kind)
    collection.up(entries=many.entries(range(3)))
    before = account.entries(many.collection)
    sent = account.clock.now()

    def behind(request: Request) -> Response | None:
        if request.method != "GET" or account.clock.now() >= sent + 2:
            return None
        path = request.path.partition("?")[0]
        found = [entry for entry in before if path.endswith(f"/{entry['id']}")]
        result = found[0] if found else before
        return Response(200, {}, json.dumps({"success": True, "errors": [], "result": result}).encode())

    account.emulator.instead = behind
    collection.destroy()
    assert not account.entries(many.collection)
