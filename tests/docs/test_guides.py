"""The commands of the guides do what the guides say, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security import BlockSenders, EntriesFileError, merge_entries, read_entries
from pulumi_cloudflare_email_security.cli.senders import feeds
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import InProcessStack
from support.command import run
from support.examples import GUIDES, fences
from support.messy_account import account as messy


def commands(name: str) -> list[list[str]]:
    """The command's calls in a guide, in order; those within a sentence come last."""
    inline = re.findall(r"`(cf-email-security [^`]+ --[^`]+)`", (GUIDES / name).read_text(encoding="utf-8"))
    lines = [*"".join(fences(name)).splitlines(), *inline]
    return [shlex.split(line)[1:] for line in lines if line.startswith("cf-email-security ")]


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An account made by hand, which the environment names."""
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", f"emulator:{tmp_path}/account.json")
    monkeypatch.chdir(tmp_path)
    emulator = Emulator("2026", state=tmp_path / "account.json")
    emulator.seed(messy(70, "2026"), account_id=EMULATOR_ACCOUNT)
    return emulator


def test_the_guide_to_bringing_an_account_in(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Export, adoption without a write, and drift that is accepted."""
    doctor, export, again, schema = commands("import.md")
    run(*doctor)
    run(*export, code=4)
    project = tmp_path / "email-security"
    assert (project / "import.json").is_file()
    stack = InProcessStack(project="email-security", stack="prod")
    with monkeypatch.context() as adopting:
        adopting.setenv("CLOUDFLARE_EMAIL_SECURITY_ADOPT", "true")
        stack.up(project)
    assert set(stack.preview(project, refresh=True).summary) == {"same"}

    (entry, *_) = emulator.entries(EMULATOR_ACCOUNT, "block_senders")
    emulator.change(EMULATOR_ACCOUNT, "block_senders", entry["id"], comments="by hand")
    monkeypatch.chdir(project)
    assert "block_senders.csv: 0 added, 1 changed, 0 removed" in run(*again, code=4).stdout
    with monkeypatch.context() as adopting:
        adopting.setenv("CLOUDFLARE_EMAIL_SECURITY_ADOPT", "true")
        stack.up(project, refresh=True)
    assert set(stack.preview(project, refresh=True).summary) == {"same"}
    assert [each.method for each in emulator.log.records if each.method != "GET"] == []
    run(*schema)


def test_the_guide_to_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its two files, merged, and what is said of the overlap."""
    monkeypatch.chdir(tmp_path)
    baseline, extras, report = fences("layers.md", "text")
    (tmp_path / "baseline.csv").write_text(baseline)
    (tmp_path / "dev.csv").write_text(extras)
    layers = [read_entries("baseline.csv"), read_entries("dev.csv")]
    merged = merge_entries(*layers, of=BlockSenders, on_overlap="allow")
    assert [(entry["pattern"], entry.get("comments")) for entry in merged] == [
        ("evil.example", "seen here too"),
        ("worse.example", "agreed in May"),
        ("lure.example", None),
    ]
    with pytest.raises(EntriesFileError) as refused:
        merge_entries(*layers, of=BlockSenders, on_overlap="refuse")
    assert str(refused.value) == report.strip()


def test_the_guide_to_an_incident(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Block, lift, feed."""
    monkeypatch.setattr(feeds.Warnings, "of", lambda *_: None)
    block, unblock, feed = commands("incident.md")
    (report,) = fences("incident.md", "text")
    (tmp_path / "senders.txt").write_text(report)
    (tmp_path / "abuse.txt").write_text("worse.example\n")
    (tmp_path / "blocklist.csv").write_text("pattern_type,pattern,comments\nDOMAIN,old.example,before\n")
    run(*block)
    assert [entry["pattern"] for entry in read_entries("blocklist.csv")] == [
        "evil.example",
        "old.example",
        "jane@lure.example",
        "203.0.113.0/24",
    ]
    run(*unblock)
    assert [entry["pattern"] for entry in read_entries("blocklist.csv")] == ["old.example"]
    run(*feed)
    assert [entry["pattern"] for entry in read_entries("feed.csv")] == ["worse.example"]
    assert [each.method for each in emulator.log.records if each.method != "GET"] == []
