"""Domains: creation, verification, and what changes by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.emulator_api import ACCOUNT, Api, batch, body


def test_a_created_domain_is_pending(api: Api) -> None:
    """A new domain is PENDING and has a TXT record that proves ownership."""
    made = api.make("domains")
    assert (made["status"], made["lookback_hops"], made["transport"]) == ("PENDING", 1, "")
    assert made["authorization"]["authorized"] is False
    place = f"domains/{made['id']}/verification"
    first = api.ok("GET", place)
    assert first.keys() == {"txt_record_name", "txt_record_value", "status", "last_checked_at"}
    assert first["txt_record_name"] == "_cf-email-sec-challenge.n1.example"
    api.emulator.change(ACCOUNT, "domains", made["id"], status="ACTIVE")
    api.emulator.sleep(1)
    second = api.ok("GET", place)
    assert second["status"] == "ACTIVE"
    assert second["txt_record_value"] == first["txt_record_value"]
    assert second["last_checked_at"] != first["last_checked_at"]


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_domains_change_by_themselves(contract: Literal["2025", "2026"]) -> None:
    """Counters and check times differ from read to read; everything else is still."""
    api = Api(Emulator(contract))
    entry = api.emulator.seed({"domains": [{"domain": "corp.example"}]}, account_id=ACCOUNT)["domains"][0]
    first, second = (api.ok("GET", f"domains/{entry['id']}") for _ in range(2))
    assert {name for name in first if first[name] != second[name]} == {"authorization", "emails_processed"}
    count = "total_emails_processed"
    assert first["emails_processed"][count] < second["emails_processed"][count]
    assert api.ok("GET", "domains")[0]["emails_processed"] != second["emails_processed"]
    assert ("status" in first) is (contract == "2026")


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_the_name_of_a_domain_is_immutable(contract: Literal["2025", "2026"]) -> None:
    """PATCH refuses a domain, even the same."""
    api = Api(Emulator(contract))
    made = api.make("domains")
    assert api.pointer("PATCH", f"domains/{made['id']}", {"domain": made["domain"]}) == "/domain"


def test_a_domain_that_was_there_before_needs_no_proof(tmp_path: Path) -> None:
    """Its verification is 204 without a body, also after a restart; that of one made through the API never is."""
    state = tmp_path / "state.json"
    kept = Api(Emulator(state=state))
    old = kept.emulator.seed({"domains": [{"domain": "corp.example"}]}, account_id=ACCOUNT)["domains"][0]
    new = kept.make("domains")
    pending = {"domain": "pending.example", "status": "PENDING"}
    waiting = kept.emulator.seed({"domains": [pending]}, account_id=ACCOUNT)["domains"][0]
    for each in (kept, Api(Emulator(state=state))):
        response = each.ask("GET", f"domains/{old['id']}/verification")
        assert (response.status, response.body) == (204, b"")
        for unproved in (new, waiting):
            assert each.ok("GET", f"domains/{unproved['id']}/verification")["status"] == "PENDING"
    kept.ok("DELETE", f"domains/{new['id']}")
    assert kept.refused("GET", f"domains/{new['id']}/verification")[0] == 404


@pytest.mark.parametrize("batched", [False, True])
def test_put_does_not_name_the_domain(api: Api, batched: bool) -> None:
    """PUT and batch puts keep the domain and refuse one; they need lookback_hops, as one description says."""
    made = api.make("domains", transport="mx.example")
    content = {name: value for name, value in body("domains").items() if name != "domain"}

    def put(content: dict[str, Any]) -> Any:
        if batched:
            return "POST", "domains/batch", batch(puts=[{"id": made["id"], **content}])
        return "PUT", f"domains/{made['id']}", content

    at = "/puts/0" if batched else ""
    assert api.pointer(*put({**content, "lookback_hops": 2, "domain": "n1.example"})) == f"{at}/domain"
    assert api.pointer(*put(content)) == f"{at}/lookback_hops"
    assert api.pointer(*put({"lookback_hops": 2})).startswith(f"{at}/allowed_delivery_modes")
    answer = api.ok(*put({**content, "lookback_hops": 2, "folder": None}))
    replaced = answer["puts"][0] if batched else answer
    assert (replaced["domain"], replaced["lookback_hops"], replaced["transport"]) == ("n1.example", 2, "")
    assert (replaced["id"], replaced["created_at"]) == (made["id"], made["created_at"])


def test_every_field_of_a_domain_can_be_written(api: Api) -> None:
    """The optional fields are stored as sent."""
    optional: dict[str, Any] = {
        "lookback_hops": 20,
        "transport": "mx.example",
        "folder": "AllItems",
        "integration_id": "00000000-0000-4000-8000-000000000001",
        "require_tls_inbound": True,
        "require_tls_outbound": False,
        "ip_restrictions": ["10.0.0.0/8", "2001:db8::/32"],
    }
    assert api.make("domains", **optional).items() >= optional.items()
