"""Notes of an interrupted run, in a folder that other runs use too."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.session.notes import Notes, folder

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


def test_notes_are_in_pulumis_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is in the user's unless the environment says where."""
    monkeypatch.delenv("PULUMI_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert folder() == tmp_path / ".pulumi" / "cloudflare-email-security"


def test_each_note_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries are asked about, as where an account of thousands is adopted."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    looked = []

    class Note(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            looked.append(name)
            return super().get(name, default)

    notes = Notes(["stack"], "run", lambda: NOW)
    notes.creating("resource", ["key"])
    notes.own[:] = map(Note, notes.own)
    entry = {"created_at": "2027-01-15T08:00:00Z"}
    assert all(notes.made("key", entry) for _ in range(100))
    assert len(looked) == 2


def test_what_another_provider_of_the_deployment_took_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what it took after these notes were read first; what other deployments took is not meant."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    old, new, later = (
        Notes(["stack"], run, time.time, deployment)
        for run, deployment in (("old", "127.0.0.1:1"), ("new", "127.0.0.1:1"), ("later", "127.0.0.1:2"))
    )
    assert old.taken_elsewhere(["a", "b"]) == set()
    new.taken("resource", {"key": "a"})
    assert old.taken_elsewhere(["a", "b"]) == {"a"}
    assert new.taken_elsewhere(["a", "b"]) == later.taken_elsewhere(["a", "b"]) == set()
