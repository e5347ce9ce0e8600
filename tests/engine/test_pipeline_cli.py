"""The shell steps of `examples/github_actions`, on the real CLI and an emulated account."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack, write_program
from support.examples import EXAMPLES, run_script

pytestmark = pytest.mark.engine
_PROGRAM = """
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN")
"""
_WEAKER = """
email_security.AllowPolicy(
    "everybody", pattern=".*", pattern_type="EMAIL", is_regex=True, is_trusted_sender=True, verify_sender=False
)
"""


def test_a_pull_request_a_merge_and_a_night(cli: Path, tmp_path: Path) -> None:
    """What is reviewed is applied; a weakening fails the review; drift and what nobody declares fail the night."""
    folder = write_program(tmp_path / "program", _PROGRAM)
    shutil.copytree(EXAMPLES / "github_actions" / "ci", folder / "ci")
    url = f"emulator:{tmp_path}/account.json"
    stack = CliStack(cli, folder, env={"CLOUDFLARE_BASE_URL": url})
    stack.env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), stack.env["PATH"]])

    def run(script: str, *arguments: str) -> tuple[int, str]:
        return run_script(folder, [f"ci/{script}", *arguments], stack.env)

    assert run("preview", "dev")[0] == 0
    code, shown = run("review")
    assert (code, "evil.example" in shown) == (0, True), shown
    assert (folder / "review" / "review.sarif").stat().st_size > 0
    code, shown = run("up", "dev")
    assert code == 0, shown
    code, shown = run("drift", "dev")
    assert code == 0, shown

    stack.edit(_PROGRAM + _WEAKER)
    assert run("preview", "dev")[0] == 0
    code, shown = run("review")
    assert (code, "matches-everything" in shown) == (1, True), shown

    stack.edit(_PROGRAM)
    account = Emulator(state=tmp_path / "account.json")
    (entry,) = account.entries(EMULATOR_ACCOUNT, "block_senders")
    account.remove(EMULATOR_ACCOUNT, "block_senders", entry["id"])
    code, shown = run("drift", "dev")
    assert (code, "Drift of dev" in shown) == (1, True), shown
    assert (folder / "drift" / "dev.md").read_text() in shown
