"""The plan of a collection's update: what is desired, what is there, and what turns the one into the other.

One object serves the reviewer (`report`), the brake on deletions (`refusal`) and whoever asks whether anything changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from ..model.names import resource_of
from ..model.schema import known_fields
from ..model.setting import Setting
from ..model.state import DELETE_LIMIT, ENTRIES, EXPIRES, Entries
from ..model.text import field_name
from ..session.ownership import Right
from .compare import changed_fields
from .lines import MAX_LINES, changes_text, fields_text, some

#: So many entries may always be deleted, whatever their share.
FREE_DELETES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A live entry that a new one of the plan meets.

    Attributes:
        id: its id.
        fields: what a program could declare of it.
        right: why it may be taken; None where it may not.
        problem: why it may not, where the program's word would not help.

    """

    id: str
    fields: Mapping[str, Any]
    right: Right | None
    problem: str = ""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What turns the recorded entries into the desired ones. Entries are by key text.

    Attributes:
        setting: whose entries they are.
        before: the entries that the collection has; in a collection that becomes exclusive, all there are.
        desired: the entries that are to be there; one whose key is not known yet stands under its place.
        existing: live entries that desired ones meet and that are not the collection's own yet.
        leaving: entries of `before` that another resource declares now, with that resource.
        abandoned: the keys of entries that were let go in an earlier run, for a resource that no longer declares them.
        unmanaged: those of `before` that nobody declared when they were found.
        prunes: whether all that is not desired is deleted, so that `before` is all there is (but for `existing`).

    """

    setting: Setting
    before: Entries
    desired: Entries
    existing: Mapping[str, Existing] = field(default_factory=dict)
    leaving: Mapping[str, str] = field(default_factory=dict)
    abandoned: Collection[str] = ()
    unmanaged: Collection[str] = ()
    prunes: bool = False

    # What happens -----------------------------------------------------------------------------------------

    added: list[str] = field(init=False, default_factory=list)
    changed: dict[str, list[str]] = field(init=False, default_factory=dict)
    #: Exist, and become the collection's own; with the fields that change, if any do.
    taken: dict[str, list[str]] = field(init=False, default_factory=dict)
    #: Exist, and may not be taken.
    refused: list[str] = field(init=False, default_factory=list)
    removed: list[str] = field(init=False, default_factory=list)
    #: No longer declared, but left as they are (see `Setting.keeps_on_delete`).
    left: list[str] = field(init=False, default_factory=list)
    #: How many desired entries have keys that are not known yet: they may be the very ones that seem to go.
    without_key: int = field(init=False)

    def __post_init__(self) -> None:
        for key in sorted(self.desired):
            fields, before, existing = self.desired[key], self.before.get(key), self.existing.get(key)
            if before is not None and key in self.unmanaged:
                self.taken[key] = changed_fields(self.setting, fields, before)
            elif before is not None:
                if before is not fields and (changed := self._changed(fields, before)):
                    self.changed[key] = changed
            elif existing is None:
                self.added.append(key)
            elif existing.right is None:
                self.refused.append(key)
            else:
                self.taken[key] = changed_fields(self.setting, fields, existing.fields)
        for key in sorted(self.before.keys() - self.desired.keys() - self.leaving.keys()):
            stays = self.setting.keeps_on_delete(self.before[key]) is not None
            (self.left if stays else self.removed).append(key)
        added = {key: self.desired[key] for key in self.added}
        self.without_key = len(added) - len(with_key(self.setting, added))

    def _changed(self, fields: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
        """The fields of an entry that change; of one that is recorded as it was declared not all values are known."""
        if fields == before:
            return []
        ends = [] if fields.get(EXPIRES) == before.get(EXPIRES) else [EXPIRES]
        return changed_fields(self.setting, fields, before, whole=False) + ends

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(
            self.added
            or self.changed
            or self.taken
            or self.refused
            or self.removed
            or self.left
            or self.leaving
            or self.abandoned
        )

    @property
    def now(self) -> int:
        """How many entries the collection has, or all there are where it prunes."""
        return len(self.before) + (len(self.existing) if self.prunes else 0)

    # The brake --------------------------------------------------------------------------------------------

    def refusal(self, limit: int, *, ended: Collection[str] = ()) -> str | None:
        """Why the plan would delete too much, or None where it does not. Entries that move do not count.

        Args:
            limit: the share that may be deleted, in percent; 100 allows everything.
            ended: the keys of entries that end on the day with which they were applied; they do not count either.

        """
        removed = [key for key in self.removed if key not in ended]
        deleted = max(0, len(removed) - self.without_key)
        if deleted == 0 or limit >= 100:
            return None
        before, after = self.now - (len(self.removed) - len(removed)), len(self.desired)
        share = 100 * deleted / before
        too_many = deleted > FREE_DELETES and share > limit
        if not too_many and after > 0:
            return None
        what = f"would delete {deleted} of {before} entries ({math.floor(share)} %)" + (
            ", leaving none" if after == 0 else ""
        )
        return (
            f"{what}; the limit is {limit} % or {FREE_DELETES} entries, and never all of them. If this is meant, set "
            "CLOUDFLARE_EMAIL_SECURITY_DELETE_LIMIT=100 for one run; it takes precedence over config "
            f"cloudflare-email-security:deleteLimit, and that over {field_name(DELETE_LIMIT)}"
        )

    # For people -------------------------------------------------------------------------------------------

    def report(self, urn: str, *, has_secrets: bool, where: str = "") -> str:
        """A block: a heading with the resource and the totals, then a line an entry, at most 50 a kind."""
        arriving = [key for key in self.taken if self._right(key).is_move]
        # Those whose live values change come first: they must not hide behind fifty that stay as they are.
        adopted = sorted(self.taken.keys() - {*arriving}, key=lambda key: (not self.taken[key], key))
        differing = sum(bool(self.taken[key]) for key in adopted)
        maybe = "unless one of the entries not known yet turns out to be it" if self.without_key else ""
        setting = self.setting

        def added(key: str) -> str:
            fields = self.desired[key]
            if not isinstance(fields, Mapping) or not known_fields(fields, setting.key):
                return " (not known yet)"
            return fields_text(setting, fields, secret=has_secrets)

        def changed(key: str) -> str:
            return self._changes(key, self.before[key], self.changed[key], has_secrets=has_secrets)

        def taken(key: str) -> str:
            live = self.existing[key].fields if key in self.existing else self.before[key]
            fields = self._changes(key, live, self.taken[key], has_secrets=has_secrets)
            right = self._right(key)
            how = right.why if right.is_move else f"exists, {right.why}"
            return f"{fields} ({how})" if fields else f" ({how} as it is)"

        def removed(key: str) -> str:
            why = ", ".join(filter(None, ["not declared by this program" if key in self.unmanaged else "", maybe]))
            return fields_text(setting, self.before[key], secret=has_secrets) + (f" ({why})" if why else "")

        kinds: tuple[tuple[str, Collection[str], str, Callable[[str], str]], ...] = (
            ("+", self.added, "to add", added),
            ("~", self.changed, "to change", changed),
            ("~", adopted, f"to adopt, {differing} of them changed" if differing else "to adopt", taken),
            ("→", sorted(arriving), "moved here", taken),
            ("→", sorted(self.leaving), "moved away", lambda key: f" (to {resource_of(self.leaving[key])})"),
            ("-", self.removed, "to delete", removed),
            ("-", sorted(self.abandoned), "to delete, moved away earlier", lambda _: " (declared by no resource now)"),
            ("=", self.left, "to leave as they are", lambda _key: " (no longer declared, but stays as it is)"),
        )
        totals = ", ".join(f"{sign}{len(keys)} {word}" for sign, keys, word, _ in kinds if keys)
        totals = totals or (f"{len(self.refused)} of them exist already" if self.refused else "nothing to do")
        name = resource_of(urn) if urn else setting.collection
        heading = f"{name}{where}: {totals} ({self.now} of its entries now, {len(self.desired)} then)"
        labels = {key: self.label(key) for _, keys, _, _ in kinds for key in islice(keys, MAX_LINES)}
        return "\n".join(
            [heading, *(line for sign, keys, _, detail in kinds for line in some(sign, keys, detail, labels))]
        )

    def label(self, key: str) -> str:
        """A key as the program, or else the account, writes it."""
        for entries in (self.desired, self.before):
            fields = entries.get(key)
            if isinstance(fields, Mapping) and known_fields(fields, self.setting.key):
                return self.setting.label(fields)
        return key

    def _right(self, key: str) -> Right:
        """Why an entry is taken: what nobody declared, and a collection that is exclusive has, is adopted."""
        return (self.existing[key].right if key in self.existing else None) or Right("adopted")

    def _changes(self, key: str, old: Mapping[str, Any], changed: Iterable[str], *, has_secrets: bool) -> str:
        return changes_text(self.setting, old, self.desired[key], changed, secret=has_secrets)

    def by_path(self) -> dict[str, str]:
        """What becomes of each entry's property: "add", "update" or "delete" by path."""
        kinds = (
            ((*self.removed, *self.left, *self.leaving), "delete"),
            (self.changed, "update"),
            ((*self.added, *self.taken), "add"),
        )
        return {_path(key): kind for keys, kind in kinds for key in keys}


def _path(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{ENTRIES}["{escaped}"]'


def with_key(setting: Setting, desired: Entries) -> Entries:
    """The desired entries whose keys are known."""
    return {
        key: fields
        for key, fields in desired.items()
        if isinstance(fields, Mapping) and known_fields(fields, setting.key)
    }
