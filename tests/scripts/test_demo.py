"""`make demo`, run as people run it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.cli import find_cli
from support.environment import scrubbed
from support.examples import EXAMPLES, ROOT

QUICKSTART = EXAMPLES / "quickstart"
PROC = Path("/proc")


def _start(work: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scripts.demo", "--work", str(work), *options]
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=scrubbed({"PYTHONUTF8": "1", "CLOUDFLARE_API_TOKEN": "never-to-be-used", **(env or {})}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def _run(work: Path, *options: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    with _start(work, *options, env=env) as process:
        text, _ = process.communicate(timeout=900)
    return process.returncode, text


def _damaged(folder: Path, old: str, new: str) -> Path:
    """A copy of the quickstart that is not as the story says."""
    shutil.copytree(QUICKSTART, folder)
    program = (folder / "__main__.py").read_text(encoding="utf-8")
    assert old in program
    (folder / "__main__.py").write_text(program.replace(old, new), encoding="utf-8")
    return folder


def _whole(text: str) -> None:
    """The story was told, step by step, to a good end."""
    told = [
        "1. Five settings",
        "five settings are created",
        '-    drop_dispositions=["MALICIOUS", "SPAM"],',
        "the preview updates the domain, and nothing else",
        "behind Pulumi's back",
        "the refresh finds it, and nothing else",
        "the account is as declared again",
        "property pattern_type value {HOSTNAME} has a problem",
        "it names the resource and the property",
        "five settings are deleted",
        "All as told",
    ]
    places = [text.find(part) for part in told]
    assert -1 not in places, text
    assert places == sorted(places), text
    assert "Traceback" not in text


def test_in_process(tmp_path: Path) -> None:
    """Twice in the same folder, both to a good end, in plain text."""
    for _ in range(2):
        code, text = _run(tmp_path, "--in-process")
        assert code == 0, text
        _whole(text)
        assert "\x1b" not in text


def test_variable_forces_in_process(tmp_path: Path) -> None:
    """DEMO_NO_CLI=1 is as good as the option."""
    code, text = _run(tmp_path, env={"DEMO_NO_CLI": "1"})
    assert code == 0, text
    assert not (tmp_path / "home" / "backend").exists()


def test_without_cli_and_network(tmp_path: Path) -> None:
    """A machine that has no CLI and cannot download it hears so, and gets the same story."""
    nowhere = "http://127.0.0.1:9"
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "https_proxy": nowhere, "HTTPS_PROXY": nowhere}
    if shutil.which("pulumi", path=os.defpath) or (ROOT / ".work" / "pulumi").exists():
        pytest.skip("there is a CLI that cannot be hidden")
    code, text = _run(tmp_path / "work", env=env)
    assert code == 0, text
    assert "No Pulumi CLI can be had" in text
    _whole(text)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"ceo"', '"cto"', "Not as told: five settings are created (it was"),
        ('pattern="evil.example"', 'pattern="bad.example"', "The program must have this once"),
        ('pattern="pay.example"', 'pattern="-"', "Not as told: five settings are created"),
    ],
)
def test_tells_what_is_not_so(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Anything that is not as told ends the demo with 1."""
    code, text = _run(tmp_path / "work", "--in-process", "--example", str(_damaged(tmp_path / "example", old, new)))
    assert code == 1
    assert told in text
    assert "All as told" not in text


@pytest.mark.engine
def test_on_the_cli(cli: Path, tmp_path: Path) -> None:
    """The same story on the real engine; the token of the environment is nowhere in what it leaves."""
    assert cli == find_cli()
    code, text = _run(tmp_path)
    assert code == 0, text
    _whole(text)
    assert "No Pulumi CLI" not in text
    left = [file for file in tmp_path.rglob("*") if file.is_file() and b"never-to-be-used" in file.read_bytes()]
    assert left == []


@pytest.mark.engine
@pytest.mark.skipif(not PROC.is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing_running(cli: Path, tmp_path: Path, sent: signal.Signals) -> None:
    """In the middle of an `up`, all that was started ends too."""
    assert cli
    with _start(tmp_path) as process:
        assert process.stdout
        for line in process.stdout:
            if "creating" in line:
                break
        process.send_signal(sent)
        text, _ = process.communicate(timeout=900)
    assert process.returncode == 130, text
    assert text.rstrip().endswith("Interrupted.")
    deadline = time.monotonic() + 300
    while (running := _started_with(f"PULUMI_HOME={tmp_path}")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running == []


def _started_with(variable: str) -> list[str]:
    """The commands of the running processes that have a variable in their environment."""
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if variable.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [command for command in found if command]
