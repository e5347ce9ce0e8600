"""An account brought in by `cf-email-security export`: no write, and nothing to change, on the real CLI."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack
from support.command import run
from support.messy_account import account as messy

pytestmark = pytest.mark.engine
ADOPT = {"CLOUDFLARE_EMAIL_SECURITY_ADOPT": "true"}


class Place:
    """An emulated account, and where it is exported to."""

    def __init__(self, folder: Path, contract: Any, *, habit: str = "") -> None:
        self.state = folder / "account.json"
        self.url = f"emulator:{self.state}?contract={contract}{f'&habit={habit}' if habit else ''}"
        self.emulator = Emulator(contract, state=self.state)
        self.project = folder / "project"

    def export(self, *options: str, code: int) -> Result:
        """Export it."""
        return run("export", "--into", self.project, "--base-url", self.url, *options, code=code)

    def stack(self, cli: Path, **env: str) -> CliStack:
        """The exported stack, run with this interpreter."""
        file = self.project / "Pulumi.yaml"
        lines = [
            line for line in file.read_text().splitlines() if not line.startswith("    ") and "options" not in line
        ]
        file.write_text("\n".join(lines) + "\n")
        return CliStack(cli, self.project, "prod", env=env)

    def writes(self) -> list[str]:
        """The writes that the account was sent."""
        return [f"{each.method} {each.path}" for each in self.emulator.log.records if each.method != "GET"]


def recorded(stack: CliStack) -> dict[str, Any]:
    """What state holds of each resource, by type and name."""
    resources = stack.export()["deployment"]["resources"]
    return {
        f"{each['type']} {each['urn'].rsplit('::', 1)[1]}": (each["id"], each["inputs"], each["outputs"])
        for each in resources
        if not each["type"].startswith("pulumi:")
    }


def imported(place: Place) -> dict[str, Any]:
    """The same of the file for `pulumi import`."""
    resources = json.loads((place.project / "import.json").read_text())["resources"]
    return {f"{each['type']} {each['name']}": (each["id"], each["inputs"], each["outputs"]) for each in resources}


def assert_settled(stack: CliStack) -> None:
    """Previews are empty, plain and with refresh."""
    assert set(stack.preview().changes.values()) == {"same"}
    assert set(stack.preview(refresh=True).changes.values()) == {"same"}


@pytest.mark.parametrize(("contract", "habit"), [("2025", ""), ("2026", ""), ("2026", "page_cap=300&habit=empty_text")])
def test_an_account_imported_from_a_file_needs_no_change(contract: str, habit: str, cli: Path, tmp_path: Path) -> None:
    """`pulumi import --file` asks nothing; previews, plain and with refresh, are empty."""
    place = Place(tmp_path, contract, habit=habit)
    place.emulator.seed(messy(2000, contract), account_id=EMULATOR_ACCOUNT)
    # Old patterns are left out, and so are people from a directory.
    place.export(code=4)

    stack = place.stack(cli)
    asked = place.emulator.log.total
    stack.run("import", "--file", "import.json", "--yes", "--protect=false", "--generate-code=false")
    assert place.emulator.log.total == asked
    assert_settled(stack)
    assert place.writes() == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_account_adopted_by_the_first_update_needs_no_change(contract: str, cli: Path, tmp_path: Path) -> None:
    """The update writes nothing, and records what the file for the import holds."""
    place = Place(tmp_path, contract)
    place.emulator.seed(messy(2000, contract, blanks=True), account_id=EMULATOR_ACCOUNT)
    place.export(code=4)

    stack = place.stack(cli)
    stack.env.update(ADOPT)
    assert set(stack.up().changes.values()) == {"create"}
    assert recorded(stack) == imported(place)
    for name in ADOPT:
        del stack.env[name]
    assert_settled(stack)
    assert place.writes() == []


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_one_resource_an_entry_is_imported_as_well(contract: str, cli: Path, tmp_path: Path) -> None:
    """`--single`: the same promises; and adopting records the same."""
    place = Place(tmp_path, contract)
    place.emulator.seed(messy(70, contract, blanks=True), account_id=EMULATOR_ACCOUNT)
    place.export("--single", code=4)

    stack = place.stack(cli)
    stack.run("import", "--file", "import.json", "--yes", "--protect=false", "--generate-code=false")
    assert_settled(stack)
    assert recorded(stack) == imported(place)
    other = CliStack(cli, place.project, "prod", env=ADOPT, home=tmp_path / "other")
    assert set(other.up().changes.values()) == {"create"}
    assert recorded(other) == imported(place)
    assert place.writes() == []


def test_drift_is_accepted_as_a_change_of_the_files(cli: Path, tmp_path: Path) -> None:
    """Export again over the project: the lines of what drifted change, and the next update writes nothing."""
    place = Place(tmp_path, "2026")
    place.emulator.seed(messy(140, "2026"), account_id=EMULATOR_ACCOUNT)
    place.export(code=4)
    stack = place.stack(cli)
    stack.run("import", "--file", "import.json", "--yes", "--protect=false", "--generate-code=false")
    before = {file.name: file.read_text() for file in place.project.iterdir() if file.is_file()}

    blocked = {each["pattern"]: each["id"] for each in place.emulator.entries(EMULATOR_ACCOUNT, "block_senders")}
    place.emulator.change(EMULATOR_ACCOUNT, "block_senders", blocked["Evil3.example"], comments="seen again")
    place.emulator.remove(EMULATOR_ACCOUNT, "block_senders", blocked["Evil6.example"])
    new = {"pattern": "evil4.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "by hand"}
    place.emulator.seed({"block_senders": [new]}, account_id=EMULATOR_ACCOUNT)
    result = place.export(code=4)
    assert "block_senders.csv: 1 added, 1 changed, 1 removed" in result.stdout
    after = {file.name: file.read_text() for file in place.project.iterdir() if file.is_file()}
    assert {name for name in after if after[name] != before.get(name)} == {"block_senders.csv"}
    old, new_lines = (texts["block_senders.csv"].splitlines() for texts in (before, after))
    diff = list(difflib.unified_diff(old, new_lines, n=0, lineterm=""))
    assert [line for line in diff[2:] if not line.startswith("@@")] == [
        "-Evil3.example,DOMAIN,=cmd|'/C calc'!A0",
        "-Evil6.example,DOMAIN,наша компания — 株式会社 🎣",
        "+Evil3.example,DOMAIN,seen again",
        "+evil4.example,DOMAIN,by hand",
    ]

    stack.env.update(ADOPT)
    stack.up(refresh=True)
    for name in ADOPT:
        del stack.env[name]
    assert set(stack.preview(refresh=True).changes.values()) == {"same"}
    assert place.writes() == []
