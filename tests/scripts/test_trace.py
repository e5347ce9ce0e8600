"""The script behind the table of docs/design.md: the way of an entry through the package."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from scripts import trace


@pytest.mark.parametrize(
    ("way", "first"), [(trace.single, "BlockSender.__init__"), (trace.collection, "Collection.__init__")]
)
def test_the_way_leads_from_the_program_to_the_api(way: Callable[[], dict[str, trace.Trip]], first: str) -> None:
    """The constructor sends nothing; check and create begin at the provider and reach the client."""
    legs = way()
    names = {leg: [code.co_qualname for _, code in trip.calls] for leg, trip in legs.items()}
    assert names["constructor"][0] == first
    assert names["check"][0] == "SettingProvider.check"
    assert names["create"][0] == "SettingProvider.create"
    reaching = {leg for leg, called in names.items() if "Client.request" in called}
    assert reaching == {"check", "create"}
    rooms = {file.partition("/")[0] for trip in legs.values() for file in trip.files}
    assert not rooms & {"emulator", "testing", "cli"}


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A table of three numbers a leg; with `--calls`, every call and where its function stands."""
    assert trace.main([]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in table[2:]] == ["constructor", "check", "create"]
    assert trace.main(["--calls"]) == 0
    assert "    Client.request  client/transport.py:" in capsys.readouterr().out


def test_the_table_in_the_docs_is_true() -> None:
    """Each number is what is counted, to within a tenth (Python's versions differ a little): `make docs` counts anew.

    It is counted in a process of its own: what an earlier test made, the way would find made.
    """
    counting = [sys.executable, "-m", "scripts.trace"]
    root = trace.PAGE.parents[1]
    counted = subprocess.run(counting, cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S603
    told = trace.written(trace.PAGE.read_text(encoding="utf-8"))
    assert re.sub(r"\d+", "N", told) == re.sub(r"\d+", "N", counted)
    numbers = [[int(number) for number in re.findall(r"\d+", table)] for table in (told, counted)]
    assert len(numbers[0]) == 18
    assert numbers[0] == [pytest.approx(number, rel=0.1, abs=1) for number in numbers[1]]
