"""Trusted domains: partner domains that look alike or are new do not raise suspicion.

Endpoint: `/accounts/{account_id}/email-security/settings/trusted_domains`. Natural key: `pattern`. On
accounts without batch a collection creates by array. Delete removes the entry: the domain is judged as any other again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Required, Unpack

import pulumi

from ..dynamic.lookups import get_entry, list_entries, output_form
from ..dynamic.resources import CollectionOptions, CollectionResource, Entries, EntryArgs, EntryResource
from ..model.fields import Flag, Pattern
from ..model.schema import MAX_TEXT, SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class TrustedDomainArgs(EntryArgs, total=False):
    """The arguments of a trusted domain; `TrustedDomainSchema` says what each may be."""

    pattern: Required[pulumi.Input[str]]
    is_regex: pulumi.Input[bool]
    is_recent: pulumi.Input[bool]
    is_similarity: pulumi.Input[bool]
    comments: pulumi.Input[str] | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedDomainResult(Result):
    """A trusted domain as the API answers it."""

    pattern: str
    is_regex: bool
    is_recent: bool
    is_similarity: bool
    comments: str | None
    created_at: str | None
    modified_at: str | None


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


class TrustedDomain(EntryResource, module="cloudflare-email-security", name="TrustedDomain"):
    """A trusted domain: it may look like one of yours, or be newly registered, without raising suspicion.

    ```python
    email_security.TrustedDomain("partner", pattern="partner.example", is_similarity=True)
    ```
    """

    setting: ClassVar[Setting] = SETTING

    pattern: pulumi.Output[str]
    is_regex: pulumi.Output[bool]
    is_recent: pulumi.Output[bool]
    is_similarity: pulumi.Output[bool]
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
        **args: Unpack[TrustedDomainArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class TrustedDomains(CollectionResource, module="cloudflare-email-security", name="TrustedDomains"):
    """Trusted domains, as many as there are, as one resource.

    ```python
    email_security.TrustedDomains("partners", entries={"partner.example": {"is_similarity": True}})
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "trusted_domains"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[TrustedDomainArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_trusted_domain(
    *, id: str | None = None, pattern: str | None = None, account_id: str | None = None
) -> TrustedDomainResult:
    """A trusted domain, by `id` or by `pattern`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, TrustedDomainResult, account_id, id, pattern=pattern)


def get_trusted_domain_output(
    *,
    id: pulumi.Input[str] | None = None,
    pattern: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[TrustedDomainResult]:
    """`get_trusted_domain` for arguments that are outputs."""
    return output_form(get_trusted_domain, id=id, pattern=pattern, account_id=account_id)


def list_trusted_domains(
    *,
    pattern: str | None = None,
    is_recent: bool | None = None,
    is_similarity: bool | None = None,
    search: str | None = None,
    order: Literal["pattern", "created_at"] | None = None,
    direction: Literal["asc", "desc"] | None = None,
    account_id: str | None = None,
) -> list[TrustedDomainResult]:
    """All trusted domains that fit the filters. `search` is the API's full-text search."""
    return list_entries(
        SETTING,
        TrustedDomainResult,
        account_id,
        pattern=pattern,
        is_recent=is_recent,
        is_similarity=is_similarity,
        search=search,
        order=order,
        direction=direction,
    )


def list_trusted_domains_output(
    *,
    pattern: pulumi.Input[str] | None = None,
    is_recent: pulumi.Input[bool] | None = None,
    is_similarity: pulumi.Input[bool] | None = None,
    search: pulumi.Input[str] | None = None,
    order: pulumi.Input[Literal["pattern", "created_at"]] | None = None,
    direction: pulumi.Input[Literal["asc", "desc"]] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[TrustedDomainResult]]:
    """`list_trusted_domains` for arguments that are outputs."""
    return output_form(
        list_trusted_domains,
        pattern=pattern,
        is_recent=is_recent,
        is_similarity=is_similarity,
        search=search,
        order=order,
        direction=direction,
        account_id=account_id,
    )
