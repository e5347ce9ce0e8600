"""Accounts that answer what is right in another way: flags as numbers, changes as they were before, replicas behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_cloudflare_email_security import NoSuchRouteError
from pulumi_cloudflare_email_security.emulator import Emulator, Request, Response
from pulumi_cloudflare_email_security.session import session
from support.accounts import Account, both_contracts
from support.samples import Sample, entry, with_accounts


def answering(account: Account, change: Callable[[Request, Any], Any]) -> None:
    """Let the account answer with what `change` makes of its results."""

    def instead(request: Request) -> Response | None:
        response = Emulator.handle(account.emulator, request)
        if not response.body:
            return response
        envelope = json.loads(response.body)
        envelope["result"] = change(request, envelope["result"])
        return Response(response.status, {}, json.dumps(envelope).encode())

    account.emulator.instead = instead


def flags_as(write: Callable[[bool], object]) -> Callable[[Request, Any], Any]:
    """Answers whose flags are written otherwise."""

    def change(_request: Request, result: Any) -> Any:
        if isinstance(result, list):
            return [change(_request, each) for each in result]
        if not isinstance(result, dict):
            return result
        return {name: write(value) if isinstance(value, bool) else value for name, value in result.items()}

    return change


@pytest.fixture
def replicas(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    """An account of which what was written need not show at once: the embedded emulator has no replicas."""
    monkeypatch.setattr(session, "EMULATOR_SCHEME", "none:")
    account.restart()


WRITTEN = {"numbers": int, "text": lambda flag: str(flag).lower()}
written = pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)


@written
@with_accounts(creatable=True)
def test_flags_that_are_written_otherwise_are_no_drift(
    write: Callable[[bool], object], sample: Sample, account: Account
) -> None:
    """Neither the next up nor a refresh finds anything."""
    answering(account, flags_as(write))
    resource = account.resource(sample.kind)
    resource.up(**sample.minimal)
    for _ in range(2):
        assert resource.up(**sample.minimal) == "same"
        account.restart()
        assert resource.refresh() == "same"


@written
@both_contracts
@pytest.mark.parametrize(
    ("kind", "collection", "fields"),
    [
        ("block_sender", "block_senders", {"pattern": "Joe@Evil.example", "pattern_type": "EMAIL", "is_regex": False}),
        ("trusted_domain", "trusted_domains", {"pattern": "Evil.example", "is_regex": False}),
        ("impersonation_registry_entry", "impersonation_registry", {"name": "Joe", "email": "Joe@Corp.example"}),
    ],
)
def test_an_entry_whose_flags_are_written_otherwise_is_found(
    write: Callable[[bool], object], kind: str, collection: str, fields: dict[str, Any], account: Account
) -> None:
    """What exists in other case is adopted, not made a second time: it is no regular expression."""
    account.seed(collection, fields)
    answering(account, flags_as(write))
    account.resource(kind).up(**fields, adopt=True)
    assert len(account.entries(collection)) == 1


@with_accounts()
def test_an_answer_that_tells_the_entry_as_it_was_is_not_recorded(sample: Sample, account: Account) -> None:
    """A change is answered from where it is not known yet: no hint, and the next runs have nothing to do."""
    resource = sample.declared(account)
    resource.up(**sample.minimal)
    old: Any = {}

    def as_before(request: Request, result: Any) -> Any:
        return old if request.method == "PATCH" else result

    changed = {**sample.minimal, **sample.change}
    if sample.remark:
        changed[sample.remark] = "new"
    old = entry(account, sample)
    account.told.clear()
    answering(account, as_before)
    assert resource.up(**changed) in {"update", "replace"}
    assert not [told for told in account.told if "stores" in told]
    assert resource.preview(**changed) == "same"
    account.restart()
    assert resource.refresh() == "same"


@pytest.mark.usefixtures("replicas")
@pytest.mark.parametrize("behind", [2, 1])
@both_contracts
def test_a_replica_that_is_behind_answers_a_change_and_the_read_after_it(behind: int, account: Account) -> None:
    """What is recorded is what a read shows when the write shows everywhere."""
    resource = account.resource("block_sender")
    fields = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
    resource.up(**fields, comments="old")
    (old,) = account.entries("block_senders")
    left = behind

    def behind_for_a_while(request: Request, result: Any) -> Any:
        nonlocal left
        if request.path.endswith(str(old["id"])) and left:
            left -= 1
            return old
        return result

    answering(account, behind_for_a_while)
    resource.up(**fields, comments="new")
    assert resource.outputs["comments"] == "new"
    assert resource.preview(**fields, comments="new") == "same"


@pytest.mark.usefixtures("replicas")
@both_contracts
def test_a_change_that_is_answered_and_not_carried_out_is_not_recorded(account: Account) -> None:
    """Every read shows the old value, also when a write shows everywhere: the next up changes it."""
    resource = account.resource("block_sender")
    fields = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
    resource.up(**fields, comments="old")
    account.emulator.instead = lambda request: Response(200, {}, b"") if request.method == "PATCH" else None
    resource.up(**fields, comments="new")
    account.emulator.instead = lambda _request: None
    account.restart()
    assert resource.up(**fields, comments="new") == "update"
    assert [entry["comments"] for entry in account.entries("block_senders")] == ["new"]


def test_a_collection_is_not_told_that_its_change_is_stored_as_before(account: Account) -> None:
    """The hint that the API stores a text otherwise would be wrong."""
    senders = account.resource("block_senders")
    entries = [{"pattern": f"{name}.example", "pattern_type": "DOMAIN", "comments": "old"} for name in "ab"]
    senders.up(entries=entries)
    before = account.entries("block_senders")
    answering(
        account, lambda request, result: {**result, "patches": before} if request.path.endswith("/batch") else result
    )
    account.told.clear()
    changed = [{**fields, "comments": "new"} for fields in entries]
    senders.up(entries=changed)
    assert not [told for told in account.told if "stores" in told]
    assert senders.preview(entries=changed) == "same"


@pytest.mark.usefixtures("replicas")
@pytest.mark.parametrize("account", [("2026", {"habits": {"partial_answers": "key"}})], indirect=True)
def test_what_was_just_made_is_read_again_where_a_replica_does_not_know_it(account: Account) -> None:
    """The answer tells no times, and the first read by id that there is no such entry."""
    left = 1

    def unknown_at_first(request: Request) -> Response | None:
        nonlocal left
        if request.method != "GET" or request.path.endswith("block_senders") or not left:
            return None
        left -= 1
        return Response(404, {}, b'{"success": false, "errors": [{"code": 1404, "message": "none"}], "result": null}')

    account.emulator.instead = unknown_at_first
    resource = account.resource("block_sender")
    resource.up(pattern="evil.example", pattern_type="DOMAIN")
    assert resource.outputs["created_at"]
    assert sum(account.clock.slept) <= 3


@pytest.mark.usefixtures("replicas")
def test_the_verification_of_a_new_domain_is_asked_for_again(account: Account) -> None:
    """A replica that does not know the domain yet answers 404: the TXT record is needed now."""
    left = 1

    def unknown_at_first(request: Request) -> Response | None:
        nonlocal left
        if not request.path.endswith("/verification") or not left:
            return None
        left -= 1
        problem = {"success": False, "errors": [{"code": 1404, "message": "not found"}], "messages": []}
        return Response(404, {}, json.dumps({**problem, "result": None}).encode())

    account.emulator.instead = unknown_at_first
    lists: dict[str, Any] = {"allowed_delivery_modes": ["DIRECT"], "drop_dispositions": [], "ip_restrictions": []}
    domain = account.resource("domain")
    domain.up(domain="corp.example", regions=["GLOBAL"], **lists)
    assert domain.outputs["txt_record_value"]
    assert sum(account.clock.slept) <= 3


NOT_FOUND = {"nothing": b"", "page": b"<h1>404 Not Found</h1>", "json": b'{"detail": "Not Found"}'}
not_found = pytest.mark.parametrize("body", NOT_FOUND.values(), ids=NOT_FOUND)


def not_found_as(account: Account, body: bytes, *, always: bool = False) -> None:
    """Let the account say in its own way that an entry, or `always` everything, is not there."""

    def instead(request: Request) -> Response:
        response = Emulator.handle(account.emulator, request)
        return Response(404, {}, body) if always or response.status == 404 else response

    account.emulator.instead = instead


def three(**fields: str) -> list[dict[str, str]]:
    """Blocked senders."""
    return [{"pattern": f"{name}.example", "pattern_type": "DOMAIN", **fields} for name in "abc"]


@not_found
@both_contracts
def test_an_entry_that_is_gone_is_gone_in_whatever_words(body: bytes, account: Account) -> None:
    """Refresh, up and destroy go on, of one entry and of many: the API shows its list, so it is there."""
    single, many = account.resource("trusted_domain"), account.resource("block_senders")
    single.up(pattern="evil.example")
    many.up(entries=three())
    not_found_as(account, body)
    first = account.entries("block_senders")[0]
    account.remove("block_senders", first["id"])
    account.remove("trusted_domains", account.entries("trusted_domains")[0]["id"])
    account.restart()
    assert single.refresh() == "gone"
    assert many.refresh() == "changed"
    assert many.up(entries=three()) == "update"
    assert len(account.entries("block_senders")) == 3
    account.remove("block_senders", account.entries("block_senders")[1]["id"])
    account.restart()
    assert many.up(entries=three(comments="new")) == "update"
    assert [entry["comments"] for entry in account.entries("block_senders")] == ["new"] * 3
    account.remove("block_senders", account.entries("block_senders")[1]["id"])
    many.destroy()
    assert account.entries("block_senders") == []


@not_found
@both_contracts
def test_what_answers_404_to_everything_says_nothing_of_an_entry(body: bytes, account: Account) -> None:
    """Something else than the API answers: an error, and nothing is forgotten."""
    single, many = account.resource("trusted_domain"), account.resource("block_senders")
    single.up(pattern="evil.example")
    many.up(entries=three())
    not_found_as(account, body, always=True)
    account.restart()
    for resource in (single, many):
        with pytest.raises(NoSuchRouteError):
            resource.refresh()
        assert resource.id
