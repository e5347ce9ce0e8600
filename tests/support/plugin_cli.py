"""The plugin under the real engine: an executable that is this package, projects in YAML, and SDKs made from it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from support.cli import CliStack, write_program
from support.environment import UNMEASURED, scrubbed
from support.plugin_process import PACKAGE

ROOT = Path(__file__).resolve().parents[2]
#: Where `make node` puts what programs in TypeScript need.
NODE_MODULES = ROOT / ".work" / "node" / "node_modules"


def executable(folder: Path) -> Path:
    """Write the plugin as one executable, which needs no environment of its own, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pulumi-resource-{PACKAGE}"
    measured = {name: os.environ[name] for name in UNMEASURED if name in os.environ}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in measured.items())
    command = f'exec {sys.executable} -P -m pulumi_cloudflare_email_security.plugin "$@"\n'
    path.write_text(f"#!/bin/sh\n{exports}{command}")
    path.chmod(0o755)
    return path


def plugins(folder: Path) -> dict[str, Any]:
    """What a project's Pulumi.yaml says so that the engine takes the executable."""
    return {"plugins": {"providers": [{"name": PACKAGE, "path": str(executable(folder).parent)}]}}


def language_host(cli: Path, language: str) -> Path:
    """The engine's host for a language, beside the CLI or on PATH. Skips without one."""
    name = f"pulumi-language-{language}"
    found = shutil.which(name) or shutil.which(name, path=str(cli.parent))
    if not found:
        pytest.skip(f"no {name} on PATH or beside the CLI")
    return Path(found)


def make_sdk(cli: Path, folder: Path, language: str) -> Path:
    """Make the package's SDK for a language and return its folder."""
    language_host(cli, language)
    plugin = executable(folder / "plugin")
    command = [str(cli), "package", "gen-sdk", str(plugin), "--language", language, "--out", str(folder)]
    env = scrubbed({"PULUMI_HOME": str(folder / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"})
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=600)  # noqa: S603
    made = folder / language
    if language == "python":
        _skip_on_older(made / "pyproject.toml")
        # What installing it would add: the SDK asks for its own version.
        info = made / "pulumi_cloudflare_email_security_sdk-0.1.0.dist-info"
        info.mkdir()
        text = "Metadata-Version: 2.1\nName: pulumi_cloudflare_email_security_sdk\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(text, encoding="utf-8")
    return made


def _skip_on_older(project: Path) -> None:
    """Skip where this environment's Pulumi SDK is older than what the made one asks for: pip would refuse it."""
    dependencies = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    wanted = next(one for one in map(Requirement, dependencies) if one.name == "pulumi")
    if not wanted.specifier.contains(version("pulumi")):
        pytest.skip(f"the SDK that this CLI makes asks for {wanted}, and here is {version('pulumi')}")


class YamlStack(CliStack):
    """A stack of a project in YAML, whose resources are dicts of type, properties and options."""

    def __init__(self, cli: Path, folder: Path, **options: Any) -> None:
        language_host(cli, "yaml")
        self._plugins = plugins(folder.parent / "plugin")
        write_program(folder, "", settings={"runtime": "yaml", **self._plugins})
        super().__init__(cli, folder, **options)

    def declare(self, resources: Mapping[str, Any], **more: Any) -> None:
        """Rewrite the program."""
        project = {"name": "demo", "runtime": "yaml", **self._plugins, "resources": dict(resources), **more}
        (self.folder / "Pulumi.yaml").write_text(json.dumps(project), encoding="utf-8")


def resource(class_name: str, properties: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """A resource of a program in YAML."""
    declared = {"type": f"{PACKAGE}:{class_name}", "properties": dict(properties)}
    return {**declared, **({"options": options} if options else {})}


#: What the example of every language declares.
_EVERY = ("phisher", "blocklist", "payroll", "partners", "corp")


def live_example(stack: CliStack, account: Path) -> None:
    """The life of a language's example: applied, nothing more to do, deleted."""
    stack.config_set("cloudflare-email-security:baseUrl", f"emulator:{account}")
    assert stack.up().changes == dict.fromkeys(_EVERY, "create")
    outputs = stack.outputs()
    assert outputs["domain"] == "corp.example"
    assert outputs["trustedPatterns"] == ["c0rp.example", "partner.example"]
    assert set(outputs["blocked"]) == {"EMAIL phish@bad.example", "IP 203.0.113.0/24"}
    assert stack.preview(refresh=True).changes == dict.fromkeys(_EVERY, "same")
    assert stack.destroy().changes == dict.fromkeys(_EVERY, "delete")
