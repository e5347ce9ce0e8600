"""SIGKILL in the middle of `pulumi up`: the next `up` finds what was made, and makes nothing twice.

The emulator accepts duplicates, so that whatever was made twice is there twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.cli import CliStack, write_program
from support.http_emulator import ACCOUNT, ServedEmulator, served
from support.plugin_cli import YamlStack, resource

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_cloudflare_email_security as email_security

entries = [{{"pattern": f"n{{n}}.example", "pattern_type": "DOMAIN"}} for n in range({count})]
"""
COLLECTION = (
    PROGRAM
    + """
email_security.BlockSenders("blocklist", entries=entries)
"""
)
SINGLES = (
    PROGRAM
    + """
for entry in entries:
    email_security.BlockSender(entry["pattern"], **entry)
"""
)


def dynamic(source: str) -> Callable[..., CliStack]:
    """The stack of a program in Python."""

    def make(cli: Path, folder: Path, count: int, **options: Any) -> CliStack:
        return CliStack(cli, write_program(folder, source.format(count=count)), **options)

    return make


def plugin(*, alone: bool) -> Callable[..., CliStack]:
    """The stack of a program in YAML."""

    def make(cli: Path, folder: Path, count: int, **options: Any) -> CliStack:
        entries = {f"n{n}": {"pattern": f"n{n}.example", "patternType": "DOMAIN"} for n in range(count)}
        singles = {name: resource("BlockSender", entry) for name, entry in entries.items()}
        stack = YamlStack(cli, folder, **options)
        stack.declare(singles if alone else {"list": resource("BlockSenders", {"entries": [*entries.values()]})})
        return stack

    return make


# By contract, program and number of entries: the request that creates, and how many of them come before the kill.
CASES = {
    "9000 in batches": ("2026", dynamic(COLLECTION), 9000, "POST block_senders/batch", 2),
    "400 in one collection without batch": ("2025", dynamic(COLLECTION), 400, "POST block_senders", 60),
    "200 single entries": ("2026", dynamic(SINGLES), 200, "POST block_senders", 60),
    "400 in one collection without batch, by the plugin": ("2025", plugin(alone=False), 400, "POST block_senders", 60),
    "200 single entries, by the plugin": ("2026", plugin(alone=True), 200, "POST block_senders", 60),
}
LIST = "GET block_senders"
#: What is in the command of a provider's process, of either way in.
PROVIDERS = ("-m pulumi.dynamic", "-m pulumi_cloudflare_email_security.plugin")


class Deployment:
    """A `pulumi up` under way, and the processes it started."""

    def __init__(self, cli: Path, stack: CliStack) -> None:
        command = [str(cli), "--non-interactive", "--color", "never", "--stack", stack.name, "up", "--yes", "-f"]
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=stack.folder, env=stack.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._children: dict[int, str] = {}

    def kill_cli(self) -> None:
        """SIGKILL the CLI alone; what it started lives on as long as it likes."""
        self._children = self._descendants()
        self._process.kill()
        self._process.wait()

    def kill_provider(self) -> None:
        """SIGKILL the provider process, and wait for the CLI to give up."""
        self._children = self._descendants()
        # A program's language host may have one of its own, for the schema.
        found = [pid for pid, command in self._children.items() if any(name in command for name in PROVIDERS)]
        assert found
        for provider in found:
            os.kill(provider, signal.SIGKILL)
        self._process.communicate(timeout=600)
        assert self._process.returncode != 0

    def end(self) -> None:
        """End what is left of it."""
        self._process.kill()
        self._process.communicate()
        for pid, command in _processes().items():
            if self._children.get(pid) == command[1]:
                os.kill(pid, signal.SIGKILL)

    def _descendants(self) -> dict[int, str]:
        processes = _processes()
        found: dict[int, str] = {}
        parents = {self._process.pid}
        while parents:
            children = {pid: command for pid, (parent, command) in processes.items() if parent in parents}
            found |= children
            parents = set(children)
        return found


def _processes() -> dict[int, tuple[int, str]]:
    """Every process: its parent and its command line."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return {int(row[0]): (int(row[1]), row[2]) for row in rows if len(row) == 3}


@contextmanager
def deployment(cli: Path, stack: CliStack) -> Iterator[Deployment]:
    """Start `pulumi up`."""
    running = Deployment(cli, stack)
    try:
        yield running
    finally:
        running.end()


class Life:
    """A stack on an account that takes duplicates, and time."""

    def __init__(self, account: ServedEmulator, stack: CliStack, count: int) -> None:
        self.account = account
        self.stack = stack
        self.count = count

    def patterns(self) -> list[str]:
        """What is there."""
        return [entry["pattern"] for entry in self.account.entries(ACCOUNT, "block_senders")]

    def go_on(self) -> None:
        """Run `up` again as a user would, while what was under way waits for its answers: all is made, once."""
        self.stack.run("cancel", "--yes")
        lists = self.account.count(LIST)
        answering = threading.Thread(target=self._answer_after, args=(lists + 1,), daemon=True)
        answering.start()
        self.stack.up()
        answering.join()
        self.account.wait_until_quiet()
        made = self.patterns()
        assert len(set(made)) == self.count
        assert len(made) == self.count, f"{len(made) - self.count} were made twice"
        assert set(self.stack.preview().summary) == {"same"}

    def _answer_after(self, lists: int) -> None:
        self.account.wait_for(LIST, lists)
        self.account.let_go()


@pytest.fixture(params=CASES)
def life(request: pytest.FixtureRequest, cli: Path, tmp_path: Path) -> Iterator[tuple[Life, str, int]]:
    """A stack, the operation to wait for before killing, and how many of it."""
    contract, make, count, operation, enough = CASES[request.param]
    with served(contract, duplicates="accept", latency=0.02) as account:
        stack = make(cli, tmp_path / "program", count, env=account.env(CLOUDFLARE_API_TOKEN="any"))
        yield Life(account, stack, count), operation, enough


@pytest.mark.parametrize("kill", [Deployment.kill_cli, Deployment.kill_provider])
def test_killed(cli: Path, life: Any, kill: Callable[[Deployment], None]) -> None:
    """The CLI, or its provider process, is killed in the middle: the next `up` takes what was made, and makes the rest.

    Nothing is made twice. Without its provider process the `up` itself fails.
    """
    stack, operation, enough = life
    stack.account.hold_from(operation, enough)
    with deployment(cli, stack.stack) as running:
        stack.account.wait_for(operation, enough)
        kill(running)
        assert 0 < len(stack.patterns()) < stack.count
        stack.go_on()
