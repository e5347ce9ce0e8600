"""A token appears nowhere, on any path, and is sent to the configured host only."""

from __future__ import annotations

import json
import logging
import pickle
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_cloudflare_email_security import EmailSecurityError, state_reference
from pulumi_cloudflare_email_security.client.clock import Clock
from pulumi_cloudflare_email_security.client.transport import Client
from pulumi_cloudflare_email_security.dynamic import process
from pulumi_cloudflare_email_security.dynamic.providers import SettingProvider
from pulumi_cloudflare_email_security.emulator import Fault
from pulumi_cloudflare_email_security.model.state import as_text, recorded_entries
from pulumi_cloudflare_email_security.session.session import Session
from support.cli import CliStack, write_program
from support.grpc_process import ProviderError
from support.http_emulator import ACCOUNT, ServedEmulator, served
from support.provider_process import ProviderProcess, serialized
from trust.secrets import CREDENTIALS, EMAIL, KEY, NAMESPACE, TOKEN, assert_no_secret, assert_no_secret_in_files, server

SINGLE = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
MANY = {"entries": [{**SINGLE, "pattern": f"n{n}.example"} for n in range(3)]}
FAULTS = [
    Fault("rate_limited", retry_after=1),
    Fault("rate_limited"),
    Fault("forbidden"),
    Fault("server_error", status=500, body="json"),
    Fault("server_error", status=502, body="html", applied=True),
    Fault("server_error", status=503, body="empty"),
    Fault("refused"),
    Fault("cut_before"),
    Fault("cut_after"),
    Fault("half_answer"),
    Fault("slow", delay=3.0),
    Fault("malformed"),
    Fault("batch_rolled_back"),
]


@pytest.fixture(params=CREDENTIALS)
def credentials(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """A token, or a key with its address."""
    return CREDENTIALS[request.param]


@pytest.fixture(autouse=True)
def quick_and_apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing waits for long, not for a slow answer either, and the journal is the test's own."""
    passed = [time.monotonic()]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    clock = Clock(lambda: passed[0], sleep)
    slow = "fault" in request.fixturenames and request.getfixturevalue("fault").kind == "slow"
    hasty = partial(Client, timeout=(60.0, 0.02 if slow else 60.0))
    monkeypatch.setattr(process, "_new_session", lambda: Session(clock=clock, make_client=hasty))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    process.begin()
    yield
    process.begin()


def configured(kind: str, base_url: str, credentials: Mapping[str, str]) -> SettingProvider:
    """A provider with these credentials for this API root."""
    provider = state_reference.provider(kind)
    assert isinstance(provider, SettingProvider)
    config = {f"{NAMESPACE}:baseUrl": base_url, f"{NAMESPACE}:accountId": ACCOUNT, **credentials}
    provider.configure(ConfigureRequest(Config(config, "demo")))
    return provider


def life(arguments: Mapping[str, Any], provider: SettingProvider) -> Iterator[Callable[[], Any]]:
    """The calls of a resource's life; what one returns the next is given."""
    inputs = provider.check({}, {"declared_by": "demo/dev", **arguments}).inputs
    changed = json.loads(json.dumps(inputs))
    entries = recorded_entries(inputs)
    if entries:
        changed["entries"] = as_text({key: {**fields, "comments": "changed"} for key, fields in entries.items()})
    else:
        changed["comments"] = "changed"
    ids = as_text({key: f"{number:032x}" for number, key in enumerate(entries)})
    made: dict[str, Any] = {"id": f"{7:032x}", "outs": {**inputs, "ids": ids} if entries else inputs}

    def create() -> None:
        result = provider.create(inputs)
        made.update(id=result.id, outs=result.outs)

    yield create
    yield lambda: provider.read(made["id"], made["outs"])
    yield lambda: provider.update(made["id"], made["outs"], changed)
    yield lambda: provider.delete(made["id"], made["outs"])


def assert_silent(error: BaseException) -> None:
    """Nothing that is shown of an error, whichever way, holds a secret."""
    shown = [str(error), repr(error), repr(error.__dict__), *traceback.format_exception(error)]
    shown += [repr(item) for item in (error.__cause__, error.__context__) if item is not None]
    assert_no_secret(f"{type(error).__name__}", "\n".join(shown).encode() + pickle.dumps(str(error.args)))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status or fault.retry_after}")
def test_no_fault_shows_a_secret(
    fault: Fault,
    credentials: Mapping[str, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever goes wrong: no error, debug log, output, journal, emulator file or state holds a secret."""
    caplog.set_level(logging.DEBUG)
    failed = 0
    with served("2026", state=tmp_path / "account.json") as emulator:
        for kind, arguments in (("block_sender", SINGLE), ("block_senders", MANY)):
            provider = configured(kind, emulator.base_url, credentials)
            for call in life(arguments, provider):
                process.begin()
                emulator.inject(fault)
                try:
                    call()
                except EmailSecurityError as error:
                    failed += 1
                    assert_silent(error)
                emulator.clear_faults()
            assert_no_secret("the reference", serialized(provider))
            assert_no_secret("the provider", repr(provider) + repr(provider.configuration.connection()))
        assert emulator.log.total or fault.kind == "refused"
    assert failed or fault.kind == "batch_rolled_back"
    assert_no_secret("the debug log", caplog.text)
    assert "urllib3" in caplog.text or fault.kind == "refused"
    assert_no_secret("what is printed", "".join(capfd.readouterr()))
    assert assert_no_secret_in_files(tmp_path) or fault.kind == "refused"


def test_what_an_answer_repeats_is_not_shown(credentials: Mapping[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """An API or proxy that repeats the request's headers in its refusal does not make us print them."""
    caplog.set_level(logging.DEBUG)
    problem = json.dumps({"success": False, "errors": [{"code": 1, "message": "bad: ECHO"}], "result": None})
    with server() as seen:
        seen.echo = True
        for status in (400, 403, 409, 429, 500):
            for body in (problem.encode(), b"<html>ECHO</html>"):
                seen.status, seen.body = status, body
                process.begin()
                provider = configured("block_sender", seen.base_url, credentials)
                with pytest.raises(EmailSecurityError) as caught:
                    provider.read("1", {"account_id": ACCOUNT, **SINGLE})
                assert_silent(caught.value)
    assert_no_secret("the debug log", caplog.text)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, credentials: Mapping[str, str]) -> None:
    """A redirect to another server is an error; that server sees no request at all, whatever the method."""
    with server() as seen, server() as elsewhere:
        seen.status, seen.headers = status, {"Location": f"{elsewhere.base_url}/elsewhere"}
        for kind, arguments in (("block_sender", SINGLE), ("block_senders", MANY)):
            for call in life(arguments, configured(kind, seen.base_url, credentials)):
                process.begin()
                with pytest.raises(EmailSecurityError, match="redirect") as caught:
                    call()
                assert_silent(caught.value)
        assert {method for method, _, _ in seen.requests} >= {"GET", "PATCH", "DELETE"}
        assert elsewhere.requests == []


def test_the_netrc_file_is_not_used(
    credentials: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials for the same host in ~/.netrc neither replace ours nor go out beside them."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login other password netrc-password\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with server() as seen:
        seen.body = json.dumps({"success": True, "errors": [], "result": {"id": 1, **SINGLE}}).encode()
        configured("block_sender", seen.base_url, credentials).read("1", {"account_id": ACCOUNT, **SINGLE})
    ((_, _, headers),) = seen.requests
    if TOKEN in credentials.values():
        assert headers["Authorization"] == f"Bearer {TOKEN}"
    else:
        assert (headers["X-Auth-Key"], headers["X-Auth-Email"]) == (KEY, EMAIL)
        assert "Authorization" not in headers


@pytest.mark.parametrize(
    "url", ["http://api.cloudflare.com/client/v4", "http://192.0.2.1/", "http://127.0.0.1.evil.example/", "ftp://x/"]
)
def test_nothing_is_sent_in_the_clear(url: str, credentials: Mapping[str, str]) -> None:
    """Plain http to another machine is refused before anything is sent: at check, and by every call."""
    provider = configured("block_sender", url, credentials)
    (failure,) = provider.check({}, {"declared_by": "demo/dev", **SINGLE}).failures
    assert "the base URL must be https" in failure.reason
    assert_no_secret("the failure", failure.reason)
    props = {"account_id": ACCOUNT, **SINGLE}
    for call in (
        lambda: provider.create(props),
        lambda: provider.read("1", props),
        lambda: provider.update("1", props, {**props, "comments": "x"}),
        lambda: provider.delete("1", props),
    ):
        # Sending anything to another machine would end in the RuntimeError of conftest.
        with pytest.raises(EmailSecurityError, match="the base URL must be https") as caught:
            call()
        assert_silent(caught.value)


def test_the_provider_process_shows_no_secret(
    credentials: Mapping[str, str],
    tmp_path: Path,
    provider_process: Callable[..., ProviderProcess],
) -> None:
    """Neither what the SDK's provider process answers, nor its errors, nor what it prints holds a secret."""
    with served("2026", state=tmp_path / "account.json") as emulator:
        config = {f"{NAMESPACE}:baseUrl": emulator.base_url, f"{NAMESPACE}:accountId": ACCOUNT, **credentials}
        process = provider_process(
            state_reference.provider("block_sender"),
            config=config,
            env={"PULUMI_HOME": str(tmp_path / "home"), "PYTHONTRACEMALLOC": "1"},
        )
        inputs, _ = process.check({}, {"declared_by": "demo/dev", **SINGLE})
        id_, outputs = process.create(inputs)
        read = process.read(id_, outputs)
        for fault in (Fault("server_error", "PATCH*", status=500, body="html"), Fault("cut_before", "PATCH*")):
            emulator.inject(fault)
            with pytest.raises(ProviderError) as caught:
                process.update(id_, outputs, {**inputs, "comments": fault.kind})
            assert_no_secret("the error", str(caught.value))
            emulator.clear_faults()
        process.delete(id_, outputs)
    assert_no_secret("what it answers", repr((inputs, outputs, read)))
    process.kill()
    assert_no_secret("what it prints", process.stderr)
    assert assert_no_secret_in_files(tmp_path) >= 2


@pytest.mark.engine
def test_values_that_the_program_marks_as_secret_stay_so(cli: Path, tmp_path: Path) -> None:
    """However a secret value gets among the entries: neither state nor what is printed has it in the clear."""
    source = """
import pulumi
import pulumi_cloudflare_email_security as email_security

def secret(where):
    return pulumi.Output.secret("hidden SALT " + where)

email_security.BlockSender("one", pattern="one.example", pattern_type="DOMAIN", comments=secret("one"))
many = {"defaults": {"pattern_type": "DOMAIN"}}
email_security.BlockSenders("list", entries=[{"pattern": "b.example", "comments": secret("list")}], **many)
email_security.BlockSenders("map", entries={"DOMAIN C.Example": {"comments": secret("map")}})
entry = secret("entry").apply(lambda x: {"pattern": "d.example", "comments": x})
email_security.BlockSenders("entry", entries=[entry], **many)
entries = secret("all").apply(lambda x: [{"pattern": "e.example", "comments": x}])
email_security.BlockSenders("all", entries=entries, **many)
shared = email_security.BlockSenders("shared", entries={"DOMAIN f.example": {}}, defaults={"comments": secret("d")})
pulumi.export("shared", shared.entries)
"""
    with served("2026") as emulator:
        config = {f"{NAMESPACE}:baseUrl": emulator.base_url, f"{NAMESPACE}:accountId": ACCOUNT}
        stack = CliStack(cli, write_program(tmp_path / "program", source.replace("SALT", "first")), config=config)
        stack.config_set(f"{NAMESPACE}:apiToken", TOKEN, secret=True)
        made = stack.up()
        stack.edit(source.replace("SALT", "second"))
        previewed, changed = stack.preview(diff=True), stack.up()
        live = [entry["comments"] for entry in emulator.entries(ACCOUNT, "block_senders")]
        assert sorted(live) == sorted(f"hidden second {where}" for where in ("one", "list", "map", "entry", "all", "d"))
        assert "hidden" not in json.dumps(stack.export())
        for entry in emulator.entries(ACCOUNT, "block_senders"):
            emulator.change(ACCOUNT, "block_senders", entry["id"], comments="hidden by hand")
        refreshed = stack.refresh()
        assert "hidden" not in json.dumps(stack.export())
        destroyed = stack.destroy()
    assert previewed.summary == changed.summary == {"update": 6}
    assert "[secret] -> [secret]" in previewed.text
    assert "hidden" not in "".join(run.text for run in (made, previewed, changed, refreshed, destroyed))


@pytest.mark.engine
def test_secrets_that_are_stored_in_another_form_stay_so(cli: Path, tmp_path: Path) -> None:
    """The account folds the case of remarks: neither what was sent nor what is kept is in state in the clear."""
    source = """
import pulumi
import pulumi_cloudflare_email_security as email_security

remark = {"pattern_type": "DOMAIN", "comments": pulumi.Output.secret("Hidden")}
email_security.BlockSender("one", pattern="one.example", **remark)
email_security.BlockSenders("list", entries=[{"pattern": "b.example", **remark}])
email_security.BlockSenders("all", entries=pulumi.Output.secret([{"pattern": "c.example", **remark}]))
"""
    with served("2026", habits={"lower_case": "text"}) as emulator:
        config = {f"{NAMESPACE}:baseUrl": emulator.base_url, f"{NAMESPACE}:accountId": ACCOUNT}
        stack = CliStack(cli, write_program(tmp_path / "program", source), config=config)
        stack.config_set(f"{NAMESPACE}:apiToken", TOKEN, secret=True)
        texts = [stack.up().text]
        states = [json.dumps(stack.export())]
        assert [entry["comments"] for entry in emulator.entries(ACCOUNT, "block_senders")] == ["hidden"] * 3
        texts.append(stack.refresh().text)
        states.append(json.dumps(stack.export()))
        assert stack.preview().summary == {"same": 3}
    assert all("stored_as" in state for state in states)
    assert "hidden" not in "".join([*texts, *states]).lower()


WRONG = {
    "too long": 'BlockSender("x", pattern="a.example", pattern_type="DOMAIN", comments=secret("hidden" * 200))',
    "no text": 'BlockSender("x", pattern="a.example", pattern_type="DOMAIN", comments=secret(["hidden"]))',
    "no host": 'Domain("x", domain="a.example", transport=secret("hidden host"))',
    "an entry's": 'Domains("x", entries=[{"domain": "a.example", "transport": secret("hidden host")}])',
    "an entry": 'Domains("x", entries=[secret("hidden")])',
    "no entries": 'BlockSenders("x", entries=secret("hidden"))',
}


@pytest.mark.engine
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_secret_does_not_show_it(what: str, cli: Path, tmp_path: Path) -> None:
    """The engine prints the value of a property that a failure names, a secret one too: so none is named."""
    source = f"""
from pulumi import Output

from pulumi_cloudflare_email_security import BlockSender, BlockSenders, Domain, Domains

secret = Output.secret
{WRONG[what]}
"""
    config = {f"{NAMESPACE}:baseUrl": f"emulator:{tmp_path / 'account.json'}", f"{NAMESPACE}:accountId": ACCOUNT}
    stack = CliStack(cli, write_program(tmp_path / "program", source), config=config)
    text = stack.preview(expect_failure=True).text
    assert "has a problem" in text
    assert "hidden" not in text


@pytest.mark.engine
def test_the_cli_shows_no_secret(cli: Path, tmp_path: Path) -> None:
    """Neither state, history, event log nor output holds the token, in runs good and bad, with debug messages too."""
    with served("2026", state=tmp_path / "account.json", token=TOKEN) as emulator:
        source = f"""
import pulumi_cloudflare_email_security as email_security

email_security.BlockSender("single", **{SINGLE!r})
email_security.BlockSenders("many", **{MANY!r})
"""
        config = {f"{NAMESPACE}:baseUrl": emulator.base_url, f"{NAMESPACE}:accountId": ACCOUNT}
        stack = CliStack(cli, write_program(tmp_path / "program", source), config=config)
        stack.config_set(f"{NAMESPACE}:apiToken", TOKEN, secret=True)
        texts = [_refused(stack, emulator).text]
        emulator.clear_faults()
        # Not with -v=9: there the engine itself writes down the configuration that it hands to provider processes.
        texts.append(stack.run("up", "--yes", "--skip-preview", "--debug", "--logtostderr", "--logflow", "-v=3").text)
        texts.append(json.dumps(stack.export()))
        texts.append(stack.preview(diff=True).text)
    for text in texts:
        assert_no_secret("what the CLI shows", text)
    assert assert_no_secret_in_files(tmp_path) > 10


def _refused(stack: CliStack, emulator: ServedEmulator) -> Any:
    emulator.inject(Fault("forbidden"))
    result = stack.up(expect_failure=True)
    assert "Authentication error" in result.text
    return result
