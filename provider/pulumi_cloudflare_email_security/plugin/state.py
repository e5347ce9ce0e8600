"""What the stack's state has under other resources, as the CLI exports it.

The engine tells a plugin nothing of the resources that a run leaves out (`--target`, `--exclude`), nor of those that it
comes to later. A collection that deletes what nobody declares must know of both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..model.names import stack_of
from ..model.state import IDS, from_text
from ..session.configuration import NAMESPACE

_TIMEOUT: Final = 120
_UNKNOWN: Final = (
    "what the other resources of this stack hold could not be read (`pulumi stack export`): entries of resources that "
    "this run leaves out count as unmanaged"
)


def export(*options: str) -> Any:
    """What `pulumi stack export` prints, run where the program runs; None where it fails."""
    cli = shutil.which("pulumi") or str(Path.home() / ".pulumi" / "bin" / "pulumi")
    command = [cli, "stack", "export", "--non-interactive", *options]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


class StackState:
    """The ids of a stack's state by resource, read when they are asked for first.

    Args:
        tell: says to the user that the state could not be read.
        read: reads a stack's state, with these options of the CLI.

    """

    def __init__(self, tell: Callable[[str], None], read: Callable[..., Any] = export) -> None:
        self._tell = tell
        self._read = read
        self._lock = threading.Lock()
        self._ids: Mapping[str, frozenset[str]] | None = None

    def ids_of_others(self, urn: str) -> frozenset[str]:
        """The ids of entries that other resources hold."""
        with self._lock:
            if self._ids is None:
                self._ids = self._held(urn)
        return frozenset[str]().union(*(ids for other, ids in self._ids.items() if other != urn))

    def _held(self, urn: str) -> Mapping[str, frozenset[str]]:
        stack = stack_of(urn)
        # The selected stack, whose organization is not part of a URN, or else the one that is called so.
        for options in ((), ("--stack", stack.rpartition("/")[2])):
            resources = _resources(self._read(*options))
            if any(stack_of(one.get("urn", "")) == stack for one in resources):
                return {str(one["urn"]): frozenset(_ids(one)) for one in resources if f"{NAMESPACE}:" in one["type"]}
        self._tell(_UNKNOWN)
        return {}


def _resources(document: Any) -> list[Mapping[str, Any]]:
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    return list(deployment.get("resources") or ()) if isinstance(deployment, Mapping) else []


def _ids(resource: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the entries of a resource: of a collection those by key, else its own."""
    ids = from_text((resource.get("outputs") or {}).get(IDS))
    yield from map(str, ids.values()) if isinstance(ids, Mapping) else [str(resource.get("id", ""))]
