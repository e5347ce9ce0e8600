"""Batches and bulk deletes: limits, order, all or nothing, and where that is not promised."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.emulator_api import ACCOUNT, BATCHED, Api, batch, body

ATOMIC = [name for name in BATCHED if name not in {"domains", "url_ignore_patterns"}]
OTHER: dict[str, dict[str, Any]] = {"domains": {"lookback_hops": 2}, "content_policies": {"notes": "x"}}


def whole(collection: str, number: int) -> dict[str, Any]:
    """What replaces an entry: PUT of a domain leaves out its name, and needs the hops."""
    if collection != "domains":
        return body(collection, number)
    return {**{name: value for name, value in body(collection).items() if name != "domain"}, "lookback_hops": 1}


@pytest.mark.parametrize("collection", BATCHED)
def test_a_batch_does_all_four(api: Api, collection: str) -> None:
    """Deletes, patches, puts and posts happen in this order, and are answered as sent."""
    ids = [api.make(collection, number)["id"] for number in range(3)]
    change = OTHER.get(collection, {"comments": "x"})
    result = api.ok(
        "POST",
        f"{collection}/batch",
        {
            "posts": [body(collection, 7), body(collection, 0)],
            "puts": [{"id": ids[2], **whole(collection, 2)}],
            "patches": [{"id": ids[1], **change}],
            "deletes": [{"id": ids[0]}],
        },
    )
    assert result["deletes"] == [{"id": ids[0]}]
    assert result["patches"][0].items() >= change.items()
    assert result["puts"][0]["id"] == ids[2]
    assert all(post.items() >= body(collection, n).items() for post, n in zip(result["posts"], (7, 0), strict=True))
    stored = [entry["id"] for entry in api.emulator.entries(ACCOUNT, collection)]
    assert stored == [ids[1], ids[2], *(post["id"] for post in result["posts"])]


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ([], ""),
        ({}, "/deletes"),
        ({"deletes": [], "patches": [], "puts": []}, "/posts"),
        ({**batch(), "upserts": []}, "/upserts"),
        (batch() | {"puts": None}, "/puts"),
        (batch(posts=[{}] * 1001), "/posts"),
        (batch(deletes=[{}] * 1001), "/deletes"),
        (batch(deletes=["x"]), "/deletes/0"),
        (batch(deletes=[{}]), "/deletes/0/id"),
        (batch(deletes=[{"id": 1}]), "/deletes/0/id"),
        (batch(patches=[{"comments": "x"}]), "/patches/0/id"),
        (batch(posts=[{"id": "00000000-0000-4000-8000-000000000001"}]), "/posts/0/id"),
    ],
)
def test_the_form_of_a_batch(api: Api, content: object, pointer: str) -> None:
    """All four lists, at most 1000 items each, ids where they belong; else nothing happens."""
    assert api.pointer("POST", "block_senders/batch", content) == pointer


def test_a_thousand_of_each_is_a_batch(api: Api) -> None:
    """1000 items in a list are not too many."""
    posts = [body("block_senders", number) for number in range(1000)]
    assert len(api.ok("POST", "block_senders/batch", batch(posts=posts))["posts"]) == 1000


@pytest.mark.parametrize("collection", ATOMIC)
@pytest.mark.parametrize(
    ("last", "status"),
    [({"pattern": "", "name": 1}, 400), (None, 409)],
    ids=["invalid", "duplicate"],
)
def test_an_atomic_batch_is_undone(api: Api, collection: str, last: object, status: int) -> None:
    """One bad item undoes the batch, and the error says which."""
    first = api.make(collection, 1)
    before = api.emulator.entries(ACCOUNT, collection)
    posts = [body(collection, 2), body(collection, 2) if last is None else last]
    lists = batch(deletes=[{"id": first["id"]}], posts=posts)
    refused, error = api.refused("POST", f"{collection}/batch", lists)
    assert refused == status
    assert error["source"]["pointer"].startswith("/posts/1/")
    assert api.emulator.entries(ACCOUNT, collection) == before
    assert api.refused("POST", collection, body(collection, 1))[0] == 409
    assert api.make(collection, 2)["id"] != first["id"]


def test_an_unknown_id_undoes_a_batch(api: Api) -> None:
    """Deleting twice, or patching what the batch deleted, is 404 and undone."""
    made = api.make("block_senders")
    for lists in (
        batch(deletes=[{"id": made["id"]}] * 2),
        batch(deletes=[{"id": made["id"]}], patches=[{"id": made["id"], "comments": "x"}]),
    ):
        assert api.refused("POST", "block_senders/batch", lists)[0] == 404
        assert api.emulator.entries(ACCOUNT, "block_senders") == [made]


def test_a_batch_of_domains_stays_half_done(api: Api) -> None:
    """What a batch of domains did before its bad item stays done."""
    kept, gone = api.make("domains", 1), api.make("domains", 2)
    lists = batch(
        deletes=[{"id": gone["id"]}],
        posts=[body("domains", 3), {**body("domains", 4), "regions": ["EU"]}, body("domains", 5)],
    )
    status, error = api.refused("POST", "domains/batch", lists)
    assert (status, error["source"]["pointer"]) == (400, "/posts/1/regions/0")
    names = [entry["domain"] for entry in api.emulator.entries(ACCOUNT, "domains")]
    assert names == [kept["domain"], "n3.example"]


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_bulk_delete_of_domains(contract: Literal["2025", "2026"]) -> None:
    """Bulk delete takes an array of ids; those before an unknown one are gone."""
    api = Api(Emulator(contract))
    ids = [api.make("domains", number)["id"] for number in range(4)]
    assert api.ok("DELETE", "domains", [{"id": ids[0]}, {"id": ids[1]}]) == [{"id": ids[0]}, {"id": ids[1]}]
    assert api.refused("DELETE", "domains", [{"id": ids[2]}, {"id": ids[0]}])[0] == 404
    assert [entry["id"] for entry in api.emulator.entries(ACCOUNT, "domains")] == [ids[3]]
    wrong = str(ids[3]) if contract == "2025" else 5
    assert api.pointer("DELETE", "domains", [{"id": wrong}]) == "/0/id"
    assert api.pointer("DELETE", "domains", {"id": ids[3]}) == ""
    assert api.pointer("DELETE", "domains", [{"id": ids[3], "domain": "x"}]) == "/0/domain"
    assert [entry["id"] for entry in api.emulator.entries(ACCOUNT, "domains")] == [ids[3]]


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_a_bulk_delete_without_a_list_deletes_nothing(contract: Literal["2025", "2026"]) -> None:
    """Without a body, as the official SDK sends it, and with an empty list nothing is deleted."""
    api = Api(Emulator(contract))
    api.make("domains")
    assert api.ok("DELETE", "domains") == []
    assert api.ok("DELETE", "domains", []) == []
    assert len(api.emulator.entries(ACCOUNT, "domains")) == 1


def test_sending_domain_restrictions_batch_deletes_only(api: Api) -> None:
    """The body and the answer of their batch hold deletes and nothing else."""
    made = api.make("sending_domain_restrictions")
    place = "sending_domain_restrictions/batch"
    assert api.pointer("POST", place, batch(deletes=[{"id": made["id"]}])) == "/patches"
    assert api.pointer("POST", place, {}) == "/deletes"
    assert api.ok("POST", place, {"deletes": [{"id": made["id"]}]}) == {"deletes": [{"id": made["id"]}]}
    assert api.emulator.entries(ACCOUNT, "sending_domain_restrictions") == []


def test_directory_entries_have_no_batch(api: Api) -> None:
    """The impersonation registry has no batch."""
    assert api.refused("POST", "impersonation_registry/batch", batch())[1]["code"] == 7003
