"""`examples/many_accounts` on the real CLI: three accounts, of which one fails and stops no other; shared state."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.cli import CliStack, copy_program
from support.examples import EXAMPLES, run_script
from support.http_emulator import TOKEN, ServedEmulator, served
from support.s3_server import CREDENTIALS, bucket, find_server

pytestmark = pytest.mark.engine
ACCOUNTS = {"emea": "e" * 32, "apac": "a" * 32, "americas": "0" * 32}


class Machine:
    """A machine with a checkout of the example, a Pulumi home of its own, and a token for each account."""

    def __init__(self, cli: Path, folder: Path, emulator: ServedEmulator, **env: str) -> None:
        self.folder = copy_program(EXAMPLES / "many_accounts", folder)
        project = (folder / "Pulumi.yaml").read_text()
        (folder / "Pulumi.yaml").write_text(
            project.replace("emulator:../../.work/many_accounts.json", emulator.base_url)
        )
        tokens = {f"CLOUDFLARE_API_TOKEN_{name.upper()}": TOKEN for name in ACCOUNTS}
        stack = CliStack(cli, folder, folder.name, env={"CLOUDFLARE_BASE_URL": emulator.base_url, **tokens, **env})
        (folder / f"Pulumi.{folder.name}.yaml").unlink(missing_ok=True)
        self.env = stack.env

    def fleet(self, *arguments: str) -> tuple[int, str]:
        """Run the example's command; its exit code, and what it prints."""
        return run_script(self.folder, [sys.executable, "fleet.py", *arguments], self.env)


def blocked(emulator: ServedEmulator, name: str) -> dict[str, str]:
    """What an account blocks, and why."""
    return {entry["pattern"]: entry["comments"] for entry in emulator.entries(ACCOUNTS[name], "block_senders")}


def test_one_failing_account_stops_no_other(cli: Path, tmp_path: Path) -> None:
    """Each with its own token; summary, review, exit codes, layers, and drift of one account."""
    with served("2026", token=TOKEN) as emulator:
        machine = Machine(cli, tmp_path / "fleet", emulator, CLOUDFLARE_API_TOKEN_AMERICAS="not-the-right-token")
        code, told = machine.fleet("up")
        assert code == 1, told
        assert "3 accounts, 1 failed" in told
        assert "FAILED americas" in told
        assert TOKEN not in told
        assert blocked(emulator, "apac") == {"evil.example": "agreed in May", "worse.example": "agreed in May"}
        own = {"worse.example": "seen in Paris too", "local.example": "seen in Paris only"}
        assert blocked(emulator, "emea") == {**blocked(emulator, "apac"), **own}
        assert blocked(emulator, "americas") == {}

        code, told = machine.fleet("preview")
        assert code == 1, told
        assert "FAILED americas" in told
        page = (machine.folder / "previews" / "review.md").read_text()
        assert "the preview failed" in page.splitlines()[0], page
        assert "the API answered 403" in page
        code, told = machine.fleet("preview", "amricas")
        assert (code, "there is no Pulumi.amricas.yaml" in told) == (2, True), told
        assert not (machine.folder / "Pulumi.amricas.yaml").exists()

        machine.env["CLOUDFLARE_API_TOKEN_AMERICAS"] = TOKEN
        code, told = machine.fleet("preview")
        assert (code, "3 accounts, 0 failed" in told) == (0, True), told
        assert "evil.example" in (machine.folder / "previews" / "review.md").read_text()

        emulator.remove(ACCOUNTS["apac"], "block_senders", emulator.entries(ACCOUNTS["apac"], "block_senders")[0]["id"])
        code, told = machine.fleet("drift", "emea", "apac")
        assert (code, "2 accounts, 1 failed" in told, "FAILED apac" in told) == (1, True, True), told


def test_machines_share_their_state_in_a_bucket(cli: Path, tmp_path: Path) -> None:
    """What one runner applied, another one knows; the bucket holds no token and opens to its own keys only."""
    server = find_server() or pytest.skip("no server of the S3 protocol: `make s3` installs one, with Go")
    with served("2026", token=TOKEN) as emulator, bucket(server, tmp_path / "s3") as url:
        env = {"PULUMI_BACKEND_URL": url, **CREDENTIALS}
        first = Machine(cli, tmp_path / "first", emulator, **env)
        assert first.fleet("up")[0] == 0
        assert set(blocked(emulator, "americas")) == {"evil.example", "worse.example"}
        written = emulator.writes()

        second = Machine(cli, tmp_path / "second", emulator, **env)
        code, told = second.fleet("up")
        assert (code, told.count("2 same"), emulator.writes()) == (0, 3, written), told
        code, told = second.fleet("drift")
        assert (code, "3 accounts, 0 failed" in told) == (0, True), told

        states = [file.read_text() for file in (tmp_path / "s3" / "state").rglob("stacks/**/*.json")]
        assert len(states) >= len(ACCOUNTS)
        assert not [state for state in states if TOKEN in state]
        second.env["AWS_SECRET_ACCESS_KEY"] = "another"
        code, told = second.fleet("preview")
        assert (code, "3 accounts, 3 failed" in told) == (1, True), told
        assert all(told.count(secret) == 0 for secret in CREDENTIALS.values())
