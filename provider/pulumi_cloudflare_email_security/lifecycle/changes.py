"""What an update of a collection changes, and when that is too much."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ..client.envelope import printable
from ..model.setting import Setting
from ..model.state import ENTRIES, Entries

MAX_LINES: Final = 50
#: So many entries may always be deleted, whatever their share.
FREE_DELETES: Final = 10


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two sets of entries, by key text; every list is sorted."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    #: Exist, and become the collection's own; with the fields that change, if any do.
    taken: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    #: No longer declared, but left as they are (see `Setting.keeps_on_delete`).
    left: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.taken or self.removed or self.left)

    def by_path(self) -> dict[str, str]:
        """What becomes of each entry's property: "add", "update" or "delete" by path."""
        kinds = (
            (self.removed, "delete"),
            (self.changed, "update"),
            (self.taken, "add"),
            (self.added, "add"),
            (self.left, "delete"),
        )
        return {_path(key): kind for keys, kind in kinds for key in keys}


def difference(setting: Setting, before: Entries, declared: Entries, *, taken: Collection[str] = ()) -> Changes:
    """What turns the entries before into the declared ones.

    Args:
        setting: whose entries they are.
        before: the entries that are there.
        declared: the entries that are to be there; what is not known yet differs from everything.
        taken: those of `before` that are not the collection's own yet.

    """
    changed = {}
    for key in sorted(declared.keys() & before.keys()):
        names = setting.changed_fields(declared[key], before[key])
        names += [
            name
            for name, program_field in setting.schema.program_fields.items()
            if declared[key].get(name, program_field.default) != before[key].get(name, program_field.default)
        ]
        if names or key in taken:
            changed[key] = names
    gone = sorted(before.keys() - declared.keys())
    left = [key for key in gone if setting.keeps_on_delete(before[key]) is not None]
    return Changes(
        added=sorted(declared.keys() - before.keys()),
        changed={key: names for key, names in changed.items() if key not in taken},
        taken={key: names for key, names in changed.items() if key in taken},
        removed=sorted({*gone} - {*left}),
        left=left,
    )


def _path(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{ENTRIES}["{escaped}"]'


def some(sign: str, keys: Collection[str], detail: Callable[[str], str]) -> list[str]:
    """A line an entry, at most 50, and then how many more there are; `detail` is what stands after the key."""
    lines = [f"  {sign} {printable(key, 200)}{detail(key)}" for key in islice(keys, MAX_LINES)]
    if len(keys) > MAX_LINES:
        lines.append(f"  {sign} and {len(keys) - MAX_LINES} more, {len(keys)} in all")
    return lines


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
