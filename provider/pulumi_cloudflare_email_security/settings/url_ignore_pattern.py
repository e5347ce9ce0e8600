"""URL ignore patterns: matching URLs in mail are not rewritten.

Endpoint: `/accounts/{account_id}/email-security/settings/url_ignore_patterns` (2026 contract only). Natural key:
`pattern`. Not every source knows its batch: it is tried, and where there is none each entry is a request. Delete
removes the pattern: matching URLs are rewritten again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Required, Unpack, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByPattern, OfAccount, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Regex
from ..model.schema import MAX_TEXT, SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class _Fields(EntryArgs, total=False):
    """The arguments of a URL ignore pattern that may be left out."""

    comments: pulumi.Input[str | None]


class UrlIgnorePatternArgs(_Fields, total=False):
    """The arguments of a URL ignore pattern; `UrlIgnorePatternSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]


class _Inputs(UrlIgnorePatternArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class UrlIgnorePatternEntry(_Fields, CollectionEntry, total=False):
    """A URL ignore pattern in a collection, where defaults or the map's key may say any of it."""

    pattern: pulumi.Input[str]


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


@dataclass(frozen=True, kw_only=True)
class UrlIgnorePatternResult(Result):
    """A URL ignore pattern as the API answers it."""

    pattern: str
    comments: str | None


SETTING = Setting(
    kind="url_ignore_pattern",
    title="URL ignore pattern",
    collection="url_ignore_patterns",
    schema_class=UrlIgnorePatternSchema,
    result_class=UrlIgnorePatternResult,
    key=("pattern",),
    protects=False,
    since="2026",
    order=None,
    atomic_batch=False,
)


class UrlIgnorePattern(EntryResource, setting=SETTING):
    r"""A URL ignore pattern: URLs that match it are not rewritten in mail.

    ```python
    email_security.UrlIgnorePattern("intranet", pattern=r"https://intranet\.corp\.example/.*")
    ```
    """

    pattern: pulumi.Output[str]
    comments: pulumi.Output[str | None]

    @overload
    def __init__(
        self, resource_name: str, args: UrlIgnorePatternArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class UrlIgnorePatterns(
    Collection[UrlIgnorePatternEntry, UrlIgnorePatternArgs, UrlIgnorePatternResult], setting=SETTING
):
    r"""URL ignore patterns, as many as there are, as one resource.

    ```python
    email_security.UrlIgnorePatterns("own", entries=[{"pattern": r"https://intranet\.corp\.example/.*"}])
    ```
    """


@look_up
def get_url_ignore_pattern(**by: Unpack[ByPattern]) -> UrlIgnorePatternResult:
    """A URL ignore pattern, by `id` or by `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, UrlIgnorePatternResult, by)


@look_up
def list_url_ignore_patterns(**filters: Unpack[OfAccount]) -> list[UrlIgnorePatternResult]:
    """All URL ignore patterns."""
    return list_all(SETTING, UrlIgnorePatternResult, filters)


get_url_ignore_pattern_output = with_outputs(get_url_ignore_pattern)
list_url_ignore_patterns_output = with_outputs(list_url_ignore_patterns)
