"""The pytest plugin, and the example of a program with tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import EmulatedAccount, InProcessStack, StackError, review
from support.environment import scrubbed

ROOT = Path(__file__).parent.parent.parent


def block(*patterns: str, **options: object) -> None:
    """A program that blocks domains."""
    entries = [{"pattern": pattern, "pattern_type": "DOMAIN", "comments": "ours"} for pattern in patterns]
    email_security.BlockSenders("list", entries=entries, **options)  # type: ignore[arg-type]


def test_a_program_runs_on_the_account(
    email_security_account: EmulatedAccount, email_security_stack: InProcessStack
) -> None:
    """What the program declares is in the account, and how it came there can be asked."""
    assert email_security_stack.up(lambda: block("a.example")).summary == {"create": 1}
    assert [entry["pattern"] for entry in email_security_account.entries("block_senders")] == ["a.example"]
    assert email_security_account.writes == ["POST block_senders"]
    assert email_security_stack.preview(lambda: block("a.example")).summary == {"same": 1}


@pytest.mark.email_security(contract="2025", duplicates="bad_request")
def test_the_marker_says_what_the_account_is_like(
    email_security_account: EmulatedAccount, email_security_stack: InProcessStack
) -> None:
    """Contract and habits are those of the marker."""
    assert email_security_account.emulator.contract.name == "2025"
    assert set(email_security_account.emulator.habits) == {"duplicates"}
    email_security_account.seed("block_senders", {"pattern": "a.example", "pattern_type": "DOMAIN", "is_regex": False})
    with pytest.raises(StackError, match=r"exists? already"):
        email_security_stack.up(lambda: block("a.example"))


def test_faults_cost_no_time(email_security_account: EmulatedAccount, email_security_stack: InProcessStack) -> None:
    """A minute of rate limit is waited for by the account's clock only, and told."""
    email_security_account.fail("rate_limited", retry_after=60)
    assert "rate limit" in email_security_stack.up(lambda: block("a.example")).text
    assert len(email_security_account.entries("block_senders")) == 1


def test_drift_is_told(email_security_account: EmulatedAccount, email_security_stack: InProcessStack) -> None:
    """What was changed outside the program is in `drift`, of a refresh and of a preview with refresh."""
    email_security_stack.up(lambda: block("a.example", "b.example"))
    assert email_security_stack.refresh().drift == []
    first = email_security_account.entries("block_senders")[0]
    email_security_account.change("block_senders", first["id"], comments="by hand")
    looked = email_security_stack.preview(lambda: block("a.example", "b.example"), refresh=True)
    assert [change.name for change in looked.drift] == ["list"]
    assert [change.operation for change in email_security_stack.refresh().drift] == ["update"]


def test_a_review_finds_what_weakens(email_security_stack: InProcessStack) -> None:
    """A preview's review holds the rules that apply: an exemption of everything is of severity high."""

    def program(pattern: str) -> None:
        email_security.AllowPolicy(
            "all", pattern=pattern, pattern_type="EMAIL", is_regex=True, is_trusted_sender=True, verify_sender=False
        )

    severities = [
        str(finding.severity) for finding in review(email_security_stack.preview(lambda: program(".*"))).findings
    ]
    assert "high" in severities
    assert not review(email_security_stack.preview(lambda: block("a.example"))).findings


def test_unknown_values_are_reviewed_as_such(email_security_stack: InProcessStack) -> None:
    """A pattern that is another resource's output, not known in a preview, does not break the review."""

    def program() -> None:
        first = email_security.BlockSender("first", pattern="a.example", pattern_type="DOMAIN")
        comments = pulumi.Output.concat("as ", first.id)
        email_security.AllowPolicy("second", pattern="b.example", pattern_type="DOMAIN", comments=comments)

    assert [change.key for change in review(email_security_stack.preview(program)).changes]


def test_the_example_tests_itself(tmp_path: Path) -> None:
    """The tests of examples/tested_program pass, run as its reader runs them."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "-c",
        os.devnull,
    ]
    done = subprocess.run(  # noqa: S603 - pytest itself
        [*command, str(ROOT / "examples" / "tested_program" / "tests")],
        capture_output=True,
        text=True,
        env=scrubbed(),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_seeding_a_list_of_entries_says_how_it_is_done(email_security_account: EmulatedAccount) -> None:
    """Entries are given one by one, so that a list is a slip."""
    entry = {"pattern": "a.example", "pattern_type": "DOMAIN", "is_regex": False}
    for wrong in (("block_senders", [entry]), ({"block_senders": [entry]},)):
        with pytest.raises(TypeError, match="seed takes a collection and its entries"):
            email_security_account.seed(*wrong)
    assert email_security_account.entries("block_senders") == []
