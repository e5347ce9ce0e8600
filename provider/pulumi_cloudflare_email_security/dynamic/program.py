"""What one run of a program declares, beside what the stack held before: which entries move between resources.

The engine asks a resource's program for its inputs before it asks the provider anything, and the resources of a program
are all declared by then (but for those that wait for outputs of others). So one call to the engine, for what the stack
held before, tells which entries have another owner now; each resource hands its share to its provider's `check`.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.runtime import get_config
from pulumi.runtime.config import CONFIG, is_config_secret
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_engine, get_monitor

from ..client.errors import ConfigurationError
from ..model.setting import Setting
from ..model.state import DECLARED_BY, IDS, LET_GO
from ..session.configuration import CREDENTIALS, Configuration, meant_by
from ..session.engine import EngineVoice
from ..session.ownership import NO_MOVES, Moves
from ..session.singles import Singles, advice
from .endings import end_quietly
from .gone import at_end, tell_gone
from .mocked import mocked
from .place import watch
from .recorded import Recorded, recorded

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
#: The attribute of a run that holds what is known of it, and ends with it: a mapping with weak keys keeps what refers
#: to its own key for ever, as what belongs to a run refers to the run.
_PROGRAM: Final = "_email_security_program"


@dataclass(slots=True)
class _Entries:
    """Entries by key text, each with its resource and its mark; and the keys of each resource."""

    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)

    def add(self, urn: str, marks: Mapping[str, str]) -> None:
        """The entries of a resource."""
        self.found.update({key: (urn, mark) for key, mark in marks.items()})
        self.keys[urn] = [*marks]

    def of(self, urn: str) -> list[str]:
        """The keys of the entries that belong to a resource."""
        return [key for key in self.keys.get(urn, ()) if self.found[key][0] == urn]


@dataclass(slots=True)
class _Held:
    """What the state before this run says of one setting in one account."""

    entries: _Entries = field(default_factory=_Entries)
    #: Entries that were let go for another resource.
    let_go: _Entries = field(default_factory=_Entries)

    def of_others_than(self, present: set[str]) -> list[str]:
        """The keys of resources that are declared no more: those of one that is renamed are among them."""
        return [key for urn, keys in self.entries.keys.items() if urn not in present for key in keys]


@dataclass(slots=True)
class _Declared:
    """What the program declares of one setting in one account, as far as it has run.

    Each resource is looked at once, however many ask; its keys are worked out only where they matter.
    """

    _new: deque[tuple[asyncio.Future[str], Callable[[], Iterable[str]]]] = field(default_factory=deque)
    _without_keys: deque[tuple[str, Callable[[], Iterable[str]]]] = field(default_factory=deque)
    _resources: set[str] = field(default_factory=set)
    _entries: _Entries = field(default_factory=_Entries)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add(self, urn: asyncio.Future[str], list_keys: Callable[[], Iterable[str]]) -> None:
        """A resource, and what lists its keys."""
        self._new.append((urn, list_keys))

    async def resources(self) -> set[str]:
        """The URNs of the resources."""
        async with self._lock:
            while self._new:
                urn, list_keys = self._new[0]
                self._resources.add(await urn)
                self._without_keys.append((await urn, list_keys))
                self._new.popleft()
        return self._resources

    def urns_at_end(self) -> set[str]:
        """The URNs of the resources, once all of them are declared."""
        return self._resources | {urn.result() for urn, _ in self._new if urn.done() and not urn.cancelled()}

    def keys_at_end(self) -> set[str]:
        """The keys of their entries."""
        return {key for _, keys in (*self._without_keys, *self._new) for key in keys()} | self._entries.found.keys()

    async def entries(self) -> _Entries:
        """The entries; one that is declared twice belongs to the last resource that declares it."""
        await self.resources()
        while self._without_keys:
            urn, list_keys = self._without_keys.popleft()
            self._entries.add(urn, dict.fromkeys(list_keys(), ""))
        return self._entries


class Program:
    """One run of a program."""

    def __init__(self, monitor: Any, settings: Callable[[], Mapping[str, Setting]]) -> None:
        self._monitor = monitor
        self._settings = settings
        self._say = EngineVoice(get_engine())
        self._declared: dict[tuple[str, str], _Declared] = {}
        #: Waits for what the stack held before; None until that is asked for.
        self._answer: Callable[[], Any] | None = None
        self._held: asyncio.Future[dict[tuple[str, str], _Held]] | None = None
        #: URNs beside those of `_declared`.
        self._urns: list[asyncio.Future[Any]] = []
        self._singles = Singles()

    def ask(self) -> None:
        """Ask the engine what the stack held before; the answer is waited for only when it is needed."""
        if self._answer is None:
            stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
            request = resource_pb2.ResourceInvokeRequest(tok=_READ_STATE)
            request.args.update({"stackName": stack})
            invoke = self._monitor.Invoke
            if not hasattr(invoke, "future"):
                self._answer = functools.cache(lambda: invoke(request))  # the in-process runner
                return
            # Without waiting: the program goes on declaring meanwhile.
            self._answer = invoke.future(request).result
            at_end(self.end)
            _warn_of_credentials_in_clear()
            _warn_of_unread_configuration()

    def declare(
        self,
        urn: asyncio.Future[str],
        setting: Setting,
        account: str,
        keys: Callable[[], Iterable[str]],
        *,
        alone: bool,
    ) -> Coroutine[Any, Any, str | None]:
        """Note that a resource is declared, and tell what moves to and from it, once the program has run.

        Args:
            urn: the resource.
            setting: what it declares entries of.
            account: in which account.
            keys: the key texts of its entries; asked for only where entries may move.
            alone: whether no other resource may declare such entries; then those that do are told, too.

        Returns:
            The moves as JSON text for the provider's check, or None where nothing moves.

        """
        self.ask()
        place = (setting.kind, account)
        self._declared.setdefault(place, _Declared()).add(urn, keys)
        return self._text(urn, place, alone=alone)

    def note(self, urns: Iterable[Any]) -> None:
        """Note URNs of what is declared: those that it had before, and those of which the account is not known."""
        self._urns += [asyncio.ensure_future(pulumi.Output.from_input(one).future()) for one in urns]

    def note_single(self, resource: pulumi.Resource, setting: Setting, collection_of: Callable[[Setting], str]) -> None:
        """A single entry is declared; where they are many, a preview tells once of the type of their collections."""
        if not pulumi.runtime.is_dry_run():
            return
        if self._singles.are_many(setting, resource) and (collection := collection_of(setting)):
            pulumi.log.info(advice(type(resource).__name__, collection))

    def end(self) -> None:
        """Say what goes with resources that are declared no more; all are declared by now."""
        if self._answer is None:
            return
        try:
            answer = self._answer()
        except grpc.RpcError:
            return
        present = {urn for declared in self._declared.values() for urn in declared.urns_at_end()}
        present |= {one.result() for one in self._urns if one.done() and not one.cancelled()}
        tell_gone(recorded(answer), self._settings(), present, self._keys_at_end, self._say)

    def _keys_at_end(self, place: tuple[str, str]) -> set[str]:
        """The keys of the entries that are declared of a setting in an account."""
        return self._declared[place].keys_at_end() if place in self._declared else set()

    async def _text(self, own_urn: asyncio.Future[str], place: tuple[str, str], *, alone: bool) -> str | None:
        state, urn = await self._read_state(), await own_urn
        held = state.get(place, _Held())
        moves = await self._moves_within(urn, held, place)
        if not held.entries.of(urn) and (left := await self._left_behind(urn, place, state)) is not None:
            # It was in another account.
            moves = replace(moves, leaves=left)
        if alone:
            moves = replace(moves, rivals=frozenset(await self._declared[place].resources() - {urn}))
        told = moves.to_json()
        return json.dumps(told, separators=(",", ":")) if told else None

    async def _left_behind(
        self, urn: str, place: tuple[str, str], state: Mapping[tuple[str, str], _Held]
    ) -> dict[str, str] | None:
        """What a resource held in other accounts, and others declare there now; None where it held nothing."""
        left: dict[str, str] | None = None
        for there, held in state.items():
            if there[0] == place[0] and there != place and (keys := held.entries.of(urn)):
                found = (await self._declared[there].entries()).found if there in self._declared else {}
                left = (left or {}) | {key: found[key][0] for key in keys if key in found and found[key][0] != urn}
        return left

    async def _moves_within(self, urn: str, held: _Held, place: tuple[str, str]) -> Moves:
        declared = self._declared[place]
        present = await declared.resources()
        if not held.entries.found and not held.let_go.found:
            return NO_MOVES
        if len(present) == 1 and present == held.entries.keys.keys() and not held.let_go.found:
            return NO_MOVES
        entries = await declared.entries()
        before, let_go = held.entries.found, held.let_go.found
        arrives = {}
        for key in entries.of(urn):
            # What a resource lets go and nobody took it may take back.
            if (found := before.get(key) or let_go.get(key)) is not None and (found[0] != urn or key not in before):
                arrives[key] = found
        left = held.let_go.of(urn)
        waiting = [key for key in left if key not in before]
        owner_now = {key: entries.found.get(key, ("", ""))[0] for key in left if key in before}
        settled = frozenset(key for key, owner in owner_now.items() if owner not in {before[key][0], urn})
        # After an interrupted move both resources may hold an entry: it still leaves the one that does not declare it.
        known = [*held.entries.keys.get(urn, held.of_others_than(present)), *waiting]
        owners = {key: entries.found[key][0] for key in known if key in entries.found}
        leaves = {key: owner for key, owner in owners.items() if owner != urn}
        return Moves(
            arrives,
            leaves,
            abandoned=frozenset(waiting) - owners.keys(),
            settled=settled,
            let_go=frozenset(arrives.keys() - before.keys()),
        )

    async def _read_state(self) -> dict[tuple[str, str], _Held]:
        if self._held is None:
            self._held = asyncio.ensure_future(self._read())
        return await self._held

    async def _read(self) -> dict[tuple[str, str], _Held]:
        try:
            assert self._answer is not None  # noqa: S101
            answer = await asyncio.get_running_loop().run_in_executor(None, self._answer)
        except grpc.RpcError:
            # Without it moves are known as far as the order of the engine's questions tells.
            return {}
        return _held_in(recorded(answer), self._settings())


def _warn_of_credentials_in_clear() -> None:
    """The engine keeps the stack's configuration in state: what is no secret there stands in clear, in both places."""
    for key in CREDENTIALS:
        if get_config(key) and not is_config_secret(key):
            pulumi.log.warn(
                f"config {key} is not secret: it stands in clear in the stack's file and in its state. Set it anew "
                f"with `pulumi config set --secret {key}`; or, better, pass it in the environment "
                "(CLOUDFLARE_API_TOKEN), which keeps it out of state altogether"
            )


def _warn_of_unread_configuration() -> None:
    """A typo in a key would go unseen: `rsk: refuse` refuses nothing."""
    for key in sorted(CONFIG.get()):
        # A project of this very name may have keys of its own.
        if meant := meant_by(key):
            pulumi.log.warn(f"config {key} is read by nothing: it may be meant as {meant}")


def _held_in(state: Iterable[Recorded], settings: Mapping[str, Setting]) -> dict[tuple[str, str], _Held]:
    """What a stack's state holds of the program's settings."""
    found: dict[tuple[str, str], _Held] = {}
    for one in state:
        setting = settings.get(one.class_name)
        if setting is None or one.get(DECLARED_BY) is None:
            continue  # a program has read it (`BlockSender.get`), no more
        held = found.setdefault((setting.kind, one.account_id), _Held())
        if (ids := one.map(IDS)) is not None:
            held.entries.add(one.urn, ids)
            held.let_go.add(one.urn, one.map(LET_GO) or {})
        else:
            values = {name: one.get(name) for name in setting.schema.api_fields}
            held.entries.add(one.urn, {setting.key_text_of(values): str(one.get("created_at") or "")})
    return found


def this_program(settings: Callable[[], Mapping[str, Setting]]) -> Program | None:
    """The run that is under way; None where there is no engine to ask (Pulumi's own mocks for unit tests)."""
    monitor = get_monitor()
    if monitor is None or mocked():
        return None
    program: Program | None = vars(monitor).get(_PROGRAM)
    if program is None:
        watch()
        end_quietly()
        program = vars(monitor)[_PROGRAM] = Program(monitor, settings)
    return program


def end(monitor: Any) -> None:
    """Say what goes, at the end of a run that is not a process of its own."""
    program: Program | None = vars(monitor).get(_PROGRAM)
    if program is not None:
        program.end()


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
