"""`review` and `audit` as commands: files, standard input, formats and exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pulumi_cloudflare_email_security.cli._app import app
from pulumi_cloudflare_email_security.cli._report import UnreadableInput, read_input
from support.http_emulator import ACCOUNT, TOKEN, served
from support.previews import preview, step, whole

RISKY = whole(
    "allow_policy", {"pattern": "gmail.com", "pattern_type": "DOMAIN", "is_trusted_sender": True, "comments": "x"}
)
MILD = whole("allow_policy", {"pattern": "a@x.example", "pattern_type": "EMAIL", "is_acceptable_sender": True})
BLOCK = whole("block_sender", {"pattern": "evil.example", "pattern_type": "DOMAIN"})


def run(*arguments: str, stdin: str = "", **env: str) -> Result:
    """Run the command."""
    return CliRunner(env=env).invoke(app, arguments, input=stdin)


def made(*steps: Mapping[str, Any]) -> str:
    """A preview."""
    return preview(steps)


def state(*resources: tuple[str, str, Any]) -> str:
    """An exported state with these resources: kind, name, and fields, or entries of a collection."""
    made = []
    for kind, name, value in resources:
        one = step(kind, name, None, value, collection=isinstance(value, list), account="emulated-account")
        made.append({**one["newState"], "outputs": one["newState"]["inputs"], "custom": True})
    return json.dumps({"version": 3, "deployment": {"resources": made}})


class TestReview:
    """`cf-email-security review`."""

    @pytest.mark.parametrize(
        ("entry", "threshold", "code"),
        [
            (RISKY, "high", 1),
            (RISKY, "never", 0),
            (MILD, "high", 0),
            (MILD, "medium", 1),
            (BLOCK, "low", 0),
        ],
    )
    def test_exit_codes(self, entry: Mapping[str, Any], threshold: str, code: int) -> None:
        """0 below the threshold, 1 from it on."""
        kind = "block_sender" if entry is BLOCK else "allow_policy"
        assert run("review", "--fail-on", threshold, stdin=made(step(kind, "x", None, entry))).exit_code == code

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
    def test_previews_are_read_as_shells_write_them(self, encoding: str, tmp_path: Path) -> None:
        """A redirection in PowerShell writes UTF-16, and both put marks at the beginning."""
        raw = made(step("allow_policy", "x", None, RISKY)).encode(encoding)
        (tmp_path / "preview.json").write_bytes(raw)
        assert run("review", str(tmp_path / "preview.json")).exit_code == 1
        assert CliRunner().invoke(app, ["review"], input=raw).exit_code == 1

    def test_what_cannot_be_read_ends_with_two(self, tmp_path: Path) -> None:
        """A file that is not there, or is no preview, or cannot be written: 1 would say that something weakens."""
        (tmp_path / "x.json").write_text("{}", encoding="utf-8")
        for name in ("x.json", "nowhere.json"):
            result = run("review", str(tmp_path / name))
            assert result.exit_code == 2
            assert result.output.startswith("cf-email-security: ")
        assert run("review", stdin="no preview").exit_code == 2
        assert run("review", "--full", str(tmp_path / "nowhere" / "x.md"), stdin=preview([], [])).exit_code == 2

    def test_a_failed_preview_fails(self) -> None:
        """However little it plans."""
        text = preview([], [{"severity": "error", "message": "would delete 11 of 11 entries"}])
        result = run("review", stdin=text)
        assert result.exit_code == 1
        assert "would delete 11 of 11 entries" in result.output

    def test_a_pipe_gets_markdown_without_colours(self) -> None:
        """As a workflow reads it; warnings of the CLI before the JSON do not matter."""
        text = "warning: a new version\n" + made(step("allow_policy", "x", None, RISKY))
        result = run("review", stdin=text)
        assert result.output.startswith("## Email Security: 🔴")
        assert "\x1b" not in result.output

    def test_a_terminal_gets_a_table(self) -> None:
        """And in a pipe the table is plain lines."""
        text = made(step("allow_policy", "x", None, RISKY))
        plain = run("review", "--format", "table", stdin=text)
        assert "high    bypass-all-detections" in plain.output
        assert "\x1b" not in plain.output
        coloured = run("review", "--format", "table", stdin=text, FORCE_COLOR="1")
        assert "\x1b" in coloured.output
        assert "\x1b[3" not in run("review", "--format", "table", stdin=text, FORCE_COLOR="1", NO_COLOR="1").output

    def test_several_files_and_the_uncut_page(self, tmp_path: Path) -> None:
        """One report, and all of it where asked for."""
        entries = [{**RISKY, "pattern": f"{'x' * 200}{number}.example"} for number in range(400)]
        (tmp_path / "a.json").write_text(
            made(step("allow_policy", "x", [], entries, collection=True)), encoding="utf-8"
        )
        (tmp_path / "b.json").write_text(made(step("block_sender", "y", BLOCK, None)), encoding="utf-8")
        full = tmp_path / "full.md"
        result = run("review", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--full", str(full))
        assert result.exit_code == 1
        assert len(result.output) <= 60_000
        assert "more lines are cut" in result.output
        assert len(full.read_text(encoding="utf-8")) > 60_000
        assert "more lines are cut" not in full.read_text(encoding="utf-8")

    def test_a_state_says_what_stays(self, tmp_path: Path) -> None:
        """A preview leaves out what does not change."""
        (tmp_path / "state.json").write_text(state(("block_sender", "y", BLOCK)), encoding="utf-8")
        allow = whole("allow_policy", {"pattern": "a@evil.example", "pattern_type": "EMAIL"})
        text = made(step("allow_policy", "x", None, allow, account="emulated-account"))
        assert "allow-and-block" not in run("review", stdin=text).output
        assert "allow-and-block" in run("review", "--state", str(tmp_path / "state.json"), stdin=text).output

    @pytest.mark.parametrize("form", ["json", "sarif"])
    def test_machines_read_it(self, form: str) -> None:
        """Nothing but JSON on standard output."""
        json.loads(run("review", "--format", form, stdin=made(step("allow_policy", "x", None, RISKY))).output)


class TestAudit:
    """`cf-email-security audit`."""

    def test_a_state_is_judged_without_a_request(self, tmp_path: Path) -> None:
        """No account, no token, no network."""
        file = tmp_path / "state.json"
        file.write_text(state(("allow_policy", "x", RISKY), ("block_sender", "l", [BLOCK])), encoding="utf-8")
        result = run("audit", "--state", str(file), CLOUDFLARE_BASE_URL="https://127.0.0.1:1", CLOUDFLARE_API_TOKEN="")
        assert result.exit_code == 1
        assert "2 entries in force" in result.output
        assert "free-mail-provider" in result.output
        assert run("audit", "--state", str(file), "--fail-on", "never").exit_code == 0

    @pytest.mark.parametrize("text", ["", "[]", '{"deployment": 1}', made()])
    def test_what_is_no_state_ends_with_two(self, text: str, tmp_path: Path) -> None:
        """A preview is none."""
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        result = run("audit", "--state", str(tmp_path / "x.json"))
        assert result.exit_code == 2
        assert "is not the output of `pulumi stack export`" in result.output

    @pytest.mark.parametrize("form", ["table", "json", "markdown", "sarif"])
    def test_formats(self, form: str, tmp_path: Path) -> None:
        """Each names the rule."""
        (tmp_path / "x.json").write_text(state(("allow_policy", "x", RISKY)), encoding="utf-8")
        assert "free-mail-provider" in run("audit", "--state", str(tmp_path / "x.json"), "--format", form).output

    def test_a_secret_stays_one(self, tmp_path: Path) -> None:
        """What is encrypted in the state is named as not judged."""
        cipher = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
        text = json.loads(state(("trusted_domain", "t", [])))
        for side in ("inputs", "outputs"):
            text["deployment"]["resources"][0][side]["entries"] = cipher
        (tmp_path / "x.json").write_text(json.dumps(text), encoding="utf-8")
        result = run("audit", "--state", str(tmp_path / "x.json"))
        assert "its entries are secret" in result.output


class TestLiveAudit:
    """On an account."""

    @pytest.mark.parametrize("contract", ["2025", "2026"])
    def test_judges_what_is_there_and_names_what_nobody_declares(self, contract: str, tmp_path: Path) -> None:
        """Reads only; a collection that the account lacks is named, and is no failure."""
        (tmp_path / "state.json").write_text(
            state(("allow_policy", "x", {**MILD, "accept_risk": {"no-reason": "known, until 2099-01-01"}})).replace(
                "emulated-account", ACCOUNT
            ),
            encoding="utf-8",
        )
        with served(contract, token=TOKEN) as emulator:
            emulator.seed({"allow_policies": [RISKY, MILD]}, account_id=ACCOUNT)
            where = ("--base-url", emulator.base_url, "--account", ACCOUNT, "--format", "json")
            result = run("audit", *where, "--managed-by", str(tmp_path / "state.json"), CLOUDFLARE_API_TOKEN=TOKEN)
            plain = run("audit", *where, "--fail-on", "never", CLOUDFLARE_API_TOKEN=TOKEN)
            assert not emulator.writes()
        found = json.loads(result.stdout)["findings"]
        assert result.exit_code == 1
        assert {one["key"] for one in found if one["rule"] == "unmanaged-exemption"} == {"DOMAIN gmail.com"}
        assert [one["accepted"] for one in found if one["rule"] == "no-reason"] == ["known, until 2099-01-01"]
        assert "unmanaged" not in plain.stdout
        assert ("content_policies: this account does not have them" in plain.stderr) is (contract == "2025")
        assert plain.exit_code == 0

    def test_a_refused_token_ends_with_two(self) -> None:
        """Nothing was read, so nothing is green; the token is not shown."""
        with served("2026", token=TOKEN) as emulator:
            where = ("--base-url", emulator.base_url, "--account", ACCOUNT)
            result = run("audit", *where, CLOUDFLARE_API_TOKEN="another-token-7f")
        assert result.exit_code == 2
        assert "another-token-7f" not in result.output

    def test_a_base_url_that_lacks_its_root_ends_with_two(self) -> None:
        """An API that has none of the collections is none of an account's: nothing is green, and the URL is named."""
        with served("2026", token=TOKEN) as emulator:
            root = emulator.base_url.removesuffix("/client/v4")
            result = run("audit", "--base-url", root, "--account", ACCOUNT, CLOUDFLARE_API_TOKEN=TOKEN)
        assert result.exit_code == 2
        assert f"base URL {root} is the API's whole root" in result.output


def test_closed_standard_input_is_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that was never there is told as what cannot be read."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UnreadableInput, match="is closed"):
        read_input("-")
