"""The names in resources' inputs and outputs that are no field of a setting, and how a collection's entries are held.

Entries are held as one JSON text, a long one compressed.

The engine's time and memory go with the number of values in inputs and outputs, and with their length: it passes each
on, prints it to its log and stores it several times in a deployment. A secret in a text makes the whole text secret;
our previews show it entry by entry. Entries with values that are not known yet are held as a map, so that the engine
knows what is still to come.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from .names import snake, snaked
from .schema import has_unknown

#: Entries by the text of their natural key.
Entries: TypeAlias = Mapping[str, Mapping[str, Any]]
#: How an account stores texts that it changes, by key text and field: [sent, stored].
StoredAs: TypeAlias = Mapping[str, Mapping[str, list[Any]]]

#: Of every resource.
PROVIDER_KEY: Final = "__provider"
ACCOUNT_ID: Final = "account_id"
ADOPT: Final = "adopt"
#: The resource: its URN.
DECLARED_BY: Final = "declared_by"
#: Where it, or each of its entries, is written (see `places`).
DECLARED_AT: Final = "declared_at"
#: What moves to and from it, for `check` only (see `session.ownership`).
MOVES: Final = "moves"
#: Texts that the account stores in another form than they were sent in: [sent, stored] by field; in a collection a
#: JSON text of those by key.
STORED_AS: Final = "stored_as"
#: Of a single entry: the fields that the program declares.
MANAGED_FIELDS: Final = "managed_fields"
#: Of a collection.
ENTRIES: Final = "entries"
IDS: Final = "ids"
#: The ids of entries that were let go for another resource, until that one has them, by key text.
LET_GO: Final = "let_go"
MODE: Final = "mode"
DELETE_LIMIT: Final = "delete_limit"
DEFAULTS: Final = "defaults"
#: The last day of an entry, in a collection's entries.
EXPIRES: Final = "expires"
#: The risks that are accepted for an entry.
ACCEPT_RISK: Final = "accept_risk"
#: The entries that a refresh in exclusive mode found and nobody declared, by key text.
UNMANAGED: Final = "unmanaged"
#: Whether the program says of a value among the entries that it is secret; then values (not keys) are not printed.
HAS_SECRETS: Final = "has_secrets"

#: How the engine carries what JSON has no form for: a map that says under this key what it is, and an unknown value.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_MARK: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (no secret)
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

ADDITIVE: Final = "additive"
EXCLUSIVE: Final = "exclusive"
REPORT: Final = "report"
MODES: Final = (ADDITIVE, EXCLUSIVE, REPORT)


#: A longer text is compressed: what fits into it is still read by people.
_LONG: Final = 2**17
#: What a compressed text begins with: a data URL (RFC 2397) of a zlib stream (RFC 6713).
_PACKED: Final = "data:application/zlib;base64,"
#: The quickest; better ones take several times as long for a tenth less.
_LEVEL: Final = 1


def as_text(value: object) -> str:
    """Plain values as one value for the engine.

    Raises:
        TypeError, ValueError: JSON has no form for them.

    """
    text = json.dumps(value, separators=(",", ":"))
    if len(text) <= _LONG:
        return text
    return _PACKED + base64.b64encode(zlib.compress(text.encode(), _LEVEL)).decode("ascii")


def from_text(value: Any) -> Any:
    """The list or map that a text holds; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        text = zlib.decompress(base64.b64decode(value[len(_PACKED) :])) if value.startswith(_PACKED) else value
        held = json.loads(text)
    except (ValueError, RecursionError, zlib.error):
        return value
    return held if isinstance(held, list | dict) else value


def own_names(props: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded under this package's names: the plugin records camelCase, and each entry as a text."""
    named = snaked(props)
    if isinstance(managed := named.get(MANAGED_FIELDS), list):
        named[MANAGED_FIELDS] = [snake(name) for name in managed]
    if isinstance(entries := named.get(ENTRIES), Mapping):
        named[ENTRIES] = {key: _own_entry(entry) for key, entry in sorted(entries.items())}
    return named


def _own_entry(entry: Any) -> Any:
    entry = from_text(entry)
    return snaked(entry) if isinstance(entry, Mapping) else entry


def to_record(entries: Entries) -> str | dict[str, Any]:
    """Entries by key text as inputs and outputs hold them."""
    ordered = dict(sorted(entries.items()))
    try:
        return as_text(ordered)
    except TypeError:
        # What is not known yet has no form as text.
        return ordered


def recorded_entries(props: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of inputs or outputs; those that are not known yet are left out."""
    record = props.get(ENTRIES)
    entries = from_text(record)
    if not isinstance(entries, Mapping):
        return {}
    if isinstance(record, str):
        return dict(entries)
    return {
        key: dict(fields) for key, fields in entries.items() if isinstance(fields, Mapping) and not has_unknown(fields)
    }


def recorded_ids(props: Mapping[str, Any]) -> dict[str, str]:
    """The ids of outputs, by key text."""
    return recorded_map(props, IDS)


def recorded_map(props: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A map that outputs hold as a JSON text; empty where there is none."""
    found = from_text(props.get(name))
    return dict(found) if isinstance(found, Mapping) else {}
