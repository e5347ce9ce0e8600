"""The plugin on the real engine, in Go: the example with its SDK compiled, and what an import prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.plugin.examples import GO_IMPORT
from pulumi_cloudflare_email_security.plugin.schema import package_schema
from support.cli import CliStack, write_program
from support.environment import scrubbed
from support.examples import EXAMPLES, project_file
from support.http_emulator import ACCOUNT, TOKEN, served
from support.plugin_cli import language_host, live_example, make_sdk, plugins
from support.samples import SAMPLES

pytestmark = pytest.mark.engine
#: Nothing is downloaded: what is needed is in Go's cache, or the test is skipped.
OFFLINE = {"GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "-mod=mod"}


@pytest.fixture
def program(cli: Path, tmp_path: Path) -> Path:
    """The example, as `pulumi install` leaves it: with its SDK as a module beside it."""
    language_host(cli, "go")
    if not shutil.which("go"):
        pytest.skip("no Go")
    folder = tmp_path / "program"
    shutil.copytree(EXAMPLES / "go", folder, ignore=shutil.ignore_patterns("sdks", "go.sum", "Pulumi.*.yaml"))
    project = {name: value for name, value in project_file(folder).items() if name != "packages"}
    (folder / "Pulumi.yaml").write_text(json.dumps({**project, **plugins(tmp_path / "plugin")}), encoding="utf-8")
    if go(folder, "list", "-deps", "github.com/pulumi/pulumi/sdk/v3/go/pulumi").returncode:
        pytest.skip("no modules for Go: `make go` downloads them")
    sdk = folder / "sdks" / "cloudflare-email-security"
    shutil.copytree(make_sdk(cli, tmp_path / "sdk", "go"), sdk)
    module, _, _ = GO_IMPORT.rpartition("/")
    needed = re.findall(r"github.com/pulumi/pulumi/sdk/v3 \S+", (folder / "go.mod").read_text(encoding="utf-8"))
    (sdk / "go.mod").write_text(f"module {module}\n\ngo 1.25\n\nrequire {needed[0]}\n", encoding="utf-8")
    return folder


def go(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Go, without a network."""
    command = ["go", *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env=scrubbed(OFFLINE), capture_output=True, text=True, timeout=900, check=False
    )


def test_the_examples_of_the_schema_compile(program: Path) -> None:
    """What the SDK's documentation shows is right."""
    texts = [spec["description"] for spec in package_schema()["resources"].values()]
    for number, text in enumerate(texts):
        block = text.partition("```go\n")[2].partition("```")[0]
        folder = program / f"example{number}"
        folder.mkdir()
        (folder / "main.go").write_text(block, encoding="utf-8")
    checked = go(program, "vet", "./...")
    assert checked.returncode == 0, checked.stderr


def test_the_example(cli: Path, program: Path, tmp_path: Path) -> None:
    """It compiles, is applied, has nothing more to do, and is deleted."""
    stack = CliStack(cli, program, env={"CLOUDFLARE_BASE_URL": "", **OFFLINE})
    live_example(stack, tmp_path / "account.json")


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
