"""The whole life of every setting on the real engine, all of them in one program, on both API contracts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, TOKEN, ServedEmulator, served

pytestmark = pytest.mark.engine

OTHER_ACCOUNT = "fedcba9876543210fedcba9876543210"
OLD_COLLECTIONS = ("allow_policies", "block_senders", "domains", "impersonation_registry", "trusted_domains")
NEW_COLLECTIONS = ("content_policies", "sending_domain_restrictions", "url_ignore_patterns")
COLLECTIONS = {"2025": OLD_COLLECTIONS, "2026": OLD_COLLECTIONS + NEW_COLLECTIONS}
CLASSES = {
    "allow_policies": "AllowPolicy",
    "block_senders": "BlockSender",
    "content_policies": "ContentPolicy",
    "domains": "Domain",
    "impersonation_registry": "ImpersonationRegistryEntry",
    "sending_domain_restrictions": "SendingDomainRestriction",
    "trusted_domains": "TrustedDomain",
    "url_ignore_patterns": "UrlIgnorePattern",
}
# Written as people write: sets out of order, domains in mixed case, defaults left out.
DECLARED: dict[str, dict[str, Any]] = {
    "allow_policies": {"pattern": "Pay.Example", "pattern_type": "DOMAIN", "is_acceptable_sender": True},
    "block_senders": {"pattern": "phish@Evil.example", "pattern_type": "EMAIL", "comments": "seen in May"},
    "content_policies": {"name": "Invoices", "pattern": "(?i)overdue", "targets": ["SUBJECT", "BODY"]},
    "domains": {
        "domain": "Corp.Example",
        "allowed_delivery_modes": ["DIRECT"],
        "drop_dispositions": ["SPAM", "MALICIOUS"],
        "ip_restrictions": ["192.0.2.7/24"],
        "regions": ["GLOBAL"],
        "lookback_hops": 2,
    },
    "impersonation_registry": {"name": "Jane Doe", "email": "jane@Corp.example", "comments": "CEO"},
    "sending_domain_restrictions": {"domain": "bank.example", "exclude": ["news.bank.example", "a.bank.example"]},
    "trusted_domains": {"pattern": "partner.example", "is_similarity": True, "comments": "partner"},
    "url_ignore_patterns": {"pattern": "https://wiki/.*", "comments": "intranet"},
}
CHANGES: dict[str, dict[str, Any]] = {
    "allow_policies": {"is_trusted_sender": True, "comments": "by contract"},
    "block_senders": {"comments": None},
    "content_policies": {"targets": ["BODY"], "enabled": False},
    "domains": {"drop_dispositions": ["BULK", "SPAM"], "lookback_hops": 3},
    "impersonation_registry": {"name": "Jane D. Doe"},
    "sending_domain_restrictions": {"exclude": []},
    "trusted_domains": {"is_recent": True, "comments": None},
    "url_ignore_patterns": {"pattern": "https://wiki/pages/.*"},
}
# What somebody does in the dashboard.
DRIFT: dict[str, dict[str, Any]] = {
    "allow_policies": {"is_acceptable_sender": False},
    "block_senders": {"comments": "hands off"},
    "content_policies": {"enabled": True},
    "domains": {"drop_dispositions": ["NONE"]},
    "impersonation_registry": {"email": "joan@corp.example"},
    "sending_domain_restrictions": {"exclude": ["x.bank.example"]},
    "trusted_domains": {"is_similarity": False},
    "url_ignore_patterns": {"comments": "hands off"},
}


def program(resources: Mapping[str, Mapping[str, Any]]) -> str:
    """A program that declares these, named like their collections."""
    lines = ["import pulumi_cloudflare_email_security as email_security"]
    lines += [f"email_security.{CLASSES[name]}({name!r}, **{dict(fields)!r})" for name, fields in resources.items()]
    return "\n".join(lines)


class Account:
    """An account of one contract, and the program that declares one entry of every setting it has."""

    def __init__(self, emulator: ServedEmulator) -> None:
        self.emulator = emulator
        self.collections = COLLECTIONS[emulator.contract.name]
        self.resources = {name: dict(DECLARED[name]) for name in self.collections}
        if emulator.contract.name == "2025":  # which cannot create domains
            found = {"allowed_delivery_modes": ["DIRECT"], "drop_dispositions": [], "ip_restrictions": []}
            domains = [{"domain": f"{name}.example", "regions": ["GLOBAL"], **found} for name in ("corp", "other")]
            for account in (ACCOUNT, OTHER_ACCOUNT):
                emulator.seed({"domains": domains}, account_id=account)

    @property
    def source(self) -> str:
        """The program as it is now."""
        return program(self.resources)

    def every(self, operation: str) -> dict[str, str]:
        """The same operation for every resource."""
        return dict.fromkeys(self.collections, operation)

    def declare(self, changes: Mapping[str, Mapping[str, Any]]) -> str:
        """Change the program."""
        for name in self.collections:
            self.resources[name] |= changes.get(name, {})
        return self.source

    def entry(self, collection: str, account: str = ACCOUNT) -> dict[str, Any]:
        """The entry that the program declares, or the one with the same domain."""
        entries = self.emulator.entries(account, collection)
        if collection == "domains":
            wanted = self.resources["domains"]["domain"].lower()
            entries = [entry for entry in entries if entry["domain"].lower() == wanted]
        (entry,) = entries
        return entry

    def assert_as_declared(self, account: str = ACCOUNT) -> None:
        """The account holds what the program says, and nothing else of its settings."""
        for name in self.collections:
            live = self.entry(name, account)
            for field, value in self.resources[name].items():
                if field not in {"account_id", "unprotect_on_delete"}:
                    assert _comparable(live.get(field)) == _comparable(value), (name, field)

    def is_empty(self, account: str = ACCOUNT) -> bool:
        """Nothing but domains is left."""
        return not any(self.emulator.entries(account, name) for name in self.collections if name != "domains")


def _comparable(value: object) -> object:
    """Domains without case, sets in order, ranges by their network."""
    if isinstance(value, list):
        return sorted(str(item).lower().replace("192.0.2.7/", "192.0.2.0/") for item in value)
    if isinstance(value, str):
        return value.lower()
    return value


@pytest.fixture(params=["2026", "2025"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account that wants its token."""
    with served(request.param, token=TOKEN) as emulator:
        yield Account(emulator)


@pytest.fixture
def stack(account: Account, cli: Path, tmp_path: Path) -> CliStack:
    """A stack on the account: with the token as a secret of the stack, or (2025) in the environment."""
    folder = write_program(tmp_path / "program", account.source)
    if account.emulator.contract.name == "2025":
        return CliStack(cli, folder, env=account.emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
    config = {"accountId": ACCOUNT, "baseUrl": account.emulator.base_url}
    stack = CliStack(cli, folder, config={f"cloudflare-email-security:{key}": value for key, value in config.items()})
    stack.config_set("cloudflare-email-security:apiToken", TOKEN, secret=True)
    return stack


def test_whole_life(account: Account, stack: CliStack) -> None:
    """Every setting is created, left alone, updated, repaired, made anew, replaced and deleted as the engine says."""
    emulator = account.emulator
    every = account.every
    assert stack.preview().changes == every("create")
    assert emulator.writes() == {}
    assert stack.up().changes == every("create")
    account.assert_as_declared()

    # Nothing changes: not in a preview, not in a refresh, not in the preview after it.
    assert stack.preview().changes == every("same")
    before = stack.export()["deployment"]["resources"]
    assert set(stack.refresh().summary) == {"same"}
    assert _properties(stack) == _properties_in(before)
    emulator.log.clear()
    assert stack.up(skip_preview=False).changes == every("same")
    assert emulator.writes() == {}

    # The program changes: one PATCH each, with the preview's diff naming what changed.
    stack.edit(account.declare(CHANGES))
    preview = stack.preview(diff=True)
    assert preview.changes == every("update")
    shown = re.findall(r"^ +[~+-] (\w+) *: ", preview.text, re.MULTILINE)
    assert Counter(shown) == Counter(field for name in account.collections for field in CHANGES[name])
    assert stack.up().changes == every("update")
    assert emulator.writes() == {f"PATCH {name}/{{id}}": 1 for name in account.collections}
    account.assert_as_declared()

    # Someone changes everything, and deletes two entries: refresh finds out, `up` puts it right.
    for name in account.collections:
        emulator.change(ACCOUNT, name, account.entry(name)["id"], **DRIFT[name])
    gone = {"block_senders", "trusted_domains"}
    for name in gone:
        emulator.remove(ACCOUNT, name, account.entry(name)["id"])
    refreshed = stack.refresh().changes
    assert refreshed == every("update") | dict.fromkeys(gone, "delete")
    assert stack.preview().changes == every("update") | dict.fromkeys(gone, "create")
    assert stack.up().changes == every("update") | dict.fromkeys(gone, "create")
    account.assert_as_declared()

    # Another account; and for the domain another domain too.
    moved = {name: {"account_id": OTHER_ACCOUNT} for name in account.collections}
    moved["domains"]["domain"] = "other.example"
    stack.edit(account.declare(moved))
    replaced = stack.up()
    assert replaced.changes == every("replace")
    account.assert_as_declared(OTHER_ACCOUNT)
    assert account.is_empty(ACCOUNT)
    assert "protected domain corp.example stays protected" in replaced.text.lower()

    # The last preview of a life, and its end. The domains are still protected, and the user is told.
    assert stack.preview(refresh=True).changes == every("same")
    destroyed = stack.destroy()
    assert destroyed.changes == every("delete")
    assert "protected domain other.example stays protected as it is" in destroyed.text
    assert account.is_empty(OTHER_ACCOUNT)
    assert account.entry("domains", OTHER_ACCOUNT)
    assert TOKEN not in json.dumps(before)


def _properties(stack: CliStack) -> dict[str, Any]:
    return _properties_in(stack.export()["deployment"]["resources"])


def _properties_in(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """By resource; the provider's own are left out, in which the secret token is encrypted anew each time."""
    own = [resource for resource in resources if not resource["type"].startswith("pulumi:")]
    return {resource["urn"]: (resource["inputs"], resource["outputs"]) for resource in own}


def test_a_stack_per_environment(cli: Path, tmp_path: Path) -> None:
    """One program and two stacks with settings of their own: each has its entries, and only they go with it."""
    source = """
import pulumi
import pulumi_cloudflare_email_security as email_security

for name in pulumi.Config().require("blocked").split():
    email_security.BlockSender(name, pattern=name, pattern_type="DOMAIN", comments=pulumi.get_stack())
"""
    accounts = {"dev": (ACCOUNT, "a.example"), "prod": (OTHER_ACCOUNT, "a.example b.example")}
    with served("2026", token=TOKEN) as emulator:
        folder = write_program(tmp_path / "program", source)
        stacks = {}
        for name, (account, blocked) in accounts.items():
            config = {"cloudflare-email-security:accountId": account, "blocked": blocked}
            env = {"CLOUDFLARE_BASE_URL": emulator.base_url, "CLOUDFLARE_API_TOKEN": TOKEN}
            stacks[name] = CliStack(cli, folder, name, env=env, config=config)
            assert stacks[name].up().changes == dict.fromkeys(blocked.split(), "create")
        stacks["dev"].destroy()
        assert emulator.entries(ACCOUNT, "block_senders") == []
        live = emulator.entries(OTHER_ACCOUNT, "block_senders")
        assert {entry["pattern"]: entry["comments"] for entry in live} == {"a.example": "prod", "b.example": "prod"}


def test_values_not_known_at_preview(cli: Path, tmp_path: Path) -> None:
    """A pattern that is another resource's output is previewed as not known, in an entry and in a collection."""
    source = """
import pulumi_cloudflare_email_security as email_security

partner = email_security.TrustedDomain("partner", pattern="partner.example")
later = partner.id.apply(lambda id: f"x{id}.example")
email_security.BlockSender("single", pattern=later, pattern_type="DOMAIN")
entries = [{"pattern": later, "is_acceptable_sender": True}, {"pattern": "known.example"}]
email_security.AllowPolicies("many", defaults={"pattern_type": "DOMAIN"}, entries=entries)
"""
    with served("2026", token=TOKEN) as emulator:
        stack = CliStack(cli, write_program(tmp_path / "p", source), env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
        every = ("partner", "single", "many")
        assert stack.preview().changes == dict.fromkeys(every, "create")
        assert emulator.writes() == {}
        assert stack.up(skip_preview=False).changes == dict.fromkeys(every, "create")
        assert stack.preview().changes == dict.fromkeys(every, "same")
        (partner,) = emulator.entries(ACCOUNT, "trusted_domains")
        allowed = {entry["pattern"] for entry in emulator.entries(ACCOUNT, "allow_policies")}
        assert allowed == {"known.example", f"x{partner['id']}.example"}
        assert emulator.entries(ACCOUNT, "block_senders")[0]["pattern"] == f"x{partner['id']}.example"


def test_adoption_and_get(cli: Path, tmp_path: Path) -> None:
    """What exists is refused with its id, taken over where asked, and read without being managed by `get`."""
    with served("2026", token=TOKEN) as emulator:
        seeds = [
            {"pattern": f"{name}.example", "pattern_type": "DOMAIN", "is_regex": False, "comments": "old"}
            for name in ("evil", "other")
        ]
        mine, other = emulator.seed({"block_senders": seeds}, account_id=ACCOUNT)["block_senders"]
        declared = {"pattern": "evil.example", "pattern_type": "DOMAIN", "comments": "new"}
        source = program({"block_senders": declared})
        stack = CliStack(cli, write_program(tmp_path / "p", source), env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
        (error,) = stack.up(expect_failure=True).errors
        assert error == (
            "pulumi-python:dynamic/cloudflare-email-security:BlockSender resource 'block_senders': property pattern "
            f"value {{evil.example}} has a problem: blocked sender DOMAIN evil.example (id {mine['id']}) exists "
            "already — to adopt, pass adopt=True (or set config cloudflare-email-security:adopt to true for this run); "
            "if this stack made it under another name, say so with aliases=…"
        )
        assert emulator.writes() == {}
        get = f"""
found = email_security.BlockSender.get("found", {other["id"]!r})
import pulumi
pulumi.export("comments", found.comments)
pulumi.export("pattern", found.pattern)
"""
        stack.edit(program({"block_senders": {**declared, "adopt": True}}) + get)
        assert stack.up().changes == {"block_senders": "create", "found": "read"}
        assert stack.outputs() == {"comments": "old", "pattern": "other.example"}
        assert {entry["id"]: entry["comments"] for entry in emulator.entries(ACCOUNT, "block_senders")} == {
            mine["id"]: "new",
            other["id"]: "old",
        }
        assert stack.preview().changes == {"block_senders": "same", "found": "read"}
        # What a program has only read is not its own.
        own = '\nemail_security.BlockSender("mine", pattern="other.example", pattern_type="DOMAIN")\n'
        stack.edit(program({"block_senders": {**declared, "adopt": True}}) + own)
        assert ["exists already" in error for error in stack.preview(expect_failure=True).errors] == [True]
        stack.destroy()
        assert [entry["id"] for entry in emulator.entries(ACCOUNT, "block_senders")] == [other["id"]]


def test_what_a_user_sees_when_it_goes_wrong(cli: Path, tmp_path: Path) -> None:
    """A typo, a wrong value, a wrong token and a lost connection are one line each, by property where there is one."""
    place = f"/accounts/{ACCOUNT}/email-security/settings/block_senders"
    kind = "pulumi-python:dynamic/cloudflare-email-security:BlockSender"
    good = {"pattern": "evil.example", "pattern_type": "DOMAIN"}
    with served("2026", token=TOKEN) as emulator:
        stack = CliStack(
            cli,
            write_program(tmp_path / "p", program({"block_senders": {**good, "coments": "x"}})),
            env=emulator.env(CLOUDFLARE_API_TOKEN=f"wrong-{TOKEN}"),
        )
        results = [stack.preview(expect_failure=True)]
        stack.edit(program({"block_senders": {"pattern": "10.0.0.1", "pattern_type": "IP"}}))
        results.append(stack.preview(expect_failure=True))
        assert emulator.log.total == 0
        stack.edit(program({"block_senders": good}))
        results.append(stack.up(expect_failure=True))
        stack.env["CLOUDFLARE_API_TOKEN"] = TOKEN
        stack.up()
    results.append(stack.refresh(expect_failure=True))
    assert not any("Traceback" in result.text for result in results)
    typo, private, token, lost = [result.errors for result in results]
    of = f"{kind} resource 'block_senders': property"
    assert typo == [f"{of} coments value {{x}} has a problem: unknown argument: did you mean 'comments'?"]
    assert len(private) == 1
    assert private[0].startswith(f"{of} pattern value {{10.0.0.1}} has a problem: ")
    refused = (
        f"{kind} resource 'block_senders' has a problem: GET {place}: the API answered 403: Authentication "
        "error (code 10000) — the credentials come from environment variable CLOUDFLARE_API_TOKEN; they need the "
        "permission 'Cloud Email Security: Edit' for this account. After rotating a token: `pulumi refresh` and "
        "`pulumi destroy` use the configuration of the last `pulumi up`, so run them with --run-program"
    )
    assert token == [refused]
    assert len(lost) == 1
    assert re.fullmatch(
        rf"pulumi_cloudflare_email_security\.NotSentError: GET {place}/[0-9a-f-]+: no connection "
        r"\(Connection refused\) \(http://127\.0\.0\.1:\d+/client/v4\) "
        r"— nothing was sent; check the network and the base URL",
        lost[0],
    )
    for result in results:
        assert "pulumi_cloudflare_email_security/" not in result.text  # no frame of ours
        assert TOKEN not in result.text


LOOK_UP = """
import pulumi
import pulumi_cloudflare_email_security as email_security

before = email_security.list_block_senders()
made = email_security.BlockSender("one", pattern="one.example", pattern_type="DOMAIN", comments="{comments}")
found = email_security.get_block_sender_output(pattern=made.pattern, pattern_type="DOMAIN")
pulumi.export("comments", found.comments)
"""


@pytest.mark.parametrize("contract", ["2025", "2026"])
def test_a_look_up_shows_what_this_run_made(cli: Path, tmp_path: Path, contract: str) -> None:
    """Also where the program has read the list before, in a process of its own, and where the list lags behind."""
    with served(contract) as account:
        env = account.env(CLOUDFLARE_API_TOKEN="any")
        stack = CliStack(cli, write_program(tmp_path / "program", LOOK_UP.format(comments="as made")), env=env)
        account.set_habits(list_lag=2)
        stack.up()
        assert stack.outputs()["comments"] == "as made"
        account.set_habits(list_lag=False)
        stack.edit(LOOK_UP.format(comments="as changed"))
        stack.up()
        assert stack.outputs()["comments"] == "as changed"
