"""Collections through the SDK's real provider process and through whole programs, against the embedded emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.dynamic import process as provider_session
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.model.state import recorded_ids
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.settings import make_provider
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support.accounts import unknown
from support.collections import BLOCK, DOMAINS, MANY, Many
from support.grpc_process import ProviderError
from support.provider_process import ProviderProcess

Start = Callable[..., ProviderProcess]
NEWS = {"declared_by": "demo/dev"}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the emulated account is kept; the journal is kept beside it."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    return tmp_path / "state.json"


def process(start: Start, state: Path, kind: str, **config: str) -> ProviderProcess:
    """A provider process for a kind, on this account."""
    own = {"baseUrl": f"emulator:{state}", **config}
    return start(
        make_provider(kind),
        config={f"cloudflare-email-security:{name}": value for name, value in own.items()},
        env={"PULUMI_HOME": str(state.parent / "pulumi-home")},
    )


def seed(state: Path, many: Many, *numbers: int, contract: Any = None) -> None:
    """Put entries into the account."""
    Emulator(contract, state=state).seed({many.collection: many.entries(numbers)}, account_id=EMULATOR_ACCOUNT)


def live(state: Path, many: Many) -> list[str]:
    """The keys in the account."""
    setting = many.setting
    found = Emulator(state=state).entries(EMULATOR_ACCOUNT, many.collection)
    return sorted(setting.key_text_of(entry) for entry in found)


@pytest.mark.parametrize(
    ("many", "contract"),
    [*((many, "2026") for many in MANY), (BLOCK, "2025"), (DOMAINS, "2025")],
    ids=lambda value: getattr(value, "kind", value),
)
def test_a_life_in_the_provider_process(provider_process: Start, state: Path, many: Many, contract: str) -> None:
    """Check, create, diff, read, update, delete over gRPC: numbers arrive as floats, and nothing differs for it."""
    seed(state, many, *([1, 2, 3] if (many, contract) == (DOMAINS, "2025") else []), contract=contract)
    provider = process(provider_process, state, many.kind)
    declared = {**NEWS, "entries": [many.changed(1), *many.entries([2, 3])]}
    inputs, failures = provider.check({}, declared)
    assert failures == {}
    id_, outputs = provider.create(inputs)
    assert id_ == f"{EMULATOR_ACCOUNT}/{many.collection}"
    assert sorted(recorded_ids(outputs)) == live(state, many) == many.keys([1, 2, 3])
    again, failures = provider.check(inputs, declared)
    assert (again, failures) == (inputs, {})
    assert provider.diff(id_, outputs, inputs).changes is False
    read = provider.read(id_, outputs)
    assert (read.id, read.outputs) == (id_, outputs)
    fewer, failures = provider.check(inputs, {**NEWS, "entries": many.entries([1, 2])})
    assert provider.diff(id_, outputs, fewer).changes is True
    outputs = provider.update(id_, outputs, fewer)
    assert sorted(recorded_ids(outputs)) == many.keys([1, 2])
    provider.delete(id_, outputs)
    assert live(state, many) == ([] if many is not DOMAINS else many.keys([1, 2, 3]))
    provider.kill()
    assert f" {many.label(3)}" in provider.stderr


def test_a_preview_with_unknowns_in_the_process(provider_process: Start, state: Path) -> None:
    """Unknown entries, keys and fields pass through check and diff, and are shown as not known yet."""
    provider = process(provider_process, state, "block_senders")
    inputs, _ = provider.check({}, {**NEWS, "entries": BLOCK.entries([1, 2])})
    id_, outputs = provider.create(inputs)
    entries = [BLOCK.entry(1, comments=unknown()), BLOCK.entry(2), BLOCK.entry(3, pattern=unknown())]
    news, failures = provider.check(inputs, {**NEWS, "entries": entries})
    assert failures == {}
    assert provider.diff(id_, outputs, news).changes is True
    provider.kill()
    assert "not known yet" in provider.stderr


def test_refusals_in_the_process_are_by_property(provider_process: Start, state: Path) -> None:
    """The brake, bad entries and bad options end in check failures by property, which the CLI shows cleanly."""
    provider = process(provider_process, state, "block_senders", deleteLimit="10")
    inputs, _ = provider.check({}, {**NEWS, "entries": BLOCK.entries(range(30))})
    _, failures = provider.check(inputs, {**NEWS, "entries": BLOCK.entries(range(15))})
    assert "15 of 30 entries (50 %); the limit is 10 %" in failures[""]
    _, failures = provider.check({}, {**NEWS, "entries": [{"pattern": "x"}], "mode": "strict"})
    assert failures.keys() == {"", "mode"}
    assert failures[""].startswith("entries[0].pattern_type: ")


def test_an_error_in_the_process_is_short(provider_process: Start, state: Path) -> None:
    """Existing entries are refused in a few lines, without a page of frames."""
    seed(state, BLOCK, 1)
    provider = process(provider_process, state, "block_senders", verify="false")
    inputs, _ = provider.check({}, {**NEWS, "entries": BLOCK.entries([1, 2])})
    with pytest.raises(ProviderError) as caught:
        provider.create(inputs)
    assert "EntryExistsError: block_senders: DOMAIN n1.example (id " in str(caught.value)
    assert str(caught.value).count("\n") < 12


def test_a_process_killed_between_two_batches(provider_process: Start, state: Path) -> None:
    """What a process made before it was killed, the next one takes as its own."""
    provider = process(provider_process, state, "block_senders")
    inputs, _ = provider.check({}, {**NEWS, "entries": BLOCK.entries(range(1200))})
    provider.create(inputs)
    account = Emulator(state=state)
    for entry in account.entries(EMULATOR_ACCOUNT, "block_senders")[1000:]:
        account.remove(EMULATOR_ACCOUNT, "block_senders", entry["id"])
    provider.kill()
    following = process(provider_process, state, "block_senders")
    following.create(inputs)
    assert live(state, BLOCK) == BLOCK.keys(range(1200))


# Whole programs ----------------------------------------------------------------------------------------------


@pytest.fixture
def stack(state: Path, in_process: Callable[..., InProcessStack]) -> InProcessStack:
    """A stack on the embedded emulator."""
    provider_session.begin()
    return in_process(config={"cloudflare-email-security:baseUrl": f"emulator:{state}"})


def collection_and_single() -> None:
    """Declare one sender in a collection and by itself, in another spelling."""
    email_security.BlockSenders("list", entries=[{"pattern": "a.example", "pattern_type": "DOMAIN"}])
    email_security.BlockSender("one", pattern="A.Example", pattern_type="DOMAIN")


def two_collections() -> None:
    """Declare one sender in two collections, as a list and as a map."""
    email_security.BlockSenders("first", entries={"DOMAIN a.example": {}})
    email_security.BlockSenders("second", entries=[{"pattern": "a.example"}], defaults={"pattern_type": "DOMAIN"})


def named_account() -> None:
    """Declare one sender twice, the account named once and configured once."""
    email_security.BlockSenders("list", entries=[{"pattern": "a.example", "pattern_type": "DOMAIN"}])
    email_security.BlockSender("one", pattern="a.example", pattern_type="DOMAIN", account_id=EMULATOR_ACCOUNT)


@pytest.mark.parametrize("program", [collection_and_single, two_collections, named_account])
@pytest.mark.parametrize("step", ["preview", "up"])
def test_an_entry_has_one_owner(stack: InProcessStack, state: Path, program: Callable[[], None], step: str) -> None:
    """Two resources that declare one entry are refused at preview, both named, and nothing is created twice."""
    with pytest.raises((pulumi.RunError, StackError)) as caught:
        getattr(stack, step)(program)
    assert "an entry must have one owner" in str(caught.value)
    assert len(live(state, BLOCK)) <= 1


def test_claims_end_with_the_program(stack: InProcessStack) -> None:
    """A program run again, and one that moves an entry from one resource to another account, is not refused."""

    def program() -> None:
        email_security.BlockSenders("list", entries=BLOCK.entries([1, 2]))
        email_security.BlockSender("elsewhere", **BLOCK.entry(1), account_id="another")

    assert stack.up(program).summary == {"create": 2}
    assert stack.up(program).summary == {"same": 2}


def test_a_collection_of_awaitables(stack: InProcessStack, state: Path) -> None:
    """Entries, one of them, their fields and values of the defaults may be awaitables, each waited for once."""

    async def later(value: Any) -> Any:
        return value

    def program() -> None:
        shared = {"comments": later("shared"), "pattern_type": "DOMAIN"}
        email_security.BlockSenders(
            "list", entries=[{"pattern": later("a.example")}, later({"pattern": "b.example"})], defaults=shared
        )
        shared = {"comments": later("shared"), "pattern_type": "DOMAIN"}
        email_security.BlockSenders("all", entries=later([{"pattern": "c.example"}]), defaults=shared)
        email_security.BlockSenders("map", entries={"DOMAIN d.example": {"comments": later(None)}})

    assert stack.up(program).summary == {"create": 3}
    assert live(state, BLOCK) == [f"DOMAIN {name}.example" for name in "abcd"]
    assert stack.preview(program).summary == {"same": 3}


def test_what_is_implied_is_no_argument(stack: InProcessStack) -> None:
    """What the package passes on by itself cannot be passed by a program."""

    def program() -> None:
        email_security.BlockSenders("list", entries=BLOCK.entries([1]), has_secrets=True)  # type: ignore[call-arg]

    with pytest.raises(TypeError, match="has_secrets is not an argument"):
        stack.preview(program)


def test_a_collection_of_outputs(stack: InProcessStack, state: Path) -> None:
    """Entries, fields and options may be outputs of other resources."""

    def program() -> None:
        first = email_security.BlockSender("first", pattern="first.example", pattern_type="DOMAIN", comments="seen")
        email_security.BlockSenders(
            "list",
            entries=[{"pattern": "x.example", "pattern_type": "DOMAIN", "comments": first.comments}],
            mode=first.comments.apply(lambda _: "additive"),
        )

    stack.preview(program)
    stack.up(program)
    assert live(state, BLOCK) == ["DOMAIN first.example", "DOMAIN x.example"]
    assert stack.preview(program).summary == {"same": 2}


def test_the_brake_stops_a_preview_cleanly(stack: InProcessStack) -> None:
    """A program whose list lost its entries is refused by property, at preview."""
    stack.up(lambda: email_security.BlockSenders("list", entries=BLOCK.entries(range(20))))
    with pytest.raises(StackError) as caught:
        stack.preview(lambda: email_security.BlockSenders("list", entries=[]))
    assert "leaving none" in caught.value.by_property["delete_limit"]
