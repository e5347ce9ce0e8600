"""How many single entries of a setting a run declares; where they are many, one collection serves better."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Final

from ..model.setting import Setting

#: Up to so many single entries of one setting nothing is said.
MANY: Final = 100


class Singles:
    """The single entries that a run declares. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: defaultdict[str, set[object]] = defaultdict(set)

    def are_many(self, setting: Setting, resource: object) -> bool:
        """Note a resource, and tell whether it is the one that makes them many: once for each setting."""
        with self._lock:
            seen = self._seen[setting.kind]
            if len(seen) > MANY or resource in seen:
                return False
            seen.add(resource)
            return len(seen) > MANY


def advice(single: str, collection: str, *, adopt: str = "") -> str:
    """What to do with many single entries.

    Args:
        single: the name of their type.
        collection: the name of the type of collections.
        adopt: what a collection must be told to take the entries, where it does not by itself.

    """
    told = f" with {adopt}" if adopt else ""
    return (
        f"more than {MANY} single {single} resources: one {collection} resource holds any number of entries and sends "
        f"a thousand with each request. To move there, declare the same entries in one{told}, in place of the single "
        "resources: they keep their ids, and nothing is written to the account"
    )
