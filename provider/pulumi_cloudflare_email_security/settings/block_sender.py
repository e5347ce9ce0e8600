"""Blocked senders: mail that matches is treated as malicious.

Endpoint: `/accounts/{account_id}/email-security/settings/block_senders`. Natural key: `pattern_type` and
`pattern`. Delete removes the entry: mail from the sender is judged as any other again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Required, Unpack

import pulumi

from ..dynamic.lookups import get_entry, list_entries, output_form
from ..dynamic.resources import CollectionOptions, CollectionResource, Entries, EntryArgs, EntryResource
from ..model.schema import PatternSchema, comments
from ..model.setting import Result, Setting


class BlockSenderArgs(EntryArgs, total=False):
    """The arguments of a blocked sender; `BlockSenderSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]
    pattern_type: Required[pulumi.Input[Literal["EMAIL", "DOMAIN", "IP"]]]
    is_regex: pulumi.Input[bool]
    comments: pulumi.Input[str] | None


class BlockSenderSchema(PatternSchema):
    """The schema of a blocked sender."""

    comments = comments()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSenderResult(Result):
    """A blocked sender as the API answers it."""

    pattern: str
    pattern_type: str
    is_regex: bool
    comments: str | None
    created_at: str | None
    modified_at: str | None


SETTING = Setting(
    kind="block_sender",
    title="blocked sender",
    collection="block_senders",
    schema_class=BlockSenderSchema,
    result_class=BlockSenderResult,
    key=("pattern_type", "pattern"),
    key_filters=("pattern_type", "pattern"),
    protects=True,
    columns={"blocked_sender": "pattern", "blocked_sender_type": "pattern_type", "notes": "comments"},
)


class BlockSender(EntryResource, module="cloudflare-email-security", name="BlockSender"):
    """A blocked sender: mail that matches `pattern` is treated as malicious.

    ```python
    email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN")
    ```
    """

    setting: ClassVar[Setting] = SETTING

    pattern: pulumi.Output[str]
    pattern_type: pulumi.Output[str]
    is_regex: pulumi.Output[bool]
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
        **args: Unpack[BlockSenderArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class BlockSenders(CollectionResource, module="cloudflare-email-security", name="BlockSenders"):
    """Blocked senders, as many as there are, as one resource.

    ```python
    email_security.BlockSenders("blocklist", entries=email_security.read_entries("blocklist.csv"), mode="exclusive")
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "block_senders"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[BlockSenderArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_block_sender(
    *, id: str | None = None, pattern_type: str | None = None, pattern: str | None = None, account_id: str | None = None
) -> BlockSenderResult:
    """A blocked sender, by `id` or by `pattern_type` and `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, BlockSenderResult, account_id, id, pattern_type=pattern_type, pattern=pattern)


def get_block_sender_output(
    *,
    id: pulumi.Input[str] | None = None,
    pattern_type: pulumi.Input[str] | None = None,
    pattern: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[BlockSenderResult]:
    """`get_block_sender` for arguments that are outputs."""
    return output_form(get_block_sender, id=id, pattern_type=pattern_type, pattern=pattern, account_id=account_id)


def list_block_senders(
    *,
    pattern: str | None = None,
    pattern_type: Literal["EMAIL", "DOMAIN", "IP"] | None = None,
    search: str | None = None,
    order: Literal["pattern", "created_at"] | None = None,
    direction: Literal["asc", "desc"] | None = None,
    account_id: str | None = None,
) -> list[BlockSenderResult]:
    """All blocked senders that fit the filters. `search` is the API's full-text search."""
    return list_entries(
        SETTING,
        BlockSenderResult,
        account_id,
        pattern=pattern,
        pattern_type=pattern_type,
        search=search,
        order=order,
        direction=direction,
    )


def list_block_senders_output(
    *,
    pattern: pulumi.Input[str] | None = None,
    pattern_type: pulumi.Input[Literal["EMAIL", "DOMAIN", "IP"]] | None = None,
    search: pulumi.Input[str] | None = None,
    order: pulumi.Input[Literal["pattern", "created_at"]] | None = None,
    direction: pulumi.Input[Literal["asc", "desc"]] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[BlockSenderResult]]:
    """`list_block_senders` for arguments that are outputs."""
    return output_form(
        list_block_senders,
        pattern=pattern,
        pattern_type=pattern_type,
        search=search,
        order=order,
        direction=direction,
        account_id=account_id,
    )
