"""What is ours stays ours, and what is a stranger's is asked for: single stories that once went wrong."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, cast
from unittest.mock import patch

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_cloudflare_email_security import EmailSecurityError, state_reference
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Fault
from pulumi_cloudflare_email_security.emulator.faults import Kind as FaultKind
from pulumi_cloudflare_email_security.model.state import as_text, recorded_ids
from pulumi_cloudflare_email_security.session.ownership import Ownership
from trust.programs import ENTRY
from trust.world import ACCOUNT, CONFIG, Engine, world

Program = dict[str, tuple[str, dict[str, Any]]]
ALL_WRITES_FAIL = [Fault("server_error", operation="POST *"), Fault("server_error", operation="DELETE *")]


def many(names: str, **options: object) -> Program:
    """A collection of blocked senders."""
    entries = [ENTRY["block_sender"](name, 0) for name in names]
    return {"r": ("block_senders", {"entries": entries, "delete_limit": 100, **options})}


def one(name: str, look: int = 0) -> Program:
    """One blocked sender."""
    return {"r": ("block_sender", ENTRY["block_sender"](name, look))}


def stranger(engine: Engine, name: str, kind: str = "block_sender", collection: str = "block_senders") -> Any:
    """Somebody else's entry, made hours after anything of ours; its id."""
    engine.clock.sleep(2 * 3600.0)
    (entry,) = engine.emulator.seed({collection: [ENTRY[kind](name, 2)]}, account_id=ACCOUNT)[collection]
    return entry["id"]


def patterns(engine: Engine) -> str:
    """The names of the live blocked senders."""
    entries = engine.emulator.entries(ACCOUNT, "block_senders")
    return "".join(sorted(entry["pattern"].removesuffix(".example") for entry in entries))


def test_a_strangers_entry_does_not_make_us_forget_our_own() -> None:
    """After a kill, a refusal for a stranger's entry leaves the killed run's entries known as ours."""
    with world("2026") as engine:
        engine.emulator.kill_at = (1, True)
        assert engine.up(many("a")).killed
        obstacle = stranger(engine, "b")
        assert engine.up(many("ab")).exists
        engine.emulator.remove(ACCOUNT, "block_senders", obstacle)
        assert engine.up(many("ab")).done


@pytest.mark.parametrize("program", [one("a"), many("a")], ids=["one", "many"])
@pytest.mark.parametrize("kind", ["forbidden", "rate_limited", "refused", "cut_before"])
def test_a_create_whose_answer_and_look_are_lost_is_known_again(program: Program, kind: Any) -> None:
    """A create was carried out, its answer lost, and the list cannot be read: the next run takes what was made."""
    with world("2026") as engine:
        engine.emulator.inject(Fault("cut_after", operation="POST *", times=1))
        engine.emulator.inject(Fault(kind, operation="GET *", after=1))
        assert engine.up(program).error is not None
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == 1
        engine.emulator.calm()
        after = engine.up(program)
        assert after.done, after.error
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == 1


@pytest.mark.parametrize("duplicates", ["conflict", "bad_request", "accept"])
def test_a_changed_key_that_exists_is_refused_with_its_id(duplicates: str) -> None:
    """An entry whose natural key is changed to that of another entry is refused, as a create of it would be."""
    with world("2026", duplicates=duplicates) as engine:
        assert engine.up(one("a")).done
        obstacle = stranger(engine, "b")
        (refused,) = engine.up(one("b")).refused
        assert str(obstacle) in refused
        patterns = [entry["pattern"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")]
        assert patterns == ["a.example", "b.example"]


def _ids(engine: Engine) -> dict[str, Any]:
    entries = engine.emulator.entries(ACCOUNT, "block_senders")
    return {entry["pattern"].removesuffix(".example"): entry["id"] for entry in entries}


@pytest.mark.parametrize("first", ["one", "list"])
def test_a_single_whose_key_becomes_one_that_moves_here_takes_that_entry(first: str) -> None:
    """A single is renamed to what a collection lets go: the entry keeps its id, the single's old one goes."""
    block = ENTRY["block_sender"]

    def program(single: str, rest: str) -> Program:
        both: Program = {
            "one": ("block_sender", block(single, 0)),
            "list": ("block_senders", {"entries": [block(name, 0) for name in rest]}),
        }
        return {name: both[name] for name in sorted(both, key=lambda name: name != first)}

    with world("2026") as engine:
        assert engine.up(program("a", "bc")).done
        before = _ids(engine)
        assert engine.up(program("b", "c")).done
        assert _ids(engine) == {name: before[name] for name in "bc"}
        assert engine.preview(program("b", "c")) == []


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("names", [("a", "z"), ("z", "a")])
def test_an_entry_that_two_hold_after_an_interrupted_move_stays(names: tuple[str, str], order: int) -> None:
    """A collection took what another let go, whose update failed then: its next update does not delete it."""
    block = ENTRY["block_sender"]

    def program(*contents: str) -> Program:
        return {
            name: ("block_senders", {"entries": [block(key, 0) for key in keys], "delete_limit": 100, "adopt": True})
            for name, keys in zip(names, contents, strict=False)
        }

    with world("2025", order=order) as engine:
        assert engine.up(program("bcde")).done
        before = _ids(engine)
        engine.emulator.inject(Fault("server_error", operation="DELETE *"))
        assert engine.up(program("c", "b")).error is not None
        engine.emulator.calm()
        assert engine.refresh().done
        assert engine.up(program("c", "b")).done
        assert _ids(engine) == {name: before[name] for name in "bc"}


def test_two_singles_may_exchange_their_keys() -> None:
    """Each takes the other's entry; nothing is deleted, nothing made again."""
    block = ENTRY["block_sender"]

    def program(left: str, right: str) -> Program:
        return {"left": ("block_sender", block(left, 0)), "right": ("block_sender", block(right, 0))}

    with world("2026") as engine:
        assert engine.up(program("a", "b")).done
        before = _ids(engine)
        assert engine.up(program("b", "a")).done
        assert _ids(engine) == before
        assert engine.preview(program("b", "a")) == []


def _one_and_list(single: str, rest: str, look: int = 0) -> Program:
    """A single entry, declared after a collection of others."""
    entries = [ENTRY["block_sender"](name, 0) for name in rest]
    return {"list": ("block_senders", {"entries": entries}), **({"one": one(single, look)["r"]} if single else {})}


@pytest.mark.parametrize("first", ["one", "list"])
def test_a_single_whose_old_key_moves_elsewhere_gives_its_entry_up(first: str) -> None:
    """A single turns to a new key while a collection declares its old one: the entry is the collection's alone."""

    def program(single: str, rest: str) -> Program:
        both = _one_and_list(single, rest)
        return {name: both[name] for name in sorted(both, key=lambda name: name != first)}

    with world("2026") as engine:
        assert engine.up(program("a", "bc")).done
        before = _ids(engine)
        assert engine.up(program("d", "abc")).done
        after = _ids(engine)
        assert {name: after[name] for name in "abc"} == before
        assert engine.state["one"].ids == {str(after["d"])}
        assert engine.state["list"].ids == {str(before[name]) for name in "abc"}
        assert engine.preview(program("d", "abc")) == []


def test_what_was_let_go_and_never_taken_can_be_taken_back() -> None:
    """The resource an entry was to move to failed, and the program was taken back: the collection has it again."""
    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        engine.emulator.inject(Fault("refused", operation="PATCH *"))
        assert engine.up(_one_and_list("a", "b", look=1)).error is not None
        assert engine.state["list"].ids == {str(before["b"])}
        engine.emulator.calm()
        engine.move_to("another-machine")
        assert engine.up(_one_and_list("", "ab")).done
        assert _ids(engine) == before
        assert engine.state["list"].ids == {str(id_) for id_ in before.values()}
        assert engine.preview(_one_and_list("", "ab")) == []
        assert engine.up(_one_and_list("", "b")).done
        assert _ids(engine) == {"b": before["b"]}


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("fault", ["refused", "cut_before", "forbidden"])
@pytest.mark.parametrize("first", ["one", "list"])
def test_what_was_taken_and_never_recorded_is_taken_on_another_machine(
    first: str, fault: FaultKind, order: int
) -> None:
    """The resource that an entry moved to failed once it had it, whatever the order: anyone may run the next `up`."""
    both = _one_and_list("a", "b", look=1)
    program = {name: both[name] for name in sorted(both, key=lambda name: name != first)}
    with world("2026", order=order) as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        engine.emulator.inject(Fault(fault, operation="PATCH *"))
        assert engine.up(program).error is not None
        engine.emulator.calm()
        engine.move_to("another-machine")
        result = engine.up(program)
        assert result.done, result.error
        assert _ids(engine) == before
        assert engine.preview(program) == []


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("how", ["destroyed", "removed"])
def test_what_was_let_go_and_never_taken_is_named_at_the_end(how: str, taken: bool) -> None:
    """The resource an entry was to move to failed, and both are deleted: the entry is not left behind in silence."""
    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        engine.emulator.inject(Fault("refused", operation="PATCH *"))
        assert engine.up(_one_and_list("a", "b", look=1)).error is not None
        engine.emulator.calm()
        if taken:
            assert engine.up(_one_and_list("a", "b", look=1)).done
        engine.told.clear()
        assert (engine.destroy() if how == "destroyed" else engine.up({})).done
        assert _ids(engine) == ({} if taken else {"a": before["a"]})
        named = [text for text in engine.told if f"DOMAIN a.example (id {before['a']})" in text and "left as" in text]
        assert len(named) == (not taken)


@pytest.mark.parametrize("kept", [False, True])
def test_what_another_resource_got_and_gave_up_is_no_longer_the_collection_s(kept: bool) -> None:
    """An entry went from a collection to a single, which leaves the program later: where it is retained it stays."""
    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        assert engine.up(_one_and_list("a", "b")).done
        assert engine.preview(_one_and_list("a", "b")) == []
        engine.told.clear()
        assert engine.preview(_one_and_list("", "b")) == ["update list", "delete one"]
        assert 'BlockSenders "list": nothing to send; DOMAIN a.example left before' in engine.told
        with patch.object(SettingProvider, "delete", lambda *_: None) if kept else contextlib.nullcontext():
            assert engine.up(_one_and_list("", "b")).done
        assert _ids(engine) == (before if kept else {"b": before["b"]})
        assert engine.preview(_one_and_list("", "b")) == []
        assert engine.up(_one_and_list("", "bc")).done
        assert _ids(engine).keys() == ({*"abc"} if kept else {*"bc"})


def test_what_was_let_go_and_nobody_declares_is_named_before_it_is_deleted() -> None:
    """The resource an entry was to move to failed, and the program declares the entry no more: the preview says it."""
    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        engine.emulator.inject(Fault("refused", operation="PATCH *"))
        assert engine.up(_one_and_list("a", "b", look=1)).error is not None
        engine.emulator.calm()
        engine.told.clear()
        assert engine.preview(_one_and_list("", "b")) == ["update list"]
        (report,) = engine.told
        assert "-1 to delete, moved away earlier (1 of its entries now, 1 then)" in report
        assert report.endswith("\n  - DOMAIN a.example (declared by no resource now)")
        assert engine.up(_one_and_list("", "b")).done
        assert _ids(engine).keys() == {"b"}
        assert engine.preview(_one_and_list("", "b")) == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_a_program_follows_a_new_name_that_was_given_outside_it(contract: str) -> None:
    """The preview cannot tell that the entry with the new key is the resource's own: it says what tells it."""
    with world(contract) as engine:
        assert engine.up(one("a")).done
        (entry,) = engine.emulator.entries(ACCOUNT, "block_senders")
        engine.emulator.change(ACCOUNT, "block_senders", str(entry["id"]), pattern="b.example")
        (refusal,) = engine.up(one("b")).refused
        assert f"(id {entry['id']})" in refusal
        assert refusal.endswith(
            "if it is this resource's own entry, which somebody renamed, run `pulumi refresh` first"
        )
        assert engine.refresh().done
        assert engine.up(one("b")).done
        assert [each["id"] for each in engine.emulator.entries(ACCOUNT, "block_senders")] == [entry["id"]]


def test_an_entry_moves_where_answers_tell_no_times() -> None:
    """An account that answers creates with the id alone: a single's entry moves to a collection all the same."""
    with world("2026", habits={"partial_answers": "id"}) as engine:
        assert engine.up(_one_and_list("a", "b")).done
        before = _ids(engine)
        engine.move_to("another-machine")
        assert engine.up(_one_and_list("", "ab")).done
        assert _ids(engine) == before


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_entry_that_moves_and_was_renamed_is_named_as_declared(contract: str) -> None:
    """Its new owner knows the entry by its id: it is changed back, and no second one is made beside it."""
    with world(contract) as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        engine.emulator.change(ACCOUNT, "block_senders", before["b"], pattern="z.example")
        engine.move_to("another-machine")
        result = engine.up(_one_and_list("b", "a"))
        assert result.done, result.error
        assert _ids(engine) == before
        assert engine.preview(_one_and_list("b", "a")) == []


def test_what_was_let_go_and_is_anothers_by_now_is_not_taken_by_its_id() -> None:
    """A collection still remembers an entry that a single took and renamed: who declares the old key makes its own."""

    def program(*singles: str) -> Program:
        return {**_one_and_list("", "b"), **{f"one{number}": one(name)["r"] for number, name in enumerate(singles)}}

    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        assert engine.up(program("a")).done
        before = _ids(engine)
        remembered = engine.state["list"]
        assert engine.up(program("c")).done
        # As with `--target`, which leaves the collection out.
        engine.put("list", "block_senders", remembered.id, remembered.inputs, remembered.outputs)
        result = engine.up(program("c", "a"))
        assert result.done, result.error
        assert _ids(engine) == {"b": before["b"], "c": before["a"], "a": _ids(engine)["a"]}
        assert engine.refresh().done
        assert engine.preview(program("c", "a")) == []


def test_what_was_let_go_and_has_another_key_by_now_is_not_deleted() -> None:
    """The single that took an entry changes its key: the collection that let the entry go leaves it alone."""
    with world("2026") as engine:
        assert engine.up(_one_and_list("", "ab")).done
        before = _ids(engine)
        for single in "accc":
            assert engine.up(_one_and_list(single, "b")).done
        assert _ids(engine) == {"b": before["b"], "c": before["a"]}
        assert engine.preview(_one_and_list("c", "b")) == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_domains_that_stay_are_no_change_forever(contract: str) -> None:
    """Exclusive domains: those that are not declared stay protected, and no preview promises to delete them."""
    with world(contract) as engine:
        stranger(engine, "stays", "domain", "domains")
        stranger(engine, "ours", "domain", "domains")
        program = {"r": ("domains", {"entries": [ENTRY["domain"]("ours", 0)], "mode": "exclusive"})}
        assert engine.up(program).done
        assert engine.refresh().done
        assert engine.preview(program) == []
        assert len(engine.emulator.entries(ACCOUNT, "domains")) == 2


@pytest.mark.parametrize("declared", ["a", "b"])
def test_exclusive_leaves_no_twin(declared: str) -> None:
    """Switched to exclusive, one up deletes a stranger's twin of a declared entry, and of one it deletes itself."""
    with world("2026", duplicates="accept") as engine:
        assert engine.up(many("a")).done
        stranger(engine, "a")
        result = engine.up(many(declared, mode="exclusive"))
        assert result.done, result.error
        assert engine.refresh().done
        assert engine.preview(many(declared, mode="exclusive")) == []
        patterns = [entry["pattern"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")]
        assert patterns == [f"{declared}.example"]


def test_a_thread_that_dies_is_noticed() -> None:
    """Whatever ends a thread of single requests ends the run: it is never taken for done."""
    with world("2025", threads=4) as engine:
        engine.emulator.kill_at = (2, False)
        provider = engine.provider("block_senders")
        inputs = provider.check({}, {**many("abcde")["r"][1], "declared_by": "demo/dev"}).inputs
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - nothing more is known of it
            provider.create(inputs)
        assert not isinstance(caught.value, KeyError)
        assert isinstance(caught.value, EmailSecurityError) or not isinstance(caught.value, Exception)


@pytest.mark.parametrize("to", ["another name", "a collection", "an exclusive collection"])
def test_an_entry_that_moves_to_another_resource_stays(to: str) -> None:
    """A resource renamed, or its entry moved to a collection, with adopt: the old one's delete spares the entry."""
    fields = {**ENTRY["block_sender"]("a", 0)}
    moved: Program = {
        "another name": {"new": ("block_sender", {**fields, "adopt": True})},
        "a collection": {"list": ("block_senders", {"entries": [fields], "adopt": True})},
        "an exclusive collection": {"list": ("block_senders", {"entries": [fields], "mode": "exclusive"})},
    }[to]
    with world("2026") as engine:
        assert engine.up({"old": ("block_sender", fields)}).done
        result = engine.up(moved)
        assert result.done, result.error
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == 1
        assert engine.refresh().done
        assert engine.preview(moved) == []


@pytest.mark.parametrize("to", ["one", "many"])
def test_an_entry_moves_although_somebody_made_it_a_second_time(to: str) -> None:
    """Which of two is the stack's own its state tells: that one moves, and the other stays as it is."""
    with world("2026") as engine:
        assert engine.up(many("ab")).done
        ours = {entry["id"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")}
        twin = stranger(engine, "a")
        moved = {**many("b"), "new": (one("a") if to == "one" else many("a"))["r"]}
        after = engine.up(moved)
        assert after.done, (after.error, after.refused)
        assert {entry["id"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")} == {*ours, twin}
        assert engine.preview(moved) == []


@pytest.mark.parametrize("to", ["a collection", "an exclusive collection", "another collection"])
def test_a_move_that_was_interrupted_loses_nothing(to: str) -> None:
    """The new resource is made, then the run fails before the old one goes: the next run spares the entries."""
    entries = [ENTRY["block_sender"](name, 0) for name in "ab"]
    before: Program = {
        "a collection": {"a": ("block_sender", entries[0]), "b": ("block_sender", entries[1])},
        "an exclusive collection": {"old": ("block_senders", {"entries": entries, "mode": "exclusive"})},
        "another collection": {"old": ("block_senders", {"entries": entries})},
    }[to]
    options: dict[str, Any] = {"mode": "exclusive"} if to == "an exclusive collection" else {"adopt": True}
    moved: Program = {"list": ("block_senders", {"entries": entries, **options})}
    fails: Program = {"other": ("trusted_domain", ENTRY["trusted_domain"]("x", 0))}
    with world("2026") as engine:
        assert engine.up(before).done
        stranger(engine, "x", "trusted_domain", "trusted_domains")
        assert engine.up({**moved, **fails}).exists
        assert engine.up(moved).done
        assert len(engine.emulator.entries(ACCOUNT, "block_senders")) == 2
        assert engine.refresh().done
        assert engine.preview(moved) == []


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_entry_is_kept_while_the_resource_it_moved_from_still_drops_it(contract: str, order: str) -> None:
    """The entry's new collection has it, the old one could not drop it yet: whoever is first, the entry stays."""
    with world(contract) as engine:
        before = {"a": many("mno")["r"], "b": many("pq")["r"]}
        assert engine.up(before).done
        engine.clock.sleep(2 * 24 * 3600.0)
        after = {"b": many("pqm", adopt=True)["r"], "a": many("o")["r"]}
        engine.emulator.inject(*ALL_WRITES_FAIL)
        assert engine.up(after).error is not None
        engine.emulator.calm()
        after = {name: after[name] for name in order}
        result = engine.up(after)
        assert result.done, result.error
        assert patterns(engine) == "mopq"
        assert engine.refresh().done
        assert engine.preview(after) == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_entry_moves_between_collections_of_a_program(contract: str) -> None:
    """What one collection drops another may take without being told to, long after it was made."""
    with world(contract) as engine:
        assert engine.up({"a": many("mn")["r"], "b": many("p")["r"]}).done
        engine.clock.sleep(2 * 24 * 3600.0)
        moved = {"a": many("n")["r"], "b": many("pm")["r"]}
        result = engine.up(moved)
        assert result.done, result.error
        assert patterns(engine) == "mnp"
        assert engine.refresh().done
        assert engine.preview(moved) == []


def test_a_single_entry_that_another_resource_deleted_is_made_again() -> None:
    """An entry moved from a collection to a resource of its own; the collection drops it late, and first."""
    fields = ENTRY["block_sender"]("m", 0)
    with world("2026") as engine:
        assert engine.up({"list": many("lmn")["r"]}).done
        engine.emulator.inject(*ALL_WRITES_FAIL)
        single = {"single": ("block_sender", {**fields, "adopt": True}), "list": many("n")["r"]}
        assert engine.up(single).error is not None
        engine.emulator.calm()
        late: Program = {name: single[name] for name in ("list", "single")}
        assert engine.up(late).done
        assert patterns(engine) == "mn"
        assert engine.refresh().done
        assert engine.preview(late) == []


def half_replaced(engine: Engine) -> None:
    """A collection of a to e that was to hold v to z instead, and broke off in the middle."""
    assert engine.up(many("abcde")).done
    engine.emulator.inject(*(replace(fault, after=2) for fault in ALL_WRITES_FAIL))
    assert engine.up(many("vwxyz")).error is not None
    engine.emulator.calm()
    assert patterns(engine) not in {"abcde", "vwxyz"}


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_interrupted_update_that_is_taken_back_is_undone(contract: str) -> None:
    """State holds what was before, and so does the program again: still the next run makes it true."""
    with world(contract, chunk=2) as engine:
        half_replaced(engine)
        assert engine.preview(many("abcde")) == ["update r"]
        assert any("the last update did not end, so the live entries are looked at" in text for text in engine.told)
        result = engine.up(many("abcde"))
        assert result.done, result.error
        assert patterns(engine) == "abcde"
        assert engine.preview(many("abcde")) == []
        assert engine.refresh().done
        assert engine.preview(many("abcde")) == []


@pytest.mark.parametrize("then", ["abcde", "vwxyz", "bwk"])
@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_a_refresh_records_what_an_interrupted_update_made(contract: str, then: str) -> None:
    """After it any program comes true, and nothing that was made is left behind."""
    with world(contract, chunk=2) as engine:
        half_replaced(engine)
        assert engine.refresh().done
        result = engine.up(many(then))
        assert result.done, result.error
        assert patterns(engine) == "".join(sorted(then))
        assert engine.preview(many(then)) == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_destroy_deletes_what_an_interrupted_update_made(contract: str) -> None:
    """Made by us and recorded nowhere: gone with the collection. A stranger's entry stays."""
    with world(contract, chunk=2) as engine:
        half_replaced(engine)
        stranger(engine, "s")
        assert engine.destroy().done
        assert patterns(engine) == "s"


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_what_a_killed_create_made_goes_when_it_is_declared_no_more(contract: str) -> None:
    """A create is killed, the program edited, a stranger makes one of the keys that were never sent: it stays."""
    with world(contract, chunk=2) as engine:
        engine.emulator.kill_at = (3, True)
        assert engine.up(many("abcdef")).killed
        assert "a" in patterns(engine)
        stranger(engine, "f")
        assert engine.up(many("xy")).done
        assert patterns(engine) == "fxy"
        assert engine.preview(many("xy")) == []


def test_an_entry_renamed_onto_another_of_ours_is_not_forgotten() -> None:
    """Somebody renames one entry of a collection to the key of another: the twin is not left behind."""
    with world("2026", duplicates="accept") as engine:
        assert engine.up(many("ab")).done
        first = engine.emulator.entries(ACCOUNT, "block_senders")[0]["id"]
        engine.emulator.change(ACCOUNT, "block_senders", first, pattern="b.example")
        assert engine.refresh().done
        assert engine.up(many("ab")).done
        patterns = [entry["pattern"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")]
        assert sorted(patterns) == ["a.example", "b.example"]


def test_a_strangers_entry_renamed_between_refreshes_survives_destroy() -> None:
    """Exclusive: what a refresh showed as nobody's stays nobody's when it is renamed; destroy leaves it."""
    program = many("a", mode="exclusive")
    with world("2026") as engine:
        assert engine.up(program).done
        other = stranger(engine, "x")
        assert engine.refresh().done
        engine.emulator.change(ACCOUNT, "block_senders", other, pattern="y.example")
        assert engine.refresh().done
        assert engine.destroy().done
        assert [entry["id"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")] == [other]


def test_a_twin_is_not_held_twice() -> None:
    """One of ours renamed onto another's key, shown beside it and then removed: the other is not deleted for it."""
    with world("2026", duplicates="accept") as engine:
        assert engine.up(many("ab")).done
        first = engine.emulator.entries(ACCOUNT, "block_senders")[0]["id"]
        engine.emulator.change(ACCOUNT, "block_senders", first, pattern="b.example")
        assert engine.refresh().done
        engine.emulator.remove(ACCOUNT, "block_senders", first)
        assert engine.refresh().done
        assert engine.up(many("ab")).done
        patterns = [entry["pattern"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")]
        assert sorted(patterns) == ["a.example", "b.example"]


@pytest.mark.parametrize("times", [1, None])
def test_a_batch_carried_out_in_part_and_answered_404_is_looked_at(times: int | None) -> None:
    """Domains: a 404 for a batch of creates may come after some were made; they are not made again."""
    with world("2026", duplicates="accept") as engine:
        engine.emulator.inject(Fault("batch_partial", times=times, status=404))
        assert engine.up({"r": ("domains", {"entries": [ENTRY["domain"](name, 0) for name in "abcd"]})}).done
        assert len(engine.emulator.entries(ACCOUNT, "domains")) == 4


@pytest.mark.parametrize("step", ["refresh", "change", "destroy"])
@pytest.mark.parametrize("kind", ["block_senders", "impersonation_registry", "sending_domain_restrictions"])
def test_a_collection_outlives_a_change_of_the_accounts_ids(kind: str, step: str) -> None:
    """State from before the account's API changed holds numbers, which it cannot route: the keys tell."""
    one = {"block_senders": "block_sender", "impersonation_registry": "impersonation_registry_entry"}.get(
        kind, kind[:-1]
    )

    def program(names: str, look: int) -> Program:
        return {"r": (kind, {"entries": [ENTRY[one](name, look) for name in names], "delete_limit": 100})}

    with world("2026") as engine:
        assert engine.up(program("abc", 0)).done
        before = {entry["id"] for entry in engine.emulator.entries(ACCOUNT, kind)}
        held = engine.state["r"]
        ids = as_text({key: str(4711 + number) for number, key in enumerate(recorded_ids(held.outputs))})
        engine.forget()
        engine.put("r", kind, held.id, held.inputs, {**held.outputs, "ids": ids})
        engine.move_to("another-machine")
        if step == "destroy":
            assert engine.destroy().done
            assert engine.emulator.entries(ACCOUNT, kind) == []
            return
        if step == "refresh":
            assert engine.refresh().done
            assert engine.state["r"].ids == before
            assert engine.preview(program("abc", 0)) == []
        result = engine.up(program("bcd", 1))
        assert result.done, result.error
        live = {entry["id"] for entry in engine.emulator.entries(ACCOUNT, kind)}
        assert len(live) == 3
        assert len(live & before) == 2
        assert engine.state["r"].ids == live
        assert engine.preview(program("bcd", 1)) == []


def test_what_another_resource_failed_to_delete_is_taken_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection waits for a delete of an entry that it adopts; that fails, so the entry is not made again."""
    take, answers = Ownership.take, iter([False])

    def take_at_the_second_try(self: Ownership, resource: str, id_: str) -> bool:
        return next(answers, True) and take(self, resource, id_)

    monkeypatch.setattr(Ownership, "take", take_at_the_second_try)
    with world("2026", duplicates="accept") as engine:
        there = stranger(engine, "a")
        assert engine.up(many("a", adopt=True)).done
        assert [entry["id"] for entry in engine.emulator.entries(ACCOUNT, "block_senders")] == [there]


def test_accounts_of_one_id_at_two_addresses_are_two() -> None:
    """One program with two provider configurations: what is declared at one API is not declared twice at another."""
    for number in range(2):
        provider = cast("SettingProvider", state_reference.provider("block_sender"))
        config = {**CONFIG, "cloudflare-email-security:baseUrl": f"emulator:account-{number}.json"}
        provider.configure(ConfigureRequest(Config({**config, "cloudflare-email-security:verify": "false"}, "demo")))
        urn = f"urn:pulumi:dev::demo::test:Managed::resource-{number}"
        assert provider.check({}, {**ENTRY["block_sender"]("a", 0), "declared_by": urn}).failures == []
