"""What one run of a program declares, beside what the stack held before: which entries move between resources.

The engine asks a resource's program for its inputs before it asks the provider anything, and the resources of a program
are all declared by then (but for those that wait for outputs of others). So one call to the engine, for what the stack
held before, tells which entries have another owner now; each resource hands its share to its provider's `check`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import grpc  # type: ignore[import-untyped]
import pulumi
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import get_config
from pulumi.runtime.config import is_config_secret
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.resource import create_urn
from pulumi.runtime.settings import get_monitor

from ..client.errors import ConfigurationError
from ..model.setting import Setting
from ..model.state import ACCOUNT_ID, IDS, LET_GO, from_text
from ..session.configuration import CREDENTIALS, Configuration
from ..session.ownership import Moves
from .mocked import mocked

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
#: What is in the type of every resource of this package.
_MODULE: Final = "cloudflare-email-security:"
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
    list_keys: Callable[[], Iterable[str]]


class Program:
    """One run of a program."""

    def __init__(self, monitor: Any, settings: Callable[[], Mapping[str, Setting]]) -> None:
        self._monitor = monitor
        self._settings = settings
        self._declared: list[tuple[asyncio.Future[str], _Declared]] = []
        self._answer: Any = None
        self._held: asyncio.Future[dict[tuple[str, str], _Held]] | None = None
        self._owners: dict[tuple[str, str], dict[str, str]] = {}

    def ask(self) -> None:
        """Ask the engine what the stack held before; the answer is waited for only when it is needed."""
        if self._answer is None:
            stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
            request = resource_pb2.ResourceInvokeRequest(tok=_READ_STATE)
            request.args.update({"stackName": stack})
            invoke = self._monitor.Invoke
            if not hasattr(invoke, "future"):
                self._answer = _Later(invoke, request)  # the in-process runner
                return
            # Without waiting: the program goes on declaring meanwhile.
            self._answer = invoke.future(request)
            _warn_of_credentials_in_clear()

    def declare(
        self, urn: asyncio.Future[str], setting: Setting, account: str, keys: Callable[[], Iterable[str]]
    ) -> Coroutine[Any, Any, str | None]:
        """Note that a resource is declared, and tell what moves to and from it, once the program has run.

        Args:
            urn: the resource.
            setting: what it declares entries of.
            account: in which account.
            keys: the key texts of its entries; asked for only where entries may move.

        Returns:
            The moves as JSON text for the provider's check, or None where nothing moves.

        """
        self.ask()
        mine = _Declared(setting, account, keys)
        self._declared.append((urn, mine))
        return self._moves(urn, mine)

    async def _moves(self, own_urn: asyncio.Future[str], mine: _Declared) -> str | None:
        place = (mine.setting.kind, mine.account)
        held = (await self._read_state()).get(place)
        if held is None:
            return None
        urn = await own_urn
        present = {await other for other, one in self._declared if (one.setting.kind, one.account) == place}
        if present == held.resources and len(present) == 1 and not held.let_go:
            return None
        if place not in self._owners:
            self._owners[place] = await self._owners_of(place)
        owners = self._owners[place]
        own = {key for key, owner in owners.items() if owner == urn}
        # What a resource lets go and nobody took it may take back.
        others = {key: found for key, found in held.entries.items() if found[0] != urn}
        let_go = {key: found for key, found in held.let_go.items() if key not in held.entries}
        arrives = {key: found for key, found in (let_go | others).items() if key in own}
        leaving = {key for key, (who, _) in held.entries.items() if who == urn and key not in own}
        waiting = {key for key, (who, _) in held.let_go.items() if who == urn and key not in held.entries}
        leaves = {key: owners[key] for key in leaving | waiting if key in owners and owners[key] != urn}
        moves = Moves(arrives, leaves, frozenset(waiting - owners.keys())).to_json()
        return json.dumps(moves, separators=(",", ":")) if moves else None

    async def _owners_of(self, place: tuple[str, str]) -> dict[str, str]:
        """The resource that declares each key."""
        return {
            key: await urn
            for urn, one in self._declared
            if (one.setting.kind, one.account) == place
            for key in one.list_keys()
        }

    async def _read_state(self) -> dict[tuple[str, str], _Held]:
        if self._held is None:
            self._held = asyncio.ensure_future(self._read())
        return await self._held

    async def _read(self) -> dict[tuple[str, str], _Held]:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(None, self._answer.result)
        except grpc.RpcError:
            # Without it moves are known as far as the order of the engine's questions tells.
            return {}
        return _held_in(getattr(answer, "return"), self._settings())


def _warn_of_credentials_in_clear() -> None:
    """The engine keeps the stack's configuration in state: what is no secret there stands in clear, in both places."""
    for key in CREDENTIALS:
        if get_config(key) and not is_config_secret(key):
            pulumi.log.warn(
                f"config {key} is not secret: it stands in clear in the stack's file and in its state. Set it anew "
                f"with `pulumi config set --secret {key}`; or, better, pass it in the environment "
                "(CLOUDFLARE_API_TOKEN), which keeps it out of state altogether"
            )


class _Later:
    """An answer that is asked for when it is wanted."""

    def __init__(self, ask: Callable[[Any], Any], request: Any) -> None:
        self._ask, self._request = ask, request

    def result(self) -> Any:
        return self._ask(self._request)


def _held_in(answer: Struct, settings: Mapping[str, Setting]) -> dict[tuple[str, str], _Held]:
    """What a stack's state holds of this package's settings; other resources are not looked into."""
    found: dict[tuple[str, str], _Held] = {}
    for urn, resource in answer.fields["outputs"].struct_value.fields.items():
        fields = resource.struct_value.fields
        type_ = fields["type"].string_value
        setting = settings.get(type_.rpartition(":")[2]) if _MODULE in type_ else None
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
            values = {name: _plain(outputs[name]) for name in setting.schema.api_fields if name in outputs}
            held.entries[setting.key_text_of(values)] = (urn, str(_plain(outputs.get("created_at")) or ""))
    return found


def _plain(value: Any) -> Any:
    """A value of a protobuf structure; a secret one out of its wrapping."""
    if value is None:
        return None
    if value.HasField("string_value"):
        return value.string_value
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # noqa: PLC0415  (rare)

    plain = MessageToDict(value)
    return plain.get(_VALUE) if isinstance(plain, dict) else plain


_programs: Final[WeakKeyDictionary[object, Program]] = WeakKeyDictionary()


def this_program(settings: Callable[[], Mapping[str, Setting]]) -> Program | None:
    """The run that is under way; None where there is no engine to ask (Pulumi's own mocks for unit tests)."""
    monitor = get_monitor()
    if monitor is None or mocked():
        return None
    if monitor not in _programs:
        _programs[monitor] = Program(monitor, settings)
    return _programs[monitor]


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


async def _urn(type_: str, name: str, parent: pulumi.Resource | None) -> str:
    return str(await create_urn(name, type_, parent).future())


def urn_of(type_: str, name: str, opts: pulumi.ResourceOptions | None) -> asyncio.Future[str]:
    """The URN that the engine will give a resource; it depends on no resource, though its parent's is part of it."""
    return asyncio.ensure_future(_urn(type_, name, opts.parent if opts is not None else None))


def caller() -> str:
    """Where the program declares a resource, as "file:line" below its folder; "" where that cannot be told."""
    here = Path(__file__).parents[1]
    frame = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if not path.is_relative_to(here):
            folder = Path.cwd()
            name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
