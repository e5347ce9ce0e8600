"""Content policies: mail whose subject or body matches a regular expression is caught.

Endpoint: `/accounts/{account_id}/email-security/settings/content_policies` (2026 contract only). Natural key:
`name`. Delete removes the policy: mail is no longer matched against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Required, Unpack

import pulumi

from ..dynamic.lookups import get_entry, list_entries, output_form
from ..dynamic.resources import CollectionOptions, CollectionResource, Entries, EntryArgs, EntryResource
from ..model.fields import Choice, Flag, Regex, Remark, SetOf, Text
from ..model.schema import SettingSchema
from ..model.setting import Result, Setting
from ..model.weakening import Way


class ContentPolicyArgs(EntryArgs, total=False):
    """The arguments of a content policy; `ContentPolicySchema` says what each may be."""

    name: Required[pulumi.Input[str]]
    pattern: Required[pulumi.Input[str]]
    targets: Required[pulumi.Input[Sequence[pulumi.Input[Literal["SUBJECT", "BODY"]]]]]
    enabled: pulumi.Input[bool]
    notes: pulumi.Input[str] | None


class ContentPolicySchema(SettingSchema):
    """The schema of a content policy."""

    not_settable: ClassVar[Mapping[str, str]] = {
        "expires_at": "is known to some descriptions of the API only: it is read, but cannot be set. In a collection, "
        "`expires` takes an entry out after its day"
    }

    name = Text("The policy's name.", required=True, minimum=1, maximum=256, weakens=Way.NEVER)
    pattern = Regex(
        "The regular expression that the targets are matched with.",
        required=True,
        minimum=1,
        maximum=2048,
        weakens=Way.MATCH,
    )
    targets = SetOf(
        "The parts of a message that are matched.",
        Choice("", ("SUBJECT", "BODY")),
        required=True,
        weakens=Way.REMOVAL,
    )
    enabled = Flag("Whether the policy is in force.", default=True, weakens=False)
    notes = Remark(maximum=4096)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPolicyResult(Result):
    """A content policy as the API answers it."""

    name: str
    pattern: str
    targets: list[str]
    enabled: bool
    notes: str | None
    expires_at: str | None
    created_at: str | None
    modified_at: str | None


SETTING = Setting(
    kind="content_policy",
    title="content policy",
    collection="content_policies",
    schema_class=ContentPolicySchema,
    result_class=ContentPolicyResult,
    key=("name",),
    key_filters=("name",),
    protects=True,
)


class ContentPolicy(EntryResource, module="cloudflare-email-security", name="ContentPolicy"):
    """A content policy: mail whose subject or body matches `pattern` is caught.

    ```python
    email_security.ContentPolicy("invoices", name="Invoices", pattern="(?i)overdue invoice", targets=["SUBJECT"])
    ```
    """

    setting: ClassVar[Setting] = SETTING

    name: pulumi.Output[str]
    pattern: pulumi.Output[str]
    targets: pulumi.Output[list[str]]
    enabled: pulumi.Output[bool]
    notes: pulumi.Output[str | None]
    expires_at: pulumi.Output[str | None]
    created_at: pulumi.Output[str]
    modified_at: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        account_id: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        **args: Unpack[ContentPolicyArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class ContentPolicies(CollectionResource, module="cloudflare-email-security", name="ContentPolicies"):
    """Content policies, as many as there are, as one resource.

    ```python
    email_security.ContentPolicies(
        "phrases", entries={"Overdue invoices": {"pattern": "(?i)overdue invoice", "targets": ["SUBJECT", "BODY"]}}
    )
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "content_policies"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[ContentPolicyArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_content_policy(
    *, id: str | None = None, name: str | None = None, account_id: str | None = None
) -> ContentPolicyResult:
    """A content policy, by `id` or by `name`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, ContentPolicyResult, account_id, id, name=name)


def get_content_policy_output(
    *,
    id: pulumi.Input[str] | None = None,
    name: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[ContentPolicyResult]:
    """`get_content_policy` for arguments that are outputs."""
    return output_form(get_content_policy, id=id, name=name, account_id=account_id)


def list_content_policies(
    *,
    name: str | None = None,
    enabled: bool | None = None,
    search: str | None = None,
    order: Literal["name", "created_at"] | None = None,
    direction: Literal["asc", "desc"] | None = None,
    account_id: str | None = None,
) -> list[ContentPolicyResult]:
    """All content policies that fit the filters. `search` is the API's full-text search."""
    return list_entries(
        SETTING,
        ContentPolicyResult,
        account_id,
        name=name,
        enabled=enabled,
        search=search,
        order=order,
        direction=direction,
    )


def list_content_policies_output(
    *,
    name: pulumi.Input[str] | None = None,
    enabled: pulumi.Input[bool] | None = None,
    search: pulumi.Input[str] | None = None,
    order: pulumi.Input[Literal["name", "created_at"]] | None = None,
    direction: pulumi.Input[Literal["asc", "desc"]] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[ContentPolicyResult]]:
    """`list_content_policies` for arguments that are outputs."""
    return output_form(
        list_content_policies,
        name=name,
        enabled=enabled,
        search=search,
        order=order,
        direction=direction,
        account_id=account_id,
    )
