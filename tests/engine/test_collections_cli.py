"""A collection on the real engine: what a reviewer sees, what is asked of the API, and the brake at preview."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack, write_program
from support.collections import BLOCK

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

entries = [{{"pattern": f"n{{number}}.example", "pattern_type": "DOMAIN"}} for number in range({count})]
email_security.BlockSenders("blocklist", entries=entries, mode="exclusive")
"""


def test_two_thousand_entries_on_the_engine(cli: Path, tmp_path: Path) -> None:
    """Up, an empty preview without a request, drift seen by refresh and shown by preview, the brake, and destroy."""
    state = tmp_path / "state.json"
    account = Emulator(state=state)
    account.seed({"block_senders": [BLOCK.entry(5000)]}, account_id=EMULATOR_ACCOUNT)
    folder = write_program(tmp_path / "program", PROGRAM.format(count=2000))
    config = {"cloudflare-email-security:baseUrl": f"emulator:{state}"}
    stack = CliStack(cli, folder, config=config)

    up = stack.up()
    assert up.changes == {"blocklist": "create"}
    assert "- DOMAIN n5000.example (not declared by this program)" in up.text
    assert "+2000 to add, -1 to delete" in up.text
    stored = sorted(entry["pattern"] for entry in account.entries(EMULATOR_ACCOUNT, "block_senders"))
    assert stored == sorted(f"n{number}.example" for number in range(2000))

    account.log.clear()
    assert stack.preview().changes == {"blocklist": "same"}
    assert account.log.total == 0

    gone = account.entries(EMULATOR_ACCOUNT, "block_senders")[7]
    account.remove(EMULATOR_ACCOUNT, "block_senders", gone["id"])
    account.seed({"block_senders": [BLOCK.entry(6000)]}, account_id=EMULATOR_ACCOUNT)
    assert stack.refresh().changes == {"blocklist": "update"}
    # Two pages, one that shows that they were all, and the entry that they do not show, by its id.
    assert account.log.by_operation == {"GET block_senders": 3, "GET block_senders/{id}": 1}

    preview = stack.preview()
    assert preview.changes == {"blocklist": "update"}
    assert 'BlockSenders "blocklist": +1 to add, -1 to delete (2000 of its entries now, 2000 then)' in preview.text
    assert f"+ DOMAIN {gone['pattern']}\n" in preview.text
    assert "- DOMAIN n6000.example (not declared by this program)" in preview.text

    stack.edit(PROGRAM.format(count=100))
    braked = stack.preview(expect_failure=True)
    (error,) = braked.errors
    assert re.search(r"would delete 1[89]\d\d of 2000 entries \(9\d %\)", error[-600:])
    assert "set CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100 for one run" in error[-600:]

    stack.edit(PROGRAM.format(count=2000))
    assert stack.up().changes == {"blocklist": "update"}
    assert stack.destroy().changes == {"blocklist": "delete"}
    assert account.entries(EMULATOR_ACCOUNT, "block_senders") == []
    # The engine prints the whole value of the property that a check failure names.
    assert len(error) < 2000


REPORTING = """
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("one", pattern="n1.example", pattern_type="DOMAIN")
email_security.BlockSenders("more", entries=[{"pattern": "n2.example", "pattern_type": "DOMAIN"}])
email_security.BlockSenders("rest", entries=[{"pattern": "n3.example", "pattern_type": "DOMAIN"}], mode="report")
"""


def test_report_mode_knows_what_the_stack_holds(cli: Path, tmp_path: Path) -> None:
    """A refresh does not run the program, but the state says what other resources hold."""
    state = tmp_path / "state.json"
    account = Emulator(state=state)
    folder = write_program(tmp_path / "program", REPORTING)
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": f"emulator:{state}"})
    stack.up()
    account.seed({"block_senders": [BLOCK.entry(5000)]}, account_id=EMULATOR_ACCOUNT)
    refreshed = stack.refresh().text
    assert "1 held by no resource of this stack; the next `up` leaves them:\n" in refreshed
    assert "+ DOMAIN n5000.example" in refreshed
    assert "n1.example" not in refreshed
    assert "n2.example" not in refreshed
