"""What only the plugin does: configuration by property, diffs in detail, imports, diagnostics, cancel, many at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from pulumi_cloudflare_email_security.emulator import Fault
from support.accounts import unknown
from support.grpc_process import ProviderError
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served
from support.plugin_process import Engine, PluginProcess, listening, urn_of

SENDER, SENDERS = urn_of("BlockSender"), urn_of("BlockSenders")
OTHER_ACCOUNT = "fedcba9876543210fedcba9876543210"
EVIL = {"pattern": "evil.example", "patternType": "DOMAIN"}
LIVE = {"pattern": "evil.example", "pattern_type": "DOMAIN", "is_regex": False}
START = Callable[..., PluginProcess]


def secret(value: Any) -> Any:
    """A value as the engine marks it."""
    return rpc.wrap_rpc_secret(value)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values without their marks."""
    return {name: rpc.unwrap_rpc_secret(value) for name, value in values.items()}


def secrets(values: Mapping[str, Any]) -> set[str]:
    """The names of the values that are marked."""
    return {name for name, value in values.items() if rpc.is_rpc_secret(value)}


@pytest.fixture
def emulator() -> Iterator[ServedEmulator]:
    """An account."""
    with served("2026") as emulator:
        yield emulator


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that listens."""
    with listening() as engine:
        yield engine


@pytest.fixture
def start(emulator: ServedEmulator, engine: Engine, tmp_path: Path) -> Iterator[START]:
    """Start a process of the plugin for the account, with further configuration."""
    env = emulator.env(CLOUDFLARE_API_TOKEN=TOKEN, PULUMI_HOME=str(tmp_path))
    with ExitStack() as running:

        def make(**config: Any) -> PluginProcess:
            return running.enter_context(PluginProcess(config=config, env=env, cwd=tmp_path, engine=engine))

        yield make


def created(plugin: PluginProcess, urn: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Check and create."""
    inputs, failures = plugin.check(urn, {}, arguments)
    assert not failures
    return plugin.create(urn, inputs)


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ({"acountId": "x"}, "acountId"),
        ({"deleteLimit": 101}, "deleteLimit"),
        ({"deleteLimit": "many"}, "deleteLimit"),
        ({"adopt": "perhaps"}, "adopt"),
        ({"verify": "perhaps"}, "verify"),
        ({"risk": "high"}, "risk"),
        ({"baseUrl": "http://elsewhere.example"}, "baseUrl"),
        ({"accountId": "corp", "baseUrl": "https://api.cloudflare.com/client/v4"}, "accountId"),
        ({"apiKey": "key"}, "apiEmail"),
    ],
)
def test_configuration_is_checked_by_property(start: START, inputs: dict[str, Any], wrong: str) -> None:
    """Each wrong value is named."""
    assert list(start().check_config(**inputs)) == [wrong]


def test_a_token_that_is_wrong_is_named_by_the_reason(start: START) -> None:
    """The engine would print the value of the property."""
    ((name, reason),) = start().check_config(apiToken="with a blank").items()
    assert not name
    assert reason.startswith("apiToken: ")
    assert "with a blank" not in reason


def test_configuration_that_is_right_or_not_known_yet(start: START) -> None:
    """SDKs pass booleans and numbers as JSON text; outputs of other resources are not known at preview."""
    plugin = start()
    assert not plugin.check_config(adopt="true", deleteLimit="30", verify=False, risk="refuse", accountId=ACCOUNT)
    assert not plugin.check_config(apiToken=unknown(), deleteLimit=30)


def test_a_detailed_diff_names_what_changes(start: START) -> None:
    """Added, updated, deleted, and what replaces."""
    plugin = start()
    id_, outputs = created(plugin, SENDER, {**EVIL, "comments": "old"})
    inputs, _ = plugin.check(SENDER, {}, {**EVIL, "pattern": "other.example", "comments": ""})
    assert plugin.diff(SENDER, id_, outputs, inputs).detailed == {"pattern": "UPDATE", "comments": "DELETE"}
    moved, _ = plugin.check(SENDER, {}, {**EVIL, "accountId": "f" * 32, "comments": "old"})
    diff = plugin.diff(SENDER, id_, outputs, moved)
    assert diff.replaces == ["accountId"]
    assert diff.detailed == {"accountId": "UPDATE_REPLACE"}


def test_a_detailed_diff_of_thousands_stays_short(start: START, engine: Engine) -> None:
    """A hundred entries are named; the diagnostics have the totals."""
    plugin = start()
    entries = [{"pattern": f"n{number}.example", "patternType": "DOMAIN"} for number in range(2000)]
    id_, outputs = created(plugin, SENDERS, {"entriesJson": json.dumps(entries[:10])})
    inputs, _ = plugin.check(SENDERS, {}, {"entriesJson": json.dumps(entries)})
    diff = plugin.diff(SENDERS, id_, outputs, inputs)
    assert set(diff.detailed.values()) == {"ADD"}
    assert len(diff.detailed) == 100
    assert "1990 to add" in engine.text


def test_secrets_are_marked_wherever_they_go(start: START) -> None:
    """A secret remark of an entry, and the whole of a collection's entries where one of them holds a secret."""
    plugin = start()
    checked, _ = plugin.check(SENDER, {}, {**EVIL, "comments": secret("hidden")})
    assert secrets(checked) == {"comments"}
    id_, outputs = plugin.create(SENDER, checked)
    assert secrets(outputs) == {"comments"}
    found = plugin.read(SENDER, id_, outputs, checked)
    assert secrets(found.outputs) == {"comments"}
    many, _ = plugin.check(
        SENDERS, {}, {"entries": [{"pattern": "b.example", "patternType": "DOMAIN", "comments": secret("x")}]}
    )
    assert secrets(many) == {"entries"}
    assert secrets(plugin.create(SENDERS, many)[1]) == {"entries"}
    text, _ = plugin.check(SENDERS, {}, {"entriesJson": secret("[]")})
    assert secrets(text) == {"entries"}


def test_a_secret_that_is_stored_in_another_form_stays_secret(start: START, emulator: ServedEmulator) -> None:
    """The account folds the case of remarks: what was sent, and what is kept, is recorded as a secret."""
    emulator.set_habits(lower_case="text")
    plugin = start()
    one, _ = plugin.check(SENDER, {}, {**EVIL, "comments": secret("Hidden")})
    assert secrets(plugin.create(SENDER, one)[1]) == {"comments", "storedAs"}
    entry = {"pattern": "b.example", "patternType": "DOMAIN", "comments": "Hidden"}
    many, _ = plugin.check(SENDERS, {}, {"entries": secret([entry])})
    assert secrets(plugin.create(SENDERS, many)[1]) == {"entries", "storedAs"}


def test_what_is_wrong_with_a_secret_does_not_show_it(start: START) -> None:
    """The engine prints the value of a property that a failure names, a secret one too: so none is named."""
    plugin = start()
    cases: list[tuple[str, dict[str, Any]]] = [
        (SENDER, {**EVIL, "comments": secret("hidden" * 200)}),
        (SENDER, {**EVIL, "comments": secret(["hidden"])}),
        (SENDERS, {"entries": [{**EVIL, "comments": secret(["hidden"])}]}),
        (SENDERS, {"entries": secret("hidden")}),
        (SENDERS, {"entries": [EVIL], "defaults": {"comments": secret(["hidden"])}}),
        (SENDERS, {"entriesJson": secret("hidden")}),
        (urn_of("Domain"), {"domain": "corp.example", "transport": secret("hidden host")}),
        (urn_of("Domains"), {"entries": [{"domain": "corp.example", "transport": secret("hidden host")}]}),
    ]
    for urn, arguments in cases:
        _, failures = plugin.check(urn, {}, arguments)
        assert failures
        assert "hidden" not in str(failures)
        assert not failures.keys() & arguments.keys()


def test_defaults_that_are_not_known_yet(start: START) -> None:
    """Whatever the entries leave out may be among them: nothing is missing, and what is known stays."""
    plugin = start()
    entries = [{"pattern": "a.example"}, {"pattern": "b.example", "patternType": "DOMAIN"}]
    for defaults in (unknown(), {"patternType": "DOMAIN", "comments": unknown()}):
        checked, failures = plugin.check(SENDERS, {}, {"entries": entries, "defaults": defaults})
        assert not failures
        assert len(checked["entries"]) == 2
        assert "b.example" in str(checked["entries"])


def test_a_secret_that_is_not_known_yet(start: START) -> None:
    """It is no missing argument."""
    checked, failures = start().check(SENDER, {}, {"pattern": secret(unknown()), "patternType": "DOMAIN"})
    assert not failures
    assert secrets(checked) == {"pattern"}


def test_diagnostics_belong_to_their_resource(start: START, engine: Engine) -> None:
    """What a collection is about to do is said of it, not of the stack."""
    created(start(), urn_of("BlockSenders", "mine"), {"entries": [EVIL]})
    assert {said.resource for said in engine.said if "to add" in said.message} == {"mine"}


def test_errors_stand_alone(start: START, emulator: ServedEmulator) -> None:
    """The engine prints them as they are: no class, no traceback, no secret."""
    emulator.inject(Fault("forbidden", operation="POST block_senders", times=None))
    plugin = start()
    inputs, _ = plugin.check(SENDER, {}, EVIL)
    with pytest.raises(ProviderError) as caught:
        plugin.create(SENDER, inputs)
    text = str(caught.value)
    assert "403" in text
    assert "Traceback" not in text
    assert "Error:" not in text
    assert TOKEN not in text


def test_entries_come_in_one_way_only(start: START) -> None:
    """Two ways at once, and what cannot be read, are refused by property."""
    plugin = start()
    both = plugin.check(SENDERS, {}, {"entries": [EVIL], "entriesJson": "[]"})[1]
    assert both[""].startswith("entriesJson: ")
    assert plugin.check(SENDERS, {}, {"entriesJson": "[{"})[1][""].startswith("entriesJson: ")
    assert list(plugin.check(SENDERS, {}, {"entriesFile": "missing.csv"})[1]) == ["entriesFile"]
    assert list(plugin.check(SENDERS, {}, {"entriesJson": json.dumps([{**EVIL, "patternType": "HOST"}])})[1]) == [
        "entriesJson[0].patternType"
    ]
    assert plugin.check(SENDERS, {}, {})[1][""].startswith("entries: ")


def test_outputs_have_the_names_and_types_of_the_schema(start: START) -> None:
    """The names of fields, where they are values; a number that is cleared is one."""
    boss = {"name": "Boss", "email": "boss@corp.example", "directoryId": 0}
    plugin, urn = start(), urn_of("ImpersonationRegistryEntry")
    assert plugin.check(urn, {}, boss)[0]["directoryId"] == 0
    _, outputs = created(plugin, urn, boss)
    assert outputs["managedFields"] == ["directoryId", "email", "isEmailRegex", "name"]


@pytest.mark.parametrize("ignored", ["entries", "entriesJson"])
def test_a_program_ignores_changes_of_entries(start: START, ignored: str) -> None:
    """The engine puts what is recorded in the place of what is ignored; a text is not recorded."""
    plugin = start()
    defaults = {"patternType": "DOMAIN"}
    recorded, _ = plugin.check(SENDERS, {}, {"entriesJson": '[{"pattern": "evil.example"}]', "defaults": defaults})
    now = {"entriesJson": '[{"pattern": "worse.example"}]', "defaults": {**defaults, "comments": "new"}}
    sent = {name: value for name, value in {**now, ignored: recorded.get(ignored)}.items() if value is not None}
    assert plugin.check(SENDERS, recorded, sent) == (recorded, {})


def test_the_api_s_names_are_taken_in_json_too(start: START) -> None:
    """As exports and files have them; a map's keys are natural keys."""
    plugin = start()
    texts = [json.dumps([LIVE]), json.dumps([EVIL]), json.dumps({"DOMAIN evil.example": {}})]
    checked = [plugin.check(SENDERS, {}, {"entriesJson": text})[0]["entries"] for text in texts]
    assert checked[0] == checked[1] == checked[2]
    assert json.loads(checked[0]["DOMAIN evil.example"])["patternType"] == "DOMAIN"


def test_imports(start: START, emulator: ServedEmulator) -> None:
    """By the id of an entry, with or without the account, and by the collection; what is not there is not there."""
    entry = emulator.seed({"block_senders": [LIVE]}, account_id=ACCOUNT)["block_senders"][0]
    plugin = start()
    found = plugin.read(SENDER, str(entry["id"]))
    assert found.inputs == {**EVIL, "isRegex": False}
    assert plugin.read(SENDER, f"{ACCOUNT}/{entry['id']}").id == found.id == entry["id"]
    many = plugin.read(SENDERS, "block_senders")
    assert many.id == f"{ACCOUNT}/block_senders"
    assert many.inputs == {"entries": [{**EVIL, "isRegex": False}]}
    emulator.seed({"block_senders": [LIVE]}, account_id=OTHER_ACCOUNT)
    other = plugin.read(SENDERS, f"{OTHER_ACCOUNT}/block_senders")
    assert other.inputs is not None
    assert other.inputs == {**many.inputs, "accountId": OTHER_ACCOUNT}
    inputs, _ = plugin.check(SENDERS, other.inputs, other.inputs)
    assert not plugin.diff(SENDERS, other.id, other.outputs, inputs).changes
    assert plugin.read(SENDER, "00000000-0000-4000-8000-000000000000").id == ""
    with pytest.raises(ProviderError, match="ACCOUNT/block_senders"):
        plugin.read(SENDERS, f"{ACCOUNT}/allow_policies")


def test_advice_is_in_no_language_of_its_own(start: START, emulator: ServedEmulator, engine: Engine) -> None:
    """What to write is said with the names of the schema: `adopt: true`, not `adopt=True`."""
    plugin = start()
    onboarded = {"domain": "corp.example", "allowed_delivery_modes": ["API"], "drop_dispositions": []}
    emulator.seed(
        {"block_senders": [LIVE], "domains": [{**onboarded, "ip_restrictions": [], "regions": ["GLOBAL"]}]},
        account_id=ACCOUNT,
    )
    _, failures = plugin.check(SENDER, {}, EVIL)
    assert "adopt: true" in str(failures)
    with pytest.raises(ProviderError, match="adopt: true") as caught:
        plugin.create(SENDER, plugin.check(SENDER, {}, EVIL)[0])
    domain = urn_of("Domain")
    id_, outputs = created(plugin, domain, {"domain": "corp.example"})
    plugin.delete(domain, id_, outputs)
    assert "unprotectOnDelete: true" in engine.text
    assert "=" not in engine.text + str(failures) + str(caught.value)


def test_states_of_the_dynamic_resources_are_taken(start: START) -> None:
    """In snake_case, entries as one text: nothing changes, and a refresh gives them the plugin's names."""
    plugin = start()
    id_, outputs = created(plugin, SENDERS, {"entries": [EVIL]})
    text = {"DOMAIN evil.example": LIVE}
    dynamic = {
        "account_id": ACCOUNT,
        "mode": "additive",
        "entries": json.dumps(text),
        "ids": json.dumps(outputs["ids"]),
    }
    inputs, _ = plugin.check(SENDERS, dynamic, {"entries": [EVIL]})
    assert not plugin.diff(SENDERS, id_, dynamic, inputs).changes
    assert plugin.read(SENDERS, id_, dynamic, dynamic).outputs == outputs
    plugin.delete(SENDERS, id_, dynamic)


def test_sixteen_at_once(start: START, emulator: ServedEmulator) -> None:
    """As many creates as the engine asks for wait for the API at the same time."""
    plugin = start()
    together = threading.Barrier(16, timeout=240)
    handle = emulator.handle

    def waiting(request: Any) -> Any:
        if request.method == "POST":
            together.wait()
        return handle(request)

    emulator.handle = waiting  # type: ignore[method-assign]
    urns = [urn_of("BlockSender", f"n{number}") for number in range(16)]
    inputs = [plugin.check(urn, {}, {**EVIL, "pattern": f"{urn[-3:].strip(':')}.example"})[0] for urn in urns]
    with ThreadPoolExecutor(16) as pool:
        ids = [id_ for id_, _ in pool.map(plugin.create, urns, inputs)]
    assert len({*ids}) == 16


def test_cancel_ends_between_two_requests(start: START, emulator: ServedEmulator) -> None:
    """A wait for the rate limit ends at once, and nothing more is written."""
    emulator.inject(Fault("rate_limited", operation="POST block_senders", times=None, retry_after=120))
    plugin = start()
    inputs, _ = plugin.check(SENDER, {}, EVIL)
    with ThreadPoolExecutor(1) as pool:
        create = pool.submit(plugin.create, SENDER, inputs)
        emulator.wait_for("POST block_senders", 1)
        plugin.cancel()
        with pytest.raises(ProviderError, match="cancelled"):
            create.result(timeout=240)
    with pytest.raises(ProviderError, match="cancelled"):
        plugin.create(SENDER, inputs)
    assert emulator.count("POST block_senders") == 1


def test_nothing_is_written_when_the_engine_is_gone(emulator: ServedEmulator, tmp_path: Path) -> None:
    """Nobody would record it."""
    env = emulator.env(CLOUDFLARE_API_TOKEN=TOKEN, PULUMI_HOME=str(tmp_path))
    with listening() as engine, PluginProcess(env=env, cwd=tmp_path, engine=engine) as plugin:
        inputs, _ = plugin.check(SENDER, {}, EVIL)
        engine.stop()
        with pytest.raises(ProviderError, match="engine is gone"):
            plugin.create(SENDER, inputs)
    assert not emulator.writes()


def test_look_ups(start: START, emulator: ServedEmulator) -> None:
    """By id, by natural key, by filters; what is asked for wrongly is a failure."""
    entry = emulator.seed({"block_senders": [LIVE]}, account_id=ACCOUNT)["block_senders"][0]
    plugin = start()
    assert plugin.invoke("getBlockSender", id=str(entry["id"]))["pattern"] == "evil.example"
    assert plugin.invoke("getBlockSender", **EVIL)["id"] == entry["id"]
    assert [found["id"] for found in plugin.invoke("listBlockSenders", patternType="DOMAIN")["entries"]] == [
        entry["id"]
    ]
    assert plugin.invoke("listBlockSenders", patternType="IP") == {"entries": []}
    for arguments, text in (
        ({"pattern": "x.example"}, "looked up by"),
        ({**EVIL, "pattern": "x.example"}, "there is no"),
    ):
        with pytest.raises(ProviderError, match=text):
            plugin.invoke("getBlockSender", **arguments)


def test_what_a_look_up_finds_has_the_names_of_the_schema_within_objects_too(
    start: START, emulator: ServedEmulator
) -> None:
    """Whoever reads `authorization` finds `statusMessage` in it."""
    lists: dict[str, list[str]] = {
        name: [] for name in ("allowed_delivery_modes", "drop_dispositions", "ip_restrictions", "regions")
    }
    emulator.seed({"domains": [{"domain": "corp.example", **lists}]}, account_id=ACCOUNT)
    found = start().invoke("getDomain", domain="corp.example")
    assert "totalEmailsProcessed" in found["emailsProcessed"]
    assert not [name for name in (*found, *found["emailsProcessed"], *found["authorization"]) if "_" in name]


def test_many_single_entries_are_told_of_the_collection(start: START, engine: Engine) -> None:
    """Once a run and setting, of the stack; a resource that is checked twice counts once."""
    plugin = start()

    def hints() -> list[tuple[str, str]]:
        return [(said.resource, said.message) for said in engine.said if "more than 100 single" in said.message]

    for number in range(100):
        for _ in range(2):
            plugin.check(urn_of("TrustedDomain", f"n{number}"), {}, {"pattern": f"n{number}.example"})
        plugin.check(urn_of("BlockSender", f"n{number}"), {}, {**EVIL, "pattern": f"n{number}.example"})
    assert hints() == []
    for number in range(100, 103):
        plugin.check(urn_of("TrustedDomain", f"n{number}"), {}, {"pattern": f"n{number}.example"})
    ((resource, hint),) = hints()
    assert resource == ""
    assert "TrustedDomain resources: one TrustedDomains resource" in hint
    assert "`adopt: true`" in hint


def test_what_this_version_does_not_know(start: START) -> None:
    """A resource or function of a later version says what to do."""
    plugin = start()
    with pytest.raises(ProviderError, match="upgrade"):
        plugin.check(urn_of("NinthSetting"), {}, {})
    with pytest.raises(ProviderError, match="upgrade"):
        plugin.invoke("getNinthSetting")


def test_it_needs_no_engine_to_start() -> None:
    """Without an address it serves, too, and flags of the engine mean nothing."""
    command = [sys.executable, "-m", "pulumi_cloudflare_email_security.plugin", "--logtostderr"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdecimal()
        process.kill()


def test_values_and_names_are_those_of_the_program(start: START, engine: Engine) -> None:
    """`isRegex true` and `["DIRECT"]`, not `is_regex True`; what the program wrote stays as it wrote it."""
    plugin = start()
    regex = {
        **EVIL,
        "pattern": "^.*@evil\\.example$",
        "patternType": "EMAIL",
        "isRegex": True,
        "comments": "True, is_regex",
    }
    plugin.check(SENDER, {}, regex)
    domain = {
        "domain": "corp.example",
        "allowedDeliveryModes": ["DIRECT"],
        "dropDispositions": [],
        "regions": ["GLOBAL"],
    }
    plugin.check(urn_of("Domains"), {}, {"entries": [{**domain, "ipRestrictions": []}]})
    assert 'isRegex true, comments "True, is_regex"' in engine.text
    assert 'allowedDeliveryModes ["DIRECT"], dropDispositions []' in engine.text
    _, failures = plugin.check(SENDER, {}, {**EVIL, "isRegex": "yes", "patternType": "TrueDomain"})
    assert failures["isRegex"] == 'must be true or false, not "yes"'
    assert failures["patternType"].startswith('"TrueDomain" — must be one of')
    id_, outputs = created(plugin, urn_of("TrustedDomain"), {"pattern": "p.example"})
    inputs, _ = plugin.check(urn_of("TrustedDomain"), outputs, {"pattern": "p.example", "isSimilarity": True})
    plugin.diff(urn_of("TrustedDomain"), id_, outputs, inputs)
    assert "isSimilarity false -> true" in engine.text


def test_risks_and_refusals_name_the_program_s_fields(start: START, engine: Engine) -> None:
    """Names are those of the program wherever a message says them; what a program holds is quoted as it is."""
    risky = {**EVIL, "isTrustedSender": True, "verifySender": False}
    start().check(urn_of("AllowPolicy"), {}, {**risky, "comments": 'is_trusted_sender and "adopt=True"'})
    assert "isTrustedSender: what matches bypasses all detections" in engine.text
    assert "verifySender is false: honoured" in engine.text
    assert r'comments "is_trusted_sender and \"adopt=True\""' in engine.text
    _, refused = start(risk="refuse").check(urn_of("AllowPolicy", "other"), {}, risky)
    assert "isTrustedSender: what" in str(refused)
    assert "accept a risk with acceptRisk" in str(refused)
    _, refused = start().check(urn_of("AllowPolicy"), {}, {**EVIL, "isTrustedSendr": True})
    assert 'did you mean "isTrustedSender"?' in str(refused)


def test_what_is_attached_is_detached_by_an_empty_text(start: START, emulator: ServedEmulator) -> None:
    """The engine drops null on its way from a program, so the empty text, or the enum's `None`, says it."""
    live = {"domain": "corp.example", "folder": "Inbox", "integration_id": "6f3f1f5c-6c5e-4d7a-9f4f-0a5b8d2c7e11"}
    emulator.seed(
        {"domains": [{**live, "allowed_delivery_modes": ["API"], "drop_dispositions": []}]}, account_id=ACCOUNT
    )
    urn = urn_of("Domain")
    created(start(), urn, {"domain": "corp.example", "folder": "", "integrationId": ""})
    (entry,) = emulator.entries(ACCOUNT, "domains")
    assert entry["folder"] is None
    assert entry["integration_id"] is None


def test_null_in_json_clears_a_number(start: START, emulator: ServedEmulator) -> None:
    """A program cannot send null, a text of JSON can."""
    person = {"name": "Ann", "email": "ann@corp.example"}
    plugin, urn = start(), urn_of("ImpersonationRegistry")
    id_, outputs = created(plugin, urn, {"entriesJson": json.dumps([{**person, "directoryId": 7}])})
    assert [entry["directory_id"] for entry in emulator.entries(ACCOUNT, "impersonation_registry")] == [7]
    inputs, failures = plugin.check(urn, outputs, {"entriesJson": json.dumps([{**person, "directoryId": None}])})
    assert not failures
    plugin.update(urn, id_, outputs, inputs)
    assert [entry["directory_id"] for entry in emulator.entries(ACCOUNT, "impersonation_registry")] == [None]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the stack a state, as a CLI exports it: urn, id and outputs of each resource, and whether it was replaced.

    What follows runs on a machine that knows nothing of what was before.
    """

    def write(*resources: tuple[str, str, Mapping[str, Any], bool]) -> None:
        shutil.rmtree(tmp_path / "cloudflare-email-security", ignore_errors=True)
        found = [
            {
                "urn": urn,
                "type": urn.split("::")[2],
                "id": id_,
                "outputs": outputs,
                "delete": replaced,
                "provider": "::",  # what these processes are configured as
            }
            for urn, id_, outputs, replaced in resources
        ]
        state = tmp_path / "state.json"
        state.write_text(json.dumps({"deployment": {"resources": found}}), encoding="utf-8")
        cli = tmp_path / "bin" / "pulumi"
        cli.parent.mkdir(exist_ok=True)
        cli.write_text(f"#!/bin/sh\nexec cat {state}\n", encoding="utf-8")
        cli.chmod(0o755)
        monkeypatch.setenv("PATH", f"{cli.parent}:{os.environ['PATH']}")

    return write


def test_what_two_resources_hold_is_deleted_with_the_last(
    start: START, emulator: ServedEmulator, engine: Engine, record: Callable[..., None]
) -> None:
    """As a run of some resources leaves it: the one that the program forgets first deletes nothing, in any order."""
    entries = [EVIL, {**EVIL, "pattern": "own.example"}]
    one = created(start(), SENDER, EVIL)
    many = created(start(adopt=True), SENDERS, {"entries": entries})
    record((SENDER, *one, False), (SENDERS, *many, False))
    start().delete(SENDER, *one)
    assert len(emulator.entries(ACCOUNT, "block_senders")) == 2
    assert "stays, id" in engine.text
    assert 'BlockSenders "it" has it now' in engine.text
    plugin = start()
    inputs, _ = plugin.check(SENDERS, many[1], {"entries": entries[1:]})
    updated = plugin.update(SENDERS, many[0], many[1], inputs)
    assert len(emulator.entries(ACCOUNT, "block_senders")) == 2
    assert list(updated["ids"]) == ["DOMAIN own.example"]
    plugin.delete(SENDER, *one)
    assert [entry["pattern"] for entry in emulator.entries(ACCOUNT, "block_senders")] == ["own.example"]


def test_all_that_hold_an_entry_are_destroyed(
    start: START, emulator: ServedEmulator, record: Callable[..., None]
) -> None:
    """The engine deletes them at once: one of them deletes the entry."""
    one, many = created(start(), SENDER, EVIL), created(start(adopt=True), SENDERS, {"entries": [EVIL]})
    record((SENDER, *one, False), (SENDERS, *many, False))
    plugin = start()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda of: plugin.delete(*of), [(SENDER, *one), (SENDERS, *many)]))
    assert not emulator.entries(ACCOUNT, "block_senders")


@pytest.mark.parametrize(("urn", "arguments"), [(SENDER, EVIL), (SENDERS, {"entries": [EVIL]})])
def test_a_replacement_that_was_interrupted_keeps_its_entry(
    start: START, emulator: ServedEmulator, record: Callable[..., None], urn: str, arguments: dict[str, Any]
) -> None:
    """It has taken the entry, and the run ended before what it replaces was deleted: the next run forgets that only."""
    old = created(start(), urn, arguments)
    new = created(start(adopt=True), urn, arguments)
    record((urn, *new, False), (urn, *old, True))
    plugin = start()
    inputs, _ = plugin.check(urn, new[1], arguments)
    assert not plugin.diff(urn, *new, inputs).changes
    plugin.delete(urn, *old)
    assert len(emulator.entries(ACCOUNT, "block_senders")) == 1
    plugin = start()
    for state in (new, old):
        plugin.delete(urn, *state)
    assert not emulator.entries(ACCOUNT, "block_senders")


def _led(plugin: PluginProcess, urn: str, state: tuple[str, dict[str, Any]] | None, arguments: dict[str, Any]) -> Any:
    """Lead a resource to these arguments as the engine does; returns what is still to be deleted, and its state."""
    inputs, failures = plugin.check(urn, state[1] if state else {}, arguments)
    assert not failures, failures
    if state is None:
        return None, plugin.create(urn, inputs)
    diff = plugin.diff(urn, *state, inputs)
    if diff.replaces:
        inputs, failures = plugin.check(urn, {}, arguments)
        assert not failures, failures
        return state, plugin.create(urn, inputs)
    return None, (state[0], plugin.update(urn, *state, inputs) if diff.changes else state[1])


def test_names_that_are_numbers_shift_to_the_left(
    start: START, emulator: ServedEmulator, record: Callable[..., None]
) -> None:
    """A list of resources loses its first: each takes the next one's entry, and only the first entry goes."""
    urns = [urn_of("BlockSender", f"sender-{n}") for n in range(3)]
    senders = [{**EVIL, "pattern": f"{name}.example"} for name in "abc"]
    states = [created(start(), urn, sender) for urn, sender in zip(urns, senders, strict=True)]
    record(*((urn, *state, False) for urn, state in zip(urns, states, strict=True)))
    plugin = start()
    old = [(urn, _led(plugin, urn, states[n], senders[n + 1])[0]) for n, urn in enumerate(urns[:2])]
    for urn, state in [*old, (urns[2], states[2])]:
        plugin.delete(urn, *state)
    assert [entry["id"] for entry in emulator.entries(ACCOUNT, "block_senders")] == [states[1][0], states[2][0]]


def test_names_that_are_numbers_shift_to_the_right(
    start: START, emulator: ServedEmulator, record: Callable[..., None]
) -> None:
    """A list of resources gets a new first: each takes another key, as soon as the one that has it gave it up."""
    urns = [urn_of("BlockSender", f"sender-{n}") for n in range(3)]
    senders = [{**EVIL, "pattern": f"{name}.example"} for name in "nab"]
    states = [created(start(), urn, sender) for urn, sender in zip(urns, senders[1:], strict=False)]
    record(*((urn, *state, False) for urn, state in zip(urns, states, strict=False)))
    plugin = start()
    # The first is asked of first, and all are changed at once, the last one first.
    wanted = list(zip(urns, [*states, None], senders, strict=True))
    checked = [_previewed(plugin, *one) for one in wanted]
    with ThreadPoolExecutor(3) as pool:
        running: list[Future[Any]] = []
        for (urn, state, _), inputs in reversed(list(zip(wanted, checked, strict=True))):
            call = (
                partial(plugin.update, urn, state[0], state[1], inputs)
                if state
                else partial(plugin.create, urn, inputs)
            )
            running.append(pool.submit(call))
            wait(running[-1:], timeout=0.5)
        for one in running:
            one.result()
    assert {
        entry["pattern"][0]: entry["id"] in dict(states) for entry in emulator.entries(ACCOUNT, "block_senders")
    } == {
        "n": True,
        "a": True,
        "b": False,
    }


def _previewed(
    plugin: PluginProcess, urn: str, state: tuple[str, dict[str, Any]] | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    """What a preview asks of a resource that is not replaced; returns the inputs."""
    inputs, failures = plugin.check(urn, state[1] if state else {}, arguments)
    assert not failures, failures
    assert state is None or not plugin.diff(urn, *state, inputs).replaces
    return inputs


def test_a_collection_gets_the_key_that_another_resource_gives_up(
    start: START, emulator: ServedEmulator, record: Callable[..., None]
) -> None:
    """Its entry is a new one: that of the other resource has another key by then."""
    state = created(start(), SENDER, EVIL)
    record((SENDER, *state, False))
    plugin = start()
    renamed = _previewed(plugin, SENDER, state, {**EVIL, "pattern": "z.example"})
    inputs = _previewed(plugin, SENDERS, None, {"entries": [EVIL]})
    with ThreadPoolExecutor(2) as pool:
        collection = pool.submit(plugin.create, SENDERS, inputs)
        wait([collection], timeout=0.5)
        plugin.update(SENDER, *state, renamed)
        collection.result()
    found = {entry["pattern"]: entry["id"] == state[0] for entry in emulator.entries(ACCOUNT, "block_senders")}
    assert found == {"z.example": True, "evil.example": False}
