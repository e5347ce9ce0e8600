"""Recorded stacks of dynamic resources move to the plugin by an alias, and back again, and nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.cli import CliStack, write_program
from support.plugin_cli import make_sdk, plugins
from upgrade.recorded import ACCOUNT, PROJECT, STACK, Recorded, contents, recorded_stacks

pytestmark = pytest.mark.engine

IMPORT = "import pulumi_cloudflare_email_security as email_security"
#: The recorded program's module, as one that declares each resource by the other way in, with its alias.
MOVED = """
import pulumi
import {module} as email_security
import pulumi_cloudflare_email_security as described


def __getattr__(name):
    declare, setting = getattr(email_security, name), getattr(described, name).setting

    def declare_moved(resource_name, **arguments):
        if {to_plugin} and isinstance(entries := arguments.get("entries"), dict):
            arguments["entries"] = [{{**setting.fields_from_key(key), **entry}} for key, entry in entries.items()]
        alias = pulumi.Alias(type_="{alias}" + name)
        return declare(resource_name, opts=pulumi.ResourceOptions(aliases=[alias]), **arguments)

    return declare_moved
"""
TO_PLUGIN = MOVED.format(
    module="pulumi_cloudflare_email_security_sdk",
    to_plugin=True,
    alias="pulumi-python:dynamic/cloudflare-email-security:",
)
BACK = MOVED.format(
    module="pulumi_cloudflare_email_security", to_plugin=False, alias="cloudflare-email-security:index:"
)


@pytest.fixture(scope="module")
def python_sdk(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK for Python."""
    return make_sdk(cli, tmp_path_factory.mktemp("sdk"), "python")


def moved(program: str, module: str, folder: Path) -> str:
    """The program, with the module of the other way in."""
    (folder / f"{module}.py").write_text(TO_PLUGIN if module == "moved" else BACK, encoding="utf-8")
    return program.replace(IMPORT, f"import {module} as email_security")


@pytest.mark.parametrize("recorded", recorded_stacks(), ids=lambda stack: f"{stack.version}-{stack.contract}")
def test_a_recorded_stack_moves_to_the_plugin_and_back(
    recorded: Recorded, cli: Path, python_sdk: Path, tmp_path: Path
) -> None:
    """No change is shown and nothing is written on the way there; on the way back state alone is updated."""
    emulator = Emulator(recorded.contract, state=tmp_path / "account.json")  # type: ignore[arg-type]
    recorded.plant(emulator)
    env = {
        "CLOUDFLARE_BASE_URL": f"emulator:{tmp_path / 'account.json'}",
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "PYTHONPATH": str(python_sdk),
    }
    folder = write_program(tmp_path / "program", "", name=PROJECT, settings=plugins(tmp_path / "plugin"))
    stack = CliStack(cli, folder, STACK, env=env, config={"contract": recorded.contract})
    stack.import_state(recorded.state)
    every = [resource.name for resource in recorded.resources]

    stack.edit(moved(recorded.program, "moved", folder))
    assert stack.preview().changes == dict.fromkeys(every, "same")
    assert stack.up().changes == dict.fromkeys(every, "same")
    types = {resource["type"] for resource in stack.export()["deployment"]["resources"]}
    assert not [name for name in types if name.startswith("pulumi-python:dynamic")]
    stack.refresh()
    assert stack.preview().changes == dict.fromkeys(every, "same")
    assert not [name for name in emulator.log.by_operation if not name.startswith("GET")]

    stack.edit(moved(recorded.program, "back", folder))
    assert stack.up().changes == dict.fromkeys(every, "update")
    stack.edit(recorded.program)
    assert stack.preview(refresh=True).changes == dict.fromkeys(every, "same")
    assert not [name for name in emulator.log.by_operation if not name.startswith("GET")]
    assert stack.destroy().changes == dict.fromkeys(every, "delete")
    assert not any(contents(emulator).values())
