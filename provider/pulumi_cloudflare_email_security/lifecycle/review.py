"""What a collection is about to do, as far as a preview can tell: for a reviewer, and for the brake on deletions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..client.envelope import printable
from ..client.listing import Listing
from ..model.fields import shown
from ..model.schema import has_unknown, known_fields
from ..model.setting import Setting
from ..model.state import Entries
from .changes import Changes, difference, refused_deletes, some
from .drift import declarable, others


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The changes from the entries before to the declared ones.

    Attributes:
        setting: whose entries they are.
        before: the entries that are there, by key text.
        declared: the entries that are to be there; one whose key is not known yet stands under its place.
        changes: what turns the one into the other; what is not known yet counts as changed.
        unmanaged: those of `before` that nobody declared when they were found.
        now: how many entries the collection has, or all there are where it becomes exclusive.

    """

    setting: Setting
    before: Entries
    declared: Entries
    changes: Changes
    unmanaged: Collection[str]
    now: int

    @property
    def _without_key(self) -> int:
        """How many declared entries have keys that are not known yet: they may be the very ones that seem to go."""
        new = {key: fields for key, fields in self.declared.items() if key not in self.before}
        return len(new) - len(_with_key(self.setting, new))

    def refusal(self, delete_limit: int) -> str | None:
        """Why it would delete too much, or None where it does not."""
        deleted = max(0, len(self.changes.removed) - self._without_key)
        return refused_deletes(self.now, deleted, len(self.declared), delete_limit)

    def report(self, *, has_secrets: bool) -> str:
        """For people: a heading with the totals, then a line an entry, at most 50 a kind."""
        changes = self.changes
        # Those whose live values change come first: they must not hide behind fifty that stay as they are.
        taken_over = sorted(changes.taken, key=lambda key: not changes.taken[key])
        differing = sum(map(bool, changes.taken.values()))
        maybe = "unless one of the entries not known yet turns out to be it" if self._without_key else ""

        def added(key: str) -> str:
            return " (not known yet)" if has_unknown(self.declared[key]) else ""

        def changed(key: str) -> str:
            return self._fields(key, changes.changed[key], has_secrets=has_secrets)

        def taken(key: str) -> str:
            fields = self._fields(key, changes.taken[key], has_secrets=has_secrets)
            return f"{fields} (exists, taken over)" if fields else " (exists, taken over as it is)"

        def removed(key: str) -> str:
            why = ", ".join(filter(None, ["not declared by this program" if key in self.unmanaged else "", maybe]))
            return f": {why}" if why else ""

        kinds: tuple[tuple[str, Collection[str], str, Callable[[str], str]], ...] = (
            ("+", changes.added, "to add", added),
            ("~", changes.changed, "to change", changed),
            ("~", taken_over, f"to take over, {differing} of them changed" if differing else "to take over", taken),
            ("-", changes.removed, "to delete", removed),
            ("=", changes.left, "to leave as they are", lambda _key: ": no longer declared, but stays as it is"),
        )
        totals = ", ".join(f"{sign}{len(keys)} {word}" for sign, keys, word, _ in kinds if keys)
        heading = f"{self.setting.collection}: {totals} (of {self.now} entries now, {len(self.declared)} then)"
        return "\n".join([heading, *(line for sign, keys, _, detail in kinds for line in some(sign, keys, detail))])

    def _fields(self, key: str, names: list[str], *, has_secrets: bool) -> str:
        """The fields that change, with their old and new values."""
        old, new = self.before[key], self.declared[key]
        normal_old, normal_new = map(self.setting.schema.normal, (old, new))
        show = _concealed if has_secrets else _shown
        changed = [
            f"{name} {show(normal_old.get(name))} -> "
            + ("(not known yet)" if has_unknown(new.get(name)) else show(normal_new.get(name)))
            for name in names
        ]
        return f": {', '.join(changed)}" if changed else ""


def review(
    setting: Setting,
    recorded: Entries,
    declared: Entries,
    listing: Callable[[], Listing],
    *,
    unmanaged: Collection[str],
    takes_over: bool,
    sweeps: bool,
) -> Review:
    """What turns the recorded entries into the declared ones.

    Args:
        setting: whose entries they are.
        recorded: the recorded entries.
        declared: the entries that are to be there.
        listing: the live entries; asked only where they matter.
        unmanaged: the recorded entries that nobody declared.
        takes_over: whether declared entries that exist are taken over.
        sweeps: whether all that are not declared will be deleted, which no state tells.

    """
    undeclared: Mapping[str, Mapping[str, Any]] = {}
    if sweeps:
        keys = recorded.keys() | declared.keys()
        undeclared = {key: declarable(setting, entry) for key, entry in others(setting, listing(), keys=keys)}
    new = {key: fields for key, fields in declared.items() if key not in recorded}
    takeable = {
        key: fields for key, fields in _with_key(setting, new).items() if takes_over or setting.always_adopts(fields)
    }
    existing = dict(_existing(setting, takeable, listing())) if takeable else {}
    before = {**existing, **recorded, **undeclared}
    return Review(
        setting=setting,
        before=before,
        declared=declared,
        changes=difference(setting, before, declared, taken={*existing, *unmanaged}),
        unmanaged={*unmanaged, *undeclared},
        now=len(before) if sweeps else len(recorded),
    )


def _existing(setting: Setting, declared: Entries, listing: Listing) -> Iterator[tuple[str, dict[str, Any]]]:
    """The live entries with the keys of declared ones; of several the first."""
    for text, fields in declared.items():
        key = setting.key_in(fields)
        if found := listing.find(key, setting.filters_for(fields)):
            yield text, declarable(setting, found[0])


def _with_key(setting: Setting, declared: Entries) -> Entries:
    """The declared entries whose keys are known."""
    return {
        key: fields
        for key, fields in declared.items()
        if isinstance(fields, Mapping) and known_fields(fields, setting.key)
    }


def _shown(value: object) -> str:
    return "(none)" if value is None or value == "" else printable(shown(value), 80)


def _concealed(_value: object) -> str:
    return "[secret]"
