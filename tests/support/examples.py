"""The project folders under examples/, with the configuration that their stacks have, and the guides."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pulumi_cloudflare_email_security.testing import InProcessStack

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
GUIDES = ROOT / "docs" / "guides"
BASE_URL = "cloudflare-email-security:baseUrl"


def project_file(folder: Path) -> dict[str, Any]:
    """A folder's Pulumi.yaml."""
    project: dict[str, Any] = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    return project


def configuration(folder: Path, stack: str) -> dict[str, Any]:
    """What a stack's programs and providers see: the project's values, and those of the stack's own file."""
    shared = {key: entry["value"] for key, entry in project_file(folder).get("config", {}).items()}
    own = folder / f"Pulumi.{stack}.yaml"
    return {**shared, **(yaml.safe_load(own.read_text(encoding="utf-8"))["config"] if own.exists() else {})}


def run_script(folder: Path, command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
    """Run a script of an example; its exit code, and what it printed."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=900, check=False)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def in_process_stack(folder: Path, stack: str, state: Path) -> InProcessStack:
    """A stack of an example, on an emulated account of its own in the file `state`."""
    config = {**configuration(folder, stack), BASE_URL: f"emulator:{state}"}
    return InProcessStack(project=project_file(folder)["name"], stack=stack, config=config)


def fences(name: str, language: str = "") -> list[str]:
    """The fenced blocks of a guide, in a language or none."""
    text = (GUIDES / name).read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [block[2] for block in found if block[1] == language]
