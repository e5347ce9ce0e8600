"""Trusted domains: partner domains that look alike or are new do not raise suspicion.

Endpoint: `/accounts/{account_id}/email-security/settings/trusted_domains`. Natural key: `pattern`. On
accounts without batch a collection creates by array. Delete removes the entry: the domain is judged as any other again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Required, Unpack, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByPattern, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Flag, Pattern
from ..model.schema import MAX_TEXT, SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class _Fields(EntryArgs, total=False):
    """The arguments of a trusted domain that may be left out."""

    is_regex: pulumi.Input[bool]
    is_recent: pulumi.Input[bool]
    is_similarity: pulumi.Input[bool]
    comments: pulumi.Input[str | None]


class TrustedDomainArgs(_Fields, total=False):
    """The arguments of a trusted domain; `TrustedDomainSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]


class _Inputs(TrustedDomainArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class TrustedDomainEntry(_Fields, CollectionEntry, total=False):
    """A trusted domain in a collection, where defaults or the map's key may say any of it."""

    pattern: pulumi.Input[str]


class TrustedDomainSchema(SettingSchema):
    """The schema of a trusted domain."""

    pattern = Pattern(
        "The domain, or a regular expression where `is_regex` is true.",
        required=True,
        minimum=1,
        maximum=MAX_TEXT,
        regex_if="is_regex",
        form="TEXT",
        weakens=Way.MATCH,
    )
    is_regex = Flag("Whether the pattern is a regular expression.", default=False, weakens=Way.MATCH)
    is_recent = Flag(
        "Keeps a recently registered domain from triggering Suspicious or Malicious.", default=False, weakens=True
    )
    is_similarity = Flag(
        "For partner domains spelt like your own: keeps them from triggering Spoof.", default=False, weakens=True
    )
    comments = comments()


@dataclass(frozen=True, kw_only=True)
class TrustedDomainResult(Result):
    """A trusted domain as the API answers it."""

    pattern: str
    is_regex: bool
    is_recent: bool
    is_similarity: bool
    comments: str | None


SETTING = Setting(
    kind="trusted_domain",
    title="trusted domain",
    collection="trusted_domains",
    schema_class=TrustedDomainSchema,
    result_class=TrustedDomainResult,
    key=("pattern",),
    key_filters=("pattern",),
    protects=False,
    array_create=True,
    columns={"domain": "pattern", "proximity": "is_similarity", "new": "is_recent", "notes": "comments"},
)


class TrustedDomain(EntryResource, setting=SETTING):
    """A trusted domain: it may look like one of yours, or be newly registered, without raising suspicion.

    ```python
    email_security.TrustedDomain("partner", pattern="partner.example", is_similarity=True)
    ```
    """

    pattern: pulumi.Output[str]
    is_regex: pulumi.Output[bool]
    is_recent: pulumi.Output[bool]
    is_similarity: pulumi.Output[bool]
    comments: pulumi.Output[str | None]

    @overload
    def __init__(
        self, resource_name: str, args: TrustedDomainArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class TrustedDomains(Collection[TrustedDomainEntry, TrustedDomainArgs, TrustedDomainResult], setting=SETTING):
    """Trusted domains, as many as there are, as one resource.

    ```python
    email_security.TrustedDomains("partners", entries={"partner.example": {"is_similarity": True}})
    ```
    """


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    pattern: pulumi.Input[str] | None
    is_recent: pulumi.Input[bool] | None
    is_similarity: pulumi.Input[bool] | None
    order: pulumi.Input[Literal["pattern", "created_at"]] | None


@look_up
def get_trusted_domain(**by: Unpack[ByPattern]) -> TrustedDomainResult:
    """A trusted domain, by `id` or by `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, TrustedDomainResult, by)


@look_up
def list_trusted_domains(**filters: Unpack[_Filters]) -> list[TrustedDomainResult]:
    """All trusted domains that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, TrustedDomainResult, filters)


get_trusted_domain_output = with_outputs(get_trusted_domain)
list_trusted_domains_output = with_outputs(list_trusted_domains)
