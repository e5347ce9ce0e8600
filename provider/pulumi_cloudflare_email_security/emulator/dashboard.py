"""What others do to an account: people in the dashboard, directories, time. None of it goes by the API's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import Refused
from .messages import EmulatorError
from .rules import DIRECTORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .contracts import Entry
    from .writes import Writer


def seed(writer: Writer, fields: Mapping[str, Any]) -> Entry:
    """Store an entry as it may be found in an account; what is left out is filled in."""
    contract, collection = writer.contract, writer.collection
    _known(writer, fields)
    entry = {field.name: field.fill for field in collection.fields} | dict(collection.outputs) | dict(fields)
    for field in collection.fields:
        if field.required and entry[field.name] is None:
            message = f"an entry of {collection.name} needs {field.name}"
            raise EmulatorError(message)
    if "id" in fields:
        identity = _identity(writer, fields["id"])
        if writer.table.get(identity) is not None:
            message = f"{collection.name} has an entry with the id {identity} already"
            raise EmulatorError(message)
        writer.database.counters[collection.name] = contract.counter_after(
            fields["id"],
            writer.database.counters.get(collection.name, 0),
        )
    else:
        entry["id"] = contract.new_id(collection.name, writer.database.next_count(collection.name))
    entry.setdefault("created_at", writer.now)
    if entry.get("provenance") in DIRECTORIES:
        writer.table.synced.add(str(entry["id"]))
    return writer.store(entry, modified=fields.get(contract.modified))


def change(writer: Writer, identity: int | str, fields: Mapping[str, Any]) -> Entry:
    """Change fields of an entry, those the API only answers included."""
    _known(writer, fields)
    return writer.store({**_entry(writer, identity), **fields})


def remove(writer: Writer, identity: int | str) -> None:
    """Remove an entry, wherever it came from."""
    writer.table.drop(str(_entry(writer, identity)["id"]))


def _entry(writer: Writer, identity: int | str) -> Entry:
    entry = writer.table.get(str(identity))
    if entry is None:
        message = f"no entry with the id {identity} in {writer.collection.name}"
        raise EmulatorError(message)
    return entry


def _identity(writer: Writer, identity: object) -> str:
    try:
        return writer.contract.id_in_body(identity)
    except Refused as error:
        message = f"an id of the {writer.contract.name} contract {error}"
        raise EmulatorError(message) from None


def _known(writer: Writer, names: Iterable[str]) -> None:
    known = writer.collection.known(writer.contract)
    for name in names:
        if name not in known:
            message = f"{writer.collection.name} has no field {name!r}; it has {', '.join(sorted(known))}"
            raise EmulatorError(message)
