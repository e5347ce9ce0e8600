"""Content policies: mail whose subject or body matches a regular expression is caught.

Endpoint: `/accounts/{account_id}/email-security/settings/content_policies` (2026 contract only). Natural key:
`name`. Delete removes the policy: mail is no longer matched against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Required, TypeAlias, Unpack, get_args, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ById, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Choice, Flag, Regex, Remark, SetOf, Text
from ..model.schema import SettingSchema
from ..model.setting import Result, Setting
from ..model.weakening import Way

Target: TypeAlias = Literal["SUBJECT", "BODY"]


class _Fields(EntryArgs, total=False):
    """The arguments of a content policy that may be left out."""

    enabled: pulumi.Input[bool]
    notes: pulumi.Input[str | None]


class ContentPolicyArgs(_Fields, total=False):
    """The arguments of a content policy; `ContentPolicySchema` says what each may be."""

    name: Required[pulumi.Input[str]]
    pattern: Required[pulumi.Input[str]]
    targets: Required[pulumi.Input[Sequence[pulumi.Input[Target]]]]


class _Inputs(ContentPolicyArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class ContentPolicyEntry(_Fields, CollectionEntry, total=False):
    """A content policy in a collection, where defaults or the map's key may say any of it."""

    name: pulumi.Input[str]
    pattern: pulumi.Input[str]
    targets: pulumi.Input[Sequence[pulumi.Input[Target]]]


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
        Choice("", get_args(Target)),
        required=True,
        weakens=Way.REMOVAL,
    )
    enabled = Flag("Whether the policy is in force.", default=True, weakens=False)
    notes = Remark(maximum=4096)


@dataclass(frozen=True, kw_only=True)
class ContentPolicyResult(Result):
    """A content policy as the API answers it."""

    name: str
    pattern: str
    targets: list[str]
    enabled: bool
    notes: str | None
    expires_at: str | None


SETTING = Setting(
    kind="content_policy",
    title="content policy",
    collection="content_policies",
    schema_class=ContentPolicySchema,
    result_class=ContentPolicyResult,
    key=("name",),
    key_filters=("name",),
    protects=True,
    since="2026",
)


class ContentPolicy(EntryResource, setting=SETTING):
    """A content policy: mail whose subject or body matches `pattern` is caught.

    ```python
    email_security.ContentPolicy("invoices", name="Invoices", pattern="(?i)overdue invoice", targets=["SUBJECT"])
    ```
    """

    name: pulumi.Output[str]
    pattern: pulumi.Output[str]
    targets: pulumi.Output[list[str]]
    enabled: pulumi.Output[bool]
    notes: pulumi.Output[str | None]
    expires_at: pulumi.Output[str | None]

    @overload
    def __init__(
        self, resource_name: str, args: ContentPolicyArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class ContentPolicies(Collection[ContentPolicyEntry, ContentPolicyArgs, ContentPolicyResult], setting=SETTING):
    """Content policies, as many as there are, as one resource.

    ```python
    email_security.ContentPolicies(
        "phrases", entries={"Overdue invoices": {"pattern": "(?i)overdue invoice", "targets": ["SUBJECT", "BODY"]}}
    )
    ```
    """


class _Key(ById, total=False):
    """What a content policy is looked up by."""

    name: pulumi.Input[str] | None


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    name: pulumi.Input[str] | None
    enabled: pulumi.Input[bool] | None
    order: pulumi.Input[Literal["name", "created_at"]] | None


@look_up
def get_content_policy(**by: Unpack[_Key]) -> ContentPolicyResult:
    """A content policy, by `id` or by `name`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, ContentPolicyResult, by)


@look_up
def list_content_policies(**filters: Unpack[_Filters]) -> list[ContentPolicyResult]:
    """All content policies that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, ContentPolicyResult, filters)


get_content_policy_output = with_outputs(get_content_policy)
list_content_policies_output = with_outputs(list_content_policies)
