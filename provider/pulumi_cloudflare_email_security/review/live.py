"""What a preview's messages say of live entries that no state holds: those that it adopts, and those that it prunes.

A line about the first is `~ EMAIL a@x.example: verify_sender True -> False, comments 'theirs' -> 'ours' (exists,
adopted)`; in other languages than Python values and names are written as JSON.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..client.envelope import printable
from ..model.names import snake
from ..model.text import visible
from .findings import Change
from .plan import Resource

_PRUNED: Final = re.compile(r"\s*- ([^\n]*?)(?:: | \()(?=[^\n]*not declared by this program)")
_ADOPTED: Final = re.compile(r"(?:^\s*|: )~ (?P<what>.*) \(exists, [^()]*\)$")
_AS_IT_IS: Final = " as it is)"
_TEXT: Final = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
#: A value as it is printed; a long one is cut.
_VALUE: Final = (
    rf"(?:\((?:none|not known yet)\)|\[secret\]|\w+|-?[\d.]+|{_TEXT}|\[(?:{_TEXT}(?:, )?)*\]|\[[^\]]*\]|\S.*?…)"
)
_FIELD: Final = re.compile(rf"(\w+) ({_VALUE}) -> ({_VALUE})(?:, |$)")
#: A list of which only what differs is printed.
_PART: Final = re.compile(rf"\[(?P<items>(?:{_TEXT}, )*)\d+ more\]")
_MORE: Final = re.compile(r"^\s*~ and (\d+) more, \d+ in all$")
_MAX_KEY: Final = 200


def take_live(resources: Iterable[Resource], diagnostics: Iterable[Any]) -> None:
    """Take in what the preview's messages say of each resource."""
    by_urn: dict[str, list[str]] = {}
    for one in diagnostics:
        if isinstance(one, Mapping):
            by_urn.setdefault(str(one.get("urn", "")), []).extend(str(one.get("message", "")).splitlines())
    for resource in resources:
        lines = by_urn.get(resource.urn, []) + by_urn.get("", [])
        if resource.becomes_exclusive:
            _take_pruned(resource, lines)
        _take_adopted(resource, lines)


def _take_pruned(resource: Resource, lines: Iterable[str]) -> None:
    for line in lines:
        if found := _PRUNED.match(line):
            key, setting = found[1], resource.setting
            fields = setting.fields_from_key(key)
            if len(fields) == len(setting.key) and key not in resource.pruned:
                resource.pruned.append(key)
                resource.changes.append(replace(resource.whole, key=key, before=fields))
                resource.size += 1


def _take_adopted(resource: Resource, lines: Iterable[str]) -> None:
    """Give what seems to be added, and is adopted, the fields that it has now."""
    changes_of: dict[str, str] = {}
    last = ""
    for line in lines:
        if (more := _MORE.match(line)) and _ADOPTED.search(last) and not last.endswith(_AS_IT_IS):
            # Those that change come first, so that there may be more of them.
            resource.unjudged = resource.unjudged or f"{more[1]} more entries are adopted, of which some may change"
        last = line
        if found := _ADOPTED.search(line):
            what = found["what"]
            for at in [*(colon.start() for colon in re.finditer(": ", what)), len(what)]:
                changes_of.setdefault(what[:at].casefold(), what[at + 2 :])
    if changes_of:
        resource.changes = [_with_live(change, changes_of) for change in resource.changes]
        resource.size += sum(change.adopted for change in resource.changes)


def _with_live(change: Change, changes_of: Mapping[str, str]) -> Change:
    if change.before is not None or change.after is None:
        return change
    text = changes_of.get(printable(visible(change.setting.label(change.after)), _MAX_KEY).casefold())
    if text is None:
        return change
    names = change.setting.schema.api_fields
    live = {name: value for name, value in change.after.items() if name in names}
    read = 0
    for found in _FIELD.finditer(text):
        name, value = snake(found[1]), _value(found[2])
        if (old := _PART.fullmatch(found[2])) and (new := _PART.fullmatch(found[3])):
            value = _but(change.after.get(name), old["items"], new["items"])
        live.pop(name, None)
        # What is cut, or secret, is not known: neither is then whether it was stronger.
        if name in names and value is not None:
            live[name] = names[name].normal(value)
        read += len(found[0])
    if read != len(text):
        live = {name: live[name] for name in change.setting.key if name in live}
    return replace(change, before=live, adopted=True)


def _but(after: Any, old: str, new: str) -> Any:
    """The list that became another one by what was in it only, and what is in it only now."""
    went, came = (list(map(ast.literal_eval, re.findall(_TEXT, items))) for items in (old, new))
    return [*(item for item in after if item not in came), *went] if isinstance(after, list) else None


def _value(text: str) -> Any:
    """The value that a text stands for; None where it cannot be told."""
    if text == "(none)":
        return ""
    try:
        return json.loads(text) if text in {"true", "false"} else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
