"""The plugin on the real engine, in TypeScript: the example, with the types of its SDK checked."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_cloudflare_email_security.plugin.schema import package_schema
from support.cli import CliStack
from support.examples import EXAMPLES, project_file
from support.plugin_cli import NODE_MODULES, language_host, live_example, make_sdk, plugins

pytestmark = pytest.mark.engine


@pytest.fixture
def program(cli: Path, tmp_path: Path) -> Path:
    """The example, as `pulumi install` leaves it: its SDK is made and compiled."""
    language_host(cli, "nodejs")
    if not (NODE_MODULES / "@pulumi" / "pulumi").is_dir() or not shutil.which("node"):
        pytest.skip("no Node.js packages: `make node` installs them")
    folder = tmp_path / "program"
    shutil.copytree(
        EXAMPLES / "typescript", folder, ignore=shutil.ignore_patterns("node_modules", "sdks", "Pulumi.*.yaml")
    )
    project = {name: value for name, value in project_file(folder).items() if name != "packages"}
    (folder / "Pulumi.yaml").write_text(json.dumps({**project, **plugins(tmp_path / "plugin")}), encoding="utf-8")
    modules = folder / "node_modules"
    shutil.copytree(NODE_MODULES, modules, symlinks=True)
    sdk = modules / "pulumi-cloudflare-email-security"
    shutil.copytree(make_sdk(cli, tmp_path / "sdk", "nodejs"), sdk)
    _compile(modules, sdk, "--outDir", str(sdk))
    return folder


def _compile(modules: Path, folder: Path, *options: str) -> None:
    compiler = modules / "typescript" / "bin" / "tsc"
    done = subprocess.run(  # noqa: S603
        ["node", str(compiler), "-p", str(folder), *options],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_examples_of_the_schema_compile(program: Path) -> None:
    """What the SDK's documentation shows is right under strict types."""
    texts = [spec["description"] for spec in package_schema()["resources"].values()]
    blocks = [text.partition("```typescript\n")[2].partition("```")[0] for text in texts]
    head, _, _ = blocks[0].partition("\n")
    bodies = [block.partition("\n")[2] for block in blocks]
    (program / "examples.ts").write_text("\n".join([head, *bodies]), encoding="utf-8")
    folder = program / "examples"
    folder.mkdir()
    config = {"extends": "../tsconfig.json", "files": ["../examples.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    _compile(program / "node_modules", folder, "--noEmit")


def test_the_example(cli: Path, program: Path, tmp_path: Path) -> None:
    """It compiles under strict types, is applied, has nothing more to do, and is deleted."""
    _compile(program / "node_modules", program, "--noEmit")
    env = {"CLOUDFLARE_BASE_URL": "", "NODE_OPTIONS": "--max-old-space-size=1024"}
    stack = CliStack(cli, program, env=env)
    live_example(stack, tmp_path / "account.json")
