"""The in-process runner, by itself."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pulumi
import pytest
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support import tiny
from support.cli import write_program

Maker = Callable[..., InProcessStack]


class Recorder(ResourceProvider):
    """Notes what arrives; its notes are on the class, since each run unpickles a provider of its own."""

    serialize_as_secret_always = False
    seen: ClassVar[list[tuple[str, object]]] = []

    def __reduce__(self) -> tuple[type[Recorder], tuple[()]]:
        return Recorder, ()

    def configure(self, req: ConfigureRequest) -> None:
        """The project's own key."""
        self.seen.append(("configure", req.config.get("greeting")))

    def check(self, _olds: dict[str, object], news: dict[str, object]) -> CheckResult:
        """What arrives."""
        self.seen.append(("check", {name: value for name, value in news.items() if name != "__provider"}))
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: dict[str, object], _news: dict[str, object]) -> DiffResult:
        """Leave it to the engine."""
        return DiffResult(changes=None)

    def create(self, props: dict[str, object]) -> CreateResult:
        """What arrives, and a made-up output."""
        self.seen.append(("create", {name: value for name, value in props.items() if name != "__provider"}))
        if props.get("fail"):
            raise RuntimeError("no luck")
        return CreateResult("1", {"count": 1, "nothing": None, "label": props.get("label")})

    def update(self, _id: str, _olds: dict[str, object], _news: dict[str, object]) -> UpdateResult:
        """As after the creation."""
        return UpdateResult({"count": 1, "label": _news.get("label")})

    def delete(self, id_: str, props: dict[str, object]) -> None:
        """The label, else the id."""
        self.seen.append(("delete", props.get("label", id_)))


class Recorded(Resource, module="test", name="Recorded"):
    """A resource of the recorder."""

    count: pulumi.Output[int]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: object) -> None:
        super().__init__(Recorder(), name, {"count": None, **props}, opts)


@pytest.fixture
def seen() -> list[tuple[str, object]]:
    """What the recorder noted in this test."""
    Recorder.seen.clear()
    return Recorder.seen


def test_properties_arrive_as_over_protobuf(in_process: Maker, seen: list[tuple[str, object]]) -> None:
    """Integers are floats, None is gone at every level, secrets are in the clear."""

    def program() -> None:
        Recorded("one", number=3, absent=None, deep={"n": 1, "absent": None}, secret=pulumi.Output.secret("s"))

    in_process().up(program)
    _, arrived = next(entry for entry in seen if entry[0] == "create")
    assert arrived == {"number": 3.0, "deep": {"n": 1.0}, "secret": "s"}
    assert isinstance(arrived, dict)
    assert isinstance(arrived["number"], float)


def test_unknown_arrives_in_its_place(in_process: Maker, seen: list[tuple[str, object]]) -> None:
    """In a preview the output of a resource not made yet is an Unknown object, inside a list too."""

    def program() -> None:
        first = Recorded("first")
        Recorded("second", value=first.count, values=["known", first.count])

    result = in_process().preview(program)
    _, arrived = [entry for entry in seen if entry[0] == "check"][-1]
    assert isinstance(arrived, dict)
    assert isinstance(arrived["value"], Unknown)
    assert arrived["values"][0] == "known"
    assert isinstance(arrived["values"][1], Unknown)
    assert not any(entry[0] == "create" for entry in seen)
    assert result.summary == {"create": 2}


def test_config_reaches_program_and_provider(in_process: Maker, seen: list[tuple[str, object]]) -> None:
    """A key without namespace is the project's; a value that is no string arrives as JSON."""

    def program() -> None:
        Recorded("one")
        pulumi.export("greeting", pulumi.Config().require("greeting"))
        pulumi.export("count", pulumi.Config("other").require_int("count"))

    result = in_process(config={"greeting": "hi", "other:count": 2}).up(program)
    assert result.outputs == {"greeting": "hi", "count": 2.0}
    assert ("configure", "hi") in seen


def test_failed_create_keeps_what_was_made(in_process: Maker) -> None:
    """A failure stops the run, is the cause of the error, and the next run goes on from there."""

    def program() -> None:
        first = Recorded("first", fail=bool(failing))
        Recorded("zeroth", opts=None)
        Recorded("second", after=first.count)

    failing = [True]
    stack = in_process()
    with pytest.raises(StackError, match=r"'first': create failed: no luck") as caught:
        stack.up(program)
    assert isinstance(caught.value.__cause__, RuntimeError)
    made = caught.value.result.summary.get("create", 0)
    failing.clear()
    assert stack.up(program).summary.get("create") == 3 - made


def test_preview_lists_every_check_failure(in_process: Maker, tmp_path: Path) -> None:
    """Two resources with bad values are both reported, by property, in the engine's words."""
    body = 'Thing("one", color="plaid")\nThing("two", color="plaid")'
    folder = write_program(tmp_path / "program", tiny.program(body))
    with pytest.raises(StackError) as caught:
        in_process(config={"tiny:store": str(tmp_path)}).preview(folder)
    assert sorted(failure.name for failure in caught.value.failures) == ["one", "two"]
    assert caught.value.by_property == {"color": "plaid is no color"}
    assert "property color value {plaid} has a problem: plaid is no color" in str(caught.value)


def test_deletes_the_newest_first(in_process: Maker, seen: list[tuple[str, object]]) -> None:
    """Dependents go before what they depend on, also when a later run made the dependency."""

    def first_program() -> None:
        Recorded("a", label="a")

    def second_program() -> None:
        b = Recorded("b", label="b")
        Recorded("a", label="a", after=b.count)

    stack = in_process()
    stack.up(first_program)
    stack.up(second_program)
    assert stack.destroy().summary == {"delete": 2}
    assert [entry for entry in seen if entry[0] == "delete"] == [("delete", "a"), ("delete", "b")]
    assert stack.state["resources"] == []


def test_state_goes_on_in_another_process(in_process: Maker, tmp_path: Path) -> None:
    """State in a file, or handed over as JSON, is where the next stack starts."""

    def program() -> None:
        Recorded("one")

    in_process(state=tmp_path / "state.json").up(program)
    assert in_process(state=tmp_path / "state.json").up(program).summary == {"same": 1}
    handed_over = json.loads(json.dumps(in_process(state=tmp_path / "state.json").state))
    assert in_process(state=handed_over).preview(program).summary == {"same": 1}


def test_runs_in_the_folder_of_the_program(in_process: Maker, tmp_path: Path) -> None:
    """A program on disk finds its own modules and files, and so do its providers, on destroy too."""
    folder = write_program(tmp_path / "program", tiny.program("from colors import COLOR\nThing('one', color=COLOR)"))
    (folder / "colors.py").write_text("from pathlib import Path\n\nCOLOR = Path('color.txt').read_text()")
    (folder / "color.txt").write_text("red")
    (folder / "store").mkdir()
    stack = in_process(config={"tiny:store": "store"})
    stack.up(folder)
    assert [thing["color"] for thing in tiny.things(folder / "store").values()] == ["red"]
    stack.destroy()
    assert tiny.things(folder / "store") == {}
    assert "colors" not in sys.modules


def test_leaves_the_pickler_as_it_was(in_process: Maker) -> None:
    """The SDK wraps the pickler again with every resource, until it recurses too deep: run after run must work."""
    before = vars(pickle._Pickler).copy()
    in_process().preview(lambda: Recorded("one"))
    assert vars(pickle._Pickler) == before


def test_error_of_the_program_is_its_own(in_process: Maker) -> None:
    """An exception raised by the program itself comes out unchanged, and the next run is not disturbed."""

    def broken() -> None:
        Recorded("one")
        raise KeyError("mine")

    stack = in_process()
    with pytest.raises(KeyError, match="mine"):
        stack.preview(broken)
    assert stack.preview(lambda: Recorded("one")).summary == {"create": 1}


def test_runs_inside_a_running_loop(in_process: Maker) -> None:
    """An async test may run a stack; loop and Pulumi settings of the caller stay as they were."""

    async def test() -> dict[str, int]:
        return in_process(stack="other").preview(lambda: Recorded("one")).summary

    assert asyncio.run(test()) == {"create": 1}
    assert pulumi.get_stack() == "stack"


def test_unsupported_option_is_refused(in_process: Maker) -> None:
    """What the runner would get wrong it refuses."""
    options = pulumi.ResourceOptions(replace_on_changes=["label"])
    with pytest.raises(StackError, match="replace_on_changes"):
        in_process().preview(lambda: Recorded("one", opts=options))


class Team(pulumi.ComponentResource):
    """A component with one child, whose name is the same in every team."""

    def __init__(self, name: str, *, kind: str = "Team", aliases: list[pulumi.Alias] | None = None) -> None:
        super().__init__(f"test:index:{kind}", name, None, pulumi.ResourceOptions(aliases=aliases))
        Recorded(f"{name}-list", opts=pulumi.ResourceOptions(parent=self))
        Recorded("list", opts=pulumi.ResourceOptions(parent=self), label=kind)


def test_children_of_components_have_the_types_of_their_parents_in_their_urns(in_process: Maker) -> None:
    """Children of the same name below components of two types are two resources."""

    def program() -> None:
        Team("a", kind="A")
        Team("b", kind="B")

    stack = in_process()
    urns = [change.urn.split("::", 2)[2] for change in stack.up(program).changes if change.name == "list"]
    child = "pulumi-python:dynamic/test:Recorded::list"
    assert sorted(urns) == [f"test:index:A${child}", f"test:index:B${child}"]
    assert stack.up(program).summary == {"same": 6}
    assert stack.destroy().summary == {"delete": 6}


def test_renamed_with_an_alias(in_process: Maker, seen: list[tuple[str, object]]) -> None:
    """A resource that is found under its former name is the same one, and so are the children of a component."""
    stack = in_process()

    def before() -> None:
        Recorded("one", label="one")
        Team("red")

    def after() -> None:
        Recorded("first", label="one", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")]))
        Team("blue", aliases=[pulumi.Alias(name="red")])

    stack.up(before)
    assert stack.up(after).summary == {"same": 4}
    assert sorted(resource["name"] for resource in stack.state["resources"]) == ["blue", "blue-list", "first", "list"]
    assert stack.up(after).summary == {"same": 4}
    assert not any(what == "delete" for what, _ in seen)


def test_one_former_name_for_two_resources_is_refused(in_process: Maker) -> None:
    """What one resource was before, another one cannot have been too."""
    stack = in_process()
    stack.up(lambda: Recorded("one"))

    def program() -> None:
        Recorded("two", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")]))
        Recorded("three", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")]))

    with pytest.raises(StackError, match="Duplicate resource alias"):
        stack.preview(program)


def test_what_is_said_has_severity_and_resource(in_process: Maker) -> None:
    """Messages of the program are kept with their severity, and with the resource that they are about."""

    def program() -> None:
        one = Recorded("one")
        pulumi.log.info("all is well")
        pulumi.log.warn("look here", resource=one)
        pulumi.log.debug("nobody wants to know")

    said = in_process().up(program)
    assert [(d.severity, d.message, d.urn.rsplit("::", 1)[-1]) for d in said.diagnostics] == [
        ("info", "all is well", ""),
        ("warning", "look here", "one"),
    ]
    assert said.text == "all is well\nlook here"


def test_a_program_reads_the_state_of_its_stack(in_process: Maker) -> None:
    """The engine's own function answers what state holds at that moment, of this stack only."""

    def program() -> None:
        found = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": "dev"}).value
        pulumi.export("before", {urn.rsplit("::", 1)[1]: entry["outputs"] for urn, entry in found["outputs"].items()})
        Recorded("one", label="here")

    stack = in_process()
    assert stack.preview(program).outputs["before"] == {}
    assert stack.up(program).outputs["before"] == {}
    before = stack.up(program).outputs["before"]
    assert before["one"]["label"] == "here"
    assert before["demo-dev"] == {"before": {}}

    def of_another() -> None:
        pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": "prod"})

    with pytest.raises(LookupError, match="unknown stack 'prod'"):
        stack.preview(of_another)


def test_two_resources_of_one_name_are_refused(in_process: Maker) -> None:
    """A URN can be used once."""

    def program() -> None:
        Recorded("one")
        Recorded("one")

    with pytest.raises(StackError, match="Duplicate resource URN"):
        in_process().preview(program)


def test_other_providers_are_mocked(in_process: Maker) -> None:
    """A resource of another provider gets an id and its inputs as outputs."""

    def program() -> None:
        other = pulumi.CustomResource("other:index:Thing", "other", {"size": 3})
        pulumi.export("id", other.id)

    stack = in_process()
    assert stack.up(program).outputs == {"id": "other-id"}
    assert stack.up(program).summary == {"same": 1}
