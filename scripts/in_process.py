"""The demo's stack where there is no Pulumi CLI: the real providers, called in this process."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from pulumi_cloudflare_email_security.testing import Change, InProcessStack, StackError, StackResult
from scripts.outcome import Outcome

_DONE = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}


class LocalStack:
    """One stack of the program in `folder`, its state in a file."""

    def __init__(
        self,
        folder: Path,
        state: Path,
        show: Callable[[str], None],
        *,
        project: str,
        name: str,
        config: Mapping[str, Any],
    ) -> None:
        state.unlink(missing_ok=True)
        self._folder = folder.resolve()
        self._show = show
        self._stack = InProcessStack(project=project, stack=name, config=config, state=state.resolve(), folder=folder)

    def preview(self) -> Outcome:
        """Check and diff, and nothing else."""
        return self._run(lambda: self._stack.preview(self._folder))

    def up(self) -> Outcome:
        """As `pulumi up --skip-preview`."""
        return self._run(lambda: self._stack.up(self._folder))

    def refresh(self) -> Outcome:
        """As `pulumi refresh`."""
        return self._run(self._stack.refresh)

    def destroy(self) -> Outcome:
        """As `pulumi destroy`."""
        return self._run(self._stack.destroy)

    def _run(self, command: Callable[[], StackResult]) -> Outcome:
        printed = io.StringIO()
        failures: list[str] = []
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                result = command()
            except StackError as error:
                result, failures = error.result, [f"error: {failure}" for failure in error.failures]
        lines = [line for change in result.changes for line in _shown(change)]
        lines += [*printed.getvalue().splitlines(), *result.text.splitlines(), *failures]
        lines.append(", ".join(f"{count} {operation}" for operation, count in result.summary.items()))
        for line in lines:
            self._show(line)
        return Outcome(not failures, "\n".join(lines), {change.name: change.operation for change in result.changes})


def _shown(change: Change) -> list[str]:
    """A change and the properties that differ, as the engine shows them."""
    if change.operation == "same":
        return []
    old, new = change.old or {}, change.new or {}
    pairs = [(name, old.get(name), new.get(name)) for name in change.diff]
    head = f"{_DONE.get(change.operation, ' '):>2} {change.type.rsplit(':', 1)[1]} {change.name} {change.operation}"
    return [head, *(f"     {name}: {before!r} => {after!r}" for name, before, after in pairs)]
