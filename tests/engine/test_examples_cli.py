"""Examples as people run them: the real Pulumi CLI in the project's folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.emulator import Emulator
from support.cli import CliStack, interpreter
from support.examples import BASE_URL, EXAMPLES, ROOT, configuration

pytestmark = pytest.mark.engine
FIVE = {"phisher", "payroll", "subsidiary", "ceo", "corp"}


def _live(stack: CliStack, resources: set[str]) -> None:
    """Create all, find nothing to do, delete all."""
    assert stack.up().changes == dict.fromkeys(resources, "create")
    unchanged = dict.fromkeys(resources, "same")
    assert stack.preview().changes == unchanged
    stack.refresh()
    assert stack.preview().changes == unchanged
    assert stack.destroy().changes == dict.fromkeys(resources, "delete")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone has after `make env`: the projects as they stand, and an environment, here of this interpreter."""
    for name in ("Pulumi.yaml", "__main__.py", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(interpreter())
    return tmp_path


@pytest.mark.every_python
def test_quickstart(cli: Path, clone: Path) -> None:
    """With no configuration at all, and a whole environment."""
    shutil.rmtree(clone / ".venv")
    (clone / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    _live(CliStack(cli, clone / "examples" / "quickstart", home=clone / "home"), FIVE)
    assert (clone / ".work" / "quickstart.json").is_file()


def test_root_project(cli: Path, clone: Path) -> None:
    """`pulumi up` in the root runs the quickstart."""
    _live(CliStack(cli, clone, home=clone / "home"), FIVE)
    assert (clone / ".work" / "email-security.json").is_file()


def test_stack_per_environment(cli: Path, clone: Path) -> None:
    """Two stacks of one program, each with its own account and entries."""
    folder, home = clone / "examples" / "stack_per_environment", clone / "home"
    dev, prod = (CliStack(cli, folder, name, home=home) for name in ("dev", "prod"))
    assert set(dev.up().changes) == {"phisher", "test-mailer", "corp"}
    assert set(prod.up().changes) == {"phisher", "spam-relay", "payroll", "corp"}
    account = Emulator(state=clone / ".work" / "stack_per_environment.json")
    domains = {letter: account.entries(letter * 32, "domains") for letter in "df"}
    assert [domain["domain"] for domain in domains["d"]] == ["dev.corp.example"]
    assert [domain["domain"] for domain in domains["f"]] == ["corp.example"]
    assert set(dev.preview().changes.values()) == {"same"}
    assert set(dev.destroy().changes.values()) == {"delete"}
    assert len(account.entries("f" * 32, "block_senders")) == 2
    assert set(prod.destroy().changes.values()) == {"delete"}


@pytest.mark.parametrize("example", ["all_settings", "blocklist", "with_dns"])
def test_creates_and_deletes(cli: Path, clone: Path, example: str) -> None:
    """The other examples run as they stand."""
    stack = CliStack(cli, clone / "examples" / example, home=clone / "home")
    assert set(stack.up().changes.values()) == {"create"}
    assert set(stack.preview(refresh=True).changes.values()) == {"same"}
    assert set(stack.destroy().changes.values()) == {"delete"}


def test_stack_configuration_wins(cli: Path, clone: Path) -> None:
    """A stack's own base URL goes before the project's."""
    folder = clone / "examples" / "quickstart"
    CliStack(cli, folder, config={BASE_URL: "emulator:own.json"}, home=clone / "home").up()
    assert (folder / "own.json").is_file()
    assert not (clone / ".work").exists()
    assert configuration(folder, "dev")[BASE_URL] == "emulator:own.json"
