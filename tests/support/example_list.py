"""Example lists: a ninth setting, which no API has, as CONTRIBUTING's worked example.

Endpoint: `/accounts/{account_id}/email-security/settings/example_lists` (2026 contract only). Natural key: `name`.
Delete removes the list: mail from its domains is judged as any other again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Required, TypeAlias, Unpack, get_args, overload

import pulumi

from pulumi_cloudflare_email_security.dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from pulumi_cloudflare_email_security.dynamic.functions import (
    ById,
    OfAccount,
    get_one,
    list_all,
    look_up,
    with_outputs,
)
from pulumi_cloudflare_email_security.dynamic.resources import Collection, EntryResource
from pulumi_cloudflare_email_security.model.fields import Choice, DomainName, SetOf, Text, Whole
from pulumi_cloudflare_email_security.model.schema import MAX_TEXT, SettingSchema, comments
from pulumi_cloudflare_email_security.model.setting import Result, Setting
from pulumi_cloudflare_email_security.model.weakening import Way

Severity: TypeAlias = Literal["LOW", "HIGH"]


class _Fields(EntryArgs, total=False):
    """The arguments of an example list that may be left out."""

    severity: pulumi.Input[Severity]
    weight: pulumi.Input[int]
    comments: pulumi.Input[str | None]


class ExampleListArgs(_Fields, total=False):
    """The arguments of an example list; `ExampleListSchema` says what each may be."""

    name: Required[pulumi.Input[str]]
    domains: Required[pulumi.Input[Sequence[pulumi.Input[str]]]]


class _Inputs(ExampleListArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class ExampleListEntry(_Fields, CollectionEntry, total=False):
    """An example list in a collection, where defaults or the map's key may say any of it."""

    name: pulumi.Input[str]
    domains: pulumi.Input[Sequence[pulumi.Input[str]]]


class ExampleListSchema(SettingSchema):
    """The schema of an example list."""

    name = Text("The list's name.", required=True, minimum=1, maximum=MAX_TEXT, weakens=Way.NEVER)
    domains = SetOf("The domains on the list.", DomainName(""), required=True, weakens=Way.REMOVAL)
    severity = Choice("How much a match counts.", get_args(Severity), default="LOW", weakens="LOW")
    weight = Whole("The order among lists of one severity.", minimum=1, maximum=100, weakens=Way.ANY)
    comments = comments()


@dataclass(frozen=True, kw_only=True)
class ExampleListResult(Result):
    """An example list as the API answers it."""

    name: str
    domains: list[str]
    severity: str
    weight: int | None
    comments: str | None
    matches: int | None


SETTING = Setting(
    kind="example_list",
    title="example list",
    collection="example_lists",
    schema_class=ExampleListSchema,
    result_class=ExampleListResult,
    key=("name",),
    key_filters=("name",),
    protects=True,
    volatile=frozenset({"matches"}),
)


class ExampleList(EntryResource, setting=SETTING):
    """An example list: mail from its `domains` counts as `severity` says.

    ```python
    email_security.ExampleList("new", name="New", domains=["evil.example"], severity="HIGH")
    ```
    """

    name: pulumi.Output[str]
    domains: pulumi.Output[list[str]]
    severity: pulumi.Output[str]
    weight: pulumi.Output[int | None]
    comments: pulumi.Output[str | None]

    @overload
    def __init__(
        self, resource_name: str, args: ExampleListArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class ExampleLists(Collection[ExampleListEntry, ExampleListArgs, ExampleListResult], setting=SETTING):
    """Example lists, as many as there are, as one resource.

    ```python
    email_security.ExampleLists("all", entries={"New": {"domains": ["evil.example"]}})
    ```
    """


class _Key(ById, total=False):
    """What an example list is looked up by."""

    name: pulumi.Input[str] | None


class _Filters(OfAccount, total=False):
    """What the list of them may be narrowed to, and its order."""

    severity: pulumi.Input[Severity] | None


@look_up
def get_example_list(**by: Unpack[_Key]) -> ExampleListResult:
    """An example list, by `id` or by `name`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, ExampleListResult, by)


@look_up
def list_example_lists(**filters: Unpack[_Filters]) -> list[ExampleListResult]:
    """All example lists that fit the filters."""
    return list_all(SETTING, ExampleListResult, filters)


get_example_list_output = with_outputs(get_example_list)
list_example_lists_output = with_outputs(list_example_lists)
