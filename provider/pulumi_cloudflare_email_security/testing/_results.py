"""What a run of an in-process stack answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pulumi.dynamic import CheckFailure

#: A property path at the beginning of a reason.
_NAMED = re.compile(r"(\w+(?:\[[^\]]*\]|\.\w+)*): (.*)", re.DOTALL)
Operation = Literal["create", "update", "replace", "delete", "same", "read"]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a run, as the engine would list it.

    `old` and `new` are input properties; for `refresh` and `Resource.get` they are the outputs. In a preview a value
    not known yet is the SDK's `pulumi.output.Unknown` object.
    """

    operation: Operation
    type: str
    name: str
    urn: str
    id: str | None = None
    diff: tuple[str, ...] = ()
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong: a check failure (with the property it names), or an error of a provider call."""

    operation: str
    type: str
    name: str
    reason: str
    property: str = ""
    value: Any = None

    def __str__(self) -> str:
        """The failure in the engine's words."""
        if self.operation != "check":
            return f"{self.type} resource '{self.name}': {self.operation} failed: {self.reason}"
        if self.property:
            return (
                f"{self.type} resource '{self.name}': "
                f"property {self.property} value {{{self.value}}} has a problem: {self.reason}"
            )
        return f"{self.type} resource '{self.name}' has a problem: {self.reason}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that the program or a provider said: of a resource, or (without a URN) of the stack.

    `severity` is "info", "warning" or "error".
    """

    message: str
    severity: str = "info"
    urn: str = ""

    def __str__(self) -> str:
        """The message."""
        return self.message


@dataclass(slots=True)
class StackResult:
    """What one run did, or would do: its changes in order, the stack's exports, and what was said.

    `drift` is what a refresh found that differs from state: changed outside the program, or (a "delete") gone.
    """

    changes: list[Change] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, int]:
        """The number of changes by operation. The stack itself is not counted."""
        return dict(Counter(change.operation for change in self.changes))

    @property
    def text(self) -> str:
        """All that was said, a line or more each."""
        return "\n".join(map(str, self.diagnostics))

    def change(self, name: str) -> Change:
        """The one change of the resource of this name; `LookupError` where there is none, or more than one."""
        found = [change for change in self.changes if change.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} changes of a resource named {name!r} among {self.changes}")
        return found[0]


class StackError(Exception):
    """A run that failed. `result` holds what was done before; `__cause__` the provider's own exception, if one."""

    def __init__(self, result: StackResult) -> None:
        self.result = result
        super().__init__("\n".join(str(failure) for failure in result.failures))

    @property
    def failures(self) -> list[Failure]:
        """Every failure of the run."""
        return self.result.failures

    @property
    def by_property(self) -> dict[str, str]:
        """The reasons of the check failures, by property."""
        return dict(by_property(failure) for failure in self.failures if failure.operation == "check")


def by_property(failure: CheckFailure | Failure) -> tuple[str, str]:
    """The property and the reason; a property whose value the engine could not print is named in the reason."""
    named = None if failure.property else _NAMED.fullmatch(failure.reason)
    return (named[1], named[2]) if named else (failure.property, failure.reason)
