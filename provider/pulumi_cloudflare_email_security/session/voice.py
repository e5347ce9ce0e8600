"""How a deployment speaks: diagnostics for the engine, or lines on stderr where there is none to tell."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Protocol


class Severity(StrEnum):
    """How loud a diagnostic is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Voice(Protocol):
    """Tells the person who runs the deployment something."""

    def __call__(self, message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
        """Say it, of a resource or (without a URN) of the stack."""


def to_stderr(message: str, urn: str = "", severity: Severity = Severity.INFO) -> None:
    """A line on stderr; the engine shows a provider's under Diagnostics."""
    del urn
    prefix = "" if severity is Severity.INFO else f"{severity}: "
    print(f"{prefix}{message}", file=sys.stderr, flush=True)  # noqa: T201
