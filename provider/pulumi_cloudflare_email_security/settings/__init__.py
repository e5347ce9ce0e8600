"""The settings: one module each, and this list of them; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ..model.names import pascal

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

    from ..dynamic.resources import CollectionResource, EntryResource
    from ..model.setting import Setting

    #: Each setting's resource classes: one entry, and a collection.
    RESOURCES: tuple[tuple[type[EntryResource], type[CollectionResource]], ...]
    SETTINGS: tuple[Setting, ...]
    BY_COLLECTION: dict[str, Setting]

#: Each setting's module, which is the kind of its entries' provider, and the kind of its collections'; its resource
#: classes are called as these are.
_SETTINGS: Final = {
    "allow_policy": "allow_policies",
    "block_sender": "block_senders",
    "content_policy": "content_policies",
    "domain": "domains",
    "impersonation_registry_entry": "impersonation_registry",
    "sending_domain_restriction": "sending_domain_restrictions",
    "trusted_domain": "trusted_domains",
    "url_ignore_pattern": "url_ignore_patterns",
}


def modules_by_name() -> dict[str, str]:
    """The module of each public name of the settings."""
    found: dict[str, str] = {}
    for kind, collection in _SETTINGS.items():
        entry = pascal(kind)
        look_ups = (f"get_{kind}", f"list_{collection}")
        names = (entry, pascal(collection), f"{entry}Args", f"{entry}Entry", f"{entry}Result", *look_ups)
        found |= dict.fromkeys((*names, *(f"{name}_output" for name in look_ups)), kind)
    return found


def _resources(kind: str) -> tuple[type[EntryResource], type[CollectionResource]]:
    """The resource classes of a setting."""
    module = import_module(f".{kind}", __name__)
    return getattr(module, pascal(kind)), getattr(module, pascal(_SETTINGS[kind]))


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

    known = next((kinds[0] for kinds in _SETTINGS.items() if kind in kinds), None)
    for entry, collection in (_resources(known),) if known else import_module(__name__).RESOURCES:
        if kind == entry.setting.kind:
            return SettingProvider(entry.setting, kind)
        if kind == collection.kind:
            return SettingProvider(collection.setting, kind)
    raise LookupError(f"this version does not know the setting {kind!r}: upgrade pulumi-cloudflare-email-security")
