"""The plugin on the real engine, in YAML: the life of every setting, imports, diffs, providers and secrets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_cloudflare_email_security.model.names import camel
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served
from support.plugin_cli import YamlStack, resource
from support.plugin_process import PACKAGE
from support.samples import SAMPLES

pytestmark = pytest.mark.engine

OTHER_ACCOUNT = "fedcba9876543210fedcba9876543210"
EVIL = {"pattern": "evil.example", "patternType": "DOMAIN"}


@pytest.fixture(params=["2025", "2026"])
def emulator(request: pytest.FixtureRequest) -> Iterator[ServedEmulator]:
    """An account of each contract."""
    with served(request.param) as emulator:
        yield emulator


@pytest.fixture
def newest() -> Iterator[ServedEmulator]:
    """An account of the newest contract."""
    with served("2026") as emulator:
        yield emulator


def camelled(fields: Any) -> dict[str, Any]:
    """Arguments under the plugin's names."""
    return {camel(name): value for name, value in fields.items()}


def test_the_life_of_every_setting(cli: Path, tmp_path: Path, emulator: ServedEmulator) -> None:
    """Every setting as an entry and another as a collection: made, unchanged, changed, refreshed and destroyed."""
    contract = emulator.contract.name
    samples = [sample for sample in SAMPLES if contract in sample.contracts]
    domains = [sample for sample in samples if sample.kind == "domain"]
    if contract == "2025":
        bodies = [{**domains[0].body, "domain": domain} for domain in ("corp.example", "other.example")]
        emulator.seed({"domains": bodies}, account_id=ACCOUNT)

    def program(changed: bool) -> dict[str, Any]:
        found = {}
        for sample in samples:
            name, change = sample.resource_class.__name__, sample.change if changed else {}
            found[f"one-{sample.kind}"] = resource(name, camelled({**sample.minimal, **change}))
            found[f"many-{sample.kind}"] = resource(_collection(name), {"entries": [camelled(sample.other)]})
        return found

    stack = YamlStack(cli, tmp_path / "program", env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
    every = list(program(changed=False))
    stack.declare(program(changed=False))
    assert stack.up().changes == dict.fromkeys(every, "create")
    assert stack.preview(refresh=True).changes == dict.fromkeys(every, "same")
    stack.declare(program(changed=True))
    changes = {name: "update" if name.startswith("one-") else "same" for name in every}
    assert stack.preview().changes == changes
    assert stack.up().changes == changes
    stack.refresh()
    assert stack.preview().changes == dict.fromkeys(every, "same")
    assert TOKEN not in json.dumps(stack.export())
    assert set(stack.destroy().summary) == {"delete"}
    left = {sample.collection: emulator.entries(ACCOUNT, sample.collection) for sample in samples}
    assert [name for name, entries in left.items() if entries] == ["domains"]


def _collection(class_name: str) -> str:
    irregular = {"ImpersonationRegistryEntry": "ImpersonationRegistry"}
    regular = class_name[:-1] + "ies" if class_name.endswith("Policy") else class_name + "s"
    return irregular.get(class_name, regular)


def test_import_prints_a_program_that_previews_empty(cli: Path, tmp_path: Path, emulator: ServedEmulator) -> None:
    """Entries by id, collections by account, here another one: what is printed needs no change, and nothing is sent."""
    kinds = {sample.collection: sample for sample in SAMPLES if emulator.contract.name in sample.contracts}
    bodies = {name: [sample.body] for name, sample in kinds.items()}
    seeded = emulator.seed(bodies, account_id=ACCOUNT)
    emulator.seed(bodies, account_id=OTHER_ACCOUNT)
    stack = YamlStack(cli, tmp_path / "program", env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
    every = [
        {"type": f"cloudflare-email-security:index:{class_name}", "name": class_name.lower(), "id": id_}
        for collection, sample in kinds.items()
        for name in [sample.resource_class.__name__]
        for class_name, id_ in (
            (name, str(seeded[collection][0]["id"])),
            (_collection(name), f"{OTHER_ACCOUNT}/{collection}"),
        )
    ]
    # An entry and a collection alone, the others at once: the engine asks for each the same way.
    alone = [[one["type"], one["name"], one["id"]] for one in every[:2]]
    (tmp_path / "rest.json").write_text(json.dumps({"resources": every[2:]}), encoding="utf-8")
    program: dict[str, Any] = {}
    for number, wanted in enumerate([*alone, ["--file", str(tmp_path / "rest.json")]]):
        out = tmp_path / f"{number}.yaml"
        options = ("--yes", "--skip-preview", "--protect=false", "--out", str(out))
        assert "drift" not in stack.run("import", *wanted, *options).text
        program |= yaml.safe_load(out.read_text(encoding="utf-8"))["resources"]
    stack.declare(program)
    assert set(stack.preview(refresh=True).summary) == {"same"}
    assert len(program) == 2 * len(kinds)
    assert all(one["properties"].get("entries", [1]) for one in program.values())
    assert not emulator.writes()


def test_a_diff_shows_each_entry(cli: Path, tmp_path: Path, newest: ServedEmulator) -> None:
    """A collection's changes have a line an entry in the engine's own diff, and a path each for machines."""
    stack = YamlStack(cli, tmp_path / "program", env=newest.env(CLOUDFLARE_API_TOKEN=TOKEN))
    entries = [{**EVIL, "pattern": f"{name}.example"} for name in "abc"]
    stack.declare({"list": resource("BlockSenders", {"entries": entries}), "one": resource("BlockSender", EVIL)})
    stack.up()
    changed = [{**entries[0], "comments": "seen"}, entries[1], {**EVIL, "pattern": "d.example"}]
    one = resource("BlockSender", {**EVIL, "comments": "new"})
    stack.declare({"list": resource("BlockSenders", {"entriesJson": json.dumps(changed)}), "one": one})
    text = stack.preview(diff=True).stdout
    assert "~ DOMAIN a.example: (json) {" in text
    assert '+ comments   : "seen"' in text
    assert "+ DOMAIN d.example" in text
    assert "- DOMAIN c.example" in text
    assert "b.example" not in text
    steps = json.loads(stack.run("preview", "--json").stdout)["steps"]
    detailed = {step["urn"].rpartition("::")[2]: step.get("detailedDiff") for step in steps}
    assert {path: change["kind"] for path, change in detailed["list"].items()} == {
        'entries["DOMAIN a.example"]': "update",
        'entries["DOMAIN c.example"]': "delete",
        'entries["DOMAIN d.example"]': "add",
    }
    assert {path: change["kind"] for path, change in detailed["one"].items()} == {"comments": "add"}


def test_two_accounts_with_two_tokens_in_one_program(cli: Path, tmp_path: Path, newest: ServedEmulator) -> None:
    """Explicit providers have their own account and token, which state holds encrypted only."""
    tokens = {"ours": "first-token-7f3a", "theirs": "second-token-91bc"}
    accounts = {"ours": ACCOUNT, "theirs": OTHER_ACCOUNT}
    stack = YamlStack(cli, tmp_path / "program", env={"CLOUDFLARE_BASE_URL": newest.base_url})
    providers = {
        name: {
            "type": "pulumi:providers:cloudflare-email-security",
            "properties": {"accountId": accounts[name], "apiToken": tokens[name]},
        }
        for name in tokens
    }
    senders = {
        f"{name}-sender": resource("BlockSender", {**EVIL, "pattern": f"{name}.example"}, provider=f"${{{name}}}")
        for name in tokens
    }
    stack.declare({**providers, **senders})
    stack.up()
    found = {
        account: [entry["pattern"] for entry in newest.entries(account, "block_senders")]
        for account in accounts.values()
    }
    assert found == {ACCOUNT: ["ours.example"], OTHER_ACCOUNT: ["theirs.example"]}
    state = json.dumps(stack.export())
    assert not [token for token in tokens.values() if token in state]
    stack.destroy()


def test_what_is_wrong_is_said_of_the_property_and_the_resource(
    cli: Path, tmp_path: Path, newest: ServedEmulator
) -> None:
    """A wrong argument, a wrong provider and a create that fails are errors of the resource, without a traceback."""
    newest.seed(
        {"block_senders": [{"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False}]},
        account_id=ACCOUNT,
    )
    stack = YamlStack(cli, tmp_path / "program", env=newest.env(CLOUDFLARE_API_TOKEN=TOKEN))
    stack.declare({"evil": resource("BlockSender", {**EVIL, "pattern": "nonsense"})})
    wrong = stack.preview(expect_failure=True).text
    assert "property pattern value {nonsense}" in wrong
    stack.declare({"evil": resource("BlockSender", EVIL)})
    exists = stack._deploy("up", ["--yes", "--skip-preview"], expect_failure=True).text
    assert "exists already" in exists
    assert "Traceback" not in wrong + exists
    stack.config_set("cloudflare-email-security:deleteLimit", "many")
    assert "deleteLimit" in stack.preview(expect_failure=True).text


def test_secrets_stay_secret(cli: Path, tmp_path: Path, newest: ServedEmulator) -> None:
    """A secret remark, alone or in a collection, is encrypted in state and not printed; so is the configured token."""
    stack = YamlStack(cli, tmp_path / "program", env=newest.env())
    stack.config_set("cloudflare-email-security:apiToken", TOKEN)
    secret = {"fn::secret": "the-hidden-remark"}
    program = {
        "one": resource("BlockSender", {**EVIL, "comments": secret}),
        "many": resource("TrustedDomains", {"entries": [{"pattern": "a.example", "comments": secret}]}),
    }
    stack.declare(program)
    printed = stack.up().text
    assert stack.preview(refresh=True).summary == {"same": 2}
    stack.declare(
        {
            **program,
            "many": resource(
                "TrustedDomains", {"entries": [{"pattern": "a.example", "comments": {"fn::secret": "another-remark"}}]}
            ),
        }
    )
    printed += stack.preview(diff=True).text + json.dumps(stack.export())
    assert "hidden-remark" not in printed
    assert "another-remark" not in printed
    assert TOKEN not in printed


def test_look_ups(cli: Path, tmp_path: Path, newest: ServedEmulator) -> None:
    """Functions find one entry by its natural key, and all that fit."""
    bodies = [{"pattern": f"{name}.example", "pattern_type": "DOMAIN", "is_regex": False} for name in "ab"]
    newest.seed({"block_senders": bodies}, account_id=ACCOUNT)
    stack = YamlStack(cli, tmp_path / "program", env=newest.env(CLOUDFLARE_API_TOKEN=TOKEN))
    one = {
        "fn::invoke": {
            "function": "cloudflare-email-security:getBlockSender",
            "arguments": {**EVIL, "pattern": "a.example"},
            "return": "pattern",
        }
    }
    many = {
        "fn::invoke": {
            "function": "cloudflare-email-security:listBlockSenders",
            "arguments": {"patternType": "DOMAIN"},
            "return": "entries",
        }
    }
    stack.declare({}, outputs={"one": one, "many": many})
    stack.up()
    outputs = stack.outputs()
    assert outputs["one"] == "a.example"
    assert [entry["pattern"] for entry in outputs["many"]] == ["a.example", "b.example"]


def test_what_this_stack_holds_needs_no_permission(cli: Path, tmp_path: Path, newest: ServedEmulator) -> None:
    """A resource that is replaced, or has another name, takes its entries, on another machine too."""
    stack = YamlStack(cli, tmp_path / "program", env=newest.env(CLOUDFLARE_API_TOKEN=TOKEN))
    one, many = resource("BlockSender", EVIL), resource("BlockSenders", {"entries": [{**EVIL, "pattern": "a.example"}]})
    stack.declare({"one": one, "many": many})
    stack.up()
    before = newest.entries(ACCOUNT, "block_senders")
    # With them the provider is replaced: a process of its own would delete what the new one has taken.
    assert "exist" in stack.run("up", "--yes", "--replace", "**", expect_failure=True).text
    assert newest.entries(ACCOUNT, "block_senders") == before
    for run in (["--replace", "**BlockSender**"], []):
        shutil.rmtree(Path(stack.env["PULUMI_HOME"]) / PACKAGE, ignore_errors=True)
        stack.run("up", "--yes", *run)
        stack.declare({"other": one, "all": many})
        assert newest.entries(ACCOUNT, "block_senders") == before
    assert stack.preview(refresh=True).changes == {"other": "same", "all": "same"}


@pytest.mark.parametrize("run", [["--target", "**list"], ["--exclude", "**one"], ["--parallel", "1"]])
def test_an_exclusive_collection_leaves_what_other_resources_hold(
    cli: Path, tmp_path: Path, newest: ServedEmulator, run: list[str]
) -> None:
    """The engine tells nothing of what a run leaves out, or comes to later: still it is not deleted."""
    newest.seed({"block_senders": [{"pattern": "z.example", "pattern_type": "DOMAIN"}]}, account_id=ACCOUNT)
    stack = YamlStack(cli, tmp_path / "program", env=newest.env(CLOUDFLARE_API_TOKEN=TOKEN))
    one = resource("BlockSender", EVIL, dependsOn=["${list}"])
    entries = [{**EVIL, "pattern": "a.example"}]
    stack.declare({"list": resource("BlockSenders", {"entries": entries}), "one": one})
    stack.up()
    stack.declare({"list": resource("BlockSenders", {"entries": entries, "mode": "exclusive"}), "one": one})
    expect_failure = run[0] == "--parallel"
    stack.run("up", "--yes", "--skip-preview", *run, expect_failure=expect_failure)
    left = {entry["pattern"] for entry in newest.entries(ACCOUNT, "block_senders")}
    assert left == {"a.example", "evil.example"}


def test_resources_that_are_numbered_shift(cli: Path, tmp_path: Path, emulator: ServedEmulator) -> None:
    """As a program does that numbers its resources: a new first entry, and it is gone again; previews say so."""
    stack = YamlStack(cli, tmp_path / "program", env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
    for names in ("ab", "nab", "ab"):
        senders = [resource("BlockSender", {**EVIL, "pattern": f"{name}.example"}) for name in names]
        stack.declare({f"sender-{number}": sender for number, sender in enumerate(senders)})
        stack.up(skip_preview=False)
        left = {entry["pattern"][0] for entry in emulator.entries(ACCOUNT, "block_senders")}
        assert left == {*names}
    assert set(stack.preview(refresh=True).summary) == {"same"}
