"""The report of an account's habits names exactly those that it has, and nothing is left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.acceptance.account import accept
from support.acceptance.api import COLLECTIONS, MARKER, PREFIX, Api
from support.acceptance.probes import Probe
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served

SETS: dict[str, list[str]] = {
    "2026 as documented": [],
    "2026 a tidy account": [
        *("lower_case", "trim", "composed", "line_ends=lf", "canonical_cidr", "old_times", "lower_case_status"),
        *("page_cap=50:told", "total_count=page", "batch_limit=40:413", "duplicates=taken", "status_codes"),
        *("null_lists", "empty_text", "zone_ownership"),
    ],
    "2026 a stubborn account": [
        *("page_limit=30", "total_count=text", "batch_missing=405:all", "duplicates=accept", "html_errors"),
        *("list_lag=4.0", "partial_answers=id", "omit_empty", "line_ends=crlf"),
    ],
    "2026 an account that does half": [
        *("batch_partial", "other_order", "batch_without_puts", "moving_entries", "page_cap=60:silent"),
        *("total_count=beyond", "partial_answers=key", "batch_limit=100:400"),
    ],
    "2026 an account of few words": ["bare_answers=null", "errors_as_200", "total_count=missing"],
    "2026 an account without one batch": ["batch_missing=501:block_senders", "bare_answers=204", "total_count=float"],
    "2025 as documented": [],
    "2025 an old account": ["other_order", "batch_partial", "total_count=unfiltered", "page_limit=25"],
    "2025 an account of few words": ["bare_answers=body", "lower_case"],
}


def by_hand(number: int) -> dict[str, Any]:
    """A block sender that somebody made."""
    return {"pattern": f"by-hand{number}.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "mine"}


class HandClock:
    """A clock that only sleeping moves."""

    seconds = 1_800_000_000.0

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.seconds += seconds


def account(contract: Any, habits: dict[str, Any], clock: HandClock) -> ServedEmulator:
    """An account with entries of somebody else's and what an earlier run left."""
    emulator = ServedEmulator(contract, token=TOKEN, clock=clock.now, sleep=clock.sleep)
    left = {"pattern": f"{PREFIX}left.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": MARKER}
    emulator.seed({"block_senders": [*map(by_hand, range(7)), left]}, account_id=ACCOUNT)
    emulator.seed({"domains": [{"domain": "corp.example"}]}, account_id=ACCOUNT)
    clock.sleep(60)
    emulator.set_habits(**habits)
    return emulator


@pytest.mark.parametrize("name", SETS)
def test_exactly_the_habits_are_named(name: str, tmp_path: Path) -> None:
    """JSON and Markdown hold them, in the form that switches an emulator's on."""
    clock = HandClock()
    contract: Any = name[:4]
    habits = {habit: value or True for habit, _, value in (each.partition("=") for each in SETS[name])}
    with served(emulator=account(contract, habits, clock)) as emulator:
        api = Api(emulator.base_url, ACCOUNT, TOKEN, pace=0.0, now=clock.now, sleep=clock.sleep)
        report = Probe(api).examine()
        report.write(tmp_path)

        assert report.habits == sorted(SETS[name]), report.to_markdown()
        assert report.facts["swept before"] == {"block_senders": 1}
        left = {collection: emulator.entries(ACCOUNT, collection) for collection in emulator.contract.collections}
    assert {entry["pattern"] for entry in left.pop("block_senders")} == {by_hand(n)["pattern"] for n in range(7)}
    assert [entry["domain"] for entry in left.pop("domains")] == ["corp.example"]
    assert not any(left.values())
    assert set(left) <= set(COLLECTIONS)

    written = json.loads((tmp_path / "acceptance.json").read_text())
    assert written["habits"] == sorted(SETS[name])
    assert written["emulator"] in (tmp_path / "acceptance.md").read_text()
    switched = [part.removeprefix("habit=") for part in written["emulator"].split("&")[1:]]
    again = Emulator(
        contract, habits={habit: value or True for habit, _, value in (s.partition("=") for s in switched)}
    )
    assert set(again.habits) == set(habits)


@pytest.mark.engine
@pytest.mark.parametrize(("contract", "habits"), [("2025", {}), ("2026", {"lower_case": True, "page_cap": "50:told"})])
def test_every_setting_lives(
    contract: str, habits: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `make acceptance` runs: the report, then the whole life of all settings through the engine."""
    with served(contract, token=TOKEN, habits=habits) as emulator:
        for name, value in emulator.env(CLOUDFLARE_API_TOKEN=TOKEN).items():
            monkeypatch.setenv(name, value)
        report = accept(tmp_path, tmp_path / "report", pace=0.0)
        assert not any(emulator.entries(ACCOUNT, collection) for collection in emulator.contract.collections)
    assert report.facts["swept at the end"] == {}
    assert TOKEN not in (tmp_path / "report" / "acceptance.json").read_text()
    assert TOKEN not in (tmp_path / "report" / "acceptance.md").read_text()


def test_it_is_refused_where_nobody_asked_for_it() -> None:
    """Without ACCEPTANCE=1 neither `make` nor pytest sends anything."""
    environment = {name: value for name, value in os.environ.items() if name != "ACCEPTANCE"}
    root = Path(__file__).resolve().parents[2]
    make = shutil.which("make") or pytest.skip("there is no make")
    done = subprocess.run(  # noqa: S603 - our own target
        [make, "-s", "acceptance"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "ACCEPTANCE=1" in done.stderr
    account = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "tests/acceptance/test_account.py",
    ]
    asked = subprocess.run(account, cwd=root, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert "1 skipped" in asked.stdout


def test_what_the_account_already_had_is_never_written() -> None:
    """Every write goes to an entry that this run, or an earlier one, made; requests keep their pace."""
    clock = HandClock()
    with served(emulator=account("2026", {}, clock)) as emulator:
        emulator.log.clear()
        begun = clock.now()
        strangers = [entry["id"] for entry in emulator.entries(ACCOUNT, "block_senders") if entry["comments"] == "mine"]
        strangers += [entry["id"] for entry in emulator.entries(ACCOUNT, "domains")]
        Probe(Api(emulator.base_url, ACCOUNT, TOKEN, now=clock.now, sleep=clock.sleep), many=30).examine()
        written = [record.path for record in emulator.log.records if record.method != "GET"]
        assert not [path for path in written if path.rsplit("/", 1)[1] in strangers]
        assert emulator.log.total <= (clock.now() - begun) / 300 * 1200 / 2 + 1
