"""An account brought in by `cf-email-security export`: no write, and nothing to change, on the real CLI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pulumi_cloudflare_email_security.cli._app import app
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack
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
        arguments = ["export", "--into", str(self.project), "--base-url", self.url, *options]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

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


def state_of(stack: CliStack) -> dict[str, Any]:
    """What state holds of each resource."""
    resources = stack.export()["deployment"]["resources"]
    return {
        each["urn"]: (each.get("id"), each["inputs"], each["outputs"])
        for each in resources
        if not each["type"].startswith("pulumi:")
    }


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_an_account_imported_from_a_file_needs_no_change(contract: str, cli: Path, tmp_path: Path) -> None:
    """`pulumi import --file` asks nothing; previews, plain and with refresh, are empty."""
    place = Place(tmp_path, contract)
    place.emulator.seed(messy(2000, contract), account_id=EMULATOR_ACCOUNT)
    place.export(code=4 if contract == "2026" else 3)

    stack = place.stack(cli)
    asked = len(place.emulator.log.records)
    stack.run("import", "--file", "import.json", "--yes", "--protect=false", "--generate-code=false")
    assert len(place.emulator.log.records) == asked
    assert set(stack.preview().changes.values()) == {"same"}
    assert set(stack.preview(refresh=True).changes.values()) == {"same"}
    assert set(stack.up().changes.values()) == {"same"}
    assert place.writes() == []
