"""The in-process runner does what the engine does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.testing import InProcessStack, StackError
from support import tiny
from support.cli import CliStack, write_program

BEFORE = """
class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("tiny:index:Group", name)

group = Group("group")
steady = Thing("steady", wanted_id="id-steady", size=3, tags=["x", "y"], opts=pulumi.ResourceOptions(parent=group))
updated = Thing("updated", wanted_id="id-updated", color="red")
replaced = Thing("replaced", wanted_id="id-replaced", kind="old")
follower = Thing("follower", wanted_id="id-follower", color=replaced.serial)
dropped = Thing("dropped", wanted_id="id-dropped", color=updated.serial)
pulumi.export("serial", follower.serial)
pulumi.export("nested", {"size": steady.size, "secret": pulumi.Output.secret("hidden")})
"""
AFTER = (
    BEFORE.replace('"red"', '"blue"')
    .replace('wanted_id="id-replaced", kind="old"', 'wanted_id="id-new", kind="new"')
    .replace('dropped = Thing("dropped", wanted_id="id-dropped"', 'added = Thing("added", wanted_id="id-added"')
)
READING = AFTER + 'pulumi.export("found", Thing("found", opts=pulumi.ResourceOptions(id="id-steady")).serial)\n'


class Pair:
    """The same program on the engine and in-process, each with a store of its own."""

    def __init__(self, cli: Path, folder: Path) -> None:
        self.stores = folder / "engine-store", folder / "in-process-store"
        for store in self.stores:
            store.mkdir()
        self._program = write_program(folder / "program", "")
        self._engine = CliStack(cli, self._program, config={"tiny:store": str(self.stores[0])})
        self._in_process = InProcessStack(project="demo", config={"tiny:store": str(self.stores[1])})

    def edit(self, body: str) -> None:
        """Rewrite the program."""
        self._engine.edit(tiny.program(body))

    def run(self, command: str) -> dict[str, str]:
        """Run on both, compare all that both tell, and return the operations by name."""
        theirs = getattr(self._engine, command)()
        ours = getattr(self._in_process, command)(*([self._program] if command in {"up", "preview"} else []))
        assert {change.urn: change.operation for change in ours.changes} == {s.urn: s.operation for s in theirs.steps}
        if command != "preview":
            assert self._our_state() == self._their_state()
            assert tiny.things(self.stores[1]) == tiny.things(self.stores[0])
        if command == "up":
            assert ours.outputs == self._engine.outputs(show_secrets=True)
        return {change.name: change.operation for change in ours.changes}

    def refused(self) -> str:
        """What both say of a program that a preview refuses."""
        errors = self._engine.preview(expect_failure=True).errors
        with pytest.raises(StackError) as caught:
            self._in_process.preview(self._program)
        assert [str(failure) for failure in caught.value.failures] == errors
        return str(caught.value)

    def behind_the_back(self, change: Callable[[Path], None]) -> None:
        """Change both stores."""
        for store in self.stores:
            change(store)

    def _their_state(self) -> dict[str, Any]:
        resources = self._engine.export()["deployment"].get("resources", [])
        own = [r for r in resources if not r["type"].startswith("pulumi:") and not r.get("external")]
        return {r["urn"]: _comparable(r) for r in own}

    def _our_state(self) -> dict[str, Any]:
        return {r["urn"]: _comparable(r) for r in self._in_process.state["resources"]}


def _comparable(resource: dict[str, Any]) -> dict[str, Any]:
    bags = {bag: dict(resource.get(bag, {})) for bag in ("inputs", "outputs")}
    for bag in bags.values():
        bag.pop("__provider", None)
    return {"id": resource.get("id", ""), **bags} if resource["custom"] else {"id": ""}


def _drift(store: Path) -> None:
    changed = store / "id-updated.json"
    changed.write_text(json.dumps({**json.loads(changed.read_text()), "color": "drifted"}))
    (store / "id-added.json").unlink()


COMPONENTS = """
class Group(pulumi.ComponentResource):
    def __init__(self, type_, name, was=None, **options):
        aliases = [pulumi.Alias(name=was)] if was else None
        super().__init__(f"tiny:index:{type_}", name, None, pulumi.ResourceOptions(aliases=aliases))
        for child in (f"{name}-own", "list"):
            Thing(child, wanted_id=f"{type_}-{child[-3:]}", opts=pulumi.ResourceOptions(parent=self, **options))

def single(name, was=None, **options):
    aliases = [pulumi.Alias(name=was)] if was else None
    Thing(name, wanted_id=name if not was else was, size=2, opts=pulumi.ResourceOptions(aliases=aliases, **options))

def shown(entry):
    outputs = {k: v for k, v in entry["outputs"].items() if k not in ("__provider", "found")}
    return {"type": entry["type"], "outputs": outputs}

state = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": pulumi.get_stack()}).value
# Whether the stack itself, which is being registered meanwhile, is in it is the engine's luck.
others = ("pulumi:providers", "pulumi:pulumi:Stack")
urns = {urn: shown(entry) for urn, entry in state["outputs"].items() if not any(type_ in urn for type_ in others)}
pulumi.export("found", urns)
"""
TEAMS = COMPONENTS + 'Group("A", "red")\nGroup("B", "red")\nsingle("old")\nsingle("kept", retain_on_delete=True)\n'
RENAMED = (
    COMPONENTS
    + 'Group("A", "blue", was="red", ignore_changes=["color"])\nGroup("B", "red")\nsingle("new", was="old")\n'
)


@pytest.mark.engine
def test_names_components_and_state_as_the_engine(cli: Path, tmp_path: Path) -> None:
    """Children of components, renames by alias, what is retained, and what a program reads of its own stack, agree."""
    pair = Pair(cli, tmp_path)
    pair.edit(TEAMS)
    assert set(pair.run("up").values()) == {"create"}
    pair.edit(RENAMED)
    renamed = pair.run("up")
    assert renamed.pop("kept") == "delete"
    assert set(renamed.values()) == {"same"}
    assert pair.run("preview") == dict.fromkeys(renamed, "same")
    assert set(pair.run("destroy").values()) == {"delete"}
    assert [*tiny.things(pair.stores[1])] == ["kept"]


@pytest.mark.engine
def test_does_what_the_engine_does(cli: Path, tmp_path: Path) -> None:
    """Operations, state, exports and effects agree through a stack's life."""
    pair = Pair(cli, tmp_path)
    pair.edit(BEFORE)
    assert set(pair.run("preview").values()) == {"create"}
    assert set(pair.run("up").values()) == {"create"}
    pair.edit(AFTER)
    mixed = {
        "group": "same",
        "steady": "same",
        "updated": "update",
        "replaced": "replace",
        "follower": "update",
        "added": "create",
        "dropped": "delete",
    }
    assert pair.run("preview") == mixed
    assert pair.run("up") == mixed
    pair.behind_the_back(_drift)
    drift = pair.run("refresh")
    assert (drift["updated"], drift["added"], drift["steady"]) == ("update", "delete", "same")
    pair.edit(READING)
    repair = pair.run("up")
    assert (repair["updated"], repair["added"], repair["steady"]) == ("update", "create", "same")
    assert repair["found"] == "read"
    pair.edit(AFTER.replace('"blue"', '"plaid"'))
    assert "plaid is no color" in pair.refused()
    assert set(pair.run("destroy").values()) == {"delete"}
