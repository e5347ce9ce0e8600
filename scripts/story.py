"""The story that the demo tells: its steps, and what must come of each."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pulumi_cloudflare_email_security.emulator import Emulator
from pulumi_cloudflare_email_security.session.configuration import EMULATOR_ACCOUNT
from scripts.outcome import Outcome, Stack

RESOURCES = {"phisher", "payroll", "subsidiary", "ceo", "corp"}
COLLECTIONS = ("allow_policies", "block_senders", "domains", "impersonation_registry", "trusted_domains")
EDIT = ('drop_dispositions=["MALICIOUS", "SPAM"]', 'drop_dispositions=["MALICIOUS", "SPAM", "SPOOF"]')
MISTAKE = (
    'pattern="evil.example", pattern_type="DOMAIN"',
    'pattern="evil.example", pattern_type="HOSTNAME"',
)


class NotAsToldError(Exception):
    """Something did not come as the story says."""


@dataclass(slots=True)
class Story:
    """Who tells it, and what it is about. `commands`: whether there are commands to type."""

    console: Console
    stack: Stack
    program: Path
    account: Emulator
    commands: bool = True
    _steps: int = field(default=0, init=False)

    def step(self, title: str, command: str) -> None:
        """Begin a step."""
        self._steps += 1
        self.console.print(Text(f"\n{self._steps}. {title}", style="bold"))
        if self.commands:
            self.console.print(Text(f"   $ {command}", style="cyan"))

    def check(self, holds: bool, what: str) -> None:
        """Say what was expected, if it is so."""
        if not holds:
            raise NotAsToldError(f"Not as told: {what}")
        self.console.print(Text("   ✓ ", style="green") + Text(what, style="default"))

    def check_changes(self, outcome: Outcome, changes: dict[str, str], what: str) -> None:
        """A command ended well and changed these resources, by name, and no others."""
        if outcome.ok and outcome.changes() != changes:
            what = f"{what} (it was {outcome.changes()})"
        self.check(outcome.ok and outcome.changes() == changes, what)

    def edit(self, old: str, new: str) -> None:
        """Change the program, and show it as a diff."""
        before = self.program.read_text(encoding="utf-8")
        if before.count(old) != 1:
            raise NotAsToldError(f"The program must have this once, to be edited: {old}")
        after = before.replace(old, new)
        self.program.write_text(after, encoding="utf-8")
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        for line in [line for line in diff if not line.startswith(("---", "+++", "@@"))]:
            self.console.print(Text(f"   {line}", style="red" if line.startswith("-") else "green"))

    def entries(self, collection: str) -> list[dict[str, Any]]:
        """What the account has."""
        return self.account.entries(EMULATOR_ACCOUNT, collection)


def tell(story: Story) -> None:
    """Tell the whole story. Raises NotAsToldError at the first thing that is not so."""
    _first_up(story)
    _edit(story)
    _drift(story)
    _mistake(story)
    _destroy(story)


def _first_up(story: Story) -> None:
    story.step("Five settings, declared in examples/quickstart, applied to an account without any", "pulumi up")
    outcome = story.stack.up()
    story.check_changes(outcome, dict.fromkeys(RESOURCES, "create"), "five settings are created")
    counts = {name: len(story.entries(name)) for name in COLLECTIONS}
    story.check(set(counts.values()) == {1}, "the account has one entry of each")


def _edit(story: Story) -> None:
    story.step("An edit of the program, and what it would change", "pulumi preview --diff")
    story.edit(*EDIT)
    outcome = story.stack.preview()
    story.check_changes(outcome, {"corp": "update"}, "the preview updates the domain, and nothing else")
    story.check("drop_dispositions" in outcome.text and "SPOOF" in outcome.text, "it shows what of the domain changes")
    story.check("SPOOF" not in story.entries("domains")[0]["drop_dispositions"], "nothing has changed yet")
    story.step("The edit applied", "pulumi up")
    story.check_changes(story.stack.up(), {"corp": "update"}, "the domain is updated")
    dropped = set(story.entries("domains")[0]["drop_dispositions"])
    story.check(dropped == {"MALICIOUS", "SPAM", "SPOOF"}, "the account drops spoofed mail too")


def _drift(story: Story) -> None:
    story.step("Somebody changes the allow policy in the dashboard, behind Pulumi's back", "pulumi refresh --diff")
    policy = story.entries("allow_policies")[0]
    story.account.change(EMULATOR_ACCOUNT, "allow_policies", policy["id"], is_trusted_sender=True)
    story.console.print("   is_trusted_sender: false => true")
    outcome = story.stack.refresh()
    story.check_changes(outcome, {"payroll": "update"}, "the refresh finds it, and nothing else")
    story.check("is_trusted_sender" in outcome.text, "it names the property")
    story.step("The account put right", "pulumi up")
    story.check_changes(story.stack.up(), {"payroll": "update"}, "the allow policy is updated")
    story.check(story.entries("allow_policies")[0]["is_trusted_sender"] is False, "the account is as declared again")
    story.step("Nothing is left to do", "pulumi preview --diff")
    story.check_changes(story.stack.preview(), {}, "the preview is empty")


def _mistake(story: Story) -> None:
    story.step("A value that the API does not know", "pulumi preview --diff")
    story.edit(*MISTAKE)
    outcome = story.stack.preview()
    story.check(not outcome.ok, "the preview refuses it")
    named = "phisher" in outcome.text and "property pattern_type" in outcome.text
    story.check(named, "it names the resource and the property")
    story.check(story.entries("block_senders")[0]["pattern_type"] == "DOMAIN", "the account is untouched")


def _destroy(story: Story) -> None:
    story.step("All of it deleted again", "pulumi destroy")
    outcome = story.stack.destroy()
    story.check_changes(outcome, dict.fromkeys(RESOURCES, "delete"), "five settings are deleted")
    left = {name: len(story.entries(name)) for name in COLLECTIONS}
    story.check(
        left == {**dict.fromkeys(COLLECTIONS, 0), "domains": 1},
        "the account has none, but for the domain: unprotecting one cannot be undone, so it must be asked for",
    )
    story.check("stays protected" in outcome.text, "and Pulumi said so")
