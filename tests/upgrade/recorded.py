"""Recorded stacks: read from the folders of the versions that wrote them, and put back together with their account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.provider_process import serialized

HERE = Path(__file__).parent
ACCOUNT = "0123456789abcdef0123456789abcdef"
COLLECTIONS_ACCOUNT = "fedcba9876543210fedcba9876543210"
ACCOUNTS = (ACCOUNT, COLLECTIONS_ACCOUNT)
CONTRACTS = ("2025", "2026")
PROJECT, STACK = "upgrade", "recorded"


@dataclass(frozen=True)
class Resource:
    """One resource of a recorded stack."""

    name: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def reference(self) -> str:
        """The pickled provider."""
        return str(self.outputs["__provider"])


@dataclass(frozen=True)
class Recorded:
    """What one version wrote for one contract."""

    version: str
    contract: str

    @property
    def folder(self) -> Path:
        """Where it is."""
        return HERE / self.version

    @property
    def state(self) -> dict[str, Any]:
        """The stack, as `pulumi stack export` wrote it."""
        state: dict[str, Any] = _read(self.folder / f"stack-{self.contract}.json")
        return state

    @property
    def accounts(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """The entries by account and collection."""
        accounts: dict[str, dict[str, list[dict[str, Any]]]] = _read(self.folder / f"accounts-{self.contract}.json")
        return accounts

    @property
    def program(self) -> str:
        """The source of the program that declared it."""
        return (self.folder / "program.py").read_text(encoding="utf-8")

    @property
    def resources(self) -> list[Resource]:
        """The settings among the resources."""
        found = self.state["deployment"]["resources"]
        return [
            Resource(item["urn"].rsplit("::", 1)[1], item["id"], item["inputs"], item["outputs"])
            for item in found
            if "__provider" in item.get("outputs", {})
        ]

    def plant(self, emulator: Emulator) -> None:
        """Make the accounts as they were."""
        for account, collections in self.accounts.items():
            emulator.seed(collections, account_id=account)


def recorded_stacks() -> list[Recorded]:
    """Every version's stacks."""
    versions = sorted(path.name for path in HERE.iterdir() if (path / "references.json").is_file())
    return [Recorded(version, contract) for version in versions for contract in CONTRACTS]


def present_references() -> dict[str, str]:
    """What today's resource classes put into state as `__provider`, by kind."""
    entries = {
        entry.setting.kind: serialized(SettingProvider(entry.setting, entry.setting.kind)) for entry, _ in RESOURCES
    }
    many = {many.kind: serialized(SettingProvider(many.setting, many.kind)) for _, many in RESOURCES}
    return entries | many


def references() -> dict[str, dict[str, str]]:
    """The exact pickled provider of every kind, by version."""
    return {path.parent.name: _read(path) for path in HERE.glob("*/references.json")}


def ids(accounts: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> dict[str, dict[str, list[Any]]]:
    """The ids of entries by account and collection; their fields are those of the emulator of the day."""
    return {
        account: {name: [entry["id"] for entry in entries] for name, entries in held.items()}
        for account, held in accounts.items()
    }


def contents(emulator: Emulator) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Every entry by account and collection."""
    found = {
        account: {name: emulator.entries(account, name) for name in emulator.contract.collections}
        for account in ACCOUNTS
    }
    return {account: {name: entries for name, entries in held.items() if entries} for account, held in found.items()}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
