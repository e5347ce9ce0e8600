"""What a collection finds live: the entries it recorded, and others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..client.pages import Entry, entry_id
from ..model.setting import Setting
from ..model.state import Entries, StoredAs
from .compare import changed_fields, declarable
from .lines import changes_text, fields_text, some
from .resource import Resource


@dataclass(slots=True)
class Found:
    """A collection's entries as they are now, by the key texts they have now.

    Attributes:
        entries: with their live values.
        ids: their ids.
        changed: the keys of those that somebody changed, with the fields.
        gone: the keys of those that somebody deleted.

    """

    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def look(resource: Resource, recorded: Entries, recorded_ids: Mapping[str, str], stored_as: StoredAs) -> Found:
    """The recorded entries as they are now, and those that an interrupted run made and could not record.

    An entry that someone deleted and recreated has another id but is the same to the program. One that was renamed
    onto another's key stands beside it with its id in its key. What the list does not show is asked for by id. An
    account that moved to the 2026 contract no longer knows the ids of the 2025 contract: its entries are known by key.
    """
    setting, listing, notes = resource.setting, resource.listing, resource.notes
    live = {entry_id(entry): entry for entry in listing.all()}
    live.update(listing.by_id.confirm_gone({*recorded_ids.values()} - live.keys(), of_old=True).alive)
    found, by_key = _match(setting, live, recorded, recorded_ids, stored_as)
    again = listing.again(found.ids[key] for key in found.changed)
    if again.gone or again.alive:
        live = {id_: entry for id_, entry in live.items() if id_ not in again.gone} | again.alive
        found, by_key = _match(setting, live, recorded, recorded_ids, stored_as)
    if notes.interrupted(resource.urn):
        for key in sorted(notes.left_over(resource.urn, by_key.keys() - found.entries.keys())):
            entry = live[by_key[key]]
            if notes.made(key, entry):
                found.entries[key], found.ids[key] = declarable(setting, entry), by_key[key]
    return found


def _match(
    setting: Setting,
    live: Mapping[str, Entry],
    recorded: Entries,
    recorded_ids: Mapping[str, str],
    stored_as: StoredAs,
) -> tuple[Found, dict[str, str]]:
    """The recorded entries among the live ones; and the ids of all others by key text."""
    known = set(recorded_ids.values())
    by_key: dict[str, str] = {}
    for live_id, entry in live.items():
        if live_id not in known:
            by_key.setdefault(setting.key_text_of(entry), live_id)
    found = Found()
    for key, fields in recorded.items():
        live_id = recorded_ids.get(key, "")
        live_id = live_id if live_id in live else by_key.get(key, "")
        if not live_id:
            found.gone.append(key)
            continue
        values = _with_live_values(setting, fields, live[live_id], stored_as.get(key, {}))
        key_now = setting.key_text_of(values)
        if key_now in found.entries:
            key_now = f"{key_now} (id {live_id})"
        found.entries[key_now] = values
        found.ids[key_now] = live_id
        if changed := changed_fields(setting, fields, values):
            found.changed[key_now] = changed
    return found, by_key


def _with_live_values(
    setting: Setting, recorded: Mapping[str, Any], entry: Mapping[str, Any], stored_as: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """A recorded entry as it is now; a text that the account only stores in another form stays as recorded."""
    live = setting.live(entry, read=True)
    values = {}
    for name, value in recorded.items():
        api_field = setting.schema.api_fields.get(name)
        if api_field is None or value == live.get(name):
            values[name] = value
        elif name in live:
            same = stored_as.get(name) == [value, live[name]] or not setting.changed_fields({name: value}, live)
            values[name] = value if same else live[name]
        elif api_field.nullable:
            values[name] = ""
    return values


def others(
    resource: Resource, *, ids: Collection[str] = (), keys: Collection[str] = (), lasting: bool = False
) -> Iterator[tuple[str, Entry]]:
    """Live entries that are unmanaged and could be deleted, by key text.

    Managed are those with the ids, and one of each of the keys; further ones of a key are told apart by their ids.
    Those that a delete would leave, such as domains, are among them only where `lasting` says so.
    """
    setting, seen = resource.setting, set[str]()
    for entry in resource.listing.all():
        if entry_id(entry) in ids or setting.read_only(entry):
            continue
        if setting.keeps_on_delete(entry) and not lasting:
            continue
        key = setting.key_text_of(entry)
        if key in seen or key not in keys:
            yield (f"{key} (id {entry_id(entry)})" if key in seen else key), entry
        seen.add(key)


def others_of_nobody(resource: Resource, **options: Any) -> list[tuple[str, Entry]]:
    """Those of `others` that no other resource of the stack holds either, also one that a run leaves out."""
    found = ((key, entry, resource.holders(entry_id(entry))) for key, entry in others(resource, **options))
    return [
        (key, entry)
        for key, entry, known in found
        if not any(one.resource != resource.urn and not one.replaced for one in known)
    ]


def report(
    resource: Resource,
    recorded: Entries,
    found: Found,
    unmanaged: Mapping[str, Mapping[str, Any]],
    *,
    prunes: bool,
) -> str | None:
    """What happened outside the program, and what the next `up` does about it; None where nothing did.

    Args:
        resource: the resource.
        recorded: the entries as they were.
        found: the entries as they are.
        unmanaged: entries that nobody declares and that were not known yet.
        prunes: whether the next `up` deletes those.

    """
    if not (found.changed or found.gone or unmanaged):
        return None
    setting, secret = resource.setting, resource.secret

    def changed(key: str) -> str:
        old = recorded.get(key, {})
        return changes_text(setting, old, found.entries[key], found.changed[key], secret=secret)

    kinds = (
        ("~", sorted(found.changed), "changed outside this program", "changes them back", changed),
        (
            "-",
            sorted(found.gone),
            "deleted outside this program",
            "creates them again",
            lambda key: fields_text(setting, recorded[key], secret=secret),
        ),
        (
            "+",
            sorted(unmanaged),
            "added outside this program" if prunes else "held by no resource of this stack",
            "deletes them" if prunes else "leaves them",
            lambda key: fields_text(setting, unmanaged[key], secret=False),
        ),
    )
    lines = []
    for sign, keys, what, then, detail in kinds:
        if keys:
            lines.append(f" {len(keys)} {what}; the next `up` {then}:")
            lines += some(sign, keys, detail)
    return "\n".join([f"{resource.name}: drift", *lines])
