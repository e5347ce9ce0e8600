"""Writes: times, ids, duplicates, changes and replacements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorError
from support.emulator_api import ACCOUNT, BATCHED, COLLECTIONS, CREATABLE, Api, batch, body

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGES: dict[str, dict[str, Any]] = {
    "allow_policies": {"is_exempt_recipient": True},
    "block_senders": {"comments": "changed"},
    "content_policies": {"enabled": False},
    "domains": {"lookback_hops": 3},
    "impersonation_registry": {"email": "other@corp.example"},
    "sending_domain_restrictions": {"exclude": ["mail.n1.example"]},
    "trusted_domains": {"is_similarity": True},
    "url_ignore_patterns": {"comments": "changed"},
}


@pytest.mark.parametrize(("contract", "collection"), COLLECTIONS)
def test_an_entry_lives(contract: Literal["2025", "2026"], collection: str, clock: Any) -> None:
    """Create, read, change, list and delete agree with each other."""
    api = Api(Emulator(contract, clock=clock))
    made = api.make(collection)
    place = f"{collection}/{made['id']}"
    modified = "last_modified" if contract == "2025" else "modified_at"
    both = {modified, "last_modified"} if collection == "allow_policies" else {modified}
    assert made["created_at"] == made[modified] == "2027-01-15T08:00:00.000000Z"
    clock.now += 1.5
    changed = api.ok("PATCH", place, CHANGES[collection])
    assert changed.items() >= (CHANGES[collection] | dict.fromkeys(both, "2027-01-15T08:00:01.500000Z")).items()
    assert changed["created_at"] == made["created_at"]
    stored = api.emulator.entries(ACCOUNT, collection)[0]
    for seen in (api.ok("GET", place), api.ok("GET", collection)[0]):
        assert {name for name in seen if seen[name] != stored[name]} <= {"authorization", "emails_processed"}
    assert api.ok("DELETE", place) == {"id": made["id"]}
    assert api.refused("DELETE", place)[0] == 404
    assert api.ok("GET", collection) == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_ids_are_never_used_again(contract: Literal["2025", "2026"]) -> None:
    """A deleted entry's id does not come back."""
    api = Api(Emulator(contract))
    ids = set()
    for _ in range(3):
        identity = api.make("block_senders")["id"]
        api.ok("DELETE", f"block_senders/{identity}")
        ids.add(identity)
    assert len(ids) == 3


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_null_clears_comments(contract: Literal["2025", "2026"]) -> None:
    """Null clears comments: they are absent in 2025 and null in 2026."""
    api = Api(Emulator(contract))
    made = api.make("block_senders", comments="x")
    cleared = api.ok("PATCH", f"block_senders/{made['id']}", {"comments": None})
    assert cleared.get("comments") is None
    assert ("comments" in cleared) is (contract == "2026")


def test_null_clears_notes(api: Api) -> None:
    """Null clears the notes of content policies."""
    made = api.make("content_policies", notes="x")
    assert api.ok("PATCH", f"content_policies/{made['id']}", {"notes": None})["notes"] is None


@pytest.mark.parametrize(("contract", "collection"), CREATABLE)
@pytest.mark.parametrize("duplicates", ["conflict", "bad_request", "accept"])
def test_duplicates(contract: Literal["2025", "2026"], collection: str, duplicates: Any) -> None:
    """A second entry with the same natural key is refused in either way, or stored."""
    api = Api(Emulator(contract, duplicates=duplicates))
    api.make(collection)
    response = api.ask("POST", collection, body(collection))
    assert response.status == {"conflict": 409, "bad_request": 400, "accept": 201}[duplicates]
    assert len(api.emulator.entries(ACCOUNT, collection)) == (2 if duplicates == "accept" else 1)
    if duplicates != "accept":
        assert "already exists" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("collection", "first", "second", "same"),
    [
        ("block_senders", {"pattern": "Evil.example"}, {"pattern": "evil.EXAMPLE"}, True),
        (
            "block_senders",
            {"pattern_type": "EMAIL", "pattern": "a@evil.example"},
            {"pattern_type": "EMAIL", "pattern": "a@EVIL.example"},
            True,
        ),
        (
            "block_senders",
            {"pattern_type": "EMAIL", "pattern": "a@evil.example"},
            {"pattern_type": "EMAIL", "pattern": "A@evil.example"},
            False,
        ),
        ("block_senders", {"pattern": "n1.example"}, {"pattern": "n1.example", "is_regex": True}, True),
        ("block_senders", {"pattern": r"\w", "is_regex": True}, {"pattern": r"\W", "is_regex": True}, False),
        (
            "block_senders",
            {"is_regex": True, "pattern": "a"},
            {"is_regex": True, "pattern": "a", "pattern_type": "EMAIL"},
            False,
        ),
        ("trusted_domains", {"pattern": "A.example"}, {"pattern": "a.example"}, True),
        ("domains", {"domain": "A.example"}, {"domain": "a.example"}, True),
        ("sending_domain_restrictions", {"domain": "A.example"}, {"domain": "a.example"}, True),
        ("impersonation_registry", {"email": "a@X.example"}, {"email": "a@x.example"}, True),
        ("impersonation_registry", {"name": "Ann"}, {"name": "Bea"}, False),
        ("content_policies", {"name": "a"}, {"name": "A"}, False),
        ("url_ignore_patterns", {"pattern": "a"}, {"pattern": "A"}, False),
    ],
)
def test_natural_keys(api: Api, collection: str, first: Any, second: Any, same: bool) -> None:
    """Domains compare without regard to case; names, local parts and regular expressions as written."""
    api.make(collection, **first)
    response = api.ask("POST", collection, {**body(collection), **second})
    assert response.status == (409 if same else 201)


def test_entries_that_are_double_already_can_be_changed(api: Api) -> None:
    """An entry with the key of another can be changed, and deleted apart from it."""
    double = [body("block_senders"), body("block_senders")]
    first, second = api.emulator.seed({"block_senders": double}, account_id=ACCOUNT)["block_senders"]
    assert api.ok("PATCH", f"block_senders/{first['id']}", {"comments": "x"})["comments"] == "x"
    assert api.ok("PATCH", f"block_senders/{first['id']}", {"pattern": "N1.example"})["pattern"] == "N1.example"
    api.ok("DELETE", f"block_senders/{first['id']}")
    assert api.refused("POST", "block_senders", body("block_senders"))[0] == 409
    api.ok("DELETE", f"block_senders/{second['id']}")
    api.make("block_senders")


def test_a_change_may_not_take_anothers_key(api: Api) -> None:
    """Uniqueness holds after changes, and an entry does not clash with itself."""
    first, second = api.make("block_senders", 1), api.make("block_senders", 2)
    place = f"block_senders/{second['id']}"
    assert api.refused("PATCH", place, body("block_senders", 1))[0] == 409
    assert api.ok("PATCH", place, body("block_senders", 2))["pattern"] == second["pattern"]
    api.ok("DELETE", f"block_senders/{first['id']}")
    assert api.ok("PATCH", place, body("block_senders", 1))["pattern"] == first["pattern"]
    assert api.ok("POST", "block_senders", body("block_senders", 2))["id"] not in {first["id"], second["id"]}


@pytest.mark.parametrize("collection", [name for name in BATCHED if name != "domains"])
def test_puts_replace_the_whole(api: Api, collection: str) -> None:
    """Batch puts need every required field and reset the optional ones; there is no PUT."""
    remark = "notes" if collection == "content_policies" else "comments"
    remarked: dict[str, Any] = {remark: "x"}
    made = api.make(collection, **remarked)
    lists = batch(puts=[{"id": made["id"], remark: "x"}])
    assert api.pointer("POST", f"{collection}/batch", lists).startswith("/puts/0/")
    lists = batch(puts=[{"id": made["id"], **body(collection, 2)}])
    (replaced,) = api.ok("POST", f"{collection}/batch", lists)["puts"]
    assert (replaced["id"], replaced["created_at"], replaced[remark]) == (made["id"], made["created_at"], None)
    assert replaced.items() >= body(collection, 2).items()
    assert api.refused("PUT", f"{collection}/{made['id']}", body(collection, 2))[0] == 405


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_directory_entries_are_read_only(contract: Literal["2025", "2026"]) -> None:
    """What a directory put into the impersonation registry cannot be changed or deleted; what a client put can."""
    api = Api(Emulator(contract))
    synced = {"name": "A", "email": "a@corp.example", "provenance": "SNOOPY-OFFICE_365"}
    entry = api.emulator.seed({"impersonation_registry": [synced]}, account_id=ACCOUNT)["impersonation_registry"][0]
    place = f"impersonation_registry/{entry['id']}"
    assert api.refused("PATCH", place, {"comments": "x"})[0] == 400
    assert "directory" in api.refused("DELETE", place)[1]["message"]
    own = api.make("impersonation_registry", provenance="SNOOPY-OFFICE_365")
    assert api.ok("DELETE", f"impersonation_registry/{own['id']}") == {"id": own["id"]}


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_trusted_domains_take_arrays(contract: Literal["2025", "2026"]) -> None:
    """An array makes several or none, and the answer is an array too."""
    api = Api(Emulator(contract))
    made = api.ok("POST", "trusted_domains", [body("trusted_domains", 1), body("trusted_domains", 2)])
    assert [entry["pattern"] for entry in made] == ["n1.example", "n2.example"]
    content = [body("trusted_domains", 3), body("trusted_domains", 3)]
    assert api.refused("POST", "trusted_domains", content)[0] == 409
    assert api.pointer("POST", "trusted_domains", [body("trusted_domains", 4), {}]).startswith("/1/")
    assert len(api.emulator.entries(ACCOUNT, "trusted_domains")) == 2
    assert api.pointer("POST", "block_senders", [body("block_senders")]) == ""


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda e: e.seed({"nothing": []}, account_id="a"), "no collection"),
        (lambda e: e.seed({"domains": [{"domian": "x"}]}, account_id="a"), "no field 'domian'"),
        (lambda e: e.seed({"domains": [{}]}, account_id="a"), "needs domain"),
        (lambda e: e.seed({"domains": [{"domain": "x", "id": 1}]}, account_id="a"), "UUID"),
        (lambda e: e.change("a", "domains", "1", status="ACTIVE"), "no entry"),
        (lambda e: e.remove("a", "domains", "1"), "no entry"),
        (lambda _: Emulator("2024"), "no contract"),  # type: ignore[arg-type]
        (lambda _: Emulator(duplicates="merge"), "duplicates"),
        (lambda _: Emulator(rate_limit=(0, 1.0)), "rate limit"),
    ],
)
def test_misuse_is_told(act: Callable[[Emulator], object], message: str) -> None:
    """A wrong seed, change or option is an EmulatorError that says what is wrong."""
    with pytest.raises(EmulatorError, match=message):
        act(Emulator())


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_the_dashboard_changes_things(contract: Literal["2025", "2026"], clock: Any) -> None:
    """Seeds, changes and removals show in the API, and a seeded id is not given again."""
    api = Api(Emulator(contract, clock=clock))
    identity: Any = 1005 if contract == "2025" else "00000000-0000-4000-8000-000000000001"
    seeded = {"domain": "corp.example", "id": identity, "created_at": "2020-01-01T00:00:00Z"}
    api.emulator.seed({"domains": [seeded]}, account_id=ACCOUNT)
    assert api.ok("GET", f"domains/{identity}")["created_at"] == "2020-01-01T00:00:00Z"
    with pytest.raises(EmulatorError, match="already"):
        api.emulator.seed({"domains": [seeded]}, account_id=ACCOUNT)
    later = api.emulator.seed({"domains": [{"domain": f"d{n}.example"} for n in range(9)]}, account_id=ACCOUNT)
    assert identity not in [entry["id"] for entry in later["domains"]]
    clock.now += 1
    api.emulator.change(ACCOUNT, "domains", identity, lookback_hops=7)
    assert api.ok("GET", f"domains/{identity}")["lookback_hops"] == 7
    api.emulator.remove(ACCOUNT, "domains", identity)
    assert api.refused("GET", f"domains/{identity}")[0] == 404


def test_times_are_rfc_3339(api: Api) -> None:
    """Times are UTC, with a Z."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", api.make("block_senders")["created_at"])
