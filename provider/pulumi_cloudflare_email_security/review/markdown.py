"""A report as Markdown for a pull request: the worst first, never longer than a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from ..client.envelope import printable
from ..model.schema import has_unknown
from ..model.state import EXPIRES
from ..model.text import counted
from .case import Hidden
from .findings import Change, Finding, Severity, counts_of
from .plan import Plan
from .report import Report, sign

#: A comment on GitHub holds 65,536 characters.
LIMIT: Final = 60_000
_SHORT: Final = 160
#: So many lines of a message are shown.
_MOST_LINES: Final = 12
#: What is kept free for the line that counts what was cut.
_RESERVE: Final = 400
_MEANS_SOMETHING: Final = re.compile(r"[^\w .,:/=+()%'\"-]|(?<![^\W_])_|_(?![^\W_])|(?<=www)\.|:(?=/)")
#: Advice that more entries of a resource get is told once.
_FEW: Final = 3
_MARKS: Final = {Severity.HIGH: "🔴 high", Severity.MEDIUM: "🟠 medium", Severity.LOW: "🔵 low"}


def code(value: object, limit: int = _SHORT) -> str:
    """An untrusted value as code: nothing in it is Markdown, HTML, a link or a mention."""
    return f"<code>{_escaped(printable(value, limit)) or ' '}</code>"


def plain(value: object, limit: int = 400) -> str:
    """An untrusted value as text of the line; the blanks of no width keep GitHub from calling people and issues."""
    return re.sub("&#(?:64|35);", r"\g<0>&#8203;", _escaped(printable(value, limit)))


def _escaped(text: str) -> str:
    return _MEANS_SOMETHING.sub(lambda found: f"&#{ord(found[0])};", text)


@dataclass(slots=True)
class Section:
    """A part of the page: what stands before its lines, the lines, and what stands after them."""

    head: str
    lines: list[str] = field(default_factory=list)
    foot: str = ""

    @property
    def frame(self) -> int:
        """The characters of it without its lines."""
        return len(self.head) + len(self.foot) + 4

    @property
    def size(self) -> int:
        """The characters of all of it."""
        return self.frame + sum(len(line) + 1 for line in self.lines)

    def text(self, lines: Sequence[str]) -> str:
        """It with some of its lines."""
        return "\n".join(filter(None, [self.head, *lines, self.foot]))


def to_markdown(report: Report, *, threshold: Severity | None, limit: int | None = LIMIT) -> str:
    """The page; at most `limit` characters, and then a last line that counts what was cut. None cuts nothing."""
    report = report.for_people()
    sections = [
        Section(_headline(report, threshold)),
        *_weakening(report.findings, "What weakens protection"),
        *_messages(report),
        *_deletions(report),
        *_folded(report),
        *_reasons(report.findings),
    ]
    return _fitted(sections, limit)


def audit_markdown(findings: Sequence[Finding], *, entries: int, day: date) -> str:
    """An audit as Markdown, cut as a review is."""
    head = f"## Email Security audit: {counts_text(counts_of(findings))}\n\n{entries:,} entries in force on {day}."
    return _fitted([Section(head), *_weakening(findings, "What is risky"), *_reasons(findings)], LIMIT)


def _fitted(sections: Sequence[Section], limit: int | None) -> str:
    """The sections as one page; each leaves a third of what is free to those that follow, as far as they need it."""
    if limit is None:
        return "\n\n".join(section.text(section.lines) for section in sections) + "\n"
    page: list[str] = []
    left, cut = limit - _RESERVE, 0
    needs = [section.size for section in sections]
    for at, section in enumerate(sections):
        room = left - min(sum(needs[at + 1 :]), left // 3)
        lines: list[str] = []
        used = section.frame
        for line in section.lines if used <= room else ():
            used += len(line) + 1
            if used > room:
                break
            lines.append(line)
        cut += len(section.lines) - len(lines)
        if lines or (not section.lines and section.frame <= room):
            page.append(section.text(lines))
            left -= len(page[-1]) + 2
    if cut:
        page.append(f"*{cut:,} more lines are cut here; `--full FILE` or `--format json` has all of them.*")
    return "\n\n".join(page) + "\n"


def _headline(report: Report, threshold: Severity | None) -> str:
    counts = report.counts
    worst = next((severity for severity, count in counts.items() if count), None)
    if report.failed:
        verdict = "⛔ the preview failed"
    elif report.reaches(threshold):
        verdict = f"🔴 {counts_text(counts)}"
    elif worst is not None:
        verdict = f"🟠 {counts_text(counts)}" if worst >= Severity.MEDIUM else f"🔵 {counts_text(counts)}"
    else:
        verdict = "✅ nothing weakens protection"
    tally = report.tally()
    words = {"+": "to add", "~": "to change", "-": "to delete", "→": "to move", "=": "to leave in the account"}
    entries = ", ".join(f"{count:,} {words[one]}" for one, count in tally.items() if count) or "no entry changes"
    if adopted := sum(change.adopted for change in report.changes):
        entries += f" ({adopted:,} of them {'is' if adopted == 1 else 'are'} adopted: in the account already)"
    stacks = ", ".join(code(plan.stack or "a stack without resources") for plan in report.plans)
    lines = [f"## Email Security: {verdict}", "", f"{stacks}: {entries}."]
    if report.failed:
        lines.append("The preview failed, so this report may lack something: see its messages below.")
    accepted = sum(not one.counts for one in report.findings)
    if accepted:
        lines.append(f"{accepted} accepted {'risk does' if accepted == 1 else 'risks do'} not count.")
    others = sum(plan.others for plan in report.plans)
    if others:
        lines.append(f"{others:,} changes of other resources are not looked at here.")
    return "\n".join(lines)


def counts_text(counts: Any) -> str:
    """`2 high, 1 medium`."""
    return ", ".join(f"{count:,} {severity}" for severity, count in counts.items() if count) or "nothing found"


def _weakening(findings: Sequence[Finding], title: str) -> Iterator[Section]:
    counting = [one for one in findings if one.counts]
    accepted = [one for one in findings if not one.counts]
    if counting:
        table = f"### {title}\n\n| | Rule | Entry | What | Where |\n|---|---|---|---|---|"
        yield Section(table, [*_rows(counting)])
    if accepted:
        yield Section(
            "### Accepted risks\n\n| | Rule | Entry | Accepted because | Where |\n|---|---|---|---|---|",
            [_row(one, one.accepted) for one in accepted],
        )


def _rows(findings: Sequence[Finding]) -> Iterator[str]:
    """A row a finding; advice that a resource gets again and again is one row."""
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.severity, one.rule.id, one.resource), []).append(one)
    for (severity, rule, resource), group in groups.items():
        if severity is Severity.LOW and len(group) > _FEW:
            entries = f"{len(group):,} entries of {plain(group[0].setting.collection)}"
            yield f"| {_MARKS[severity]} | {rule} | {entries} | {plain(group[0].rule.title)} | {plain(resource, 120)} |"
        else:
            yield from map(_row, group)


def _row(finding: Finding, what: str | None = None) -> str:
    entry = f"{finding.title} {code(finding.name, 120)}".strip()
    place = f"{'was ' if finding.about.gone else ''}{code(finding.place, 200)}" if finding.place else ""
    where = " ".join(filter(None, [place, plain(finding.resource, 120)]))
    message = plain(finding.message if what is None else what)
    return f"| {_MARKS[finding.severity]} | {finding.rule.id} | {entry} | {message} | {where} |"


def _messages(report: Report) -> Iterator[Section]:
    for severity, title in (("error", "### What the preview refuses"), ("warning", "### What the preview warns of")):
        lines = [
            f"- {': '.join(filter(None, [_stack(report, plan), plain(message.label, 120), _lines(message.text)]))}"
            for plan in report.plans
            for message in plan.messages
            if message.severity == severity
        ]
        if lines:
            yield Section(f"{title}\n", lines)


def _stack(report: Report, plan: Plan) -> str:
    """Which stack a message is of, where there are several."""
    return code(plan.stack) if plan.stack and len(report.plans) > 1 else ""


def _lines(text: str) -> str:
    """A message within an item of a list, line by line."""
    lines = [line for line in text.splitlines() if line.strip()]
    more = [f"and {len(lines) - _MOST_LINES:,} more lines"] if len(lines) > _MOST_LINES else []
    return "<br>".join([*(plain(line, 1200) for line in lines[:_MOST_LINES]), *more])


def _deletions(report: Report) -> Iterator[Section]:
    gone = [change for change in report.changes if change.after is None]
    kept = [one for plan in report.plans for resource in plan.resources for one in resource.kept]
    lines = [f"- {plain(change.resource, 120)}: {_entry(change)}" for change in gone]
    lines += [
        f"- {plain(one.resource, 120)}: {_name(one)} leaves the program and stays in the account as it is"
        for one in kept
    ]
    if lines:
        yield Section(f"### Deletions\n\n{counted(len(gone), 'entry is', 'entries are')} deleted.\n", lines)


def _folded(report: Report) -> Iterator[Section]:
    """Additions and changes, folded by resource."""
    groups: dict[str, list[Change]] = {}
    for change in report.changes:
        if change.after is not None:
            groups.setdefault(change.resource, []).append(change)
    for at, (resource, changes) in enumerate(groups.items()):
        title = "" if at else "### Additions and changes\n\n"
        signs = [sign(change) for change in changes]
        counts = " ".join(f"{one}{signs.count(one):,}" for one in "+~→" if one in signs)
        head = f"{title}<details><summary>{plain(resource, 240)}: {counts}</summary>\n"
        yield Section(head, [f"- **{sign(change)}** {_entry(change)}" for change in changes], "\n</details>")


def _name(change: Change) -> str:
    return code("[secret]" if change.secret else change.label)


def _entry(change: Change) -> str:
    if change.secret:
        return _name(change)
    details = "; ".join(_details(change))
    if change.adopted:
        details = f"{details} (adopted)" if details else "adopted as it is"
    return f"{_name(change)}{': ' if details else ''}{details}"


def _details(change: Change) -> Iterator[str]:
    """What an entry does: every field that is not its default, or every field that changes with both values."""
    fields = change.setting.schema.setting_fields
    for name in (*fields, EXPIRES):
        declared = fields.get(name)
        default = None if declared is None else "" if declared.nullable else declared.default
        old, new = (change.before or {}).get(name, default), (change.after or {}).get(name, default)
        if change.before is not None and change.after is not None:
            if old != new and (name in change.after or declared is None):
                yield f"{plain(name)} {_value(old)} → {_value(new)}"
        elif name not in change.setting.key:
            value = new if change.after is not None else old
            if value not in (default, None, ""):
                yield f"{plain(name)} {_value(value)}"


def _value(value: Any) -> str:
    if has_unknown(value):
        return "[secret]" if isinstance(value, Hidden) else "(not known yet)"
    if value is None or value == "":
        return "(none)"
    if isinstance(value, list):
        return code(", ".join(map(str, value)) or "none", 300)
    return code(value)


def _reasons(findings: Iterable[Finding]) -> Iterator[Section]:
    rules = {one.rule.id: one.rule for one in findings}
    if rules:
        lines = [f"- **{rule.id}**: {rule.reason} [Source]({rule.source})" for _, rule in sorted(rules.items())]
        yield Section("<details><summary>Why these rules</summary>\n", lines, "\n</details>")
