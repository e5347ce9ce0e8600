"""The plugin for the engine to start, and its SDK for Python programs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = "cloudflare-email-security"
_SDK: Final = "pulumi_cloudflare_email_security_sdk"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a project needs to use the plugin: the folder of its executable, and that of the SDK."""

    folder: Path
    sdk: Path

    @property
    def settings(self) -> dict[str, Any]:
        """What the project's file says."""
        return {"plugins": {"providers": [{"name": _PACKAGE, "path": str(self.folder)}]}}

    @property
    def environment(self) -> dict[str, str]:
        """What lets the program import the SDK."""
        return {"PYTHONPATH": str(self.sdk)}


def make_plugin(cli: Path, folder: Path) -> Plugin:
    """Write the executable, which is this environment's package, and let the CLI make the SDK.

    Raises:
        subprocess.CalledProcessError: the CLI cannot.

    """
    executable = folder / f"pulumi-resource-{_PACKAGE}"
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m pulumi_cloudflare_email_security.plugin "$@"\n')
    executable.chmod(0o755)
    command = [str(cli), "package", "gen-sdk", str(executable), "--language", "python", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    sdk = folder / "python"
    # What installing it would add: the SDK asks for its own version.
    own = version(f"pulumi-{_PACKAGE}")
    information = sdk / f"{_SDK}-{own}.dist-info"
    information.mkdir()
    text = f"Metadata-Version: 2.1\nName: {_SDK}\nVersion: {own}\n"
    (information / "METADATA").write_text(text, encoding="utf-8")
    return Plugin(folder, sdk)
