"""What one run of a program declares, beside what the stack held before: which entries move between resources.

The engine asks a resource's program for its inputs before it asks the provider anything, and the resources of a program
are all declared by then (but for those that wait for outputs of others). So one call to the engine, for what the stack
held before, tells which entries have another owner now; each resource hands its share to its provider's `check`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

import grpc  # type: ignore[import-untyped]
import pulumi
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import get_config, is_dry_run
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

from ..client.errors import ConfigurationError
from ..lifecycle.base import ACCOUNT_ID, LET_GO
from ..model.setting import Setting
from ..model.state import IDS, from_text
from ..session.configuration import Configuration
from ..session.ownership import Moves

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
#: The part of every type token of this package.
_TOKEN: Final = "cloudflare-email-security:"
# A secret value stands in state as a structure with this signature.
_VALUE: Final = "value"


@dataclass(slots=True)
class _Held:
    """What the state before this run says of one setting in one account: by key text, who held it and its mark."""

    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    resources: set[str] = field(default_factory=set)
    #: Entries that were let go for another resource, by key text.
    let_go: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Declared:
    """A resource of the program; its keys are worked out only where they matter."""

    setting: Setting
    account: str
    keys: Callable[[], Iterable[str]]


class Program:
    """One run of a program."""

    def __init__(self, settings: Callable[[], Mapping[str, Setting]]) -> None:
        self._settings = settings
        self._declared: dict[str, _Declared] = {}
        self._held: asyncio.Future[dict[tuple[str, str], _Held]] | None = None
        self._owners: dict[tuple[str, str], dict[str, str]] = {}

    def declare(self, urn: str, setting: Setting, account: str, keys: Callable[[], Iterable[str]]) -> None:
        """Note that a resource is declared; `keys` are asked for only where entries may move."""
        self._declared[urn] = _Declared(setting, account, keys)

    async def moves(self, urn: str) -> str | None:
        """What moves to and from a resource, for its provider; None where nothing does."""
        mine = self._declared[urn]
        place = (mine.setting.kind, mine.account)
        held = (await self._read_state()).get(place)
        if held is None:
            return None
        present = {
            other for other, one in self._declared.items() if (one.setting.kind, one.account) == place
        }
        if present == held.resources and len(present) == 1 and not held.let_go:
            return None
        owners = self._owners_of(place)
        own = {key for key, owner in owners.items() if owner == urn}
        arrives = {
            key: found
            for key in own
            if (found := held.entries.get(key) or held.let_go.get(key)) is not None and found[0] != urn
        }
        leaving = {key for key, (who, _) in held.entries.items() if who == urn and key not in own}
        waiting = {key for key, (who, _) in held.let_go.items() if who == urn and key not in held.entries}
        leaves = {key: owners[key] for key in leaving | waiting if key in owners and owners[key] != urn}
        moves = Moves(arrives, leaves, frozenset(waiting - owners.keys())).to_json()
        return json.dumps(moves, separators=(",", ":")) if moves else None

    def _owners_of(self, place: tuple[str, str]) -> dict[str, str]:
        if place not in self._owners:
            self._owners[place] = {
                key: urn
                for urn, one in self._declared.items()
                if (one.setting.kind, one.account) == place
                for key in one.keys()
            }
        return self._owners[place]

    async def _read_state(self) -> dict[tuple[str, str], _Held]:
        if self._held is None:
            self._held = asyncio.ensure_future(self._ask())
        return await self._held

    async def _ask(self) -> dict[tuple[str, str], _Held]:
        monitor = get_monitor()
        stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        request = resource_pb2.ResourceInvokeRequest(tok=_READ_STATE)
        request.args.update({"stackName": stack})
        try:
            answer = await asyncio.get_running_loop().run_in_executor(None, monitor.Invoke, request)
        except grpc.RpcError:
            # Without it moves are known as far as the order of the engine's questions tells.
            return {}
        return _held_in(getattr(answer, "return"), self._settings())


def _held_in(answer: Struct, settings: Mapping[str, Setting]) -> dict[tuple[str, str], _Held]:
    """What a stack's state holds of this package's settings; other resources are not looked into."""
    found: dict[tuple[str, str], _Held] = {}
    for urn, resource in answer.fields["outputs"].struct_value.fields.items():
        fields = resource.struct_value.fields
        token = fields["type"].string_value
        setting = settings.get(token.rpartition(":")[2]) if _TOKEN in token else None
        if setting is None:
            continue
        outputs = fields["outputs"].struct_value.fields
        account = _plain(outputs.get(ACCOUNT_ID))
        held = found.setdefault((setting.kind, str(account)), _Held())
        held.resources.add(urn)
        ids = from_text(_plain(outputs.get(IDS)))
        if isinstance(ids, Mapping):
            held.entries.update({key: (urn, str(id_)) for key, id_ in ids.items()})
            let_go = from_text(_plain(outputs.get(LET_GO)))
            if isinstance(let_go, Mapping):
                held.let_go.update({key: (urn, str(id_)) for key, id_ in let_go.items()})
        else:
            values = {name: _plain(outputs.get(name)) for name in {*setting.key, *setting.identifies}}
            held.entries[setting.key_text_of(values)] = (urn, str(_plain(outputs.get("created_at"))))
    return found


def _plain(value: Any) -> Any:
    """A value of a protobuf structure; a secret one out of its wrapping."""
    if value is None:
        return None
    plain = MessageToDict(value)
    return plain.get(_VALUE) if isinstance(plain, dict) else plain


_programs: Final[WeakKeyDictionary[object, Program]] = WeakKeyDictionary()


def this_program(settings: Callable[[], Mapping[str, Setting]]) -> Program | None:
    """The run that is under way; None where there is no engine to ask (Pulumi's own mocks for unit tests)."""
    monitor = get_monitor()
    # The in-process runner's monitor is a mock that answers as the engine does.
    if monitor is None or (isinstance(monitor, MockMonitor) and not hasattr(monitor, "steps")):
        return None
    return _programs.setdefault(monitor, Program(settings))


def account_of(declared: object) -> str | None:
    """The account that a resource belongs to, or None where it is not known yet."""
    if isinstance(declared, str):
        return declared
    if declared is not None:
        return None
    try:
        return Configuration(get_config, os.environ).account_id or ""
    except ConfigurationError:
        return ""


__all__ = ["Program", "account_of", "is_dry_run", "this_program"]
