"""The plugin on the real engine, in Go: what an import prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, TOKEN, served
from support.plugin_cli import language_host, plugins
from support.samples import SAMPLES

pytestmark = pytest.mark.engine


def test_import_names_lists_of_enums_after_the_package_of_go(cli: Path, tmp_path: Path) -> None:
    """The package's name has dashes, which are no part of a name in Go."""
    language_host(cli, "go")
    folder = write_program(tmp_path / "program", "", settings={"runtime": "go", **plugins(tmp_path / "plugin")})
    policy = next(sample for sample in SAMPLES if sample.kind == "content_policy")
    with served("2026") as emulator:
        (entry,) = emulator.seed({policy.collection: [dict(policy.body)]}, account_id=ACCOUNT)[policy.collection]
        stack = CliStack(cli, folder, env=emulator.env(CLOUDFLARE_API_TOKEN=TOKEN))
        printed = tmp_path / "main.go"
        options = ("--yes", "--skip-preview", "--out", str(printed))
        stack.run("import", "cloudflare-email-security:index:ContentPolicy", "one", str(entry["id"]), *options)
    assert "Targets: cloudflareemailsecurity.TargetArray{" in printed.read_text(encoding="utf-8")
