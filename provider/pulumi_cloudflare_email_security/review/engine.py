"""What the engine writes about resources, in previews and states alike: types, entries, the program's lines.

The entries of a resource are read whichever way they came in, and what of them is hidden is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi.output import Unknown

from ..client.errors import EmailSecurityError
from ..model import places
from ..model.names import snake, snaked
from ..model.schema import has_unknown
from ..model.setting import Setting
from ..model.state import (
    ACCEPT_RISK,
    ACCOUNT_ID,
    DECLARED_AT,
    ENTRIES,
    EXCLUSIVE,
    EXPIRES,
    HAS_SECRETS,
    MODE,
    SIGNATURE,
    UNKNOWN_TEXT,
    from_text,
)
from .case import Hidden

_TYPE: Final = re.compile(r"(?:pulumi-python:dynamic/cloudflare-email-security|cloudflare-email-security:\w+):(\w+)")
#: Frames that are not the program's: this package's, libraries', and those above the project's folder.
_NOT_THE_PROGRAM: Final = ("/pulumi_cloudflare_email_security/", "/site-packages/", "/node_modules/", "/../")
#: How the engine writes values that it must not show, or that it does not know yet.
SECRET: Final = "[secret]"  # noqa: S105
_UNKNOWN_TEXTS: Final = frozenset({UNKNOWN_TEXT, "output<string>"})
_UNKNOWN: Final = Unknown()  # type: ignore[no-untyped-call]
#: Under which a single entry stands whose key is not known yet.
NO_KEY: Final = "(not known yet)"
_ENTRY_LISTS: Final = (ENTRIES, "entries_json")
_TIMES: Final = ("created_at", "modified_at")


class UnreadableError(EmailSecurityError):
    """A file is no preview (or no state) of Pulumi's."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The resource types of this package: by class name the setting, and whether it is a collection."""

    by_name: Mapping[str, tuple[Setting, bool]]

    @classmethod
    def of(cls, resources: Iterable[tuple[Any, Any]]) -> Kinds:
        """From pairs of resource classes, of an entry and of a collection."""
        found: dict[str, tuple[Setting, bool]] = {}
        for entry, collection in resources:
            found[entry.__name__] = (entry.setting, False)
            found[collection.__name__] = (collection.setting, True)
        return cls(found)

    def of_type(self, token: str) -> tuple[str, Setting, bool] | None:
        """The class name, setting and sort of a resource type; None for one that is not this package's."""
        match = _TYPE.fullmatch(token)
        found = self.by_name.get(match[1]) if match else None
        return (match[1], *found) if match and found else None


def program_place(trace: Any) -> str:
    """The line of the program that declared a resource, from the engine's stack trace."""
    for frame in trace if isinstance(trace, list) else []:
        position = str(frame.get("sourcePosition", "")) if isinstance(frame, Mapping) else ""
        file, _, rest = position.removeprefix("project:///").partition("#")
        line = rest.partition(",")[0]
        if (
            position.startswith("project:///")
            and not any(part in f"/{file}" for part in _NOT_THE_PROGRAM)
            and line.isdecimal()
        ):
            return f"{file}:{line}"
    return ""


@dataclass(slots=True)
class Held:
    """What one side of a resource's step holds: entries by key."""

    account: str = ""
    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    place: str = ""
    #: Why the entries cannot be told, or "".
    hidden: str = ""
    secret: bool = False
    exclusive: bool = False


def held(
    setting: Setting, properties: Mapping[str, Any], *, is_collection: bool, inputs: Mapping[str, Any] = {}
) -> Held:
    """The entries that a resource's properties hold, in snake_case and with unknown values as the SDK has them.

    Args:
        setting: whose entries they are.
        properties: the resource's inputs or outputs.
        is_collection: whether it holds many.
        inputs: its inputs beside its outputs. Where only places change, as in a file that is sorted, nothing is
            updated, and they alone know the new ones.

    """
    plain = snaked(properties)
    side = Held(account=_text(plain.get(ACCOUNT_ID)), exclusive=plain.get(MODE) == EXCLUSIVE)
    newest = next((value for name, value in inputs.items() if snake(name) == DECLARED_AT), None)
    declared_at = newest or plain.get(DECLARED_AT)
    if not is_collection:
        fields, side.secret = _fields(setting, plain)
        if all(name in fields for name in setting.key):
            side.entries[_key(setting, fields)] = fields
        elif fields:
            side.entries[NO_KEY] = fields
        else:
            side.hidden = "its arguments cannot be read"
        side.place = declared_at if isinstance(declared_at, str) else ""
        return side
    record, was_secret = _revealed(next((plain[name] for name in _ENTRY_LISTS if plain.get(name) is not None), None))
    side.secret = was_secret or plain.get(HAS_SECRETS) is True
    if record == SECRET:
        side.hidden = "its entries are secret"
    elif _is_unknown(record):
        side.hidden = "its entries are not known yet"
    else:
        _take(setting, side, from_text(record))
    count = len(side.entries)
    found = places.decode(declared_at, count) or places.decode(plain.get(DECLARED_AT), count)
    side.places = {key: place for key, place in zip(sorted(side.entries), found, strict=False) if place}
    return side


def _take(setting: Setting, side: Held, record: Any) -> None:
    """Take the entries of a list or a map."""
    items: Iterable[tuple[str | None, Any]] = ()
    if isinstance(record, Mapping):
        items = record.items()
    elif isinstance(record, list):
        items = ((None, one) for one in record)
    else:
        side.hidden = "its entries cannot be read"
    for at, (key, given) in enumerate(items):
        # The plugin records each entry as a text of its own.
        entry = from_text(given)
        if not isinstance(entry, Mapping) or SIGNATURE in entry:
            side.hidden = f"an entry of it is {'not known yet' if _is_unknown(entry) else 'secret'}"
            continue
        fields, secret = _fields(setting, snaked(entry))
        side.secret = side.secret or secret
        known = all(isinstance(fields.get(name), str) for name in setting.key)
        side.entries[key or (_key(setting, fields) if known else f"entry {at}")] = fields


def _fields(setting: Setting, plain: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """A setting's fields among properties, and whether one of them is secret."""
    fields: dict[str, Any] = {}
    secret = False
    wanted = {*setting.schema.setting_fields, EXPIRES, *_TIMES}
    for name, value in plain.items():
        if name in wanted and value is not None:
            shown, hidden = _revealed(value)
            secret = secret or (hidden and shown != SECRET)
            fields[name] = _UNKNOWN if _is_unknown(shown) else _normal(setting, name, shown)
    return fields, secret


def _normal(setting: Setting, name: str, value: Any) -> Any:
    if value == SECRET:
        return Hidden()
    if isinstance(value, list) and any(map(_is_unknown, value)):
        return _UNKNOWN
    declared = setting.schema.setting_fields.get(name)
    if name == ACCEPT_RISK or declared is None:
        return value
    return declared.normal(value)


def _revealed(value: Any) -> tuple[Any, bool]:
    """A value that may be wrapped as a secret, and whether it is one."""
    if isinstance(value, Mapping) and SIGNATURE in value:
        plaintext = value.get("plaintext")
        try:
            return (json.loads(plaintext), True) if isinstance(plaintext, str) else (SECRET, True)
        except ValueError:
            return SECRET, True
    return value, value == SECRET


def _is_unknown(value: Any) -> bool:
    return (isinstance(value, str) and value in _UNKNOWN_TEXTS) or isinstance(value, Unknown)


def _key(setting: Setting, fields: Mapping[str, Any]) -> str:
    if has_unknown({name: fields.get(name) for name in setting.key}):
        return NO_KEY
    return setting.key_text_of(fields)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
