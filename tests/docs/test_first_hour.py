"""The guide of the first hour: what its commands print, and what they do to the account."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.first_hour import PAGE, Hour, difference
from scripts.transcript import commands, normal

from support.distributions import distributions_in

_STEPS = ("pip install", "doctor", "export --into", "import --file", "review", "pulumi up", "git diff", "block ")


@pytest.mark.engine
@pytest.mark.xdist_group("distributions")
def test_the_page_is_what_happens(cli: Path, tmp_path: Path) -> None:
    """Played with the wheel, on the real CLI; `make first-hour` writes the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    hour = Hour(home)
    played = hour.play(page, cli, distributions_in(tmp_path / "dist").wheel)
    assert difference(page, played) == []
    writes = [(each.method, each.path.rpartition("/settings/")[2]) for each in hour.emulator.log.records]
    assert [write for write in writes if write[0] != "GET"] == [
        ("POST", "allow_policies"),
        ("POST", "block_senders/batch"),
    ]


def test_it_tells_the_whole_story() -> None:
    """Each step has its command, in this order, and none ends in a traceback."""
    page = PAGE.read_text(encoding="utf-8")
    told = "\n".join(commands(page))
    places = [told.find(step) for step in _STEPS]
    assert -1 not in places
    assert places == sorted(places)
    assert "Traceback" not in page


def test_what_differs_from_run_to_run_is_left_out() -> None:
    """Resources that are at work at the same time come in one order; what stays as it is is not shown."""
    rows = [
        " ~  x:index:B b updating (0s)\n",
        "    x:index:C c\n",
        " +  x:index:A a creating\n",
        " +  x:index:A a created (1s)\n",
        " ~  x:index:B b updated (0.2s) [diff: ~entries]\n",
    ]
    shown = " +  x:index:A a created\n ~  x:index:B b updated [diff: ~entries]\n\nResources:\n"
    assert normal("".join(rows) + "Resources:\n", {}) == shown
    assert normal("".join(rows[::-1][:2] + rows[1:2]) + "Resources:\nDuration: 2s\n", {}) == shown
    diagnostics = "Diagnostics:\n  b (b):\n    second\n\n  a (a):\n    first\n\nResources:\n"
    assert normal(diagnostics, {}) == "Diagnostics:\n  a (a):\n    first\n\n  b (b):\n    second\n\nResources:\n"
    assert normal("id 3cf74ba8-d518-577d-a4c9-89b2df6a728e in /x/home", {"/x/home": "~"}) == "id … in ~"
