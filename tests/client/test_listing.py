"""Shared reads: how many requests they cost, and that they never tell what is no longer true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.client.by_id import SAMPLE
from pulumi_cloudflare_email_security.client.envelope import Answer
from pulumi_cloudflare_email_security.client.errors import (
    AmbiguousError,
    NotFoundError,
    Problem,
    RequestError,
    ServerError,
    TimedOutError,
)
from pulumi_cloudflare_email_security.client.habits import PAGE_SIZE
from pulumi_cloudflare_email_security.client.listing import (
    LOOKS_LATE,
    MAX_AGE,
    MAX_AGE_FACTOR,
    SMALL_LIST_PAGES,
    Listing,
    looks_after,
)
from pulumi_cloudflare_email_security.client.pages import Entry
from pulumi_cloudflare_email_security.client.recent import SETTLING, RecentWrites
from support.fake_time import FakeTime
from support.list_api import ListApi, endpoint_of, ids_of


class Case:
    """A listing of an API in memory, in fake time."""

    def __init__(self, size: int, **habits: Any) -> None:
        self.time = FakeTime()
        self.api = ListApi.of(size, **habits)
        endpoint = endpoint_of(self.api, self.time)
        # An account of which enough was read to know that its totals count.
        endpoint._habits.words.totals_count = True
        self.listing = Listing(
            endpoint,
            self.time.clock,
            RecentWrites(lambda: self.time.seconds),
        )

    def get(self, ids: Sequence[int]) -> None:
        """Read entries one after the other."""
        for id_ in ids:
            assert self.listing.get(str(id_))["id"] == str(id_)

    def find(self, pattern: str) -> list[str]:
        """The ids of the entries with a key."""
        return ids_of(self.listing.find((pattern.lower(),), {"pattern": pattern}))

    def is_gone(self, id_: str) -> bool:
        """Whether an entry is not found by its id."""
        try:
            self.listing.get(id_)
        except NotFoundError:
            return True
        return False


def test_three_entries_in_a_large_account_cost_three_requests() -> None:
    """A stack of 3 entries in an account of 50,000 never reads the list."""
    case = Case(50_000)
    case.get([1, 25_000, 49_999])
    assert (case.api.singles, case.api.pages) == (3, 0)


@pytest.mark.parametrize("size", [999, 1001, 2000, 3000])
@pytest.mark.parametrize("total_count", [True, False])
def test_a_thousand_reads_share_the_list(size: int, total_count: bool) -> None:
    """Refreshing 1,000 single entries takes a few single reads and then the list, once."""
    case = Case(size, total="right" if total_count else "missing")
    case.get(range(min(size, 1000)))
    if total_count:
        assert case.api.pages == size // PAGE_SIZE + 1
        assert case.api.singles <= 3
    assert len(case.api.asked) <= 3 + 50 + 4


def test_a_thousand_reads_take_at_most_three_list_requests() -> None:
    """In an account of those 1,000 entries the list is asked for no more than three times."""
    case = Case(1000)
    case.get(range(1000))
    assert case.api.pages <= 3


@settings(max_examples=40)
@given(reads=st.integers(1, 60), pages=st.integers(1, 30))
def test_reads_cost_at_most_twice_the_cheaper_way(reads: int, pages: int) -> None:
    """However many are read from however large an account: about twice the cheaper of singles and list, and no more."""
    case = Case(pages * 40 - 1, cap=40)
    case.get([number % (pages * 40 - 1) for number in range(reads)])
    assert len(case.api.asked) <= 2 * min(reads, pages) + 4


def test_many_threads_read_the_list_once() -> None:
    """Four threads that read 1,000 entries at a time wait for one reading of the list."""
    case = Case(3000)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: case.listing.get(str(number))["id"], range(1000)))
    assert found == [str(number) for number in range(1000)]
    assert case.api.pages == 4
    assert case.api.singles <= 3


def test_looking_up_many_keys_reads_the_list_once() -> None:
    """10,000 keys looked up in an account of 2,999 take its three pages."""
    case = Case(2999)
    for number in range(10_000):
        assert case.find(f"p{number}") == ([str(number)] if number < 2999 else [])
    assert len(case.api.asked) == 3


def test_looking_up_a_few_keys_in_a_large_account_uses_the_filter() -> None:
    """Three keys in an account of 50,000 take three filtered requests, and one that tells its size."""
    case = Case(50_000)
    for number in (1, 30_000, 60_000):
        assert case.find(f"p{number}") == ([str(number)] if number < 50_000 else [])
    assert (case.api.searches, case.api.pages) == (3, 1)


def test_looking_up_very_many_keys_in_a_large_account_ends_with_the_list() -> None:
    """Never more than about twice the pages, however many keys are looked up."""
    case = Case(20_000)
    for number in range(500):
        case.find(f"p{number}")
    assert len(case.api.asked) <= 2 * 20 + 1


def test_keys_compare_as_the_caller_says() -> None:
    """A key in another case is found where the list is small, and twins are all found."""
    case = Case(3)
    case.api.entries.append({"id": "x", "pattern": "P1"})
    assert case.find("p1") == ["1", "x"]


def test_a_missing_entry_is_not_found_by_either_way() -> None:
    """An entry that is gone is not found by a single read, nor in the list."""
    case = Case(10)
    for _ in range(6):
        with pytest.raises(NotFoundError):
            case.listing.get("77")
    assert case.api.pages == 1


def test_own_writes_are_seen() -> None:
    """What this process creates, changes and deletes shows in the shared list without a request."""
    case = Case(10)
    case.listing.all()
    del case.api.entries[2]
    case.listing.remember([{"id": "new", "pattern": "fresh"}])
    case.listing.remember([{"id": "1", "pattern": "changed"}])
    case.listing.forget(["2"])
    assert case.find("fresh") == ["new"]
    assert (case.find("changed"), case.find("p1"), case.find("p2")) == (["1"], [], [])
    with pytest.raises(NotFoundError):
        case.listing.get("2")
    assert len(case.listing.all()) == 10
    assert case.api.pages == 1


def test_own_writes_after_the_first_page_was_read_are_seen() -> None:
    """The page that told the size of a large account is not used once something it shows was deleted."""
    case = Case(6500)
    case.find("p6000")
    assert (case.api.pages, case.api.searches) == (1, 1)
    del case.api.entries[3]
    case.listing.forget(["3"])
    ids = {entry["id"] for entry in case.listing.all()}
    assert ids == {entry["id"] for entry in case.api.entries}


def test_changes_after_the_first_page_was_read_are_seen() -> None:
    """An entry changed by this process is not shown as the first page had it."""
    case = Case(6500)
    case.find("p6000")
    case.api.entries[3] = {"id": "3", "pattern": "changed"}
    case.listing.remember([case.api.entries[3]])
    assert [entry["pattern"] for entry in case.listing.all() if entry["id"] == "3"] == ["changed"]


def test_drop_and_fresh_ask_again() -> None:
    """After a drop, and for a fresh list, the API is asked."""
    case = Case(10)
    case.listing.all()
    case.api.entries.pop()
    assert len(case.listing.all()) == 10
    assert len(case.listing.fresh()) == 9
    case.api.entries.pop()
    case.listing.drop()
    assert len(case.listing.all()) == 8
    assert case.api.pages == 3


@pytest.mark.parametrize(("age", "pages"), [(MAX_AGE - 1, 1), (MAX_AGE + 1, 2)])
def test_a_list_grows_old(age: float, pages: int) -> None:
    """What was read long ago is read again, by every way of asking."""
    asks: list[Callable[[Case], object]] = [
        lambda case: case.listing.all(),
        lambda case: case.find("p1"),
        lambda case: case.listing.fresh() if case.time.slept == 0 else case.listing.find(("p1",), None),
    ]
    for ask in asks:
        case = Case(10)
        ask(case)
        case.time.sleep(age)
        ask(case)
        assert case.api.pages == pages


@pytest.mark.parametrize("seconds_a_page", [1, 20, 200])
def test_a_list_that_takes_long_is_not_read_for_every_look_up(seconds_a_page: int) -> None:
    """Age counts from the end of reading, and what took long to read is used for long."""
    case = Case(4500)
    case.api.moves = lambda _, __: case.time.sleep(seconds_a_page)
    for number in range(10):
        case.listing.find((f"p{number}",), None)
        case.time.sleep(seconds_a_page)
    assert case.api.pages == 5
    case.time.sleep(5 * seconds_a_page * MAX_AGE_FACTOR + MAX_AGE)
    case.listing.all()
    assert case.api.pages == 10


def test_a_program_that_reads_for_long_does_not_trust_an_old_list() -> None:
    """A deleted entry is noticed by a single read a minute later."""
    case = Case(10)
    case.listing.all()
    del case.api.entries[4]
    assert case.listing.get("4")["id"] == "4"
    case.time.sleep(MAX_AGE + 1)
    with pytest.raises(NotFoundError):
        case.listing.get("4")


@pytest.mark.parametrize("total_count", [True, False])
def test_a_failed_reading_leaves_nothing_behind(total_count: bool) -> None:
    """Where a page fails the next caller starts anew and gets the whole list."""
    case = Case(2500, total="right" if total_count else "missing")
    case.api.fails = [ServerError("GET /things", 500, ())]
    with pytest.raises(ServerError):
        case.listing.all()
    assert len(case.listing.all()) == 2500


def test_all_is_a_copy() -> None:
    """A caller that changes its list changes nobody else's."""
    case = Case(3)
    case.listing.all().clear()
    assert len(case.listing.all()) == 3


# A list is a hint, an id is the truth -----------------------------------------------------------------------


def lagging(size: int, *hidden: int) -> Case:
    """A listing of an account whose list does not show some entries yet."""
    case = Case(size)
    case.api.hidden = {str(number) for number in hidden}
    return case


def test_what_the_list_does_not_show_yet_is_found_by_its_id() -> None:
    """An entry that a list lags behind with is not gone, and is in the list from then on."""
    case = lagging(10, 7)
    case.listing.all()
    assert case.listing.get("7")["id"] == "7"
    assert "7" in ids_of(case.listing.all())
    assert case.find("p7") == ["7"]
    assert (case.api.pages, case.api.singles) == (1, 1)


def test_many_that_are_gone_are_not_all_asked_for() -> None:
    """After a sample of entries that are gone as the list says it is believed about the others."""
    case = Case(10)
    case.listing.all()
    assert all(case.is_gone(str(number)) for number in range(1000, 2000))
    assert case.api.singles == SAMPLE


def test_a_list_that_lags_is_believed_about_nobody() -> None:
    """Where one entry is there that the list does not show, each other one is asked for."""
    case = lagging(10, 7)
    case.listing.all()
    case.listing.get("7")
    assert all(case.is_gone(str(number)) for number in range(1000, 1100))
    assert case.api.singles == 101


def test_which_entries_are_gone() -> None:
    """Gone is what is gone by id; what is there after all comes back with its fields."""
    case = lagging(10, 3, 4)
    case.listing.all()
    absent = case.listing.by_id.confirm_gone(["3", "4", "x", "y"])
    assert absent.gone == {"x", "y"}
    assert {id_: entry["pattern"] for id_, entry in absent.alive.items()} == {"3": "p3", "4": "p4"}
    assert case.listing.by_id.confirm_gone([]) == (set(), {})


@settings(max_examples=30)
@given(absent=st.integers(0, 200), alive=st.sets(st.integers(0, 199), max_size=3))
def test_of_many_a_sample_is_asked_for(absent: int, alive: set[int]) -> None:
    """A sample that is all gone speaks for the others; one entry alive in it, and all are asked for."""
    case = Case(0)
    case.api.entries = [{"id": str(number), "pattern": "x"} for number in alive if number < absent]
    found = case.listing.by_id.confirm_gone(str(number) for number in range(absent))
    assert found.gone | found.alive.keys() == {str(number) for number in range(absent)}
    assert not found.gone & found.alive.keys()
    assert case.api.singles in ({absent} if absent <= SAMPLE or found.alive else range(SAMPLE + 1))
    if found.alive or absent <= SAMPLE:
        assert found.alive.keys() == set(ids_of(case.api.entries))


def test_what_this_process_wrote_is_never_in_the_sample_only() -> None:
    """A list lags behind the newest entries: those that this process made are asked for in any case."""
    case = Case(0)
    case.api.entries = [{"id": "123", "pattern": "x"}]
    case.listing.remember([{"id": "123", "pattern": "x"}])
    assert case.listing.by_id.confirm_gone(map(str, range(1000))).alive.keys() == {"123"}


def test_own_creates_are_in_a_list_that_lags() -> None:
    """A list read anew that does not show yet what this process made is completed."""
    case = lagging(10, 8, 9)
    for number in (8, 9):
        case.listing.remember([case.api.entries[number]])
    case.listing.drop()
    assert len(case.listing.all()) == 10
    assert case.find("p9") == ["9"]


def test_own_creates_that_somebody_deleted_are_gone() -> None:
    """What this process made and nobody has any more is in no list, and is asked for once more than once."""
    case = Case(10)
    case.listing.remember([{"id": "made", "pattern": "x"}])
    for _ in range(2):
        assert "made" not in ids_of(case.listing.fresh())
    assert case.api.singles == 2
    assert case.time.slept <= SETTLING


def behind(case: Case, entry: Entry, before: Entry | None) -> None:
    """Let an entry have been written just now, while reads by id are answered from where it is as before."""
    case.listing.remember([entry])
    due, now = case.time.seconds + SETTLING, case.api._single

    def single(id_: str) -> Any:
        if id_ != entry["id"] or case.time.seconds >= due:
            return now(id_)
        if before is None:
            raise NotFoundError(f"GET /{id_}", 404, ())
        return Answer(before, {})

    case.api._single = single  # type: ignore[method-assign]
    case.api.entries = [*(e for e in case.api.entries if e["id"] != entry["id"]), entry]
    case.api.hidden = {entry["id"]}


def test_what_was_made_just_now_is_not_gone_because_one_read_says_so() -> None:
    """A read by id may be answered by a replica that does not have the entry yet."""
    made = {"id": "made", "pattern": "x"}
    for look in (
        lambda case: case.listing.get("made") == made,
        lambda case: case.listing.by_id.confirm_gone(["made"]).alive == {"made": made},
        lambda case: made in case.listing.all(),
    ):
        case = Case(10)
        behind(case, made, None)
        assert look(case)


def test_what_was_changed_just_now_is_not_changed_back_because_one_read_says_so() -> None:
    """Where a read by id shows an entry as it was before a write of a moment ago, it is read once more."""
    case = Case(10)
    old, new = {"id": "4", "pattern": "p4", "comments": "old"}, {"id": "4", "pattern": "p4", "comments": "new"}
    behind(case, new, old)
    assert case.listing.get("4") == old
    assert case.listing.again(["4"]).alive == {"4": new}
    assert case.listing.again(["4"]).alive == {}


def test_long_after_a_write_one_read_tells() -> None:
    """Nobody waits for what was written long ago."""
    case = Case(10)
    case.listing.remember([{"id": "4", "pattern": "p4"}])
    case.time.sleep(SETTLING)
    begun = case.time.slept
    assert case.is_gone("none")
    assert case.listing.again(["4"]) == (set(), {})
    assert case.time.slept == begun


def test_own_deletes_are_not_in_a_list_that_lags() -> None:
    """A list read anew that still shows what this process deleted is corrected: its key is free."""
    case = Case(10)

    def single(id_: str) -> Any:
        raise NotFoundError(f"GET /{id_}", 404, ())

    case.api._single = single  # type: ignore[method-assign]
    case.listing.forget(["4"])
    assert "4" not in ids_of(case.listing.fresh())
    assert case.find("p4") == []


def test_a_partly_answered_change_keeps_the_rest() -> None:
    """An answer to a change that tells a part of the entry does not hide its key."""
    case = Case(10)
    case.listing.all()
    case.listing.remember([{"id": "4", "comments": "new"}])
    assert case.listing.find(("p4",), None) == [{"id": "4", "pattern": "p4", "comments": "new"}]


# Unknown outcomes -------------------------------------------------------------------------------------------


def appear(case: Case, at: float, entry: Entry) -> None:
    """Let an entry be there from a moment on."""
    begun = case.time.seconds
    added: list[Entry] = []

    def move(api: ListApi, _: int) -> None:
        if case.time.seconds >= begun + at and not added:
            added.append(entry)
            api.entries.append(entry)

    case.api.moves = move


@pytest.mark.parametrize("at", [0, 1, 4, 9, 10])
@pytest.mark.parametrize("filtered", [True, False])
def test_what_is_carried_out_late_is_found(at: float, filtered: bool) -> None:
    """An entry that comes some seconds after the lost answer is found, by the filter or in the list."""
    case = Case(10)
    case.listing.all()
    appear(case, at, {"id": "late", "pattern": "late"})
    found = case.listing.look_for(("late",), {"pattern": "late"} if filtered else None)
    assert ids_of(found) == ["late"]
    assert case.time.slept == next(moment for moment in LOOKS_LATE if moment >= at)
    assert (case.api.searches > 0) is filtered


def test_what_never_comes_is_looked_for_no_longer_than_said() -> None:
    """Nothing is concluded before the last look, and nobody waits after it."""
    case = Case(10)
    assert case.listing.look_for(("never",), {"pattern": "never"}) == []
    assert case.time.slept == LOOKS_LATE[-1]
    assert case.api.searches == len(LOOKS_LATE)


@pytest.mark.parametrize(("size", "slept"), [(10, 0.0), (SMALL_LIST_PAGES * 1000, LOOKS_LATE[-1])])
def test_a_key_in_another_form_is_found_in_the_list(size: int, slept: float) -> None:
    """What the API stores in another form than its filter knows: a short list is looked through each time."""
    case = Case(size)
    case.api.entries.append({"id": "x", "pattern": "ODD"})
    assert ids_of(case.listing.look_for(("odd",), {"pattern": "odd"})) == ["x"]
    assert case.time.slept == slept


@pytest.mark.parametrize("at", [0, 1, 6])
def test_a_late_change_is_waited_for(at: float) -> None:
    """An entry is looked at until it is as the lost write was to make it."""
    case = Case(10)
    single = case.api._single
    begun = case.time.seconds

    def change(id_: str) -> Any:
        if case.time.seconds >= begun + at:
            case.api.entries[4]["comments"] = "new"
        return single(id_)

    case.api._single = change  # type: ignore[method-assign]
    entry = case.listing.look_at("4", lambda entry: entry is not None and entry.get("comments") == "new")
    assert entry is not None
    assert entry["comments"] == "new"
    assert case.time.slept < 2 * at + 1


def test_a_late_delete_is_waited_for() -> None:
    """An entry that is gone is None; one that stays comes back as it was seen last."""
    case = Case(10)
    assert case.listing.look_at("x", lambda entry: entry is None) is None
    assert case.time.slept == 0
    entry = case.listing.look_at("4", lambda entry: entry is None)
    assert entry is not None
    assert case.time.slept == LOOKS_LATE[-1]


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (AmbiguousError("lost"), 10),
        (TimedOutError("late"), 10),
        (ServerError("POST x", 502, (Problem(None, "129 bytes of text/html"),)), 10),
        (ServerError("POST x", 500, (Problem(10013, "Internal error"),)), 3),
    ],
)
def test_how_long_to_look_depends_on_what_was_lost(error: RequestError, last: float) -> None:
    """Where the API did not say that it failed it may be at work still: it is looked for longer."""
    assert looks_after(error)[-1] == last
