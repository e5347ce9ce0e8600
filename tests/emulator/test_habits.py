"""Habits: each does what its sentence says, on both contracts where both have it."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.emulator import HABITS, Emulator, EmulatorError, Fault
from support.emulator_api import ACCOUNT, Api, batch, body

Contract = Literal["2025", "2026"]

both = pytest.mark.parametrize("contract", ["2025", "2026"])
SENDER = "block_senders"


def account(contract: Contract = "2026", clock: Any = None, **habits: object) -> Api:
    """An account with these habits."""
    options = {} if clock is None else {"clock": clock, "sleep": clock.sleep}
    return Api(Emulator(contract, habits=habits, **options))


def senders(*numbers: int) -> list[dict[str, Any]]:
    """Bodies of block senders."""
    return [body(SENDER, number) for number in numbers]


def patterns(entries: list[dict[str, Any]]) -> list[str]:
    """The patterns of entries."""
    return [entry["pattern"] for entry in entries]


# What is stored


@both
@pytest.mark.parametrize(
    ("habit", "sent", "stored"),
    [
        ({"trim": True}, "  two words\n", "two words"),
        ({"composed": True}, "e\u0301", "\u00e9"),
        ({"line_ends": True}, "a\r\nb", "a\nb"),
        ({"line_ends": "crlf"}, "a\nb\r\nc", "a\r\nb\r\nc"),
        ({"trim": True, "composed": True, "line_ends": "crlf"}, " e\u0301\nb ", "\u00e9\r\nb"),
        ({"lower_case": True}, "As Written", "As Written"),
        ({}, "  As\r\nwritten e\u0301 ", "  As\r\nwritten e\u0301 "),
    ],
)
def test_text_is_stored_in_another_form(contract: Contract, habit: dict[str, object], sent: str, stored: str) -> None:
    """Creates and changes store and answer another form than was sent; what is in the dashboard stays as it is."""
    api = account(contract, **habit)
    made = api.make(SENDER, comments=sent)
    assert made["comments"] == stored
    assert api.ok("PATCH", f"{SENDER}/{made['id']}", {"comments": f"{sent}"})["comments"] == stored
    seeded = api.emulator.seed({SENDER: [{**body(SENDER, 2), "comments": sent}]}, account_id=ACCOUNT)[SENDER][0]
    assert api.ok("GET", f"{SENDER}/{seeded['id']}")["comments"] == sent


@both
@pytest.mark.parametrize(
    ("collection", "sent", "stored"),
    [
        (SENDER, {"pattern": "Ann@Corp.Example", "pattern_type": "EMAIL"}, {"pattern": "ann@corp.example"}),
        (SENDER, {"pattern": r"\S\D", "is_regex": True}, {"pattern": r"\S\D"}),
        ("allow_policies", {"pattern": "Corp.Example"}, {"pattern": "corp.example"}),
        ("trusted_domains", {"pattern": "Corp.Example"}, {"pattern": "corp.example"}),
        (
            "impersonation_registry",
            {"email": "Ann@Corp.Example", "name": "Ann Lee"},
            {"email": "ann@corp.example", "name": "Ann Lee"},
        ),
    ],
)
def test_addresses_are_stored_in_lower_case(contract: Contract, collection: str, sent: Any, stored: Any) -> None:
    """Addresses lose their case, whole; regular expressions and names keep it."""
    api = account(contract, lower_case=True)
    made = api.make(collection, **sent)
    assert made.items() >= stored.items()
    assert api.refused("POST", collection, body(collection) | sent | stored)[0] == 409
    assert api.ok("PATCH", f"{collection}/{made['id']}", sent).items() >= stored.items()


def test_domains_are_stored_in_lower_case() -> None:
    """Domains, and the subdomains that a restriction excludes, lose their case; sets stay sets."""
    api = account(lower_case=True)
    assert api.make("domains", domain="Corp.Example")["domain"] == "corp.example"
    made = api.make(
        "sending_domain_restrictions", domain="Corp.Example", exclude=["B.Example", "a.example", "b.example"]
    )
    assert (made["domain"], made["exclude"]) == ("corp.example", ["a.example", "b.example"])


@both
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("203.0.113.7", "203.0.113.7"),
    ],
)
def test_cidr_blocks_are_stored_in_their_canonical_form(contract: Contract, sent: str, stored: str) -> None:
    """IP patterns and restrictions lose host bits and other spellings; other patterns are left alone."""
    api = account(contract, canonical_cidr=True)
    assert api.make(SENDER, pattern=sent, pattern_type="IP")["pattern"] == stored
    assert api.make(SENDER, pattern="203.0.113.7/24", is_regex=True, pattern_type="IP")["pattern"] == "203.0.113.7/24"
    domain = api.make("domains")
    if "/" in sent:
        changed = api.ok("PATCH", f"domains/{domain['id']}", {"ip_restrictions": [sent, stored]})
        assert changed["ip_restrictions"] == [stored]


# How entries are answered


@both
def test_empty_lists_are_null(contract: Contract) -> None:
    """An empty list is null in every answer, one that is not empty is itself."""
    api = account(contract, null_lists=True)
    made = api.make("domains", ip_restrictions=[])
    for entry in (api.ok("GET", f"domains/{made['id']}"), api.ok("GET", "domains")[0]):
        assert entry["ip_restrictions"] is None
        assert entry["regions"] == ["GLOBAL"]


@both
def test_null_is_an_empty_text(contract: Contract) -> None:
    """Text without a value is empty; numbers and truths without one stay null or absent."""
    api = account(contract, empty_text=True)
    assert api.make(SENDER)["comments"] == ""
    domain = api.ok("GET", f"domains/{api.make('domains')['id']}")
    assert (domain["folder"], domain["integration_id"], domain["o365_tenant_id"]) == ("", "", "")
    assert domain.get("require_tls_inbound") is None
    entry = api.make("impersonation_registry")
    assert (entry["external_directory_node_id"], entry.get("directory_id")) == ("", None)


@both
def test_what_is_empty_is_left_out(contract: Contract) -> None:
    """False, null and empty are absent, true is there."""
    api = account(contract, omit_empty=True)
    made = api.make("allow_policies", comments="")
    assert {name for name in made if isinstance(made[name], bool)} == {"is_acceptable_sender", "verify_sender"}
    assert "comments" not in made
    assert None not in made.values()
    assert "ip_restrictions" not in api.ok("GET", f"domains/{api.make('domains')['id']}")


def test_the_older_name_of_the_time_of_change() -> None:
    """An account of the 2026 contract may know last_modified only; content policies too."""
    api = account(old_times=True)
    for collection in ("allow_policies", SENDER, "content_policies"):
        made = api.make(collection)
        assert "modified_at" not in made
        assert made["last_modified"] == made["created_at"]


def test_the_status_of_a_domain_in_lower_case() -> None:
    """Lists, reads, writes and the verification write the status in lower case; the filter takes it so."""
    api = account(lower_case_status=True)
    made = api.make("domains")
    assert made["status"] == api.ok("GET", f"domains/{made['id']}/verification")["status"] == "pending"
    assert api.ok("GET", "domains", query=[("status", "pending")])[0]["status"] == "pending"


@both
@pytest.mark.parametrize(("what", "names"), [(True, {"id"}), ("key", {"id", "pattern", "pattern_type"})])
def test_answers_to_writes_hold_part_of_an_entry(contract: Contract, what: object, names: set[str]) -> None:
    """Creates and changes, single and batched, answer a part; reads the whole."""
    api = account(contract, partial_answers=what)
    made = api.ok("POST", SENDER, body(SENDER))
    assert made.keys() == names
    assert api.ok("PATCH", f"{SENDER}/{made['id']}", {"comments": "x"}).keys() == names
    if contract == "2026":
        assert api.ok("POST", f"{SENDER}/batch", batch(posts=senders(2)))["posts"][0].keys() == names
    assert api.ok("GET", f"{SENDER}/{made['id']}")["comments"] == "x"
    assert api.ok("DELETE", f"{SENDER}/{made['id']}") == {"id": made["id"]}


@both
@pytest.mark.parametrize(("what", "result"), [(True, b""), ("204", b""), ("null", None), ("object", {})])
def test_answers_to_writes_hold_nothing(contract: Contract, what: object, result: object) -> None:
    """Writes are answered without a body or with an empty result, and done; errors and reads are whole."""
    api = account(contract, bare_answers=what)
    response = api.ask("POST", SENDER, body(SENDER))
    assert response.status == (204 if what == "204" else 201)
    assert (response.body if result == b"" else response.json()["result"]) == result
    assert api.refused("POST", SENDER, body(SENDER))[0] == 409
    (entry,) = api.ok("GET", SENDER)
    assert (api.ask("DELETE", f"{SENDER}/{entry['id']}").body == b"") is (result == b"")
    assert api.ok("GET", SENDER) == []


def test_ownership_that_is_known_from_the_zone() -> None:
    """A domain that is created is active at once, and has no record to publish."""
    api = account(zone_ownership=True)
    made = api.make("domains")
    assert (made["status"], made["authorization"]["authorized"]) == ("ACTIVE", True)
    assert api.ask("GET", f"domains/{made['id']}/verification").status == 204


# Lists


def listed(api: Api, page: int = 1, per_page: int = 3, **query: str) -> tuple[list[str], dict[str, Any]]:
    """The patterns of a page of block senders, and its `result_info`."""
    asked = [("page", str(page)), ("per_page", str(per_page)), *query.items()]
    answer = api.ask("GET", SENDER, query=asked).json()
    return patterns(answer["result"]), answer["result_info"]


def filled(count: int, contract: Contract = "2026", clock: Any = None, **habits: object) -> Api:
    """An account with so many block senders."""
    api = account(contract, clock, **habits)
    api.emulator.seed({SENDER: senders(*range(count))}, account_id=ACCOUNT)
    return api


@both
@pytest.mark.parametrize(("value", "told"), [(2, 2), ("2", 2), ("2:silent", 5), ((2, "silent"), 5)])
def test_pages_are_capped(contract: Contract, value: object, told: int) -> None:
    """A page holds no more than the cap, from the place where such pages begin, told or not."""
    api = filled(5, contract, page_cap=value)
    names, info = listed(api, page=2, per_page=5)
    assert names == ["n2.example", "n3.example"]
    assert info == {"page": 2, "per_page": told, "count": 2, "total_count": 5}
    assert len(listed(api, per_page=1)[0]) == 1


@both
def test_large_pages_are_refused(contract: Contract) -> None:
    """A per_page above the limit is 400 and named; one below passes."""
    api = filled(5, contract, page_limit=3)
    assert len(listed(api, per_page=3)[0]) == 3
    status, error = api.refused("GET", SENDER, query=[("per_page", "4")])
    assert (status, error["source"]["pointer"]) == (400, "/per_page")
    assert api.ask("GET", SENDER).json()["result_info"]["per_page"] == 3


@both
@pytest.mark.parametrize(
    ("what", "total"),
    [(True, None), ("missing", None), ("text", "2"), ("float", 2.0), ("page", 1), ("unfiltered", 5), ("beyond", 3)],
)
def test_totals_of_every_kind(contract: Contract, what: object, total: object) -> None:
    """The total is something else than the number of entries that the list has."""
    api = filled(5, contract, total_count=what)
    api.emulator.seed({SENDER: [{"pattern": f"x{n}.example", "pattern_type": "EMAIL"} for n in (1, 2)]}, account_id="b")
    for entry in api.emulator.entries(ACCOUNT, SENDER)[:2]:
        api.emulator.change(ACCOUNT, SENDER, entry["id"], pattern_type="EMAIL")
    _, info = listed(api, per_page=1, pattern_type="EMAIL")
    assert info.get("total_count") == total
    assert type(info.get("total_count")) is type(total)
    assert info["count"] == 1


@both
def test_entries_move_between_pages(contract: Contract) -> None:
    """One reading misses an entry, the next has one twice, and so on; by id every entry is there."""
    api = filled(7, contract, moving_entries=True)
    readings = [[name for page in (1, 2, 3) for name in listed(api, page)[0]] for _ in range(3)]
    everything = [f"n{number}.example" for number in range(7)]
    assert readings[0] == readings[2] == [name for name in everything if name != "n3.example"]
    assert readings[1] == [*everything[:3], *everything[2:]]
    for entry in api.emulator.entries(ACCOUNT, SENDER):
        api.ok("GET", f"{SENDER}/{entry['id']}")


@both
def test_lists_lag_behind(contract: Contract, clock: Any) -> None:
    """For some seconds lists show what was, filters and totals included; reads by id show what is."""
    api = filled(3, contract, clock, list_lag=5)
    clock.now += 60
    first, second, _ = api.emulator.entries(ACCOUNT, SENDER)
    made = api.make(SENDER, 9)
    clock.now += 2
    api.ok("DELETE", f"{SENDER}/{first['id']}")
    api.ok("PATCH", f"{SENDER}/{second['id']}", {"comments": "new"})
    before = ["n0.example", "n1.example", "n2.example"]
    names, info = listed(api, per_page=9)
    assert (sorted(names), info) == (before, {"page": 1, "per_page": 9, "count": 3, "total_count": 3})
    assert listed(api, per_page=9, search="new")[0] == []
    assert api.ok("GET", f"{SENDER}/{made['id']}")["pattern"] == "n9.example"
    assert api.refused("GET", f"{SENDER}/{first['id']}")[0] == 404
    clock.now += 3
    assert sorted(listed(api, per_page=9)[0]) == [*before, "n9.example"]
    clock.now += 2
    assert listed(api, per_page=9)[0] == ["n1.example", "n2.example", "n9.example"]
    assert listed(api, per_page=9, search="new")[0] == ["n1.example"]


def test_lists_lag_in_every_process(clock: Any, tmp_path: Any) -> None:
    """What lists do not show yet is in the state file."""
    habits, state = {"list_lag": 5}, tmp_path / "state.json"
    made = Api(Emulator(state=state, clock=clock, habits=habits)).make(SENDER)
    again = Api(Emulator(state=state, clock=clock, habits=habits))
    assert again.ok("GET", SENDER) == []
    clock.now += 5
    assert again.ok("GET", SENDER) == [made]


def test_a_batch_that_is_undone_leaves_no_trace_in_late_lists(clock: Any) -> None:
    """Lists that lag show nothing of what was rolled back."""
    api = filled(1, clock=clock, list_lag=5)
    clock.now += 9
    (entry,) = api.ok("GET", SENDER)
    assert api.refused("POST", f"{SENDER}/batch", batch(deletes=[{"id": entry["id"]}], posts=[{}]))[0] == 400
    assert api.ok("GET", SENDER) == [entry]
    clock.now += 9
    assert api.ok("GET", SENDER) == [entry]


# Batches


@pytest.mark.parametrize(("value", "status"), [(3, 400), ("3:413", 413)])
def test_batches_are_limited(value: object, status: int) -> None:
    """More items than the limit, all lists together, are refused without a pointer, arrays and bulk deletes too."""
    api = account(batch_limit=value)
    ids = [{"id": entry["id"]} for entry in api.ok("POST", f"{SENDER}/batch", batch(posts=senders(1, 2, 3)))["posts"]]
    refused, error = api.refused("POST", f"{SENDER}/batch", batch(deletes=ids[:2], posts=senders(4, 5)))
    assert (refused, "source" in error) == (status, False)
    trusted = [body("trusted_domains", number) for number in range(4)]
    assert api.refused("POST", "trusted_domains", trusted)[0] == status
    assert api.ok("POST", "trusted_domains", trusted[:3])
    domains = [{"id": api.make("domains", number)["id"]} for number in range(4)]
    assert api.refused("DELETE", "domains", domains)[0] == status
    assert len(api.emulator.entries(ACCOUNT, "domains")) == 4


@pytest.mark.parametrize(
    ("value", "status", "code"),
    [(True, 404, 7003), (405, 405, 1405), ("501", 501, 1501), ("403", 403, 10000)],
)
def test_there_is_no_batch(value: object, status: int, code: int) -> None:
    """Every batch is refused, and nothing else."""
    api = account(batch_missing=value)
    for collection in (SENDER, "url_ignore_patterns"):
        refused, error = api.refused("POST", f"{collection}/batch", batch(posts=[body(collection)]))
        assert (refused, error["code"]) == (status, code)
        api.make(collection)
    assert ("Allow" in api.ask("POST", f"{SENDER}/batch", batch()).headers) is (status == 405)


def test_one_collection_has_no_batch() -> None:
    """The batch of one collection can be missing alone, as SDK 5.9.0 has it for URL ignore patterns."""
    api = account(batch_missing="404:url_ignore_patterns")
    assert api.refused("POST", "url_ignore_patterns/batch", batch())[0] == 404
    assert api.ok("POST", f"{SENDER}/batch", batch(posts=senders(1)))["posts"]


def test_batches_without_puts() -> None:
    """Puts are refused but for domains; the list has to be there, empty."""
    api = account(batch_without_puts=True)
    made = api.make(SENDER)
    assert api.pointer("POST", f"{SENDER}/batch", batch(puts=[{"id": made["id"], **body(SENDER)}])) == "/puts"
    assert api.ok("POST", f"{SENDER}/batch", batch()) == batch()
    domain = {name: value for name, value in body("domains").items() if name != "domain"} | {"lookback_hops": 2}
    puts = batch(puts=[{"id": api.make("domains")["id"], **domain}])
    assert api.ok("POST", "domains/batch", puts)["puts"][0]["lookback_hops"] == 2


def test_a_batch_does_part_and_answers_200() -> None:
    """Every second item, deletes too, is left undone and unanswered."""
    api = account(batch_partial=True)
    ids = [api.make(SENDER, number)["id"] for number in range(3)]
    lists = batch(deletes=[{"id": identity} for identity in ids], posts=senders(5, 6))
    result = api.ok("POST", f"{SENDER}/batch", lists)
    assert result["deletes"] == [{"id": ids[0]}, {"id": ids[2]}]
    assert patterns(result["posts"]) == ["n6.example"]
    assert patterns(api.emulator.entries(ACCOUNT, SENDER)) == ["n1.example", "n6.example"]


@both
def test_an_array_is_made_in_part(contract: Contract) -> None:
    """Of an array too every second item is left undone."""
    api = account(contract, batch_partial=True)
    made = api.ok("POST", "trusted_domains", [body("trusted_domains", number) for number in range(4)])
    assert patterns(made) == ["n0.example", "n2.example"] == patterns(api.emulator.entries(ACCOUNT, "trusted_domains"))


@both
def test_answers_come_in_another_order(contract: Contract) -> None:
    """Answers to arrays, batches and bulk deletes come in reverse; what was done has the order sent."""
    api = account(contract, other_order=True)
    made = api.ok("POST", "trusted_domains", [body("trusted_domains", number) for number in range(3)])
    assert patterns(made) == ["n2.example", "n1.example", "n0.example"]
    assert patterns(api.ok("GET", "trusted_domains")) == ["n0.example", "n1.example", "n2.example"]
    ids = [{"id": api.make("domains", number)["id"]} for number in range(2)]
    assert api.ok("DELETE", "domains", ids) == ids[::-1]
    if contract == "2026":
        result = api.ok("POST", f"{SENDER}/batch", batch(posts=senders(1, 2)))
        assert patterns(result["posts"]) == ["n2.example", "n1.example"]


# Errors


@both
@pytest.mark.parametrize(
    ("value", "status", "wording"),
    [
        ("conflict", 409, "already exists"),
        ("bad_request", 400, "already exists"),
        ("taken", 400, "has already been taken"),
        ("accept", 201, ""),
        (True, 201, ""),
    ],
)
def test_duplicates(contract: Contract, value: object, status: int, wording: str) -> None:
    """A second entry with the same natural key is refused in one of three ways, or stored."""
    api = account(contract, duplicates=value)
    api.make(SENDER)
    response = api.ask("POST", SENDER, body(SENDER))
    assert response.status == status
    assert wording in response.body.decode()
    assert len(api.emulator.entries(ACCOUNT, SENDER)) == (2 if status == 201 else 1)


@both
def test_codes_repeat_the_status(contract: Contract) -> None:
    """Codes of errors that have none of their own are the status; documented ones stay."""
    api = account(contract, status_codes=True)
    assert {error["code"] for error in api.ask("POST", SENDER, {}).json()["errors"]} == {400}
    assert api.refused("GET", "nothing")[1]["code"] == 7003
    api.emulator.inject(Fault("server_error", times=1), Fault("forbidden"))
    assert [api.refused("GET", SENDER)[1]["code"] for _ in range(2)] == [500, 10000]


@both
def test_refusals_are_pages(contract: Contract) -> None:
    """A wrong token and the rate limit end in HTML pages; other errors are in the envelope."""
    api = Api(Emulator(contract, token="right", rate_limit=(3, 60.0), habits={"html_errors": True}))
    wrong = {"Authorization": "Bearer wrong"}
    assert api.refused("GET", SENDER)[0] == 400
    pages = [api.ask("GET", SENDER, headers=wrong) for _ in range(3)]
    assert [page.status for page in pages] == [403, 403, 429]
    assert {page.headers["Content-Type"] for page in pages} == {"text/html; charset=UTF-8"}
    assert b"1015" in pages[2].body
    assert "Retry-After" in pages[2].headers


@both
def test_retry_after_is_a_date(contract: Contract, clock: Any) -> None:
    """Retry-After is the moment, of the rate limit and of faults."""
    emulator = Emulator(contract, rate_limit=(1, 60.0), clock=clock, habits={"retry_after_date": True})
    api = Api(emulator)
    api.ok("GET", SENDER)
    date = parsedate_to_datetime(api.ask("GET", SENDER).headers["Retry-After"])
    assert date.timestamp() == clock.now + 60
    emulator.inject(Fault("rate_limited", retry_after=7))
    assert parsedate_to_datetime(api.ask("GET", SENDER).headers["Retry-After"]).timestamp() == clock.now + 7


@both
def test_errors_under_200(contract: Contract) -> None:
    """An error is answered under 200, with success false and its code."""
    api = account(contract, errors_as_200=True)
    status, error = api.refused("POST", SENDER, {})
    assert (status, error["code"]) == (200, 1400)


@both
@pytest.mark.parametrize(("value", "status", "seconds"), [(True, 524, 0), ("504:5:2", 504, 5), ((522, 2.5), 522, 2.5)])
def test_the_edge_times_out(contract: Contract, value: object, status: int, seconds: float, clock: Any) -> None:
    """Every nth write ends at the edge in an HTML page, and the origin carries it out, at once or later."""
    api = account(contract, clock, edge_timeouts=value)
    statuses = [api.ask("POST", SENDER, body(SENDER, number)).status for number in range(3)]
    assert statuses == ([201, status, 201] if value == "504:5:2" else [201, 201, status])
    assert api.ask("GET", SENDER).status == 200
    assert len(api.ok("GET", SENDER)) == (2 if seconds else 3)
    clock.now += seconds
    assert len(api.ok("GET", SENDER)) == 3


# Together


def test_habits_act_together(clock: Any) -> None:
    """Habits of every kind are on at the same time, those at one hook in the order of the table."""
    api = account(
        clock=clock, trim=True, lower_case=True, omit_empty=True, empty_text=True, page_cap=1, total_count="text"
    )
    made = api.make(SENDER, comments=" ", pattern="N1.example")
    assert "comments" not in made
    assert (made["pattern"], "is_regex" in made) == ("n1.example", False)
    answer = api.ask("GET", SENDER).json()
    assert answer["result_info"] == {"page": 1, "per_page": 1, "count": 1, "total_count": "1"}


def test_habits_are_switched(clock: Any) -> None:
    """Habits can be switched while the account lives, one by one."""
    api = account(clock=clock, trim=True)
    api.emulator.set_habits(page_cap=5, composed=True)
    api.emulator.set_habits(trim=False)
    assert dict(api.emulator.habits) == {"composed": (), "page_cap": (5, "told")}


@pytest.mark.parametrize(
    ("habits", "message"),
    [
        ({"trimmed": True}, "no habit 'trimmed'; there are trim, "),
        ({"trim": "x"}, "trim has no value, not 'x'"),
        ({"page_cap": "x"}, "page_cap is written page_cap=N:told|silent"),
        ({"page_cap": 0}, "page_cap"),
        ({"page_cap": 1.5}, "page_cap"),
        ({"page_cap": "5:told:x"}, "page_cap"),
        ({"list_lag": "nan"}, "list_lag"),
        ({"list_lag": "inf"}, "list_lag"),
        ({"list_lag": -1}, "list_lag"),
        ({"line_ends": "cr"}, "lf|crlf"),
        ({"duplicates": "merge"}, "duplicates"),
        ({"batch_missing": "404:nothing"}, "url_ignore_patterns"),
    ],
)
def test_a_bad_habit_is_told(habits: dict[str, object], message: str) -> None:
    """An unknown habit, or a value it does not have, is an EmulatorError that says what there is."""
    with pytest.raises(EmulatorError) as raised:
        Emulator(habits=habits)
    assert message in str(raised.value)


def test_every_habit_is_described() -> None:
    """Each has a name, a sentence and defaults of its own form, and stands alone."""
    assert len({habit.name for habit in HABITS}) == len(HABITS)
    for habit in HABITS:
        assert habit.description.endswith(".")
        assert habit.name.isidentifier()
        assert dict(Emulator(habits={habit.name: True}).habits) == {habit.name: habit.read(habit.defaults)}
        json.dumps(habit.form)


@st.composite
def several_habits(draw: st.DrawFn) -> dict[str, object]:
    """Any habits together, each with any of its values."""
    chosen = draw(st.sets(st.sampled_from(HABITS), max_size=8))
    return {
        habit.name: ":".join(
            draw(st.sampled_from(value.choices)) if value.choices else str(draw(st.integers(1, 4)))
            for value in habit.values
        )
        for habit in chosen
    }


@given(contract=st.sampled_from(["2025", "2026"]), habits=several_habits())
@settings(max_examples=60)
def test_any_habits_together(contract: Contract, habits: dict[str, object]) -> None:
    """Whatever habits come together: every request is answered, and the account holds what was written to it."""
    now = [1_800_000_000.0]
    api = Api(Emulator(contract, habits=habits, clock=lambda: now[0]))
    names = [name for name in api.emulator.contract.collections if (contract, name) != ("2025", "domains")]

    def answered(method: str, place: str, content: object = None) -> None:
        response = api.ask(method, place, content)
        assert 200 <= response.status < 600
        assert response.headers["Content-Length"] == str(len(response.body))
        if response.body.startswith(b"{"):
            assert response.json().keys() >= {"success", "errors", "messages", "result"}
        else:
            assert response.body == b"" or response.body.startswith(b"<html>")

    for name in names:
        for number in (1, 2, 1):
            answered("POST", name, body(name, number))
        answered("POST", f"{name}/batch", batch(posts=[body(name, number) for number in (3, 4)]))
        answered("GET", name)
        now[0] += 10
        answered("GET", f"{name}/x")
        stored = api.emulator.entries(ACCOUNT, name)
        assert len(stored) >= 2
        answered("PATCH", f"{name}/{stored[0]['id']}", {})
        answered("DELETE", f"{name}/{stored[0]['id']}")
        now[0] += 10
        assert stored[0]["id"] not in [entry["id"] for entry in api.emulator.entries(ACCOUNT, name)]
