"""Habits are switched alike behind every door: the command, `emulator:PATH`, `responses`, and over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from pulumi_cloudflare_email_security.emulator import (
    EMULATOR_BASE_URL,
    EMULATOR_PREFIX,
    HABITS,
    Emulator,
    EmulatorAdapter,
    EmulatorError,
    respond,
)
from pulumi_cloudflare_email_security.emulator.__main__ import main
from support.emulator_api import ACCOUNT, body
from support.http_emulator import command, served

PLACE = f"/accounts/{ACCOUNT}/email-security/settings/block_senders"
HABITS_AT_THE_DOOR = {"trim": True, "page_cap": "2:silent", "line_ends": "crlf", "total_count": "text"}
TEXTS = ["trim", "page_cap=2:silent", "line_ends=crlf", "total_count=text"]


def shows_habits(session: requests.Session, url: str) -> None:
    """The account behind a door has the four habits."""
    for number in range(3):
        sent = {**body("block_senders", number), "comments": " a\nb "}
        made = session.post(url, json=sent, timeout=60).json()["result"]
        assert made["comments"] == "a\r\nb"
    listed = session.get(url, params={"per_page": "50"}, timeout=60).json()
    assert len(listed["result"]) == 2
    assert listed["result_info"] == {"page": 1, "per_page": 50, "count": 2, "total_count": "3"}


def test_in_the_url(tmp_path: Path) -> None:
    """`emulator:PATH?habit=NAME&habit=NAME=VALUES` switches them on."""
    query = "&".join(f"habit={text}" for text in TEXTS)
    with requests.Session() as session:
        session.mount(EMULATOR_PREFIX, EmulatorAdapter.from_url(f"emulator:{tmp_path / 'state.json'}?{query}"))
        shows_habits(session, EMULATOR_BASE_URL + PLACE)


def test_on_the_command_line() -> None:
    """`--habit NAME` switches one on, and may be repeated."""
    habits = [part for text in TEXTS for part in ("--habit", text)]
    with command("--port", "0", *habits) as (_, line), requests.Session() as session:
        shows_habits(session, line.split()[2] + PLACE)


@responses.activate
def test_in_mocks() -> None:
    """An emulator with habits has them behind `responses` too."""
    respond(Emulator(habits=HABITS_AT_THE_DOOR))
    with requests.Session() as session:
        shows_habits(session, f"https://api.cloudflare.com/client/v4{PLACE}")


def test_over_http() -> None:
    """They are shown, switched on and off while the server runs, and refused where there are none such."""
    with served("2026", habits={"null_lists": True}) as emulator, requests.Session() as session:
        admin = emulator.base_url.removesuffix("/client/v4") + "/__emulator__/habits"
        switched: dict[str, Any] = {**HABITS_AT_THE_DOOR, "null_lists": False}
        assert session.get(admin, timeout=60).json() == {"null_lists": True}
        assert session.post(admin, json=switched, timeout=60).json() == HABITS_AT_THE_DOOR
        shows_habits(session, emulator.base_url + PLACE)
        wrongs: tuple[Any, ...] = ({"nothing": True}, [], {"page_cap": "x"})
        for wrong in wrongs:
            assert session.post(admin, json=wrong, timeout=60).status_code == 400
        assert session.get(admin, timeout=60).json() == HABITS_AT_THE_DOOR


@pytest.mark.parametrize("text", ["nothing", "trim=x", "page_cap=", "page_cap=0", ""])
def test_a_bad_habit_is_told_at_every_door(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with a line, the URL in an error, that says what there is; no value means the defaults."""
    if text == "page_cap=":
        adapter = EmulatorAdapter.from_url(f"emulator:{tmp_path / 'state.json'}?habit={text}")
        assert adapter.emulator.habits["page_cap"] == (50, "told")
        return
    with pytest.raises(EmulatorError, match="habit"):
        EmulatorAdapter.from_url(f"emulator:{tmp_path / 'state.json'}?habit={text}")
    assert main(["--port", "0", "--habit", text]) == 1
    assert "habit" in capsys.readouterr().err


def test_the_command_lists_habits(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` tells every habit with its values and its sentence."""
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for habit in HABITS:
        assert f"  {habit.form}\n      {habit.description}" in told


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "identity", ""])
def test_answers_are_compressed_where_that_is_accepted(accepted: str) -> None:
    """A long answer comes compressed to clients that say they can read it; a short one does not."""
    with served("2026") as emulator, requests.Session() as session:
        emulator.seed({"block_senders": [body("block_senders", n) for n in range(50)]}, account_id=ACCOUNT)
        url = emulator.base_url + PLACE
        headers = {"Accept-Encoding": accepted}
        long = session.get(url, params={"per_page": "50"}, headers=headers, timeout=60)
        short = session.get(url, params={"page": "9"}, headers=headers, timeout=60)
    assert (long.headers.get("Content-Encoding") == "gzip") is ("gzip" in accepted.lower())
    assert len(long.json()["result"]) == 50
    assert (int(long.headers["Content-Length"]) < len(long.content)) is ("gzip" in accepted.lower())
    assert "Content-Encoding" not in short.headers


def test_the_docs_tell_every_habit() -> None:
    """The table in docs/emulator.md has each habit as it is."""
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
    table = page.partition("## Habits")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    cells = [(f"`{habit.form}`", habit.defaults, habit.description) for habit in HABITS]
    assert rows == ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells]
