"""Changes of entry files that leave every other line as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_cloudflare_email_security import read_entries
from pulumi_cloudflare_email_security.client.errors import EntriesFileError
from pulumi_cloudflare_email_security.entries.editing import EntryFile, changes_to, open_entries
from pulumi_cloudflare_email_security.entries.entry import FileEntry
from pulumi_cloudflare_email_security.entries.typed import whole_fields
from pulumi_cloudflare_email_security.entries.writing import CSV, YAML, file_text
from pulumi_cloudflare_email_security.settings.allow_policy import SETTING as ALLOWED
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCKED
from pulumi_cloudflare_email_security.settings.domain import SETTING as DOMAINS
from support.messy_account import ODD_REMARKS

REMARKS = st.text(
    alphabet=st.one_of(
        st.sampled_from("\"',;\t|\r\n =#-:\x85\u2028\u2029\x0b\x1c"), st.characters(exclude_categories=["Cs"])
    )
)

CSV_TEXT = """\
"Pattern Type"; Pattern;Notes

 DOMAIN ;a.example; "as it is"
DOMAIN; c.example ;"two
lines"
EMAIL;x@d.example;
"""

YAML_TEXT = """\
# Blocked by the security team.
- pattern: a.example   # the first one
  pattern_type: DOMAIN

# About c.
-   pattern_type: DOMAIN
    pattern: 'c.example'
    comments: |
      two
      # lines
# The end.
- {pattern: x@d.example, pattern_type: EMAIL}
"""

CHANGED_YAML = """\
# Blocked by the security team.
- pattern: a.example   # the first one
  pattern_type: DOMAIN
  comments: |-
    two
    lines
  is_regex: true

- pattern: b.example
  pattern_type: DOMAIN
# About c.
-   pattern_type: DOMAIN
    pattern: 'c.example'
# The end.
- pattern: x@d.example
  pattern_type: EMAIL
  comments: seen
"""


def opened(tmp_path: Path, text: str, suffix: str, setting: Any = BLOCKED) -> EntryFile:
    """A file with this text."""
    (file := tmp_path / f"blocked{suffix}").write_bytes(text.encode())
    return open_entries(setting, str(file))


def new(pattern: str, **fields: Any) -> dict[str, Any]:
    """A new blocked sender."""
    return {"pattern": pattern, "pattern_type": "DOMAIN", **fields}


@pytest.mark.parametrize(("suffix", "text"), [(".csv", CSV_TEXT), (".yaml", YAML_TEXT)])
def test_a_file_that_is_not_changed_is_the_same_to_the_byte(suffix: str, text: str, tmp_path: Path) -> None:
    """Whatever its layout."""
    for each in (text, text.replace("\n", "\r\n"), text.removesuffix("\n")):
        assert opened(tmp_path, each, suffix).text == each


def test_rows_of_a_csv_file_are_added_changed_and_removed(tmp_path: Path) -> None:
    """In its own layout: separator, the dashboard's columns, order; a new entry where it belongs."""
    file = opened(tmp_path, CSV_TEXT, ".csv")
    _, c, x = file.entries
    file.change(c, {"comments": 'now "one"; line'})
    file.remove(x)
    file.add(new("b.example", comments="new"))
    file.add(new("e.example"))
    file.save()
    assert (
        Path(file.file).read_text()
        == """\
"Pattern Type"; Pattern;Notes

 DOMAIN ;a.example; "as it is"
DOMAIN;b.example;new
DOMAIN;c.example ;"now ""one""; line"
DOMAIN;e.example;
"""
    )


def test_a_spreadsheets_own_marks_stay(tmp_path: Path) -> None:
    """Byte order mark, `sep=` and line ends."""
    (path := tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbfsep=;\r\npattern;pattern_type\r\nb.example;DOMAIN\r\n")
    file = open_entries(BLOCKED, str(path))
    file.add(new("a.example", comments="seen"))
    file.save()
    assert path.read_bytes() == (
        b"\xef\xbb\xbfsep=;\r\npattern;pattern_type;comments\r\na.example;DOMAIN;seen\r\nb.example;DOMAIN\r\n"
    )


def test_a_column_is_added_when_the_first_entry_needs_it(tmp_path: Path) -> None:
    """The other rows stay as they are."""
    file = opened(tmp_path, "pattern_type,pattern\nDOMAIN,b.example\nDOMAIN,a.example", ".csv")
    file.change(file.entries[0], {"comments": "seen"})
    file.add(new("c.example", is_regex=True))
    assert file.text == (
        "pattern_type,pattern,comments,is_regex\nDOMAIN,b.example,seen\nDOMAIN,a.example\nDOMAIN,c.example,,true\n"
    )


def test_a_csv_file_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    """Blanks around a text would be lost, and an empty list with them."""
    file = opened(tmp_path, CSV_TEXT, ".csv")
    with pytest.raises(EntriesFileError, match="cannot hold comments ' seen' — use a YAML file"):
        file.add(new("b.example", comments=" seen"))
    domains = opened(tmp_path, "domain\ncorp.example\n", ".csv", DOMAINS)
    with pytest.raises(EntriesFileError, match="cannot hold drop_dispositions"):
        domains.change(domains.entries[0], {"drop_dispositions": []})


def test_fields_of_a_yaml_file_are_added_changed_and_removed(tmp_path: Path) -> None:
    """Comments and the layout of all else stay."""
    file = opened(tmp_path, YAML_TEXT, ".yaml")
    a, c, x = file.entries
    file.change(a, {"comments": "two\nlines", "is_regex": True})
    file.change(c, {"comments": None})
    file.change(x, {"comments": "seen"})
    file.add(new("b.example"))
    assert file.text == CHANGED_YAML


@pytest.mark.parametrize("text", ["[]\n", "# nobody yet\n[]\n"])
def test_the_first_entry_of_an_empty_yaml_file(text: str, tmp_path: Path) -> None:
    """The empty list goes."""
    file = opened(tmp_path, text, ".yaml")
    file.add(new("b.example"))
    assert file.text == text.replace("[]\n", "") + "- pattern: b.example\n  pattern_type: DOMAIN\n"


@pytest.mark.parametrize("suffix", [CSV, YAML])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("remark", [*ODD_REMARKS, "a line of an old\rMac"])
def test_odd_remarks_come_and_go_in_any_file(remark: str, end: str, suffix: str, tmp_path: Path) -> None:
    """Whatever line breaks the file itself has."""
    _, text = file_text(BLOCKED, [new("b.example"), new("m.example", comments=remark)], suffix)
    file = opened(tmp_path, text if "\r" in remark or "\n" in remark else text.replace("\n", end), suffix)
    file.change(file.entries[0], {"comments": remark})
    file.add(new("a.example", comments=remark))
    file.save()
    assert [entry["comments"] for entry in read_entries(file.file)] == [remark] * 3


@pytest.mark.parametrize("head", ["", "# nobody yet\n", "---\n"])
def test_a_yaml_file_without_its_last_entry_is_an_empty_list(head: str, tmp_path: Path) -> None:
    """The program reads it as before, and the next entry takes the list's place."""
    text = f"{head}- pattern: b.example\n  pattern_type: DOMAIN\n"
    file = opened(tmp_path, text, ".yaml")
    file.remove(file.entries[0])
    file.save()
    assert read_entries(file.file) == []
    file = open_entries(BLOCKED, file.file)
    file.add(new("b.example"))
    assert file.text == text.removeprefix("---\n")


@pytest.mark.parametrize("remark", ["x\n\n", "\n\nx\n\n\n", "\n", "\n\n", "x\n"])
def test_empty_lines_at_the_end_of_a_remark_are_its_own(remark: str, tmp_path: Path) -> None:
    """Those of the file are not, wherever the entry stands in it."""
    text = "- pattern: b.example\n  pattern_type: DOMAIN\n\n\n- pattern: m.example\n  pattern_type: DOMAIN\n\n\n"
    file = opened(tmp_path, text, ".yaml")
    for pattern in ("a.example", "c.example", "z.example"):
        file.add({**new(pattern), "comments": remark})
    for entry in file.entries:
        file.change(entry, {"comments": remark})
    file.save()
    assert [entry["comments"] for entry in read_entries(file.file)] == [remark] * 5


@pytest.mark.parametrize(("suffix", "text"), [(".json", "[]"), (".yaml", "DOMAIN a.example: {}\n")])
def test_other_forms_are_refused(suffix: str, text: str, tmp_path: Path) -> None:
    """One line says which forms can be changed."""
    with pytest.raises(EntriesFileError, match=r"only (CSV and YAML files|a list of entries)"):
        opened(tmp_path, text, suffix)


def differences(setting: Any, entry: dict[str, Any], live: dict[str, Any]) -> dict[str, Any] | None:
    """What must change for the entry to say what is live."""
    return changes_to(setting, whole_fields(setting, FileEntry(entry, file="f.csv", line=2, text=True)), live)


def test_only_what_is_declared_or_has_a_default_is_compared() -> None:
    """A field that a file leaves out is left as it is; a remark is taken along."""
    row = {"domain": "Corp.Example", "lookback_hops": "2"}
    live = {"domain": "corp.example", "lookback_hops": 3, "transport": "mx.example"}
    assert differences(DOMAINS, row, live) == {"lookback_hops": 3}
    allowed = {"pattern_type": "domain".upper(), "pattern": "pay.example"}
    assert differences(ALLOWED, allowed, {**allowed, "verify_sender": False, "comments": "x"}) == {
        "verify_sender": False,
        "comments": "x",
    }
    assert differences(ALLOWED, {**allowed, "verify_sender": "no", "notes": "x"}, allowed) == {
        "verify_sender": True,
        "comments": None,
    }
    assert differences(ALLOWED, {**allowed, "verify_sender": "maybe"}, allowed) is None


@pytest.mark.parametrize("suffix", [CSV, YAML])
def test_a_sorted_file_stays_sorted(suffix: str, tmp_path: Path) -> None:
    """By natural key, of which the type comes first, although it is written last."""
    texts = {CSV: "pattern,pattern_type\nm.example,DOMAIN\n", YAML: "- pattern: m.example\n  pattern_type: DOMAIN\n"}
    file = opened(tmp_path, texts[suffix], suffix)
    file.change(file.entries[0], {"comments": "seen"})
    for pattern, type_ in (
        ("198.51.100.7", "IP"),
        ("z.example", "DOMAIN"),
        ("a@x.example", "EMAIL"),
        ("b.example", "DOMAIN"),
    ):
        file.add({"pattern": pattern, "pattern_type": type_})
    file.save()
    patterns = ["b.example", "m.example", "z.example", "a@x.example", "198.51.100.7"]
    assert [entry["pattern"] for entry in read_entries(file.file)] == patterns


@given(
    remarks=st.lists(REMARKS, min_size=4, max_size=4),
    form=st.sampled_from([CSV, YAML]),
    number=st.integers(0, 3),
    gone=st.integers(0, 3),
)
@example(remarks=["\u2028", "", "seen", ""], form=YAML, number=2, gone=3)
def test_a_file_with_odd_remarks_is_changed_where_it_should_be(
    remarks: list[str], form: str, number: int, gone: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An entry is changed, one is removed and one is added, and it reads as that."""
    entries: list[dict[str, Any]] = [
        {"pattern": f"e{n}.example", "pattern_type": "DOMAIN", **({"comments": remark} if remark else {})}
        for n, remark in enumerate(remarks)
    ]
    suffix, text = file_text(BLOCKED, entries, form)
    path = tmp_path_factory.mktemp("changed") / f"blocked{suffix}"
    path.write_bytes(text.encode())
    opened = open_entries(BLOCKED, str(path))
    remark = remarks[number]
    if remark and opened.refused("comments", remark):
        remark = ""
    changed = {**entries[gone - 1], "comments": remark or None, "is_regex": True}
    added = {"pattern": "e0a.example", "pattern_type": "DOMAIN", "is_regex": True, "comments": remark or None}
    opened.change(opened.entries[gone - 1], {"comments": remark or None, "is_regex": True})
    opened.remove(opened.entries[gone])
    opened.add({name: value for name, value in added.items() if value is not None})
    opened.save()
    expected: dict[str, dict[str, Any]] = {entry["pattern"]: entry for entry in [*entries, changed, added]}
    del expected[entries[gone]["pattern"]]
    found = [whole_fields(BLOCKED, entry) for entry in read_entries(path)]
    assert found == [
        {name: value for name, value in expected[pattern].items() if value is not None} for pattern in sorted(expected)
    ]


def test_line_ends_of_unicode_in_a_yaml_file_of_somebody_else(tmp_path: Path) -> None:
    """YAML counts them as lines, and most editors do not."""
    path = tmp_path / "blocked.yaml"
    text = "- pattern: a.example\n  pattern_type: DOMAIN\n  comments: 'one\u2028\n    two'\n"
    path.write_text(text + "- pattern: b.example\n  pattern_type: DOMAIN\n", encoding="utf-8")
    opened = open_entries(BLOCKED, str(path))
    opened.change(opened.entries[1], {"comments": "seen"})
    assert opened.text == text + "- pattern: b.example\n  pattern_type: DOMAIN\n  comments: seen\n"
