"""Sending domain restrictions: mail from a domain that comes without TLS is dropped.

Endpoint: `/accounts/{account_id}/email-security/settings/sending_domain_restrictions` (2026 contract only).
Natural key: `domain`. Its batch deletes only. Delete removes the restriction: mail from the domain is accepted
without TLS again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Required, Unpack

import pulumi

from ..dynamic.lookups import get_entry, list_entries, output_form
from ..dynamic.resources import CollectionOptions, CollectionResource, Entries, EntryArgs, EntryResource
from ..model.fields import DomainName, SetOf
from ..model.schema import SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class SendingDomainRestrictionArgs(EntryArgs, total=False):
    """The arguments of a sending domain restriction; `SendingDomainRestrictionSchema` says what each may be."""

    domain: Required[pulumi.Input[str]]
    exclude: pulumi.Input[Sequence[pulumi.Input[str]]]
    comments: pulumi.Input[str] | None


class SendingDomainRestrictionSchema(SettingSchema):
    """The schema of a sending domain restriction."""

    domain = DomainName("The sending domain.", required=True, weakens=Way.MATCH)
    # marshmallow gives each schema an attribute of this name; its metaclass keeps the field apart.
    exclude = SetOf(  # type: ignore[assignment]
        "Subdomains that the restriction leaves out.", DomainName(""), default=[], weakens=Way.ADDITION
    )
    comments = comments()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDomainRestrictionResult(Result):
    """A sending domain restriction as the API answers it."""

    domain: str
    exclude: list[str]
    comments: str | None
    created_at: str | None
    modified_at: str | None


SETTING = Setting(
    kind="sending_domain_restriction",
    title="sending domain restriction",
    collection="sending_domain_restrictions",
    schema_class=SendingDomainRestrictionSchema,
    result_class=SendingDomainRestrictionResult,
    key=("domain",),
    protects=True,
    batch=frozenset({"deletes"}),
)


class SendingDomainRestriction(EntryResource, module="cloudflare-email-security", name="SendingDomainRestriction"):
    """A sending domain restriction: mail from `domain` that comes without TLS is dropped.

    ```python
    email_security.SendingDomainRestriction("bank", domain="bank.example", exclude=["news.bank.example"])
    ```
    """

    setting: ClassVar[Setting] = SETTING

    domain: pulumi.Output[str]
    exclude: pulumi.Output[list[str]]
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
        **args: Unpack[SendingDomainRestrictionArgs],
    ) -> None:
        super().__init__(resource_name, opts, account_id, adopt, args)


class SendingDomainRestrictions(
    CollectionResource, module="cloudflare-email-security", name="SendingDomainRestrictions"
):
    """Sending domain restrictions, as many as there are, as one resource.

    ```python
    email_security.SendingDomainRestrictions("tls", entries=[{"domain": "bank.example"}, {"domain": "tax.example"}])
    ```
    """

    setting: ClassVar[Setting] = SETTING
    kind: ClassVar[str] = "sending_domain_restrictions"

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        entries: Entries[SendingDomainRestrictionArgs],
        **options: Unpack[CollectionOptions],
    ) -> None:
        super().__init__(resource_name, opts, entries, options)


def get_sending_domain_restriction(
    *, id: str | None = None, domain: str | None = None, account_id: str | None = None
) -> SendingDomainRestrictionResult:
    """A sending domain restriction, by `id` or by `domain`. Raises NoMatchError or SeveralMatchesError."""
    return get_entry(SETTING, SendingDomainRestrictionResult, account_id, id, domain=domain)


def get_sending_domain_restriction_output(
    *,
    id: pulumi.Input[str] | None = None,
    domain: pulumi.Input[str] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[SendingDomainRestrictionResult]:
    """`get_sending_domain_restriction` for arguments that are outputs."""
    return output_form(get_sending_domain_restriction, id=id, domain=domain, account_id=account_id)


def list_sending_domain_restrictions(
    *,
    search: str | None = None,
    order: Literal["domain", "created_at"] | None = None,
    direction: Literal["asc", "desc"] | None = None,
    account_id: str | None = None,
) -> list[SendingDomainRestrictionResult]:
    """All restrictions that fit the filters. `search` is the API's full-text search."""
    return list_entries(
        SETTING, SendingDomainRestrictionResult, account_id, search=search, order=order, direction=direction
    )


def list_sending_domain_restrictions_output(
    *,
    search: pulumi.Input[str] | None = None,
    order: pulumi.Input[Literal["domain", "created_at"]] | None = None,
    direction: pulumi.Input[Literal["asc", "desc"]] | None = None,
    account_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[SendingDomainRestrictionResult]]:
    """`list_sending_domain_restrictions` for arguments that are outputs."""
    return output_form(
        list_sending_domain_restrictions, search=search, order=order, direction=direction, account_id=account_id
    )
