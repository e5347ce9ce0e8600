"""What the provider says of a plan, or refuses: the configuration `risk`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final

from ..client.envelope import printable
from ..client.errors import ConfigurationError
from ..model.setting import Setting
from .assess import assess_plan
from .context import Context
from .findings import Change, Finding, Severity

WARN: Final = "warn"
REFUSE: Final = "refuse"
OFF: Final = "off"
MODES: Final = (WARN, REFUSE, OFF)
#: So many findings are named one by one.
_MAX: Final = 20


def risk_mode(value: Any, source: str = "config cloudflare-email-security:risk") -> str:
    """The configured mode; `warn` where nothing is. Raises ConfigurationError for another word."""
    mode = str(value).strip().lower() if value is not None and str(value).strip() else WARN
    if mode not in MODES:
        raise ConfigurationError(f"{source} must be one of {', '.join(MODES)}, not {printable(mode[:20])!r}")
    return mode


def risks(changes: Iterable[Change], *, context: Context, today: date) -> list[Finding]:
    """What the provider tells of a plan: findings of severity high that nobody has accepted."""
    found = assess_plan(changes, context=context, today=today, with_advice=False)
    return [one for one in found if one.severity is Severity.HIGH and one.counts]


@dataclass(frozen=True, slots=True)
class _Judged:
    """An exemption that was judged: what was told of it, and whose it is."""

    change: Change
    owner: str
    told: set[str]


@dataclass(slots=True)
class AccountRisks:
    """The risks of an account in a run.

    A program may declare a protected domain after it trusts one that looks alike, and the engine asks about several
    resources at once: so exemptions are judged again when a domain comes that they concern.
    """

    _context: Context = field(default_factory=Context)
    _by_domain: dict[str, list[_Judged]] = field(default_factory=dict)
    _expressions: list[_Judged] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def judge(
        self,
        setting: Setting,
        owner: str,
        *,
        changes: Sequence[Change],
        stays: Iterable[Mapping[str, Any]],
        of: int,
        today: date,
    ) -> list[tuple[str, list[str]]]:
        """The lines about a resource's changes and, in their light, about earlier ones, each with its resource's URN.

        Args:
            setting: what it has entries of.
            owner: its URN.
            changes: what becomes of each entry that changes.
            stays: entries that stay as they are.
            of: how many entries it has now.
            today: the day in UTC.

        """
        with self._lock:
            known = {*self._context.own_domains}
            for fields in stays:
                self._context.add(setting, fields)
            self._context.sizes = {setting.collection: of}
            lines = [one.line for one in risks(changes, context=self._context, today=today)]
            told = {*lines}
            for change in changes:
                self._remember(_Judged(change, owner, told))
            if len(lines) > _MAX:
                more = f"and {len(lines) - _MAX} more risks of severity high: `cf-email-security review`"
                lines = [*lines[:_MAX], more]
            return [(owner, lines), *self._again(self._context.own_domains - known, today)]

    def _remember(self, judged: _Judged) -> None:
        fields = judged.change.after
        if judged.change.setting.protects or fields is None or not isinstance(pattern := fields.get("pattern"), str):
            return
        if fields.get("is_regex"):
            self._expressions.append(judged)
            return
        labels = pattern.lower().rpartition("@")[2].split(".")
        for at in range(len(labels) - 1):
            self._by_domain.setdefault(".".join(labels[at:]), []).append(judged)

    def _again(self, domains: Iterable[str], today: date) -> Iterator[tuple[str, list[str]]]:
        concerned = {
            id(one): one for domain in domains for one in (*self._by_domain.get(domain, ()), *self._expressions)
        }
        for one in concerned.values():
            found = risks([one.change], context=self._context, today=today)
            lines = [finding.line for finding in found if finding.line not in one.told]
            one.told.update(lines)
            yield one.owner, lines
