"""Blocked senders: mail that matches is treated as malicious.

Endpoint: `/accounts/{account_id}/email-security/settings/block_senders`. Natural key: `pattern_type` and
`pattern`. Delete removes the entry: mail from the sender is judged as any other again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Required, Unpack, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByTypedPattern, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.schema import PatternSchema, PatternType, comments
from ..model.setting import Result, Setting


class _Fields(EntryArgs, total=False):
    """The arguments of a blocked sender that may be left out."""

    is_regex: pulumi.Input[bool]
    comments: pulumi.Input[str | None]


class BlockSenderArgs(_Fields, total=False):
    """The arguments of a blocked sender; `BlockSenderSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]
    pattern_type: Required[pulumi.Input[PatternType]]


class _Inputs(BlockSenderArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class BlockSenderEntry(_Fields, CollectionEntry, total=False):
    """A blocked sender in a collection, where defaults or the map's key may say any of it."""

    pattern: pulumi.Input[str]
    pattern_type: pulumi.Input[PatternType]


class BlockSenderSchema(PatternSchema):
    """The schema of a blocked sender."""

    comments = comments()


@dataclass(frozen=True, kw_only=True)
class BlockSenderResult(Result):
    """A blocked sender as the API answers it."""

    pattern: str
    pattern_type: str
    is_regex: bool
    comments: str | None


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


class BlockSender(EntryResource, setting=SETTING):
    """A blocked sender: mail that matches `pattern` is treated as malicious.

    ```python
    email_security.BlockSender("phisher", pattern="evil.example", pattern_type="DOMAIN")
    ```
    """

    pattern: pulumi.Output[str]
    pattern_type: pulumi.Output[str]
    is_regex: pulumi.Output[bool]
    comments: pulumi.Output[str | None]

    @overload
    def __init__(
        self, resource_name: str, args: BlockSenderArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class BlockSenders(Collection[BlockSenderEntry, BlockSenderArgs, BlockSenderResult], setting=SETTING):
    """Blocked senders, as many as there are, as one resource.

    ```python
    email_security.BlockSenders("blocklist", entries=email_security.read_entries("blocklist.csv"), mode="exclusive")
    ```
    """


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    pattern: pulumi.Input[str] | None
    pattern_type: pulumi.Input[PatternType] | None
    order: pulumi.Input[Literal["pattern", "created_at"]] | None


@look_up
def get_block_sender(**by: Unpack[ByTypedPattern]) -> BlockSenderResult:
    """A blocked sender, by `id` or by `pattern_type` and `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, BlockSenderResult, by)


@look_up
def list_block_senders(**filters: Unpack[_Filters]) -> list[BlockSenderResult]:
    """All blocked senders that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, BlockSenderResult, filters)


get_block_sender_output = with_outputs(get_block_sender)
list_block_senders_output = with_outputs(list_block_senders)
