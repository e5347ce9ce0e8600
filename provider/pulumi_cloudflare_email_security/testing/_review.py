"""What a run's plan weakens: the review that a pull request gets, of an in-process preview."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi.output import Unknown

from ..model.state import UNKNOWN_TEXT
from ..review.engine import Kinds
from ..review.preview import read_plans
from ..review.report import Report, make_report
from ..settings import RESOURCES
from ._results import Change, StackResult


def review(result: StackResult) -> Report:
    """What a preview (or an `up`) weakens, by rule, and what it does entry by entry."""
    (plan,) = read_plans(as_preview(result), Kinds.of(RESOURCES))
    return make_report([plan], today=datetime.now(tz=UTC).date())


def as_preview(result: StackResult) -> str:
    """The result in the form of `pulumi preview --json`."""
    steps = [_step(change) for change in result.changes]
    diagnostics = [{"severity": d.severity, "message": d.message, "urn": d.urn} for d in result.diagnostics]
    return json.dumps({"steps": steps, "diagnostics": diagnostics}, default=_plain)


def _step(change: Change) -> dict[str, Any]:
    states = {"oldState": change.old, "newState": None if change.operation == "delete" else change.new}
    return {
        "op": change.operation,
        "urn": change.urn,
        **{name: {"type": change.type, "inputs": inputs} for name, inputs in states.items() if inputs is not None},
    }


def _plain(value: object) -> object:
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)
