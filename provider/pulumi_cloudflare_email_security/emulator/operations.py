"""The operations of the API, by the name the request log gives them.

Source: ``api.md``. Lists have pages, order, filters and search; without ``order`` entries come in the order they were
made.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .contracts import BATCH_LISTS, INT32, Collection, Entry, Refused, one_of
from .faults import Fault
from .habits import Habits, Page
from .messages import ApiError, Request, Response, answer, envelope, refuse, refuse_field, shown
from .store import Table
from .writes import Writer

LARGEST_BATCH = 1000
DEFAULT_PAGE = 20
LARGEST_PAGE = 1000

_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(slots=True)
class Call:
    """A request that found its operation, and the fault that it gets."""

    request: Request
    writer: Writer
    identity: str
    answers: int
    fault: Fault | None = None

    @property
    def habits(self) -> Habits:
        """The habits of the account."""
        return self.writer.habits

    def body(self) -> Any:
        """The body, which must be JSON and say so."""
        kind = (self.request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise refuse("the Content-Type must be application/json", status=415)
        try:
            return json.loads(self.request.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise refuse("the body is not JSON") from None

    def shown(self, entry: Entry) -> Entry:
        """An entry as this answer has it."""
        collection = self.writer.collection
        if collection.present is not None:
            entry = collection.present(entry, self.writer.now, self.answers)
            if "status" in entry:
                entry = {**entry, "status": self.habits.apply("status", entry["status"])}
        return self.habits.apply("answer", entry, collection)

    def written(self, entry: Entry) -> Entry:
        """An entry as the answer to a write has it."""
        return self.habits.apply("written", self.shown(entry), self.writer.collection)


def _no_constant(name: str) -> None:
    raise ValueError(name)


# Lists


def list_entries(call: Call) -> Response:
    """``GET``: a page of the collection."""
    writer = call.writer
    entries, info = page_of(writer.collection, writer.table, call.request.query, call.habits, writer.moment)
    return envelope(200, [call.shown(entry) for entry in entries], result_info=info)


def page_of(
    collection: Collection,
    table: Table,
    query: Sequence[tuple[str, str]],
    habits: Habits,
    moment: float,
) -> tuple[list[Entry], Mapping[str, object]]:
    """The entries of the page that a query asks for, and its ``result_info``."""
    values = _values(collection, query)
    number, asked = _number(values, "page", 1, INT32), "per_page" in values
    size = _number(values, "per_page", DEFAULT_PAGE, LARGEST_PAGE)
    table.begun += number == 1
    page = habits.apply("page", Page(number, size, asked, size), table.begun)
    lag = habits.apply("lag", 0.0)
    selected = _select(collection, table.as_of(moment - lag), values) if lag else _selected(collection, table, values)
    entries = page.of(selected)
    info = {"page": number, "per_page": page.told, "count": len(entries), "total_count": len(selected)}
    return entries, habits.apply("info", info, len(table))


def refuse_query(query: Sequence[tuple[str, str]]) -> None:
    """Refuse any parameter, where an operation has none."""
    for name, _ in query:
        raise refuse_field(name, "is no parameter here")


def _values(collection: Collection, query: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    known = {"page", "per_page", *collection.filters}
    if collection.order:
        known |= {"order", "direction", "search"}
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name not in known:
            refuse_query([(name, value)])
        if name in values and name not in collection.repeatable:
            raise refuse_field(name, "is given twice")
        values.setdefault(name, []).append(value)
    return values


def _number(values: dict[str, list[str]], name: str, default: int, maximum: int) -> int:
    text = values.pop(name, [str(default)])[0]
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= maximum:
        raise refuse_field(name, f"must be a number from 1 to {maximum}")
    return int(text)


def _selected(collection: Collection, table: Table, values: dict[str, list[str]]) -> list[Entry]:
    question = tuple((name, tuple(texts)) for name, texts in sorted(values.items()))
    if table.selected is None or table.selected[0] != question:
        table.selected = (question, _select(collection, table.all(), values))
    return table.selected[1]


def _select(collection: Collection, entries: list[Entry], values: dict[str, list[str]]) -> list[Entry]:
    order = _choice(values, "order", "created_at", *collection.order)
    backwards = _choice(values, "direction", "asc", "asc", "desc") == "desc"
    for test in _tests(collection, values):
        entries = [entry for entry in entries if test(entry)]
    if order == "created_at":
        return entries[::-1] if backwards else entries
    return sorted(entries, key=lambda entry: str(entry[order]), reverse=backwards)


def _choice(values: dict[str, list[str]], name: str, default: str, *choices: str) -> str:
    text = values.pop(name, [default])[0]
    try:
        return str(one_of(*choices)(text)) if text != default else default
    except Refused as error:
        raise refuse_field(name, error) from None


def _tests(collection: Collection, values: dict[str, list[str]]) -> list[Callable[[Entry], bool]]:
    tests = [_search(collection.searched, text) for text in values.pop("search", [])]
    for name, texts in values.items():
        try:
            alternatives = [collection.filters[name](text) for text in texts]
        except Refused as error:
            raise refuse_field(name, error) from None
        tests.append(_any_of(alternatives))
    return tests


def _any_of(alternatives: list[Callable[[Entry], bool]]) -> Callable[[Entry], bool]:
    return lambda entry: any(test(entry) for test in alternatives)


def _search(names: tuple[str, ...], wanted: str) -> Callable[[Entry], bool]:
    folded = wanted.casefold()

    def test(entry: Any) -> bool:
        return any(folded in str(entry.get(name) or "").casefold() for name in names)

    return test


# Entries and batches


def get(call: Call) -> Response:
    """``GET /{id}``: one entry."""
    return envelope(200, call.shown(call.writer.find(call.identity)))


def verification(call: Call) -> Response:
    """``GET /{id}/verification``: the TXT record that proves a domain's ownership, and how far the proof is.

    204 for a domain that was there before, or whose ownership is known from elsewhere. The record never changes.
    """
    domain = call.writer.find(call.identity)
    if call.identity not in call.writer.table.unproved:
        return answer(204, b"", {})
    proof = hashlib.sha256(f"{domain['id']} {domain['domain']}".encode()).hexdigest()[:40]
    record = {
        "txt_record_name": f"_cf-email-sec-challenge.{domain['domain']}",
        "txt_record_value": f"cf-email-security-verification={proof}",
        "status": call.habits.apply("status", str(domain["status"])),
        "last_checked_at": call.writer.now,
    }
    return envelope(200, record)


def create(call: Call) -> Response:
    """``POST``: an entry, or where the collection takes arrays several, all or none; the answer mirrors the body."""
    body = call.body()
    if not (isinstance(body, list) and call.writer.collection.takes_arrays):
        return envelope(201, call.written(call.writer.create(body)))
    steps = [("posts", item, f"/{index}") for index, item in enumerate(body)]
    return envelope(201, _run(call, steps)["posts"])


def patch(call: Call) -> Response:
    """``PATCH /{id}``: the entry after the change."""
    return envelope(200, call.written(call.writer.patch(call.identity, call.body())))


def replace(call: Call) -> Response:
    """``PUT /{id}``: the entry after the replacement."""
    return envelope(200, call.written(call.writer.replace(call.identity, call.body())))


def delete(call: Call) -> Response:
    """``DELETE /{id}``: the id of what is gone."""
    return envelope(200, call.writer.remove(call.identity))


def delete_many(call: Call) -> Response:
    """``DELETE`` on the collection: one after the other, those before the first that fails are gone.

    Without a body, as the official SDK sends it, nothing is deleted.
    """
    items = call.body() if call.request.body else []
    if not isinstance(items, list):
        raise refuse(f"must be an array of objects with an id, not {shown(items)}", "")
    return envelope(200, _run(call, [("deletes", item, f"/{index}") for index, item in enumerate(items)])["deletes"])


def batch(call: Call) -> Response:
    """``POST /batch``: deletes, patches, puts, posts; undone as a whole on a failure where that is promised."""
    lists = _batch_lists(call)
    steps = [(name, item, f"/{name}/{index}") for name in lists for index, item in enumerate(lists[name])]
    done = _run(call, steps)
    return envelope(200, {name: done[name] for name in lists})


def _batch_lists(call: Call) -> dict[str, list[Any]]:
    """The lists of a batch body, in the order of execution."""
    body, collection = call.body(), call.writer.collection
    takes = call.habits.apply("lists", collection.batched, collection.name)
    if not isinstance(body, dict):
        raise refuse(f"must be an object, not {shown(body)}", "")
    for name in body:
        if name not in collection.batched:
            raise refuse_field(name, f"is no list of this batch, which has {', '.join(collection.batched)}")
    for name in collection.batched:
        if name not in body:
            raise refuse_field(name, "is required")
        items = body[name]
        if not isinstance(items, list):
            raise refuse_field(name, f"must be a list, not {shown(items)}")
        if len(items) > LARGEST_BATCH:
            raise refuse_field(name, f"must have at most {LARGEST_BATCH} items, not {len(items)}")
        if items and name not in takes:
            raise refuse_field(name, f"this collection's batch takes {', '.join(takes)} only")
    return {name: body[name] for name in BATCH_LISTS if name in collection.batched}


_Step = tuple[str, Any, str]


def _run(call: Call, steps: Sequence[_Step]) -> dict[str, list[Entry]]:
    """Execute items one after the other, and answer them by list.

    An item that fails ends it, and undoes the others where the collection promises that.
    """
    call.habits.apply("batch", len(steps))
    steps = call.habits.apply("steps", steps)
    failure = call.fault.interruption if call.fault is not None else None
    allowed = len(steps) if call.fault is None or failure is None else int(len(steps) * call.fault.part)
    done: dict[str, list[Entry]] = {name: [] for name in BATCH_LISTS}
    table = call.writer.table
    before = table.snapshot()
    try:
        for name, item, at in steps[:allowed]:
            done[name].append(_step(call, name, item, at))
        if failure is not None:
            raise failure
    except ApiError:
        if call.writer.collection.atomic:
            table.restore(before)
        raise
    return {name: call.habits.apply("several", items) for name, items in done.items()}


def _step(call: Call, name: str, item: Any, at: str) -> Entry:
    """Execute one item of a list, and answer it."""
    writer = call.writer
    if name == "posts":
        return call.written(writer.create(item, at))
    identity = writer.item_id(item, at)
    fields = {name: value for name, value in item.items() if name != "id"}
    if name == "patches":
        return call.written(writer.patch(identity, fields, at))
    if name == "puts":
        return call.written(writer.replace(identity, fields, at))
    for field in fields:
        raise refuse_field(field, "is no field of a delete", at)
    return writer.remove(identity, at)


OPERATIONS: dict[str, Callable[[Call], Response]] = {
    "GET": list_entries,
    "POST": create,
    "DELETE": delete_many,
    "POST /batch": batch,
    "GET /{id}": get,
    "PATCH /{id}": patch,
    "PUT /{id}": replace,
    "DELETE /{id}": delete,
    "GET /{id}/verification": verification,
}


def perform(name: str, call: Call) -> Response:
    """Do what the operation of that name does, query parameters refused where it has none."""
    if name != "GET":
        refuse_query(call.request.query)
    response = OPERATIONS[name](call)
    return response if name.startswith("GET") else call.habits.apply("reply", response)
