"""The commands of the guides on the real CLI: each exists with its options, and reviews and drift go as they say."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from support.cli import CliStack, write_program
from support.environment import scrubbed
from support.examples import GUIDES, fences, run_script

_PROGRAM = """
import pulumi_cloudflare_email_security as email_security

email_security.BlockSenders("blocklist", entries=email_security.read_entries("blocklist.csv"))
"""
_LIST = "pattern,pattern_type,comments\nevil.example,DOMAIN,agreed in May\nworse.example,DOMAIN,agreed in May\n"
_WEAKER = 'email_security.TrustedDomain("webmail", pattern="gmail.com", is_similarity=True)\n'


def commands(name: str) -> list[str]:
    """All commands of a guide, in order."""
    return [line for fence in fences(name) for line in fence.splitlines() if line]


def pulumi_commands() -> list[str]:
    """Every call of Pulumi in a guide, within sentences too, without the variables before it and what follows it."""
    found = set()
    for guide in sorted(GUIDES.glob("*.md")):
        text = guide.read_text(encoding="utf-8")
        calls = re.findall(r"(?:^|`|\$ |&& |run: |[A-Z]=\S+ )(pulumi [a-z][^`\n]*)", text, flags=re.MULTILINE)
        found |= set(calls)
    return sorted(found)


def words_of(call: str) -> list[str]:
    """A call's words after `pulumi`, up to the next command of its line."""
    lexer = shlex.shlex(call, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    return list(itertools.takewhile(lambda word: word[0] not in "|&;>", lexer))[1:]


@pytest.mark.engine
def test_every_call_of_pulumi_has_its_options(cli: Path) -> None:
    """As the CLI's own help lists them."""
    calls = pulumi_commands()
    assert len(calls) > len(list(GUIDES.glob("*.md")))
    helps: dict[tuple[str, ...], str] = {}
    for call in calls:
        words = words_of(call)
        end = next((n for n, word in enumerate(words) if not re.fullmatch(r"[a-z]+", word)), len(words))
        path = tuple(words[: min(end, 3 if words[0] == "deployment" else 2 if words[0] in {"stack", "config"} else 1)])
        if path not in helps:
            command = [str(cli), *path, "--help"]
            done = subprocess.run(command, env=scrubbed(), capture_output=True, text=True, check=True, timeout=300)  # noqa: S603
            helps[path] = done.stdout
        # In the line of its usage, or among its aliases.
        assert re.search(rf"^  (pulumi|\w+,) .*\b{path[-1]}\b|^  pulumi {path[-1]}\b", helps[path], re.MULTILINE), call
        for option in (word.partition("=")[0].rstrip(",") for word in words if word.startswith("--")):
            assert re.search(rf"(^|\s){option}\b", helps[path], re.MULTILINE), call


@pytest.mark.engine
def test_reviews_and_drift_go_as_their_guides_say(cli: Path, tmp_path: Path) -> None:
    """A change is previewed, reviewed, merged; drift is found, put right, and accepted."""
    folder = write_program(tmp_path / "program", _PROGRAM)
    (folder / "blocklist.csv").write_text(_LIST)
    stack = CliStack(cli, folder, env={"CLOUDFLARE_BASE_URL": f"emulator:{tmp_path}/account.json"})
    stack.env["PULUMI_SKIP_CONFIRMATIONS"] = "true"
    stack.env["PATH"] = f"{Path(sys.executable).parent}:{stack.env['PATH']}"

    def play(lines: list[str]) -> list[int]:
        """Run the commands of a page; their exit codes."""
        return [run_script(folder, ["bash", "-c", line], stack.env)[0] for line in lines]

    *pull_request, up, settled = commands("review.md")
    assert play([*pull_request, up, settled]) == [0] * 5
    stack.edit(_PROGRAM + _WEAKER)
    assert play(pull_request) == [0, 1, 0]
    assert "free-mail-provider" in (folder / "comment.md").read_text()
    assert "free-mail-provider" in (folder / "review.sarif").read_text()
    stack.edit(_PROGRAM)

    preview, export, audit, put_right, _, _, accept = commands("drift.md")
    assert play([preview, export, audit]) == [0, 0, 0]
    account = Emulator(state=tmp_path / "account.json")
    ids = {entry["pattern"]: entry["id"] for entry in account.entries(EMULATOR_ACCOUNT, "block_senders")}
    account.change(EMULATOR_ACCOUNT, "block_senders", ids["evil.example"], comments="by hand")
    account.remove(EMULATOR_ACCOUNT, "block_senders", ids["worse.example"])
    (told,) = fences("drift.md", "text")
    shown = "\n".join(stack.preview(refresh=True).diagnostics)
    assert told.strip() in shown
    assert play([preview]) != [0]
    assert play([put_right, preview]) == [0, 0]

    change = {"comments": "by hand"}
    account.change(EMULATOR_ACCOUNT, "block_senders", ids["evil.example"], **change)
    (folder / "blocklist.csv").write_text(
        _LIST.replace("evil.example,DOMAIN,agreed in May", "evil.example,DOMAIN,by hand")
    )
    before = account.log.total
    assert play([accept, preview]) == [0, 0]
    assert [each.method for each in account.log.records[before:] if each.method != "GET"] == []


def test_the_workflow_of_many_accounts_is_one(tmp_path: Path) -> None:
    """By GitHub's schema; and each account's token is its own."""
    workflow, operator = fences("many_accounts.md", "yaml")
    (tmp_path / "apply.yml").write_text(workflow)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "apply.yml"]
    subprocess.run(check, cwd=tmp_path, check=True, capture_output=True)  # noqa: S603
    job = yaml.safe_load(workflow)["jobs"]["up"]
    assert job["environment"] == "${{ matrix.stack }}"
    stack = yaml.safe_load(operator)["spec"]
    assert stack["envRefs"]["CLOUDFLARE_API_TOKEN"]["type"] == "Secret"
    (login,) = (line for line in commands("many_accounts.md") if line.startswith("pulumi login"))
    assert shlex.split(login)[2] == stack["backend"]
