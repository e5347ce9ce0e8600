"""The Pulumi programs that are measured, and the entries they declare."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Final, Literal, get_args

Kind = Literal["collection", "single"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

ENTRIES_FILE: Final = "blocklist.csv"

_SOURCES: Final[dict[Kind, str]] = {
    "collection": f'''\
"""A blocklist as one resource."""

import pulumi_cloudflare_email_security as email_security

email_security.BlockSenders("blocklist", entries=email_security.read_entries("{ENTRIES_FILE}"))
''',
    "single": f'''\
"""A blocklist as one resource an entry."""

import csv

import pulumi_cloudflare_email_security as email_security

with open("{ENTRIES_FILE}", encoding="utf-8") as file:
    for number, row in enumerate(csv.DictReader(file)):
        email_security.BlockSender(f"entry-{{number}}", **row)
''',
}


def write_program(folder: Path, kind: Kind, count: int) -> None:
    """Write a project that declares so many entries."""
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    project = {"name": "benchmark", "runtime": {"name": "python"}}
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
