"""What an update of a collection changes, and how that is shown to a reviewer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..client.envelope import printable
from .fields import shown
from .setting import Setting

Entries = Mapping[str, Mapping[str, Any]]

MAX_LINES: Final = 50
#: So many entries may always be deleted, whatever their share.
FREE_DELETES: Final = 10


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two sets of entries, by key text; every list is sorted."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    #: No longer declared, but left as they are (see `Setting.keeps_on_delete`).
    left: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.left)


def difference(setting: Setting, recorded: Entries, declared: Entries) -> Changes:
    """What turns the recorded entries into the declared ones."""
    changed = {}
    for key in sorted(declared.keys() & recorded.keys()):
        names = setting.changed_fields(declared[key], recorded[key])
        names += [
            name
            for name, program_field in setting.schema.program_fields.items()
            if declared[key].get(name, program_field.default) != recorded[key].get(name, program_field.default)
        ]
        if names:
            changed[key] = names
    gone = sorted(recorded.keys() - declared.keys())
    left = [key for key in gone if setting.keeps_on_delete(recorded[key]) is not None]
    return Changes(sorted(declared.keys() - recorded.keys()), changed, sorted({*gone} - {*left}), left)


def report(
    setting: Setting,
    changes: Changes,
    recorded: Entries,
    declared: Entries,
    *,
    unmanaged: Iterable[str] = (),
    has_secrets: bool = False,
) -> str:
    """The changes for people: a heading with the totals, then a line an entry, at most 50 a kind."""
    unmanaged = set(unmanaged)
    show = _concealed if has_secrets else _shown
    totals = [
        f"{sign}{len(keys)} {word}"
        for sign, keys, word in (
            ("+", changes.added, "to add"),
            ("~", changes.changed, "to change"),
            ("-", changes.removed, "to delete"),
            ("=", changes.left, "to leave as they are"),
        )
        if keys
    ]
    lines = [f"{setting.collection}: {', '.join(totals)} (of {len(recorded)} entries now, {len(declared)} then)"]
    lines += _some("+", changes.added, lambda _key: "")
    normal = setting.schema.normal
    lines += _some(
        "~",
        changes.changed,
        lambda key: _fields(changes.changed[key], normal(recorded[key]), normal(declared[key]), show),
    )
    lines += _some("-", changes.removed, lambda key: "not declared by this program" if key in unmanaged else "")
    lines += _some("=", changes.left, lambda _key: "no longer declared, but stays as it is")
    return "\n".join(lines)


def _some(sign: str, keys: Iterable[str], detail: Any) -> list[str]:
    ordered = list(keys)
    lines = [
        f"  {sign} {printable(key, 200)}" + (f": {text}" if (text := detail(key)) else "")
        for key in ordered[:MAX_LINES]
    ]
    if len(ordered) > MAX_LINES:
        lines.append(f"  {sign} and {len(ordered) - MAX_LINES} more, {len(ordered)} in all")
    return lines


def _fields(names: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any], show: Callable[[object], str]) -> str:
    return ", ".join(f"{name} {show(old.get(name))} -> {show(new.get(name))}" for name in names)


def _shown(value: object) -> str:
    return "(none)" if value is None or value == "" else printable(shown(value), 80)


def _concealed(_value: object) -> str:
    return "[secret]"


def refused_deletes(before: int, deleted: int, after: int, limit: int) -> str | None:
    """Why so many deletions are refused, or None where they are not.

    Args:
        before: entries there are now.
        deleted: entries that would be deleted.
        after: entries there would be.
        limit: the share that may be deleted, in percent; 100 allows everything.

    """
    if deleted == 0 or limit >= 100:
        return None
    share = 100 * deleted / before
    too_many = deleted > FREE_DELETES and share > limit
    if not too_many and after > 0:
        return None
    what = f"would delete {deleted} of {before} entries ({math.floor(share)} %)" + (
        ", leaving none" if after == 0 else ""
    )
    return (
        f"{what}; the limit is {limit} % or {FREE_DELETES} entries, and never all of them. If this is meant, set "
        "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100 for one run; it goes before config "
        "cloudflare-email-security:deleteLimit, and that before delete_limit"
    )
