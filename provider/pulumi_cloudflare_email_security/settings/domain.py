"""Protected domains: how mail to a domain is delivered, scanned and restricted.

Endpoint: `/accounts/{account_id}/email-security/settings/domains`. Natural key: `domain`, which cannot be changed.
The 2025 contract has no create: domains are onboarded in the dashboard, so a Domain adopts what exists; the
2026 contract can create one. Delete leaves the domain protected as it is, unless `unprotect_on_delete` was applied
before: then the API "unprotects" it, which cannot be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Required, TypeAlias, Unpack, get_args, overload

import pulumi

from ..client.errors import InvalidRequestError, NoSuchRouteError, RequestError, UnsupportedError
from ..client.pages import Entry
from ..dynamic.arguments import CollectionEntry, EntryArgs, EntryOptions, Options
from ..dynamic.functions import ByDomain, ListFilters, get_one, list_all, look_up, with_outputs
from ..dynamic.resources import Collection, EntryResource
from ..model.fields import Choice, Cidr, DomainName, Flag, SetOf, Uuid, Whole
from ..model.schema import SettingSchema
from ..model.setting import Result, Setting
from ..model.text import field_name
from ..model.weakening import Way

if TYPE_CHECKING:
    from ..client.endpoint import Endpoint
    from ..client.listing import Listing

DeliveryMode: TypeAlias = Literal["DIRECT", "BCC", "JOURNAL", "API", "RETRO_SCAN"]
Disposition: TypeAlias = Literal[
    "MALICIOUS", "MALICIOUS-BEC", "SUSPICIOUS", "SPOOF", "SPAM", "BULK", "ENCRYPTED", "EXTERNAL", "UNKNOWN", "NONE"
]
Folder: TypeAlias = Literal["AllItems", "Inbox"]
Region: TypeAlias = Literal["GLOBAL", "AU", "DE", "IN", "US"]
#: What the API needs to create a domain.
REQUIRED_TO_CREATE = ("allowed_delivery_modes", "drop_dispositions", "ip_restrictions", "regions")
ONBOARDING = "Cloudflare One dashboard, Email security > Settings > Domains"


class _Fields(EntryArgs, total=False):
    """The arguments of a protected domain that may be left out."""

    allowed_delivery_modes: pulumi.Input[Sequence[pulumi.Input[DeliveryMode]]]
    drop_dispositions: pulumi.Input[Sequence[pulumi.Input[str]]]
    ip_restrictions: pulumi.Input[Sequence[pulumi.Input[str]]]
    regions: pulumi.Input[Sequence[pulumi.Input[Region]]]
    lookback_hops: pulumi.Input[int]
    transport: pulumi.Input[str]
    folder: pulumi.Input[Folder | None]
    integration_id: pulumi.Input[str | None]
    require_tls_inbound: pulumi.Input[bool]
    require_tls_outbound: pulumi.Input[bool]
    unprotect_on_delete: pulumi.Input[bool]


class DomainArgs(_Fields, total=False):
    """The arguments of a protected domain; `DomainSchema` says what each may be."""

    domain: Required[pulumi.Input[str]]


class _Inputs(DomainArgs, EntryOptions, total=False):
    """The arguments by keyword, with the options of its resource."""


class DomainEntry(_Fields, CollectionEntry, total=False):
    """A protected domain in a collection, where defaults or the map's key may say any of it."""

    domain: pulumi.Input[str]


class DomainSchema(SettingSchema):
    """The schema of a protected domain."""

    domain = DomainName(
        "The domain. Another domain is another resource.", required=True, replaces=True, weakens=Way.MATCH
    )
    allowed_delivery_modes = SetOf(
        "The ways in which mail may be delivered to the scan.", Choice("", get_args(DeliveryMode)), weakens=Way.REMOVAL
    )
    drop_dispositions = SetOf(
        "The dispositions whose mail is dropped.", Choice("", get_args(Disposition)), weakens=Way.REMOVAL
    )
    ip_restrictions = SetOf(
        "The only ranges that mail is accepted from; empty accepts it from everywhere.", Cidr(""), weakens=Way.WIDENING
    )
    regions = SetOf("The regions that process the mail.", Choice("", get_args(Region)), weakens=Way.NEVER)
    lookback_hops = Whole(
        "How many hops to trace back through received headers.", minimum=1, maximum=20, weakens=Way.ANY
    )
    transport = DomainName("The mail host that scanned mail is handed to (delivery mode DIRECT).", weakens=Way.ANY)
    folder = Choice(
        "The mailbox folder to scan (delivery modes API and RETRO_SCAN); None detaches it.",
        get_args(Folder),
        nullable=True,
        weakens=("", "Inbox", "AllItems"),
    )
    integration_id = Uuid(
        "The CASB integration that authorises the domain; None detaches it.", nullable=True, weakens=Way.ANY
    )
    require_tls_inbound = Flag("Whether mail must come in over TLS.", weakens=False)
    require_tls_outbound = Flag("Whether mail must go out over TLS.", weakens=False)
    unprotect_on_delete = Flag(
        "Whether deleting this resource unprotects the domain, which cannot be undone. It must have been applied "
        "before the delete.",
        default=False,
        api=False,
        weakens=True,
    )


@dataclass(frozen=True, kw_only=True)
class DomainResult(Result):
    """A protected domain as the API answers it.

    Attributes:
        inbox_provider: where the mailboxes are: Microsoft or Google.
        o365_tenant_id: the tenant of a Microsoft integration.
        authorization: whether and when the domain was authorised (`authorized`, `timestamp`, `status_message`).
        dmarc_status: what its DMARC record is: none, good or invalid.
        spf_status: what its SPF record is: none, good, neutral, open or invalid.
        emails_processed: how many messages were processed, and up to when.
        status: how far the onboarding is: PENDING, ACTIVE, FAILED or TIMEOUT.

    """

    domain: str
    allowed_delivery_modes: list[str]
    drop_dispositions: list[str]
    ip_restrictions: list[str]
    regions: list[str]
    lookback_hops: int | None
    transport: str | None
    folder: str | None
    integration_id: str | None
    require_tls_inbound: bool | None
    require_tls_outbound: bool | None
    inbox_provider: str | None
    o365_tenant_id: str | None
    authorization: Mapping[str, Any] | None
    dmarc_status: str | None
    spf_status: str | None
    emails_processed: Mapping[str, Any] | None
    status: str | None


class _Domains(Setting):
    """Domains are adopted where they exist, and stay protected when their resource is deleted."""

    extra_output_names: ClassVar[tuple[str, ...]] = ("txt_record_name", "txt_record_value", "verification_status")

    def incomplete(self, fields: Mapping[str, Any]) -> str | None:
        """A domain that does not exist yet must be declared whole."""
        if not (missing := [field_name(name) for name in REQUIRED_TO_CREATE if name not in fields]):
            return None
        return (
            f"{fields['domain']} is not onboarded yet: onboard it first ({ONBOARDING}), "
            f"or declare {' and '.join(missing)} too, which a create needs"
        )

    def create(self, endpoint: Endpoint, fields: Mapping[str, Any]) -> Entry:
        """Create the domain where the account's API can."""
        try:
            return super().create(endpoint, fields)
        except NoSuchRouteError as error:
            raise UnsupportedError(
                f"{self.describe(fields)} is not onboarded, and this account's API cannot create domains "
                f"({error.status}) — onboard it first ({ONBOARDING}), then run again"
            ) from None

    def update(self, endpoint: Endpoint, id_: str, fields: Mapping[str, Any]) -> Entry:
        """Send what changed; where the API wants `ip_restrictions` in every PATCH, with those of the live entry."""
        try:
            return super().update(endpoint, id_, fields)
        except InvalidRequestError as error:
            # Published descriptions of the 2025 contract mark it as required. A 400 was not carried out.
            if "ip_restrictions" in fields or "ip_restrictions" not in str(error):
                raise
            live = endpoint.get(id_)
            return super().update(endpoint, id_, {**fields, "ip_restrictions": live.get("ip_restrictions") or []})

    def keeps_on_delete(self, outputs: Mapping[str, Any]) -> str | None:
        """Unprotecting cannot be undone, so it must have been asked for."""
        if outputs.get("unprotect_on_delete") is True:
            return None
        return (
            f"{self.title} {outputs.get('domain')} stays protected as it is: only the resource is deleted. To "
            "unprotect a domain, apply unprotect_on_delete=True before deleting it; that cannot be undone"
        )

    def extra_outputs(self, listing: Listing, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """The TXT record that verifies the domain; asked for until the verification has ended."""
        known = {name: recorded[name] for name in self.extra_output_names if recorded.get(name) is not None}
        lacking = listing.endpoint.lacking
        if str(known.get("verification_status", "PENDING")).upper() != "PENDING" or "verification" in lacking:
            return known
        try:
            verification = listing.by_id.verification(id_)
        except RequestError:
            # The domain itself is made or changed, and must be recorded; the next refresh asks again.
            return known
        if verification is None:
            # It was there before, or is verified by other means.
            return {**known, "verification_status": "NOT_REQUIRED"}
        answered = {**verification, "verification_status": verification.get("status")}
        return {name: answered[name] for name in self.extra_output_names if answered.get(name) is not None}


SETTING = _Domains(
    kind="domain",
    title="protected domain",
    collection="domains",
    schema_class=DomainSchema,
    result_class=DomainResult,
    key=("domain",),
    key_filters=("domain",),
    protects=True,
    # Domains are onboarded elsewhere.
    always_adopts=True,
    atomic_batch=False,
    bulk_delete=True,
    volatile=frozenset({"authorization", "dmarc_status", "spf_status", "emails_processed", "status"}),
)


class Domain(EntryResource, setting=SETTING):
    """A protected domain: adopted where it is onboarded, created where the API can.

    Fields that are not declared are left as they are. Deleting the resource leaves the domain protected unless
    `unprotect_on_delete=True` was applied before.

    ```python
    email_security.Domain("corp", domain="corp.example", drop_dispositions=["MALICIOUS", "SPAM"])
    ```
    """

    domain: pulumi.Output[str]
    allowed_delivery_modes: pulumi.Output[list[str]]
    drop_dispositions: pulumi.Output[list[str]]
    ip_restrictions: pulumi.Output[list[str]]
    regions: pulumi.Output[list[str]]
    lookback_hops: pulumi.Output[int | None]
    transport: pulumi.Output[str | None]
    folder: pulumi.Output[str | None]
    integration_id: pulumi.Output[str | None]
    require_tls_inbound: pulumi.Output[bool | None]
    require_tls_outbound: pulumi.Output[bool | None]
    inbox_provider: pulumi.Output[str | None]
    o365_tenant_id: pulumi.Output[str | None]
    txt_record_name: pulumi.Output[str]
    txt_record_value: pulumi.Output[str]
    verification_status: pulumi.Output[str]
    unprotect_on_delete: pulumi.Output[bool]

    @overload
    def __init__(
        self, resource_name: str, args: DomainArgs, opts: Options = None, **options: Unpack[EntryOptions]
    ) -> None: ...
    @overload
    def __init__(self, resource_name: str, opts: Options = None, **args: Unpack[_Inputs]) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(resource_name, *args, **kwargs)


class Domains(Collection[DomainEntry, DomainArgs, DomainResult], setting=SETTING):
    """Protected domains, as many as there are, as one resource.

    ```python
    email_security.Domains(
        "ours",
        defaults={"drop_dispositions": ["MALICIOUS", "SPAM"]},
        entries={"corp.example": {}, "corp.test": {"lookback_hops": 2}},
    )
    ```
    """


class _Filters(ListFilters, total=False):
    """What the list of them may be narrowed to, and its order."""

    domain: pulumi.Input[str | Sequence[str]] | None
    allowed_delivery_mode: pulumi.Input[DeliveryMode] | None
    active_delivery_mode: pulumi.Input[DeliveryMode] | None
    integration_id: pulumi.Input[str] | None
    status: pulumi.Input[Literal["PENDING", "ACTIVE", "FAILED", "TIMEOUT"]] | None
    order: pulumi.Input[Literal["domain", "created_at"]] | None


@look_up
def get_domain(**by: Unpack[ByDomain]) -> DomainResult:
    """A protected domain, by `id` or by `domain`. Raises NoMatchError or SeveralMatchesError."""
    return get_one(SETTING, DomainResult, by)


@look_up
def list_domains(**filters: Unpack[_Filters]) -> list[DomainResult]:
    """All protected domains that fit the filters. `search` is the API's full-text search."""
    return list_all(SETTING, DomainResult, filters)


get_domain_output = with_outputs(get_domain)
list_domains_output = with_outputs(list_domains)
