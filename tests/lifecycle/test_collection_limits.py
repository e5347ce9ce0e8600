"""What a preview of a collection refuses: deletions in mass, bad options; and what it does not know yet."""

from __future__ import annotations

from typing import Any

import pytest

from support.accounts import Account, both_contracts, unknown
from support.collections import (
    BLOCK,
    Collection,
    costs,
    declared,
    told,
)

Args = dict[str, Any]


@both_contracts
def test_exclusive_over_an_existing_account_measures_the_whole_list(account: Account) -> None:
    """The first exclusive apply that deletes 15 of 100 live entries deletes 15 %, not all: the brake lets it."""
    account.seed("block_senders", *BLOCK.entries(range(100)))
    collection = Collection(account, "block_senders")
    assert collection.preview(entries=BLOCK.entries(range(85)), mode="exclusive") == "create"
    reasons = Collection(account, "block_senders").refused(entries=BLOCK.entries(range(60)), mode="exclusive")
    assert "40 of 100 entries (40 %)" in reasons["delete_limit"]


@both_contracts
def test_the_brake_at_its_edges(account: Account) -> None:
    """Of 40 entries 12 may go and 13 may not; emptying is refused; destroy is not."""
    collection = declared(account, BLOCK, *range(40))
    reason = collection.refused(entries=BLOCK.entries(range(27)))["delete_limit"]
    assert "13 of 40 entries (32 %)" in reason
    assert "30 %" in reason
    assert collection.preview(entries=BLOCK.entries(range(28))) == "update"
    assert "leaving none" in collection.refused(entries=[])["delete_limit"]
    assert collection.preview(entries=[], delete_limit=100) == "update"
    collection.destroy()
    assert BLOCK.stored(account) == []


@both_contracts
def test_a_refused_update_is_shown_all_the_same(account: Account) -> None:
    """What the brake refuses is listed once, the other changes too, so that one can tell whether it is meant."""
    collection = declared(account, BLOCK, *range(40))
    account.told.clear()
    collection.refused(entries=[*BLOCK.entries(range(4)), BLOCK.changed(4), BLOCK.entry(50)])
    (report,) = account.told
    assert report.startswith(
        'Managed "managed": +1 to add, ~1 to change, -35 to delete (40 of its entries now, 6 then)\n'
    )
    assert f"\n  - {BLOCK.key(39)}\n" in report
    account.told.clear()
    collection.refused(entries=BLOCK.entries(range(4)), mode="exclusive")
    assert len(account.told) == 1


@both_contracts
def test_entries_taken_over_do_not_loosen_the_brake(account: Account) -> None:
    """Twelve of twenty own entries are more than the share, however many others the same update takes over."""
    collection = declared(account, BLOCK, *range(20))
    account.seed("block_senders", *BLOCK.entries(range(100, 200)))
    entries = BLOCK.entries([*range(8), *range(100, 200)])
    assert "12 of 20 entries (60 %)" in collection.refused(entries=entries, adopt=True)["delete_limit"]


def test_the_configuration_lifts_what_the_program_declares(account: Account) -> None:
    """A run is let through by configuration although the program declares a limit."""
    collection = Collection(account, "block_senders", deleteLimit="100")
    collection.up(entries=BLOCK.entries(range(40)), delete_limit=20)
    assert collection.preview(entries=BLOCK.entries(range(5)), delete_limit=20) == "update"


@pytest.mark.parametrize("limit", [0, 50, 100])
def test_the_brake_is_set_by_argument_configuration_or_environment(
    account: Account, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way of setting the limit counts."""
    collection = declared(account, BLOCK, *range(40))
    fewer = {"entries": BLOCK.entries(range(28 if limit == 0 else 20 if limit == 50 else 0))}
    configured = Collection(account, "block_senders", deleteLimit=str(limit))
    configured.id, configured.inputs, configured.outputs = collection.id, collection.inputs, collection.outputs
    refusals = [limit == 0] * 3
    found = [bool(_reasons(collection, **fewer, delete_limit=limit)), bool(_reasons(configured, **fewer))]
    monkeypatch.setenv("CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT", str(limit))
    assert [*found, bool(_reasons(collection, **fewer))] == refusals


@pytest.mark.parametrize("configured", [{"deleteLimit": "10"}, {}])
@pytest.mark.parametrize("argument", [{"delete_limit": 10}, {}])
def test_the_remedy_that_the_brake_names_works(
    account: Account, configured: dict[str, str], argument: Args, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment variable lifts the brake for one run, also where program or stack, or both, set a limit."""
    collection = Collection(account, "block_senders", **configured)
    collection.up(entries=BLOCK.entries(range(40)))
    assert "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100" in _reasons(collection, entries=[], **argument)["delete_limit"]
    monkeypatch.setenv("CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT", "100")
    assert _reasons(collection, entries=[], **argument) == {}


def _reasons(collection: Collection, **arguments: Any) -> dict[str, str]:
    """The reasons for a refusal, none where there is no refusal."""
    try:
        collection.check(**arguments)
    except AssertionError as error:
        reasons: dict[str, str] = getattr(error, "reasons")  # noqa: B009 - CheckError's own
        return reasons
    return {}


def test_a_bad_limit_in_the_environment_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that cannot be read stops the preview instead of the brake."""
    monkeypatch.setenv("CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT", "all")
    collection = Collection(account, "block_senders")
    assert "whole number" in collection.refused(entries=BLOCK.entries([1]))["delete_limit"]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"mode": "strict"}, "mode"),
        ({"mode": 1}, "mode"),
        ({"delete_limit": 101}, "delete_limit"),
        ({"delete_limit": -1}, "delete_limit"),
        ({"delete_limit": "30"}, "delete_limit"),
        ({"delete_limit": True}, "delete_limit"),
        ({"delete_limit": 12.5}, "delete_limit"),
        ({"adopt": "yes"}, "adopt"),
        ({"entires": []}, "entires"),
        ({"entries": "block.csv"}, "entries"),
        ({"entries": 7}, "entries"),
        ({"entries": None}, "entries"),
        ({"account_id": "../x"}, "account_id"),
    ],
)
def test_bad_options_are_refused(account: Account, arguments: Args, place: str) -> None:
    """Each option is checked at preview, by its own name."""
    reasons = Collection(account, "block_senders").refused(**{"entries": BLOCK.entries([1]), **arguments})
    assert list(reasons) == [place]


@pytest.mark.parametrize("name", ["mode", "delete_limit", "adopt", "account_id"])
@pytest.mark.parametrize("exists", [False, True])
def test_an_unknown_option_waits_for_its_value(account: Account, name: str, exists: bool) -> None:
    """A preview copes with every option that is an output of another resource."""
    collection = declared(account, BLOCK, *range(1, 4)) if exists else Collection(account, "block_senders")
    arguments = {"entries": BLOCK.entries([1, 2, 4]), name: unknown()}
    assert collection.preview(**arguments) in {"create", "update", "replace"}


def test_unknown_entries_in_a_preview(account: Account) -> None:
    """An entry not known yet, a key not known yet and a field not known yet are shown as such; nothing is sent."""
    collection = declared(account, BLOCK, *range(1, 6))
    later = unknown()
    entries = [*BLOCK.entries(range(1, 5)), BLOCK.entry(5, comments=later), BLOCK.entry(6, pattern=later), later]
    assert collection.preview(entries=entries) == "update"
    assert "not known yet" in told(account)
    assert "- " not in told(account).replace(" -> ", "")
    assert costs(account) == (0, 0)
    assert Collection(account, "block_senders").preview(entries=later) == "create"


@both_contracts
def test_what_is_not_known_yet_is_in_the_first_preview(account: Account) -> None:
    """Before anything is applied, too, an unknown key and an unknown value have their lines."""
    collection = Collection(account, "block_senders")
    collection.preview(entries=[BLOCK.entry(1, pattern=unknown()), BLOCK.entry(2), BLOCK.entry(3, comments=unknown())])
    assert told(account).split("\n") == [
        'Managed "managed": +3 to add (0 of its entries now, 3 then)',
        f"  + {BLOCK.key(2)}",
        f"  + {BLOCK.key(3)}: comments (not known yet)",
        "  + entries[0] (not known yet)",
    ]


@both_contracts
@pytest.mark.parametrize("exists", [False, True])
def test_what_may_yet_be_declared_is_not_said_to_be_undeclared(account: Account, exists: bool) -> None:
    """In exclusive mode an entry that one with an unknown key may turn out to be is announced with that reserve."""
    collection = declared(account, BLOCK, 1) if exists else Collection(account, "block_senders")
    account.seed("block_senders", BLOCK.entry(50))
    reserve = "not declared by this program, unless one of the entries not known yet turns out to be it"
    for later, said in (({"pattern": unknown()}, True), ({"comments": unknown()}, False)):
        collection.preview(entries=[BLOCK.entry(1), BLOCK.entry(2, **later)], mode="exclusive")
        assert f"- {BLOCK.key(50)} (not declared by this program" in told(account)
        assert (f"- {BLOCK.key(50)} ({reserve})" in told(account)) is said


def test_a_value_not_known_yet_does_not_lift_the_brake(account: Account) -> None:
    """Entries whose keys are known cannot turn out to be the ones that go."""
    collection = declared(account, BLOCK, *range(1, 41))
    entries = [BLOCK.entry(number, comments=unknown()) for number in range(1, 21)]
    assert "20 of 40 entries (50 %)" in collection.refused(entries=entries)["delete_limit"]


def test_keys_not_known_yet_are_no_deletions(account: Account) -> None:
    """The brake does not stop a preview for entries whose keys only the next up will know."""
    collection = declared(account, BLOCK, *range(1, 13))
    assert collection.preview(entries=[BLOCK.entry(1, pattern=unknown()) for _ in range(12)]) == "update"
