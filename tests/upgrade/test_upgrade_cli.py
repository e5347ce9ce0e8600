"""Recorded stacks on the real engine: imported, previewed, refreshed, updated, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.cli import CliStack, write_program
from upgrade.recorded import ACCOUNT, PROJECT, STACK, Recorded, contents, ids, recorded_stacks

pytestmark = [pytest.mark.engine, pytest.mark.every_python]

#: What Python 3.14 and later pickle with: every `__provider` gets other bytes.
LATER_PYTHON = "import pickle\n\npickle.DEFAULT_PROTOCOL = 5\n\n"


@pytest.mark.parametrize("recorded", recorded_stacks(), ids=lambda stack: f"{stack.version}-{stack.contract}")
def test_a_recorded_stack_lives_on_under_the_engine(recorded: Recorded, cli: Path, tmp_path: Path) -> None:
    """An imported stack shows no change, not even under a later Python; it is updated in place and destroyed whole."""
    emulator = Emulator(recorded.contract, state=tmp_path / "account.json")  # type: ignore[arg-type]
    recorded.plant(emulator)
    planted = contents(emulator)
    assert ids(planted) == ids(recorded.accounts)
    env = {"CLOUDFLARE_BASE_URL": f"emulator:{tmp_path / 'account.json'}", "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    program = write_program(tmp_path / "program", LATER_PYTHON + recorded.program, name=PROJECT)
    stack = CliStack(cli, program, STACK, env=env, config={"contract": recorded.contract})
    stack.import_state(recorded.state)
    every = [resource.name for resource in recorded.resources]

    assert stack.preview(refresh=True).changes == dict.fromkeys(every, "same")
    assert contents(emulator) == planted
    assert not [name for name in emulator.log.by_operation if not name.startswith("GET")]

    stack.edit(recorded.program)
    stack.config_set("changed", "true")
    assert stack.up().changes == dict.fromkeys(every, "update")
    assert stack.preview(refresh=True).changes == dict.fromkeys(every, "same")
    assert not [
        name for name in emulator.log.by_operation if name.startswith(("POST", "DELETE")) and "/batch" not in name
    ]

    assert stack.destroy().changes == dict.fromkeys(every, "delete")
    assert not any(contents(emulator).values())
    assert "resources" not in stack.export()["deployment"]
