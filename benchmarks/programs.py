"""The Pulumi programs that are measured, and the entries they declare."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

Kind = Literal["empty", "bare", "single", "collection", "plugin_single", "plugin_collection"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: What is measured without an engine, too.
IN_PROCESS: Final[tuple[Kind, ...]] = ("single", "collection")

ENTRIES_FILE: Final = "blocklist.csv"

_COLLECTION: Final = f'''\
"""A blocklist as one resource."""

import pulumi_cloudflare_email_security as email_security

email_security.BlockSenders("blocklist", entries=email_security.read_entries("{ENTRIES_FILE}"))
'''
_PLUGIN_COLLECTION: Final = f'''\
"""A blocklist as one resource of the plugin, which reads the file."""

import pulumi_cloudflare_email_security_sdk as email_security

email_security.BlockSenders("blocklist", entries_file="{ENTRIES_FILE}")
'''
_EACH: Final = f"""
with open("{ENTRIES_FILE}", encoding="utf-8") as file:
    for number, row in enumerate(csv.DictReader(file)):
        BlockSender(f"entry-{{number}}", **row)
"""
_SINGLE: Final = f'''\
"""A blocklist as one resource an entry."""

import csv

from pulumi_cloudflare_email_security import BlockSender
{_EACH}'''
_PLUGIN_SINGLE: Final = f'''\
"""A blocklist as one resource of the plugin an entry."""

import csv

from pulumi_cloudflare_email_security_sdk import BlockSender
{_EACH}'''
_BARE: Final = f'''\
"""A blocklist as one dynamic resource an entry, which does nothing: what the engine and the SDK cost by themselves."""

import csv

from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(props["pattern"], {{**props, "is_regex": False, "created_at": "now", "modified_at": "now"}})

    def diff(self, _id, olds, news):
        return DiffResult(changes=any(olds.get(name) != value for name, value in news.items()))

    def update(self, _id, olds, news):
        return UpdateResult({{**olds, **news}})


class BlockSender(Resource):
    def __init__(self, name, **arguments):
        outputs = dict.fromkeys(("is_regex", "created_at", "modified_at"))
        super().__init__(Provider(), name, {{**outputs, **arguments}})

{_EACH}'''
_SOURCES: Final[dict[Kind, str]] = {
    "empty": '"""Nothing."""\n',
    "bare": _BARE,
    "single": _SINGLE,
    "collection": _COLLECTION,
    "plugin_single": _PLUGIN_SINGLE,
    "plugin_collection": _PLUGIN_COLLECTION,
}


def write_program(folder: Path, kind: Kind, count: int, settings: Mapping[str, Any] | None = None) -> None:
    """Write a project that declares so many entries, with further settings of the project."""
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    project = {"name": "benchmark", "runtime": {"name": "python"}, **(settings or {})}
    (folder / "Pulumi.yaml").write_text(json.dumps(project), encoding="utf-8")
    (folder / "__main__.py").write_text(_SOURCES[kind], encoding="utf-8")
    write_entries(folder, count)


def write_entries(folder: Path, count: int, *, one_changed: bool = False) -> None:
    """Write the entries of a program; `one_changed` gives the middle one another comment."""
    with (folder / ENTRIES_FILE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["pattern", "pattern_type", "comments"])
        for number in range(count):
            changed = one_changed and number == count // 2
            rows.writerow([*_pattern(number), f"campaign {number % 97}{', seen again' if changed else ''}"])


def _pattern(number: int) -> tuple[str, str]:
    """Domains mostly, as in blocklists; every tenth an address of mail, every twentieth one of a host."""
    if number % 20 == 7:
        return f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}", "IP"
    if number % 10 == 3:
        return f"billing-{number}@lure-{number % 1000}.example", "EMAIL"
    return f"sender-{number:06}.evil.example", "DOMAIN"
