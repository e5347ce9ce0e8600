"""Sending domain restrictions: mail from a domain that comes without TLS is dropped.

Endpoint: `/accounts/{account_id}/email-security/settings/sending_domain_restrictions` (2026 contract only).
Natural key: `domain`. Its batch deletes only. Delete removes the restriction: mail from the domain is accepted
without TLS again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Required, Unpack, overload

import pulumi

from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByDomain, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import DomainName, SetOf
from ..model.schema import SettingSchema, comments
from ..model.setting import Result, Setting
from ..model.weakening import Way


class _Fields(EntryArgs, total=False):
    """The arguments of a sending domain restriction that may be left out."""

    exclude: pulumi.Input[Sequence[pulumi.Input[str]]]
    comments: pulumi.Input[str | None]


class SendingDomainRestrictionArgs(_Fields, total=False):
    """The arguments of a sending domain restriction; `SendingDomainRestrictionSchema` says what each may be."""

    domain: Required[pulumi.Input[str]]


class _Inputs(SendingDomainRestrictionArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class SendingDomainRestrictionEntry(_Fields, CollectionEntry, total=False):
    """A sending domain restriction in a collection, where defaults or the map's key may say any of it."""

    domain: pulumi.Input[str]


class SendingDomainRestrictionSchema(SettingSchema):
    """The schema of a sending domain restriction."""

    domain = DomainName("The sending domain.", required=True, weakens=Way.MATCH)
    exclude = SetOf("Subdomains that the restriction leaves out.", DomainName(""), default=[], weakens=Way.ADDITION)
    comments = comments()


@dataclass(frozen=True, kw_only=True)
class SendingDomainRestrictionResult(Result):
    """A sending domain restriction as the API answers it."""

    domain: str
    exclude: list[str]
    comments: str | None


SETTING = Setting(
    kind="sending_domain_restriction",
    title="sending domain restriction",
    collection="sending_domain_restrictions",
    schema_class=SendingDomainRestrictionSchema,
    result_class=SendingDomainRestrictionResult,
    key=("domain",),
    protects=True,
    since="2026",
    batch=frozenset({"deletes"}),
)


class SendingDomainRestriction(EntryResource, setting=SETTING):
    """A sending domain restriction: mail from `domain` that comes without TLS is dropped.

    ```python
    email_security.SendingDomainRestriction("bank", domain="bank.example", exclude=["news.bank.example"])
    ```
    """

    domain: pulumi.Output[str]
    exclude: pulumi.Output[list[str]]
    comments: pulumi.Output[str | None]

    @overload
    def __init__(
        self,
        resource_name: str,
        args: SendingDomainRestrictionArgs,
        opts: Options = None,
        **options: Unpack[EntryOptions],
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class SendingDomainRestrictions(
    Collection[SendingDomainRestrictionEntry, SendingDomainRestrictionArgs, SendingDomainRestrictionResult],
    setting=SETTING,
):
    """Sending domain restrictions, as many as there are, as one resource.

    ```python
    email_security.SendingDomainRestrictions("tls", entries=[{"domain": "bank.example"}, {"domain": "tax.example"}])
    ```
    """


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    order: pulumi.Input[Literal["domain", "created_at"]] | None


@look_up
def get_sending_domain_restriction(**by: Unpack[ByDomain]) -> SendingDomainRestrictionResult:
    """A sending domain restriction, by `id` or by `domain`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, SendingDomainRestrictionResult, by)


@look_up
def list_sending_domain_restrictions(**filters: Unpack[_Filters]) -> list[SendingDomainRestrictionResult]:
    """All restrictions that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, SendingDomainRestrictionResult, filters)


get_sending_domain_restriction_output = with_outputs(get_sending_domain_restriction)
list_sending_domain_restrictions_output = with_outputs(list_sending_domain_restrictions)
