"""Where a program has its entries, however people write that."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.cli._declared import declared_in

HEAD = """
import os
from pathlib import Path
import pulumi_cloudflare_email_security as es
from pulumi_cloudflare_email_security import BlockSenders, BlockSendersArgs, read_entries
from pulumi_cloudflare_email_security import BlockSenders as Blocked, read_entries as read
HERE = Path(__file__).resolve().parent
FILE: str = "lists/bad.csv"
"""


def declared(tmp_path: Path, program: str) -> tuple[list[str], list[str]]:
    """The files of blocked senders that a program names, and the patterns that stand in it."""
    (tmp_path / "__main__.py").write_text(HEAD + program)
    found = declared_in(tmp_path)["block_senders"]
    return found.files, [fields["pattern"] for _, fields in found.inline]


@pytest.mark.parametrize(
    "argument",
    [
        '"lists/bad.csv"',
        "FILE",
        'Path("lists/bad.csv")',
        'Path("lists", "bad.csv")',
        'Path("lists") / "bad.csv"',
        'HERE / "lists/bad.csv"',
        'f"{HERE}/lists/bad.csv"',
        'f"{FOLDER}/bad.csv"',
        'path="lists/bad.csv"',
        'str(HERE / "lists" / "bad.csv")',
        'Path(__file__).parent / "lists" / "bad.csv"',
        'Path.cwd() / "lists/bad.csv"',
        'os.path.join(os.path.dirname(os.path.abspath(__file__)), "lists", "bad.csv")',
    ],
)
def test_a_file_is_found_however_its_path_is_said(argument: str, tmp_path: Path) -> None:
    """Relative to the program."""
    assert declared(tmp_path, f'FOLDER = "lists"\nes.BlockSenders("x", entries=es.read_entries({argument}))') == (
        ["lists/bad.csv"],
        [],
    )


@pytest.mark.parametrize(
    "program",
    [
        'Blocked("x", entries=read(FILE))',
        'ENTRIES = read_entries(FILE)\nBlockSenders("x", entries=ENTRIES)',
        'BlockSenders("x", BlockSendersArgs(entries=read_entries(FILE)))',
        'ARGS = es.BlockSendersArgs(entries=es.read_entries(FILE))\nes.BlockSenders("x", ARGS)',
        'BlockSenders("x", entries=es.merge_entries(read_entries(FILE), of=BlockSenders))',
        'def make():\n    BlockSenders("x", entries=read_entries(FILE))\nmake()',
    ],
)
def test_entries_are_found_through_names(program: str, tmp_path: Path) -> None:
    """Of modules, classes, functions and values."""
    assert declared(tmp_path, program) == (["lists/bad.csv"], [])


def test_a_list_of_both(tmp_path: Path) -> None:
    """Entries of a file, and some that stand beside it, once each."""
    more = 'MORE = [{"pattern": "b.example", "pattern_type": "DOMAIN"}]\n'
    entry = '{"pattern": "a.example", "pattern_type": "DOMAIN"}'
    assert declared(tmp_path, f'{more}Blocked("x", entries=[*read(FILE), {entry}])') == (
        ["lists/bad.csv"],
        ["a.example"],
    )
    assert declared(tmp_path, f'{more}Blocked("x", entries=MORE)') == ([], ["b.example"])
    both = declared(tmp_path, f'{more}Blocked("x", entries=[*read(FILE), *MORE, {entry}])')
    assert both == (["lists/bad.csv"], ["b.example", "a.example"])


@pytest.mark.parametrize("argument", ['f"{name}.csv"', "name", "find()", 'FILE + "x"', "AGAIN", "LOOP"])
def test_what_cannot_be_told_is_not_guessed(argument: str, tmp_path: Path) -> None:
    """Such entries are named as not declared, which changes nothing."""
    names = 'AGAIN = "a.csv"\nAGAIN = "b.csv"\nLOOP = LOOP\n'
    assert declared(tmp_path, f'{names}es.BlockSenders("x", entries=es.read_entries({argument}))') == ([], [])


@pytest.mark.parametrize(
    ("program", "unread"),
    [
        ('for n in "xy":\n    BlockSenders(n, entries=read_entries(f"{n}.csv"))', True),
        ('BlockSenders("x", entries=[*read_entries(FILE), *read_entries(find())])', True),
        ('BlockSenders("x", entries=[{"pattern": p} for p in find()])', True),
        ('BlockSenders("x", entries=find())', True),
        ('for p in find():\n    BlockSender(p, pattern=p, pattern_type="DOMAIN")', True),
        ('for row in find():\n    BlockSender(row["pattern"], **row)', True),
        ('BlockSenders("x", entries=read_entries(FILE))', False),
        ('BlockSenders("x", BlockSendersArgs(entries=[]))', False),
        ('BlockSender("x", pattern="a.example", pattern_type="DOMAIN", comments=find())', False),
    ],
)
def test_what_only_a_run_would_tell_is_noted(program: str, unread: bool, tmp_path: Path) -> None:
    """With its place."""
    (tmp_path / "__main__.py").write_text(HEAD + program)
    line = (HEAD + program).count("\n") + 1
    assert declared_in(tmp_path)["block_senders"].unread == ([f"__main__.py:{line}"] if unread else [])
