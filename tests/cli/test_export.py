"""What `cf-email-security export` writes; the engine's part of the promise is in tests/engine/test_export_cli.py."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_cloudflare_email_security import read_entries
from pulumi_cloudflare_email_security.cli.exporting.account import reading_session
from pulumi_cloudflare_email_security.cli.exporting.program import entry_name
from pulumi_cloudflare_email_security.client import attempts
from pulumi_cloudflare_email_security.settings import SETTINGS
from pulumi_cloudflare_email_security.settings.block_sender import SETTING as BLOCKED
from pulumi_cloudflare_email_security.settings.content_policy import SETTING as CONTENT
from support.accounts import Account, contract_2025
from support.command import run
from support.messy_account import account as messy

OPTIONS = ("--base-url", "emulator:in-memory", "--account", "0123456789abcdef0123456789abcdef")

PROGRAM = '''\
"""Cloudflare Email Security settings, as `cf-email-security export` found them."""

import pulumi_cloudflare_email_security as email_security

email_security.BlockSenders(
    "block-senders",
    entries=email_security.read_entries("block_senders.csv"),
)
email_security.TrustedDomains(
    "trusted-domains",
    entries=[{"pattern": "supplier.example", "is_recent": True}],
)
'''


def blocked(number: int, **fields: Any) -> dict[str, Any]:
    """A blocked sender."""
    return {"pattern": f"evil{number}.example", "pattern_type": "DOMAIN", "is_regex": False, **fields}


@pytest.fixture
def project(account: Account, tmp_path: Path) -> Path:
    """Where the account is exported to."""
    account.emulator.requests.clear()
    return tmp_path / "Corp Mail"


def export(account: Account, project: Path, *options: object, code: int = 0) -> Any:
    """Export the account into the folder."""
    return run(
        "export", "--into", project, "--base-url", "emulator:in-memory", "--account", account.id, *options, code=code
    )


@pytest.mark.parametrize("written", range(8))
def test_an_interrupted_export_is_told_and_written_anew(
    account: Account, project: Path, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it was killed, the same command again leaves what it would have written at once; a later one updates."""
    account.seed("block_senders", *map(blocked, range(20)))
    export(account, project / "at once", "--name", "mail")
    left = iter(range(written))
    whole = Path.write_bytes

    def killed(path: Path, content: bytes) -> None:
        if next(left, None) is None:
            whole(path, content[: len(content) // 2])
            raise KeyboardInterrupt
        whole(path, content)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Path, "write_bytes", killed)
        run("export", "--into", project / "again", *OPTIONS, "--format", "yaml", code=1)
    result = export(account, project / "again", "--name", "mail")
    assert "was interrupted" in result.stdout
    files = {file.name: file.read_bytes() for file in (project / "again").iterdir()}
    assert files == {file.name: file.read_bytes() for file in (project / "at once").iterdir()}
    assert "block_senders.csv: no change" in export(account, project / "again").stdout


def test_an_interrupted_export_takes_only_its_own_files(account: Account, project: Path) -> None:
    """What somebody else put there stays, and is a reason to refuse; a path elsewhere is nobody's."""
    account.seed("block_senders", *map(blocked, range(20)))
    project.mkdir()
    (project.parent / "elsewhere").write_text("mine")
    (project / ".export-unfinished").write_text("Pulumi.yaml\n../elsewhere\n")
    (project / "__main__.py").write_text("mine")
    assert "__main__.py exists already" in export(account, project, code=1).stderr
    (project / "__main__.py").unlink()
    export(account, project)
    assert (project.parent / "elsewhere").read_text() == "mine"


def test_a_project_is_written_as_a_person_would(account: Account, project: Path) -> None:
    """A few entries stand in the program, more of them in a file; there is no empty collection."""
    account.seed("block_senders", *map(blocked, range(20)), blocked(20, comments="seen, twice"))
    account.seed(
        "trusted_domains", {"pattern": "supplier.example", "is_regex": False, "is_recent": True, "is_similarity": False}
    )
    result = export(account, project, "--stack", "dev")
    assert "block_senders: 21 entries" in result.stdout
    assert "pulumi stack init dev" in result.stdout
    assert sorted(file.name for file in project.iterdir()) == [
        ".gitignore",
        "Pulumi.dev.yaml",
        "Pulumi.yaml",
        "__main__.py",
        "block_senders.csv",
        "import.json",
        "requirements.txt",
    ]
    assert (project / "__main__.py").read_text() == PROGRAM
    assert (project / "block_senders.csv").read_text().splitlines()[:2] == [
        "pattern,pattern_type,comments",
        "evil0.example,DOMAIN,",
    ]
    assert 'evil20.example,DOMAIN,"seen, twice"' in (project / "block_senders.csv").read_text()
    config = yaml.safe_load((project / "Pulumi.dev.yaml").read_text())["config"]
    assert config["cloudflare-email-security:accountId"] == account.id
    assert yaml.safe_load((project / "Pulumi.yaml").read_text())["name"] == "Corp-Mail"
    assert account.writes() == []


@pytest.mark.parametrize("options", [(), ("--single",), ("--format", "yaml")])
def test_the_program_is_formatted_and_typed(account: Account, project: Path, options: tuple[str, ...]) -> None:
    """Ruff and strict mypy have nothing to say."""
    for name, entries in messy(60, account.contract, blanks=True).items():
        account.seed(name, *entries)
    export(account, project, *options, code=4)
    program = str(project / "__main__.py")
    for check in (
        ["ruff", "format", "--check", "--isolated", program],
        ["ruff", "check", "--isolated", "--ignore=E501,RUF001,RUF003", program],
        ["mypy", "--strict", "--no-error-summary", "--cache-dir", str(project.parent / "mypy"), program],
    ):
        done = subprocess.run([sys.executable, "-m", *check], capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("stack", ["prod", "acme/prod", "acme/corp-mail/prod"])
def test_a_stack_may_be_called_by_its_organization(account: Account, project: Path, stack: str) -> None:
    """Its file and what is imported are the same; only `pulumi stack init` needs the whole name."""
    account.seed("block_senders", blocked(1))
    name = () if stack.count("/") == 2 else ("--name", "corp-mail")
    assert f"pulumi stack init {stack}\n" in export(account, project, "--stack", stack, *name).stdout
    assert (project / "Pulumi.prod.yaml").exists()
    assert "name: corp-mail\n" in (project / "Pulumi.yaml").read_text()
    (resource,) = json.loads((project / "import.json").read_text())["resources"]
    assert resource["inputs"]["declared_by"].startswith("urn:pulumi:prod::corp-mail::")


@pytest.mark.parametrize(
    "options",
    [
        ("--stack", "a b"),
        ("--stack", "../prod"),
        ("--stack", "a/b/c/d"),
        ("--stack", "acme/"),
        ("--stack", "acme/other/prod", "--name", "corp-mail"),
        ("--name", "corp/mail"),
        ("--name", "corp mail"),
        ("--name", ""),
    ],
)
def test_names_that_pulumi_does_not_take_are_refused(account: Account, project: Path, options: tuple[str, ...]) -> None:
    """Before anything is written."""
    assert options[0] in export(account, project, *options, code=2).stderr
    assert not project.exists()


@pytest.mark.parametrize("name", ["2026", "on", "1e3", "null", "-x", "corp.mail"])
def test_a_project_may_be_called_like_a_number(account: Account, project: Path, name: str) -> None:
    """Its name is a text all the same."""
    export(account, project, f"--name={name}")
    assert yaml.safe_load((project / "Pulumi.yaml").read_text())["name"] == name
    assert (name == "corp.mail") is ("name: corp.mail\n" in (project / "Pulumi.yaml").read_text())


def test_no_secret_is_in_any_file(account: Account, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token comes from the environment, and stays there."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "a-token-that-nobody-may-see")
    account.seed("block_senders", *map(blocked, range(9)))
    result = export(account, project)
    texts = [file.read_text() for file in project.iterdir()]
    assert not any("nobody-may-see" in text for text in [*texts, result.output])


def test_only_and_exclude_choose_the_collections(account: Account, project: Path) -> None:
    """What is not chosen is not even asked for."""
    account.seed("block_senders", blocked(1))
    export(account, project, "--only", "block-senders,domains", "--exclude", "domains")
    assert {request.path.rsplit("/", 1)[-1] for request in account.emulator.requests} == {"block_senders"}
    result = run("export", "--into", project, "--only", "blocked", *OPTIONS, code=2)
    assert "'blocked' is none of" in result.output


def test_what_cannot_be_read_is_named_and_skipped(
    account: Account, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 3; the rest is written. If nothing can be read nothing is written."""
    monkeypatch.setattr(attempts, "_FORBIDDEN_RETRIES", 0)
    account.seed("block_senders", blocked(1))
    account.fail("forbidden", "GET allow_policies", times=None)
    result = export(account, project, code=3)
    assert "allow_policies: skipped: the token may not read it (403" in result.stderr
    account.emulator.clear_faults()
    account.fail("forbidden", "GET allow_policies", times=None, body="html")
    result = export(account, project.with_name("page"), code=3)
    assert "allow_policies: skipped: something in front of the API stopped the request (403" in result.stderr
    assert "BlockSenders" in (project / "__main__.py").read_text()
    account.fail("forbidden", "GET *", times=None)
    result = export(account, project.parent / "other", code=1)
    assert "403" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (project.parent / "other").exists()


@contract_2025
def test_what_came_with_a_later_contract_is_no_failure(account: Account, project: Path) -> None:
    """It is said that it is skipped; the exit code is 3 only where somebody named it, or the program declares it."""
    account.seed("block_senders", *map(blocked, range(9)))
    result = export(account, project, code=0)
    assert result.stderr == ""
    later = ("content_policies", "sending_domain_restrictions", "url_ignore_patterns")
    for name in later:
        assert f"{name}: skipped: not part of this account's API" in result.stdout
    assert f"{later[0]}: skipped" in export(account, project, code=0).stdout

    asked = export(account, project.parent / "asked", "--only", "block_senders,content_policies", code=3)
    assert "content_policies: skipped: this account's API does not have it (404" in asked.stderr
    program = project / "__main__.py"
    declared = 'email_security.ContentPolicies("words", entries=[{"name": "x", "pattern": "y", "targets": ["BODY"]}])\n'
    program.write_text(program.read_text() + declared)
    assert "content_policies: skipped: this account's API does not have it" in export(account, project, code=3).stderr


def test_one_missing_collection_of_the_later_contract_is_a_failure(
    account: Account, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that has the others should have it."""
    account.seed("block_senders", blocked(1))
    contract = account.emulator.contract
    others = {name: each for name, each in contract.collections.items() if name != "content_policies"}
    monkeypatch.setattr(type(account.emulator), "contract", dataclasses.replace(contract, collections=others))
    result = export(account, project, code=3)
    assert "content_policies: skipped: this account's API does not have it (404" in result.stderr
    assert "url_ignore_patterns: 0 entries" in result.stdout


def test_what_cannot_be_declared_is_left_out_and_named(account: Account, project: Path) -> None:
    """Old patterns, people from a directory, and entries that exist twice."""
    account.seed(
        "block_senders",
        blocked(1),
        blocked(2),
        {**blocked(2), "pattern": "EVIL2.example"},
        {**blocked(3), "pattern_type": "UNKNOWN"},
    )
    person = {"name": "Jane", "email": "jane@corp.example", "is_email_regex": False, "provenance": "SNOOPY-OFFICE_365"}
    account.seed("impersonation_registry", person)
    result = export(account, project, code=4)
    assert "block_senders: 2 entries are left out" in result.stderr
    assert "DOMAIN evil2.example" in result.stderr
    assert "exists 2 times" in result.stderr
    assert "UNKNOWN evil3.example" in result.stderr
    assert "Jane <jane@corp.example>" in result.stderr
    assert "is synchronised from a directory (SNOOPY-OFFICE_365)" in result.stderr
    assert "evil1.example" in (project / "__main__.py").read_text()
    assert "evil2" not in (project / "import.json").read_text()
    assert "Jane" not in (project / "__main__.py").read_text()


def test_a_field_that_cannot_be_declared_is_left_as_it_is(account: Account, project: Path) -> None:
    """The rest of the entry is declared."""
    fields = {"drop_dispositions": ["SPAM"], "ip_restrictions": [], "regions": ["GLOBAL"], "lookback_hops": 2}
    (domain,) = account.seed("domains", {"domain": "corp.example", **fields, "allowed_delivery_modes": ["API"]})
    account.change("domains", domain["id"], folder="Archive")
    result = export(account, project)
    assert "fields that are not declared" in result.stderr
    assert "folder: 'Archive' — must be one of AllItems, Inbox" in result.stderr
    assert "folder" not in (project / "__main__.py").read_text()
    assert '"lookback_hops": 2' in (project / "__main__.py").read_text()


def test_a_folder_with_other_files_is_left_alone(account: Account, project: Path) -> None:
    """Nothing is overwritten."""
    project.mkdir()
    (project / "__main__.py").write_text("print()")
    assert "exists already" in export(account, project, code=1).stderr
    assert [file.name for file in project.iterdir()] == ["__main__.py"]
    assert account.asked() == 0
    (project / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    assert "no program that declares entries" in export(account, project, code=1).stderr


@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_run_again_it_changes_the_lines_of_what_drifted(form: str, account: Account, project: Path) -> None:
    """And no others; a file that somebody has moved is found in the program."""
    ids = [entry["id"] for entry in account.seed("block_senders", *(blocked(n) for n in range(9)))]
    export(account, project, "--format", form)
    (project / "lists").mkdir()
    file = (project / f"block_senders.{form}").rename(project / "lists" / f"bad.{form}")
    program = (project / "__main__.py").read_text().replace(f"block_senders.{form}", f"lists/bad.{form}")
    (project / "__main__.py").write_text(program)
    before = file.read_text()
    assert f"bad.{form}: no change" in export(account, project).stdout
    assert file.read_text() == before

    account.change("block_senders", ids[3], comments="seen")
    account.remove("block_senders", ids[5])
    account.seed("block_senders", blocked(44))
    result = export(account, project)
    assert f"bad.{form}: 1 added, 1 changed, 1 removed" in result.stdout
    assert "pulumi up --refresh" in result.stdout
    entries = read_entries(file)
    assert [entry["pattern"] for entry in entries] == [f"evil{n}.example" for n in (0, 1, 2, 3, 4, 44, 6, 7, 8)]
    assert [entry.get("comments") for entry in entries] == [None] * 3 + ["seen"] + [None] * 5
    assert (project / "__main__.py").read_text() == program
    assert account.writes() == []


def test_what_stands_in_the_program_itself_is_compared_and_named(account: Account, project: Path) -> None:
    """Programs are people's: they are not rewritten."""
    ids = [entry["id"] for entry in account.seed("block_senders", *(blocked(n) for n in range(3)))]
    export(account, project)
    export(account, project)
    account.change("block_senders", ids[0], comments="seen")
    account.remove("block_senders", ids[1])
    account.seed("block_senders", blocked(7))
    account.seed("url_ignore_patterns", {"pattern": "https://a"})
    result = export(account, project, code=4)
    assert "Then: edit these entries, git diff" in result.stdout
    said = result.stderr
    assert "block_senders: DOMAIN evil0.example: comments is 'seen' (__main__.py:" in said
    assert "block_senders: DOMAIN evil1.example: is not there any more (__main__.py:" in said
    assert "block_senders: DOMAIN evil7.example: is not declared" in said
    assert "url_ignore_patterns: https://a: is not declared" in said


def test_entries_of_files_that_cannot_be_told_are_not_declared_twice(account: Account, project: Path) -> None:
    """What the program has in a loop is not added to the file that is found."""
    account.seed("block_senders", *(blocked(n) for n in range(9)))
    export(account, project)
    file, more = project / "block_senders.csv", project / "more.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:5]))
    more.write_text("".join([lines[0], *lines[5:]]))
    with (project / "__main__.py").open("a") as program:
        program.write('for n in ["more"]:\n    BlockSenders(n, entries=read_entries(f"{n}.csv"))\n')
    before = file.read_text(), more.read_text()
    said = export(account, project, code=4).stderr
    assert "block_senders: 5 entries are in no file that was found, and may be among those of __main__.py:" in said
    assert (file.read_text(), more.read_text()) == before


def test_an_entry_that_is_left_out_stays_in_its_file(account: Account, project: Path) -> None:
    """Two entries of one key are no reason to take its line away."""
    account.seed("block_senders", *(blocked(n) for n in range(9)))
    export(account, project)
    account.seed("block_senders", blocked(4))
    assert "no change" in export(account, project, code=4).stdout
    assert "evil4.example" in (project / "block_senders.csv").read_text()


def test_a_skipped_collection_leaves_its_file_alone(
    account: Account, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be read is not gone."""
    monkeypatch.setattr(attempts, "_FORBIDDEN_RETRIES", 0)
    account.seed("block_senders", *(blocked(n) for n in range(9)))
    export(account, project)
    before = (project / "block_senders.csv").read_text()
    account.fail("forbidden", "GET block_senders", times=None)
    export(account, project, code=3)
    assert (project / "block_senders.csv").read_text() == before


def test_names_are_the_keys_and_never_depend_on_others() -> None:
    """Plain keys are names; others get a digest, so that no two keys share a name."""
    assert entry_name(BLOCKED, "DOMAIN evil.example") == "domain-evil.example"
    assert entry_name(BLOCKED, "EMAIL jane@evil.example") == "email-jane@evil.example"
    assert entry_name(CONTENT, "invoices") == "invoices"
    texts = [
        "Invoices",
        "in voices",
        "in-voices",
        "DOMAIN a",
        "domain-a",
        "in:voices",
        "",
        "x" * 2000,
        "x" * 1999,
        "株式",
    ]
    names = [entry_name(CONTENT, text) for text in texts]
    assert len(set(names)) == len(texts)
    assert all(len(name) <= 60 and "::" not in name and name for name in names)


def test_single_resources_are_those_of_the_file(account: Account, project: Path) -> None:
    """Each statement of the program has its resource in import.json."""
    for name, entries in messy(70, "2026").items():
        account.seed(name, *entries)
    export(account, project, "--single", code=4)
    calls = [node.value for node in ast.parse((project / "__main__.py").read_text()).body if isinstance(node, ast.Expr)]
    declared = {ast.literal_eval(call.args[0]) for call in calls if isinstance(call, ast.Call)}
    resources = json.loads((project / "import.json").read_text())["resources"]
    assert {resource["name"] for resource in resources} == declared
    assert len(resources) == len(declared) >= 8 * len(SETTINGS) - 8


def test_a_project_of_single_resources_is_compared(account: Account, project: Path) -> None:
    """It has no entry files: what differs is named."""
    ids = [entry["id"] for entry in account.seed("block_senders", *(blocked(n) for n in range(9)))]
    export(account, project, "--single")
    assert export(account, project).stderr == ""
    account.change("block_senders", ids[0], comments="seen")
    said = export(account, project, code=4).stderr
    assert "DOMAIN evil0.example: comments is 'seen' (__main__.py:" in said


def test_what_a_csv_file_cannot_hold_keeps_nothing_else_back(account: Account, project: Path) -> None:
    """The entry's other changes are written, and the field is named; a new entry is declared without it."""
    flags = dict.fromkeys(("is_regex", "is_similarity"), False)
    entries = [{"pattern": f"partner{n}.example", "is_recent": True, **flags} for n in range(9)]
    ids = [entry["id"] for entry in account.seed("trusted_domains", *entries)]
    export(account, project)
    account.change("trusted_domains", ids[3], comments=" padded ", is_similarity=True)
    account.seed("trusted_domains", {"pattern": "new.example", "is_recent": True, **flags, "comments": "padded "})
    result = export(account, project, code=4)
    assert "trusted_domains.csv: 1 added, 1 changed, 0 removed" in result.stdout
    assert "partner3.example" in result.stderr
    assert "a CSV file cannot hold comments ' padded '" in result.stderr
    assert "a CSV file cannot hold comments 'padded '" in result.stderr
    held = {entry["pattern"]: entry for entry in read_entries(project / "trusted_domains.csv")}
    assert held["partner3.example"]["is_similarity"] == "true"
    assert held["new.example"]["is_recent"] == "true"
    assert "comments" not in held["new.example"]


def test_a_collection_of_which_nothing_is_declared_is_one_line(account: Account, project: Path) -> None:
    """It was left out of the first export, perhaps, and has thousands of entries."""
    account.seed("url_ignore_patterns", {"pattern": "https://a"})
    export(account, project, "--only", "url_ignore_patterns")
    account.seed("block_senders", *(blocked(n) for n in range(40)))
    said = export(account, project, code=4).stderr
    (_, line) = said.splitlines()
    assert line.strip().startswith("block_senders: none of its 40 entries is declared — export it into a new folder")
    export(account, project, "--exclude", "block_senders")


def test_why_the_account_is_not_known(account: Account, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project has two stacks of which none is selected, or not the one that is named."""
    account.seed("url_ignore_patterns", {"pattern": "https://a"})
    export(account, project, "--stack", "dev")
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (project / "Pulumi.dev.yaml").write_text(f"config:\n  cloudflare-email-security:accountId: {account.id}\n")
    (project / "Pulumi.prod.yaml").write_text("config: {}\n")
    said = run("export", "--into", project, code=1).stderr
    assert "no account, since no stack is selected (there are: dev, prod; --stack names one): pass --account" in said
    said = run("export", "--into", project, "--stack", "test", code=1).stderr
    assert "no account, and no Pulumi.test.yaml (there are stacks: dev, prod): pass --account" in said


WITH_DEFAULTS = """
import pulumi_cloudflare_email_security as email_security
email_security.TrustedDomains(
    "t",
    defaults={"is_recent": True, "comments": "by default"},
    entries=email_security.read_entries("t.csv"),
)
email_security.BlockSenders("b", defaults={"pattern_type": "DOMAIN"}, entries=email_security.read_entries("b.json"))
"""


def test_defaults_of_the_program_count(account: Account, project: Path) -> None:
    """Lines that lean on them stay; what differs from them is written out. Other files are compared."""
    flags = {"is_regex": False, "is_similarity": False, "comments": "by default"}
    trusted = [{"pattern": f"p{n}.example", "is_recent": True, **flags} for n in range(4)]
    trusted[1] |= {"is_recent": False, "is_similarity": True}
    ids = [entry["id"] for entry in account.seed("trusted_domains", *trusted)]
    account.seed("block_senders", blocked(1), blocked(2, comments="seen"))
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (project / "__main__.py").write_text(WITH_DEFAULTS)
    (project / "t.csv").write_text("pattern\np0.example\np2.example\n")
    (project / "b.json").write_text('[{"pattern": "evil1.example"}, {"pattern": "evil2.example", "comments": "x"}]')
    result = export(account, project, "--only", "trusted_domains,block_senders", code=4)
    assert "t.csv: 2 added, 0 changed, 0 removed" in result.stdout
    (_, line) = result.stderr.splitlines()
    assert line.strip().startswith("block_senders: DOMAIN evil2.example: comments is 'seen' (")
    assert (project / "t.csv").read_text().splitlines() == [
        "pattern,is_recent,is_similarity",
        "p0.example",
        "p1.example,false,true",
        "p2.example",
        "p3.example,,",
    ]
    account.change("trusted_domains", ids[2], is_recent=False)
    account.change("trusted_domains", ids[3], comments=None)
    result = export(account, project, "--only", "trusted_domains", code=4)
    assert "t.csv: 0 added, 1 changed, 0 removed" in result.stdout
    assert "p3.example: " in result.stderr
    assert "has no comments, for which the program has a default" in result.stderr
    assert "p2.example,false" in (project / "t.csv").read_text()


def test_a_long_wait_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The API limits the rate: nobody should take that for a command that hangs. Nothing is told of resources."""
    session = reading_session()
    session.voice("rate limit of the Cloudflare API reached: going on in 40 s")
    session.tell("adopted as it is", "urn:pulumi:prod::mail::x::y")
    assert capsys.readouterr().err == "rate limit of the Cloudflare API reached: going on in 40 s\n"
