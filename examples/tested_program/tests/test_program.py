"""What this program must do, whichever contract the account answers in: `pytest examples/tested_program`."""

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.testing import EmulatedAccount, InProcessStack, StackError, review

PROGRAM = Path(__file__).parent.parent
SETTLED = {"same": 2}


def test_what_it_makes(email_security_account: EmulatedAccount, email_security_stack: InProcessStack) -> None:
    """The first `up` makes the entries, and the next one has nothing to do."""
    assert email_security_stack.up(PROGRAM).outputs == {"blocked": 2}
    blocked = {entry["pattern"] for entry in email_security_account.entries("block_senders")}
    assert blocked == {"evil.example", "billing@late.example"}
    assert email_security_stack.preview(PROGRAM, refresh=True).summary == SETTLED


@pytest.mark.email_security(contract="2025", lower_case=True, page_cap=1)
def test_an_older_account(email_security_stack: InProcessStack) -> None:
    """The account answers in the 2025 contract, stores addresses in lower case and lists one entry a page."""
    email_security_stack.up(PROGRAM)
    assert email_security_stack.preview(PROGRAM, refresh=True).summary == SETTLED


def test_drift_is_found_and_put_right(
    email_security_account: EmulatedAccount, email_security_stack: InProcessStack
) -> None:
    """Somebody removes a blocked sender in the dashboard: a preview with refresh shows it, and `up` blocks it again."""
    email_security_stack.up(PROGRAM)
    entry = email_security_account.entries("block_senders")[0]
    email_security_account.remove("block_senders", entry["id"])
    assert [change.name for change in email_security_stack.preview(PROGRAM, refresh=True).drift] == ["blocklist"]
    email_security_stack.up(PROGRAM, refresh=True)
    assert len(email_security_account.entries("block_senders")) == 2


def test_exemptions_are_harmless(email_security_stack: InProcessStack) -> None:
    """No change of this program weakens protection badly: the same rules as `cf-email-security review`."""
    findings = review(email_security_stack.preview(PROGRAM)).findings
    assert not [finding for finding in findings if finding.counts and str(finding.severity) == "high"]


def test_an_outage_leaves_nothing_behind(
    email_security_account: EmulatedAccount, email_security_stack: InProcessStack
) -> None:
    """The API fails in the middle of an `up`: the next one goes on, and makes nothing twice."""
    email_security_account.fail("server_error", operation="POST *", times=None)
    with pytest.raises(StackError):
        email_security_stack.up(PROGRAM)
    email_security_account.recover()
    email_security_stack.up(PROGRAM)
    assert len(email_security_account.entries("block_senders")) == 2
    assert len(email_security_account.entries("allow_policies")) == 1
