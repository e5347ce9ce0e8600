"""What an import of the plugin finds: every entry of a collection, and of each what a program can declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudflare_email_security.model.names import camel
from pulumi_cloudflare_email_security.settings import RESOURCES
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served
from support.plugin_process import Engine, PluginProcess, listening, urn_of
from support.samples import SAMPLES

COLLECTIONS = {entry.setting.kind: collection.__name__ for entry, collection in RESOURCES}
ODD = {
    "domain": "corp.example",
    "allowed_delivery_modes": ["DIRECT"],
    "drop_dispositions": ["SPAM"],
    "ip_restrictions": [],
    "regions": ["GLOBAL"],
    "folder": "Archive",
    "lookback_hops": 3,
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that listens."""
    with listening() as engine:
        yield engine


@pytest.fixture
def contract() -> str:
    """The newest, where a test names no other."""
    return "2026"


@pytest.fixture
def emulator(contract: str) -> Iterator[ServedEmulator]:
    """An account."""
    with served(contract) as emulator:
        yield emulator


@pytest.fixture
def plugin(emulator: ServedEmulator, engine: Engine, tmp_path: Path) -> Iterator[PluginProcess]:
    """A process of the plugin for the account."""
    env = emulator.env(CLOUDFLARE_API_TOKEN=TOKEN, PULUMI_HOME=str(tmp_path))
    with PluginProcess(env=env, cwd=tmp_path, engine=engine) as plugin:
        yield plugin


def previews_empty(plugin: PluginProcess, class_name: str, id_: str) -> dict[str, Any]:
    """Import; what is printed is valid and changes nothing, also after a refresh. Returns the fields it declares."""
    urn = urn_of(class_name)
    found = plugin.read(urn, id_)
    assert found.inputs is not None
    inputs, failures = plugin.check(urn, found.inputs, found.inputs)
    assert not failures
    assert not plugin.diff(urn, found.id, found.outputs, inputs).changes
    again = plugin.read(urn, found.id, found.outputs, inputs)
    assert not plugin.diff(urn, found.id, again.outputs, inputs).changes
    if "entries" not in found.inputs:
        return found.inputs
    (declared,) = found.inputs["entries"]
    return dict(declared)


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_what_is_imported_previews_empty(
    many: bool, contract: str, plugin: PluginProcess, emulator: ServedEmulator, engine: Engine
) -> None:
    """Of every setting an entry, or all of them: nothing is said, nothing changes, and nothing is sent."""
    for sample in (sample for sample in SAMPLES if contract in sample.contracts):
        (entry,) = emulator.seed({sample.collection: [dict(sample.body)]}, account_id=ACCOUNT)[sample.collection]
        one, all_ = (sample.resource_class.__name__, str(entry["id"])), (COLLECTIONS[sample.kind], sample.collection)
        declared = previews_empty(plugin, *(all_ if many else one))
        assert declared.items() >= {camel(name): entry[name] for name in sample.setting.key}.items()
        assert not engine.text, sample.kind
    assert not emulator.writes()


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_what_no_program_can_say_is_left_as_it_is(
    many: bool, plugin: PluginProcess, emulator: ServedEmulator, engine: Engine
) -> None:
    """A value that is not documented is named, and the program of the rest is valid and changes nothing."""
    entry = emulator.seed({"domains": [ODD]}, account_id=ACCOUNT)["domains"][0]
    declared = previews_empty(plugin, *(("Domains", "domains") if many else ("Domain", str(entry["id"]))))
    assert declared["lookbackHops"] == 3
    assert "folder" not in declared
    (said,) = engine.said
    assert said.severity == "WARNING"
    assert 'folder: "Archive"' in said.message


def test_what_a_collection_cannot_have_is_named(
    plugin: PluginProcess, emulator: ServedEmulator, engine: Engine
) -> None:
    """Of entries with one key the first is imported; one that cannot be declared at all is left out."""
    entries = [{"pattern": pattern, "pattern_type": "DOMAIN", "is_regex": False} for pattern in ("a.example",) * 2]
    entries.append({"pattern": "what?", "pattern_type": "UNKNOWN", "is_regex": False})
    emulator.seed({"block_senders": entries}, account_id=ACCOUNT)
    found = plugin.read(urn_of("BlockSenders"), "block_senders")
    assert found.inputs is not None
    assert [entry["pattern"] for entry in found.inputs["entries"]] == ["a.example"]
    assert len(found.outputs["ids"]) == 1
    twin, unknown = sorted(said.message for said in engine.said)
    assert "a.example" in twin
    assert "more than once" in twin
    assert "what?" in unknown
