"""Example lists: a ninth setting, which no API has, as CONTRIBUTING's worked example.

Endpoint: `/accounts/{account_id}/email-security/settings/example_lists` (2026 contract only). Natural key: `name`.
Delete removes the list: mail from its domains is judged as any other again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Required, TypedDict, Unpack

import pulumi

from pulumi_cloudflare_email_security.dynamic.lookups import get_entry, list_entries, output_form
from pulumi_cloudflare_email_security.dynamic.resources import (
    CollectionOptions,
    CollectionResource,
    Entries,
    EntryResource,
)
from pulumi_cloudflare_email_security.model.fields import Choice, DomainName, SetOf, Text, Whole
from pulumi_cloudflare_email_security.model.schema import MAX_TEXT, SettingSchema, comments
from pulumi_cloudflare_email_security.model.setting import Result, Setting


class ExampleListArgs(TypedDict, total=False):
    """The arguments of an example list; `ExampleListSchema` says what each may be."""

    name: Required[pulumi.Input[str]]
    domains: Required[pulumi.Input[Sequence[pulumi.Input[str]]]]
    severity: pulumi.Input[Literal["LOW", "HIGH"]]
    weight: pulumi.Input[int]
    comments: pulumi.Input[str] | None


class ExampleListSchema(SettingSchema):
    """The schema of an example list."""

    name = Text("The list's name.", required=True, minimum=1, maximum=MAX_TEXT)
    domains = SetOf("The domains on the list.", DomainName(""), required=True)
    severity = Choice("How much a match counts.", ("LOW", "HIGH"), default="LOW")
    weight = Whole("The order among lists of one severity.", minimum=1, maximum=100)
    comments = comments()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleListResult(Result):
    """An example list as the API answers it."""

    name: str
    domains: list[str]
    severity: str
    weight: int | None
    comments: str | None
    matches: int | None
    created_at: str | None
    modified_at: str | None


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


class ExampleList(EntryResource, module="cloudflare-email-security", name="ExampleList"):
    """An example list: mail from its `domains` counts as `severity` says.

    ```python
    email_security.ExampleList("new", name="New", domains=["evil.example"], severity="HIGH")
    ```
    """

    setting: ClassVar[Setting] = SETTING

    name: pulumi.Output[str]
    domains: pulumi.Output[list[str]]
    severity: pulumi.Output[str]
    weight: pulumi.Output[int | None]
    comments: pulumi.Output[str | None]
    created_at: pulumi.Output[str]
    modified_at: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        account_id: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        **args: Unpack[ExampleListArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class ExampleLists(CollectionResource, module="cloudflare-email-security", name="ExampleLists"):
    """Example lists, as many as there are, as one resource.

    ```python
    email_security.ExampleLists("all", entries={"New": {"domains": ["evil.example"]}})
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "example_lists"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[ExampleListArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_example_list(
    *, id: str | None = None, name: str | None = None, account_id: str | None = None
) -> ExampleListResult:
    """An example list, by `id` or by `name`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, ExampleListResult, account_id, id, name=name)


def get_example_list_output(
    *,
    id: pulumi.Input[str] | None = None,
    name: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[ExampleListResult]:
    """`get_example_list` for arguments that are outputs."""
    return output_form(get_example_list, id=id, name=name, account_id=account_id)


def list_example_lists(
    *, severity: Literal["LOW", "HIGH"] | None = None, account_id: str | None = None
) -> list[ExampleListResult]:
    """All example lists that fit the filters."""
    return list_entries(SETTING, ExampleListResult, account_id, severity=severity)


def list_example_lists_output(
    *,
    severity: pulumi.Input[Literal["LOW", "HIGH"]] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[ExampleListResult]]:
    """`list_example_lists` for arguments that are outputs."""
    return output_form(list_example_lists, severity=severity, account_id=account_id)
