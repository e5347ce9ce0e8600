"""Notes of an interrupted run, in a folder that other runs use too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.session.notes import Notes

NOW = 1_800_000_000.0


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a run that began something and did not end it."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    Notes(["stack"], "first", lambda: NOW).begin("resource")
    (path,) = (tmp_path / "cloudflare-email-security").iterdir()
    os.utime(path, (NOW, NOW))
    return path


def interrupted() -> bool:
    """Whether a later run knows of it."""
    return Notes(["stack"], "second", lambda: NOW + 60).interrupted("resource")


def test_a_file_that_vanishes_meanwhile_hides_no_other(noted: Path) -> None:
    """Another run removes an old file while this one looks through the folder."""
    (noted.parent / "gone.jsonl").symlink_to(noted.parent / "nowhere")
    assert interrupted()


def test_what_cannot_be_read_hides_nothing_else(noted: Path) -> None:
    """A file that a crash of the machine has damaged is read as far as it can be."""
    noted.write_bytes(b"\xff\xfe\x00\n" + noted.read_bytes())
    os.utime(noted, (NOW, NOW))
    assert interrupted()
