"""Every example, in-process: what it makes, and that a second run finds nothing to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from pulumi.output import Unknown

from pulumi_cloudflare_email_security.emulator import Emulator
from support.examples import BASE_URL, EXAMPLES, ROOT, configuration, in_process_stack, project_file


@dataclass(frozen=True)
class Expected:
    """The resources that a stack has, and the number of entries in the account by collection."""

    resources: set[str]
    entries: dict[str, int]
    account: str = "emulated-account"


ONE_EACH = dict.fromkeys(["allow_policies", "block_senders", "domains", "impersonation_registry", "trusted_domains"], 1)
FIVE = {"phisher", "payroll", "subsidiary", "ceo", "corp"}
EXPECTED = {
    ("quickstart", "dev"): Expected(FIVE, ONE_EACH),
    ("stack_per_environment", "dev"): Expected(
        {"phisher", "test-mailer", "corp"}, {"block_senders": 1, "allow_policies": 1, "domains": 1}, "d" * 32
    ),
    ("stack_per_environment", "prod"): Expected(
        {"phisher", "spam-relay", "payroll", "corp"}, {"block_senders": 2, "allow_policies": 1, "domains": 1}, "f" * 32
    ),
    ("with_dns", "dev"): Expected({"corp", "verification"}, {"domains": 1}),
    ("all_settings", "dev"): Expected(
        FIVE | {"gift-cards", "bank", "intranet"},
        {**ONE_EACH, "content_policies": 1, "sending_domain_restrictions": 1, "url_ignore_patterns": 1},
    ),
    ("many_accounts", "emea"): Expected({"blocklist"}, {"block_senders": 3}, "e" * 32),
    ("many_accounts", "apac"): Expected({"blocklist"}, {"block_senders": 2}, "a" * 32),
    ("blocklist", "dev"): Expected({"blocklist"}, {"block_senders": 4}),
    ("tested_program", "dev"): Expected({"blocklist", "payroll"}, {"block_senders": 2, "allow_policies": 1}),
}
# Those in other languages need the engine: see tests/plugin.
FOLDERS = sorted(folder for folder in EXAMPLES.iterdir() if (folder / "__main__.py").exists())


def test_none_is_forgotten() -> None:
    """Each folder of examples/ with a program in Python is run below."""
    assert {folder.name for folder in FOLDERS} == {example for example, _ in EXPECTED}


@pytest.mark.parametrize("place", EXPECTED, ids="/".join)
def test_makes_what_it_says(place: tuple[str, str], tmp_path: Path) -> None:
    """Everything is created once; after that there is nothing to do, refreshed or not."""
    example, name = place
    expected, state = EXPECTED[place], tmp_path / "account.json"
    program = EXAMPLES / example
    stack = in_process_stack(program, name, state)
    creates = dict.fromkeys(expected.resources, "create")
    assert {change.name: change.operation for change in stack.preview(program).changes} == creates
    assert {change.name: change.operation for change in stack.up(program).changes} == creates
    account = Emulator(state=state)
    assert {kind: len(account.entries(expected.account, kind)) for kind in expected.entries} == expected.entries
    unchanged = {"same": len(expected.resources)}
    assert stack.up(program).summary == unchanged
    assert stack.refresh().summary == unchanged
    assert stack.preview(program).summary == unchanged
    assert stack.destroy().summary == {"delete": len(expected.resources)}


@pytest.mark.parametrize("folder", [ROOT, *FOLDERS], ids=lambda folder: folder.name)
def test_runs_as_it_stands(folder: Path) -> None:
    """Without configuration it runs on the embedded emulator, whose file is in a folder that git ignores."""
    project = project_file(folder)
    scheme, _, path = configuration(folder, "dev")[BASE_URL].partition(":")
    assert scheme == "emulator"
    assert (folder / path).resolve().parent == ROOT / ".work"
    assert (folder / project["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"
    requirement = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()[-1]
    assert (folder / requirement.removeprefix("-e ")).resolve() == ROOT
    # With `main` the engine looks for the environment of dynamic providers elsewhere.
    assert "main" not in project


def test_root_runs_the_quickstart(tmp_path: Path) -> None:
    """`pulumi up` in the root."""
    stack = in_process_stack(ROOT, "dev", tmp_path / "account.json")
    assert stack.up(ROOT).summary == {"create": 5}


def test_dns_record_is_fed_by_the_domain(tmp_path: Path) -> None:
    """The record gets the name and value that verify the domain, unknown in the first preview."""
    program = EXAMPLES / "with_dns"
    stack = in_process_stack(program, "dev", tmp_path / "account.json")
    first = stack.preview(program).change("verification").new or {}
    assert isinstance(first["name"], Unknown)
    assert isinstance(first["content"], Unknown)
    result = stack.up(program)
    record = result.change("verification").new or {}
    assert record["content"]
    assert {"name": record["name"], "value": record["content"]} == result.outputs["txt_record"]
    assert record["name"].endswith("corp.example")


def test_blocklist_is_exclusive(tmp_path: Path) -> None:
    """An entry that somebody adds in the dashboard is gone after the next `up`."""
    program, state = EXAMPLES / "blocklist", tmp_path / "account.json"
    stack = in_process_stack(program, "dev", state)
    stack.up(program)
    account = Emulator(state=state)
    account.seed(
        {"block_senders": [{"pattern": "x.example", "pattern_type": "DOMAIN", "is_regex": False}]},
        account_id="emulated-account",
    )
    stack.refresh()
    stack.up(program)
    assert len(account.entries("emulated-account", "block_senders")) == 4
