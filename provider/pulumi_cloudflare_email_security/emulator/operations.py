"""The operations of the API, by the name the request log gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from . import domains
from .contracts import BATCH_LISTS
from .lists import page_of, refuse_query
from .messages import ApiError, Request, Response, envelope, refuse, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .contracts import Entry
    from .writes import Writer

LARGEST_BATCH = 1000

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A request that found its operation.

    ``interruption`` plays a failure within a batch: when this ``part`` of its items is done the API gives up.
    """

    request: Request
    writer: Writer
    identity: str
    answers: int
    total_count: bool
    interruption: ApiError | None = None
    part: float = 0.0

    def body(self) -> Any:
        """The body, which must be JSON and say so."""
        kind = (self.request.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = "the Content-Type must be application/json"
            raise refuse(message, status=415)
        try:
            return json.loads(self.request.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            message = "the body is not JSON"
            raise refuse(message) from None

    def shown(self, entry: Entry) -> Entry:
        """An entry as this answer has it."""
        present = self.writer.collection.present
        return entry if present is None else present(entry, self.writer.now, self.answers)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def list_entries(call: Call) -> Response:
    """``GET``: a page of the collection."""
    writer = call.writer
    entries, info = page_of(writer.collection, writer.table, call.request.query, total_count=call.total_count)
    return envelope(200, [call.shown(entry) for entry in entries], result_info=info)


def get(call: Call) -> Response:
    """``GET /{id}``: one entry."""
    return envelope(200, call.shown(call.writer.find(call.identity)))


def verification(call: Call) -> Response:
    """``GET /{id}/verification``: the TXT record of a domain and its state."""
    return envelope(200, domains.verification(call.writer.find(call.identity), call.writer.now))


def create(call: Call) -> Response:
    """``POST``: an entry, or where the collection takes arrays several, all or none; the answer mirrors the body."""
    body = call.body()
    if not (isinstance(body, list) and call.writer.collection.takes_arrays):
        return envelope(201, call.shown(call.writer.create(body)))
    made = _all_or_none(call, lambda: [call.writer.create(item, f"/{index}") for index, item in enumerate(body)])
    return envelope(201, [call.shown(entry) for entry in made])


def patch(call: Call) -> Response:
    """``PATCH /{id}``: the entry after the change."""
    return envelope(200, call.shown(call.writer.patch(call.identity, call.body())))


def replace(call: Call) -> Response:
    """``PUT /{id}``: the entry after the replacement."""
    return envelope(200, call.shown(call.writer.replace(call.identity, call.body())))


def delete(call: Call) -> Response:
    """``DELETE /{id}``: the id of what is gone."""
    return envelope(200, call.writer.remove(call.identity))


def delete_many(call: Call) -> Response:
    """``DELETE`` on the collection: one after the other; those before the first that fails are gone."""
    items = call.body()
    if not isinstance(items, list):
        message = f"must be an array of objects with an id, not {shown(items)}"
        raise refuse(message, "")
    return envelope(200, _run(call, [(_delete, item, f"/{index}") for index, item in enumerate(items)]))


def batch(call: Call) -> Response:
    """``POST /batch``: deletes, patches, puts, posts; undone as a whole on a failure where that is promised."""
    lists = _batch_lists(call)

    def run() -> dict[str, list[Entry]]:
        steps = [(_STEPS[name], item, f"/{name}/{index}") for name in lists for index, item in enumerate(lists[name])]
        done = iter(_run(call, steps))
        return {name: [next(done) for _ in items] for name, items in lists.items()}

    return envelope(200, _all_or_none(call, run) if call.writer.collection.atomic else run())


def _batch_lists(call: Call) -> dict[str, list[Any]]:
    """The lists of a batch body, in the order of execution."""
    body, batched = call.body(), call.writer.collection.batched
    if not isinstance(body, dict):
        message = f"must be an object, not {shown(body)}"
        raise refuse(message, "")
    for name in body:
        if name not in BATCH_LISTS:
            message = f"{name}: is no list of a batch"
            raise refuse(message, f"/{name}")
    for name in BATCH_LISTS:
        if name not in body and name in batched:
            message = f"{name}: is required"
            raise refuse(message, f"/{name}")
        items = body.get(name, [])
        if not isinstance(items, list):
            message = f"{name}: must be a list, not {shown(items)}"
            raise refuse(message, f"/{name}")
        if len(items) > LARGEST_BATCH:
            message = f"{name}: must have at most {LARGEST_BATCH} items, not {len(items)}"
            raise refuse(message, f"/{name}")
        if items and name not in batched:
            message = f"{name}: this collection's batch takes {', '.join(sorted(batched))} only"
            raise refuse(message, f"/{name}")
    return {name: body.get(name, []) for name in BATCH_LISTS}


def _run(call: Call, steps: Sequence[tuple[Callable[[Call, Any, str], Entry], Any, str]]) -> list[Entry]:
    """Execute items one after the other; an item that fails ends it."""
    allowed = len(steps) if call.interruption is None else int(len(steps) * call.part)
    done = [step(call, item, at) for step, item, at in steps[:allowed]]
    if call.interruption is not None:
        raise call.interruption
    return done


def _all_or_none(call: Call, run: Callable[[], T]) -> T:
    before = call.writer.table.snapshot()
    try:
        return run()
    except ApiError:
        call.writer.table.restore(before)
        raise


def _delete(call: Call, item: Any, at: str) -> Entry:
    identity = call.writer.item_id(item, at)
    for name in item.keys() - {"id"}:
        message = f"{name}: is no field of a delete"
        raise refuse(message, f"{at}/{name}")
    return call.writer.remove(identity, at)


def _patch(call: Call, item: Any, at: str) -> Entry:
    return call.shown(call.writer.patch(call.writer.item_id(item, at), _without_id(item), at))


def _put(call: Call, item: Any, at: str) -> Entry:
    return call.shown(call.writer.replace(call.writer.item_id(item, at), _without_id(item), at))


def _post(call: Call, item: Any, at: str) -> Entry:
    return call.shown(call.writer.create(item, at))


def _without_id(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}


_STEPS = {"deletes": _delete, "patches": _patch, "puts": _put, "posts": _post}

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
    return OPERATIONS[name](call)
