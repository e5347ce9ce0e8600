"""Layers of entries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.testing import InProcessStack

YAML = "- {pattern: b.example, pattern_type: DOMAIN}\n- {pattern: A.example, pattern_type: DOMAIN}\n"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was reported."""
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", messages.append)
    return messages


def merge(*layers: Any, **options: Any) -> list[dict[str, Any]]:
    """Merge layers of blocked senders."""
    return email_security.merge_entries(*layers, of=email_security.BlockSenders, **options)


def write(folder: Path, name: str, text: str) -> list[email_security.FileEntry]:
    """A file's entries."""
    (folder / name).write_text(text)
    return email_security.read_entries(folder / name)


def test_later_layers_win_field_by_field(said: list[str]) -> None:
    """What a layer does not say stays; None clears; the order is that of the first appearance."""
    baseline = [
        {"pattern": "Evil.Example", "pattern_type": "DOMAIN", "comments": "baseline", "is_regex": False},
        {"pattern": "other.example", "pattern_type": "DOMAIN", "comments": "stays"},
    ]
    extra = {"DOMAIN evil.example": {"comments": "ours"}, "EMAIL x@evil.example": {}}
    last = [{"pattern": "other.example", "pattern_type": "DOMAIN", "comments": None}]
    assert merge(baseline, extra, last) == [
        {"pattern": "evil.example", "pattern_type": "DOMAIN", "comments": "ours", "is_regex": False},
        {"pattern": "other.example", "pattern_type": "DOMAIN", "comments": None},
        {"pattern": "x@evil.example", "pattern_type": "EMAIL"},
    ]
    (report,) = said
    assert report.splitlines() == [
        "block_senders: 2 entries stand in several layers",
        """  DOMAIN evil.example: layer 1[0], then layer 2["DOMAIN evil.example"]: comments 'baseline' → 'ours\'""",
        "  DOMAIN other.example: layer 1[1], then layer 3[0]: comments 'stays' → None",
    ]


def test_overlaps_are_refused_or_allowed_as_asked(said: list[str], tmp_path: Path) -> None:
    """All of them, with both places."""
    one = write(tmp_path, "one.csv", "Pattern Type,Pattern,Notes\nDOMAIN,a.example,\nDOMAIN,b.example,x\n")
    two = write(
        tmp_path,
        "two.yaml",
        "- {pattern: b.example, pattern_type: DOMAIN}\n- {pattern: A.example, pattern_type: DOMAIN}\n",
    )
    with pytest.raises(email_security.EntriesFileError) as refused:
        merge(one, two, on_overlap="refuse")
    assert "a.example: " + f"{tmp_path}/one.csv:2, then {tmp_path}/two.yaml:2:3: the same" in str(refused.value)
    assert f"{tmp_path}/one.csv:3, then {tmp_path}/two.yaml:1:3" in str(refused.value)
    assert len(merge(one, two, on_overlap="allow")) == 2
    assert said == []
    with pytest.raises(email_security.EntriesFileError, match="on_overlap is one of report, refuse, allow"):
        merge(one, two, on_overlap="ignore")


def test_an_entry_that_stands_twice_in_one_layer_is_refused() -> None:
    """It is no layering."""
    twice = [{"pattern": p, "pattern_type": "DOMAIN"} for p in ("a.example", "A.example")]
    with pytest.raises(email_security.EntriesFileError, match=r"layer 1\[1\]: DOMAIN a.example stands already"):
        merge(twice)


@pytest.mark.parametrize("pattern", [{}, {"pattern": None}, {"pattern": 5}])
def test_a_key_that_is_not_known_yet_is_refused(pattern: dict[str, Any]) -> None:
    """An output may be any other field."""
    with pytest.raises(email_security.EntriesFileError, match="must be known texts"):
        merge([{"pattern_type": "DOMAIN", **pattern}])


@pytest.mark.parametrize("wrong", ["baseline", "extra"])
def test_errors_name_the_file_that_a_field_comes_from(
    wrong: str, tmp_path: Path, in_process: Callable[..., InProcessStack]
) -> None:
    """Also where a later layer has the entry, too."""
    texts = {
        "baseline": "pattern_type,pattern,is_regex\nDOMAIN,a.example,{}\n".format(
            "maybe" if wrong == "baseline" else "no"
        ),
        "extra": "Pattern,Pattern Type,Notes\na.example,DOMAIN,{}\n".format("x" * 1025 if wrong == "extra" else "x"),
    }
    files = [write(tmp_path, f"{name}.csv", text) for name, text in texts.items()]

    def program() -> None:
        email_security.BlockSenders("list", entries=merge(*files, on_overlap="allow"))

    stack = in_process(config={"cloudflare-email-security:baseUrl": f"emulator:{tmp_path}/state.json"})
    with pytest.raises(Exception, match=rf"{wrong}\.csv:2: (is_regex|comments): ") as failed:
        stack.up(program)
    assert str(failed.value).count("csv:2") == 1


def test_defaults_of_the_schema_are_part_of_a_key(said: list[str]) -> None:
    """A regular expression is another entry than the plain text."""
    plain = {"pattern": "A.example", "pattern_type": "DOMAIN"}
    assert len(merge([plain], [{**plain, "is_regex": True}], on_overlap="refuse")) == 2
    assert said == []


def test_what_a_look_up_found_is_a_layer_too(said: list[str]) -> None:
    """Fields that the account leaves empty are not set; what cannot be declared is refused with its id."""
    times = {"created_at": None, "modified_at": None}
    found = [
        email_security.BlockSenderResult(
            id="5", pattern="A.example", pattern_type="DOMAIN", is_regex=False, comments=None, **times
        ),
        email_security.BlockSenderResult(
            id="6", pattern="b.example", pattern_type="DOMAIN", is_regex=False, comments="x", **times
        ),
    ]
    extra = [{"pattern": "a.example", "pattern_type": "DOMAIN", "comments": "ours"}]
    assert merge(found, extra) == [
        {"pattern": "a.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "ours"},
        {"pattern": "b.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "x"},
    ]
    assert "a.example: layer 1[0] (id 5), then layer 2[0]: comments 'ours'" in said[0]

    trusted = email_security.TrustedDomainResult(
        id="7", pattern="c.example", is_regex=False, is_recent=True, is_similarity=False, comments=None, **times
    )
    with pytest.raises(email_security.EntriesFileError, match="a TrustedDomainResult cannot be declared as a blocked"):
        merge([trusted])
    synced = email_security.ImpersonationRegistryEntryResult.from_entry(
        {"id": "8", "name": "Jane", "email": "jane@corp.example", "provenance": "SNOOPY-OFFICE_365"}
    )
    with pytest.raises(email_security.EntriesFileError, match=r"\(id 8\) cannot be declared: is synchronised"):
        email_security.merge_entries([synced], of=email_security.ImpersonationRegistry)


def test_a_refusal_ends_a_program_with_its_text_only() -> None:
    """As other errors of this package do: Pulumi prints no traceback."""
    with pytest.raises(pulumi.RunError, match="stands already at"):
        merge([{"pattern": "a.example", "pattern_type": "DOMAIN"}] * 2)


def test_what_is_no_layer_is_told_by_its_number() -> None:
    """A layer that is missing, as a function without a return gives it."""
    with pytest.raises(email_security.EntriesFileError, match="layer 2: must be a list or a map of entries, not None"):
        merge([], None)
    with pytest.raises(
        email_security.EntriesFileError, match=r"layer 1: must be a list or a map of entries, not .*Output"
    ):
        asyncio.run(_merge_an_output())
    for path in ("list.csv", Path("list.csv")):
        with pytest.raises(
            email_security.EntriesFileError, match=r"layer 1: 'list\.csv' is a path — read_entries\(path\)"
        ):
            merge(path)


async def _merge_an_output() -> None:
    # An output needs an event loop.
    merge(pulumi.Output.secret([]))


def test_a_day_is_told_as_it_is_written(said: list[str]) -> None:
    """YAML reads it as a date."""
    entry = {"pattern": "a.example", "pattern_type": "DOMAIN"}
    merge([entry], [{**entry, "expires": date(2099, 1, 31)}])
    assert "expires 2099-01-31" in said[0]
