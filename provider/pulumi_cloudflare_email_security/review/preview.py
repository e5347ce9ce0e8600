"""What `pulumi preview --json` says of this package's resources, entry by entry, whichever way they came in.

Two ways in are understood: dynamic resources (`pulumi-python:dynamic/cloudflare-email-security:BlockSenders`, names in
snake_case, a collection's entries as JSON text) and the plugin's (`cloudflare-email-security:index:BlockSenders`, names
in camelCase).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..model.schema import has_unknown
from ..model.setting import Setting
from ..model.state import EXPIRES, UNMANAGED
from .engine import Held, Kinds, UnreadableError, held, program_place
from .findings import LINE, Change
from .live import take_live
from .plan import Message, Plan, Resource
from .rules import RULES

#: How the engine begins a refusal: `TYPE resource 'NAME' has a problem: …` or `…: property NAME value …`.
_LONG_NAME: Final = re.compile(r"^\S+ resource '[^']*'(?: has a problem)?: ")
#: A document begins on a line of its own, or where another one ends.
_DOCUMENT: Final = re.compile(r"(?:^|(?<=\})\s*)\{", re.MULTILINE)
_JSON: Final = json.JSONDecoder()
_CREATES: Final = frozenset({"create", "create-replacement"})
_ENDS: Final = ("delete", "discard", "remove")
_PARTS: Final = frozenset({"create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"})


def read_plans(text: str, kinds: Kinds, *, source: str = "the preview") -> list[Plan]:
    """The plans that the JSON of a preview holds, or of several one after another.

    Raises:
        UnreadableError: it is not the output of `pulumi preview --json`.

    """
    try:
        return [_plan(document, kinds, source) for document in _documents(text, source)]
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError):
        raise UnreadableError(f"{source}: is not what `pulumi preview --json` prints in the versions known") from None


def _plan(document: Mapping[str, Any], kinds: Kinds, source: str) -> Plan:
    steps = document.get("steps")
    if not isinstance(steps, list) and not isinstance(document.get("diagnostics"), list):
        raise UnreadableError(f"{source}: is not the output of `pulumi preview --json` — it has no steps")
    plan = Plan(stack="")
    replaced, ended = _urns(steps, "replace"), _urns(steps, *_ENDS)
    for step in steps or []:
        if not isinstance(step, Mapping) or not isinstance(urn := step.get("urn"), str):
            raise UnreadableError(f"{source}: is not the output of `pulumi preview --json` — a step has no urn")
        plan.stack = plan.stack or _stack(urn)
        operation = str(step.get("op", ""))
        if operation in _PARTS and urn in replaced:
            continue
        resource = _resource(step, urn, operation, kinds)
        if resource is not None:
            _keep(resource, _state(step, "oldState"), ended)
            plan.resources.append(resource)
        elif operation not in {"same", "read", "refresh"} and not _token(urn).startswith("pulumi:"):
            plan.others += 1
    diagnostics = document.get("diagnostics") or []
    told_of = [str(one.get("urn") or "") for one in diagnostics if isinstance(one, Mapping)]
    plan.stack = plan.stack or next((_stack(urn) for urn in told_of if urn), "")
    labels = {resource.label for resource in plan.resources}
    for label, message in _messages(diagnostics, kinds):
        if label in labels and message.severity != "error":
            lines = message.text.splitlines()
            risks = [line for line in lines if (found := LINE.search(line)) and found["rule"] in RULES]
            plan.told += [(label, line) for line in risks]
            message.text = "\n".join(line for line in lines if line not in risks)
        if message.severity in {"error", "warning"} and message.text.strip():
            plan.messages.append(message)
    take_live(plan.resources, diagnostics)
    summary = document.get("changeSummary")
    plan.is_partial = isinstance(summary, Mapping) and summary.get("same", 0) != len(_urns(steps, "same"))
    return plan


def _urns(steps: Any, *operations: str) -> set[str]:
    """What steps of some kinds are about."""
    return {str(one.get("urn")) for one in steps or () if isinstance(one, Mapping) and one.get("op") in operations}


def _keep(resource: Resource, old: Mapping[str, Any], ended: Collection[str]) -> None:
    """Let what goes stay in the account where the engine only forgets the resource, and asks nobody to delete it."""
    forgotten = old.get("retainOnDelete") is True or old.get("deletedWith") in ended
    if forgotten and resource.operation in {*_ENDS, "replace"}:
        resource.kept += [one for one in resource.changes if one.after is None]
        resource.changes = [one for one in resource.changes if one.after is not None]


def _documents(text: str, source: str) -> list[Mapping[str, Any]]:
    documents, at = [], 0
    try:
        # The CLI may print warnings, too.
        while found := _DOCUMENT.search(text, at):
            document, at = _JSON.raw_decode(text, found.end() - 1)
            documents.append(document)
    except (ValueError, RecursionError):
        documents = []
    if not documents:
        raise UnreadableError(f"{source}: is not the output of `pulumi preview --json`")
    return documents


def _resource(step: Mapping[str, Any], urn: str, operation: str, kinds: Kinds) -> Resource | None:
    kind = kinds.of_type(_token(urn))
    if kind is None or operation in {"refresh", "read"}:
        return None
    name, setting, is_collection = kind
    old, new = _state(step, "oldState"), _state(step, "newState")
    before, after = Held(), Held()
    if old and operation not in _CREATES:
        inputs = _properties(old, "inputs")
        before = held(setting, _properties(old, "outputs"), is_collection=is_collection, inputs=inputs)
    if new and not operation.startswith(_ENDS):
        after = held(setting, _properties(new, "inputs"), is_collection=is_collection)
        after.place = after.place or program_place(new.get("stackTrace"))
    label = f'{name} "{urn.rpartition("::")[2]}"'
    place = after.place or before.place
    resource = Resource(urn, label, setting, operation, after.account or before.account, place=place)
    resource.was_in, resource.size = before.account or resource.account, len(before.entries)
    resource.is_collection = is_collection
    if operation in {"same", "import"}:
        # What is imported is there, and stays as it is.
        resource.steady = list(after.entries.values()) or list(before.entries.values())
        return resource
    resource.becomes_exclusive = after.exclusive and not before.exclusive
    if not is_collection:
        after.entries = _merged(before, after, moved=operation == "replace")
    if is_collection and not after.exclusive:
        unmanaged = _properties(old, "outputs").get(UNMANAGED)
        for key in unmanaged if isinstance(unmanaged, list) else ():
            before.entries.pop(key, None)
    resource.unjudged = after.hidden or before.hidden
    # Of a list of which some entries are hidden the others are judged all the same.
    if not before.hidden and (not after.hidden or after.entries):
        resource.changes, resource.kept = _changes(resource, before, after)
        stays = before.account == after.account
        resource.steady = [one for key, one in after.entries.items() if stays and before.entries.get(key) == one]
    return resource


def _merged(before: Held, after: Held, *, moved: bool) -> dict[str, Mapping[str, Any]]:
    """A single entry's key may change in place: both sides then stand under the new key."""
    if before.entries and after.entries and not moved:
        ((old_key, old),) = before.entries.items()
        ((new_key, new),) = after.entries.items()
        if old_key != new_key:
            before.entries = {new_key: old}
        return {new_key: new}
    return after.entries


def _changes(resource: Resource, before: Held, after: Held) -> tuple[list[Change], list[Change]]:
    changes: list[Change] = []
    kept: list[Change] = []
    apart = before.account and after.account and before.account != after.account
    whole = resource.whole
    for key in sorted(before.entries.keys() | after.entries.keys()):
        old, new = before.entries.get(key), after.entries.get(key)
        if old is not None and new is not None and not apart and not _differs(resource.setting, old, new):
            continue
        change = replace(
            whole,
            key=key,
            before=old,
            after=new,
            place=after.places.get(key) or before.places.get(key) or resource.place,
            secret=before.secret or after.secret,
        )
        if old is not None and (new is None or apart):
            gone = replace(change, after=None, account=resource.was_in)
            (changes if resource.setting.keeps_on_delete(old) is None else kept).append(gone)
            change = replace(change, before=None)
        if new is not None:
            changes.append(change)
    return changes, kept


def _differs(setting: Setting, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a declared field has another value; a secret that stands on both sides may have."""
    if old.get(EXPIRES) != new.get(EXPIRES):
        return True
    fields = setting.schema.setting_fields
    return any(
        has_unknown(value) or value != old.get(name, "" if fields[name].nullable else fields[name].default)
        for name, value in new.items()
        if name in fields
    ) or any(name not in new and not fields[name].api for name in old if name in fields)


def _state(step: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    state = step.get(name)
    return state if isinstance(state, Mapping) else {}


def _properties(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Outputs where there are any: they are what the account has; else inputs."""
    properties = state.get(name) or state.get("inputs") or {}
    return properties if isinstance(properties, Mapping) else {}


def _token(urn: str) -> str:
    """The resource's own type in a URN, without its parents'."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def _stack(urn: str) -> str:
    """`project/stack` of a URN."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    return f"{parts[1]}/{parts[0]}" if len(parts) > 2 else ""


def _messages(diagnostics: Iterable[Any], kinds: Kinds) -> Iterator[tuple[str, Message]]:
    """The diagnostics, each with the resource that it is about."""
    for one in diagnostics:
        if isinstance(one, Mapping):
            severity, text = str(one.get("severity", "")), str(one.get("message", "")).strip("\n")
            urn = one.get("urn")
            kind = kinds.of_type(_token(urn)) if isinstance(urn, str) else None
            label = f'{kind[0]} "{str(urn).rpartition("::")[2]}"' if kind else ""
            text = text.removeprefix(f"{severity}: ")
            # The label says it shorter.
            yield label, Message(severity, _LONG_NAME.sub("", text) if label else text, label)
