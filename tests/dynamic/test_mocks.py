"""Users' unit tests with `pulumi.runtime.set_mocks`: what is asked for goes to the mocks, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
from pulumi.runtime import mocks

import pulumi_cloudflare_email_security as email_security
from pulumi_cloudflare_email_security.client.transport import Client
from pulumi_cloudflare_email_security.testing._program import isolated
from support.samples import SAMPLES, Sample

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)


class Mocks(mocks.Mocks):
    """Keeps what it is asked, and answers what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.made: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}

    def call(self, args: mocks.MockCallArgs) -> Any:
        """A function call of the program."""
        self.calls.append((args.token, args.args))
        return self.answer

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """A resource of the program."""
        self.made.append(args.inputs)
        return f"{args.name}-id", dict(args.inputs)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mocks]:
    """Pulumi's mocks, with a token at hand that no request may use."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "never-sent")
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef")
    with patch.object(Client, "request", side_effect=AssertionError("a request")):
        yield Mocks()


def run(asked: Mocks, *programs: Callable[[], object]) -> None:
    """Run tests' programs, one after the other, in one process as a test session does."""

    def session() -> None:
        # Pulumi makes event loops in passing, and closes none.
        loops: list[asyncio.AbstractEventLoop] = []

        def new_loop() -> asyncio.AbstractEventLoop:
            loops.append(make_loop())
            return loops[-1]

        make_loop = asyncio.new_event_loop
        with patch.object(asyncio, "new_event_loop", new_loop):
            asyncio.set_event_loop(asyncio.new_event_loop())
            mocks.set_mocks(asked)
            try:
                for program in programs:
                    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
            finally:
                for loop in loops:
                    loop.close()

    isolated(session)


@each_sample
def test_a_look_up_of_one_asks_the_mocks(asked: Mocks, sample: Sample) -> None:
    """The token names the look-up, the arguments are those of the program, and the answer becomes the result."""
    asked.answer = {"id": 7, **sample.body, "created_at": "2026-01-01T00:00:00Z"}
    found: list[Any] = []
    name = f"get_{sample.kind}"
    run(asked, lambda: found.append(getattr(email_security, name)(**sample.key)))
    ((token, arguments),) = asked.calls
    assert token == f"cloudflare-email-security:index:{_camel(name)}"
    assert arguments == dict(sample.key)
    assert type(found[0]) is sample.setting.result_class
    one: Any = found[0]
    assert (one.id, one.created_at) == ("7", "2026-01-01T00:00:00Z")
    assert {field: getattr(found[0], field) for field in sample.body} == dict(sample.body)


@each_sample
def test_a_look_up_of_many_asks_the_mocks(asked: Mocks, sample: Sample) -> None:
    """`entries` of the answer, in either spelling of the fields, become results; other answers are none."""
    name = f"list_{sample.collection}"
    asked.answer = {"entries": [{"id": "1", **sample.body}, {"id": "2", "modifiedAt": "2026-01-01T00:00:00Z"}]}
    found: list[Any] = []
    run(asked, lambda: found.extend(getattr(email_security, name)()))
    assert asked.calls == [(f"cloudflare-email-security:index:{_camel(name)}", {})]
    assert [entry.id for entry in found] == ["1", "2"]
    assert found[1].modified_at == "2026-01-01T00:00:00Z"
    asked.answer = {}
    run(asked, lambda: found.extend(getattr(email_security, name)()))
    assert len(found) == 2


def test_the_output_form_asks_the_mocks(asked: Mocks) -> None:
    """With the values of its outputs; and what came back can be declared."""
    asked.answer = {"entries": [{"id": "1", "pattern": "evil.example", "pattern_type": "DOMAIN"}]}

    def program() -> pulumi.Output[Any]:
        pattern = pulumi.Output.from_input("evil.example")
        found = email_security.list_block_senders_output(pattern=pattern)
        return email_security.BlockSenders("all", entries=found).entries

    run(asked, program)
    assert asked.calls == [("cloudflare-email-security:index:listBlockSenders", {"pattern": "evil.example"})]
    assert [inputs["entries"] for inputs in asked.made] == ['[{"pattern":"evil.example","pattern_type":"DOMAIN"}]']


def test_an_empty_answer_is_a_result_of_what_was_asked(asked: Mocks) -> None:
    """Mocks that know nothing of a look-up do not fail it."""
    found: list[Any] = []
    run(asked, lambda: found.append(email_security.get_block_sender(id="5")))
    assert (found[0].id, found[0].pattern) == ("5", None)


@each_sample
def test_resources_take_their_arguments(asked: Mocks, sample: Sample) -> None:
    """What the schema knows is handed on, and a second test may declare the same entry again."""
    make: Any = sample.resource_class
    run(asked, lambda: make("one", **sample.minimal), lambda: make("two", **sample.minimal))
    assert all(made.items() >= sample.minimal.items() for made in asked.made)
    assert len(asked.made) == 2


@each_sample
def test_unknown_and_missing_arguments_are_refused(asked: Mocks, sample: Sample) -> None:
    """As an engine's preview does: with the name that was probably meant."""
    make: Any = sample.resource_class
    name = next(name for name in sample.minimal if name in {"domain", "name", "pattern"})
    misspelt = {**sample.minimal, name[:-1]: "x"}
    with pytest.raises(TypeError, match=f"'one': {name[:-1]}: unknown argument: did you mean '{name}'"):
        run(asked, lambda: make("one", **misspelt))
    missing = {given: value for given, value in sample.minimal.items() if given != name}
    with pytest.raises(TypeError, match=f"'one': {name}: is required"):
        run(asked, lambda: make("one", **missing))
    assert asked.made == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"entries": [{"patern": "x"}]}, "patern: unknown argument: did you mean 'pattern'"),
        ({"entries": {"DOMAIN x.example": {"coments": "x"}}}, "coments: unknown argument: did you mean 'comments'"),
        ({"entries": [], "modes": "exclusive"}, "modes: unknown argument: there are account_id, adopt, defaults"),
        ({"entries": [], "defaults": {"patern_type": "IP"}}, "patern_type: unknown argument"),
    ],
)
def test_a_collection_refuses_what_it_does_not_know(asked: Mocks, options: dict[str, Any], said: str) -> None:
    """Options, and fields of entries and defaults."""
    with pytest.raises((TypeError, pulumi.RunError), match=said):
        run(asked, lambda: email_security.BlockSenders("all", **options))
    assert asked.made == []


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def test_two_tests_may_declare_the_same_entry(asked: Mocks) -> None:
    """The mocks' stack lives as long as the process; what one test declares is no duplicate in the next."""

    def program() -> object:
        return email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN").urn

    run(asked, program)
    run(asked, program)
    assert [inputs["pattern"] for inputs in asked.made] == ["evil.example", "evil.example"]
