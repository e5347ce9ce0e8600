"""What the stack's state holds, as the CLI exports it.

The engine tells a provider nothing of the resources that a run leaves out (`--target`, `--exclude`), nor of those that
it comes to later or replaces. A collection that deletes what nobody declares must know of them, and so must whoever
declares what exists already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..model.names import pascal, snaked, stack_of
from ..model.setting import Setting
from ..model.state import ACCOUNT_ID, DECLARED_BY, IDS, from_text
from .configuration import NAMESPACE

_TIMEOUT: Final = 120
_UNKNOWN: Final = (
    "what the other resources of this stack hold could not be read (`pulumi stack export`): it counts as nobody's"
)
_DYNAMIC: Final = "pulumi-python:dynamic/"
#: Class name, account and id.
_Place = tuple[str, str, str]


class Holder(NamedTuple):
    """A resource that holds an entry.

    Attributes:
        resource: its URN.
        own: whether the provider that asks is its own: then it knows when that is deleted.
        replaced: whether it was replaced by what has its name now, and is still to be deleted.
        called: what it calls itself in its outputs: the URN of before where it was renamed (`aliases`, `state rename`).

    """

    resource: str
    own: bool
    replaced: bool = False
    called: str = ""


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
    """Who holds which entry in a stack's state, which is read when it is asked for first.

    Args:
        tell: says to the user that the state could not be read.
        read: reads a stack's state, with these options of the CLI.

    Attributes:
        provider: the provider that asks, as resources name theirs; "" for that of dynamic resources, which has no name.

    """

    def __init__(self, tell: Callable[[str], None], read: Callable[..., Any] = export) -> None:
        self.provider = ""
        self._tell = tell
        self._read = read
        self._lock = threading.Lock()
        self._holders: dict[_Place, list[Holder]] | None = None

    def holders(self, setting: Setting, account_id: str, id_: str, asks: str) -> list[Holder]:
        """Who holds an entry; the resource that asks tells which stack it is."""
        with self._lock:
            if self._holders is None:
                self._holders = {}
                for place, holder in self._read_holders(stack_of(asks)):
                    self._holders.setdefault(place, []).append(holder)
        names = (pascal(setting.kind), pascal(setting.collection))
        return [holder for name in names for holder in self._holders.get((name, account_id, id_), ())]

    def _read_holders(self, stack: str) -> Iterator[tuple[_Place, Holder]]:
        # The selected stack, whose organization is not part of a URN, or else the one that is called so.
        for options in ((), ("--stack", stack.rpartition("/")[2])):
            resources = _resources(self._read(*options))
            if any(stack_of(one.get("urn", "")) == stack for one in resources):
                for one in resources:
                    # What a program only reads (`BlockSender.get`) holds nothing.
                    if f"{NAMESPACE}:" in one["type"] and not one.get("external"):
                        dynamic = one["type"].startswith(_DYNAMIC)
                        own = one.get("provider") == self.provider if self.provider else dynamic
                        called = (one.get("outputs") or {}).get(DECLARED_BY) or one["urn"]
                        holder = Holder(one["urn"], own=own, replaced=bool(one.get("delete")), called=called)
                        yield from ((place, holder) for place in _places(one))
                return
        self._tell(_UNKNOWN)


def _resources(document: Any) -> list[Mapping[str, Any]]:
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    return list(deployment.get("resources") or ()) if isinstance(deployment, Mapping) else []


def _places(resource: Mapping[str, Any]) -> Iterator[_Place]:
    """The entries of a resource: of a collection those by key, else its own."""
    outputs = snaked(resource.get("outputs") or {})
    ids = from_text(outputs.get(IDS))
    name, account_id = resource["type"].rpartition(":")[2], str(outputs.get(ACCOUNT_ID))
    for id_ in ids.values() if isinstance(ids, Mapping) else [resource.get("id", "")]:
        yield name, account_id, str(id_)
