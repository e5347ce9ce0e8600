"""What was written lately: which of the entries that a list shows may be older than the newest write."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.recent import SETTLING, RecentWrites, timestamp
from pulumi_cloudflare_email_security.session.notes import NotedWrites, NoteFile


def entry(time: str | None) -> dict[str, Any]:
    """An entry that was changed at a time."""
    return {"id": "1", **({} if time is None else {"modified_at": time})}


@pytest.mark.parametrize(
    ("shown", "doubtful"),
    [
        ("2026-11-25T14:00:00Z", True),
        # Accounts that tell whole seconds: made and changed within one, the list shows what was made.
        ("2026-11-25T14:00:07Z", True),
        ("2026-11-25T14:00:09Z", False),
        (None, True),
    ],
)
def test_what_is_not_plainly_newer_than_the_newest_write_is_doubtful(shown: str | None, *, doubtful: bool) -> None:
    """Somebody else's later change is believed at once."""
    recent = RecentWrites()
    recent.wrote(entry("2026-11-25T14:00:07Z"))
    assert recent.may_be_newer_than(entry(shown)) is doubtful


@pytest.mark.parametrize("shown", ["2026-11-25T14:00:07Z", None])
def test_where_nothing_was_written_a_list_is_believed(shown: str | None) -> None:
    """Drift costs no request more."""
    assert not RecentWrites().may_be_newer_than(entry(shown))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of the process cannot be set here")
def test_a_time_without_an_offset_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this machine stands."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC-9")
        time.tzset()
        assert timestamp("2026-01-01T00:00:00.25") == timestamp("2026-01-01T00:00:00.25Z")
        assert timestamp("2026-01-01T00:00:00.25") == timestamp("2026-01-01T02:00:00.25+02:00")
    time.tzset()


def test_a_write_settles_for_the_next_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh that follows an `up` within a second may be answered from where the write does not show yet."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    NotedWrites(NoteFile(["place"], "first", lambda: 100.0)).wrote(entry("2026-11-25T14:00:07Z"))
    assert NotedWrites(NoteFile(["place"], "next", lambda: 101.0)).settling() == SETTLING - 1
    assert NotedWrites(NoteFile(["place"], "later", lambda: 100.0 + SETTLING)).settling() == 0
    assert NotedWrites(NoteFile(["elsewhere"], "next", lambda: 101.0)).settling() == 0
    assert NotedWrites(NoteFile(["place"], "clock set back", lambda: 50.0)).settling() == SETTLING
