"""A page of the documentation whose commands are run: what they print stands below them, and can be written anew.

A fenced block `console` holds commands after `$ `, with their continuation lines after `> `, and what they print. One
shell runs all blocks of a page, so that folders and variables last. A comment `<!-- played: WORD -->` is something that
happens outside the shell.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_PART: Final = re.compile(
    r"^```console\n(?P<block>.*?)^```$|^<!-- played: (?P<word>.+?) -->$", re.DOTALL | re.MULTILINE
)
_COMMAND: Final = re.compile(r"^\$ .*(?:\n> .*)*", re.MULTILINE)
_END: Final = "\x01"
#: The engine's lines of what becomes of resources: sign, type, name. Several resources are at work at a time.
_PROGRESS: Final = re.compile(r"(?:^ .{2} \S+:\S+:\S+ \S+.*\n)+", re.MULTILINE)
_DIAGNOSTICS: Final = re.compile(r"(?<=^Diagnostics:\n).*?(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
#: What differs from run to run, and what stands for it.
_NORMAL: Final = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "…"),
    (re.compile(r"\bv?3\.\d+\.\d+\b"), "3.…"),
    (re.compile(r"(?<=bin/python)3\.\d+"), "3"),
    (re.compile(r" \(\d+(\.\d+)?s\)"), ""),
    (re.compile(r"^index [0-9a-f]+\.\.[0-9a-f]+.*\n", re.MULTILINE), ""),
    (re.compile(r"(?<=Logged in to )\S+ as \S+"), "laptop as you"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    # Of the engine: how long it took, and that it is at work. Of pip: how it came to what it installs.
    (re.compile(r"^(Duration: |@ ).*\n", re.MULTILINE), ""),
    (
        re.compile(
            r"^(Looking in|Requirement already|Processing|Collecting|Installing collected|Successfully) .*\n",
            re.MULTILINE,
        ),
        "",
    ),
    (re.compile(r"^(  Attempting|    Found existing|    Not uninstalling|    Can't uninstall) .*\n", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Shell:
    """A running bash."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, folder: Path, env: Mapping[str, str]) -> Self:
        """One that begins in this folder."""
        return cls(
            subprocess.Popen(
                ["bash", "--noprofile", "--norc"],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
            )
        )

    def run(self, command: str) -> str:
        """What a command prints. Raises RuntimeError where the shell ends by it."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the shell has no pipes")
        # The next command finds this one's exit code in $?.
        ended = f"__code=$?; printf '%s\\n' '{_END}'; (exit $__code)"
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\n{ended}\n")
        self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            if line.endswith(f"{_END}\n"):
                return printed + line.removesuffix(f"{_END}\n")
            printed += line
        raise RuntimeError(f"the shell ended at `{command}`:\n{printed}")

    def stop(self) -> None:
        """End it."""
        self.process.communicate("exit\n", timeout=10)


def commands(page: str) -> list[str]:
    """The page's commands, in their order."""
    return [command for part in _PART.finditer(page) if part["block"] for command in _commands(part["block"])]


def play(page: str, shell: Shell, happenings: Mapping[str, Callable[[], None]], names: Mapping[str, str]) -> str:
    """The page with what its commands print now; `names` are texts of this run, and what stands for them."""

    def played(part: re.Match[str]) -> str:
        if part["word"]:
            happenings[part["word"]]()
            return part[0]
        lines = [line for command in _commands(part["block"]) for line in _shown(command)]
        return "\n".join(["```console", *lines, "```"])

    def _shown(command: str) -> Iterator[str]:
        yield "\n".join(f"{'>' if number else '$'} {line}" for number, line in enumerate(command.splitlines()))
        if printed := normal(shell.run(command), names).strip("\n"):
            yield printed

    return _PART.sub(played, page)


def normal(text: str, names: Mapping[str, str]) -> str:
    """A text as every run prints it."""
    for found, stands in names.items():
        text = text.replace(found, stands)
    for pattern, stands in _NORMAL:
        text = pattern.sub(stands, text)
    text = _DIAGNOSTICS.sub(_sorted, _PROGRESS.sub(_settled, text))
    return re.sub(r"\n{3,}", "\n\n", text)


def _settled(lines: re.Match[str]) -> str:
    """The last line of each resource, by type and name; as on a terminal, none of those that stay as they are."""
    last = {tuple(line[4:].split()[:2]): line for line in lines[0].splitlines(keepends=True)}
    changed = [last[resource] for resource in sorted(last) if last[resource][:4].strip()]
    return "".join([*changed, "\n"] if changed else [])


def _sorted(diagnostics: re.Match[str]) -> str:
    """The resources' blocks, by type and name."""
    blocks = re.split(r"\n(?=  \S)", diagnostics[0].strip("\n"))
    return "\n\n".join(sorted(block.strip("\n") for block in blocks)) + "\n\n"


def _commands(block: str) -> list[str]:
    return [re.sub(r"^[$>] ", "", found[0], flags=re.MULTILINE) for found in _COMMAND.finditer(block)]
