"""An account that moves to the newer contract: state holds numbers, and every entry has a UUID by now.

What the API answers to an id of the older form is not documented: no such route, no such entry, or a bad request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.emulator import Request, Response
from pulumi_cloudflare_email_security.testing import EmulatedAccount, InProcessStack

ANSWERS = {"no route": (404, 7003), "no entry": (404, 1404), "bad request": (400, 1400)}
#: An id of the older contract at the end of a path.
_NUMBER = re.compile(r"/\d+$")
answers = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())


def program(prefix: str = "", comments: str = "before", *, single: bool = True) -> Callable[[], None]:
    """A single entry and a collection of each of three settings with unlike operations."""

    def run() -> None:
        if single:
            email_security.AllowPolicy(f"{prefix}allow", pattern="a.example", pattern_type="DOMAIN", comments=comments)
            email_security.BlockSender(f"{prefix}block", pattern="a.example", pattern_type="DOMAIN", comments=comments)
            email_security.ImpersonationRegistryEntry(
                f"{prefix}person", name="A", email="a@corp.example", comments=comments
            )
        more = [{"pattern": f"{name}.example", "comments": comments} for name in "bc"]
        email_security.AllowPolicies(f"{prefix}allows", defaults={"pattern_type": "DOMAIN"}, entries=more)
        email_security.BlockSenders(f"{prefix}blocks", defaults={"pattern_type": "DOMAIN"}, entries=more)
        email_security.ImpersonationRegistry(
            f"{prefix}people",
            entries=[{"name": name, "email": f"{name}@corp.example", "comments": comments} for name in "bc"],
        )

    return run


COLLECTIONS = ("allow_policies", "block_senders", "impersonation_registry")


def ids(account: EmulatedAccount) -> set[str]:
    """The ids of all entries there are."""
    return {str(entry["id"]) for collection in COLLECTIONS for entry in account.entries(collection)}


def comments(account: EmulatedAccount) -> set[str]:
    """The comments of all entries there are."""
    return {entry["comments"] for collection in COLLECTIONS for entry in account.entries(collection)}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> EmulatedAccount:
    """An account of today; the notes of creates are kept elsewhere."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    return EmulatedAccount("2026")


def moved(account: EmulatedAccount, answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> InProcessStack:
    """A stack whose state was written when ids were numbers."""
    stack = account.stack()
    with account.connected():
        stack.up(program())
    state = stack.state
    numbers = {id_: str(4711 + place) for place, id_ in enumerate(sorted(ids(account)))}
    for resource in state["resources"]:
        resource["id"] = numbers.get(resource["id"], resource["id"])
        if "ids" in resource["outputs"]:
            known = json.loads(resource["outputs"]["ids"])
            resource["outputs"]["ids"] = json.dumps({key: numbers[id_] for key, id_ in known.items()})
    handle = account.emulator.handle
    status, code = answer
    body = json.dumps({"success": False, "errors": [{"code": code, "message": "no"}], "messages": [], "result": None})

    def refuse_numbers(request: Request) -> Response:
        if _NUMBER.search(request.path.partition("?")[0]):
            return Response(status, {"Content-Type": "application/json"}, body.encode())
        return handle(request)

    monkeypatch.setattr(account.emulator, "handle", refuse_numbers)
    return account.stack(state=state)


@answers
def test_a_refresh_finds_every_entry_by_its_key(
    account: EmulatedAccount, answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is called deleted; then nothing is left to do, and the next update goes to the ids of today."""
    stack = moved(account, answer, monkeypatch)
    before, count = ids(account), len(account.writes)
    with account.connected():
        assert stack.preview(program(), refresh=True).summary == {"same": 6}
        assert stack.up(program(), refresh=True).summary == {"same": 6}
        assert len(account.writes) == count
        assert stack.up(program(comments="after")).summary == {"update": 6}
    assert (ids(account), comments(account)) == (before, {"after"})


@answers
def test_an_update_without_a_refresh_changes_the_entries_there_are(
    account: EmulatedAccount, answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry is changed under the id that it has today, and nothing is made again."""
    stack = moved(account, answer, monkeypatch)
    before = ids(account)
    with account.connected():
        assert stack.up(program(comments="after")).summary == {"update": 6}
        assert (ids(account), comments(account)) == (before, {"after"})
        assert stack.preview(program(comments="after"), refresh=True).summary == {"same": 6}


@answers
def test_what_leaves_the_program_is_deleted(
    account: EmulatedAccount, answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed resources and a destroyed stack leave nothing behind."""
    stack = moved(account, answer, monkeypatch)
    with account.connected():
        stack.up(program(single=False))
        assert len(ids(account)) == 6
        stack.destroy()
    assert ids(account) == set()


@answers
def test_renamed_resources_keep_their_entries(
    account: EmulatedAccount, answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resource of another name takes the entry, and the former one does not delete it under its id of today."""
    stack = moved(account, answer, monkeypatch)
    before = ids(account)
    with account.connected():
        stack.up(program("new-", comments="after"))
        assert (ids(account), comments(account)) == (before, {"after"})
        assert stack.preview(program("new-", comments="after"), refresh=True).summary == {"same": 6}


def test_on_an_account_of_the_older_contract_what_is_gone_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """An entry that somebody deleted and recreated has another number: it is not taken for the recorded one."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    account = EmulatedAccount("2025")
    stack = account.stack()

    def one() -> None:
        email_security.BlockSender("block", pattern="a.example", pattern_type="DOMAIN")

    with account.connected():
        stack.up(one)
        (entry,) = account.entries("block_senders")
        account.remove("block_senders", entry["id"])
        account.seed("block_senders", {"pattern": "a.example", "pattern_type": "DOMAIN", "is_regex": False})
        assert [change.operation for change in stack.refresh().drift] == ["delete"]
