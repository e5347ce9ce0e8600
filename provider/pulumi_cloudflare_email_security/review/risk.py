"""What the provider says, or refuses, of a plan: the configuration `risk`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import ConfigurationError
from .assess import Change, assess_plan
from .context import Context
from .findings import Finding, Severity

WARN: Final = "warn"
REFUSE: Final = "refuse"
OFF: Final = "off"
MODES: Final = (WARN, REFUSE, OFF)
#: So many findings are named one by one.
_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say of a plan: at most one of the two has lines."""

    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


def risk_mode(value: Any, source: str = "config cloudflare-email-security:risk") -> str:
    """The configured mode; `warn` where nothing is. Raises ConfigurationError for another word."""
    mode = str(value).strip().lower() if value is not None and str(value).strip() else WARN
    if mode not in MODES:
        raise ConfigurationError(f"{source} must be one of {', '.join(MODES)}, not {printable(mode[:20])!r}")
    return mode


def judge(changes: Iterable[Change], *, context: Context, today: date, mode: str) -> Verdict:
    """What to warn of, or to refuse, in a plan: findings of severity high that nobody has accepted."""
    if mode == OFF:
        return Verdict()
    found = assess_plan(changes, context=context, today=today, with_advice=False)
    lines = tuple(described(one) for one in found if one.severity is Severity.HIGH and one.counts)
    if len(lines) > _MAX:
        lines = (*lines[:_MAX], f"and {len(lines) - _MAX} more risks of severity high: `cf-email-security review`")
    return Verdict(refusals=lines) if mode == REFUSE else Verdict(warnings=lines)


def described(finding: Finding) -> str:
    """A finding on one line: severity, rule, entry, what is so, and where."""
    place = f" ({finding.where})" if finding.place else ""
    return f"{finding.severity} risk {finding.rule.id}: {entry_of(finding)}: {finding.message}{place}"


def entry_of(finding: Finding) -> str:
    """What a line calls the entry of a finding."""
    return f"{finding.title} {printable(finding.name, 120)}".strip()


def counts_of(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    """How many findings count, by severity."""
    counts = dict.fromkeys(sorted(Severity, reverse=True), 0)
    for finding in findings:
        if finding.counts:
            counts[finding.severity] += 1
    return counts
