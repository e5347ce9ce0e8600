"""URL ignore patterns: matching URLs in mail are not rewritten.

Endpoint: `/accounts/{account_id}/email-security/settings/url_ignore_patterns` (2026 contract only). Natural key:
`pattern`. A collection sends one request an entry. Delete removes the pattern: matching URLs are rewritten again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Required, Unpack

import pulumi

from ..dynamic.lookups import get_entry, list_entries, output_form
from ..dynamic.resources import CollectionOptions, CollectionResource, Entries, EntryArgs, EntryResource
from ..model.fields import Regex
from ..model.schema import MAX_TEXT, SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class UrlIgnorePatternArgs(EntryArgs, total=False):
    """The arguments of a URL ignore pattern; `UrlIgnorePatternSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]
    comments: pulumi.Input[str] | None


class UrlIgnorePatternSchema(SettingSchema):
    """The schema of a URL ignore pattern."""

    pattern = Regex(
        "The regular expression that URLs are matched with.",
        required=True,
        minimum=1,
        maximum=MAX_TEXT,
        weakens=Way.MATCH,
    )
    comments = comments()


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlIgnorePatternResult(Result):
    """A URL ignore pattern as the API answers it."""

    pattern: str
    comments: str | None
    created_at: str | None
    modified_at: str | None


SETTING = Setting(
    kind="url_ignore_pattern",
    title="URL ignore pattern",
    collection="url_ignore_patterns",
    schema_class=UrlIgnorePatternSchema,
    result_class=UrlIgnorePatternResult,
    key=("pattern",),
    protects=False,
    order=None,
    batch=frozenset(),
)


class UrlIgnorePattern(EntryResource, module="cloudflare-email-security", name="UrlIgnorePattern"):
    r"""A URL ignore pattern: URLs that match it are not rewritten in mail.

    ```python
    email_security.UrlIgnorePattern("intranet", pattern=r"https://intranet\.corp\.example/.*")
    ```
    """

    setting: ClassVar[Setting] = SETTING

    pattern: pulumi.Output[str]
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
        **args: Unpack[UrlIgnorePatternArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class UrlIgnorePatterns(CollectionResource, module="cloudflare-email-security", name="UrlIgnorePatterns"):
    r"""URL ignore patterns, as many as there are, as one resource.

    ```python
    email_security.UrlIgnorePatterns("own", entries=[{"pattern": r"https://intranet\.corp\.example/.*"}])
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "url_ignore_patterns"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[UrlIgnorePatternArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_url_ignore_pattern(
    *, id: str | None = None, pattern: str | None = None, account_id: str | None = None
) -> UrlIgnorePatternResult:
    """A URL ignore pattern, by `id` or by `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, UrlIgnorePatternResult, account_id, id, pattern=pattern)


def get_url_ignore_pattern_output(
    *,
    id: pulumi.Input[str] | None = None,
    pattern: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[UrlIgnorePatternResult]:
    """`get_url_ignore_pattern` for arguments that are outputs."""
    return output_form(get_url_ignore_pattern, id=id, pattern=pattern, account_id=account_id)


def list_url_ignore_patterns(
    *,
    account_id: str | None = None,
) -> list[UrlIgnorePatternResult]:
    """All URL ignore patterns."""
    return list_entries(SETTING, UrlIgnorePatternResult, account_id)


def list_url_ignore_patterns_output(
    *,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[UrlIgnorePatternResult]]:
    """`list_url_ignore_patterns` for arguments that are outputs."""
    return output_form(list_url_ignore_patterns, account_id=account_id)
