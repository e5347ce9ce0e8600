"""Entries that move from one resource to another, on the real engine, which leads both at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.session.notes import folder
from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, ServedEmulator, served

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

def entries(names):
    return [{"pattern": f"{name}.example", "pattern_type": "DOMAIN"} for name in names]
"""


def blocked(account: ServedEmulator) -> str:
    """The names of the live entries."""
    return "".join(sorted(entry["pattern"][0] for entry in account.entries(ACCOUNT, "block_senders")))


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_entry_moves_between_two_collections(
    cli: Path, tmp_path: Path, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One `up` moves it, whichever of the two comes first, on a machine that knows nothing of how it was made."""
    both = 2 * 'email_security.BlockSenders("{}", entries=entries("{}"))\n'
    with served(contract) as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + both.format("a", "aem", "b", "b")), env=env)
        stack.up()
        monkeypatch.setenv("PULUMI_HOME", stack.env["PULUMI_HOME"])
        shutil.rmtree(str(folder()), ignore_errors=True)
        for program in (("a", "ae", "b", "bm"), ("b", "bme", "a", "a")):
            stack.edit(PROGRAM + both.format(*program))
            stack.up()
            assert blocked(account) == "abem"
            assert set(stack.preview(refresh=True).summary) == {"same"}


def test_a_move_that_something_else_interrupted_loses_nothing(cli: Path, tmp_path: Path) -> None:
    """The collection has taken the entries over when another resource fails; the next `up` only forgets the singles."""
    singles = 'for entry in entries("abc"):\n    email_security.BlockSender(entry["pattern"], **entry)\n'
    collection = 'email_security.BlockSenders("list", entries=entries("abc"), adopt=True)\n'
    broken = 'email_security.TrustedDomain("taken", pattern="taken.example")\n'
    with served("2026") as account:
        account.seed({"trusted_domains": [{"pattern": "taken.example"}]}, account_id=ACCOUNT)
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", PROGRAM + singles), env=env)
        stack.up()
        stack.edit(PROGRAM + collection + broken)
        stack.up(expect_failure=True)
        stack.edit(PROGRAM + collection)
        assert stack.up().summary == {"same": 1, "delete": 3}
        assert blocked(account) == "abc"
        assert stack.preview(refresh=True).summary == {"same": 1}
