"""Cloudflare Email Security settings as Pulumi resources.

A public name is imported when it is asked for first: a program pays for the settings that it uses, not for all.
"""

import typing as _typing

from .settings import modules_by_name as _modules_by_name

if _typing.TYPE_CHECKING:
    from .client.errors import (
        AmbiguousError,
        ApiError,
        AuthenticationError,
        BatchRefusedError,
        BlockedError,
        ConfigurationError,
        ConflictError,
        EmailSecurityError,
        EntriesFileError,
        EntryExistsError,
        GatewayTimeoutError,
        IncompleteAnswerError,
        InvalidRequestError,
        NoMatchError,
        NoSuchRouteError,
        NotFoundError,
        NotSentError,
        PartlyAppliedError,
        Problem,
        RateLimitError,
        ReadOnlyEntryError,
        RequestError,
        ServerError,
        SeveralMatchesError,
        TimedOutError,
        UnsupportedError,
    )
    from .dynamic.files import FileEntry, merge_entries, read_entries
    from .settings.allow_policy import (
        AllowPolicies,
        AllowPolicy,
        AllowPolicyArgs,
        AllowPolicyEntry,
        AllowPolicyResult,
        get_allow_policy,
        get_allow_policy_output,
        list_allow_policies,
        list_allow_policies_output,
    )
    from .settings.block_sender import (
        BlockSender,
        BlockSenderArgs,
        BlockSenderEntry,
        BlockSenderResult,
        BlockSenders,
        get_block_sender,
        get_block_sender_output,
        list_block_senders,
        list_block_senders_output,
    )
    from .settings.content_policy import (
        ContentPolicies,
        ContentPolicy,
        ContentPolicyArgs,
        ContentPolicyEntry,
        ContentPolicyResult,
        get_content_policy,
        get_content_policy_output,
        list_content_policies,
        list_content_policies_output,
    )
    from .settings.domain import (
        Domain,
        DomainArgs,
        DomainEntry,
        DomainResult,
        Domains,
        get_domain,
        get_domain_output,
        list_domains,
        list_domains_output,
    )
    from .settings.impersonation_registry_entry import (
        ImpersonationRegistry,
        ImpersonationRegistryEntry,
        ImpersonationRegistryEntryArgs,
        ImpersonationRegistryEntryEntry,
        ImpersonationRegistryEntryResult,
        get_impersonation_registry_entry,
        get_impersonation_registry_entry_output,
        list_impersonation_registry,
        list_impersonation_registry_output,
    )
    from .settings.sending_domain_restriction import (
        SendingDomainRestriction,
        SendingDomainRestrictionArgs,
        SendingDomainRestrictionEntry,
        SendingDomainRestrictionResult,
        SendingDomainRestrictions,
        get_sending_domain_restriction,
        get_sending_domain_restriction_output,
        list_sending_domain_restrictions,
        list_sending_domain_restrictions_output,
    )
    from .settings.trusted_domain import (
        TrustedDomain,
        TrustedDomainArgs,
        TrustedDomainEntry,
        TrustedDomainResult,
        TrustedDomains,
        get_trusted_domain,
        get_trusted_domain_output,
        list_trusted_domains,
        list_trusted_domains_output,
    )
    from .settings.url_ignore_pattern import (
        UrlIgnorePattern,
        UrlIgnorePatternArgs,
        UrlIgnorePatternEntry,
        UrlIgnorePatternResult,
        UrlIgnorePatterns,
        get_url_ignore_pattern,
        get_url_ignore_pattern_output,
        list_url_ignore_patterns,
        list_url_ignore_patterns_output,
    )

    __version__: str

__all__ = [
    "AllowPolicies",
    "AllowPolicy",
    "AllowPolicyArgs",
    "AllowPolicyEntry",
    "AllowPolicyResult",
    "AmbiguousError",
    "ApiError",
    "AuthenticationError",
    "BatchRefusedError",
    "BlockSender",
    "BlockSenderArgs",
    "BlockSenderEntry",
    "BlockSenderResult",
    "BlockSenders",
    "BlockedError",
    "ConfigurationError",
    "ConflictError",
    "ContentPolicies",
    "ContentPolicy",
    "ContentPolicyArgs",
    "ContentPolicyEntry",
    "ContentPolicyResult",
    "Domain",
    "DomainArgs",
    "DomainEntry",
    "DomainResult",
    "Domains",
    "EmailSecurityError",
    "EntriesFileError",
    "EntryExistsError",
    "FileEntry",
    "GatewayTimeoutError",
    "ImpersonationRegistry",
    "ImpersonationRegistryEntry",
    "ImpersonationRegistryEntryArgs",
    "ImpersonationRegistryEntryEntry",
    "ImpersonationRegistryEntryResult",
    "IncompleteAnswerError",
    "InvalidRequestError",
    "NoMatchError",
    "NoSuchRouteError",
    "NotFoundError",
    "NotSentError",
    "PartlyAppliedError",
    "Problem",
    "RateLimitError",
    "ReadOnlyEntryError",
    "RequestError",
    "SendingDomainRestriction",
    "SendingDomainRestrictionArgs",
    "SendingDomainRestrictionEntry",
    "SendingDomainRestrictionResult",
    "SendingDomainRestrictions",
    "ServerError",
    "SeveralMatchesError",
    "TimedOutError",
    "TrustedDomain",
    "TrustedDomainArgs",
    "TrustedDomainEntry",
    "TrustedDomainResult",
    "TrustedDomains",
    "UnsupportedError",
    "UrlIgnorePattern",
    "UrlIgnorePatternArgs",
    "UrlIgnorePatternEntry",
    "UrlIgnorePatternResult",
    "UrlIgnorePatterns",
    "get_allow_policy",
    "get_allow_policy_output",
    "get_block_sender",
    "get_block_sender_output",
    "get_content_policy",
    "get_content_policy_output",
    "get_domain",
    "get_domain_output",
    "get_impersonation_registry_entry",
    "get_impersonation_registry_entry_output",
    "get_sending_domain_restriction",
    "get_sending_domain_restriction_output",
    "get_trusted_domain",
    "get_trusted_domain_output",
    "get_url_ignore_pattern",
    "get_url_ignore_pattern_output",
    "list_allow_policies",
    "list_allow_policies_output",
    "list_block_senders",
    "list_block_senders_output",
    "list_content_policies",
    "list_content_policies_output",
    "list_domains",
    "list_domains_output",
    "list_impersonation_registry",
    "list_impersonation_registry_output",
    "list_sending_domain_restrictions",
    "list_sending_domain_restrictions_output",
    "list_trusted_domains",
    "list_trusted_domains_output",
    "list_url_ignore_patterns",
    "list_url_ignore_patterns_output",
    "merge_entries",
    "read_entries",
]

#: The public names of each module but the settings'.
_NAMES: _typing.Final = {
    ".client.errors": (
        "AmbiguousError ApiError AuthenticationError BatchRefusedError BlockedError ConfigurationError ConflictError "
        "EmailSecurityError EntriesFileError EntryExistsError GatewayTimeoutError IncompleteAnswerError "
        "InvalidRequestError NoMatchError NoSuchRouteError NotFoundError NotSentError PartlyAppliedError Problem "
        "RateLimitError ReadOnlyEntryError RequestError ServerError SeveralMatchesError TimedOutError "
        "UnsupportedError"
    ),
    ".dynamic.files": "FileEntry merge_entries read_entries",
}
_MODULES: _typing.Final = {
    **{name: module for module, names in _NAMES.items() for name in names.split()},
    **{name: f".settings.{module}" for name, module in _modules_by_name().items()},
}


def __dir__() -> list[str]:
    """The public names, those that are not imported yet included."""
    return sorted({*globals(), *__all__})


if not _typing.TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """A public name, imported from its module; or `__version__`, which the installed distribution knows."""
        if name in _MODULES:
            from importlib import import_module  # noqa: PLC0415  (as the names: where it is asked for)

            globals()[name] = found = getattr(import_module(_MODULES[name], __name__), name)
            return found
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415

            return version("pulumi-cloudflare-email-security")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
