"""Lists: pages, order, filters, search."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.emulator_api import ACCOUNT, COLLECTIONS, Api, body


def filled(collection: str, entries: list[dict[str, Any]], contract: Literal["2025", "2026"] = "2026") -> Api:
    """An account with these entries."""
    api = Api(Emulator(contract))
    api.emulator.seed({collection: entries}, account_id=ACCOUNT)
    return api


@pytest.mark.parametrize(("contract", "collection"), COLLECTIONS)
def test_pages(contract: Literal["2025", "2026"], collection: str) -> None:
    """Pages hold 20 entries unless told, come in the order made, and end with short and empty ones."""
    api = filled(collection, [body(collection, number) for number in range(45)], contract)
    ids = [entry["id"] for entry in api.emulator.entries(ACCOUNT, collection)]
    seen = []
    for page, count in ((1, 20), (2, 20), (3, 5), (4, 0)):
        response = api.ask("GET", collection, query=[("page", str(page))]).json()
        assert response["result_info"] == {"page": page, "per_page": 20, "count": count, "total_count": 45}
        seen += [entry["id"] for entry in response["result"]]
    assert seen == ids
    assert len(api.ok("GET", collection, query=[("per_page", "1000")])) == 45


@pytest.mark.parametrize(
    "query",
    [
        [("per_page", "0")],
        [("per_page", "1001")],
        [("per_page", "+5")],
        [("per_page", "x")],
        [("per_page", "")],
        [("page", "0")],
        [("page", "-1")],
        [("page", "99999999999")],
        [("page", "1"), ("page", "2")],
        [("limit", "5")],
        [("order", "comments")],
        [("direction", "up")],
        [("pattern_type", "domain")],
        [("verify_sender", "1")],
        [("is_recent", "true")],
        [("pattern", "a"), ("pattern", "b")],
        [("status", "ACTIVE")],
        [("domain", "x.example")],
    ],
)
def test_a_bad_query_is_refused(api: Api, query: list[tuple[str, str]]) -> None:
    """Unknown parameters, bad numbers and bad words are 400."""
    status, error = api.refused("GET", "allow_policies", query=query)
    assert (status, error["source"]["pointer"]) == (400, f"/{query[-1][0]}")


@pytest.mark.parametrize("name", ["order", "direction", "search", "pattern"])
def test_url_ignore_patterns_know_pages_only(api: Api, name: str) -> None:
    """URL ignore patterns have no filter and no order."""
    assert api.refused("GET", "url_ignore_patterns", query=[(name, "asc")])[0] == 400


def test_only_lists_take_parameters(api: Api) -> None:
    """A parameter on any other operation is refused."""
    made = api.make("block_senders")
    assert api.refused("GET", f"block_senders/{made['id']}", query=[("page", "1")])[0] == 400
    assert api.refused("POST", "block_senders", body("block_senders", 2), query=[("a", "")])[0] == 400


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_order_and_direction(contract: Literal["2025", "2026"]) -> None:
    """Lists come in the order asked for, across pages."""
    names = ["b.example", "c.example", "a.example"]
    api = filled("trusted_domains", [{"pattern": name} for name in names], contract)

    def listed(*query: tuple[str, str]) -> list[str]:
        return [
            api.ok("GET", "trusted_domains", query=[*query, ("per_page", "1"), ("page", str(page))])[0]["pattern"]
            for page in (1, 2, 3)
        ]

    assert listed() == names
    assert listed(("direction", "desc")) == names[::-1]
    assert listed(("order", "pattern")) == sorted(names)
    assert listed(("order", "pattern"), ("direction", "desc")) == sorted(names, reverse=True)
    assert listed(("order", "created_at"), ("direction", "asc")) == names
    api.emulator.seed({"trusted_domains": [{"pattern": "0.example"}]}, account_id=ACCOUNT)
    assert listed(("order", "pattern"))[0] == "0.example"


@pytest.mark.parametrize(
    ("collection", "query", "expected"),
    [
        ("allow_policies", [("is_acceptable_sender", "true")], [0]),
        ("allow_policies", [("is_exempt_recipient", "true")], [1]),
        ("allow_policies", [("is_trusted_sender", "false")], [0, 1]),
        ("allow_policies", [("verify_sender", "false")], [2]),
        ("allow_policies", [("pattern_type", "EMAIL")], [1]),
        ("allow_policies", [("pattern", "n0.example")], [0]),
        ("allow_policies", [("pattern", "N0.example")], []),
        ("allow_policies", [("pattern", "n0")], []),
        ("allow_policies", [("search", "N1")], [1]),
        ("allow_policies", [("search", "REMARK")], [2]),
        ("allow_policies", [("verify_sender", "true"), ("pattern_type", "DOMAIN")], [0]),
        ("block_senders", [("pattern_type", "IP")], [1]),
        ("block_senders", [("pattern", "n0.example")], [0]),
        ("trusted_domains", [("is_recent", "true")], [0]),
        ("trusted_domains", [("is_similarity", "true")], [1]),
        ("trusted_domains", [("pattern", "n1.example")], [1]),
        ("impersonation_registry", [("provenance", "A1S_INTERNAL")], [0]),
        ("impersonation_registry", [("search", "n1@")], [1]),
        ("domains", [("domain", "n0.example")], [0]),
        ("domains", [("domain", "n0.example"), ("domain", "n1.example")], [0, 1]),
        ("domains", [("allowed_delivery_mode", "API")], [1]),
        ("domains", [("active_delivery_mode", "API")], [1]),
        ("domains", [("integration_id", "00000000-0000-4000-8000-000000000001")], [1]),
        ("domains", [("status", "PENDING")], [1]),
        ("domains", [("status", "pending")], [1]),
        ("domains", [("search", "n1")], [1]),
        ("content_policies", [("enabled", "true")], [0]),
        ("content_policies", [("name", "n1.example")], [1]),
        ("sending_domain_restrictions", [("search", "n1")], [1]),
    ],
)
def test_filters(collection: str, query: list[tuple[str, str]], expected: list[int]) -> None:
    """Each filter of api.md selects what it says."""
    entries: dict[str, list[dict[str, Any]]] = {
        "allow_policies": [
            {"pattern": "n0.example", "pattern_type": "DOMAIN", "is_acceptable_sender": True, "verify_sender": True},
            {"pattern": "n1@a.example", "pattern_type": "EMAIL", "is_exempt_recipient": True, "verify_sender": True},
            {"pattern": "n2.example", "pattern_type": "DOMAIN", "is_trusted_sender": True, "comments": "Remark"},
        ],
        "block_senders": [body("block_senders", 0), {"pattern": "203.0.113.1", "pattern_type": "IP"}],
        "trusted_domains": [body("trusted_domains", 0), {"pattern": "n1.example", "is_similarity": True}],
        "impersonation_registry": [
            body("impersonation_registry", 0),
            {**body("impersonation_registry", 1), "provenance": "SNOOPY-OFFICE_365"},
        ],
        "domains": [
            body("domains", 0),
            {
                "domain": "n1.example",
                "allowed_delivery_modes": ["API"],
                "status": "PENDING",
                "integration_id": "00000000-0000-4000-8000-000000000001",
            },
        ],
        "content_policies": [body("content_policies", 0), {**body("content_policies", 1), "enabled": False}],
        "sending_domain_restrictions": [body("sending_domain_restrictions", number) for number in range(2)],
    }
    api = filled(collection, entries[collection])
    ids = [entry["id"] for entry in api.emulator.entries(ACCOUNT, collection)]
    response = api.ask("GET", collection, query=query).json()
    assert [ids.index(entry["id"]) for entry in response["result"]] == expected
    assert response["result_info"]["total_count"] == len(expected)


def test_domains_have_no_status_filter_in_2025(api_2025: Api) -> None:
    """The status of a domain is of the 2026 contract."""
    assert api_2025.refused("GET", "domains", query=[("status", "ACTIVE")])[0] == 400
