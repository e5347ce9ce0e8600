"""The Pulumi CLI: found or installed, and run on a backend of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from scripts.outcome import Outcome

# Where `install` puts the CLI; `make test` looks there too.
INSTALL_ROOT = Path(".work/pulumi")
_DOWNLOADS = "https://get.pulumi.com"
_INSTALL = "import sys; from pulumi.automation import PulumiCommand; PulumiCommand.install(root=sys.argv[1])"
_LANGUAGE_PLUGIN = "pulumi-language-python"
_OPERATIONS = {"create", "update", "replace", "delete", "same"}
_FOREIGN = ("CLOUDFLARE_", "CF_API_", "PULUMI_")
# How long an interrupted command may take to end by itself.
_GRACE = 10


def find_cli(installed: Path = INSTALL_ROOT) -> Path | None:
    """The first CLI that runs and has its Python plugin: on PATH, in the user's ~/.pulumi, or installed here."""
    on_path = shutil.which("pulumi")
    candidates = [Path(on_path)] if on_path else []
    candidates += [root / "bin" / "pulumi" for root in (Path.home() / ".pulumi", installed.resolve())]
    return next((cli for cli in candidates if _works(cli)), None)


def install_cli(root: Path = INSTALL_ROOT, *, connect: float = 5, download: float = 60) -> Path | None:
    """Install the official CLI that fits the SDK, or give up after so many seconds to connect and to download."""
    try:
        urlopen(_DOWNLOADS, timeout=connect).close()
    except HTTPError:
        pass  # An answer: the server is there.
    except OSError:
        return None
    with _running([sys.executable, "-c", _INSTALL, str(root.resolve())], environment(), Path.cwd()) as process:
        try:
            process.communicate(timeout=download)
        except subprocess.TimeoutExpired:
            return None
    cli = root.resolve() / "bin" / "pulumi"
    return cli if _works(cli) else None


def environment(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without the user's Cloudflare and Pulumi settings, and with `own`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, **(own or {})}


class CliStack:
    """One stack of the project in `folder`; login, plugins and state are in `home`. Programs run with this Python."""

    def __init__(self, cli: Path, folder: Path, home: Path, name: str, show: Callable[[str], None]) -> None:
        self._cli = cli
        self._folder = folder
        self._events = home / "events.json"
        self._name = name
        self._show = show
        backend = home / "backend"
        backend.mkdir(parents=True)
        self._env = environment(
            {
                # Plugins are found beside the CLI, and start the first Python on the PATH.
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(cli.parent), os.environ["PATH"]]),
                "PULUMI_HOME": str(home.resolve()),
                "PULUMI_BACKEND_URL": backend.resolve().as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "demo",
                "PULUMI_PYTHON_CMD": sys.executable,
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                # Without it there is no `--event-log`.
                "PULUMI_DEBUG_COMMANDS": "true",
            }
        )
        self._run("stack", "init", name)

    def preview(self) -> Outcome:
        """`pulumi preview --diff`."""
        return self._deploy("preview", "--diff")

    def up(self) -> Outcome:
        """`pulumi up`, without a preview first."""
        return self._deploy("up", "--yes", "--skip-preview")

    def refresh(self) -> Outcome:
        """`pulumi refresh`, with what differs."""
        return self._deploy("refresh", "--yes", "--skip-preview", "--diff")

    def destroy(self) -> Outcome:
        """`pulumi destroy`."""
        return self._deploy("destroy", "--yes", "--skip-preview")

    def _deploy(self, command: str, *options: str) -> Outcome:
        self._events.unlink(missing_ok=True)
        events = self._events.resolve()
        ok, text = self._run(command, "--stack", self._name, *options, "--event-log", str(events), show=self._show)
        return Outcome(ok, text, _operations(events))

    def _run(self, *arguments: str, show: Callable[[str], None] | None = None) -> tuple[bool, str]:
        command = [str(self._cli), "--non-interactive", "--color", "never", *arguments]
        lines: list[str] = []
        with _running(command, self._env, self._folder) as process:
            assert process.stdout  # noqa: S101 (for the type checker)
            for line in process.stdout:
                lines.append(line.rstrip())
                if show:
                    show(lines[-1])
            ok = process.wait() == 0
        text = "\n".join(lines)
        if not (ok or show):
            raise RuntimeError(f"`pulumi {' '.join(arguments)}` failed:\n{text}")
        return ok, text


def _works(cli: Path) -> bool:
    """Whether a CLI runs, and has the plugin for Python programs."""
    if not (cli.resolve().parent.joinpath(_LANGUAGE_PLUGIN).exists() or shutil.which(_LANGUAGE_PLUGIN)):
        return False
    env = environment({"PULUMI_SKIP_UPDATE_CHECK": "true"})
    try:
        return subprocess.run([cli, "version"], env=env, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextmanager
def _running(command: list[str], env: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group of its own; whatever ends the block early ends the whole group."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt a command, so that its plugins end too; kill what does not listen."""
    for sent, wait in ((signal.SIGINT, _GRACE), (signal.SIGTERM, 2), (signal.SIGKILL, None)):
        os.killpg(process.pid, sent)
        try:
            # What it still prints must be read, or it may wait for a reader.
            process.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            continue
        return


def _operations(log: Path) -> dict[str, str]:
    """What was done, or would be done, by name of resource. The stack itself is left out."""
    found: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        event = json.loads(line)
        step = (event.get("resourcePreEvent") or event.get("resOutputsEvent") or {}).get("metadata")
        if step and not step["type"].startswith("pulumi:") and step["op"] in _OPERATIONS:
            found[step["urn"].rsplit("::", 1)[1]] = step["op"]
    return found
