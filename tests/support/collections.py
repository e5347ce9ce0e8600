"""Numbered entries of every collection, and a collection's life with a new provider process for every step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from pulumi_cloudflare_email_security.client import habits, transport
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.lifecycle.plan import Plan
from pulumi_cloudflare_email_security.model.setting import Setting
from pulumi_cloudflare_email_security.model.state import recorded_entries, recorded_ids
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.accounts import Account, Managed
from support.emulator_api import body
from support.samples import BOTH, NEW, each_on_accounts

CHUNK = 4


@dataclass(frozen=True)
class Many:
    """A collection with as many entries as a test wants.

    Attributes:
        kind: the name under which state refers to the collection's provider.
        change: a field with another value than that of `entry`.
        contracts: which contracts have the collection.

    """

    kind: str
    change: tuple[str, Any]
    contracts: tuple[str, ...] = BOTH

    @property
    def setting(self) -> Setting:
        """The setting."""
        return next(collection.setting for _, collection in RESOURCES if collection.kind == self.kind)

    @property
    def collection(self) -> str:
        """The collection's part of the URL."""
        return self.setting.collection

    def entry(self, number: int, **fields: Any) -> dict[str, Any]:
        """The nth entry, whole."""
        return {**body(self.collection, number), **fields}

    def entries(self, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """A list of entries."""
        return [self.entry(number) for number in numbers]

    def changed(self, number: int) -> dict[str, Any]:
        """The nth entry with one field changed."""
        name, value = self.change
        return self.entry(number, **{name: value})

    def key(self, number: int) -> str:
        """The nth entry's natural key as text."""
        return self.setting.key_text_of(self.entry(number))

    def label(self, number: int) -> str:
        """The nth entry's natural key as people read it."""
        return self.setting.label(self.entry(number))

    def keys(self, numbers: Iterable[int]) -> list[str]:
        """The keys of entries, sorted."""
        return sorted(map(self.key, numbers))

    def stored(self, account: Account) -> list[str]:
        """The keys of what is there, sorted; an entry that is there twice is there twice."""
        setting = self.setting
        return sorted(setting.key_text_of(entry) for entry in account.entries(self.collection))

    def id_of(self, account: Account, number: int) -> Any:
        """The id of the nth entry."""
        setting, key = self.setting, self.key(number)
        (found,) = (e for e in account.entries(self.collection) if setting.key_text_of(e) == key)
        return found["id"]

    def value(self, account: Account, number: int) -> Any:
        """The live value of the field that `change` changes."""
        setting, key = self.setting, self.key(number)
        (found,) = (e for e in account.entries(self.collection) if setting.key_text_of(e) == key)
        return found.get(self.change[0])

    def onboard(self, account: Account, numbers: Iterable[int]) -> None:
        """Where the API cannot create entries, put them there."""
        if self.kind == "domains" and account.contract == "2025":
            account.seed(self.collection, *self.entries(numbers))


MANY = (
    Many("allow_policies", ("is_trusted_sender", True)),
    Many("block_senders", ("comments", "seen twice")),
    Many("content_policies", ("enabled", False), NEW),
    Many("domains", ("lookback_hops", 7)),
    Many("impersonation_registry", ("comments", "the boss")),
    Many("sending_domain_restrictions", ("exclude", ["news.n1.example"]), NEW),
    Many("trusted_domains", ("is_recent", False)),
    Many("url_ignore_patterns", ("comments", "intranet"), NEW),
)
BLOCK = MANY[1]
ALLOW = MANY[0]
DOMAINS = MANY[3]
REGISTRY = MANY[4]
TRUSTED = MANY[6]
URLS = MANY[7]


def on_accounts(
    many: Iterable[Many] = MANY, *, contracts: tuple[str, ...] = BOTH, creatable: bool = False, **options: Any
) -> pytest.MarkDecorator:
    """Run a test for every collection on an account of each contract that has (or can create in) it."""
    return each_on_accounts("many", many, contracts, creatable=creatable, options=options)


class Collection(Managed):
    """A collection of one stack; every step runs in a provider process of its own, as the engine starts them."""

    def __init__(self, account: Account, kind: str, **config: str) -> None:
        extra = {f"cloudflare-email-security:{key}": value for key, value in config.items()}
        super().__init__(account.provider(kind, {**account.config, **extra}), account)
        self.account = account

    @property
    def own(self) -> SettingProvider:
        """The provider."""
        return self.provider

    def begin(self) -> None:
        """A new process: nothing read, nothing printed, nothing counted."""
        self.account.restart()
        self.account.told.clear()
        self.account.emulator.requests.clear()

    def preview(self, **arguments: Any) -> str:
        """What `up` would do."""
        self.begin()
        return super().preview(**arguments)

    def up(self, **arguments: Any) -> str:
        """Bring the collection to these arguments."""
        self.begin()
        return super().up(**arguments)

    def refresh(self) -> str:
        """Record what is there."""
        self.begin()
        return super().refresh()

    def destroy(self) -> None:
        """Delete the collection."""
        self.begin()
        super().destroy()

    @property
    def keys(self) -> list[str]:
        """The recorded keys."""
        ids = recorded_ids(self.outputs)
        assert recorded_entries(self.outputs).keys() == ids.keys()
        return sorted(ids)


def operations(account: Account) -> list[str]:
    """What the last step asked, in order, as `POST block_senders/batch`."""
    found = []
    for request in account.emulator.requests:
        collection, _, rest = request.path.partition("/settings/")[2].partition("/")
        place = f"/{rest}" if rest == "batch" else "/{id}" if rest else ""
        found.append(f"{request.method} {collection}{place}")
    return found


def costs(account: Account) -> tuple[int, int]:
    """How many reads and how many writes the last step took."""
    reads = sum(request.method == "GET" for request in account.emulator.requests)
    return reads, len(account.emulator.requests) - reads


def told(account: Account) -> str:
    """All that the last step printed."""
    return "\n".join(account.told)


def declared(account: Account, many: Many, *numbers: int, verify: str = "false", **options: Any) -> Collection:
    """A collection of these entries, applied."""
    many.onboard(account, numbers)
    collection = Collection(account, many.kind, verify=verify)
    assert collection.up(entries=many.entries(numbers), **options) == "create"
    return collection


def by_key(many: Many, *entries: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Entries by key."""
    return {many.setting.key_text_of(entry): entry for entry in entries}


def reported(
    setting: Setting,
    recorded: dict[str, Any],
    declared: dict[str, Any],
    *,
    unmanaged: Iterable[str] = (),
    has_secrets: bool = False,
) -> str:
    """What a reviewer sees of an update that takes nothing over, so that nothing is asked."""
    found = Plan(setting=setting, before=recorded, desired=declared, unmanaged={*unmanaged})
    return found.report("", has_secrets=has_secrets)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four entries a batch, so that a handful of entries are several batches."""
    monkeypatch.setattr(habits, "BATCH_SIZE", CHUNK)
    monkeypatch.setattr(transport, "WIDTH", 1)


def agrees(account: Account, many: Many, collection: Collection, numbers: list[int]) -> bool:
    """Whether state and account hold these entries, each once, with the same ids."""
    setting = many.setting
    live = {setting.key_text_of(entry): str(entry["id"]) for entry in account.entries(many.collection)}
    return many.stored(account) == many.keys(numbers) and recorded_ids(collection.outputs) == live
