"""The entries of an account in one run, judged beside each other whichever of them comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from ..model.setting import Setting
from .assess import Change
from .context import Context
from .risk import Verdict, judge


@dataclass(frozen=True, slots=True)
class _Judged:
    """An exemption that was judged: what was told of it, and whose it is."""

    change: Change
    owner: str
    told: set[str]


@dataclass(slots=True)
class Together:
    """What is known of an account in a run.

    A program may declare a protected domain after it trusts one that looks alike, and the engine asks about several
    resources at once: so exemptions are judged again when a domain comes that they concern.
    """

    context: Context = field(default_factory=Context)
    _by_domain: dict[str, list[_Judged]] = field(default_factory=dict)
    _expressions: list[_Judged] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def judge(
        self, changes: Sequence[Change], owner: str, *, today: date, mode: str, of: int = 0
    ) -> list[tuple[str, Verdict]]:
        """What to say of changes and, in their light, of earlier ones; each with its resource's URN.

        `of` says how many entries the resource of the changes has now.
        """
        with self._lock:
            self.context.sizes = {change.setting.collection: of for change in changes[:1]}
            known = {*self.context.own_domains}
            verdict = judge(changes, context=self.context, today=today, mode=mode)
            told = {*verdict.warnings, *verdict.refusals}
            for change in changes:
                self._remember(_Judged(change, owner, told))
            return [(owner, verdict), *self._again(self.context.own_domains - known, today, mode)]

    def stays(
        self, setting: Setting, entries: Iterable[Mapping[str, Any]], *, today: date, mode: str
    ) -> list[tuple[str, Verdict]]:
        """Take entries in that stay as they are; what to say of earlier changes then."""
        with self._lock:
            known = {*self.context.own_domains}
            for fields in entries:
                self.context.add(setting, fields)
            return [*self._again(self.context.own_domains - known, today, mode)]

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

    def _again(self, domains: Iterable[str], today: date, mode: str) -> Iterator[tuple[str, Verdict]]:
        concerned = {
            id(one): one for domain in domains for one in (*self._by_domain.get(domain, ()), *self._expressions)
        }
        for one in concerned.values():
            verdict = judge([one.change], context=self.context, today=today, mode=mode)
            warnings = tuple(line for line in verdict.warnings if line not in one.told)
            refusals = tuple(line for line in verdict.refusals if line not in one.told)
            one.told.update(warnings, refusals)
            if warnings or refusals:
                yield one.owner, Verdict(warnings, refusals)
