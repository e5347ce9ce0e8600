"""Domains: creation, verification, and what changes by itself."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.emulator_api import ACCOUNT, Api, body


def test_a_created_domain_is_pending(api: Api) -> None:
    """A new domain is PENDING and has a TXT record that proves ownership."""
    made = api.make("domains")
    assert (made["status"], made["lookback_hops"], made["transport"]) == ("PENDING", 1, "")
    assert made["authorization"]["authorized"] is False
    place = f"domains/{made['id']}/verification"
    first = api.ok("GET", place)
    assert first.keys() == {"txt_record_name", "txt_record_value", "status", "last_checked_at"}
    assert first["txt_record_name"].endswith(made["domain"])
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


def test_put_repeats_the_name_of_a_domain(api: Api) -> None:
    """PUT needs the domain, and the same one."""
    made = api.make("domains", transport="mx.example")
    place = f"domains/{made['id']}"
    assert api.pointer("PUT", place, body("domains", 2)) == "/domain"
    assert api.ok("PUT", place, body("domains"))["transport"] == ""


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
