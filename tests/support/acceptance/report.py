"""What was found out about an account, as JSON and Markdown, and as the URL of an emulator that does the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about an account.

    Attributes:
        subject: what was looked at.
        found: what the account does.
        documented: what the documentation says of it.
        habit: the emulator's habit that does the same, as `NAME` or `NAME=VALUES`; empty where that is its way.

    """

    subject: str
    found: str
    documented: str
    habit: str = ""


@dataclass
class Report:
    """An account's habits."""

    contract: str = ""
    findings: list[Finding] = field(default_factory=list)
    not_tried: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def add(self, subject: str, found: object, documented: str, habit: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(subject, str(found), documented, habit))

    @property
    def habits(self) -> list[str]:
        """The emulator's habits that make it behave like the account."""
        return sorted({finding.habit for finding in self.findings if finding.habit})

    @property
    def emulator(self) -> str:
        """What follows the path in a base URL `emulator:PATH?…`."""
        return "&".join([f"contract={self.contract}", *(f"habit={habit}" for habit in self.habits)])

    def to_json(self) -> str:
        """The report for programs; `emulator` is what a base URL needs."""
        content = {
            "contract": self.contract,
            "habits": self.habits,
            "emulator": self.emulator,
            "findings": [
                {"subject": each.subject, "found": each.found, "documented": each.documented, "habit": each.habit}
                for each in self.findings
            ],
            "not_tried": self.not_tried,
            "facts": self.facts,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """The report for people."""
        rows = [
            f"| {_cell(each.subject)} | {_cell(each.found)} | {_cell(each.documented)} | {_cell(_assumed(each))} |"
            for each in self.findings
        ]
        return "\n".join(
            [
                "# Habits of an account",
                "",
                f"An emulator that has them: `emulator:PATH?{self.emulator}`",
                "",
                "| what | found | documented | the emulator |",
                "|---|---|---|---|",
                *rows,
                "",
                "## Not tried",
                "",
                *(f"- `{habit}`: {why}" for habit, why in self.not_tried.items()),
                "",
                "## Figures",
                "",
                *(f"- {name}: {value}" for name, value in self.facts.items()),
                "",
            ]
        )

    def write(self, folder: Path) -> None:
        """Write both below a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "acceptance.json").write_text(self.to_json(), encoding="utf-8")
        (folder / "acceptance.md").write_text(self.to_markdown(), encoding="utf-8")


def _assumed(finding: Finding) -> str:
    return f"other unless `{finding.habit}`" if finding.habit else "the same"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
