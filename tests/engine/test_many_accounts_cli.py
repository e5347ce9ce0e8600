"""`examples/many_accounts` on the real CLI: three accounts, of which one fails and stops no other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.cli import CliStack, copy_program
from support.examples import EXAMPLES, run_script
from support.http_emulator import TOKEN, served

pytestmark = pytest.mark.engine
ACCOUNTS = {"emea": "e" * 32, "apac": "a" * 32, "americas": "0" * 32}


def test_one_failing_account_stops_no_other(cli: Path, tmp_path: Path) -> None:
    """Each with its own token; summary, review, exit codes, layers, and drift of one account."""
    folder = copy_program(EXAMPLES / "many_accounts", tmp_path / "fleet")
    with served("2026", token=TOKEN) as emulator:
        stack = CliStack(cli, folder, "scratch", env={"CLOUDFLARE_BASE_URL": emulator.base_url})
        (folder / "Pulumi.scratch.yaml").unlink(missing_ok=True)
        project = (folder / "Pulumi.yaml").read_text()
        project = project.replace("emulator:../../.work/many_accounts.json", emulator.base_url)
        (folder / "Pulumi.yaml").write_text(project)
        stack.env |= {"CLOUDFLARE_API_TOKEN_EMEA": TOKEN, "CLOUDFLARE_API_TOKEN_APAC": TOKEN}
        stack.env["CLOUDFLARE_API_TOKEN_AMERICAS"] = "not-the-right-token"

        def fleet(*arguments: str) -> tuple[int, str]:
            return run_script(folder, [sys.executable, "fleet.py", *arguments], stack.env)

        def blocked(name: str) -> dict[str, str]:
            return {entry["pattern"]: entry["comments"] for entry in emulator.entries(ACCOUNTS[name], "block_senders")}

        code, told = fleet("up")
        assert code == 1, told
        assert "3 accounts, 1 failed" in told
        assert "FAILED americas" in told
        assert TOKEN not in told
        assert blocked("apac") == {"evil.example": "agreed in May", "worse.example": "agreed in May"}
        own = {"worse.example": "seen in Paris too", "local.example": "seen in Paris only"}
        assert blocked("emea") == {**blocked("apac"), **own}
        assert blocked("americas") == {}

        stack.env["CLOUDFLARE_API_TOKEN_AMERICAS"] = TOKEN
        code, told = fleet("preview")
        assert (code, "3 accounts, 0 failed" in told) == (0, True), told
        assert "evil.example" in (folder / "previews" / "review.md").read_text()

        emulator.remove(ACCOUNTS["apac"], "block_senders", emulator.entries(ACCOUNTS["apac"], "block_senders")[0]["id"])
        code, told = fleet("drift", "emea", "apac")
        assert (code, "2 accounts, 1 failed" in told, "FAILED apac" in told) == (1, True, True), told
