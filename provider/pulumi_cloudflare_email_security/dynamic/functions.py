"""The look-ups as programs call them: plain, or with outputs; asked of the API, or under mocks of these.

One entry by id or natural key, or all that fit the API's filters.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, TypedDict, TypeVar, cast, get_origin

import pulumi
from pulumi.runtime.config import get_config
from pulumi.runtime.settings import get_monitor

from ..model.setting import Result, Setting
from .endings import ends_program
from .mocked import get_mocked, list_mocked, mocked
from .plain import is_output

if TYPE_CHECKING:
    from ..client.listing import Listing
    from ..session.session import Session

R = TypeVar("R", bound=Result)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
#: The attribute of a look-up that holds what it takes.
_TAKES: Final = "takes"
# Where these stand among a look-up's arguments, whatever else it takes.
_LAST: Final = ("search", "order", "direction", "account_id")


class OfAccount(TypedDict, total=False):
    """What every look-up takes: the account, else the configured one."""

    account_id: pulumi.Input[str] | None


class ById(OfAccount, total=False):
    """What the look-up of one entry takes beside its natural key: the API's id instead of it."""

    id: pulumi.Input[str] | None


class ByPattern(ById, total=False):
    """The look-up of an entry that is known by its pattern."""

    pattern: pulumi.Input[str] | None


class ByTypedPattern(ById, total=False):
    """The look-up of an entry that is known by its pattern and what that is."""

    pattern_type: pulumi.Input[str] | None
    pattern: pulumi.Input[str] | None


class ByDomain(ById, total=False):
    """The look-up of an entry that is known by its domain."""

    domain: pulumi.Input[str] | None


class ListFilters(OfAccount, total=False):
    """What most look-ups of many entries take: the API's full-text search, and the direction of the order."""

    search: pulumi.Input[str] | None
    direction: pulumi.Input[Literal["asc", "desc"]] | None


def look_up(function: F) -> F:
    """Let a look-up's signature name the arguments that its `**…: Unpack[SomeTypedDict]` stands for."""
    (unpacked,) = (hint for name, hint in inspect.get_annotations(function).items() if name != "return")
    takes = function.__globals__[str(unpacked).removeprefix("Unpack[").removesuffix("]")]
    hints = {
        name: _spelt(getattr(hint, "__forward_arg__", hint), function.__globals__)
        for name, hint in takes.__annotations__.items()
    }
    last = [name for name in _LAST if name in hints]
    ordered = {name: hints[name] for name in (*(name for name in hints if name not in last), *last)}
    setattr(function, _TAKES, ordered)
    plain = {name: re.sub(r"pulumi\.Input\[(.*)\]", r"\1", hint) for name, hint in ordered.items()}
    _name(function, plain, function.__annotations__["return"])
    return function


def _spelt(hint: str, known: Mapping[str, Any]) -> str:
    """An annotation that names each value of a `Literal` where a setting's module has a name for all of them."""

    def spelt(word: re.Match[str]) -> str:
        named = known.get(word[0])
        return str(named).removeprefix("typing.") if get_origin(named) is Literal else word[0]

    return re.sub(r"\w+", spelt, hint)


def with_outputs(function: Callable[P, T]) -> Callable[P, pulumi.Output[T]]:
    """The form of a look-up whose arguments may be outputs: it runs when they are known."""

    def wrapper(*args: P.args, **kwargs: P.kwargs) -> pulumi.Output[T]:
        if args:
            raise TypeError(f"{wrapper.__name__} takes keyword arguments only")
        call: Callable[..., T] = function
        return _of_what_is_there(pulumi.Output.from_input({**kwargs})).apply(lambda known: call(**known))

    wrapper.__name__ = wrapper.__qualname__ = f"{function.__name__}_output"
    wrapper.__module__ = function.__module__
    wrapper.__doc__ = f"`{function.__name__}` for arguments that are outputs."
    _name(wrapper, getattr(function, _TAKES), f"pulumi.Output[{function.__annotations__['return']}]")
    return wrapper


def _of_what_is_there(arguments: pulumi.Output[T]) -> pulumi.Output[T]:
    """Arguments that are unknown while a resource they come from is not made, as those of Pulumi's own functions."""

    async def is_known() -> bool:
        resources = [one for one in await arguments.resources() if isinstance(one, pulumi.CustomResource)]
        made = [await one.id.is_known() for one in resources if "id" in vars(one)]
        return all(made) and await arguments.is_known()

    async def values() -> T:
        known = await cast("Awaitable[T]", arguments.future())
        if not (mocked() or pulumi.runtime.is_dry_run()):
            _session().read_after(await arguments.resources())
        return known

    known = asyncio.ensure_future(is_known())
    return pulumi.Output(arguments.resources(), asyncio.ensure_future(values()), known, arguments.is_secret())


def _name(function: Callable[..., Any], kinds: Mapping[str, str], result: str) -> None:
    """Give a function the signature of keyword arguments that may all be left out."""
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in kinds.items()
    ]
    function.__signature__ = inspect.Signature(parameters, return_annotation=result)  # type: ignore[attr-defined]
    function.__annotations__ = {**kinds, "return": result}


# What reads is imported where something is read.
# ruff: noqa: PLC0415


@ends_program
def get_one(setting: Setting, result: type[R], by: Mapping[str, Any]) -> R:
    """One entry, by its id or by its natural key.

    Raises:
        NoMatchError: there is none.
        SeveralMatchesError: the natural key fits more than one; the ids are named.
        TypeError: neither the id nor the whole natural key is given, or both; or one of them is an output.

    """
    function = f"get_{setting.kind}"
    given = _plain(function, by)
    if mocked():
        return get_mocked(result, function, given)
    from ..lifecycle.lookup import check_key, find_entry

    account_id, id_ = given.pop("account_id", None), given.pop("id", None)
    key = check_key(setting, id_, given)
    return find_entry(setting, result, _listing(setting, account_id), id_, key, late=_session().reads_after_others)


@ends_program
def list_all(setting: Setting, result: type[R], filters: Mapping[str, Any]) -> list[R]:
    """Every entry that fits the API's filters. Raises TypeError where a filter is an output."""
    function = f"list_{setting.collection}"
    given = _plain(function, filters)
    if mocked():
        return list_mocked(result, function, given)
    from ..lifecycle.lookup import find_entries

    return find_entries(setting, result, _listing(setting, given.pop("account_id", None)), given)


def _listing(setting: Setting, account_id: str | None) -> Listing:
    """The lists that the program's resources read too, during preview as well."""
    from ..session.configuration import Configuration

    configuration = Configuration(get_config, os.environ)
    return _session().listing(setting, configuration.account(account_id), configuration)


def _session() -> Session:
    """The session of this run of the program."""
    from .process import session_of

    return session_of(get_monitor())


def _plain(function: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are given, which must be values and not outputs."""
    for name, value in given.items():
        if is_output(value):
            raise TypeError(f"{function}: {name} is an output — use {function}_output, which returns an output too")
    return {name: value for name, value in given.items() if value is not None}
