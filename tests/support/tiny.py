"""A tiny dynamic provider, as the source of a program: what the runners are tried with.

Its things are JSON files in the folder that the config key `tiny:store` names, so a test can look at them and change
them behind Pulumi's back.
"""

from __future__ import annotations

import json
from pathlib import Path

PREAMBLE = """
import json
import os
import uuid
from pathlib import Path

import pulumi
from pulumi.dynamic import (
    CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult,
)

UNSET = object()


class TinyProvider(ResourceProvider):
    serialize_as_secret_always = False

    def __init__(self):
        super().__init__()
        self.store = None

    def __reduce__(self):
        return TinyProvider, ()

    def configure(self, req):
        self.store = Path(req.config.require("tiny:store"))

    def check(self, olds, news):
        failures = []
        if news.get("color") == "plaid":
            failures.append(CheckFailure("color", "plaid is no color"))
        if not isinstance(news.get("size", 1.0), (float, pulumi.output.Unknown)):
            failures.append(CheckFailure("size", f"arrived as {type(news['size']).__name__}"))
        return CheckResult({"size": 1.0, **news}, failures)

    def diff(self, id_, olds, news):
        names = ["color", "size", "tags", "kind"]
        changed = [name for name in names if olds.get(name) != news.get(name)]
        return DiffResult(changes=bool(changed), replaces=[name for name in changed if name == "kind"])

    def create(self, props):
        id_ = props.get("wanted_id") or uuid.uuid4().hex[:8]
        return CreateResult(id_, self.write(id_, props))

    def read(self, id_, props):
        path = self.store / f"{id_}.json"
        if not path.exists():
            return ReadResult("", {})
        outs = json.loads(path.read_text())
        return ReadResult(id_, outs, {k: v for k, v in outs.items() if k != "serial"})

    def update(self, id_, olds, news):
        return UpdateResult(self.write(id_, news))

    def delete(self, id_, props):
        (self.store / f"{id_}.json").unlink()

    def write(self, id_, props):
        if props.get("color") == "broken":
            raise RuntimeError("the paint factory is closed")
        outs = {k: v for k, v in props.items() if k != "__provider"} | {"serial": f"serial-{id_}"}
        (self.store / f"{id_}.json").write_text(json.dumps(outs))
        return outs


class Thing(Resource, module="tiny", name="Thing"):
    def __init__(self, name, *, color=None, size=None, tags=None, kind=None, wanted_id=None, opts=None):
        props = {"color": color, "size": size, "tags": tags, "kind": kind, "wanted_id": wanted_id, "serial": None}
        super().__init__(TinyProvider(), name, props, opts)
"""

TOKEN = "pulumi-python:dynamic/tiny:Thing"


def program(body: str) -> str:
    """The source of a program with `Thing` at hand."""
    return f"{PREAMBLE}\n\n{body}\n"


def things(store: Path) -> dict[str, dict[str, object]]:
    """Every thing in the store, by id."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(store.glob("*.json"))}
