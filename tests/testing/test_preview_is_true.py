"""A preview says what the `up` after it does to the accounts: entry by entry, replacements among them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.review.report import Report
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack, StackResult, review
from trust.programs import ENTRY

ACCOUNTS = ("one", "two")
NAMES = ("n0", "n1", "n2", "n3")
CLASSES = {entry.setting.kind: (entry, collection) for entry, collection in RESOURCES}
#: The sign of what becomes of each entry, by account and key.
Deeds: TypeAlias = dict[tuple[str, str], str]
#: Of a domain that moves only the live entry is known, which does not say what its resource did on delete.
_ARMED = "unprotect_on_delete (none) -> True"
_LINE = re.compile(r"(?:^|: |^  )([-+~→=]) (\S.*?)(?= \(|: |$)")


@dataclass(frozen=True)
class Declared:
    """A resource: the account it is in, and its entries by name, each with a look. A single one has one."""

    many: bool
    account: str
    entries: tuple[tuple[str, int], ...]


Program: TypeAlias = Mapping[str, Declared]


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Two single entries and two collections at most, in two accounts, no entry twice in one."""
    free = {(account, name) for account in ACCOUNTS for name in NAMES}
    program: dict[str, Declared] = {}
    for path in ("a", "b", "many", "more"):
        account = draw(st.sampled_from(ACCOUNTS))
        many = len(path) > 1
        wanted = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3 if many else 1))
        names = [name for name in sorted(wanted) if (account, name) in free]
        free -= {(account, name) for name in names}
        if many or names:
            program[path] = Declared(many, account, tuple((name, draw(st.integers(0, 1))) for name in names))
    return program


def run_of(kind: str, program: Program, *, unprotect: bool) -> Callable[[], None]:
    """The program as Pulumi runs it."""
    single, collection = CLASSES[kind]
    extra = {"unprotect_on_delete": unprotect} if kind == "domain" else {}

    def run() -> None:
        for path, one in program.items():
            entries: list[Any] = [{**ENTRY[kind](name, look), **extra} for name, look in one.entries]
            if one.many:
                collection(path, entries=entries, account_id=one.account, delete_limit=100)
            else:
                single(path, account_id=one.account, **entries[0])

    return run


def live(file: Path, setting: Setting) -> dict[tuple[str, str], dict[str, Any]]:
    """What the accounts hold."""
    emulator = Emulator("2026", state=file)
    return {
        (account, setting.key_text_of(entry)): {name: entry.get(name) for name in setting.schema.api_fields}
        for account in ACCOUNTS
        for entry in emulator.entries(account, setting.collection)
    }


def key_of(setting: Setting, name: str) -> str:
    """The key of the entry of a name."""
    return setting.key_text_of(ENTRY[setting.kind](name, 0))


def done(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> Deeds:
    """What became of each entry."""
    deeds = dict.fromkeys(before.keys() - after.keys(), "-")
    deeds |= dict.fromkeys(after.keys() - before.keys(), "+")
    return deeds | {place: "~" for place in before.keys() & after.keys() if before[place] != after[place]}


def reviewed(report: Report) -> Deeds:
    """What a review of the preview says will become of each."""
    deeds: Deeds = {}
    for change in report.changes:
        setting = change.setting
        keys = [setting.key_text_of(side) if side is not None else None for side in (change.before, change.after)]
        assert change.before is not None or change.after is not None
        if keys[0] == keys[1] and change.before is not None and change.after is not None:
            if setting.changed_fields(change.after, change.before):
                deeds[change.account, str(keys[1])] = "~"
            continue
        for key, sign in zip(keys, "-+", strict=True):
            if key is not None:
                assert (change.account, key) not in deeds, f"{key} is told twice"
                deeds[change.account, key] = sign
    return deeds


def told(result: StackResult, setting: Setting, first: Program, program: Program) -> Deeds:
    """What the lines of the preview say; a resource that goes is a step of its own, of which no provider is asked."""
    labels = {setting.label(ENTRY[setting.kind](name, look)): name for name in NAMES for look in (0, 1)}
    keys = {label: key_of(setting, name) for label, name in labels.items()}
    deeds: Deeds = {}
    for said in result.diagnostics:
        path = said.urn.rpartition("::")[2]
        if said.severity != "info" or path not in program:
            continue
        elsewhere = next((one for one in ACCOUNTS if f"in account {one}" in said.message), None)
        account = elsewhere or program[path].account
        for line in said.message.splitlines():
            found = _LINE.search(line)
            if found is None or found[2] not in keys:
                continue
            renamed = found[1] == "~" and not program[path].many and path in first
            if renamed and (name := program[path].entries[0][0]) != first[path].entries[0][0]:
                # One entry, of which the line says both keys.
                deeds |= {(account, keys[found[2]]): "-", (account, key_of(setting, name)): "+"}
                continue
            sign = found[1] if found[1] in "-+" else "~" if " -> " in line.replace(_ARMED, "") else ""
            if sign:
                place = (account, keys[found[2]])
                assert place not in deeds, f"{place} is told twice"
                deeds[place] = sign
    return deeds


@pytest.mark.parametrize("kind", sorted(ENTRY))
@settings(max_examples=12)
@given(first=programs(), then=programs(), unprotect=st.booleans())
def test_a_preview_says_what_up_does(kind: str, first: Program, then: Program, *, unprotect: bool) -> None:
    """Entries come, change, go, move and are replaced, in two accounts: review and lines say each once."""
    setting = CLASSES[kind][0].setting
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "accounts.json"
        stack = InProcessStack(config={"cloudflare-email-security:baseUrl": f"emulator:{file}?contract=2026"})
        stack.up(run_of(kind, first, unprotect=unprotect))
        before = live(file, setting)
        program = run_of(kind, then, unprotect=unprotect)
        preview = stack.preview(program)
        assert live(file, setting) == before, "a preview changes nothing"
        report = review(preview)
        stack.up(program)
        deeds = done(before, live(file, setting))
    assert reviewed(report) == deeds
    gone = {
        place
        for change in preview.changes
        if change.operation == "delete"
        for place, sign in deeds.items()
        if sign == "-"
        and place[0] == (first[change.name].account if change.name in first else "")
        and place[1] in {key_of(setting, name) for name, _ in first[change.name].entries}
    }
    said = told(preview, setting, first, then)
    assert {**said, **dict.fromkeys(gone, "-")} == deeds
