"""The real Pulumi CLI on a local file backend, kept apart from the developer's own Pulumi."""

from __future__ import annotations

import functools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.environment import UNMEASURED, scrubbed

# The step names that mean something to a user; a replacement's other two steps are part of its `replace`.
_OPERATIONS = {"create", "update", "replace", "delete", "same", "read", "import"}
_WITHOUT_STACK = {"install", "policy"}
_TIMEOUT = 1800
# The host for Python asks pip before every run which packages there are, which takes longer than the run. The answer
# of the first time is kept, by question and PYTHONPATH.
_INTERPRETER = """#!/bin/sh
case "$*" in
"-m pip list "* | "-m pip --version" | "-c import importlib.metadata, "*)
    answer={folder}/$(printf '%s' "$PYTHONPATH $*" | cksum | tr ' ' '-')
    if [ ! -f "$answer" ]; then
        {python} "$@" > "$answer.$$" || exit
        mv "$answer.$$" "$answer"
    fi
    exec cat "$answer"
    ;;
esac
exec {python} "$@"
"""
_HOME = tempfile.TemporaryDirectory()


def find_cli() -> Path | None:
    """The `pulumi` binary on PATH, else the one that the SDK installs into."""
    found = shutil.which("pulumi")
    if found:
        return Path(found)
    installed = Path.home() / ".pulumi" / "bin" / "pulumi"
    return installed if installed.is_file() else None


@functools.cache
def interpreter() -> Path:
    """What the CLI is to call: the interpreter of these tests."""
    path = Path(_HOME.name) / "python"
    quoted = {"folder": shlex.quote(_HOME.name), "python": shlex.quote(sys.executable)}
    path.write_text(_INTERPRETER.format(**quoted), encoding="utf-8")
    path.chmod(0o755)
    return path


def write_program(folder: Path, source: str, *, name: str = "demo", settings: Mapping[str, Any] | None = None) -> Path:
    """Write a project folder with this program and return it; `settings` are added to its Pulumi.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML. Without `virtualenv` the CLI runs PULUMI_PYTHON_CMD: this interpreter, see `CliStack`.
    project = {"name": name, "runtime": {"name": "python"}, **(settings or {})}
    (folder / "Pulumi.yaml").write_text(json.dumps(project), encoding="utf-8")
    (folder / "__main__.py").write_text(source, encoding="utf-8")
    return folder


def copy_program(source: Path, folder: Path) -> Path:
    """Copy a project folder, to run with this interpreter whatever virtualenv it names, and return the copy."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "venv"), dirs_exist_ok=True)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    (folder / "Pulumi.yaml").write_text(json.dumps({**project, "runtime": {"name": "python"}}), encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine did, or would do, with one resource."""

    operation: str
    urn: str
    type: str
    name: str
    diffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CliResult:
    """The outcome of one command. The stack itself and provider resources are left out of `steps`."""

    exit_code: int
    stdout: str
    stderr: str
    steps: list[Step] = field(default_factory=list)
    diagnostics: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that the user sees."""
        return f"{self.stdout}\n{self.stderr}"

    @property
    def errors(self) -> list[str]:
        """The errors among the diagnostics, without the engine's closing word."""
        found = [line.removeprefix("error: ") for line in self.diagnostics if line.startswith("error: ")]
        return [error for error in found if error not in {"preview failed", "update failed"}]

    @property
    def changes(self) -> dict[str, str]:
        """The operation by name of resource."""
        return {step.name: step.operation for step in self.steps}

    @property
    def summary(self) -> dict[str, int]:
        """The number of steps by operation."""
        return dict(Counter(step.operation for step in self.steps))


class CliStack:
    """One stack of the project in `folder`.

    Backend, plugins and login live in `home` (by default beside the folder), so two stacks of one project share them by
    sharing `folder` and `home`. The program runs with this interpreter.
    """

    def __init__(
        self,
        cli: Path,
        folder: Path,
        name: str = "dev",
        *,
        env: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        home: Path | None = None,
    ) -> None:
        self.folder = folder
        self.name = name
        self._cli = cli
        self._home = home or folder.parent / f"{folder.name}.pulumi-home"
        backend = self._home / "backend"
        backend.mkdir(parents=True, exist_ok=True)
        self.env = scrubbed(
            {
                # The language plugin is found beside the CLI; the shebang of its helper wants this Python.
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(cli.parent), os.environ["PATH"]]),
                "PULUMI_HOME": str(self._home),
                # Without the file of metadata beside each state, which a CLI killed as it writes it leaves empty, and
                # then "failed to load checkpoint: EOF".
                "PULUMI_BACKEND_URL": f"{backend.as_uri()}?metadata=skip",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_PYTHON_CMD": str(interpreter()),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                # Without it there is no `--event-log`.
                "PULUMI_DEBUG_COMMANDS": "true",
                # Programs and providers are measured at levels 1 and 2, and the plugin's process here too.
                **UNMEASURED,
                **(env or {}),
            }
        )
        self._run(["stack", "init"])
        if config:
            values = [word for key, value in config.items() for word in ("--plaintext", f"{key}={value}")]
            self._run(["config", "set-all", *values])

    def config_set(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a configuration value."""
        self._run(["config", "set", key, "--secret" if secret else "--plaintext", "--", value])

    def edit(self, source: str) -> None:
        """Rewrite the program."""
        (self.folder / "__main__.py").write_text(source, encoding="utf-8")

    def preview(self, *, diff: bool = False, refresh: bool = False, expect_failure: bool = False) -> CliResult:
        """`pulumi preview`."""
        options = [*(["--diff"] if diff else []), *(["--refresh"] if refresh else []), "--show-sames", "--show-reads"]
        return self._deploy("preview", options, expect_failure=expect_failure)

    def up(self, *, refresh: bool = False, skip_preview: bool = True, expect_failure: bool = False) -> CliResult:
        """`pulumi up`, by default without the preview first."""
        options = ["--yes", *(["--skip-preview"] if skip_preview else []), *(["--refresh"] if refresh else [])]
        return self._deploy("up", [*options, "--show-sames", "--show-reads"], expect_failure=expect_failure)

    def refresh(self, *, run_program: bool = False, expect_failure: bool = False) -> CliResult:
        """`pulumi refresh`."""
        options = ["--yes", "--skip-preview", *(["--run-program"] if run_program else [])]
        return self._deploy("refresh", options, expect_failure=expect_failure)

    def destroy(self, *, run_program: bool = False, expect_failure: bool = False) -> CliResult:
        """`pulumi destroy`."""
        options = ["--yes", "--skip-preview", *(["--run-program"] if run_program else [])]
        return self._deploy("destroy", options, expect_failure=expect_failure)

    def export(self) -> dict[str, Any]:
        """The whole state, secrets encrypted."""
        state: dict[str, Any] = json.loads(self._run(["stack", "export"]).stdout)
        return state

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Put a state in place of the present one."""
        self._run(["stack", "import"], stdin=json.dumps(state))

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The exports of the stack."""
        secrets = ["--show-secrets"] if show_secrets else []
        outputs: dict[str, Any] = json.loads(self._run(["stack", "output", "--json", *secrets]).stdout)
        return outputs

    def run(self, *arguments: str, expect_failure: bool = False) -> CliResult:
        """Any other command, on this stack."""
        return self._run(list(arguments), expect_failure=expect_failure)

    def _deploy(self, command: str, options: list[str], *, expect_failure: bool) -> CliResult:
        log = self._home / "events.json"
        log.unlink(missing_ok=True)
        result = self._run([command, *options, "--event-log", str(log)], expect_failure=expect_failure)
        events = _read_events(log)
        return CliResult(result.exit_code, result.stdout, result.stderr, _steps(events), _diagnostics(events))

    def _run(self, arguments: list[str], *, stdin: str = "", expect_failure: bool = False) -> CliResult:
        stack = [] if arguments[0] in _WITHOUT_STACK else ["--stack", self.name]
        command = [str(self._cli), "--non-interactive", "--color", "never", *stack, *arguments]
        if arguments[:2] == ["stack", "init"]:
            command = [str(self._cli), "--non-interactive", *arguments, self.name]
        done = subprocess.run(  # noqa: S603
            command,
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        result = CliResult(done.returncode, done.stdout, done.stderr)
        if bool(done.returncode) is not expect_failure:
            expected = "fail" if expect_failure else "succeed"
            shown = " ".join(["pulumi", *arguments])
            raise AssertionError(f"`{shown}` ended with {done.returncode}, expected it to {expected}:\n{result.text}")
        return result


def _read_events(log: Path) -> list[dict[str, Any]]:
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]


def _steps(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Each step by the last event about it. A failed one is in the diagnostics only."""
    found: dict[str, Step] = {}
    for event in events:
        if "resOpFailedEvent" in event:
            found.pop(event["resOpFailedEvent"]["metadata"]["urn"], None)
        # A component without registered outputs has the first kind of event only.
        metadata = (event.get("resourcePreEvent") or event.get("resOutputsEvent") or {}).get("metadata")
        if metadata and not metadata["type"].startswith("pulumi:") and metadata["op"] in _OPERATIONS:
            urn = metadata["urn"]
            diffs = tuple(metadata.get("diffs") or ())
            found[urn] = Step(metadata["op"], urn, metadata["type"], urn.rsplit("::", 1)[1], diffs)
    return list(found.values())


def _diagnostics(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the CLI lists under Diagnostics, as `severity: message`."""
    found = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    shown = [diagnostic for diagnostic in found if diagnostic["severity"] != "debug"]
    return [f"{diagnostic['severity']}: {diagnostic['message'].rstrip()}" for diagnostic in shown]
