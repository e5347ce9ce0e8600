"""Feeds of malicious senders: STIX 2.1 bundles, MISP events and plain lists, as senders to be blocked."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from ...client.errors import EntriesFileError
from ...entries.formats import read_text
from .sender import LIST_FORMS, Sender, read_senders, sender_of, senders_in

SENDER_TYPES: Final = ("EMAIL", "DOMAIN", "IP")

_STIX_PATHS: Final = {
    "email-addr:value": "EMAIL",
    "email-message:from_ref.value": "EMAIL",
    "email-message:sender_ref.value": "EMAIL",
    "domain-name:value": "DOMAIN",
    "ipv4-addr:value": "IP",
    "ipv6-addr:value": "IP",
}
_MISP_TYPES: Final = {
    "email": "EMAIL",
    "email-src": "EMAIL",
    "email-reply-to": "EMAIL",
    "domain": "DOMAIN",
    "hostname": "DOMAIN",
    "domain|ip": "DOMAIN",
    "hostname|port": "DOMAIN",
    "ip-src": "IP",
    "ip-src|port": "IP",
}
# How MISP writes yes and no: its older versions as texts.
_YES: Final = (True, "1")
_NO: Final = (False, "0")


@dataclass(slots=True)
class Feed:
    """What the files of feeds hold.

    Attributes:
        senders: in the order of the files.
        passed_over: what holds no sender to be blocked, by reason.

    """

    senders: list[Sender] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def read(self, path: str) -> None:
        """Take a file in. Raises EntriesFileError."""
        name = Path(path).name
        text = read_text(path)
        if text.lstrip()[:1] not in {"{", "["}:
            is_list = Path(path).suffix.lower() in LIST_FORMS
            self.senders += read_senders(path) if is_list else senders_in(text, name)
            return
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise EntriesFileError(f"{path}: is not valid JSON") from None
        if (objects := _stix_objects(content)) is not None:
            self.senders += self._stix(objects, name)
        elif (events := [*_misp_events(content)]) or _is_misp(content):
            for event in events:
                self.senders += self._misp(event, name)
        else:
            self.senders += read_senders(path)

    def current(self, kinds: Container[str], today: date) -> Iterator[Sender]:
        """The senders of these kinds whose last day, if they have one, is to come; the others are counted."""
        for sender in self.senders:
            kind = sender.pattern_type
            if kind in SENDER_TYPES and kind not in kinds:
                self.passed_over[f"senders of type {kind.lower()}"] += 1
            elif sender.expires is not None and sender.expires <= today:
                self.passed_over["senders whose last day has passed"] += 1
            else:
                yield sender

    def _stix(self, objects: Iterable[Mapping[str, Any]], name: str) -> Iterator[Sender]:
        """The senders that indicators name."""
        parse = importlib.import_module("stix2.pattern_visitor").create_pattern_object
        for item in _newest([each for each in objects if each.get("type") == "indicator"]):
            # STIX 2.0 has labels in the place of indicator types.
            if item.get("revoked") or "benign" in (*_listed(item, "indicator_types"), *_listed(item, "labels")):
                self.passed_over["indicators that are revoked or benign"] += 1
                continue
            if item.get("pattern_type", "stix") != "stix":
                self.passed_over[f"indicators in {item['pattern_type']}"] += 1
                continue
            try:
                values = [*_alternatives(parse(str(item.get("pattern")), version="2.1"))]
            except Exception:  # noqa: BLE001  (the parser's failures are of many kinds)
                values = []
            if not values:
                self.passed_over["indicators that are about more, or other things, than a sender"] += 1
            said, until = str(item.get("name") or ""), _day_of(item.get("valid_until"))
            for value in values:
                yield replace(sender_of(value, f"{name} {item.get('id')}"), comment=said, expires=until)

    def _misp(self, event: Mapping[str, Any], name: str) -> Iterator[Sender]:
        """The senders among an event's attributes."""
        attributes = [*_items(event, "Attribute")]
        for item in _items(event, "Object"):
            of_object = [*_items(item, "Attribute")]
            attributes += (
                [{**each, "deleted": True} for each in of_object] if item.get("deleted") in _YES else of_object
            )
        said = str(event.get("info") or "")
        for attribute in attributes:
            kind = str(attribute.get("type"))
            if attribute.get("deleted") in _YES or attribute.get("to_ids") in _NO:
                self.passed_over["attributes that are not for detection"] += 1
            elif kind not in _MISP_TYPES:
                self.passed_over[f"attributes of type {kind}"] += 1
            else:
                value = str(attribute.get("value", "")).partition("|")[0]
                place = f"{name} {attribute.get('uuid') or attribute.get('id') or ''}".strip()
                yield replace(sender_of(value, place), comment=str(attribute.get("comment") or said))


def _alternatives(node: Any) -> Iterator[str]:
    """The values of a pattern each of which is enough for it. Raises ValueError for any other pattern."""
    kind = type(node).__name__
    if kind in {"ObservationExpression", "ParentheticalExpression"}:
        yield from _alternatives(getattr(node, "operand", None) or node.expression)
    elif kind in {"OrBooleanExpression", "OrObservationExpression"}:
        for operand in node.operands:
            yield from _alternatives(operand)
    elif kind in {"EqualityComparisonExpression", "InComparisonExpression"} and not node.negated:
        if str(node.lhs) not in _STIX_PATHS or node.operator not in {"=", "IN"}:
            raise ValueError(kind)
        values = node.rhs.value if kind.startswith("In") else [node.rhs]
        yield from (str(value.value) for value in values)
    else:
        raise ValueError(kind)


def _stix_objects(content: object) -> list[Mapping[str, Any]] | None:
    """The objects of a bundle, of a TAXII server's answer, of a list, or one alone; None for what is not STIX."""
    if isinstance(content, Mapping):
        if content.get("type") == "bundle" or isinstance(content.get("objects"), list):
            return [*_items(content, "objects")]
        content = [content]
    found = [each for each in content if isinstance(each, Mapping)] if isinstance(content, list) else []
    # Each object of STIX has an id of this form.
    return found if any(str(each.get("id")).startswith(f"{each.get('type')}--") for each in found) else None


def _newest(items: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Objects without their earlier versions: what these said may since have been revoked."""
    newest: dict[str, str] = {}
    for item in items:
        newest[str(item.get("id"))] = max(_version(item), newest.get(str(item.get("id")), ""))
    return (item for item in items if _version(item) == newest[str(item.get("id"))])


def _version(item: Mapping[str, Any]) -> str:
    """When an object was changed, as a text in the order of time."""
    return str(item.get("modified") or "").rstrip("Z")


def _is_misp(content: object) -> bool:
    return isinstance(content, Mapping) and bool({"response", "Event", "Attribute"} & content.keys())


def _misp_events(content: object) -> Iterator[Mapping[str, Any]]:
    """The events of an export: one, several, or attributes without their event."""
    if isinstance(content, list):
        for each in content:
            yield from _misp_events(each)
    elif isinstance(content, Mapping):
        if isinstance(event := content.get("Event"), Mapping):
            yield event
        elif isinstance(content.get("Attribute"), list):
            yield content
        elif "response" in content:
            yield from _misp_events(content["response"])


def _listed(of: Mapping[str, Any], name: str) -> list[Any]:
    found = of.get(name)
    return found if isinstance(found, list) else []


def _items(of: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    return (each for each in _listed(of, name) if isinstance(each, Mapping))


def _day_of(time: object) -> date | None:
    try:
        found = datetime.fromisoformat(str(time))
    except ValueError:
        return None
    return found.astimezone(UTC).date()


class Warnings:
    """MISP's lists of what is often taken for malicious and is not."""

    _ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
        "EMAIL": frozenset({"email-src"}),
        "DOMAIN": frozenset({"domain", "hostname"}),
        "IP": frozenset({"ip-src"}),
    }
    # Where this list is right nothing speaks against a block.
    _NO_REASON: Final = "disposable"

    def __init__(self, lists: Any = None) -> None:
        self._lists = lists or importlib.import_module("pymispwarninglists").WarningLists()

    def of(self, sender: Sender) -> str | None:
        """The list that a sender is on, or None."""
        wanted = self._ATTRIBUTES[sender.pattern_type]
        for found in self._search(sender.pattern):
            if self._NO_REASON not in found.name and wanted & {*found.warninglist["matching_attributes"]}:
                return str(found.name)
        return None

    def _search(self, value: str) -> Iterable[Any]:
        try:
            return list(self._lists.search(value))
        except ValueError:
            return []
