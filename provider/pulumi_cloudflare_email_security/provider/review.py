"""What a collection is about to do, as far as a preview can tell: for a reviewer, and for the brake on deletions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..client.endpoint import Entry
from ..client.listing import Listing
from .changes import Changes, Entries, difference, refused_deletes, report
from .drift import declarable, others
from .schema import has_unknown
from .setting import Setting


@dataclass(frozen=True, slots=True)
class Review:
    """The changes from the entries before to the declared ones.

    Attributes:
        setting: whose entries they are.
        before: the entries that are there, by key text.
        declared: the entries that are to be there.
        unmanaged: those of `before` that nobody declared.
        changes: what turns the one into the other, as far as it is known.
        unknown: the keys of declared entries that have values which are not known yet.

    """

    setting: Setting
    before: Entries
    declared: Entries
    unmanaged: frozenset[str]
    changes: Changes
    unknown: frozenset[str]

    def report(self, *, has_secrets: bool) -> str:
        """For people."""
        return report(
            self.setting,
            self.changes,
            self.before,
            self.declared,
            unmanaged=self.unmanaged,
            has_secrets=has_secrets,
        )

    def refusal(self, delete_limit: int) -> str | None:
        """Why it would delete too much, or None where it does not."""
        # Entries whose keys are not known yet may be the very ones that seem to be missing.
        deleted = max(0, len(self.changes.removed) - len(self.unknown))
        return refused_deletes(len(self.before), deleted, len(self.declared), delete_limit)


def review(setting: Setting, before: Entries, declared: Entries, *, sweeps: Listing | None) -> Review:
    """What turns the recorded entries into the declared ones.

    Args:
        setting: whose entries they are.
        before: the recorded entries.
        declared: the entries that are to be there.
        sweeps: the live entries where all that are not declared will be deleted, which no state tells.

    """
    unmanaged: frozenset[str] = frozenset()
    if sweeps is not None:
        undeclared = {
            key: declarable(setting, entry)
            for key, entry in others(setting, sweeps, keys=before.keys() | declared.keys())
        }
        unmanaged = frozenset(undeclared)
        taken = {key: declarable(setting, entry) for key, entry in _existing(setting, sweeps, declared.keys())}
        before = {**taken, **before, **undeclared}
    unknown = frozenset(key for key, fields in declared.items() if has_unknown(fields))
    known = {key: fields for key, fields in declared.items() if key not in unknown}
    comparable = {key: fields for key, fields in before.items() if key not in unknown}
    return Review(setting, before, declared, unmanaged, difference(setting, comparable, known), unknown)


def _existing(setting: Setting, listing: Listing, keys: Collection[str]) -> Iterator[tuple[str, Entry]]:
    """The live entries with these keys; of several the first."""
    seen: set[str] = set()
    for entry in listing.all():
        key = setting.key_text_of(entry)
        if key in keys and key not in seen:
            seen.add(key)
            yield key, entry
