"""What a collection finds live: the entries it recorded, and others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..client.endpoint import Entry, entry_id
from ..client.listing import Listing
from ..model.setting import Setting
from ..model.state import Entries
from ..session.journal import Journal


def refreshed(
    setting: Setting, recorded: Entries, recorded_ids: Mapping[str, str], live: Mapping[str, Entry], journal: Journal
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """A collection's entries with their live values, and their ids, by the key texts they have now.

    They are the recorded ones, and those that an interrupted run made and could not record.

    An entry that someone deleted and made anew has another id but is the same to the program. One that was renamed
    onto another's key stands beside it with its id in its key.
    """
    by_key: dict[str, str] = {}
    known = set(recorded_ids.values())
    for live_id, entry in live.items():
        if live_id not in known:
            by_key.setdefault(setting.key_text_of(entry), live_id)
    entries: dict[str, dict[str, Any]] = {}
    ids: dict[str, str] = {}
    for key, fields in recorded.items():
        live_id = recorded_ids.get(key, "")
        live_id = live_id if live_id in live else by_key.get(key, "")
        if not live_id:
            continue
        key_now = setting.key_text_of(live[live_id])
        if key_now in entries:
            key_now = f"{key_now} (id {live_id})"
        entries[key_now] = _with_live_values(setting, fields, live[live_id])
        ids[key_now] = live_id
    left = (journal.interrupted() or set()) & (by_key.keys() - entries.keys())
    noted = journal.noted() if left else {}
    for key in sorted(left):
        entry = live[by_key[key]]
        if journal.made(key, entry, noted):
            entries[key], ids[key] = declarable(setting, entry), by_key[key]
    return entries, ids


def _with_live_values(setting: Setting, recorded: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded entry as it is now; what is the same in another form, or not in the answer, stays as recorded."""
    live = setting.live(entry)
    nothing = {name: "" for name, field in setting.schema.api_fields.items() if field.nullable}
    changed = setting.changed_fields(recorded, {**nothing, **live})
    values = {}
    for name, value in recorded.items():
        field = setting.schema.setting_fields.get(name)
        if field is None or name not in changed or (name not in entry and not field.nullable):
            values[name] = value
        elif name in live:
            values[name] = live[name]
        elif field.nullable:
            values[name] = ""
    return values


def others(
    setting: Setting, listing: Listing, *, ids: Collection[str] = (), keys: Collection[str] = ()
) -> Iterator[tuple[str, Entry]]:
    """Live entries that are not managed and could be deleted, by key text.

    Managed are those with the ids, and one of each of the keys; further ones of a key are told apart by their ids.
    """
    seen: set[str] = set()
    for entry in listing.all():
        if entry_id(entry) in ids or setting.read_only(entry) or setting.keeps_on_delete(entry):
            continue
        key = setting.key_text_of(entry)
        if key in seen or key not in keys:
            yield (f"{key} (id {entry_id(entry)})" if key in seen else key), entry
        seen.add(key)


def declarable(setting: Setting, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a program could declare of a live entry."""
    live = setting.live(entry)
    return {name: live[name] for name in setting.schema.api_fields if name in live}
