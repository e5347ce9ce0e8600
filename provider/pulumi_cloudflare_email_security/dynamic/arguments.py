"""What a program may pass, as its type checker and its editor see it; and how what it passed is told apart."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Generic, Literal, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar

import pulumi

from ..model.fields import SettingField
from ..model.schema import SettingSchema
from ..model.setting import Result
from ..model.state import ACCOUNT_ID, ADOPT, DEFAULTS, DELETE_LIMIT, ENTRIES, EXPIRES, MODE

#: A collection's entries as literals: every field may be left out, since defaults or the map's key may say it.
Entry = TypeVar("Entry")
#: The arguments of a single entry.
Args = TypeVar("Args")
#: What a look-up returned.
Found = TypeVar("Found", bound=Result)

#: What a constructor takes.
P = ParamSpec("P")

Options: TypeAlias = pulumi.ResourceOptions | None

OPTIONS: Final = frozenset({ENTRIES, DEFAULTS, MODE, DELETE_LIMIT, ADOPT, ACCOUNT_ID})
_COMMON: Final = {
    "opts": "Pulumi's options of the resource.",
    ACCOUNT_ID: "The account; else the configured one. Another account is another resource.",
    ADOPT: "Whether an entry that exists already is adopted; not, unless configured. Domains always are.",
}


class FieldOfTheSetting(str):
    """What a type checker says it expected, where a literal entry has a field or a value that the setting has not."""

    __slots__ = ()


class PlainFields(Protocol):
    """A dict that is made elsewhere: an entry of a file, parsed JSON, a variable. It is checked at preview.

    A literal is none, though it is a dict too: mypy infers its values from what `__setitem__` takes here, and they are
    not that. So literals must be what their TypedDict says.
    """

    def __setitem__(self, name: str, value: FieldOfTheSetting, /) -> None: ...


class EntryArgs(TypedDict, total=False):
    """The arguments that every entry has.

    Attributes:
        accept_risk: risks that are accepted, by the id of the review's rule, such as
            `{"whole-domain": "our payroll provider, until 2027-06-30"}`. Never sent to the API.

    """

    accept_risk: pulumi.Input[Mapping[str, str]]


class EntryOptions(TypedDict, total=False):
    """The options of every resource of one entry.

    Attributes:
        account_id: the account; else the configured one. Another account is another resource.
        adopt: whether an entry that exists already is adopted; not, unless configured. Domains always are.

    """

    account_id: pulumi.Input[str] | None
    adopt: pulumi.Input[bool] | None


class CollectionEntry(TypedDict, total=False):
    """The arguments that every entry of a collection has.

    Attributes:
        expires: the day, such as "2027-01-31", from which on the entry is left out.

    """

    expires: pulumi.Input[str] | pulumi.Input[date]


class CollectionOptions(TypedDict, Generic[Entry], total=False):
    """The options of every collection; its constructor says what each is."""

    defaults: Entry | PlainFields
    mode: pulumi.Input[Literal["additive", "exclusive", "report"]]
    delete_limit: pulumi.Input[int]
    adopt: pulumi.Input[bool]
    account_id: pulumi.Input[str]


AnyEntry: TypeAlias = pulumi.Input[Entry | Args | Found | PlainFields]
#: A list of entries, or a map from natural key to entry.
Entries: TypeAlias = pulumi.Input[Sequence[AnyEntry[Entry, Args, Found]] | Mapping[str, AnyEntry[Entry, Args, Found]]]


def told_apart(called: str, given: Sequence[Any], named: Mapping[str, Any]) -> tuple[dict[str, Any], Options]:
    """The arguments of a single entry, and its resource options.

    Args:
        called: what errors call the resource.
        given: the positional arguments after the name: options, or arguments and perhaps options.
        named: the keyword arguments.

    Raises:
        TypeError: the arguments are given twice, or are none.

    """
    named = dict(named)
    places = list(given)
    args = places.pop(0) if places and isinstance(places[0], Mapping) else named.pop("args", None)
    opts = places.pop(0) if places else named.pop("opts", None)
    if places or "opts" in named or not isinstance(opts, pulumi.ResourceOptions | None):
        raise TypeError(
            f"{called}: after the name come its arguments, by keyword or as one mapping, and pulumi.ResourceOptions"
        )
    twice = sorted({*(args or ())} & named.keys())
    if twice:
        raise TypeError(f"{called}: {', '.join(twice)} is given twice")
    return {**(args or {}), **named}, opts


def with_entries(init: Callable[P, None]) -> Callable[P, None]:
    """Let a collection's constructor say what is written instead of `entries`; Python says only that it is missing."""

    @functools.wraps(init)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        if ENTRIES not in kwargs:
            import difflib  # noqa: PLC0415  (for mistakes only)

            name = args[1] if len(args) > 1 else kwargs.get("resource_name")
            called = f"{type(args[0]).__name__} {name!r}"
            for meant in difflib.get_close_matches(ENTRIES, kwargs, n=1):
                raise TypeError(f"{called}: {meant}: unknown argument: did you mean {ENTRIES!r}?")
            raise TypeError(f"{called}: {ENTRIES} is missing: it is a list or a map of entries, given by keyword")
        init(*args, **kwargs)

    return wrapper


def listed(called: str, entries: Any) -> Any:
    """A collection's entries, with those of a generator or a view of a map as a list.

    Raises:
        TypeError: they are a path.

    """
    named = isinstance(entries, str) and entries.endswith((".csv", ".json", ".yaml", ".yml"))
    if named or isinstance(entries, os.PathLike):
        raise TypeError(f"{called}: {ENTRIES}: {os.fspath(entries)!r} is a path — read_entries(path) reads the file")
    plain = isinstance(entries, str | bytes | Mapping | list | tuple) or not isinstance(entries, Iterable)
    return entries if plain else [*entries]


def refuse_unknown(called: str, schema: SettingSchema, arguments: Mapping[str, Any]) -> None:
    """Raise TypeError for arguments that a setting does not have, and for those that it lacks.

    Under an engine the provider's check says so; this is for Pulumi's mocks, which ask no provider.
    """
    wrong = [f"{name}: {schema.unknown_argument(name)}" for name in arguments if name not in schema.setting_fields]
    required = (name for name, field in schema.setting_fields.items() if field.required)
    wrong += [f"{name}: is required" for name in required if name not in arguments]
    if wrong:
        raise TypeError(f"{called}: {'; '.join(wrong)}")


def refuse_unknown_options(called: str, schema: SettingSchema, entries: Any, options: Mapping[str, Any]) -> None:
    """Raise TypeError for options that a collection does not have, and for such fields of its entries."""
    unknown = sorted(options.keys() - OPTIONS)
    if unknown:
        raise TypeError(f"{called}: {unknown[0]}: unknown argument: there are {', '.join(sorted(OPTIONS))}")
    listed = entries.values() if isinstance(entries, Mapping) else entries if isinstance(entries, list | tuple) else ()
    for entry in listed:
        for name in entry if isinstance(entry, Mapping) else ():
            if name not in schema.setting_fields and name != EXPIRES:
                raise TypeError(f"{called}: {name}: {schema.unknown_argument(name)}")


def described(summary: str | None, fields: Mapping[str, SettingField]) -> str:
    """The docstring of a constructor: a summary, and what each argument is and may be."""
    lines = [(inspect.cleandoc(summary or "")).partition("\n")[0], "", "Args:"]
    lines += ["    resource_name: The name of the resource."]
    for name, field in fields.items():
        required = " Required." if field.required else ""
        limits = f" Allowed: {field.limits}." if field.limits else ""
        lines.append(f"    {name}: {field.description}{required}{limits}")
    return "\n".join([*lines, *(f"    {name}: {text}" for name, text in _COMMON.items())])
