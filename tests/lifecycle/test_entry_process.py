"""Entries through the SDK's own provider process, and in whole programs run in-process."""

from __future__ import annotations

import base64
import copy
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security import state_reference
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support.accounts import ACCOUNT, unknown
from support.grpc_process import ProviderError
from support.provider_process import ProviderProcess, serialized
from support.samples import SAMPLES, Sample

# What stands in the state of every stack, for ever: a kind that serialises to something else can no longer be
# refreshed or destroyed by those who upgrade. Add lines; never change one.
STATE_REFERENCES = {
    "allow_policy": (
        "gASVVAAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjAxhbGxvd19w"
        "b2xpY3mUhZRSlC4="
    ),
    "allow_policies": (
        "gASVVgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjA5hbGxvd19w"
        "b2xpY2llc5SFlFKULg=="
    ),
    "block_sender": (
        "gASVVAAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjAxibG9ja19z"
        "ZW5kZXKUhZRSlC4="
    ),
    "block_senders": (
        "gASVVQAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjA1ibG9ja19z"
        "ZW5kZXJzlIWUUpQu"
    ),
    "content_policy": (
        "gASVVgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjA5jb250ZW50"
        "X3BvbGljeZSFlFKULg=="
    ),
    "content_policies": (
        "gASVWAAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBBjb250ZW50"
        "X3BvbGljaWVzlIWUUpQu"
    ),
    "domain": (
        "gASVTgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjAZkb21haW6U"
        "hZRSlC4="
    ),
    "domains": (
        "gASVTwAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjAdkb21haW5z"
        "lIWUUpQu"
    ),
    "impersonation_registry_entry": (
        "gASVZAAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBxpbXBlcnNv"
        "bmF0aW9uX3JlZ2lzdHJ5X2VudHJ5lIWUUpQu"
    ),
    "impersonation_registry": (
        "gASVXgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBZpbXBlcnNv"
        "bmF0aW9uX3JlZ2lzdHJ5lIWUUpQu"
    ),
    "sending_domain_restriction": (
        "gASVYgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBpzZW5kaW5n"
        "X2RvbWFpbl9yZXN0cmljdGlvbpSFlFKULg=="
    ),
    "sending_domain_restrictions": (
        "gASVYwAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBtzZW5kaW5n"
        "X2RvbWFpbl9yZXN0cmljdGlvbnOUhZRSlC4="
    ),
    "trusted_domain": (
        "gASVVgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjA50cnVzdGVk"
        "X2RvbWFpbpSFlFKULg=="
    ),
    "trusted_domains": (
        "gASVVwAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjA90cnVzdGVk"
        "X2RvbWFpbnOUhZRSlC4="
    ),
    "url_ignore_pattern": (
        "gASVWgAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBJ1cmxfaWdu"
        "b3JlX3BhdHRlcm6UhZRSlC4="
    ),
    "url_ignore_patterns": (
        "gASVWwAAAAAAAACMMHB1bHVtaV9jbG91ZGZsYXJlX2VtYWlsX3NlY3VyaXR5LnN0YXRlX3JlZmVyZW5jZZSMCHByb3ZpZGVylJOUjBN1cmxfaWdu"
        "b3JlX3BhdHRlcm5zlIWUUpQu"
    ),
}


class TestStateReferences:
    """The string that every state holds."""

    @pytest.mark.parametrize(("kind", "reference"), STATE_REFERENCES.items(), ids=STATE_REFERENCES.keys())
    def test_its_bytes_never_change(self, kind: str, reference: str) -> None:
        """Each kind serialises to the very bytes that old states hold (but for the interpreter's pickle protocol)."""
        expected = bytearray(base64.b64decode(reference))
        expected[1] = pickle.DEFAULT_PROTOCOL
        assert base64.b64decode(serialized(state_reference.provider(kind))) == bytes(expected)

    def test_every_kind_is_held(self) -> None:
        """Every setting's two kinds are in the table."""
        kinds = {name for entry, collection in RESOURCES for name in (entry.setting.kind, collection.kind)}
        assert kinds == STATE_REFERENCES.keys()

    @pytest.mark.parametrize("kind", STATE_REFERENCES)
    def test_it_holds_nothing_of_the_configuration(self, kind: str) -> None:
        """A configured provider is referred to by the same string, so no token and no path can be in it."""
        provider = state_reference.provider(kind)
        before = serialized(provider)
        settings = {"cloudflare-email-security:apiToken": "s3cret", "cloudflare-email-security:accountId": ACCOUNT}
        provider.configure(ConfigureRequest(Config(settings, "demo")))
        assert serialized(provider) == before

    def test_a_kind_of_a_later_version_asks_for_an_upgrade(self) -> None:
        """State written by a newer version says what to do."""
        with pytest.raises(LookupError, match="'quarantine_rule': upgrade pulumi-cloudflare-email-security"):
            state_reference.provider("quarantine_rule")


@pytest.fixture(scope="module", params=["2025", "2026"])
def emulator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    """An account in a file, which a provider process shares."""
    return Emulator(request.param, state=tmp_path_factory.mktemp("account") / "state.json")


@pytest.fixture(scope="module")
def process(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    """One process of the SDK, as the engine starts it for a deployment."""
    config = {
        "cloudflare-email-security:baseUrl": f"emulator:{emulator._state._path}?contract={emulator.contract.name}",
        "cloudflare-email-security:accountId": ACCOUNT,
        "cloudflare-email-security:verify": "false",
    }
    home = tmp_path_factory.mktemp("pulumi-home")
    env = {"PULUMI_HOME": str(home)}
    with ProviderProcess(state_reference.provider("domain"), config=config, env=env) as running:
        yield running


def speaking_for(process: ProviderProcess, sample: Sample) -> ProviderProcess:
    """The same process, asked about resources of another provider."""
    other = copy.copy(process)
    other._serialized = serialized(state_reference.provider(sample.kind))
    return other


class TestProviderProcess:
    """The process that the engine starts, spoken to as the engine does."""

    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
    def test_the_whole_life_of_an_entry(self, process: ProviderProcess, emulator: Emulator, sample: Sample) -> None:
        """Check, create, diff, update, read, and delete work over the wire, with nothing left over."""
        if emulator.contract.name not in sample.contracts:
            pytest.skip("the 2025 contract has no such collection")
        if sample.kind == "domain" and emulator.contract.name == "2025":
            emulator.seed({sample.collection: [sample.body]}, account_id=ACCOUNT)
        calls = speaking_for(process, sample)
        inputs, failures = calls.check({}, sample.minimal)
        assert failures == {}
        id_, outputs = calls.create(inputs)
        assert calls.diff(id_, outputs, inputs).changes is False
        changed, failures = calls.check(inputs, {**sample.minimal, **sample.change})
        assert failures == {}
        difference = calls.diff(id_, outputs, changed)
        assert (difference.changes, difference.replaces) == (True, [])
        outputs = calls.update(id_, outputs, changed)
        assert outputs.items() >= sample.change.items()
        read = calls.read(id_, outputs, changed)
        assert (read.id, read.outputs, read.inputs) == (id_, outputs, None)
        calls.delete(id_, outputs)
        left = emulator.entries(ACCOUNT, sample.collection)
        assert len(left) == (1 if sample.kind == "domain" else 0)

    def test_failures_come_by_property(self, process: ProviderProcess) -> None:
        """A bad value is a check failure, not an exception, and unknowns pass."""
        calls = speaking_for(process, SAMPLES[1])
        _, failures = calls.check({}, {"pattern": unknown(), "pattern_type": "DNS"})
        assert list(failures) == ["pattern_type"]

    def test_an_error_is_one_line_without_frames(self, process: ProviderProcess, emulator: Emulator) -> None:
        """What the user sees of a refused create is the error's own text under its public name."""
        sample = SAMPLES[1]
        calls = speaking_for(process, sample)
        inputs, _ = calls.check({}, sample.other)
        emulator.seed({sample.collection: [sample.other]}, account_id=ACCOUNT)
        with pytest.raises(ProviderError) as caught:
            calls.create(inputs)
        text = str(caught.value)
        assert "pulumi_cloudflare_email_security.EntryExistsError: blocked sender DOMAIN other.example (id " in text
        assert "File " not in text


ALL_SETTINGS = {sample.kind: sample for sample in SAMPLES}


def declare(changes: dict[str, dict[str, Any]] | None = None, **options: Any) -> Callable[[], None]:
    """A program with one resource of every setting."""

    def program() -> None:
        for kind, sample in ALL_SETTINGS.items():
            arguments = {**sample.minimal, **(changes or {}).get(kind, {}), **options}
            resource: Any = sample.resource_class(kind, **arguments)
            pulumi.export(kind, resource.id)

    return program


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An account in a file, which programs name."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", f"emulator:{tmp_path / 'state.json'}")
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
    return Emulator("2026", state=tmp_path / "state.json")


@pytest.fixture
def stack(account: Emulator) -> InProcessStack:
    """An empty stack on it."""
    assert account.contract.name == "2026"
    return InProcessStack(project="demo")


def everything(account: Emulator) -> int:
    """How many entries there are."""
    return sum(len(account.entries(ACCOUNT, sample.collection)) for sample in SAMPLES)


class TestWholePrograms:
    """Programs of all eight settings."""

    def test_the_life_of_a_stack(self, stack: InProcessStack, account: Emulator) -> None:
        """Preview, up, up again, edit, refresh and destroy do what the program says and no more."""
        count = len(SAMPLES)
        assert stack.preview(declare()).summary == {"create": count}
        assert everything(account) == 0
        result = stack.up(declare())
        assert result.summary == {"create": count}
        for sample in SAMPLES:
            (entry,) = account.entries(ACCOUNT, sample.collection)
            assert entry.items() >= sample.body.items()
            assert result.outputs[sample.kind] == entry["id"]
        assert stack.up(declare()).summary == {"same": count}
        assert stack.refresh().summary == {"same": count}
        assert stack.preview(declare()).summary == {"same": count}
        edited = declare({"trusted_domain": {"is_recent": True}, "content_policy": {"notes": "edited"}})
        assert stack.preview(edited).summary == {"same": count - 2, "update": 2}
        assert stack.up(edited).summary == {"same": count - 2, "update": 2}
        assert stack.destroy().summary == {"delete": count}
        assert [sample.kind for sample in SAMPLES if account.entries(ACCOUNT, sample.collection)] == ["domain"]

    def test_drift_is_found_and_put_right(self, stack: InProcessStack, account: Emulator) -> None:
        """What somebody changed in every setting between two runs is found by refresh, shown, and undone by up."""
        stack.up(declare())
        for sample in SAMPLES:
            (entry,) = account.entries(ACCOUNT, sample.collection)
            account.change(ACCOUNT, sample.collection, entry["id"], **sample.drift)
        assert stack.refresh().summary == {"update": len(SAMPLES)}
        assert stack.preview(declare()).summary == {"update": len(SAMPLES)}
        assert stack.up(declare()).summary == {"update": len(SAMPLES)}
        for sample in SAMPLES:
            (entry,) = account.entries(ACCOUNT, sample.collection)
            assert entry.items() >= sample.body.items()

    def test_another_account_replaces_everything(self, stack: InProcessStack, account: Emulator) -> None:
        """All entries are made in the other account and, but for the domain, deleted in the first."""
        stack.up(declare())
        result = stack.up(declare(account_id="f" * 32))
        assert result.summary == {"replace": len(SAMPLES)}
        assert everything(account) == 1
        assert all(len(account.entries("f" * 32, sample.collection)) == 1 for sample in SAMPLES)

    def test_none_clears_a_remark(self, stack: InProcessStack, account: Emulator) -> None:
        """`comments=None` and `comments=Output(None)` clear; the same again changes nothing."""
        remarked = {sample.kind: sample.remark for sample in SAMPLES if sample.remark}
        nothings: list[Callable[[], Any]] = [lambda: None, lambda: pulumi.Output.from_input(None)]
        for nothing in nothings:

            def cleared(nothing: Callable[[], Any] = nothing) -> None:
                # An output is made where the program runs: it needs the run's event loop.
                declare({kind: {remark: nothing()} for kind, remark in remarked.items()})()

            stack.up(declare({kind: {remark: "x"} for kind, remark in remarked.items()}))
            assert stack.up(cleared).summary == {"update": len(remarked), "same": 1}
            for sample in SAMPLES:
                if sample.remark:
                    assert account.entries(ACCOUNT, sample.collection)[0][sample.remark] is None
            assert stack.preview(cleared).summary == {"same": len(SAMPLES)}

    def test_values_of_other_resources_are_unknown_in_preview_only(
        self, stack: InProcessStack, account: Emulator
    ) -> None:
        """A pattern made of another resource's output passes the preview and is right after the up."""

        def program() -> None:
            domain = email_security.Domain("corp", **ALL_SETTINGS["domain"].minimal)
            pattern = domain.txt_record_value.apply(lambda value: f"https://proof/{value}")
            email_security.UrlIgnorePattern("proof", pattern=pattern)

        assert stack.preview(program).summary == {"create": 2}
        stack.up(program)
        (entry,) = account.entries(ACCOUNT, "url_ignore_patterns")
        assert entry["pattern"].startswith("https://proof/cf-email-security-verification=")
        assert stack.preview(program).summary == {"same": 2}

    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
    def test_an_entry_can_be_read_without_being_managed(
        self, stack: InProcessStack, account: Emulator, sample: Sample
    ) -> None:
        """`X.get(name, id)` has every output of a declared resource, and owns nothing."""
        unproved = {"status": "PENDING"} if sample.kind == "domain" else {}
        seeded = {sample.collection: [{**sample.body, **unproved}]}
        (entry,) = account.seed(seeded, account_id=ACCOUNT)[sample.collection]

        def program() -> None:
            found: Any = sample.resource_class.get("found", entry["id"])
            for name in (*sample.body, *sample.setting.extra_output_names, "created_at"):
                pulumi.export(name, getattr(found, name))

        result = stack.up(program)
        assert result.outputs.items() >= sample.body.items()
        assert all(result.outputs[name] for name in sample.setting.extra_output_names)
        assert stack.destroy().summary == {}
        assert len(account.entries(ACCOUNT, sample.collection)) == 1

    def test_a_misspelt_argument_is_refused_by_name(self, stack: InProcessStack) -> None:
        """A program is told which argument does not exist, and which was meant."""
        wrong: dict[str, Any] = {"comment": "x"}

        def program() -> None:
            email_security.BlockSender("evil", pattern="evil.example", pattern_type="DOMAIN", **wrong)

        with pytest.raises(StackError) as caught:
            stack.preview(program)
        assert caught.value.by_property == {"comment": "unknown argument: did you mean 'comments'?"}


class TestClaims:
    """An entry has one owner in a program."""

    @pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
    def test_two_resources_that_declare_one_entry_are_refused(self, stack: InProcessStack, sample: Sample) -> None:
        """The error names both resources and the entry, whatever the spelling; nothing is made."""
        respelt = {**sample.minimal, **sample.key}

        def program() -> None:
            make: Any = sample.resource_class
            make("first", **sample.minimal)
            make("second", **respelt)

        with pytest.raises(StackError, match="an entry must have one owner") as caught:
            stack.preview(program)
        text = str(caught.value)
        # The engine asks about both at once: either may be the one that comes too late.
        refused = ("second", "first", respelt), ("first", "second", sample.minimal)
        late, other, fields = refused["'second'" not in text]
        assert f"'{late}'" in text
        assert f'"{other}" (tests/lifecycle/test_entry_process.py:' in text
        assert sample.setting.label(fields) in text

    @pytest.mark.parametrize("names", [("list", "one"), ("evil", "evil")])
    def test_an_entry_of_a_collection_has_its_owner_too(self, stack: InProcessStack, names: tuple[str, str]) -> None:
        """An entry in a collection and a resource of its own are two owners, even where they share a name."""

        def program() -> None:
            email_security.BlockSenders(names[0], entries=[{"pattern": "evil.example", "pattern_type": "DOMAIN"}])
            email_security.BlockSender(names[1], pattern="EVIL.example", pattern_type="DOMAIN")

        with pytest.raises(StackError, match="an entry must have one owner"):
            stack.preview(program)

    def test_one_entry_in_two_accounts_is_two(self, stack: InProcessStack) -> None:
        """A program may declare the same entry for several accounts."""

        def program() -> None:
            for letter in "ab":
                email_security.BlockSender(
                    letter, pattern="evil.example", pattern_type="DOMAIN", account_id=letter * 32
                )

        assert stack.preview(program).summary == {"create": 2}

    def test_the_next_run_starts_afresh(self, stack: InProcessStack) -> None:
        """A resource may be renamed from one run to the next."""

        def program(name: str) -> Callable[[], object]:
            return lambda: email_security.BlockSender(name, pattern="evil.example", pattern_type="DOMAIN")

        assert stack.preview(program("before")).summary == {"create": 1}
        assert stack.preview(program("after")).summary == {"create": 1}
