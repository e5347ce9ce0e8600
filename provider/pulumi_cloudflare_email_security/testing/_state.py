"""The state of an in-process stack: resources in the order in which they were made, as plain JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ._wire import Wire


@dataclass(slots=True)
class ResourceState:
    """What is kept of one resource. `pending_delete`: replaced, the old one not deleted yet."""

    urn: str
    type: str
    name: str
    id: str
    custom: bool
    inputs: Wire
    outputs: Wire
    protect: bool = False
    retain_on_delete: bool = False
    pending_delete: bool = False
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)


def in_deletion_order(resources: Sequence[ResourceState]) -> Iterator[list[ResourceState]]:
    """Layers of resources that can be deleted at the same time: what depends on others, or is below them, first."""
    layers: list[list[ResourceState]] = []
    condemned = [*reversed(resources)]
    while condemned:
        urns = {state.urn for state in condemned}
        needs = [({*state.dependencies, state.parent} - {state.urn}) & urns for state in condemned]
        free = [not needed for needed in needs] if not all(needs) else [True] * len(needs)
        layers.append([state for state, is_free in zip(condemned, free, strict=True) if is_free])
        condemned = [state for state, is_free in zip(condemned, free, strict=True) if not is_free]
    return reversed(layers)


@dataclass(slots=True)
class StackState:
    """All resources of a stack, and its exports."""

    resources: list[ResourceState] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def find(self, urn: str) -> ResourceState | None:
        """The live resource of this URN."""
        return next((r for r in self.resources if r.urn == urn and not r.pending_delete), None)

    def to_json(self) -> dict[str, Any]:
        """The state as plain JSON values."""
        return {"version": 1, "resources": [asdict(r) for r in self.resources], "outputs": self.outputs}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> StackState:
        """The state that `to_json` wrote."""
        resources = [ResourceState(**resource) for resource in document.get("resources", [])]
        return cls(resources, dict(document.get("outputs", {})))

    @classmethod
    def load(cls, path: Path) -> StackState:
        """The state in a file, or an empty one where there is no file yet."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()

    def save(self, path: Path) -> None:
        """Write the state to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.to_json(), file, indent=2, sort_keys=True)
        Path(temporary).replace(path)
