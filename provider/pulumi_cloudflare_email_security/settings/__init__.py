"""The settings: one module each, and this list of them."""

from __future__ import annotations

from typing import Final

from pulumi.dynamic import ResourceProvider

from ..dynamic.providers import SettingProvider
from ..dynamic.resources import CollectionResource, EntryResource
from ..model.setting import Setting
from .allow_policy import AllowPolicies, AllowPolicy
from .block_sender import BlockSender, BlockSenders
from .content_policy import ContentPolicies, ContentPolicy
from .domain import Domain, Domains
from .impersonation_registry_entry import ImpersonationRegistry, ImpersonationRegistryEntry
from .sending_domain_restriction import SendingDomainRestriction, SendingDomainRestrictions
from .trusted_domain import TrustedDomain, TrustedDomains
from .url_ignore_pattern import UrlIgnorePattern, UrlIgnorePatterns

#: Each setting's resource classes: one entry, and a collection.
RESOURCES: Final[tuple[tuple[type[EntryResource], type[CollectionResource]], ...]] = (
    (AllowPolicy, AllowPolicies),
    (BlockSender, BlockSenders),
    (ContentPolicy, ContentPolicies),
    (Domain, Domains),
    (ImpersonationRegistryEntry, ImpersonationRegistry),
    (SendingDomainRestriction, SendingDomainRestrictions),
    (TrustedDomain, TrustedDomains),
    (UrlIgnorePattern, UrlIgnorePatterns),
)
SETTINGS: Final[tuple[Setting, ...]] = tuple(entry.setting for entry, _ in RESOURCES)


def make_provider(kind: str) -> ResourceProvider:
    """The provider of a kind that state refers to."""
    for entry, collection in RESOURCES:
        if kind == entry.setting.kind:
            return SettingProvider(entry.setting, kind)
        if kind == collection.kind:
            return SettingProvider(collection.setting, kind)
    msg = f"this version does not know the setting {kind!r}: upgrade pulumi-cloudflare-email-security"
    raise LookupError(msg)
