"""Changes of entry files that leave every other line as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client.errors import EntriesFileError
from pulumi_cloudflare_email_security.entries.editing import EntryFile, changes_to, open_entries
from pulumi_cloudflare_email_security.entries.entry import FileEntry
from pulumi_cloudflare_email_security.settings.allow_policy import SETTING as ALLOWED
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCKED
from pulumi_cloudflare_email_security.settings.domain import SETTING as DOMAINS

CSV = """\
"Pattern Type"; Pattern;Notes

 DOMAIN ;a.example; "as it is"
DOMAIN; c.example ;"two
lines"
EMAIL;x@d.example;
"""

YAML = """\
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


@pytest.mark.parametrize(("suffix", "text"), [(".csv", CSV), (".yaml", YAML)])
def test_a_file_that_is_not_changed_is_the_same_to_the_byte(suffix: str, text: str, tmp_path: Path) -> None:
    """Whatever its layout."""
    for each in (text, text.replace("\n", "\r\n"), text.removesuffix("\n")):
        assert opened(tmp_path, each, suffix).text == each


def test_rows_of_a_csv_file_are_added_changed_and_removed(tmp_path: Path) -> None:
    """In its own layout: separator, the dashboard's columns, order; a new entry where it belongs."""
    file = opened(tmp_path, CSV, ".csv")
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
    file = opened(tmp_path, CSV, ".csv")
    with pytest.raises(EntriesFileError, match="cannot hold comments ' seen' — use a YAML file"):
        file.add(new("b.example", comments=" seen"))
    domains = opened(tmp_path, "domain\ncorp.example\n", ".csv", DOMAINS)
    with pytest.raises(EntriesFileError, match="cannot hold drop_dispositions"):
        domains.change(domains.entries[0], {"drop_dispositions": []})


def test_fields_of_a_yaml_file_are_added_changed_and_removed(tmp_path: Path) -> None:
    """Comments and the layout of all else stay."""
    file = opened(tmp_path, YAML, ".yaml")
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


@pytest.mark.parametrize(("suffix", "text"), [(".json", "[]"), (".yaml", "DOMAIN a.example: {}\n")])
def test_other_forms_are_refused(suffix: str, text: str, tmp_path: Path) -> None:
    """One line says which forms can be changed."""
    with pytest.raises(EntriesFileError, match=r"only (CSV and YAML files|a list of entries)"):
        opened(tmp_path, text, suffix)


def differences(setting: Any, entry: dict[str, Any], live: dict[str, Any]) -> dict[str, Any] | None:
    """What must change for the entry to say what is live."""
    return changes_to(setting, FileEntry(entry, file="f.csv", line=2, text=True), live)


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
