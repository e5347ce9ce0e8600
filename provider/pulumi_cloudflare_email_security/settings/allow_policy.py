"""Allow policies: mail that matches is exempt from detections.

Endpoint: `/accounts/{account_id}/email-security/settings/allow_policies`. Natural key: `pattern_type` and
`pattern`. Delete removes the policy: the mail it exempted is scanned again. `is_recipient`, `is_sender` and
`is_spoof` are deprecated (end of life 2026-07-01): read if they come, never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Required, Unpack, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByTypedPattern, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Flag
from ..model.schema import PatternSchema, PatternType, comments
from ..model.setting import Result, Setting


class _Fields(EntryArgs, total=False):
    """The arguments of an allow policy that may be left out."""

    is_regex: pulumi.Input[bool]
    is_acceptable_sender: pulumi.Input[bool]
    is_exempt_recipient: pulumi.Input[bool]
    is_trusted_sender: pulumi.Input[bool]
    verify_sender: pulumi.Input[bool]
    comments: pulumi.Input[str | None]


class AllowPolicyArgs(_Fields, total=False):
    """The arguments of an allow policy; `AllowPolicySchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]
    pattern_type: Required[pulumi.Input[PatternType]]


class _Inputs(AllowPolicyArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class AllowPolicyEntry(_Fields, CollectionEntry, total=False):
    """An allow policy in a collection, where defaults or the map's key may say any of it."""

    pattern: pulumi.Input[str]
    pattern_type: pulumi.Input[PatternType]


class AllowPolicySchema(PatternSchema):
    """The schema of an allow policy."""

    not_settable: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("is_recipient", "is_sender", "is_spoof"),
        "is deprecated by the API: use is_exempt_recipient, is_trusted_sender or is_acceptable_sender",
    )

    is_acceptable_sender = Flag(
        "Exempts messages from this sender from Spam, Spoof and Bulk, but not from Malicious or Suspicious.",
        default=False,
        weakens=True,
    )
    is_exempt_recipient = Flag("Messages to this recipient bypass all detections.", default=False, weakens=True)
    is_trusted_sender = Flag(
        "Messages from this sender bypass all detections and link following.", default=False, weakens=True
    )
    verify_sender = Flag(
        "Honours the policy only for mail that passes DMARC, SPF or DKIM.", default=True, weakens=False
    )
    comments = comments()


@dataclass(frozen=True, kw_only=True)
class AllowPolicyResult(Result):
    """An allow policy as the API answers it."""

    pattern: str
    pattern_type: str
    is_regex: bool
    is_acceptable_sender: bool
    is_exempt_recipient: bool
    is_trusted_sender: bool
    verify_sender: bool
    comments: str | None
    is_recipient: bool | None
    is_sender: bool | None
    is_spoof: bool | None


SETTING = Setting(
    kind="allow_policy",
    title="allow policy",
    collection="allow_policies",
    schema_class=AllowPolicySchema,
    result_class=AllowPolicyResult,
    key=("pattern_type", "pattern"),
    key_filters=("pattern_type", "pattern"),
    protects=False,
    # Cloudflare's page on CSV uploads lists the columns by other names than its example has.
    columns={
        "values": "pattern",
        "rule_type": "pattern_type",
        "verify_email": "verify_sender",
        "sender_verification": "verify_sender",
        "trusted_sender": "is_trusted_sender",
        "exempt_recipient": "is_exempt_recipient",
        "acceptable_sender": "is_acceptable_sender",
        "notes": "comments",
    },
)


class AllowPolicy(EntryResource, setting=SETTING):
    """An allow policy: mail that matches `pattern` is exempt from detections, as far as the flags say.

    ```python
    email_security.AllowPolicy("payroll", pattern="pay.example", pattern_type="DOMAIN", is_acceptable_sender=True)
    ```
    """

    pattern: pulumi.Output[str]
    pattern_type: pulumi.Output[str]
    is_regex: pulumi.Output[bool]
    is_acceptable_sender: pulumi.Output[bool]
    is_exempt_recipient: pulumi.Output[bool]
    is_trusted_sender: pulumi.Output[bool]
    verify_sender: pulumi.Output[bool]
    comments: pulumi.Output[str | None]
    is_recipient: pulumi.Output[bool | None]
    is_sender: pulumi.Output[bool | None]
    is_spoof: pulumi.Output[bool | None]

    @overload
    def __init__(
        self, resource_name: str, args: AllowPolicyArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class AllowPolicies(Collection[AllowPolicyEntry, AllowPolicyArgs, AllowPolicyResult], setting=SETTING):
    """Allow policies, as many as there are, as one resource.

    ```python
    email_security.AllowPolicies(
        "partners",
        defaults={"pattern_type": "DOMAIN", "is_acceptable_sender": True},
        entries=[{"pattern": "pay.example"}, {"pattern": "mail.example", "expires": "2027-06-30"}],
    )
    ```
    """


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    pattern: pulumi.Input[str] | None
    pattern_type: pulumi.Input[PatternType] | None
    is_acceptable_sender: pulumi.Input[bool] | None
    is_exempt_recipient: pulumi.Input[bool] | None
    is_trusted_sender: pulumi.Input[bool] | None
    verify_sender: pulumi.Input[bool] | None
    order: pulumi.Input[Literal["pattern", "created_at"]] | None


@look_up
def get_allow_policy(**by: Unpack[ByTypedPattern]) -> AllowPolicyResult:
    """An allow policy, by `id` or by `pattern_type` and `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, AllowPolicyResult, by)


@look_up
def list_allow_policies(**filters: Unpack[_Filters]) -> list[AllowPolicyResult]:
    """All allow policies that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, AllowPolicyResult, filters)


get_allow_policy_output = with_outputs(get_allow_policy)
list_allow_policies_output = with_outputs(list_allow_policies)
