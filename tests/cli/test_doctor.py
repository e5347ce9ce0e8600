"""What `cf-email-security doctor` finds, and what it says to do."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from pulumi_cloudflare_email_security.cli.diagnosis import account as diagnosis
from pulumi_cloudflare_email_security.cli.diagnosis import failed_by
from pulumi_cloudflare_email_security.client import attempts
from pulumi_cloudflare_email_security.client.credentials import Connection, Credentials
from pulumi_cloudflare_email_security.client.errors import EmailSecurityError
from support.accounts import Account, both_contracts
from support.command import run
from support.fake_time import BASE_URL, FakeTime, refused

TOKEN = "the-token-of-these-tests-0123456789"
IN_MEMORY = ("--base-url", "emulator:in-memory")


@pytest.fixture(autouse=True)
def no_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run outside this clone, which is a project itself."""
    monkeypatch.chdir(tmp_path)


def found(*options: str, code: int) -> dict[str, Any]:
    """The findings by name."""
    result = run("doctor", "--format", "json", *options, code=code)
    answer = json.loads(result.stdout)
    assert answer["ready"] is (code == 0)
    return {finding["name"]: finding for finding in answer["findings"]}


@both_contracts
def test_an_account_that_is_ready(account: Account) -> None:
    """Machine, configuration and account; nothing is written."""
    account.seed("block_senders", {"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False})
    findings = found(*IN_MEMORY, "--account", account.id, code=0)
    assert findings["Python"]["status"] == "ok"
    assert findings["Account"]["text"] == f"{account.id} (option)"
    assert findings["Contract"]["text"].startswith(account.contract)
    assert findings["block_senders"]["text"] == "can be read: 1 entry"
    assert findings["content_policies"]["status"] == ("ok" if account.contract == "2026" else "skipped")
    assert account.writes() == []


def test_what_is_missing_is_named_with_its_remedy() -> None:
    """Neither account nor token."""
    result = run("doctor", code=1)
    assert "✗ Account: is not set\n    pass --account ID, or set CLOUDFLARE_ACCOUNT_ID" in result.stdout
    assert "✗ Token: no credentials" in result.stdout


def test_a_token_in_clear_is_found_and_never_printed(account: Account, tmp_path: Path) -> None:
    """It stands in the stack's file, so in the repository and in state."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n"
        f"  cloudflare-email-security:apiToken: {TOKEN}\n"
        "  cloudflare:apiKey: {secure: v1:abc}\n"
        f"  cloudflare-email-security:accountId: {account.id}\n"
        "  cloudflare-email-security:baseUrl: emulator:in-memory\n"
    )
    result = run("doctor", code=0)
    assert "! Token in clear:" in result.stdout
    assert "Pulumi.prod.yaml holds cloudflare-email-security:apiToken in clear" in result.stdout
    assert "cloudflare:apiKey" not in result.stdout
    assert f"✓ Account: {account.id} (config cloudflare-email-security:accountId)" in result.stdout
    assert "✓ Stack: prod" in result.stdout
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("key", "value", "name", "said"),
    [
        ("adopt", "maybe", "Adopt", "must be true or false, not 'maybe'"),
        ("verify", "nope", "Verify", "must be true or false, not 'nope'"),
        ("deleteLimit", "all", "Delete limit", "must be a whole number of percent from 0 to 100, not 'all'"),
        ("risk", "alarm", "Risk", "must be one of warn, refuse, off, not 'alarm'"),
    ],
)
def test_a_setting_that_a_preview_would_refuse(key: str, value: str, name: str, said: str, tmp_path: Path) -> None:
    """It has no tick."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n  cloudflare-email-security:{key}: {value}\n")
    finding = found(*IN_MEMORY, code=1)[name]
    assert finding["status"] == "failed"
    assert said in finding["text"]
    assert f"config cloudflare-email-security:{key}" in finding["text"]
    assert "correct it" in finding["remedy"]


def test_names_that_are_mistyped_in_a_project(tmp_path: Path) -> None:
    """A key that nothing reads, and a stack without a file: both would be passed over in silence."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  cloudflare-email-security:baseUlr: emulator:in-memory\n  corp-mail:mine: x\n"
    )
    findings = found(*IN_MEMORY, "--stack", "prod", code=0)
    assert findings["Unknown setting"]["status"] == "warning"
    assert "Pulumi.prod.yaml sets cloudflare-email-security:baseUlr" in findings["Unknown setting"]["text"]
    assert findings["Unknown setting"]["remedy"] == "it may be meant as cloudflare-email-security:baseUrl"
    findings = found(*IN_MEMORY, "--stack", "prd", code=0)
    assert findings["Stack"]["status"] == "warning"
    assert findings["Stack"]["text"] == "prd has no Pulumi.prd.yaml (there are: prod)"


def test_an_encrypted_token_is_for_pulumi_only(tmp_path: Path) -> None:
    """The command has no key for it, and says so."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp-mail\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  cloudflare-email-security:apiToken: {secure: v1:abc}\n  cloudflare-email-security:accountId: abc\n"
    )
    findings = found(code=1)
    assert "that of the stack is encrypted" in findings["Token"]["text"]
    assert "Token in clear" not in findings


def test_a_permission_that_is_missing_for_one_collection(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read."""
    monkeypatch.setattr(attempts, "_FORBIDDEN_RETRIES", 0)
    account.fail("forbidden", "GET domains", times=None)
    findings = found(*IN_MEMORY, "--account", account.id, code=1)
    assert findings["domains"]["status"] == "failed"
    assert "403" in findings["domains"]["text"]
    assert "Cloud Email Security" in findings["domains"]["remedy"]
    assert findings["Token accepted"]["status"] == "ok"
    account.fail("forbidden", "GET *", times=None)
    findings = found(*IN_MEMORY, "--account", account.id, code=1)
    assert findings["Token accepted"]["status"] == "failed"


def test_what_stands_before_the_api_is_no_fault_of_the_token(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page in place of an answer, for one collection and for all."""
    monkeypatch.setattr(attempts, "_FORBIDDEN_RETRIES", 0)
    account.fail("forbidden", "GET domains", times=None, body="html")
    finding = found(*IN_MEMORY, "--account", account.id, code=1)["domains"]
    assert "something in front of the API stopped the request" in finding["remedy"]
    account.fail("forbidden", "GET *", times=None, body="html")
    findings = found(*IN_MEMORY, "--account", account.id, code=1)
    assert "something in front of the API stopped the request" in findings["API"]["remedy"]
    assert "Token accepted" not in findings


@pytest.mark.parametrize(("seconds", "status"), [(0, "ok"), (59, "ok"), (-3600, "warning"), (3600, "warning")])
def test_a_clock_that_is_wrong_is_told(seconds: int, status: str) -> None:
    """By the time of the API's answers."""
    there = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    (finding,) = diagnosis.clock("Wed, 25 Nov 2026 08:00:00 GMT", there + timedelta(seconds=seconds))
    assert finding.status == status
    assert str(abs(seconds)) in finding.text


@pytest.mark.parametrize("date", [None, "yesterday", ""])
def test_answers_without_a_time_are_no_reason_to_fail(date: str | None) -> None:
    """Nothing can be said of the clock then."""
    (finding,) = diagnosis.clock(date, datetime.now(tz=UTC))
    assert finding.status == "skipped"


def test_address_ranges_that_the_dashboard_does_not_show(account: Account) -> None:
    """The API takes them; the dashboard's documentation does not know them."""
    flags = dict.fromkeys(("is_acceptable_sender", "is_exempt_recipient", "is_trusted_sender", "verify_sender"), False)
    account.seed("allow_policies", {"pattern": "192.0.2.0/24", "pattern_type": "IP", "is_regex": False, **flags})
    findings = found(*IN_MEMORY, "--account", account.id, code=0)
    assert "192.0.2.0/24" in findings["Allow policies"]["text"]


def test_a_base_url_that_cannot_be_used_has_its_own_line() -> None:
    """Nothing is said of the token then, which may be all right."""
    findings = found("--base-url", "http://api.example/client/v4", "--account", "a" * 32, code=1)
    assert findings["Base URL"]["status"] == "failed"
    assert "would expose the token" in findings["Base URL"]["text"]
    assert "https://api.cloudflare.com/client/v4" in findings["Base URL"]["remedy"]
    assert "Token" not in findings


def test_an_account_that_is_none_is_told_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id of the real API has a form; the rest is looked at all the same."""
    monkeypatch.delenv("CLOUDFLARE_BASE_URL", raising=False)
    findings = found("--account", "corp", code=1)
    assert findings["Account"]["status"] == "failed"
    assert "32" in findings["Account"]["text"]
    assert "Token" in findings


def test_an_api_that_is_not_there(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """All collections answer 404: the base URL or the account is wrong, not the token."""
    contract = account.emulator.contract
    monkeypatch.setattr(type(account.emulator), "contract", dataclasses.replace(contract, collections={}))
    findings = found(*IN_MEMORY, "--account", account.id, code=1)
    assert "404" in findings["API"]["text"]
    assert findings["API"]["remedy"] == "check the base URL and the account"
    assert "Token accepted" not in findings


@pytest.mark.parametrize("seconds", [0.0, 2.5])
def test_a_host_that_is_not_there_is_told_within_seconds(seconds: float) -> None:
    """Whether it refuses connections, or lets each wait for its time-out, of the seconds that are told here."""
    time = FakeTime()

    def no_connection(request: Any) -> Any:
        del request
        time.sleep(seconds)
        raise refused()

    connection = Connection(BASE_URL, Credentials.token(TOKEN, "environment"))
    with responses.RequestsMock() as api:
        api.add_callback("GET", re.compile(re.escape(BASE_URL)), no_connection)
        (finding,) = diagnosis.Account(connection, "a" * 32, clock=time.clock).findings()
    assert (finding.name, finding.status) == ("API", "failed")
    assert time.slept < 6


def test_no_remedy_is_said_twice() -> None:
    """What an error says to do is the remedy; where it says nothing there is one all the same."""
    error = EmailSecurityError("GET /accounts: no connection — nothing was sent; check the network")
    finding = failed_by("API", error, "check the base URL")
    assert (finding.text, finding.remedy) == ("GET /accounts: no connection", "nothing was sent; check the network")
    assert failed_by("API", EmailSecurityError("no answer"), "check the base URL").remedy == "check the base URL"


def test_a_habit_is_said_once_with_its_collections(account: Account) -> None:
    """Not once for each collection and field."""
    for n in range(2):
        account.seed("block_senders", {"pattern": f"e{n}.example", "pattern_type": "DOMAIN", "is_regex": False})
    flags = {"is_regex": False, "is_recent": True, "is_similarity": False}
    account.seed("trusted_domains", {"pattern": "a.example", **flags})
    account.emulator.set_habits(omit_empty=True, total_count="missing")
    findings = found(*IN_MEMORY, "--account", account.id, code=0)
    assert "answers leave out what is false (block_senders, trusted_domains)" in findings["Habits"]["text"]
    assert findings["block_senders"]["text"] == "can be read: 2 entries on the first page"


def test_a_project_without_a_stack_is_told_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that has stacks to select one."""
    (tmp_path / "Pulumi.yaml").write_text("name: corp\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    assert "stack init" in found(*IN_MEMORY, code=0)["Stack"]["remedy"]
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    assert "stack select" in found(*IN_MEMORY, code=0)["Stack"]["remedy"]
