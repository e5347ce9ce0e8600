"""What one command on a stack did: the same from the CLI and in-process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the command ended well, all it printed, and the operation by name of resource."""

    ok: bool
    text: str
    operations: dict[str, str]

    def changes(self) -> dict[str, str]:
        """The operations that change something."""
        return {name: operation for name, operation in self.operations.items() if operation != "same"}


class Stack(Protocol):
    """A stack of one program. Each command shows what it prints, and returns its outcome."""

    def preview(self) -> Outcome:
        """What `up` would do."""

    def up(self) -> Outcome:
        """Make the account what the program says."""

    def refresh(self) -> Outcome:
        """Record what the account has."""

    def destroy(self) -> Outcome:
        """Delete what the stack made."""
