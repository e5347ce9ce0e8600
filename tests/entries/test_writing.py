"""Entries as files that read back as exactly these entries."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security import read_entries
from pulumi_cloudflare_email_security.entries.typed import whole_fields, without_defaults
from pulumi_cloudflare_email_security.entries.writing import CSV, YAML, file_text, write_whole
from pulumi_cloudflare_email_security.settings import SETTINGS
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCKED
from support.messy_account import BLANK_REMARKS, ODD_REMARKS, account

REMARKS = st.text(alphabet=st.one_of(st.sampled_from("\"',;\t|\r\n =#-"), st.characters(exclude_categories=["Cs"])))


def blocked(remark: str) -> dict[str, Any]:
    """A blocked sender with a remark."""
    return {"pattern": "evil.example", "pattern_type": "DOMAIN", "comments": remark}


@pytest.mark.parametrize("remark", [*ODD_REMARKS, "a line of an old\rMac"])
def test_a_csv_file_holds_odd_remarks(remark: str, tmp_path: Path) -> None:
    """Quotes, line breaks, formulas, separators and other scripts."""
    suffix, text = file_text(BLOCKED, [blocked(remark), blocked("plain")], CSV)
    assert suffix == CSV
    (file := tmp_path / "blocked.csv").write_bytes(text.encode())
    assert [entry["comments"] for entry in read_entries(file)] == [remark, "plain"]


@pytest.mark.parametrize("remark", BLANK_REMARKS)
def test_what_csv_cannot_hold_is_written_as_yaml(remark: str, tmp_path: Path) -> None:
    """Cells are read without the blanks around them."""
    suffix, text = file_text(BLOCKED, [blocked("plain"), blocked(remark)], CSV)
    assert suffix == YAML
    (file := tmp_path / "blocked.yaml").write_bytes(text.encode())
    assert [entry["comments"] for entry in read_entries(file)] == ["plain", remark]


@given(remarks=st.lists(REMARKS.filter(bool), min_size=1, max_size=3), form=st.sampled_from([CSV, YAML]))
def test_every_remark_reads_back(remarks: list[str], form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever it holds."""
    suffix, text = file_text(BLOCKED, list(map(blocked, remarks)), form)
    (file := tmp_path_factory.getbasetemp() / f"any{suffix}").write_bytes(text.encode())
    assert [whole_fields(BLOCKED, entry)["comments"] for entry in read_entries(file)] == remarks


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.collection)
@pytest.mark.parametrize("form", [CSV, YAML])
def test_entries_of_every_setting_read_back(setting: Any, form: str, tmp_path: Path) -> None:
    """Flags, numbers and sets too."""
    seeds = account(70, "2026")[setting.collection]
    entries = [without_defaults(setting, setting.schema.normal(seed)) for seed in seeds]
    suffix, text = file_text(setting, entries, form)
    (file := tmp_path / f"entries{suffix}").write_bytes(text.encode())
    assert [whole_fields(setting, entry) for entry in read_entries(file)] == entries


@given(remark=REMARKS)
def test_an_emoji_is_written_as_one(remark: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where all is printable; beside what is not it reads back all the same."""
    assert "comments: 🎉" in file_text(BLOCKED, [blocked("🎉"), blocked("two\nlines")], YAML)[1]
    _, text = file_text(BLOCKED, [blocked(f"{remark}🎉"), blocked(f"🎉{remark}")], YAML)
    (file := tmp_path_factory.getbasetemp() / "emoji.yaml").write_bytes(text.encode())
    assert [entry["comments"] for entry in read_entries(file)] == [f"{remark}🎉", f"🎉{remark}"]


@pytest.mark.parametrize(
    "remark", ["1e5", "-1E+5", "0o17", "1.", ".5e3", "08", "0x10", "1_000", "null", "yes", "2027-01-31"]
)
def test_no_text_is_a_number_to_other_readers_of_yaml(remark: str) -> None:
    """Editors and `check-jsonschema` read YAML 1.2, and PyYAML 1.1."""
    _, text = file_text(BLOCKED, [blocked(remark)], YAML)
    assert f"comments: '{remark}'" in text


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure while it is written leaves what was there, and nothing beside it."""
    (file := tmp_path / "blocked.csv").write_bytes(b"as it was")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=re.escape(str(file))):
        write_whole(file, b"half")
    assert file.read_bytes() == b"as it was"
    assert [*tmp_path.iterdir()] == [file]


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    """What is written takes the place of the file that the link names."""
    (file := tmp_path / "blocked.csv").write_bytes(b"as it was")
    file.chmod(0o640)
    (link := tmp_path / "link.csv").symlink_to(file)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o640
    assert {*tmp_path.iterdir()} == {file, link}
