"""What is exported from accounts with ways of their own needs no write and no change: in-process, every setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.command import run
from support.messy_account import account as messy

HABITS = (
    "trim",
    "composed",
    "line_ends=lf",
    "line_ends=crlf",
    "lower_case",
    "canonical_cidr",
    "null_lists",
    "omit_empty",
    "empty_text",
    "old_times",
    "page_cap=20",
    "page_cap=20:silent",
    "page_limit=20",
    "moving_entries",
    "total_count=missing",
    "total_count=text",
    "total_count=page",
    "list_lag",
)


@pytest.mark.parametrize(("contract", "single"), [("2025", False), ("2026", True)])
@pytest.mark.parametrize("habit", HABITS)
def test_an_account_with_habits_is_exported_as_it_is(
    habit: str, contract: Any, single: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first update adopts everything and writes nothing; previews, plain and with refresh, are empty."""
    emulator = Emulator(contract, state=tmp_path / "account.json")
    emulator.seed(messy(52, contract, blanks=True), account_id=EMULATOR_ACCOUNT)
    url = f"emulator:{tmp_path / 'account.json'}?contract={contract}&habit={habit}"
    project = tmp_path / "project"
    options = ["--single"] if single else []
    run("export", "--into", project, "--base-url", url, *options, code=4)

    stack = InProcessStack(project="project", stack="prod", config={"cloudflare-email-security:baseUrl": url})
    monkeypatch.setenv("CLOUDFLARE_EMAIL_SECURITY_ADOPT", "true")
    up = stack.up(project)
    assert {change.operation for change in up.changes} == {"create"}
    monkeypatch.delenv("CLOUDFLARE_EMAIL_SECURITY_ADOPT")
    assert {change.operation for change in stack.preview(project).changes} <= {"same"}
    refreshed = stack.preview(project, refresh=True)
    assert {change.operation for change in refreshed.changes} <= {"same"}
    assert [record for record in emulator.log.records if record.method != "GET"] == []
