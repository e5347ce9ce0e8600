"""A resource that is taken out of the program, on the real engine: what goes with it is told beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack, write_program

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

email_security.TrustedDomain("partner", pattern="partner.example", is_similarity=True)
"""
MORE = """
entries = [{"pattern": f"e{at}.example", "pattern_type": "DOMAIN"} for at in range(12)]
email_security.BlockSenders("list", entries=entries)
email_security.ImpersonationRegistryEntry("ceo", name="Jane Doe", email="jane@corp.example")
"""


def test_what_goes_with_a_resource(cli: Path, tmp_path: Path) -> None:
    """Entry by entry, with its risks, in `preview` and `up`; nothing of it where the program fails."""
    state = tmp_path / "state.json"
    account = Emulator(state=state)
    folder = write_program(tmp_path / "program", PROGRAM + MORE)
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": f"emulator:{state}"})
    stack.up()
    assert "no longer declared" not in stack.preview().text

    stack.edit(PROGRAM + "raise RuntimeError('no luck')")
    assert "no longer declared" not in stack.preview(expect_failure=True).text

    stack.edit(PROGRAM)
    for told in (stack.preview(), stack.up()):
        assert told.changes == {"partner": "same", "list": "delete", "ceo": "delete"}
        assert (
            'BlockSenders "list" is no longer declared; with it go: -12 to delete (12 of its entries now, 0 then)\n'
            in told.text
        )
        assert told.text.count("  - DOMAIN e") == 12
        assert "high risk blocklist-shrinks: block_senders: loses 12 entries of 12" in told.text
        line = 'ImpersonationRegistryEntry "ceo" is no longer declared; with it goes: - Jane Doe <jane@corp.example>'
        assert line in told.text
    assert account.entries(EMULATOR_ACCOUNT, "block_senders") == []
    assert "no longer declared" not in stack.preview().text
