"""Every rule of the review on previews of the plugin, written by the real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pulumi_cloudflare_email_security.cli._app import app
from pulumi_cloudflare_email_security.model.names import camel
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.plugin_cli import YamlStack, resource
from support.risky import CASES, Risky

pytestmark = pytest.mark.engine

#: Those that look at other entries are tried with the dynamic resources.
_ALONE = [case for case in CASES if case.rule not in {"allow-and-block", "own-domain-blocked", "own-domain-trusted"}]
_CLASSES = {entry.setting.kind: (entry.__name__, collection.__name__) for entry, collection in RESOURCES}


def _camelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in fields.items()}


def _program(pick: Callable[[Risky], Any]) -> dict[str, Any]:
    """Each case as a single entry in an account of its own, and as a collection in another."""
    found = {}
    for number, case in enumerate(_ALONE):
        fields = pick(case)
        single, collection = _CLASSES[case.kind]
        entries = [] if fields is None else [_camelled(fields)]
        if fields is not None:
            found[f"s{number}"] = resource(single, {**_camelled(fields), "accountId": f"single{number}"})
        properties = {"entries": entries, "deleteLimit": 100, "accountId": f"many{number}"}
        found[f"c{number}"] = resource(collection, properties)
    return found


def _review(stack: YamlStack, tmp_path: Path) -> dict[str, dict[str, str]]:
    file = tmp_path / "preview.json"
    file.write_text(stack.run("preview", "--json").stdout, encoding="utf-8")
    result = CliRunner().invoke(app, ["review", str(file), "--format", "json"])
    found: dict[str, dict[str, str]] = {}
    for one in json.loads(result.output)["findings"]:
        name = one["resource"].rpartition(' "')[2].rstrip('"')
        found.setdefault(name, {})[one["rule"]] = one["severity"]
    return found


def test_every_rule_both_ways(cli: Path, tmp_path: Path) -> None:
    """What is caught in Python programs is caught in those of other languages, and nothing else."""
    env = {"CLOUDFLARE_BASE_URL": f"emulator:{tmp_path / 'emulator.json'}"}
    stack = YamlStack(cli, tmp_path / "program", env=env)
    stack.declare(_program(lambda case: case.before))
    stack.up()
    stack.declare(_program(lambda case: case.caught))
    caught = _review(stack, tmp_path)
    stack.declare(_program(lambda case: case.safe))
    safe = _review(stack, tmp_path)
    for number, case in enumerate(_ALONE):
        for name in (f"s{number}", f"c{number}"):
            assert caught.get(name, {}).get(case.rule) == case.severity, (name, case, caught.get(name))
            assert case.rule not in safe.get(name, {}), (name, case)
