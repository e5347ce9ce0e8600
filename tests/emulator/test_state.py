"""The state file: kept, shared between processes, never torn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Literal

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator, EmulatorError
from support.emulator_api import ACCOUNT, COLLECTIONS, Api, body

WRITER = """
    import sys
    from support.emulator_api import Api
    from pulumi_cloudflare_email_security.emulator import Emulator
    api = Api(Emulator(state=sys.argv[1]))
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        api.make("block_senders", number)
"""

ODD = '{"format": 1, "contract": "2026", "counters": {}, "accounts": {"a": {"domains": {"entries": [1]}}}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file in a folder that is not there yet."""
    return tmp_path / "deep" / "state.json"


@pytest.mark.parametrize(("contract", "collection"), COLLECTIONS)
def test_entries_are_kept(path: Path, contract: Literal["2025", "2026"], collection: str) -> None:
    """A second emulator on the file has the entries, the contract, and the ids still to give."""
    made = [Api(Emulator(contract, state=path)).make(collection, number) for number in range(3)]
    again = Api(Emulator(state=str(path)))
    assert again.emulator.contract.name == contract
    assert [entry["id"] for entry in again.emulator.entries(ACCOUNT, collection)] == [entry["id"] for entry in made]
    assert again.make(collection, 9)["id"] not in [entry["id"] for entry in made]
    place = f"{collection}/{made[0]['id']}"
    again.ok("DELETE", place)
    assert Api(Emulator(state=path)).refused("GET", place)[0] == 404


def test_directory_entries_stay_read_only(path: Path) -> None:
    """That an entry comes from a directory is kept too."""
    synced = {"name": "A", "email": "a@corp.example", "provenance": "SNOOPY-OFFICE_365"}
    seeded = Emulator(state=path).seed({"impersonation_registry": [synced]}, account_id=ACCOUNT)
    place = f"impersonation_registry/{seeded['impersonation_registry'][0]['id']}"
    assert Api(Emulator(state=path)).refused("DELETE", place)[0] == 400


def test_two_emulators_see_each_other(path: Path) -> None:
    """Each write shows at once in every other emulator on the file."""
    first, second = Api(Emulator(state=path)), Api(Emulator(state=path))
    for number in range(20):
        made = first.make("block_senders", number)
        assert second.ok("PATCH", f"block_senders/{made['id']}", {"comments": "x" * number})
        assert first.ok("GET", f"block_senders/{made['id']}")["comments"] == "x" * number
    assert first.emulator.log.total == second.emulator.log.total == 60
    second.emulator.log.clear()
    assert first.emulator.log.total == 0


def test_processes_share_a_file(path: Path) -> None:
    """Two processes that write at the same time lose nothing and give no id twice."""
    path.parent.mkdir()
    tests = str(Path(__file__).parents[1])
    writers = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", textwrap.dedent(WRITER), str(path), str(start), str(start + 40)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])},
        )
        for start in (0, 100)
    ]
    assert [writer.wait(timeout=240) for writer in writers] == [0, 0]
    api = Api(Emulator(state=path))
    entries = api.emulator.entries(ACCOUNT, "block_senders")
    assert len(entries) == len({entry["id"] for entry in entries}) == 80
    assert api.emulator.log.by_operation == {"POST block_senders": 80}
    assert {entry.name for entry in path.parent.iterdir()} == {"state.json", "state.json.lock", "state.json.log"}


def test_reads_write_nothing(path: Path) -> None:
    """A read, and a write that is refused, leave the file as it is."""
    api = Api(Emulator(state=path))
    made = api.make("block_senders")
    before = path.stat()
    api.ok("GET", "block_senders")
    api.ok("GET", f"block_senders/{made['id']}")
    api.refused("POST", "block_senders", body("block_senders"))
    assert path.stat() == before


def test_an_atomic_batch_that_is_undone_is_not_kept(path: Path) -> None:
    """A batch that is undone is undone in the file; one of domains stays half done there."""
    api = Api(Emulator(state=path))
    lists: dict[str, list[Any]] = {"deletes": [], "patches": [], "puts": []}
    for collection, kept in (("block_senders", 0), ("domains", 1)):
        api.refused("POST", f"{collection}/batch", {**lists, "posts": [body(collection), {}]})
        assert len(Emulator(state=path).entries(ACCOUNT, collection)) == kept


def test_the_contract_of_a_file_holds(path: Path) -> None:
    """A file of one contract cannot be opened as the other."""
    Api(Emulator("2025", state=path)).make("block_senders")
    with pytest.raises(EmulatorError, match="2025 contract, not of 2026"):
        Emulator("2026", state=path)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 9}', "x", "[" * 100_000, ODD])
def test_another_file_is_refused(path: Path, content: str) -> None:
    """A file that is no state of the emulator is left alone."""
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(EmulatorError, match="not a state file"):
        Emulator(state=path)
    assert path.read_text() == content


def test_a_removed_file_is_an_empty_account(path: Path) -> None:
    """Removing the file empties the account."""
    api = Api(Emulator(state=path))
    api.make("block_senders")
    path.unlink()
    assert api.ok("GET", "block_senders") == []
    api.make("block_senders")
    assert json.loads(path.read_text())["contract"] == "2026"


def test_a_failed_save_is_not_believed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be replaced, the entry is not there, and no scrap of it."""
    api = Api(Emulator(state=path))
    api.make("block_senders", 1)
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise OSError("disk full")

        broken.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            api.make("block_senders", 2)
    assert [entry["pattern"] for entry in api.ok("GET", "block_senders")] == ["n1.example"]
    assert not list(path.parent.glob(".state*"))
