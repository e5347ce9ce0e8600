"""Previews as the engine prints them with `--json`, made without it; the real ones are tried at level 3."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_cloudflare_email_security.model.names import camel
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.settings import RESOURCES

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
Fields = Mapping[str, Any]
_CLASSES = {entry.setting.kind: (entry, collection) for entry, collection in RESOURCES}


def step(
    kind: str,
    name: str,
    old: Any,
    new: Any,
    *,
    collection: bool = False,
    plugin: bool = False,
    account: str = "a1",
    op: str | None = None,
    more: Fields | None = None,
) -> dict[str, Any]:
    """A step of a preview: single entries are fields, collections lists of fields; None where there is no resource."""
    setting: Setting = _CLASSES[kind][0].setting
    cls = _CLASSES[kind][collection].__name__
    token = (
        f"cloudflare-email-security:index:{cls}" if plugin else f"pulumi-python:dynamic/cloudflare-email-security:{cls}"
    )
    operation = op or ("create" if old is None else "delete" if new is None else "same" if old == new else "update")
    made: dict[str, Any] = {"op": operation, "urn": f"urn:pulumi:dev::demo::{token}::{name}", "detailedDiff": None}
    for side, value in (("oldState", old), ("newState", new)):
        if value is not None:
            properties = {"account_id": account, **(more or {})}
            properties |= {"entries": _entries(setting, value, plugin=plugin)} if collection else value
            if plugin:
                properties = {camel(key): one for key, one in properties.items()}
            made[side] = {"urn": made["urn"], "type": token, "inputs": properties}
            if side == "oldState":
                made[side]["outputs"] = properties
    return made


def _entries(setting: Setting, entries: Any, *, plugin: bool) -> Any:
    if isinstance(entries, str):
        return entries
    keyed = {setting.key_text_of(one): dict(one) for one in entries}
    if plugin:
        # Each is one value for the engine, with a line of its own in a diff.
        return {key: json.dumps({camel(name): value for name, value in one.items()}) for key, one in keyed.items()}
    return json.dumps(keyed)


def preview(steps: Iterable[Mapping[str, Any]], diagnostics: Iterable[Mapping[str, Any]] = ()) -> str:
    """The output of `pulumi preview --json`."""
    stack = {"op": "same", "urn": "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev", "newState": {}}
    return json.dumps({"steps": [stack, *steps], "diagnostics": [*diagnostics], "changeSummary": {}}, indent=2)


def whole(kind: str, fields: Fields) -> dict[str, Any]:
    """Declared fields as `check` makes them."""
    valid, wrong = _CLASSES[kind][0].setting.schema.validate_entry(fields)
    assert not wrong, wrong
    return valid
