"""What is particular to allow policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.dynamic.files import plain_entries, read_entries
from pulumi_cloudflare_email_security.settings.allow_policy import SETTING
from support.accounts import Account, both_contracts

DOMAIN = {"pattern": "pay.example", "pattern_type": "DOMAIN"}
FLAGS = ("is_regex", "is_acceptable_sender", "is_exempt_recipient", "is_trusted_sender", "verify_sender")


@pytest.mark.parametrize("name", ["is_recipient", "is_sender", "is_spoof"])
def test_deprecated_flags_are_refused_with_what_replaces_them(account: Account, name: str) -> None:
    """The flags at the end of their life cannot be declared; the text names the present ones."""
    reason = account.resource("allow_policy").refused(**DOMAIN, **{name: True})[name]
    assert "deprecated" in reason
    assert "is_exempt_recipient" in reason


@pytest.mark.parametrize("account", ["2025"], indirect=True)
def test_deprecated_flags_are_read_if_they_come(account: Account) -> None:
    """What a 2025 account answers in them is an output, and no reason for a change."""
    resource = account.resource("allow_policy")
    resource.up(**DOMAIN)
    account.change("allow_policies", resource.id, is_sender=True)
    account.restart()
    resource.refresh()
    assert resource.outputs["is_sender"] is True
    assert resource.preview(**DOMAIN) == "same"


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", ["true", 1, []])
def test_flags_are_true_or_false(account: Account, name: str, value: object) -> None:
    """A word or a number is no flag."""
    reasons = account.resource("allow_policy").refused(**DOMAIN, **{name: value})
    assert reasons[name].startswith("must be True or False, not ")


@both_contracts
def test_the_flags_start_safe(account: Account) -> None:
    """Without a word nothing is exempt, and only authenticated mail would be."""
    resource = account.resource("allow_policy")
    resource.up(**DOMAIN)
    assert {name for name in FLAGS if resource.outputs[name]} == {"verify_sender"}


@both_contracts
def test_a_dropped_flag_goes_back_to_its_default(account: Account) -> None:
    """An exemption that the program no longer grants is taken back."""
    resource = account.resource("allow_policy")
    resource.up(**DOMAIN, is_trusted_sender=True)
    account.writes()
    resource.up(**DOMAIN)
    assert account.writes() == [("PATCH allow_policies", {"is_trusted_sender": False})]


@pytest.mark.parametrize(
    "header",
    [
        "Values, Rule Type, Is Regex, Sender Verification, Trusted Sender, Exempt Recipient, Acceptable Sender, Notes",
        "Pattern, Pattern Type, Is Regex, Verify Email, Trusted Sender, Exempt Recipient, Acceptable Sender, Notes",
    ],
)
def test_the_dashboards_csv(tmp_path: Path, header: str) -> None:
    """The columns of the dashboard's upload stand for the fields, by either of the names that Cloudflare documents."""
    path = tmp_path / "list.csv"
    path.write_text(f"{header}\npay.example, DOMAIN, false, true, true, false, false, payroll\n")
    assert plain_entries(SETTING, read_entries(path), None) == [
        {
            "pattern": "pay.example",
            "pattern_type": "DOMAIN",
            "is_regex": False,
            "verify_sender": True,
            "is_trusted_sender": True,
            "is_exempt_recipient": False,
            "is_acceptable_sender": False,
            "comments": "payroll",
        }
    ]
