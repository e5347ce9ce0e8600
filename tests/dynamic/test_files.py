"""Entries read from files, and what a collection makes of them before the engine sees them."""

from __future__ import annotations

import asyncio
import builtins
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security import EntriesFileError
from pulumi_cloudflare_email_security.dynamic.files import FileEntry, places_of, plain_entries, read_entries
from pulumi_cloudflare_email_security.dynamic.plain import plain_fields
from pulumi_cloudflare_email_security.lifecycle.declared import check_entries
from pulumi_cloudflare_email_security.model.places import decode
from pulumi_cloudflare_email_security.settings.block_sender import SETTING
from pulumi_cloudflare_email_security.settings.content_policy import SETTING as CONTENT_POLICIES

EVIL = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the working directory, so that errors show its bare name."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, content: str | bytes) -> Path:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return Path(name)

    return write_file


def refusal(setting: Any, entries: Any, defaults: Any = None) -> list[str]:
    """The lines of the error that these entries cause."""
    with pytest.raises(pulumi.RunError) as caught:
        plain_entries(setting, entries, defaults)
    return [line.strip() for line in str(caught.value).splitlines()]


def wrong_in(setting: Any, entries: Any, defaults: Any = None) -> list[str]:
    """What the provider's check says of these entries."""
    plain = plain_entries(setting, entries, defaults)
    places = decode(places_of(entries), len(plain))
    found = check_entries(setting, plain, before={}, today=dt.date(2026, 11, 26), places=places)
    return [f"{one.path}: {one.reason}" + (f" ({one.place})" if one.place else "") for one in found.failures]


# Reading ---------------------------------------------------------------------------------------------------


def test_csv_of_the_dashboard(write: Write) -> None:
    """The dashboard's own CSV, as a spreadsheet saves it, is read without edits."""
    path = write(
        "list.csv", b"\xef\xbb\xbfBlocked Sender, Pattern-Type ,Notes\r\nevil.example,DOMAIN, seen \r\n\r\n,,\r\n"
    )
    assert plain_entries(SETTING, read_entries(path), None) == [{**EVIL, "comments": "seen"}]


def test_csv_cells_get_the_types_of_the_schema(write: Write) -> None:
    """Booleans and lists in cells become what the API takes."""
    write("list.csv", "name,pattern,targets,enabled\nA,a+,SUBJECT;BODY,no\n")
    assert plain_entries(CONTENT_POLICIES, read_entries("list.csv"), None) == [
        {"name": "A", "pattern": "a+", "targets": ["SUBJECT", "BODY"], "enabled": False}
    ]


def test_csv_remembers_the_line_a_row_starts_on(write: Write) -> None:
    """Cells with line breaks do not shift the lines of what follows."""
    write("list.csv", 'pattern,comments\na.example,"two\nlines"\n\nb.example,\n')
    first, second = read_entries("list.csv")
    assert (first.line, second.line) == (2, 5)
    assert (first.place("comments"), second.place()) == ("list.csv:2:2", "list.csv:5")


@pytest.mark.parametrize(
    "content",
    [
        'pattern;pattern_type;comments\nevil.example;DOMAIN;"May; campaign"\n',
        "pattern\tpattern_type\tcomments\nevil.example\tDOMAIN\tMay; campaign\n",
        'sep=;\r\npattern;pattern_type;comments\r\nevil.example;DOMAIN;"May; campaign"\r\n',
        'pattern, pattern_type, comments\nevil.example, DOMAIN, "May; campaign"\n',
        "pattern,pattern_type,,comments,,\nevil.example,DOMAIN,,May; campaign\n,,,,,,\n",
        '"pattern";"pattern_type";"comments";"a, b, c, d"\nevil.example;DOMAIN;"May; campaign";\n',
    ],
)
def test_csv_as_spreadsheets_save_it(write: Write, content: str) -> None:
    """Semicolons, tabs, Excel's `sep=`, spaces before quotes and columns that hold nothing are all understood."""
    path = write("list.csv", content)
    assert plain_entries(SETTING, read_entries(path), None) == [{**EVIL, "comments": "May; campaign"}]


def test_csv_of_spreadsheets_keeps_its_places(write: Write) -> None:
    """Neither Excel's line nor a column that holds nothing shifts what an error names."""
    write("b.csv", "sep=;\n;pattern;pattern_type\n;evil.example;HOST\n")
    (problem,) = wrong_in(SETTING, read_entries("b.csv"))
    assert problem.startswith("entries[0].pattern_type: 'HOST'")
    assert problem.endswith("(b.csv:3)")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv", "", "a.csv:1: has no header row"),
        ("a.csv", "sep=;", "a.csv:1: has no header row"),
        ("a.csv", "pattern,,notes\na,,\nb,x,\n", "a.csv:3:2: 'x' stands in a column without a name"),
        ("a.csv", "Notes,pattern,notes\n", "a.csv:1:3: column 3 (notes) stands already as column 1"),
        ("a.csv", "a,b\n1,2\n1,2,3\n", "a.csv:3:3: '3' stands in a column without a name"),
        ("a.csv", "a;b\n1;2,5;3\n", "a.csv:2:3: '3' stands in a column without a name — a cell that holds ';' must"),
        ("a.csv", "a,b\n1,\0\n", "a.csv:2:2: holds a NUL character"),
        ("a.csv", b"a,b\n1,caf\xe9\n", "a.csv:2:6: is not UTF-8"),
        ("a.csv", 'a,b\n1,2\n3,"4\n5,6\n', "a.csv:3: is not valid CSV: unexpected end of data"),
        ("a.csv", "a\n" + "x" * 140_000, "a.csv:2: is not valid CSV: field larger than field limit"),
        ("a.json", "", "a.json:1:1: Expecting value"),
        ("a.json", '[{"a": 1},\n {"b" 2}]', "a.json:2:7: Expecting ':' delimiter"),
        ("a.json", "[{}] x", "a.json:1:6: Extra data"),
        ("a.json", '"x"', "a.json:1:1: must hold a list of entries"),
        ("a.json", '[{},\n "x"]', "a.json:2:2: must be a map of fields, not 'x'"),
        ("a.json", '[{},\n {"a": 1, "a": 2}]', "a.json:2:16: 'a' stands twice"),
        ("a.json", '{"k": {},\n "k": {}}', "a.json:2:7: the key 'k' stands twice"),
        ("a.json", '[{"a": NaN}]', "a.json:1:8: NaN is not a number in JSON"),
        ("a.json", f'[{{"a": {"9" * 5000}}}]', "a.json:1:8: Exceeds the limit"),
        ("a.json", "[[NaN]]", "a.json:1:2: NaN is not a number in JSON"),
        ("a.json", "[" * 100_000, "a.json:1:1: is nested too deeply"),
        ("a.yaml", "", "a.yaml:1:1: must hold a list of entries"),
        ("a.yaml", "x", "a.yaml:1:1: must hold a list of entries"),
        ("a.yaml", "- x", "a.yaml:1:3: must be a map of fields"),
        ("a.yaml", "- a: 1\n  a: 2", "a.yaml:2:3: the key 'a' stands twice"),
        ("a.yaml", "- {a: &x 1}\n- {a: *x}", "a.yaml:2:7: the alias *x is not allowed"),
        ("a.yaml", "- &x {a: 1}\n- *x", "a.yaml:2:3: the alias *x is not allowed"),
        ("a.yaml", "- a: {b: [1]}", "a.yaml:1:10: must be a value, or a list or a map of values"),
        ("a.yaml", "- a: !!python/name:os.system x", "a.yaml:1:6: could not determine a constructor"),
        (
            "a.yaml",
            "- !!python/object:os.x {}",
            "a.yaml:1:3: the tag tag:yaml.org,2002:python/object:os.x",
        ),
        ("a.yaml", "- a: !!map [x]", "a.yaml:1:6: the tag tag:yaml.org,2002:map is not allowed"),
        ("a.yaml", "- a: 2027-99-99", "a.yaml:1:6: '2027-99-99' is not what it looks like"),
        ("a.yaml", "- ? [a]\n  : b", "a.yaml:1:5: a key must be text"),
        ("a.yaml", "- a: 1\n---\n- a: 2", "a.yaml:2:1: a second document starts here"),
        ("a.yaml", "- a: [1\n", "a.yaml:2:1: did not find expected ',' or ']'"),
        ("a.yaml", "- \x07", "a.yaml:1: "),
        ("a.yaml", "[" * 100_000, "a.yaml:1:"),
        ("a.txt", "x", "a.txt: entries are read from .csv, .json, .yaml, .yml files"),
    ],
)
def test_unreadable_files_say_where(write: Write, name: str, content: str | bytes, text: str) -> None:
    """What cannot be read is refused with its file, line and column."""
    with pytest.raises(EntriesFileError) as caught:
        read_entries(write(name, content))
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("path", ["missing.csv", ".", "folder.csv", "nul\0.csv"])
def test_what_is_no_file(write: Write, path: str) -> None:
    """A missing file, a folder and an impossible name are refused by name."""
    write("other.csv", "")
    Path("folder.csv").mkdir()
    with pytest.raises(EntriesFileError, match="^" + path.split("\0", maxsplit=1)[0].replace(".", r"\.")):
        read_entries(path)


def test_json_and_yaml_places(write: Write) -> None:
    """Entries of JSON and YAML know where they and their fields stand."""
    write("a.json", '[{"a": 1},\n  {"a": "é"}, {"a": [2]}]')
    assert [(entry.line, entry.column) for entry in read_entries("a.json")] == [(1, 2), (2, 3), (2, 15)]
    write("b.json", '[{},\n {"a": "\\\\\\"", "b": {"a": [1]},\n  "c" : null, "d":\n4}]')
    (_, entry) = read_entries("b.json")
    assert [entry.place(name) for name in ("a", "b", "c", "d", "e")] == [
        "b.json:2:8",
        "b.json:2:21",
        "b.json:3:9",
        "b.json:4:1",
        "b.json:2:2",
    ]
    write("a.yml", "- pattern: x\n  comments: y\n")
    (entry,) = read_entries("a.yml")
    assert (entry.place(), entry.place("comments")) == ("a.yml:1:3", "a.yml:2:13")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"DOMAIN evil.example": {"comments": null, "expires": "2027-01-31"}}'),
        ("a.yaml", "DOMAIN evil.example: {comments: null, expires: 2027-01-31}"),
    ],
)
def test_a_map_from_natural_key(write: Write, name: str, content: str) -> None:
    """A map's keys stand for the fields of the natural key; null clears; a date is text."""
    assert plain_entries(SETTING, read_entries(write(name, content)), None) == [
        {**EVIL, "comments": "", "expires": "2027-01-31"}
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"pattern": "evil.example", "pattern_type": "DOMAIN", "accept_risk": {"no-reason": "%s"}}]'),
        ("a.yaml", "- pattern: evil.example\n  pattern_type: DOMAIN\n  accept_risk:\n    no-reason: %s\n"),
        ("a.csv", 'pattern,pattern_type,accept_risk\nevil.example,DOMAIN,"no-reason: %s"\n'),
    ],
)
def test_a_map_within_an_entry(write: Write, name: str, content: str) -> None:
    """Accepted risks stand beside an entry in every form of file."""
    reason = "known, until 2099-01-01"
    (entry,) = plain_entries(SETTING, read_entries(write(name, content % reason)), None)
    assert entry["accept_risk"] == {"no-reason": reason}


@pytest.mark.parametrize("content", ["[]", "{}"])
def test_no_entries(write: Write, content: str) -> None:
    """An empty list and an empty map are files without entries."""
    assert read_entries(write("a.json", content)) == read_entries(write("a.yaml", content)) == []


def test_yaml_without_libyaml(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML's own loader reads the same."""
    path = write("a.yaml", "- {pattern: evil.example, pattern_type: DOMAIN, is_regex: no}")
    with_libyaml = read_entries(path)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_entries(path) == with_libyaml == [{**EVIL, "is_regex": False}]


def test_yaml_is_an_extra(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyYAML the error names the extra to install."""
    real = builtins.__import__

    def without_yaml(name: str, *rest: Any, **options: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_yaml)
    with pytest.raises(EntriesFileError, match=r"pulumi-cloudflare-email-security\[yaml\]"):
        read_entries(write("a.yaml", "[]"))


_WORDS = r"""" ' [ { } ] , : ? % - & * << | > a &a *a !!int !!float !!bool !!timestamp !!binary !!set !x 0x 1e999
\ud800 2027-02-30 NaN null 1: -1 sep= ; sep=;"""
_PIECES = st.sampled_from(
    [*_WORDS.encode().split(), b"\n", b" ", b"- ", b": ", b"\r", b"\0", b"\xff", b"\xc2\x85", b"\t"]
)


@pytest.mark.parametrize("suffix", ["csv", "json", "yaml"])
@given(content=st.one_of(st.binary(), st.lists(_PIECES, max_size=12).map(b"".join)))
def test_whatever_the_bytes_are(tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes) -> None:
    """Any file is read or refused in words; nothing else comes out."""
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(content)
    try:
        entries = read_entries(path)
    except EntriesFileError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
    else:
        assert all(isinstance(entry, FileEntry) for entry in entries)


# What a collection makes of them ---------------------------------------------------------------------------


def test_problems_in_files_name_their_places(write: Write) -> None:
    """Every wrong cell is named at once, with its field and its line."""
    write(
        "b.csv",
        "Blocked Sender,Pattern Type,expires\n"
        "evil.example,HOST,\n"
        "nodomain,DOMAIN,\n"
        ",DOMAIN,\n"
        "good.example,DOMAIN,31/01/2027\n",
    )
    assert wrong_in(SETTING, read_entries("b.csv")) == [
        "entries[0].pattern_type: 'HOST' — must be one of EMAIL, DOMAIN, IP (b.csv:2)",
        "entries[1].pattern: 'nodomain' is not a domain name (pattern_type DOMAIN) (b.csv:3)",
        "entries[2].pattern: is required (b.csv:4)",
        "entries[3].expires: '31/01/2027' is not a date such as 2027-01-31 (b.csv:5)",
    ]


def test_a_column_that_is_no_field_is_one_problem(write: Write) -> None:
    """However many rows fill it; one that no row fills is none."""
    write("b.csv", "pattern,pattern_type,coments,mine\n" + "evil.example,DOMAIN,x,\n" * 3)
    assert refusal(SETTING, read_entries("b.csv")) == [
        "block_senders: 1 problem in the declared entries",
        "b.csv:1:3: coments: unknown argument: did you mean 'comments'?",
    ]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Patern,Type,Notes", "has no column for pattern and pattern_type; unknown: 'patern', 'type'"),
        ("Pattern,Notes", "has no column for pattern_type"),
    ],
)
def test_a_wrong_header_is_one_problem(header: str, problem: str, write: Write) -> None:
    """However many rows there are."""
    write("b.csv", f"{header}\n" + "evil.example,DOMAIN,x\n".replace(",x" if header.count(",") < 2 else "?", "") * 1500)
    assert refusal(SETTING, read_entries("b.csv")) == [
        "block_senders: 1 problem in the declared entries",
        f"b.csv: the header row {problem}",
    ]


def test_a_column_may_be_missing_where_the_defaults_have_it(write: Write) -> None:
    """Every row has the field then."""
    write("b.csv", "Pattern\nevil.example\n")
    assert plain_entries(SETTING, read_entries("b.csv"), {"pattern_type": "DOMAIN"}) == [EVIL]


def test_many_problems_are_counted(write: Write) -> None:
    """The first twenty are told and the rest is counted."""
    write("b.csv", "pattern,pattern_type\n" + "evil.example,HOST\n" * 30)
    problems = wrong_in(SETTING, read_entries("b.csv"))
    assert problems[19].endswith("(b.csv:21)")
    assert problems[20:] == ["entries: … and 10 more problems in the declared entries"]


def test_duplicates_between_files(write: Write) -> None:
    """The same entry in two files is refused with both places."""
    write("a.csv", "pattern,pattern_type\nevil.example,DOMAIN\n")
    write("b.json", json.dumps([{**EVIL, "pattern": "EVIL.example"}]))
    (problem,) = wrong_in(SETTING, [*read_entries("a.csv"), *read_entries("b.json")])
    assert problem.startswith(
        "entries[1]: declares blocked sender DOMAIN EVIL.example again: entries[0] at a.csv:2 does"
    )
    assert problem.endswith("(b.json:1)")


def test_duplicates_between_a_file_and_the_program(write: Write) -> None:
    """An entry of the program that stands in a file, too, is refused with the file's place, whichever comes first."""
    write("a.csv", "pattern\ngood.example\nevil.example\n")
    from_file = read_entries("a.csv")
    own, other = {"pattern": "EVIL.example"}, {"pattern": "other.example"}
    for entries, place in (
        ([*from_file, own, other], "entries[2]"),
        ([own, *from_file], "entries[2]"),
        ({"DOMAIN EVIL.example": {}, "DOMAIN evil.example": from_file[1]}, 'entries["DOMAIN evil.example"]'),
    ):
        (problem,) = wrong_in(SETTING, entries, {"pattern_type": "DOMAIN"})
        assert problem.startswith(f"{place}: declares blocked sender DOMAIN ")
        assert "a.csv:3" in problem


def test_entries_beside_a_file_may_be_unknown(write: Write) -> None:
    """What the program does not know yet, or has wrong, is left to the check."""
    write("a.csv", "pattern,pattern_type\nevil.example,DOMAIN\n")

    async def declare() -> None:
        later = pulumi.Output.from_input("evil.example")
        beside = [{"pattern": later, "pattern_type": "DOMAIN"}, pulumi.Output.from_input(EVIL), {"pattern": None}, "x"]
        assert len(plain_entries(SETTING, [*read_entries("a.csv"), *beside], None)) == 5

    asyncio.run(declare())


@pytest.mark.parametrize(
    ("name", "content", "value", "place"),
    [
        ("a.csv", "pattern,pattern_type,expires\nevil.example,DOMAIN,20270131\n", "'20270131'", "a.csv:2"),
        ("a.json", json.dumps([{"expires": 20270131, **EVIL}]), "20270131", "a.json:1"),
        (
            "a.yaml",
            "- {expires: 2027-W04-7, pattern: evil.example, pattern_type: DOMAIN}",
            "'2027-W04-7'",
            "a.yaml:1",
        ),
    ],
)
def test_expires_is_a_day_as_the_check_reads_it(write: Write, name: str, content: str, value: str, place: str) -> None:
    """Only YYYY-MM-DD is a day; other forms that Python would take for one are refused where they stand."""
    assert wrong_in(SETTING, read_entries(write(name, content))) == [
        f"entries[0].expires: {value} is not a date such as 2027-01-31 ({place})"
    ]


def test_an_entry_under_a_key_of_another(write: Write) -> None:
    """A map's key and the entry under it must agree."""
    write("a.json", json.dumps({"DOMAIN good.example": EVIL}))
    assert refusal(SETTING, read_entries("a.json"))[1:] == [
        "a.json:1:25: stands under a key that is not its own, which is 'DOMAIN evil.example'"
    ]


def test_an_alias_never_hides_the_field_itself(write: Write) -> None:
    """Where both `Notes` and `comments` are filled, neither is dropped in silence."""
    write("a.csv", "pattern,pattern_type,notes,comments\nevil.example,DOMAIN,a,b\n")
    (problem,) = wrong_in(SETTING, read_entries("a.csv"))
    assert problem.startswith("entries[0].notes: unknown argument")
    assert problem.endswith("(a.csv:2)")


def test_json_values_keep_their_types(write: Write) -> None:
    """Only CSV's text is interpreted: a string is no boolean in JSON."""
    write("a.json", json.dumps([{**EVIL, "is_regex": "true"}]))
    assert wrong_in(SETTING, read_entries("a.json")) == [
        "entries[0].is_regex: must be True or False, not 'true' (a.json:1)"
    ]


def test_defaults_complete_entries_of_files(write: Write) -> None:
    """What the defaults give need not be in the file, even if it is known only later."""
    write("a.csv", "pattern\nevil.example\nno domain\n")
    entries = read_entries("a.csv")
    (problem,) = wrong_in(SETTING, entries, {"pattern_type": "DOMAIN"})
    assert problem.startswith("entries[1].pattern: ")
    assert problem.endswith("(a.csv:3)")

    async def declare() -> None:
        later = pulumi.Output.from_input("DOMAIN")
        for entry in plain_entries(SETTING, entries, {"pattern_type": later}):
            assert entry["pattern_type"] is later

    asyncio.run(declare())


def test_outputs_keep_entries_of_files_apart(write: Write) -> None:
    """An output of entries of a file, all or one, is typed like the file itself, and its places are known."""
    write("a.csv", "pattern,pattern_type,is_regex\nevil.example,DOMAIN,true\n")
    write("a.json", json.dumps({"DOMAIN evil.example": {"comments": "x"}}))
    write("b.csv", "pattern\nevil.example\n")

    async def declare() -> None:
        def later(path: str) -> pulumi.Output[Any]:
            return pulumi.Output.from_input(path).apply(read_entries)

        regex = {**EVIL, "is_regex": True, "comments": "shared"}
        assert await plain_entries(SETTING, later("a.csv"), {"comments": "shared"}).future() == [regex]
        (one,) = plain_entries(SETTING, [later("a.json").apply(lambda entries: entries[0])], {"comments": "shared"})
        assert await one.future() == {**EVIL, "comments": "x"}
        with pytest.raises(pulumi.RunError, match=r"b\.csv: the header row has no column for pattern_type"):
            await plain_entries(SETTING, later("b.csv"), None).future()
        assert await places_of(later("a.csv")).future() == places_of(read_entries("a.csv"))

    asyncio.run(declare())


def test_json_text_is_as_good_as_what_it_holds() -> None:
    """Entries that another resource gives as JSON text are completed and told like others; other text is left alone."""
    bare = json.dumps([{"pattern": "evil.example"}])
    assert plain_entries(SETTING, bare, {"pattern_type": "DOMAIN"}) == [EVIL]
    assert plain_entries(SETTING, "blocklist.csv", None) == "blocklist.csv"


def test_defaults_complete_entries_of_a_program() -> None:
    """A default fills in what an entry leaves out or has None for; its own value wins, and so does a map's key."""
    defaults = {"pattern_type": "DOMAIN", "comments": "shared", "expires": dt.date(2027, 1, 31)}
    shared = {"pattern_type": "DOMAIN", "comments": "shared", "expires": "2027-01-31"}
    own = {"pattern": "a.example", "comments": None, "pattern_type": None}
    assert plain_entries(SETTING, [{"pattern": "a.example"}, own], defaults) == [
        {**shared, "pattern": "a.example"},
        {**shared, "pattern": "a.example", "comments": ""},
    ]
    assert plain_entries(SETTING, {"EMAIL a@b.example": {"comments": "own"}}, defaults) == {
        "EMAIL a@b.example": {"comments": "own", "expires": "2027-01-31"}
    }


def test_wrong_defaults_are_told_once() -> None:
    """What no entry may have is refused by its name among the defaults, however many entries there are."""
    for defaults, problem in (
        ({"pattern_type": "HOST"}, "defaults.pattern_type: 'HOST' — must be one of EMAIL, DOMAIN, IP"),
        ({"patern_type": "DOMAIN"}, "defaults.patern_type: unknown argument: did you mean 'pattern_type'?"),
        ({"expires": "31/01/2027"}, "defaults.expires: '31/01/2027' is not a date such as 2027-01-31"),
        ("x", "defaults: must be a map of fields, not 'x'"),
    ):
        assert refusal(SETTING, [EVIL, EVIL], defaults) == ["block_senders: 1 problem in the declared entries", problem]


def test_defaults_are_a_map_whose_values_may_be_outputs() -> None:
    """An output of all defaults is refused: which entries it would complete could not be told at preview."""

    async def declare() -> None:
        (_, problem) = refusal(SETTING, [EVIL], pulumi.Output.from_input({"comments": "x"}))
        assert problem == "defaults: must be a map of fields, not an output: only its values may be outputs"

    asyncio.run(declare())


def test_wrong_defaults_are_named_once(write: Write) -> None:
    """Defaults are not blamed on the file."""
    write("a.csv", "pattern\nevil.example\ngood.example\n")
    assert refusal(SETTING, read_entries("a.csv"), {"pattern_type": "HOST"})[1:] == [
        "defaults.pattern_type: 'HOST' — must be one of EMAIL, DOMAIN, IP"
    ]


def test_entries_of_a_program() -> None:
    """None clears, dates become text, tuples and sets lists; what the schema refuses is left to the check."""
    today = dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC)
    assert plain_entries(SETTING, ({**EVIL, "comments": None, "expires": today},), None) == [
        {**EVIL, "comments": "", "expires": "2027-01-31"}
    ]
    assert plain_entries(
        CONTENT_POLICIES, {"A": {"targets": ("BODY",)}, "B": {"targets": {"SUBJECT", "BODY"}}}, None
    ) == {
        "A": {"targets": ["BODY"]},
        "B": {"targets": ["BODY", "SUBJECT"]},
    }
    assert plain_entries(SETTING, [{"patern": 1}, "x"], None) == [{"patern": 1}, "x"]


def test_entries_that_are_not_known_yet() -> None:
    """Outputs stay outputs, as all entries, as one entry and inside an entry; the defaults and None apply to them."""

    async def declare() -> None:
        defaults = {"pattern_type": "DOMAIN"}
        bare = {"pattern": "evil.example", "comments": None}
        complete = {**EVIL, "comments": ""}
        entries = pulumi.Output.from_input([bare])
        assert await plain_entries(SETTING, entries, defaults).future() == [complete]
        assert await plain_entries(SETTING, [pulumi.Output.from_input(bare)], defaults)[0].future() == complete
        none = pulumi.Output.from_input(None)
        (unset,) = plain_entries(SETTING, [{"pattern": "evil.example", "pattern_type": none}], defaults)
        assert await unset["pattern_type"].future() == "DOMAIN"
        output = pulumi.Output.from_input("evil.example")
        entry = {"pattern": output, "pattern_type": "DOMAIN"}
        (inside,) = plain_entries(SETTING, [entry], None)
        assert inside["pattern"] is output
        from_file = FileEntry(entry, file="a.csv", line=2)
        assert plain_entries(SETTING, [from_file], None)[0]["pattern"] is output

    asyncio.run(declare())


def test_defaults_become_plain_too() -> None:
    """Defaults take the same forms as fields of an entry."""
    assert plain_fields(SETTING, {"comments": None, "expires": dt.date(2027, 1, 31)}) == {
        "comments": "",
        "expires": "2027-01-31",
    }


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_big_files_are_read_whole(write: Write, suffix: str) -> None:
    """Twenty thousand entries, of JSON on a single line or of CSV, all arrive."""
    rows = [{**EVIL, "pattern": f"evil{number}.example"} for number in range(20_000)]
    content = (
        json.dumps(rows)
        if suffix == "json"
        else "\n".join(["pattern,pattern_type", *(f"{row['pattern']},DOMAIN" for row in rows)])
    )
    assert plain_entries(SETTING, read_entries(write(f"a.{suffix}", content)), None) == rows
