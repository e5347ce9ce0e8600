"""A preview tells the truth, and a refresh tells what happened: what exists, what cannot be read, and drift."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security import RequestError
from pulumi_cloudflare_email_security.emulator import Emulator, Response
from support.accounts import Account, both_contracts
from support.collections import BLOCK, MANY, REGISTRY, Collection, costs, declared, told

SENDER: dict[str, Any] = {"pattern": "evil.example", "pattern_type": "DOMAIN"}


@both_contracts
def test_what_exists_is_refused_at_preview_with_its_id(account: Account) -> None:
    """A single entry that exists already is no green preview; with `adopt` the preview says what changes."""
    (found,) = account.seed("block_senders", {**SENDER, "is_regex": False, "comments": "by hand"})
    resource = account.resource("block_sender", verify="true")
    reason = resource.refused(**SENDER)["pattern"]
    assert f"(id {found['id']})" in reason
    assert "adopt=True" in reason
    assert resource.preview(**SENDER, comments="ours", adopt=True) == "create"
    assert account.told[-1].endswith("~ DOMAIN evil.example: comments 'by hand' -> 'ours' (exists, adopted)")
    assert account.writes() == []


@both_contracts
def test_nothing_is_read_where_nothing_is_new(account: Account) -> None:
    """A preview without news sends nothing at all; a change is told all the same."""
    resource = account.resource("block_sender", verify="true")
    resource.up(**SENDER)
    account.restart()
    account.asked()
    assert resource.preview(**SENDER) == "same"
    assert resource.preview(**SENDER, comments="changed") == "update"
    assert account.told[-1].endswith("~ DOMAIN evil.example: comments (none) -> 'changed'")
    assert account.asked() == 0


def test_a_refused_token_fails_the_preview_with_its_source(account: Account) -> None:
    """The error stands at preview and says where the credentials come from."""
    account.fail("forbidden", "GET *", times=None)
    for kind, arguments in (("block_sender", SENDER), ("block_senders", {"entries": [SENDER]})):
        account.restart()
        reason = account.resource(kind, verify="true").refused(**arguments)[""]
        assert "403" in reason
        assert "the credentials come from" in reason


@pytest.mark.parametrize("account", [("2026", {"duplicates": "accept"})], indirect=True)
def test_twins_are_refused_by_their_ids(account: Account) -> None:
    """Adopting them is no way out, so it is not named as one; what else exists is told all the same."""
    twins = account.seed("block_senders", BLOCK.entry(1), BLOCK.entry(1), BLOCK.entry(2))
    for adopt in (True, False):
        collection = Collection(account, "block_senders", verify="true")
        lines = "\n".join(collection.refused(entries=BLOCK.entries([1, 2]), adopt=adopt).values()).splitlines()
        (of_twins,) = (line for line in lines if "delete all but one" in line)
        assert all(str(twin["id"]) in of_twins for twin in twins[:2])
        assert "adopt" not in of_twins
        assert any(BLOCK.label(2) in line for line in lines) is not adopt


@both_contracts
def test_synced_entries_are_refused_by_their_directory(account: Account) -> None:
    """What cannot be changed cannot be adopted either, and the preview of a collection says so as that of an entry."""
    (synced,) = account.seed("impersonation_registry", REGISTRY.entry(1, provenance="SNOOPY-OFFICE_365"))
    collection = Collection(account, "impersonation_registry", verify="true")
    reason = collection.refused(entries=REGISTRY.entries([1, 2]), adopt=True)["entries"]
    assert f"(id {synced['id']}) exists and is synchronised from a directory" in reason
    assert "adopt=True" not in reason


def test_an_api_that_cannot_be_reached_is_a_warning(account: Account) -> None:
    """The preview goes on, says once what was not verified, and shows the plan all the same."""
    account.fail("refused", "GET *", times=None)
    collection = Collection(account, "block_senders", verify="true")
    assert collection.preview(entries=[SENDER]) == "create"
    (warning,) = (text for text in account.told if "not verified" in text)
    assert "no connection" in warning
    assert "+ DOMAIN evil.example" in told(account)


def test_the_preview_of_an_update_goes_on_as_well(account: Account) -> None:
    """What is new is shown, and what goes; the update itself fails."""
    collection = Collection(account, "block_senders", verify="true")
    collection.up(entries=BLOCK.entries([1, 2]))
    account.fail("refused", "GET *", times=None)
    assert collection.preview(entries=BLOCK.entries([2, 3])) == "update"
    assert "not verified" in told(account)
    assert f"+ {BLOCK.label(3)}" in told(account)
    assert f"- {BLOCK.label(1)}" in told(account)
    with pytest.raises(RequestError):
        collection.up(entries=BLOCK.entries([2, 3]))


def test_what_nobody_could_see_is_not_pruned(account: Account) -> None:
    """A collection that becomes exclusive is refused where its preview cannot tell what that deletes."""
    account.seed("block_senders", *BLOCK.entries(range(50, 80)))
    collection = Collection(account, "block_senders", verify="true")
    account.fail("refused", "GET *", times=None)
    (reason,) = collection.refused(entries=[SENDER], mode="exclusive").values()
    assert reason.startswith("what exists, and would be deleted, could not be read: ")
    assert "no connection" in reason


@pytest.mark.parametrize("account", [("2026", {"duplicates": "accept"})], indirect=True)
def test_an_entry_is_not_renamed_to_twins(account: Account) -> None:
    """A new natural key that exists twice is refused by the property that says it."""
    resource = account.resource("block_sender", verify="true")
    resource.up(**BLOCK.entry(5))
    twins = account.seed("block_senders", BLOCK.entry(1), BLOCK.entry(1))
    account.restart()
    reason = resource.refused(**BLOCK.entry(1))["pattern"]
    assert all(str(twin["id"]) in reason for twin in twins)


@both_contracts
def test_a_refresh_tells_drift_in_its_own_direction(account: Account) -> None:
    """What was changed and deleted outside, and what the next `up` does about it; the plan itself is not told."""
    collection = Collection(account, "block_senders")
    collection.up(entries=[BLOCK.changed(1), *BLOCK.entries([2, 3])])
    account.change("block_senders", BLOCK.id_of(account, 1), comments="by hand")
    account.remove("block_senders", BLOCK.id_of(account, 2))
    assert collection.refresh() == "changed"
    text = told(account)
    assert "1 changed outside this program; the next `up` changes them back:" in text
    assert f"~ {BLOCK.label(1)}" in text
    assert "1 deleted outside this program; the next `up` creates them again:" in text
    assert f"- {BLOCK.label(2)}" in text
    assert "to add" not in text


@both_contracts
def test_a_refresh_of_a_single_entry_tells_drift(account: Account) -> None:
    """A changed field with old and new value; a deleted entry as deleted."""
    resource = account.resource("block_sender")
    resource.up(**SENDER, comments="ours")
    account.change("block_senders", resource.id, comments="theirs")
    account.restart()
    account.told.clear()
    assert resource.refresh() == "changed"
    (line,) = account.told
    assert "~ DOMAIN evil.example: comments 'ours' -> 'theirs' (changed outside this program" in line
    account.remove("block_senders", resource.id)
    account.restart()
    assert resource.refresh() == "gone"
    assert "- DOMAIN evil.example (deleted outside this program; the next `up` creates it again)" in account.told[-1]


@both_contracts
def test_report_mode_names_what_nobody_declares(account: Account) -> None:
    """Unmanaged entries are named by a refresh and touched by nothing."""
    collection = declared(account, BLOCK, 1, 2, mode="report")
    account.seed("block_senders", BLOCK.entry(7, comments="by hand"))
    collection.refresh()
    assert "1 held by no resource of this stack; the next `up` leaves them:" in told(account)
    assert f"+ {BLOCK.label(7)}" in told(account)
    arguments: dict[str, Any] = {"entries": BLOCK.entries([1, 2]), "mode": "report"}
    assert collection.preview(**arguments) == "same"
    assert costs(account) == (0, 0)
    assert collection.up(entries=BLOCK.entries([1]), mode="report", delete_limit=100) == "update"
    assert BLOCK.stored(account) == BLOCK.keys([1, 7])
    collection.destroy()
    assert BLOCK.stored(account) == BLOCK.keys([7])


def test_what_the_account_stores_in_another_form_is_told_once(account: Account) -> None:
    """A text that comes back as another one is a hint, not an update at every `up`."""
    stored = "OURS"

    def shouted(request: Any) -> Response | None:
        response = Emulator.handle(account.emulator, request)
        return Response(response.status, response.headers, response.body.replace(b'"ours"', b'"OURS"'))

    account.emulator.instead = shouted
    resource = account.resource("block_sender")
    resource.up(**SENDER, comments="ours")
    assert f"the API stores comments 'ours' as '{stored}': declare '{stored}'" in account.told[-1]
    account.restart()
    assert resource.preview(**SENDER, comments="ours") == "same"
    resource.refresh()
    assert resource.preview(**SENDER, comments="ours") == "same"
    assert resource.preview(**SENDER, comments="other") == "update"


@pytest.mark.parametrize("mode", ["refuse", "warn", "off"])
def test_what_weakens_is_said_or_refused(account: Account, mode: str) -> None:
    """`risk` decides what becomes of a policy that exempts all mail."""
    everything = {**SENDER, "pattern": ".*", "is_regex": True, "is_trusted_sender": True, "verify_sender": False}
    resource = account.resource("allow_policy", risk=mode)
    if mode == "refuse":
        assert "matches-everything" in resource.refused(**everything)[""]
    else:
        assert resource.preview(**everything) == "create"
        assert any("matches-everything" in text for text in account.told) is (mode == "warn")


@both_contracts
def test_report_mode_names_domains_that_nobody_declares(account: Account) -> None:
    """A domain that a delete would leave protected is unmanaged all the same."""
    domains = next(many for many in MANY if many.kind == "domains")
    collection = declared(account, domains, 1, mode="report")
    account.seed("domains", domains.entry(7))
    collection.refresh()
    assert f"+ {domains.label(7)}" in told(account)
    assert collection.preview(entries=domains.entries([1]), mode="report") == "same"


@pytest.mark.parametrize(
    "account", [(contract, {"habits": {"total_count": "missing"}}) for contract in ("2025", "2026")], indirect=True
)
@pytest.mark.parametrize("pattern", ["EVIL.Example", "198.51.100.7/32"])
def test_what_is_written_otherwise_is_found_where_lists_do_not_tell_their_length(
    account: Account, pattern: str
) -> None:
    """The API's exact filters do not find it; a short list does."""
    kind, declared_as = ("IP", "198.51.100.7") if "/" in pattern else ("DOMAIN", "evil.example")
    (found,) = account.seed("block_senders", {"pattern": pattern, "pattern_type": kind, "is_regex": False})
    resource = account.resource("block_sender", verify="true")
    assert f"(id {found['id']})" in resource.refused(pattern=declared_as, pattern_type=kind)["pattern"]
    assert resource.up(pattern=declared_as, pattern_type=kind, adopt=True) == "create"
    assert [entry["id"] for entry in account.entries("block_senders")] == [found["id"]]
    assert account.writes() == []
