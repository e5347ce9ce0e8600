"""Where a token stands, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import CliStack, write_program
from support.http_emulator import served

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("evil", pattern="evil.example", pattern_type="DOMAIN")
"""
KEY = "cloudflare-email-security:apiToken"
TOKEN = "a-token-that-must-not-be-seen"


def test_a_token_in_clear_is_told_loudly(cli: Path, tmp_path: Path) -> None:
    """Set without --secret it is a warning, which does not repeat it; from the environment it is in no state."""
    with served("2026") as account:
        program = write_program(tmp_path / "program", PROGRAM)
        stack = CliStack(cli, program, env=account.env(), config={KEY: TOKEN})
        text = stack.preview().text
        assert f"warning: config {KEY} is not secret" in text
        assert TOKEN not in text
        stack.run("config", "rm", KEY)
        stack.env["CLOUDFLARE_API_TOKEN"] = TOKEN
        up = stack.up()
        assert "is not secret" not in up.text
        states = [path.read_text() for path in tmp_path.rglob("*.json")]
        assert any("evil.example" in state for state in states)
        assert not any(TOKEN in state for state in states)


def test_a_key_that_nothing_reads_is_told(cli: Path, tmp_path: Path) -> None:
    """`rsk` refuses nothing: a preview says what it may be meant as; other keys are the program's own."""
    with served("2026") as account:
        program = write_program(tmp_path / "program", PROGRAM)
        config = {
            "cloudflare-email-security:rsk": "refuse",
            "cloudflare-email-security:colour": "red",
            "other:risc": "x",
        }
        stack = CliStack(cli, program, env={**account.env(), "CLOUDFLARE_API_TOKEN": TOKEN}, config=config)
        text = stack.preview().text
        mistake = "config cloudflare-email-security:rsk is read by nothing"
        assert f"warning: {mistake}: it may be meant as cloudflare-email-security:risk" in text
        assert text.count("is read by nothing") == text.count(mistake)
