"""JSON Schemas of entry files: editors and check-jsonschema find what the package would refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pulumi_cloudflare_email_security.entries.json_schema import json_schema
from pulumi_cloudflare_email_security.entries.typed import without_defaults
from pulumi_cloudflare_email_security.entries.writing import YAML, file_text
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import SETTINGS
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCKED
from support.command import run
from support.messy_account import account as messy

each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.collection)
EVIL = {"pattern": "evil.example", "pattern_type": "DOMAIN"}


def entries_of(setting: Setting) -> list[dict[str, Any]]:
    """Entries as export writes them."""
    live = [seed for seed in messy(70, "2026")[setting.collection] if seed.get("pattern_type") != "UNKNOWN"]
    return [without_defaults(setting, {k: v for k, v in seed.items() if k != "provenance"}) for seed in live]


@each_setting
def test_what_export_writes_is_valid(setting: Setting) -> None:
    """As a list, and as a map whose keys stand for the natural keys."""
    schema = json_schema(setting)
    jsonschema.Draft7Validator.check_schema(schema)
    entries = entries_of(setting)
    jsonschema.validate(entries, schema)
    keyed = {
        setting.key_text_of(entry): {name: value for name, value in entry.items() if name not in setting.key}
        for entry in entries
    }
    jsonschema.validate(keyed, schema)


@each_setting
def test_every_field_is_described(setting: Setting) -> None:
    """Editors show it."""
    fields = json_schema(setting)["oneOf"][0]["items"]["properties"]
    assert fields.keys() == {*setting.schema.setting_fields, "expires"}
    assert all(field["description"] for field in fields.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {**EVIL, "patern": "x"},
        {"pattern": "evil.example"},
        {**EVIL, "pattern_type": "HOST"},
        {**EVIL, "is_regex": "yes"},
        {**EVIL, "comments": "x" * 1025},
        {**EVIL, "expires": "31/01/2027"},
        {**EVIL, "accept_risk": "why not"},
    ],
)
def test_what_is_wrong_is_found(wrong: dict[str, Any]) -> None:
    """As the package would refuse it."""
    schema = json_schema(BLOCKED)
    jsonschema.validate([{**EVIL, "comments": None, "expires": "2027-01-31"}], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([wrong], schema)


def test_check_jsonschema_takes_them(tmp_path: Path) -> None:
    """The schemas that the command writes, on files as export writes them."""
    run("schema", "--into", tmp_path)
    assert len(list(tmp_path.glob("*.schema.json"))) == len(SETTINGS)
    assert json.loads(run("schema", "block_senders").stdout) == json_schema(BLOCKED)
    run("schema", code=2)
    (tmp_path / "list.yaml").write_text(file_text(BLOCKED, entries_of(BLOCKED), YAML)[1])
    (tmp_path / "wrong.yaml").write_text("- patern: evil.example\n")
    for file, code in (("list.yaml", 0), ("wrong.yaml", 1)):
        check = [sys.executable, "-m", "check_jsonschema", "--schemafile", "block_senders.schema.json", file]
        done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == code, done.stdout
