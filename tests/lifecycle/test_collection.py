"""A collection's life: declared, applied, looked at again, refreshed, braked, destroyed; on both contracts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.errors import (
    EntryExistsError,
    PartlyAppliedError,
    ReadOnlyEntryError,
    SeveralMatchesError,
    UnsupportedError,
)
from pulumi_cloudflare_email_security.model.state import from_text, recorded_entries
from support.accounts import Account, Managed, both_contracts, unknown
from support.collections import (
    ALLOW,
    BLOCK,
    DOMAINS,
    MANY,
    REGISTRY,
    Collection,
    Many,
    costs,
    declared,
    on_accounts,
    operations,
    told,
)

Args = dict[str, Any]


@on_accounts()
def test_up_preview_refresh_preview_is_empty(many: Many, account: Account) -> None:
    """What was applied is there, nothing is left to change before and after a refresh, and destroy takes it away."""
    collection = declared(account, many, 1, 2, 3, verify="true")
    assert many.stored(account) == collection.keys == many.keys([1, 2, 3])
    assert ("~3 to adopt" if (many, account.contract) == (DOMAINS, "2025") else "+3 to add") in told(account)
    entries = many.entries([3, 2, 1])
    assert collection.preview(entries=entries) == "same"
    assert (costs(account), told(account)) == ((0, 0), "")
    assert collection.refresh() == "same"
    assert costs(account) == (2, 0)  # the list, and a look behind the first page of a deployment
    assert collection.preview(entries=entries) == "same"
    assert collection.up(entries=entries) == "same"
    collection.destroy()
    assert many.stored(account) == (many.keys([1, 2, 3]) if many is DOMAINS else [])


@both_contracts
def test_thousands_of_entries_stand_in_state_compressed(account: Account) -> None:
    """The engine carries a third as much or less; a stack that holds them as JSON has nothing to do, and goes on."""
    numbers = [*range(2_500)]
    entries = [BLOCK.entry(number, comments=f"campaign {number % 97}") for number in numbers]
    collection = Collection(account, BLOCK.kind)
    assert collection.up(entries=entries) == "create"
    held = {name: from_text(collection.outputs[name]) for name in ("entries", "ids")}
    as_json = {name: json.dumps(value) for name, value in held.items()}
    assert sum(len(collection.outputs[name]) for name in held) < sum(map(len, as_json.values())) / 3
    assert collection.preview(entries=entries) == "same"
    collection.inputs["entries"] = as_json["entries"]
    collection.outputs |= as_json
    assert collection.preview(entries=entries) == "same"
    assert collection.up(entries=[BLOCK.changed(7), *entries[:7], *entries[8:]]) == "update"
    assert costs(account) == (0, 1)
    assert collection.keys == BLOCK.stored(account) == BLOCK.keys(numbers)
    assert collection.refresh() == "same"


@on_accounts()
def test_a_map_is_the_same_as_a_list(many: Many, account: Account) -> None:
    """Declared as a map by natural key instead of a list, nothing changes."""
    collection = declared(account, many, 1, 2)
    as_map = {many.key(number): many.entry(number) for number in (1, 2)}
    assert collection.preview(entries=as_map) == "same"


@on_accounts()
def test_only_what_changed_is_sent(many: Many, account: Account) -> None:
    """One entry changed, one added, one removed: the fields that changed are sent, and nothing about the others."""
    collection = declared(account, many, *range(1, 6))
    many.onboard(account, [9])
    before = many.id_of(account, 1)
    entries = [many.changed(1), *many.entries([2, 3, 4, 9])]
    assert collection.up(entries=entries) == "update"
    texts = [request.body.decode() for request in account.emulator.requests if request.method != "GET"]
    sent = "".join(texts)
    for number in (2, 3, 4):
        assert str(many.entry(number)[many.setting.key[-1]]) not in sent
    assert many.value(account, 1) == many.change[1]
    assert many.id_of(account, 1) == before
    gone = many is DOMAINS
    assert many.stored(account) == many.keys([1, 2, 3, 4, 9, *([5] if gone else [])])
    assert f"~ {many.label(1)}: {many.change[0]}" in told(account)
    assert collection.preview(entries=entries) == "same"


@on_accounts()
def test_additive_leaves_others_alone(many: Many, account: Account) -> None:
    """An entry of somebody else survives up, update, refresh and destroy, and is not even mentioned."""
    account.seed(many.collection, many.entry(50))
    collection = declared(account, many, 1, 2)
    assert collection.refresh() == "same"
    collection.up(entries=many.entries([1]))
    collection.destroy()
    assert many.key(50) in many.stored(account)
    assert many.key(50) not in told(account)


@on_accounts([many for many in MANY if many is not DOMAINS])
def test_exclusive_deletes_what_is_not_declared(many: Many, account: Account) -> None:
    """In exclusive mode unmanaged entries are named at preview, deleted by up, and shown as drift afterwards."""
    account.seed(many.collection, *many.entries(range(50, 55)))
    collection = Collection(account, many.kind)
    arguments: Args = {"entries": many.entries(range(1, 9)), "mode": "exclusive", "delete_limit": 100}
    collection.preview(**arguments)
    assert f"- {many.label(50)}" in told(account)
    assert "(not declared by this program)" in told(account)
    assert "+8 to add, -5 to delete" in told(account)
    assert costs(account)[1] == 0
    collection.up(**arguments)
    assert many.stored(account) == many.keys(range(1, 9))
    account.seed(many.collection, many.entry(60))
    assert collection.refresh() == "changed"
    assert collection.keys == many.keys([*range(1, 9), 60])
    assert collection.preview(**arguments) == "update"
    assert f"- {many.label(60)}" in told(account)
    collection.up(**arguments)
    assert many.stored(account) == many.keys(range(1, 9))
    assert collection.preview(**arguments) == "same"


@on_accounts([BLOCK, ALLOW, REGISTRY])
def test_switching_to_exclusive_names_what_it_deletes(many: Many, account: Account) -> None:
    """From additive to exclusive: the unmanaged are named at preview, and the brake counts them."""
    collection = declared(account, many, *range(1, 31))
    account.seed(many.collection, *many.entries(range(50, 52)))
    arguments: Args = {"entries": many.entries(range(1, 31)), "mode": "exclusive"}
    assert collection.preview(**arguments) == "update"
    assert f"- {many.label(51)}" in told(account)
    assert "(not declared by this program)" in told(account)
    collection.up(**arguments)
    assert many.stored(account) == many.keys(range(1, 31))
    assert collection.up(entries=arguments["entries"]) == "update"
    account.seed(many.collection, *many.entries(range(60, 80)))
    assert "20 of 50 entries (40 %)" in collection.refused(**arguments)["delete_limit"]


@both_contracts
def test_destroy_leaves_what_nobody_declared(account: Account) -> None:
    """Entries that a refresh of an exclusive collection found are not deleted with it, only by the next update."""
    collection = declared(account, BLOCK, *range(1, 6), mode="exclusive")
    account.seed("block_senders", BLOCK.entry(70))
    assert collection.refresh() == "changed"
    collection.preview(entries=BLOCK.entries(range(1, 6)), mode="exclusive")
    assert f"- {BLOCK.label(70)}" in told(account)
    assert "(not declared by this program)" in told(account)
    collection.destroy()
    assert BLOCK.stored(account) == BLOCK.keys([70])


@both_contracts
def test_back_to_additive_leaves_what_nobody_declared(account: Account) -> None:
    """A collection that is exclusive no more does not delete what a refresh found while it was."""
    collection = declared(account, BLOCK, *range(1, 6), mode="exclusive")
    account.seed("block_senders", *BLOCK.entries(range(70, 90)))
    assert collection.refresh() == "changed"
    assert collection.up(entries=BLOCK.entries(range(1, 6))) == "update"
    assert "to delete" not in told(account)
    assert BLOCK.stored(account) == BLOCK.keys([*range(1, 6), *range(70, 90)])
    assert collection.refresh() == "same"
    assert collection.preview(entries=BLOCK.entries(range(1, 6))) == "same"


@both_contracts
def test_exclusive_leaves_synced_entries_alone(account: Account) -> None:
    """Entries that a directory keeps are neither drift nor deleted."""
    synced = REGISTRY.entry(70, provenance="SNOOPY-OFFICE_365")
    account.seed("impersonation_registry", synced)
    collection = declared(account, REGISTRY, 1, 2, mode="exclusive")
    assert collection.refresh() == "same"
    assert REGISTRY.key(70) in REGISTRY.stored(account)
    assert REGISTRY.key(70) not in told(account)
    with pytest.raises(ReadOnlyEntryError, match="directory"):
        collection.up(entries=[*REGISTRY.entries([1, 2]), REGISTRY.entry(70)], mode="exclusive")


@on_accounts()
def test_taking_over_is_shown_before_it_is_done(many: Many, account: Account) -> None:
    """A first preview and later ones tell what exists from what is new, and name the values that will be changed."""
    account.seed(many.collection, *many.entries([1, 2, 3, 4, 7]))
    collection = Collection(account, many.kind, verify="true")
    options: Args = {} if many is DOMAINS else {"adopt": True}
    first = [many.changed(1), many.entry(2)]
    collection.preview(entries=first, **options)
    assert costs(account) == (2, 0)  # the list's only page, and one that shows that it was the last
    assert "~2 to adopt, 1 of them changed (0 of its entries now, 2 then)" in told(account)
    assert f"~ {many.label(1)}: {many.change[0]} " in told(account)
    assert f"{many.label(2)} (exists, adopted as it is)" in told(account)
    collection.up(entries=first, **options)
    assert many.value(account, 1) == many.change[1]
    later = [*first, many.changed(3), many.entry(4)]
    assert collection.preview(entries=later, **options) == "update"
    assert costs(account) == (2, 0)  # the list's only page, and one that shows that it was the last
    assert "~2 to adopt, 1 of them changed (2 of its entries now, 4 then)" in told(account)
    (line,) = (line for line in told(account).split("\n") if many.label(3) in line)
    assert line.startswith(f"  ~ {many.label(3)}: {many.change[0]} ")
    assert line.endswith(" (exists, adopted)")
    collection.up(entries=later, **options)
    assert many.value(account, 3) == many.change[1]
    assert collection.preview(entries=later, **options) == "same"
    assert (costs(account), told(account)) == ((0, 0), "")


@on_accounts([BLOCK, ALLOW, REGISTRY])
def test_nothing_is_asked_where_nothing_is_verified_or_new(many: Many, account: Account) -> None:
    """With `verify` off a preview sends nothing; nor does any as long as no entry is new."""
    collection = Collection(account, many.kind)
    collection.preview(entries=many.entries([1, 2]))
    assert costs(account) == (0, 0)
    collection.up(entries=many.entries([1, 2]))
    assert costs(account)[0] == 1
    collection.preview(entries=many.entries([1, 2, 3]))
    assert costs(account) == (0, 0)
    collection.preview(entries=[many.changed(1)], adopt=True)
    assert costs(account) == (0, 0)


@both_contracts
def test_exclusive_mode_shows_what_it_takes_over_later(account: Account) -> None:
    """An entry made by hand and then declared is said to exist, also where no refresh has found it."""
    collection = declared(account, BLOCK, 1, 2, mode="exclusive", verify="true")
    account.seed("block_senders", BLOCK.entry(3, comments="by hand"))
    arguments: Args = {"entries": [*BLOCK.entries([1, 2]), BLOCK.entry(3, comments="ours")], "mode": "exclusive"}
    assert collection.preview(**arguments) == "update"
    assert f"~ {BLOCK.label(3)}: comments 'by hand' -> 'ours' (exists, adopted)" in told(account)


@both_contracts
def test_an_unmanaged_entry_that_is_declared_keeps_what_is_not(account: Account) -> None:
    """What a refresh found and the program then declares keeps its remark, and belongs to the collection then."""
    collection = declared(account, BLOCK, 1, 2, mode="exclusive")
    account.seed("block_senders", BLOCK.entry(3, comments="by hand"))
    assert collection.refresh() == "changed"
    arguments: Args = {"entries": BLOCK.entries([1, 2, 3]), "mode": "exclusive"}
    assert collection.up(**arguments) == "update"
    assert f"~ {BLOCK.label(3)} (exists, adopted as it is)" in told(account)
    assert [entry["comments"] for entry in account.entries("block_senders") if entry.get("comments")] == ["by hand"]
    assert collection.preview(**arguments) == "same"
    assert collection.refresh() == "same"
    collection.destroy()
    assert BLOCK.stored(account) == []


@both_contracts
def test_every_step_tells_its_changes_once(account: Account) -> None:
    """First apply, update, and a switch to exclusive mode with edits have one heading, which counts everything."""
    account.seed("block_senders", BLOCK.entry(50), BLOCK.entry(5))
    collection = Collection(account, "block_senders")
    for arguments, heading in (
        ({"entries": BLOCK.entries([1, 2, 3])}, "+3 to add (0 of its entries now, 3 then)"),
        ({"entries": [BLOCK.changed(1), *BLOCK.entries([2, 3])]}, "~1 to change (3 of its entries now, 3 then)"),
        (
            {"entries": [*BLOCK.entries([1, 2, 4, 5])], "mode": "exclusive"},
            "+1 to add, ~1 to change, ~1 to adopt, -2 to delete (5 of its entries now, 4 then)",
        ),
    ):
        for step in (collection.preview, collection.up):
            step(**arguments)
            assert [line for line in told(account).split("\n") if "entries now" in line] == [
                f'Managed "managed": {heading}'
            ]
    assert BLOCK.stored(account) == BLOCK.keys([1, 2, 4, 5])


@on_accounts([many for many in MANY if many is not DOMAINS])
def test_existing_entries_are_not_taken_unasked(many: Many, account: Account) -> None:
    """Entries that exist are refused with their ids and the way out; nothing is written; `adopt=True` takes them."""
    account.seed(many.collection, *(many.changed(number) for number in (1, 2)))
    ids = {number: many.id_of(account, number) for number in (1, 2)}
    collection = Collection(account, many.kind)
    with pytest.raises(EntryExistsError, match="adopt=True") as caught:
        collection.up(entries=many.entries([1, 2, 3]))
    assert all(f"{many.label(number)} (id {ids[number]})" in str(caught.value) for number in ids)
    assert costs(account)[1] == 0
    collection.up(entries=many.entries([1, 2, 3]), adopt=True)
    assert {number: many.id_of(account, number) for number in (1, 2)} == ids
    assert many.value(account, 1) == many.entry(1).get(many.change[0], many.change[1])
    assert many.stored(account) == many.keys([1, 2, 3])
    assert collection.preview(entries=many.entries([1, 2, 3]), adopt=True) == "same"


@on_accounts([BLOCK])
def test_adoption_by_configuration(many: Many, account: Account) -> None:
    """The configuration of a run may say so too."""
    account.seed(many.collection, many.entry(1))
    Collection(account, many.kind, adopt="true").up(entries=many.entries([1, 2]))
    assert many.stored(account) == many.keys([1, 2])


@on_accounts([BLOCK])
def test_exclusive_takes_what_it_declares(many: Many, account: Account) -> None:
    """In exclusive mode declared entries that exist are taken without more words."""
    account.seed(many.collection, many.entry(1))
    declared(account, many, 1, 2, mode="exclusive")
    assert many.stored(account) == many.keys([1, 2])


@pytest.mark.parametrize("account", [("2026", {"duplicates": "accept"})], indirect=True)
def test_twins_are_not_taken(account: Account) -> None:
    """Where a key exists twice nobody guesses: the ids are named."""
    twins = account.seed("block_senders", BLOCK.entry(1), BLOCK.entry(1))
    with pytest.raises(SeveralMatchesError) as caught:
        declared(account, BLOCK, 1, 2, adopt=True)
    assert all(str(twin["id"]) in str(caught.value) for twin in twins)
    assert len(BLOCK.stored(account)) == 2


@pytest.mark.parametrize("account", [("2026", {"duplicates": "accept"})], indirect=True)
def test_exclusive_deletes_unmanaged_twins(account: Account) -> None:
    """Of an unmanaged key that exists twice both entries go."""
    account.seed("block_senders", BLOCK.entry(50), BLOCK.entry(50))
    declared(account, BLOCK, 1, 2, mode="exclusive", delete_limit=100)
    assert BLOCK.stored(account) == BLOCK.keys([1, 2])


@on_accounts()
def test_refresh_shows_drift(many: Many, account: Account) -> None:
    """A field changed, an entry deleted and one made anew by others: refresh records it and up puts it right."""
    collection = declared(account, many, *range(1, 6), verify="true")
    name, value = many.change
    account.change(many.collection, many.id_of(account, 1), **{name: value})
    account.remove(many.collection, many.id_of(account, 2))
    account.remove(many.collection, many.id_of(account, 3))
    account.seed(many.collection, many.entry(3))
    assert collection.refresh() == "changed"
    assert collection.keys == many.keys([1, 3, 4, 5])
    remade = many.id_of(account, 3)
    many.onboard(account, [2])
    entries = [many.entry(1, **({name: 2} if many is DOMAINS else {})), *many.entries(range(2, 6))]
    shown = name in entries[0]
    assert collection.preview(entries=entries) == "update"
    assert f"{'~' if (many, account.contract) == (DOMAINS, '2025') else '+'} {many.label(2)}" in told(account)
    assert (f"~ {many.label(1)}: {name}" in told(account)) is shown
    collection.up(entries=entries)
    assert many.stored(account) == many.keys(range(1, 6))
    assert many.id_of(account, 3) == remade
    assert collection.preview(entries=entries) == "same"


@on_accounts([BLOCK, DOMAINS])
def test_everything_gone_is_drift_not_the_end(many: Many, account: Account) -> None:
    """Where others deleted every entry, refresh says so and up makes them again."""
    collection = declared(account, many, 1, 2)
    for number in (1, 2):
        account.remove(many.collection, many.id_of(account, number))
    assert collection.refresh() == "changed"
    assert (collection.id != "", collection.keys) == (True, [])
    many.onboard(account, [1, 2])
    collection.up(entries=many.entries([1, 2]))
    assert many.stored(account) == many.keys([1, 2])


def test_an_entry_expires(account: Account) -> None:
    """From its day on an entry is deleted by the next up, as one removed from the program is."""
    collection = Collection(account, "block_senders")
    account.day = date(2027, 3, 1)
    entries = [*BLOCK.entries(range(1, 5)), BLOCK.entry(5, expires="2027-03-10")]
    collection.up(entries=entries)
    assert "expires on 2027-03-10, in 9 days" in told(account)
    account.day = date(2027, 3, 10)
    assert collection.up(entries=entries) == "update"
    assert BLOCK.stored(account) == BLOCK.keys(range(1, 5))
    assert collection.preview(entries=entries) == "same"


def test_what_was_agreed_to_end_is_not_braked(account: Account) -> None:
    """All entries may end on their day; a day that the change itself moves into the past is a mistake."""
    collection = Collection(account, "block_senders")
    account.day = date(2027, 3, 1)
    entries = [BLOCK.entry(number, expires="2027-03-10") for number in (1, 2)]
    collection.up(entries=entries)
    past = [BLOCK.entry(number, expires="2026-03-10") for number in (1, 2)]
    with pytest.raises(AssertionError, match="would delete 2 of 2 entries"):
        collection.check(entries=past)
    account.day = date(2027, 3, 10)
    assert collection.up(entries=entries) == "update"
    assert not BLOCK.stored(account)


def test_another_last_day_is_a_change(account: Account) -> None:
    """The preview shows it and state keeps it; nothing is sent."""
    collection = Collection(account, "block_senders")
    collection.up(entries=[BLOCK.entry(1, expires="2027-03-10"), BLOCK.entry(2)])
    later = [BLOCK.entry(1, expires="2028-03-10"), BLOCK.entry(2)]
    assert collection.up(entries=later) == "update"
    assert f"~ {BLOCK.label(1)}: expires '2027-03-10' -> '2028-03-10'" in told(account)
    assert costs(account) == (0, 0)
    assert collection.preview(entries=later) == "same"
    assert collection.preview(entries=BLOCK.entries([1, 2])) == "update"
    assert "expires '2028-03-10' -> (none)" in told(account)


@on_accounts([DOMAINS])
def test_domains_stay_protected(many: Many, account: Account) -> None:
    """A domain that leaves the program stays as it is, the user is told, and nothing is left to do afterwards."""
    collection = declared(account, many, 1, 2, 3)
    assert collection.up(entries=many.entries([1, 2])) == "update"
    assert "stays protected" in told(account)
    assert collection.refresh() == "same"
    assert collection.preview(entries=many.entries([1, 2])) == "same"
    collection.destroy()
    assert "stays protected" in told(account)
    assert costs(account) == (0, 0)
    assert many.stored(account) == many.keys([1, 2, 3])


@on_accounts([DOMAINS])
def test_a_domain_that_stays_is_not_announced_as_deleted(many: Many, account: Account) -> None:
    """A reviewer is not told that a domain will be deleted which stays protected."""
    collection = declared(account, many, 1, 2, 3)
    collection.preview(entries=many.entries([1, 2]))
    assert many.key(3) in told(account)
    assert "to delete" not in told(account)


@on_accounts([DOMAINS])
def test_domains_are_unprotected_where_that_was_applied(many: Many, account: Account) -> None:
    """`unprotect_on_delete` counts once it has been applied, entry by entry."""
    many.onboard(account, range(1, 5))
    collection = Collection(account, many.kind)
    entries = [many.entry(1, unprotect_on_delete=True), many.entry(2, unprotect_on_delete=True), *many.entries([3, 4])]
    collection.up(entries=entries)
    collection.up(entries=entries[1:3])
    assert many.stored(account) == many.keys([2, 3, 4])
    collection.destroy()
    assert many.stored(account) == many.keys([3, 4])


@on_accounts([DOMAINS])
def test_exclusive_domains_end_with_nothing_to_change(many: Many, account: Account) -> None:
    """Domains that exclusive mode may not unprotect are no endless drift: after up and refresh, preview is empty."""
    account.seed(many.collection, *many.entries([50]))
    collection = declared(account, many, 1, 2, mode="exclusive", delete_limit=100)
    collection.refresh()
    collection.up(entries=many.entries([1, 2]), mode="exclusive", delete_limit=100)
    collection.refresh()
    assert many.key(50) in many.stored(account)
    assert collection.preview(entries=many.entries([1, 2]), mode="exclusive", delete_limit=100) == "same"


@on_accounts([DOMAINS], contracts=("2025",))
def test_domains_that_are_not_onboarded(many: Many, account: Account) -> None:
    """Where the API cannot create domains the error says how they are onboarded."""
    with pytest.raises((UnsupportedError, PartlyAppliedError), match="onboard it first"):
        Collection(account, many.kind).up(entries=many.entries([1, 2]))


@on_accounts([DOMAINS])
def test_domains_declared_in_part_need_to_be_there(many: Many, account: Account) -> None:
    """A domain that is not there yet and is not declared whole is refused at preview, as a single one is."""
    assert Collection(account, many.kind, verify="true").refused(entries={"corp.example": {"lookback_hops": 2}}) != {}


@pytest.mark.parametrize("account", ["2025"], indirect=True)
@pytest.mark.parametrize("kind", ["content_policies", "sending_domain_restrictions", "url_ignore_patterns"])
def test_a_collection_that_the_account_does_not_have(account: Account, kind: str) -> None:
    """A 2025 account says plainly that it has no such collection."""
    many = next(many for many in MANY if many.kind == kind)
    with pytest.raises(UnsupportedError, match="this account's API has no"):
        Collection(account, kind).up(entries=many.entries([1, 2]))
    for options in ({}, {"mode": "exclusive"}, {"adopt": True}):
        reasons = Collection(account, kind, verify="true").refused(entries=many.entries([1, 2]), **options)
        assert "this account's API has no" in reasons[""]


def test_another_account_is_a_replacement(account: Account) -> None:
    """A collection that moves to another account is made there and deleted here."""
    collection = declared(account, BLOCK, 1, 2)
    assert collection.up(entries=BLOCK.entries([1, 2]), account_id="another") == "replace"
    assert BLOCK.stored(account) == []
    assert len(account.emulator.entries("another", "block_senders")) == 2


def test_many_that_another_account_leaves_behind_are_braked(account: Account) -> None:
    """A wrong account empties a list as a wrong file does: more than ten are deleted there only where that is meant."""
    numbers = [*range(1, 13)]
    collection = declared(account, BLOCK, *numbers)
    reasons = collection.refused(entries=BLOCK.entries(numbers), account_id="another")
    assert "would delete 12 of 12 entries" in reasons["delete_limit"]
    assert "what the collection leaves in account" in reasons["delete_limit"]
    assert BLOCK.stored(account) == BLOCK.keys(numbers)
    assert collection.up(entries=BLOCK.entries(numbers), account_id="another", delete_limit=100) == "replace"
    assert BLOCK.stored(account) == []
    assert len(account.emulator.entries("another", "block_senders")) == 12


def test_a_change_of_mode_alone_is_recorded(account: Account) -> None:
    """From exclusive back to additive is an update that sends nothing."""
    collection = declared(account, BLOCK, 1, 2, mode="exclusive")
    assert collection.up(entries=BLOCK.entries([1, 2])) == "update"
    assert costs(account)[1] == 0
    assert collection.outputs["mode"] == "additive"
    assert collection.preview(entries=BLOCK.entries([1, 2])) == "same"


def test_state_holds_the_entries_and_no_credentials(account: Account) -> None:
    """Outputs are the entries, the ids and how they are managed, and nothing else."""
    collection = declared(account, BLOCK, 1, delete_limit=50)
    assert collection.outputs.keys() == {"entries", "ids", "mode", "declared_by", "delete_limit", "account_id"}
    assert recorded_entries(collection.outputs) == {BLOCK.key(1): {**BLOCK.entry(1), "is_regex": False}}


@pytest.mark.parametrize("known", [True, False])
def test_entries_are_one_value_to_the_engine(account: Account, known: bool) -> None:
    """State holds entries and ids as one text each; entries not known yet stay a map, so that the engine knows."""
    collection = declared(account, BLOCK, *range(1, 4))
    assert {type(collection.outputs[name]) for name in ("entries", "ids")} == {str}
    comments = "x" if known else unknown()
    assert isinstance(collection.check(entries=[BLOCK.entry(1, comments=comments)])["entries"], str) is known


def test_secret_values_are_not_printed(account: Account) -> None:
    """Where the program marks a value as secret, a reviewer sees which fields change, not their values."""
    collection = declared(account, BLOCK, 1, has_secrets=True)
    assert collection.preview(entries=[BLOCK.changed(1)], has_secrets=True) == "update"
    assert "comments [secret] -> [secret]" in told(account)
    assert BLOCK.change[1] not in told(account)
    collection.up(entries=[BLOCK.changed(1)], has_secrets=True)
    assert collection.preview(entries=[BLOCK.entry(1, comments="open")]) == "update"
    assert BLOCK.change[1] not in told(account)


def test_a_value_that_becomes_secret_is_not_printed_later(account: Account) -> None:
    """Marking a value as secret is an update that sends nothing, and holds from then on, a refresh included."""
    collection = declared(account, BLOCK, 1)
    assert collection.up(entries=BLOCK.entries([1]), has_secrets=True) == "update"
    assert costs(account) == (0, 0)
    account.change(BLOCK.collection, BLOCK.id_of(account, 1), comments="by hand")
    collection.refresh()
    assert collection.preview(entries=[BLOCK.entry(1, comments="open")]) == "update"
    assert "by hand" not in told(account)


def test_operations_are_as_few_as_can_be(account: Account) -> None:
    """An update that adds, changes and deletes is one batch; one entry is a request of its own."""
    collection = declared(account, BLOCK, *range(1, 6))
    assert operations(account) == ["GET block_senders", "POST block_senders/batch"]
    collection.up(entries=[BLOCK.changed(1), *BLOCK.entries([2, 3, 4, 6])])
    assert operations(account)[-1:] == ["POST block_senders/batch"]
    collection.up(entries=[BLOCK.changed(1), *BLOCK.entries([2, 3, 4])])
    assert operations(account) == ["DELETE block_senders/{id}"]


@both_contracts
def test_a_field_declared_anew_that_is_right_already_is_not_sent(account: Account) -> None:
    """Drift accepted with `up --refresh`: the refresh, of the same process, has just read it."""
    collection = declared(account, BLOCK, 1, 2)
    account.change(BLOCK.collection, BLOCK.id_of(account, 1), comments="seen at the dashboard")
    entries = [BLOCK.entry(1, comments="seen at the dashboard"), BLOCK.entry(2, comments="not there yet")]
    collection.refresh()
    account.emulator.requests.clear()
    assert Managed.up(collection, entries=entries) == "update"
    assert costs(account) == (0, 1)
    (request,) = account.emulator.requests
    assert str(BLOCK.id_of(account, 1)) not in f"{request.path} {request.body.decode()}"
    assert [entry["comments"] for entry in account.entries(BLOCK.collection)] == [
        "seen at the dashboard",
        "not there yet",
    ]
    assert collection.preview(entries=entries) == "same"
    assert collection.refresh() == "same"


@both_contracts
@pytest.mark.parametrize("reads", [False, True], ids=["up", "refresh and up"])
@pytest.mark.parametrize(
    ("kind", "entry", "field", "theirs"),
    [
        ("block_senders", {"pattern": "evil.example", "pattern_type": "DOMAIN"}, "comments", "by hand"),
        ("impersonation_registry", {"name": "Jane Doe", "email": "jane@corp.example"}, "comments", "by hand"),
        ("domains", {"domain": "corp.example"}, "folder", "Inbox"),
    ],
)
def test_what_is_declared_to_be_cleared_is_cleared(
    account: Account, kind: str, entry: dict[str, Any], field: str, theirs: str, *, reads: bool
) -> None:
    """A field that was left to the account so far, and now is cleared, may hold anything: state does not tell."""
    account.seed(kind, {**entry, field: theirs})
    collection = account.resource(kind)
    collection.up(entries=[entry], adopt=True)
    assert [live[field] for live in account.entries(kind)] == [theirs]
    if reads:
        assert collection.refresh() == "same"
    assert collection.preview(entries=[{**entry, field: ""}]) == "update"
    assert any(f"{field} (not declared) -> (none)" in line for line in account.told)
    assert collection.up(entries=[{**entry, field: ""}]) == "update"
    assert [live.get(field) for live in account.entries(kind)] == [None]
    assert collection.preview(entries=[{**entry, field: ""}]) == "same"
    assert collection.refresh() == "same"
