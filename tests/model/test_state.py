"""How a collection's entries cross the engine: as JSON that people can read, or compressed where it is long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudflare_email_security.model.state import as_text, from_text, own_names
from pulumi_cloudflare_email_security.review.engine import held
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCK_SENDER

FEW: list[Any] = [{"pattern": f"sender-{number}.example", "comments": 'ü "quoted"\n\u2028'} for number in range(9)]
MANY: list[Any] = [{**FEW[number % 9], "pattern": f"sender-{number}.example"} for number in range(5_000)]


@pytest.mark.parametrize("value", [FEW, {"a": FEW}, [], {}], ids=["list", "map", "empty list", "empty map"])
def test_few_entries_are_json(value: Any) -> None:
    """Anything that reads JSON reads them."""
    assert json.loads(as_text(value)) == from_text(as_text(value)) == value


@pytest.mark.parametrize("value", [MANY, {entry["pattern"]: entry for entry in MANY}], ids=["list", "map"])
def test_many_entries_are_a_tenth_as_long(value: Any) -> None:
    """The engine passes them on, logs them and stores them several times in a deployment."""
    text = as_text(value)
    assert len(text) < len(json.dumps(value)) / 10
    assert text.startswith("data:application/zlib;base64,")
    assert from_text(text) == value


@pytest.mark.parametrize(
    "damaged",
    [
        "data:application/zlib;base64,",
        "data:application/zlib;base64,###",
        "data:application/zlib;base64,eJw=",
        "data:application/zlib;base64,é",
        as_text(MANY)[:-400],
        "[1, 2",
        '"a text"',
        "17",
    ],
)
def test_what_holds_no_entries_stays_as_it_is(damaged: str) -> None:
    """It is then refused as a text that is no list and no map."""
    assert from_text(damaged) == damaged


def test_reviews_and_audits_read_both_forms() -> None:
    """What is compressed in a preview or a state is judged as what is not."""
    many = {f"DOMAIN {entry['pattern']}": {**entry, "pattern_type": "DOMAIN", "is_regex": False} for entry in MANY}
    plain, compressed = (
        held(BLOCK_SENDER, {"entries": text}, is_collection=True) for text in (json.dumps(many), as_text(many))
    )
    assert len(compressed.entries) == len(MANY)
    assert compressed == plain


def test_what_the_plugin_records_has_this_package_s_names() -> None:
    """The names of fields that are values, too; names that are this package's stay."""
    recorded = {"patternType": "DOMAIN", "managedFields": ["isRegex", "patternType"]}
    own = {"pattern_type": "DOMAIN", "managed_fields": ["is_regex", "pattern_type"]}
    assert own_names(recorded) == own_names(own) == own
