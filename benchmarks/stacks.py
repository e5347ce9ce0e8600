"""A stack to measure: of the real CLI, or in-process where there is none.

Either way an operation is a command in a process of its own: ``python -m benchmarks.stacks OPERATION`` runs one
in-process operation on the project in the working directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

from pulumi_cloudflare_email_security.testing import InProcessStack, StackResult

Command = Literal["preview", "up", "refresh", "destroy"]

_ROOT: Final = Path(__file__).resolve().parent.parent
_FOREIGN: Final = ("CLOUDFLARE_", "CF_API_", "PULUMI_")
_STATE: Final = "state.json"
_ARGUMENTS: Final[dict[Command, list[str]]] = {
    "preview": ["preview"],
    "up": ["up", "--yes", "--skip-preview"],
    "refresh": ["refresh", "--yes", "--skip-preview"],
    "destroy": ["destroy", "--yes", "--skip-preview"],
}


class Stack(Protocol):
    """What operations are run on."""

    environment: dict[str, str]

    def command(self, name: Command) -> list[str]:
        """The command that carries out an operation."""

    def state_bytes(self) -> int:
        """The size of the state."""


def find_cli() -> Path | None:
    """The `pulumi` binary on PATH, else where the SDK installs it."""
    if found := shutil.which("pulumi"):
        return Path(found)
    installed = Path.home() / ".pulumi" / "bin" / "pulumi"
    return installed if installed.is_file() else None


def cli_version(cli: Path) -> str:
    """The version of the CLI."""
    return subprocess.run([cli, "version"], capture_output=True, text=True, check=True).stdout.strip()


def open_stack(cli: Path | None, folder: Path, environment: Mapping[str, str]) -> Stack:
    """A new stack of the project in a folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    own.update(environment)
    return InProcess(folder, own) if cli is None else Engine.init(cli, folder, own)


@dataclass(slots=True)
class Engine:
    """A stack of the real engine with a local file backend, apart from the user's own Pulumi."""

    cli: Path
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def init(cls, cli: Path, folder: Path, environment: Mapping[str, str]) -> Engine:
        """Make the stack."""
        home = folder.parent / f"{folder.name}.home"
        (home / "backend").mkdir(parents=True)
        extra = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(cli.parent), os.environ["PATH"]]),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": (home / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        stack = cls(cli, folder, {**environment, **extra})
        stack.run("stack", "init", "benchmark")
        return stack

    def command(self, name: Command) -> list[str]:
        """The command that carries out an operation."""
        return [str(self.cli), "--non-interactive", "--color", "never", *_ARGUMENTS[name]]

    def state_bytes(self) -> int:
        """The size of `pulumi stack export`."""
        exported = self.folder.parent / f"{self.folder.name}.export.json"
        self.run("stack", "export", "--file", str(exported))
        return exported.stat().st_size

    def run(self, *arguments: str) -> None:
        """Any other command, unmeasured."""
        command = [str(self.cli), "--non-interactive", *arguments]
        subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=True)


@dataclass(slots=True)
class InProcess:
    """A stack without an engine; each operation is a process of its own, so that memory can be told apart."""

    folder: Path
    environment: dict[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        """Journals stay apart from the user's own."""
        self.environment["PULUMI_HOME"] = str(self.folder.parent / f"{self.folder.name}.home")
        self.environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), self.environment.get("PYTHONPATH", "")])

    def command(self, name: Command) -> list[str]:
        """The command that carries out an operation."""
        return [sys.executable, "-m", "benchmarks.stacks", name]

    def state_bytes(self) -> int:
        """The size of the state file."""
        path = self.folder / _STATE
        return path.stat().st_size if path.exists() else 0


def operate(folder: Path, name: Command) -> StackResult:
    """Carry out one operation on the project in a folder, in this process."""
    stack = InProcessStack(project="benchmark", stack="benchmark", folder=folder, state=folder / _STATE)
    if name == "refresh":
        return stack.refresh()
    if name == "destroy":
        return stack.destroy()
    return stack.preview(folder) if name == "preview" else stack.up(folder)


if __name__ == "__main__":
    print(operate(Path.cwd(), sys.argv[1]).summary)  # type: ignore[arg-type]
