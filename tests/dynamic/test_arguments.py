"""What programs may pass: arguments as one value, and what look-ups returned as entries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from pulumi_cloudflare_email_security.settings import RESOURCES
from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support.samples import SAMPLES, Sample

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
SYNCED = {"name": "Jane Doe", "email": "jane@corp.example", "provenance": "SNOOPY-OFFICE_365"}


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    """An account of the 2026 contract."""
    return Emulator("2026", state=tmp_path / "account.json")


@pytest.fixture
def stack(tmp_path: Path, emulator: Emulator) -> InProcessStack:
    """A stack on that account."""
    del emulator
    return InProcessStack(
        config={"cloudflare-email-security:baseUrl": f"emulator:{tmp_path / 'account.json'}?contract=2026"}
    )


class TestOneValue:
    """`BlockSender("x", BlockSenderArgs(…), opts)`, as Pulumi's own SDKs have it."""

    @each_sample
    def test_is_the_same_as_keywords(self, stack: InProcessStack, sample: Sample) -> None:
        """Whichever way the arguments come, it is the same resource; options of the resource stand beside them."""
        make: Any = sample.resource_class
        args = getattr(email_security, f"{sample.setting.result_class.__name__.removesuffix('Result')}Args")
        assert stack.up(lambda: make("one", **sample.minimal)).summary == {"create": 1}
        for program in (
            lambda: make("one", args(**sample.minimal)),
            lambda: make("one", dict(sample.minimal), pulumi.ResourceOptions()),
            lambda: make("one", args=args(**sample.minimal), opts=None),
            lambda: make("one", args(**sample.minimal), adopt=None, account_id=EMULATOR_ACCOUNT),
        ):
            assert stack.up(program).summary == {"same": 1}

    @pytest.mark.parametrize(
        ("positional", "named", "said"),
        [
            (({"pattern": "x"},), {"pattern": "y"}, "pattern is given twice"),
            (("evil.example",), {"pattern_type": "DOMAIN"}, "after the name come its arguments"),
            ((None, "evil.example"), {}, "after the name come its arguments"),
            ((None,), {"opts": None}, "after the name come its arguments"),
        ],
    )
    def test_what_is_none_is_refused(
        self, stack: InProcessStack, positional: tuple[Any, ...], named: dict[str, Any], said: str
    ) -> None:
        """Arguments given twice, and positional ones that are none."""
        make: Any = email_security.BlockSender
        with pytest.raises(TypeError, match=f"BlockSender 'one'.*{said}"):
            stack.preview(lambda: make("one", *positional, **named))


class TestEntries:
    """A collection's `entries`, and what stands in their place by mistake."""

    @pytest.mark.parametrize(
        ("positional", "named", "said"),
        [
            ((), {"entrie": []}, "entrie: unknown argument: did you mean 'entries'?"),
            ((), {"entires": [], "mode": "additive"}, "entires: unknown argument: did you mean 'entries'?"),
            ((), {}, "entries is missing: it is a list or a map of entries, given by keyword"),
            (([],), {}, "entries is missing: it is a list or a map of entries, given by keyword"),
            ((), {"entries": Path("list.csv")}, "entries: 'list.csv' is a path — read_entries(path) reads the file"),
            ((), {"entries": "list.yaml"}, "entries: 'list.yaml' is a path — read_entries(path) reads the file"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, stack: InProcessStack, positional: tuple[Any, ...], named: dict[str, Any], said: str
    ) -> None:
        """With the resource, and what to write."""
        make: Any = email_security.BlockSenders
        with pytest.raises(TypeError, match=re.escape(f"BlockSenders 'list': {said}")):
            stack.preview(lambda: make("list", *positional, **named))

    @pytest.mark.parametrize("form", [iter, tuple, lambda entries: dict(enumerate(entries)).values()])
    def test_whatever_gives_entries_will_do(self, stack: InProcessStack, form: Any) -> None:
        """A generator is read once."""
        entries = [{"pattern": f"evil{number}.example", "pattern_type": "DOMAIN"} for number in range(3)]
        stack.up(lambda: email_security.BlockSenders("list", entries=form(entries)))
        assert stack.preview(lambda: email_security.BlockSenders("list", entries=entries)).summary == {"same": 1}


@pytest.mark.parametrize("name", ["adopt", "verify"])
def test_a_setting_that_is_neither_on_nor_off_is_refused_at_preview(tmp_path: Path, name: str) -> None:
    """For single entries and collections."""
    url = {"cloudflare-email-security:baseUrl": f"emulator:{tmp_path / 'account.json'}"}
    stack = InProcessStack(config={**url, f"cloudflare-email-security:{name}": "ture"})
    for program in (
        lambda: email_security.BlockSender("one", pattern="evil.example", pattern_type="DOMAIN"),
        lambda: email_security.BlockSenders("list", entries=[]),
    ):
        with pytest.raises(StackError, match=f"cloudflare-email-security:{name} must be true or false, not 'ture'"):
            stack.preview(program)


class TestResults:
    """What a look-up returned, declared as it is."""

    @each_sample
    @pytest.mark.parametrize("form", ["list", "output", "one", "map"])
    def test_can_be_declared(self, stack: InProcessStack, emulator: Emulator, sample: Sample, form: str) -> None:
        """A whole collection is taken over by its list, without a write; what is answered only is left out."""
        emulator.seed({sample.collection: [sample.body, {**sample.body, **sample.other}]}, account_id=EMULATOR_ACCOUNT)
        before = emulator.entries(EMULATOR_ACCOUNT, sample.collection)
        collection: Any = next(many for one, many in RESOURCES if one.setting is sample.setting)
        list_all = getattr(email_security, f"list_{sample.collection}")

        def entries() -> Any:
            if form == "output":
                return getattr(email_security, f"list_{sample.collection}_output")()
            found = list_all()
            if form == "one":
                return [pulumi.Output.from_input(found[0]), found[1]]
            return {sample.setting.label(vars_of(one)): one for one in found} if form == "map" else found

        def program() -> None:
            collection("all", entries=entries(), adopt=True)

        assert stack.up(program).summary == {"create": 1}
        assert emulator.entries(EMULATOR_ACCOUNT, sample.collection) == before
        assert stack.preview(program).summary == {"same": 1}

    def test_what_cannot_be_declared_is_named(self, stack: InProcessStack, emulator: Emulator) -> None:
        """Every entry that follows a directory, or has a type that cannot be written, is named once, with its id."""
        (synced,) = emulator.seed({"impersonation_registry": [SYNCED]}, account_id=EMULATOR_ACCOUNT)[
            "impersonation_registry"
        ]

        def program() -> None:
            found = email_security.list_impersonation_registry()
            email_security.ImpersonationRegistry("all", entries=found)

        with pytest.raises(pulumi.RunError, match="cannot be declared: is synchronised from a directory") as caught:
            stack.preview(program)
        assert f"Jane Doe <jane@corp.example> (id {synced['id']})" in str(caught.value)

        emulator.seed({"block_senders": [{"pattern": "Old", "pattern_type": "UNKNOWN"}]}, account_id=EMULATOR_ACCOUNT)

        def blocks() -> None:
            email_security.BlockSenders("all", entries=email_security.list_block_senders_output())

        with pytest.raises(pulumi.RunError, match=r"UNKNOWN Old .*which old entries may have.*leave it out"):
            stack.preview(blocks)

    def test_results_of_another_setting_are_refused(self, stack: InProcessStack, emulator: Emulator) -> None:
        """The two are named."""
        (sample,) = (sample for sample in SAMPLES if sample.kind == "domain")
        emulator.seed({"domains": [sample.body]}, account_id=EMULATOR_ACCOUNT)

        def program() -> None:
            email_security.BlockSenders("all", entries=email_security.list_domains())  # type: ignore[arg-type]

        with pytest.raises(pulumi.RunError, match="a DomainResult cannot be declared as a blocked sender"):
            stack.preview(program)


def test_a_collections_outputs_have_keys_as_they_are_written(stack: InProcessStack) -> None:
    """A program finds its entries and their ids by what it wrote, whatever form keys are compared in."""

    def program() -> None:
        policies = email_security.ContentPolicies(
            "all", entries={"Overdue Invoices": {"pattern": "overdue", "targets": ["BODY"]}}
        )
        pulumi.export("entries", policies.entries)
        pulumi.export("ids", policies.ids)

    outputs = stack.up(program).outputs
    assert list(outputs["entries"]) == list(outputs["ids"]) == ["Overdue Invoices"]
    assert outputs["entries"]["Overdue Invoices"]["pattern"] == "overdue"


def test_a_plain_look_up_takes_no_output(stack: InProcessStack) -> None:
    """It says which one does."""

    def program() -> None:
        email_security.list_block_senders(pattern=pulumi.Output.from_input("evil.example"))

    with pytest.raises(TypeError, match="pattern is an output — use list_block_senders_output"):
        stack.preview(program)


def vars_of(result: Any) -> dict[str, Any]:
    """A result's fields."""
    return dict(vars(result))
