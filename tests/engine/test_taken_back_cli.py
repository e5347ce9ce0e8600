"""An update fails in the middle and the program is taken back: state and program agree, and both are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Fault
from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, served

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

entries = [{{"pattern": f"{letter}{{n}}.example", "pattern_type": "DOMAIN"}} for n in range({count})]
email_security.BlockSenders("list", entries=entries, delete_limit=100)
"""


# By contract: how many entries, and what fails in the middle of deleting them, when the new ones are made.
CASES = {
    "2025": (20, Fault("server_error", operation="DELETE *", after=5)),
    "2026": (1200, Fault("server_error", operation="POST *", after=3)),
}


@pytest.mark.parametrize("contract", CASES)
@pytest.mark.parametrize("refreshed", [False, True])
def test_an_update_that_failed_is_taken_back(cli: Path, tmp_path: Path, contract: str, refreshed: bool) -> None:
    """The next `up` deletes what was made and makes anew what was deleted, refreshed before or not."""
    count, failure = CASES[contract]
    program = {letter: PROGRAM.format(letter=letter, count=count) for letter in "ab"}
    with served(contract) as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", program["a"]), env=env)
        stack.up()
        account.inject(failure)
        stack.edit(program["b"])
        assert "changes are done" in stack.up(expect_failure=True).text
        account.clear_faults()
        patterns = {entry["pattern"] for entry in account.entries(ACCOUNT, "block_senders")}
        assert count < len(patterns) < 2 * count
        stack.edit(program["a"])
        if refreshed:
            stack.refresh()
        assert stack.preview().summary == {"update": 1}
        stack.up()
        patterns = {entry["pattern"] for entry in account.entries(ACCOUNT, "block_senders")}
        assert patterns == {f"a{n}.example" for n in range(count)}
        assert stack.preview(refresh=True).summary == {"same": 1}
