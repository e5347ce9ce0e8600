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
_SETTINGS = {entry.setting.kind: entry.setting for entry, _ in RESOURCES}
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
            for at, (kind, others) in enumerate(BESIDE):
                plan += [
                    (f"{kind}{at}-{account}", _CLASSES[kind][0], account, others)
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


def test_what_is_adopted_is_judged_by_what_changes(cli: Path, tmp_path: Path) -> None:
    """Every change of the table, of entries that another stack made: what is told is what it is for one's own."""
    cases = [case for case in CASES if case.before is not None and case.caught is not None]
    config = {"cloudflare-email-security:baseUrl": f"emulator:{tmp_path / 'emulator.json'}"}
    folder = write_program(tmp_path / "program", _program(lambda case: case.before if case in cases else None))
    CliStack(cli, folder, config=config).up()
    stack = CliStack(cli, folder, "two", config={**config, "cloudflare-email-security:adopt": "true"})
    stack.edit(_program(lambda case: case.before if case in cases else None))
    assert not {rule for found in _review(stack, tmp_path).values() for rule in found}, "it is adopted as it is"
    stack.edit(_program(lambda case: case.caught if case in cases else None))
    caught = _review(stack, tmp_path)
    for number, case in enumerate(CASES):
        key_text_of = _SETTINGS[case.kind].key_text_of
        same = case in cases and key_text_of(case.before or {}) == key_text_of(case.caught or {})
        for name in (f"s{number}", f"c{number}") if same else ():
            assert caught.get(name, {}).get(case.rule) == case.severity, (name, case, caught.get(name))


_ACCEPTED = """
import pulumi_cloudflare_email_security as email_security

email_security.AllowPolicy(
    "single", pattern="pay.example", pattern_type="DOMAIN", is_acceptable_sender=True{single}
)
email_security.AllowPolicies("list", entries=email_security.read_entries("list.csv"))
"""
_CSV = """pattern,pattern type,acceptable sender,accept risk
partner.example,DOMAIN,true,"{risk}"
"""


def test_accepted_risks_are_kept_and_never_sent(cli: Path, tmp_path: Path) -> None:
    """Beside a single entry and in a column: no diff afterwards, nothing at the API; taken away, they are gone."""
    reason = "our payroll; see SEC-1, until 2099-01-01"
    folder = write_program(
        tmp_path / "program", _ACCEPTED.format(single=f", accept_risk={{'whole-domain': {reason!r}}}")
    )
    (folder / "list.csv").write_text(_CSV.format(risk=f"whole-domain: {reason}; no-reason: known, until 2099-01-01"))
    emulator = tmp_path / "emulator.json"
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": f"emulator:{emulator}"})
    first = _findings(stack, tmp_path)
    assert [one["accepted"] for one in first if one["rule"] == "whole-domain"] == [reason, reason]
    stack.up()
    assert "accept_risk" not in emulator.read_text(encoding="utf-8")
    assert stack.preview().changes == {"single": "same", "list": "same"}
    state = json.dumps(stack.export())
    assert state.count(reason) >= 2
    stack.edit(_ACCEPTED.format(single=""))
    (folder / "list.csv").write_text(_CSV.format(risk=""))
    assert not _findings(stack, tmp_path), "taking the acceptance away weakens nothing"
    stack.up()
    assert reason not in json.dumps(stack.export())
    assert stack.preview().changes == {"single": "same", "list": "same"}


_LIST = """
import pulumi_cloudflare_email_security as email_security

entries = [{{"pattern": f"n{{number}}.example", "pattern_type": "DOMAIN"}} for number in range({count})]
email_security.BlockSenders("blocklist", entries=entries)
email_security.BlockSender("one", pattern="one.example", pattern_type="DOMAIN"{more})
"""


def test_a_brake_is_shown_and_fails(cli: Path, tmp_path: Path) -> None:
    """A preview that is refused is never green, and the review says why."""
    folder = write_program(tmp_path / "program", _LIST.format(count=12, more=""))
    base_url = f"emulator:{tmp_path / 'emulator.json'}"
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": base_url})
    stack.up()
    stack.edit(_LIST.format(count=0, more=', comments="seen"'))
    text = stack.run("preview", "--json", expect_failure=True).stdout
    result = CliRunner().invoke(app, ["review"], input=text)
    assert result.exit_code == 1
    assert "the preview failed" in result.output
    assert "would delete 12 of 12 entries" in result.output


def _findings(stack: CliStack, tmp_path: Path) -> list[dict[str, Any]]:
    file = tmp_path / "preview.json"
    file.write_text(stack.run("preview", "--json", "--show-sames").stdout, encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(CliRunner().invoke(app, ["review", str(file), "--format", "json"]).output)[
        "findings"
    ]
    return found


_FROM_A_FILE = """
import pulumi_cloudflare_email_security as email_security

email_security.AllowPolicies("list", entries=email_security.read_entries("list.csv"))
"""


def test_places_follow_a_file_that_is_sorted(cli: Path, tmp_path: Path) -> None:
    """Nothing is updated then, and yet an audit names the lines as they are now."""
    folder = write_program(tmp_path / "program", _FROM_A_FILE)
    header, *lines = ["pattern,pattern_type", "z.example,DOMAIN", "a.example,DOMAIN", "m.example,DOMAIN"]

    def write(*rows: str) -> None:
        (folder / "list.csv").write_text("\n".join([header, *rows]), encoding="utf-8")

    write(*lines)
    stack = CliStack(cli, folder, config={"cloudflare-email-security:baseUrl": f"emulator:{tmp_path / 'account.json'}"})
    stack.up()
    write(*sorted(lines))
    assert stack.up().changes == {"list": "same"}
    state = tmp_path / "state.json"
    state.write_text(json.dumps(stack.export()), encoding="utf-8")
    result = CliRunner().invoke(app, ["audit", "--state", str(state), "--format", "json"])
    found = {one["key"]: one["place"] for one in json.loads(result.output)["findings"]}
    assert found == {
        "DOMAIN a.example": "list.csv:2",
        "DOMAIN m.example": "list.csv:3",
        "DOMAIN z.example": "list.csv:4",
    }
