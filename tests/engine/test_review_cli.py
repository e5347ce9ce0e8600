"""Every rule of the review through the real engine: single entries and collections, what is caught and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pulumi_cloudflare_email_security.cli._app import app
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.cli import CliStack, write_program
from support.risky import BESIDE, CASES, Risky

pytestmark = pytest.mark.engine

#: Rules that look at other entries of the account.
_NEED_OTHERS = {"allow-and-block", "own-domain-blocked", "own-domain-trusted"}
_CLASSES = {entry.setting.kind: (entry.__name__, collection.__name__) for entry, collection in RESOURCES}
_PROGRAM = """
import json
import pulumi_cloudflare_email_security as email_security

for name, cls, account, arguments in json.loads({plan!r}):
    getattr(email_security, cls)(name, account_id=account, **arguments)
"""


def _program(pick: Callable[[Risky], Any]) -> str:
    """Each case as a single entry in an account of its own, and as a collection in another."""
    plan = []
    for number, case in enumerate(CASES):
        fields = pick(case)
        single, collection = _CLASSES[case.kind]
        if fields is not None:
            plan.append((f"s{number}", single, f"single{number}", fields))
        entries = [] if fields is None else [fields]
        plan.append((f"c{number}", collection, f"many{number}", {"entries": entries, "delete_limit": 100}))
        if case.rule in _NEED_OTHERS:
            for kind, others in BESIDE:
                plan += [
                    (f"{kind}-{account}", _CLASSES[kind][0], account, others)
                    for account in (f"single{number}", f"many{number}")
                ]
    return _PROGRAM.format(plan=json.dumps(plan))


def _review(stack: CliStack, tmp_path: Path) -> dict[str, dict[str, str]]:
    """What the review of a preview finds: severities by rule, by resource."""
    file = tmp_path / "preview.json"
    file.write_text(stack.run("preview", "--json", "--show-sames").stdout, encoding="utf-8")
    result = CliRunner().invoke(app, ["review", str(file), "--format", "json"])
    found: dict[str, dict[str, str]] = {}
    for one in json.loads(result.output)["findings"]:
        name = one["resource"].rpartition(' "')[2].rstrip('"')
        found.setdefault(name, {})[one["rule"]] = one["severity"]
        assert one["place"].startswith("__main__.py:") or one["place"] == ""
    return found


def test_every_rule_both_ways(cli: Path, tmp_path: Path) -> None:
    """One program with every case: a preview of what is risky, and one of what looks alike."""
    folder = write_program(tmp_path / "program", _program(lambda case: case.before))
    base_url = f"emulator:{tmp_path / 'emulator.json'}"
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": base_url})
    stack.up()
    stack.edit(_program(lambda case: case.caught))
    caught = _review(stack, tmp_path)
    stack.edit(_program(lambda case: case.safe))
    safe = _review(stack, tmp_path)
    for number, case in enumerate(CASES):
        for name in (f"s{number}", f"c{number}"):
            assert caught.get(name, {}).get(case.rule) == case.severity, (name, case, caught.get(name))
            assert case.rule not in safe.get(name, {}), (name, case)
