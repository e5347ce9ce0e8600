"""Accounts that leave out what is false or empty: look-ups, audits and declarations read it as what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import EmulatedAccount
from support.command import run

HABITS = ("omit_empty", "null_lists", "empty_text")
DOMAIN = {
    "domain": "corp.example",
    "allowed_delivery_modes": ["DIRECT"],
    "drop_dispositions": ["SPAM"],
    "ip_restrictions": [],
    "regions": ["GLOBAL"],
}
POLICY = {"pattern": "*@all.example", "pattern_type": "EMAIL", "is_trusted_sender": True, "verify_sender": False}


@pytest.fixture(params=("2025", "2026"))
def contract(request: pytest.FixtureRequest) -> str:
    """Each contract."""
    name: str = request.param
    return name


@pytest.mark.parametrize("habit", HABITS)
def test_what_a_look_up_found_is_declared_without_a_write(habit: str, contract: Any) -> None:
    """A flag that is left out is False, not the default: adopting all there are changes nothing."""
    account = EmulatedAccount(contract, **{habit: True})
    account.seed("allow_policies", POLICY)
    account.seed("domains", DOMAIN)
    found: list[Any] = []

    def program() -> None:
        found[:] = email_security.get_domain(domain="corp.example"), *email_security.list_allow_policies()
        email_security.AllowPolicies("all", entries=email_security.list_allow_policies(), adopt=True)
        email_security.Domains("ours", entries=email_security.list_domains())

    stack = account.stack()
    with account.connected():
        assert stack.up(program).summary == {"create": 2}
        assert stack.preview(program).summary == {"same": 2}
    domain, policy = found
    assert (domain.ip_restrictions, domain.require_tls_inbound) == ([], False)
    assert (policy.is_regex, policy.verify_sender) == (False, False)
    (live,) = account.entries("allow_policies")
    assert live["verify_sender"] is False


@pytest.mark.parametrize("habit", HABITS)
def test_an_audit_finds_what_is_left_out(habit: str, contract: Any, tmp_path: Path) -> None:
    """The same risks as of an account that says all."""

    def risks(habits: str) -> list[str]:
        state = tmp_path / f"{habits}.json"
        Emulator(contract, state=state).seed(
            {"allow_policies": [POLICY], "domains": [DOMAIN]}, account_id=EMULATOR_ACCOUNT
        )
        url = f"emulator:{state}?contract={contract}{habits}"
        said: str = run("audit", "--base-url", url, "--fail-on", "never").output
        return said.splitlines()

    plain = risks("")
    assert "sender-not-verified" in "".join(plain)
    assert "mail-from-anywhere" in "".join(plain)
    assert risks(f"&habit={habit}") == plain
