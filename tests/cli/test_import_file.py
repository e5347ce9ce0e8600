"""The file for `pulumi import` holds what a first update that adopts everything records, to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.command import run
from support.messy_account import account as messy


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("count", [14, 70])
@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_the_file_is_what_an_adopting_update_records(
    contract: Any, count: int, single: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few entries in the program, or more in files; as collections and one by one."""
    emulator = Emulator(contract, state=tmp_path / "account.json")
    emulator.seed(messy(count, contract, blanks=True), account_id=EMULATOR_ACCOUNT)
    url = f"emulator:{tmp_path / 'account.json'}?contract={contract}"
    project = tmp_path / "project"
    run("export", "--into", project, "--base-url", url, *(["--single"] if single else []), code=4)

    config = {"baseUrl": url, "accountId": EMULATOR_ACCOUNT}
    stack = InProcessStack(
        project="project",
        stack="prod",
        config={f"cloudflare-email-security:{key}": value for key, value in config.items()},
    )
    monkeypatch.setenv("CLOUDFLARE_EMAIL_SECURITY_ADOPT", "true")
    stack.up(project)
    recorded = {
        (each["type"], each["urn"].rsplit("::", 1)[1]): (each["id"], each["inputs"], each["outputs"])
        for each in stack.state["resources"]
        if not each["type"].startswith("pulumi:")
    }
    resources = json.loads((project / "import.json").read_text())["resources"]
    assert {
        (each["type"], each["name"]): (each["id"], each["inputs"], each["outputs"]) for each in resources
    } == recorded
