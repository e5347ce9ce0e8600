"""Lists that lag behind writes: what a run wrote or deleted lately is asked for by id, in the next run too."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudflare_email_security import EmailSecurityError
from pulumi_cloudflare_email_security.emulator import Fault, Request, Response
from support.accounts import ACCOUNT, Account
from trust.programs import ENTRY
from trust.world import Engine, world

Program = dict[str, tuple[str, dict[str, Any]]]

LAG = {"list_lag": 5}
lagging = pytest.mark.parametrize(
    "account",
    [
        (contract, {"habits": habits})
        for contract in ("2025", "2026")
        for habits in (LAG, {**LAG, "partial_answers": "id"})
    ],
    indirect=True,
)


def entries(names: str, comments: str = "") -> list[dict[str, str]]:
    """Blocked senders."""
    return [{"pattern": f"{name}.example", "pattern_type": "DOMAIN", "comments": comments} for name in names]


def patterns(account: Account, kind: str = "block_senders") -> str:
    """Who is blocked, or trusted."""
    return "".join(sorted(entry["pattern"][0] for entry in account.entries(kind)))


def next_run(account: Account, after: float = 1) -> None:
    """Another process, a moment later."""
    account.clock.sleep(after)
    account.restart()


@lagging
def test_a_refresh_right_after_an_edit_finds_no_drift(account: Account) -> None:
    """The list shows the values of before the edit."""
    senders = account.resource("block_senders")
    senders.up(entries=entries("abcdef", "old"))
    next_run(account, 60)
    senders.up(entries=entries("abcdef", "new"))
    next_run(account)
    assert senders.refresh() == "same"
    assert [fields["comments"] for fields in account.entries("block_senders")] == ["new"] * 6


@pytest.mark.parametrize("account", [("2026", {"habits": {**LAG, "bare_answers": "null"}})], indirect=True)
def test_what_answers_do_not_tell_is_asked_for_by_id(account: Account) -> None:
    """Changes and deletions of which neither the answer nor the list tells are done, here and for the next run."""
    senders = account.resource("block_senders")
    senders.up(entries=entries("abcdef", "old"))
    next_run(account, 60)
    senders.up(entries=entries("abcdef", "new"))
    next_run(account)
    assert senders.refresh() == "same"
    senders.destroy()
    assert patterns(account) == ""
    next_run(account)
    senders.up(entries=entries("abcdef", "new"))
    assert patterns(account) == "abcdef"


@pytest.mark.parametrize("kind", ["block_senders", "impersonation_registry"])
@pytest.mark.parametrize(
    "account",
    [(contract, {"habits": {**LAG, "bare_answers": "null"}}) for contract in ("2025", "2026")],
    indirect=True,
)
def test_creates_of_which_nothing_tells_at_once_are_waited_for(account: Account, kind: str) -> None:
    """Where each entry is a request of its own: later ones, too, and not only until the first of all shows."""
    many = {
        "block_senders": entries("abcdefghijklmnopqrst", "new"),
        "impersonation_registry": [{"name": name, "email": f"{name}@corp.example"} for name in "abcdefghijklmnopqrst"],
    }
    collection = account.resource(kind)
    assert collection.up(entries=many[kind]) == "create"
    assert len(account.entries(kind)) == 20
    next_run(account, 60)
    assert collection.refresh() == "same"


@pytest.mark.parametrize("kind", ["block_senders", "trusted_domains"])
@pytest.mark.parametrize("already", ["", "ab"])
@pytest.mark.parametrize(
    "account",
    [(contract, {"habits": {"list_lag": 40, "partial_answers": "id"}}) for contract in ("2025", "2026")],
    indirect=True,
)
def test_answers_that_hold_ids_only_tell_what_was_made_where_the_list_lags_long(
    account: Account, kind: str, already: str
) -> None:
    """Each answered id is asked for, so that one `up` is enough; what the account had before is no part of it."""
    many = account.resource(kind)
    form = {"pattern_type": "DOMAIN"} if kind == "block_senders" else {}
    names = [{**form, "pattern": f"{name}.example"} for name in "abcdef"]
    if already:
        assert many.up(entries=names[: len(already)]) == "create"
        next_run(account, 60)
    many.up(entries=names)
    assert patterns(account, kind) == "abcdef"
    next_run(account, 60)
    assert many.refresh() == "same"


@pytest.mark.parametrize("bare", ["null", "204"])
@pytest.mark.parametrize(
    "account",
    [("2026", {"habits": {"list_lag": 60, "batch_limit": "3:413"}})],
    indirect=True,
)
def test_what_a_look_by_id_found_done_stays_done_in_the_next_look(account: Account, bare: str) -> None:
    """Domains are changed by and by where batches are small: each look finds what is done, once, the list never."""
    domains = account.resource("domains")

    def declared(hops: int) -> list[dict[str, Any]]:
        modes = {"allowed_delivery_modes": ["API"], "drop_dispositions": [], "ip_restrictions": [], "regions": ["US"]}
        return [{"domain": f"{name}.example", **modes, "lookback_hops": hops} for name in "abcdefg"]

    domains.up(entries=declared(1))
    next_run(account, 600)
    account.emulator.set_habits(list_lag=60, batch_limit="3:413", bare_answers=bare)
    domains.up(entries=declared(2))
    assert [entry["lookback_hops"] for entry in account.entries("domains")] == [2] * 7
    next_run(account, 600)
    assert domains.refresh() == "same"


@lagging
def test_drift_is_seen_all_the_same(account: Account) -> None:
    """What somebody else changed after our last write is drift, found in the list."""
    senders = account.resource("block_senders")
    senders.up(entries=entries("abcdef", "old"))
    next_run(account, 60)
    account.change("block_senders", str(account.entries("block_senders")[0]["id"]), comments="theirs")
    next_run(account, 60)
    assert senders.refresh() == "changed"
    assert any("theirs" in line for line in account.told)


def test_drift_costs_no_request_more_than_the_list(account: Account) -> None:
    """The API's times tell that it is newer than what was written here."""
    senders = account.resource("block_senders")
    senders.up(entries=entries("abcdef", "old"))
    next_run(account)
    account.asked()
    assert senders.refresh() == "same"
    requests = account.asked()
    next_run(account)
    for entry in account.entries("block_senders"):
        account.change("block_senders", str(entry["id"]), comments="theirs")
    assert senders.refresh() == "changed"
    assert account.asked() <= requests


@lagging
@pytest.mark.parametrize("adopt", [False, True])
def test_an_up_right_after_a_destroy_makes_everything_again(account: Account, *, adopt: bool) -> None:
    """The list still shows what is gone: it neither stands in the way nor is taken for what is there."""
    senders = account.resource("block_senders", verify="true")
    senders.up(entries=entries("abc"))
    next_run(account, 60)
    senders.destroy()
    next_run(account)
    assert senders.up(entries=entries("abc"), adopt=adopt) == "create"
    assert patterns(account) == "abc"


@lagging
@pytest.mark.parametrize("adopt", [False, True])
def test_a_single_that_was_destroyed_is_made_again(account: Account, *, adopt: bool) -> None:
    """The same for a resource of one entry."""
    sender = account.resource("block_sender", verify="true")
    (fields,) = entries("a")
    sender.up(**fields)
    next_run(account, 60)
    sender.destroy()
    next_run(account)
    assert sender.up(**fields, adopt=adopt) == "create"
    assert patterns(account) == "a"


@lagging
def test_what_exclusive_mode_deleted_is_no_drift(account: Account) -> None:
    """A refresh right after the update that deleted it."""
    account.seed("block_senders", *entries("xyz"))
    senders = account.resource("block_senders")
    next_run(account, 60)
    senders.up(entries=entries("ab"), mode="exclusive", delete_limit=100)
    assert patterns(account) == "ab"
    next_run(account)
    assert senders.refresh() == "same"
    assert not [line for line in account.told if "drift" in line]


def _ids(engine: Engine) -> dict[str, Any]:
    found = engine.emulator.entries(ACCOUNT, "block_senders")
    return {entry["pattern"].removesuffix(".example"): entry["id"] for entry in found}


def _many(name: str, names: str) -> Program:
    block = ENTRY["block_sender"]
    return {name: ("block_senders", {"entries": [block(each, 0) for each in names]})}


def _singles(names: str) -> Program:
    return {name: ("block_sender", ENTRY["block_sender"](name, 0)) for name in names}


@pytest.mark.parametrize("duplicates", ["conflict", "accept"])
@pytest.mark.parametrize("before", [_many("left", "abc"), _singles("abc")], ids=["collection", "singles"])
@pytest.mark.parametrize("after", [_many("right", "abc"), _singles("abc")], ids=["collection", "singles"])
def test_what_moves_right_after_it_was_made_is_not_made_again(before: Program, after: Program, duplicates: str) -> None:
    """State says that it is there; a list that does not show it yet is asked again."""
    if before.keys() == after.keys():
        after = {f"new {name}": each for name, each in after.items()}
    with world("2026", habits={**LAG, "duplicates": duplicates}) as engine:
        assert engine.up(before).done
        made = _ids(engine)
        engine.clock.clock.sleep(1)
        outcome = engine.up(after)
        assert outcome.done, outcome.error
        assert _ids(engine) == made
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == 3
        engine.clock.clock.sleep(60)
        assert engine.preview(after) == []


@pytest.mark.parametrize("program", [_singles("abcdef"), _many("all", "abcdef")], ids=["singles", "collection"])
def test_nothing_was_changed_outside(program: Program) -> None:
    """A refresh right after an edit, of singles too many to be read one by one."""
    with world("2026", habits=LAG) as engine:
        assert engine.up(program).done
        engine.clock.clock.sleep(60)
        edited = {name: (kind, _edited(arguments)) for name, (kind, arguments) in program.items()}
        assert engine.up(edited).done
        engine.clock.clock.sleep(1)
        engine.refresh()
        assert engine.preview(edited) == []


def _edited(arguments: dict[str, Any]) -> dict[str, Any]:
    if "entries" in arguments:
        return {**arguments, "entries": [_edited(each) for each in arguments["entries"]]}
    return {**arguments, "comments": "edited"}


@pytest.mark.parametrize("account", [("2026", {"habits": {"list_lag": 20}})], indirect=True)
def test_what_a_lost_answer_may_have_made_is_ours_although_the_second_try_is_refused(account: Account) -> None:
    """The first try made it, the list does not show it yet, and the second one met another failure."""
    account.emulator.inject(
        Fault("server_error", operation="POST *", times=1, applied=True),
        Fault("refused", operation="POST *", times=1),
    )
    with pytest.raises(EmailSecurityError):
        account.resource("block_sender").up(pattern="a.example", pattern_type="DOMAIN")
    next_run(account, 60)
    assert account.resource("block_sender").up(pattern="a.example", pattern_type="DOMAIN") == "create"
    assert patterns(account) == "a"


@pytest.mark.parametrize("account", ["2025"], indirect=True)
def test_what_filters_show_and_the_list_does_not_yet_is_not_made_again(account: Account) -> None:
    """The answer to an array is lost; for eight seconds only the API's filters show what it made."""
    until = account.clock.now() + 8

    def behind(request: Request) -> Response | None:
        asks_for_all = "pattern" not in dict(request.query) and request.path.endswith("/trusted_domains")
        if request.method != "GET" or not asks_for_all or account.clock.now() > until:
            return None
        return Response(200, {}, b'{"success": true, "errors": [], "messages": [], "result": []}')

    account.emulator.answer_duplicates("accept")
    account.emulator.instead = behind
    account.fail("cut_after", "POST trusted_domains")
    account.resource("trusted_domains").up(entries=[{"pattern": f"{name}.example"} for name in "abcde"])
    assert patterns(account, "trusted_domains") == "abcde"
