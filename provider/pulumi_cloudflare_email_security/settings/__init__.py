"""The settings: one module each, and this list of them; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

    from ..dynamic.resources import CollectionResource, EntryResource
    from ..model.setting import Setting

    #: Each setting's resource classes: one entry, and a collection.
    RESOURCES: tuple[tuple[type[EntryResource], type[CollectionResource]], ...]
    SETTINGS: tuple[Setting, ...]
    BY_COLLECTION: dict[str, Setting]

#: Each setting's module, which is the kind of its entries' provider, beside that of its collections' provider; and the
#: names of the two resource classes.
_SETTINGS: Final = {
    ("allow_policy", "allow_policies"): ("AllowPolicy", "AllowPolicies"),
    ("block_sender", "block_senders"): ("BlockSender", "BlockSenders"),
    ("content_policy", "content_policies"): ("ContentPolicy", "ContentPolicies"),
    ("domain", "domains"): ("Domain", "Domains"),
    ("impersonation_registry_entry", "impersonation_registry"): ("ImpersonationRegistryEntry", "ImpersonationRegistry"),
    ("sending_domain_restriction", "sending_domain_restrictions"): (
        "SendingDomainRestriction",
        "SendingDomainRestrictions",
    ),
    ("trusted_domain", "trusted_domains"): ("TrustedDomain", "TrustedDomains"),
    ("url_ignore_pattern", "url_ignore_patterns"): ("UrlIgnorePattern", "UrlIgnorePatterns"),
}


def modules_by_name() -> dict[str, str]:
    """The module of each public name of the settings."""
    found: dict[str, str] = {}
    for (kind, collection), (entry, entries) in _SETTINGS.items():
        look_ups = (f"get_{kind}", f"list_{collection}")
        names = (entry, entries, f"{entry}Args", f"{entry}Entry", f"{entry}Result", *look_ups)
        found |= dict.fromkeys((*names, *(f"{name}_output" for name in look_ups)), kind)
    return found


def _resources(kinds: tuple[str, str]) -> tuple[type[EntryResource], type[CollectionResource]]:
    """The resource classes of a setting."""
    module = import_module(f".{kinds[0]}", __name__)
    entry, collection = _SETTINGS[kinds]
    return getattr(module, entry), getattr(module, collection)


def __getattr__(name: str) -> Any:
    """`RESOURCES`, `SETTINGS` and `BY_COLLECTION`, which import every setting."""
    if name == "RESOURCES":
        found: Any = tuple(map(_resources, _SETTINGS))
    elif name == "SETTINGS":
        found = tuple(entry.setting for entry, _ in map(_resources, _SETTINGS))
    elif name == "BY_COLLECTION":
        found = {setting.collection: setting for setting in __getattr__("SETTINGS")}
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def make_provider(kind: str) -> ResourceProvider:
    """The provider of a kind that state refers to; its setting is imported, the others are not."""
    from ..dynamic.providers import SettingProvider  # noqa: PLC0415  (with the setting: a program's own are there)

    known = next((kinds for kinds in _SETTINGS if kind in kinds), None)
    for entry, collection in (_resources(known),) if known else import_module(__name__).RESOURCES:
        if kind == entry.setting.kind:
            return SettingProvider(entry.setting, kind)
        if kind == collection.kind:
            return SettingProvider(collection.setting, kind)
    raise LookupError(f"this version does not know the setting {kind!r}: upgrade pulumi-cloudflare-email-security")
