"""A process imports what it uses: a program and a provider with nothing to send pay for no HTTP and no validation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = "pulumi_cloudflare_email_security"
PROGRAM = f"""
import json, sys
import pulumi
before = set(sys.modules)
import {PACKAGE} as email_security
{{use}}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
PROVIDER = f"""
from {PACKAGE}.state_reference import provider
from {PACKAGE}.session.configuration import Configuration
one = provider("block_sender")
one.configuration = Configuration({{{{
    "cloudflare-email-security:accountId": "0" * 32,
    "cloudflare-email-security:apiToken": "token",
    "cloudflare-email-security:verify": "false",
}}}}.get, {{{{}}}})
inputs = one.check({{{{}}}}, {{{{"pattern": "evil.example", "pattern_type": "DOMAIN"}}}})
assert not inputs.failures, inputs.failures
outputs = {{{{**inputs.inputs, "managed_fields": ["pattern", "pattern_type"]}}}}
assert not one.diff("1", outputs, one.check(inputs.inputs, inputs.inputs).inputs).changes
"""
HEAVY = ("requests", "urllib3", "marshmallow", "yaml")


def imported_by(use: str) -> set[str]:
    """The modules that a new process imports for what it does, beside Pulumi's own."""
    command = [sys.executable, "-c", PROGRAM.format(use=use)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("use", ["", "email_security.BlockSender", "email_security.BlockSenders"])
def test_a_program_imports_what_it_uses(use: str) -> None:
    """Neither HTTP nor validation, lifecycle, review or emulator; of the settings only its own."""
    found = imported_by(use)
    assert not found & {*HEAVY}
    rooms = {name.split(".")[1] for name in found if name.startswith(f"{PACKAGE}.")}
    assert not rooms & {"lifecycle", "review", "emulator", "plugin", "cli"}
    settings = {name for name in found if name.startswith(f"{PACKAGE}.settings.")}
    assert settings == ({f"{PACKAGE}.settings.block_sender"} if use else set())


def test_reading_a_csv_file_needs_no_other_form(tmp_path: Path) -> None:
    """No YAML for CSV."""
    (file := tmp_path / "list.csv").write_text("pattern,pattern_type\nevil.example,DOMAIN\n", encoding="utf-8")
    found = imported_by(f"assert len(email_security.read_entries({str(file)!r})) == 1")
    assert f"{PACKAGE}.entries.csv_form" in found
    assert not found & {*HEAVY}


def test_a_provider_with_nothing_to_send_imports_no_http() -> None:
    """A valid entry without a change needs neither HTTP nor marshmallow, and no other setting."""
    found = imported_by(PROVIDER.format())
    assert not found & {*HEAVY}
    assert {name for name in found if name.startswith(f"{PACKAGE}.settings.")} == {f"{PACKAGE}.settings.block_sender"}


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    """Names that are imported when they are asked for are told from those that there are not."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        imported_by("email_security.BlockSendr")
    assert "has no attribute 'BlockSendr'" in failed.value.stderr
