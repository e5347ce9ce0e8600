"""What a stack's exported state says is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ..model.setting import Setting
from ..model.state import ACCEPT_RISK, EXPIRES, UNMANAGED
from . import rules
from .assess import assess_entry
from .context import Context
from .engine import Kinds, UnreadableError, held, program_place
from .findings import Change, Finding


@dataclass(slots=True)
class Stock:
    """All that is in force, and the resources whose entries cannot be told."""

    entries: list[Change] = field(default_factory=list)
    unjudged: list[Finding] = field(default_factory=list)

    def add(self, other: Stock) -> None:
        """Take another one in."""
        self.entries += other.entries
        self.unjudged += other.unjudged


def read_state(text: str, kinds: Kinds, *, source: str = "the state") -> Stock:
    """The entries of `pulumi stack export`'s output.

    Raises:
        UnreadableError: it is not that.

    """
    try:
        document = json.loads(text)
        resources = document["deployment"].get("resources") or []
        found = [_resource(one, kinds) for one in resources]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnreadableError(f"{source}: is not the output of `pulumi stack export`") from None
    stock = Stock()
    for one in found:
        stock.add(one)
    return stock


def _resource(resource: Mapping[str, Any], kinds: Kinds) -> Stock:
    if resource.get("delete") or resource.get("external"):
        return Stock()
    inputs = resource.get("inputs") or {}
    name = str(resource["urn"]).rpartition("::")[2]
    place = program_place(resource.get("stackTrace"))
    return stock_of(kinds, str(resource["type"]), name, inputs, resource.get("outputs") or inputs, place=place)


def stock_of(
    kinds: Kinds,
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    *,
    place: str = "",
) -> Stock:
    """What a resource's properties say is in force; nothing for a resource that is not this package's."""
    kind = kinds.of_type(token)
    if kind is None:
        return Stock()
    type_name, setting, is_collection = kind
    side = held(setting, outputs, is_collection=is_collection, inputs=inputs)
    label = f'{type_name} "{name}"'
    whole = Change(setting=setting, key=label, place=side.place or place, resource=label, account=side.account)
    if side.hidden:
        return Stock(unjudged=[Finding.of(rules.NOT_JUDGED, side.hidden, whole)])
    unmanaged = outputs.get(UNMANAGED) or ()
    return Stock(
        [
            replace(
                whole,
                key=key,
                after=fields,
                managed=key not in unmanaged,
                place=side.places.get(key) or whole.place,
                secret=side.secret,
            )
            for key, fields in side.entries.items()
        ]
    )


def live_entries(
    setting: Setting, account: str, entries: Sequence[Mapping[str, Any]], known: Stock | None
) -> Iterator[Change]:
    """The entries of an account's list; `known` says what programs declare, where that is to be told."""
    declared = {} if known is None else {one.identity: one for one in known.entries if one.managed}
    for entry in entries:
        fields = setting.live(entry, read=True)
        key = setting.key_text_of(fields)
        ours = declared.get((account, setting.kind, key))
        if ours is not None:
            fields |= {name: ours.fields[name] for name in (EXPIRES, ACCEPT_RISK) if name in ours.fields}
        yield Change(
            setting=setting,
            account=account,
            key=key,
            after=fields,
            # What comes from a directory is nobody's to declare.
            managed=known is None or ours is not None or setting.read_only(entry) is not None,
            place=ours.place if ours else "",
            resource=ours.resource if ours else "",
        )


def audit(stock: Stock, *, today: date) -> list[Finding]:
    """What is risky about what is in force, worst first; entries are judged beside those of their account."""
    contexts: dict[str, Context] = {}
    for one in stock.entries:
        contexts.setdefault(one.account, Context()).add(one.setting, one.fields)
    found = [*stock.unjudged]
    for one in stock.entries:
        found += assess_entry(one, context=contexts[one.account], today=today)
    return sorted(found, key=lambda one: one.order)
