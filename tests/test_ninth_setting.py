"""CONTRIBUTING's worked example: a ninth setting is one file, a line that names it, and the emulator's table.

The file is `support/example_list.py`, as it would stand in `settings/` but for its imports. The `ninth` fixture does
the steps that are edits of existing files. Everything else here is what a setting gets without a line of its own.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pulumi
import pytest

from pulumi_cloudflare_email_security import NoMatchError, emulator, settings
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.emulator import Emulator, catalogue, core
from pulumi_cloudflare_email_security.emulator.catalogue import exact, filters
from pulumi_cloudflare_email_security.emulator.contracts import (
    Collection,
    Field,
    domain_name,
    integer,
    one_of,
    set_of,
    text,
)
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support.example_list import (
    ExampleList,
    ExampleLists,
    get_example_list,
    get_example_list_output,
    list_example_lists_output,
)

COLLECTION = "example_lists"
ROOT = Path(__file__).resolve().parents[1]

# What the emulator's catalogue says of the collection, as of the others.
TABLE = Collection(
    name=COLLECTION,
    fields=(
        Field("name", text(0, 1024), required=True),
        Field("domains", set_of(domain_name), required=True, fill=[], type=list),
        Field("severity", one_of("LOW", "HIGH"), required=True, fill="LOW"),
        Field("weight", integer(1, 100), type=int),
        Field("comments", text(0, 1024), nullable=True),
    ),
    operations=frozenset({"GET", "POST", "GET /{id}", "PATCH /{id}", "DELETE /{id}", "POST /batch"}),
    natural_key=("name",),
    key=lambda entry: (entry["name"],),
    order=("name", "created_at"),
    filters=filters(name=exact("name"), severity=exact("severity", "LOW", "HIGH")),
    outputs={"matches": 7},
)


@pytest.fixture(autouse=True)
def ninth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The setting among the others, and its collection in the emulator's 2026 contract."""
    monkeypatch.setattr(settings, "RESOURCES", (*settings.RESOURCES, (ExampleList, ExampleLists)))
    before = catalogue.CONTRACTS["2026"]
    with_table = replace(before, collections=MappingProxyType({**before.collections, COLLECTION: TABLE}))
    contracts = MappingProxyType({**catalogue.CONTRACTS, "2026": with_table})
    for module in (catalogue, core, emulator):
        monkeypatch.setattr(module, "CONTRACTS", contracts)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    process.begin()
    yield
    process.begin()


class Account:
    """An emulated account, and a stack that manages it."""

    def __init__(self, path: Path, contract: str = "2026") -> None:
        self.path = path
        self.stack = InProcessStack(
            config={"cloudflare-email-security:baseUrl": f"emulator:{path}?contract={contract}"}
        )

    @property
    def emulator(self) -> Emulator:
        """The account from behind."""
        return Emulator(state=self.path)

    def seed(self, **fields: Any) -> str:
        """An entry that somebody else made."""
        return str(self.emulator.seed({COLLECTION: [fields]}, account_id=EMULATOR_ACCOUNT)[COLLECTION][0]["id"])

    def entries(self) -> list[dict[str, Any]]:
        """What is there, without ids, times and counts."""
        extra = {"id", "created_at", "modified_at", "matches"}
        found = self.emulator.entries(EMULATOR_ACCOUNT, COLLECTION)
        return [{name: value for name, value in entry.items() if name not in extra} for entry in found]

    def run(self, program: Callable[[], object]) -> dict[str, int]:
        """Preview and apply a program; both must say the same."""
        process.begin()
        told = self.stack.preview(program).summary
        assert self.stack.up(program).summary == told
        return told

    def refresh(self) -> dict[str, int]:
        """Refresh in a new process, so to say."""
        process.begin()
        return self.stack.refresh().summary


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An empty account of the 2026 contract."""
    return Account(tmp_path / "account.json")


def one(**changes: Any) -> Callable[[], object]:
    """A program of one list."""

    def program() -> None:
        arguments: Any = {"name": "New", "domains": ["Evil.example", "bad.example"], **changes}
        made = ExampleList("new", **arguments)
        pulumi.export("name", made.name)

    return program


NEW = {"name": "New", "domains": ["Evil.example", "bad.example"], "severity": "LOW", "weight": None, "comments": None}


def test_its_life(account: Account) -> None:
    """It is created, left alone, changed, found drifted, put right, and deleted, as every setting."""
    assert account.run(one()) == {"create": 1}
    assert account.entries() == [NEW]
    assert account.run(one()) == {"same": 1}
    assert account.refresh() == {"same": 1}
    assert account.run(one(weight=2, comments="x")) == {"update": 1}
    assert account.entries() == [{**NEW, "weight": 2, "comments": "x"}]
    assert account.run(one(weight=2)) == {"update": 1}
    assert account.entries() == [{**NEW, "weight": 2}]
    (entry,) = account.emulator.entries(EMULATOR_ACCOUNT, COLLECTION)
    account.emulator.change(EMULATOR_ACCOUNT, COLLECTION, entry["id"], severity="HIGH")
    assert account.refresh() == {"update": 1}
    assert account.run(one(weight=2)) == {"update": 1}
    assert account.entries() == [{**NEW, "weight": 2}]
    account.stack.destroy()
    assert account.entries() == []


def test_mistakes_are_found_at_preview(account: Account) -> None:
    """The schema's rules are checked by property, before anything is sent."""
    with pytest.raises(StackError) as caught:
        account.stack.preview(one(severity="MIDDLE", weight=101, colour="red"))
    assert caught.value.by_property.keys() == {"severity", "weight", "colour"}


def test_what_exists_is_taken_over_when_asked(account: Account) -> None:
    """A list of the same name is refused with its id; with `adopt` it is brought to the declared values in one up."""
    id_ = account.seed(name="New", domains=["old.example"], severity="HIGH")
    with pytest.raises(StackError, match=id_) as caught:
        account.stack.up(one())
    assert "exists already" in str(caught.value)
    assert account.run(one(adopt=True)) == {"create": 1}
    assert account.entries() == [NEW]
    assert account.run(one(adopt=True)) == {"same": 1}


def test_its_collection(account: Account) -> None:
    """Many lists are one resource, keyed by name, in either mode."""
    account.seed(name="Other", domains=["other.example"], severity="LOW")
    lists: dict[str, Any] = {f"L{number}": {"domains": [f"n{number}.example"]} for number in range(3)}

    def program(mode: Any) -> Callable[[], object]:
        return lambda: ExampleLists("all", entries=lists, mode=mode)

    assert account.run(program("additive")) == {"create": 1}
    assert account.run(program("additive")) == {"same": 1}
    assert sorted(entry["name"] for entry in account.entries()) == ["L0", "L1", "L2", "Other"]
    lists["L0"] = {"domains": ["n0.example"], "weight": 5}
    del lists["L2"]
    assert account.run(program("additive")) == {"update": 1}
    assert account.run(program("exclusive")) == {"update": 1}
    assert {entry["name"]: entry["weight"] for entry in account.entries()} == {"L0": 5, "L1": None}
    assert account.refresh() == {"same": 1}
    account.stack.destroy()
    assert account.entries() == []


def test_its_look_ups(account: Account) -> None:
    """Programs find lists by name and by filter, with what changes by itself, and in the form for outputs."""
    account.seed(name="Old", domains=["old.example"], severity="HIGH")

    def program() -> None:
        old = get_example_list(name="Old")
        assert (old.severity, old.matches) == ("HIGH", 7)
        with pytest.raises(NoMatchError):
            get_example_list(name="None such")
        pulumi.export("id", old.id)
        pulumi.export("same id", get_example_list_output(name=pulumi.Output.from_input("Old")).id)
        pulumi.export("low", list_example_lists_output(severity="LOW").apply(len))

    outputs = account.stack.up(program).outputs
    assert outputs["id"] == outputs["same id"]
    assert outputs["low"] == 0


def test_an_account_without_it(tmp_path: Path) -> None:
    """An account of the 2025 contract says that it has none, in one clear error."""
    with pytest.raises(StackError, match="this account's API has no example lists") as caught:
        Account(tmp_path / "old.json", "2025").stack.up(one())
    assert len(caught.value.result.failures) == 1


def test_its_reviews() -> None:
    """Each field says which way it weakens protection, as a setting's must (`tests/review/test_rules.py`)."""
    assert [name for name, each in ExampleList.setting.schema.setting_fields.items() if each.weakens is None] == []


def test_its_reference() -> None:
    """The reference has a section on it, made from the file alone."""
    text = runpy.run_path(str(ROOT / "scripts" / "make_reference.py"))["reference"]()
    assert "| [Example lists](#example-lists) | `ExampleList` | `ExampleLists` |" in text
    section = text.partition("\n## Example lists\n")[2].partition("\n## ")[0]
    assert "| API contracts | 2026 only |" in section
    assert "| Delete | Removes the list: mail from its domains is judged as any other again. |" in section
    assert '| `severity` | string | `"LOW"` | `LOW`, `HIGH` |'.replace('"', "'") in section
    assert "| `matches` | `int \\| None` | `get_example_list`, `list_example_lists`: changes by itself |" in section
    assert "| Map key | `NAME` |" in section
    assert 'email_security.ExampleList("new", name="New", domains=["evil.example"], severity="HIGH")' in section
