"""What `cf-email-security doctor` looks at, and what a look at one thing finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        status: how it is.
        text: what was found.
        remedy: what to do about it, where there is something to do.

    """

    name: str
    status: Status
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(name, Status.OK, text)


def warning(name: str, text: str, remedy: str) -> Finding:
    """It works, but should be otherwise."""
    return Finding(name, Status.WARNING, text, remedy)


def failed_by(name: str, error: Exception, remedy: str) -> Finding:
    """It does not work, as an error says; what the error says to do takes precedence over the remedy."""
    what, _, to_do = str(error).partition(" — ")
    return Finding(name, Status.FAILED, what, to_do or remedy)


def failure(name: str, text: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, Status.FAILED, text, remedy)
