"""A process killed while it applies a collection: what it made is taken, and nothing else."""

from __future__ import annotations

import re

import pytest

from pulumi_cloudflare_email_security.client.errors import EntryExistsError, PartlyAppliedError
from pulumi_cloudflare_email_security.emulator import Emulator, Request, Response
from support.accounts import Account
from support.collections import (
    ALLOW,
    BLOCK,
    CHUNK,
    DOMAINS,
    TRUSTED,
    Collection,
    Many,
    agrees,
    on_accounts,
)


class Killed(BaseException):
    """The process ends here."""


def kill(account: Account, after: int, *, applied: bool) -> None:
    """Kill the process at a write, after so many others; the API has carried it out or not."""
    seen = []

    def handle(request: Request) -> Response | None:
        if request.method != "GET":
            seen.append(request)
            if len(seen) == after + 1:
                if applied:
                    Emulator.handle(account.emulator, request)
                raise Killed
        return None

    account.emulator.instead = handle


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("after", [0, 1, 2])
@on_accounts([BLOCK, ALLOW, DOMAINS, TRUSTED], contracts=("2026",), duplicates="accept")
def test_a_killed_create_is_ended_by_the_next(
    many: Many, account: Account, after: int, applied: bool, small_chunks: None
) -> None:
    """What a killed run made is taken as its own, without `adopt`, and nothing is made twice."""
    del small_chunks
    kill(account, after, applied=applied)
    collection = Collection(account, many.kind)
    with pytest.raises(Killed):
        collection.up(entries=many.entries(range(10)))
    account.emulator.instead = lambda _request: None
    assert len(many.stored(account)) == CHUNK * (after + applied) - (2 if after + applied == 3 else 0)
    collection.up(entries=many.entries(range(10)))
    assert agrees(account, many, collection, list(range(10)))


@pytest.mark.parametrize("created_at", ["2020-01-01T00:00:00Z", None])
def test_a_killed_run_does_not_make_strangers_ours(account: Account, created_at: str | None) -> None:
    """An entry that was there before the killed run, or whose age nobody knows, is still somebody else's."""
    kill(account, 0, applied=False)
    collection = Collection(account, "block_senders")
    with pytest.raises(Killed):
        collection.up(entries=BLOCK.entries(range(5)))
    account.emulator.instead = lambda _request: None
    account.seed("block_senders", BLOCK.entry(3, created_at=created_at))
    with pytest.raises(EntryExistsError, match=re.escape(BLOCK.key(3))):
        collection.up(entries=BLOCK.entries(range(5)))


def test_another_stack_does_not_take_what_a_killed_run_made(account: Account) -> None:
    """The notes of one stack say nothing to another."""
    kill(account, 0, applied=True)
    with pytest.raises(Killed):
        Collection(account, "block_senders").up(entries=BLOCK.entries(range(5)))
    account.emulator.instead = lambda _request: None
    with pytest.raises(EntryExistsError):
        Collection(account, "block_senders").up(entries=BLOCK.entries(range(5)), declared_by="demo/prod")


def test_what_was_destroyed_and_made_by_others_is_not_ours(account: Account) -> None:
    """After a destroy the notes of the create are void."""
    collection = Collection(account, "block_senders")
    collection.up(entries=BLOCK.entries(range(5)))
    collection.destroy()
    account.seed("block_senders", BLOCK.entry(3))
    with pytest.raises(EntryExistsError):
        collection.up(entries=BLOCK.entries(range(5)))


def test_what_was_refused_and_made_by_others_is_not_ours(account: Account) -> None:
    """A create that the API certainly refused makes no claim on what somebody else makes later."""
    account.fail("forbidden", "POST *", times=None)
    collection = Collection(account, "block_senders")
    with pytest.raises(PartlyAppliedError):
        collection.up(entries=BLOCK.entries(range(5)))
    account.emulator.clear_faults()
    account.seed("block_senders", BLOCK.entry(3))
    with pytest.raises(EntryExistsError):
        collection.up(entries=BLOCK.entries(range(5)))


def test_a_stranger_among_them_does_not_make_ours_strange(account: Account) -> None:
    """Where one entry is refused as somebody else's, the others that a killed run made stay known as our own."""
    kill(account, 0, applied=True)
    collection = Collection(account, "block_senders")
    with pytest.raises(Killed):
        collection.up(entries=BLOCK.entries(range(5)))
    account.emulator.instead = lambda _request: None
    (stranger,) = account.seed("block_senders", BLOCK.entry(9, created_at="2020-01-01T00:00:00Z"))
    with pytest.raises(EntryExistsError, match="exists already") as caught:
        collection.up(entries=BLOCK.entries([*range(5), 9]))
    assert f"{BLOCK.key(9)} (id {stranger['id']})" in str(caught.value)
    collection.up(entries=BLOCK.entries(range(5)))
    assert collection.keys == BLOCK.keys(range(5))
