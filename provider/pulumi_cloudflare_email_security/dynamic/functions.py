"""The look-ups as programs call them: plain, or with outputs; asked of the API, or under mocks of these."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict, TypeVar

import pulumi

from ..model.setting import Result, Setting
from . import lookups
from .mocked import get_mocked, list_mocked, mocked
from .plain import is_output

R = TypeVar("R", bound=Result)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
# Where these stand among a look-up's arguments, whatever else it takes.
_LAST: Final = ("search", "order", "direction", "account_id")


class OfAccount(TypedDict, total=False):
    """What every look-up takes: the account, else the configured one."""

    account_id: pulumi.Input[str] | None


class ById(OfAccount, total=False):
    """What the look-up of one entry takes beside its natural key: the API's id instead of it."""

    id: pulumi.Input[str] | None


class ListFilters(OfAccount, total=False):
    """What most look-ups of many entries take: the API's full-text search, and the direction of the order."""

    search: pulumi.Input[str] | None
    direction: pulumi.Input[Literal["asc", "desc"]] | None


def look_up(function: F) -> F:
    """Let a look-up's signature name the arguments that its `**…: Unpack[SomeTypedDict]` stands for."""
    annotations = inspect.get_annotations(function)
    result = annotations.pop("return")
    (unpacked,) = annotations.values()
    takes = function.__globals__[str(unpacked).removeprefix("Unpack[").removesuffix("]")]
    hints = {name: getattr(hint, "__forward_arg__", hint) for name, hint in takes.__annotations__.items()}
    if not function.__name__.endswith("_output"):
        hints = {name: re.sub(r"pulumi\.Input\[(.*)\]", r"\1", hint) for name, hint in hints.items()}
    last = [name for name in _LAST if name in hints]
    kinds = {name: hints[name] for name in (*(name for name in hints if name not in last), *last)}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in kinds.items()
    ]
    function.__signature__ = inspect.Signature(parameters, return_annotation=result)  # type: ignore[attr-defined]
    function.__annotations__ = {**kinds, "return": result}
    return function


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
    return lookups.get_entry(setting, result, given.pop("account_id", None), given.pop("id", None), **given)


def list_all(setting: Setting, result: type[R], filters: Mapping[str, Any]) -> list[R]:
    """Every entry that fits the API's filters. Raises TypeError where a filter is an output."""
    function = f"list_{setting.collection}"
    given = _plain(function, filters)
    if mocked():
        return list_mocked(result, function, given)
    return lookups.list_entries(setting, result, given.pop("account_id", None), **given)


def output_of(function: Callable[..., T], arguments: Mapping[str, Any]) -> pulumi.Output[T]:
    """A look-up whose arguments may be outputs: it runs when they are known."""
    return pulumi.Output.from_input({**arguments}).apply(lambda known: function(**known))


def _plain(function: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are given, which must be values and not outputs."""
    for name, value in given.items():
        if is_output(value):
            msg = f"{function}: {name} is an output — use {function}_output, which returns an output too"
            raise TypeError(msg)
    return {name: value for name, value in given.items() if value is not None}
