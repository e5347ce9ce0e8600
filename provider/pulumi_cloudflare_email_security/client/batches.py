"""What became of each item of a request that changes many: told by id or natural key, never by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from .errors import (
    AmbiguousError,
    EmailSecurityError,
    IncompleteAnswerError,
    InvalidRequestError,
    NoSuchRouteError,
    RequestError,
)
from .habits import Habits
from .pages import Entry, entry_id

Key: TypeAlias = Hashable
KeyOf: TypeAlias = Callable[[Mapping[str, Any]], Key]
T = TypeVar("T")
#: The lists of a batch, in the order in which they are carried out.
ALL_LISTS: Final = ("deletes", "patches", "puts", "posts")


@dataclass(slots=True)
class BatchOutcome:
    """What became of the items of one request, or of the pieces it had to be sent in.

    What stands in none of these was certainly not done.

    Attributes:
        changed: the changed entries by id.
        created: the created entries by natural key.
        deleted: the ids of the deleted entries.
        unknown_ids: the ids of changes and deletes that the answer does not account for.
        unknown_keys: the natural keys of creates that it does not account for.
        nameless: the ids of created entries of which the answer does not tell the natural key.
        error: what ended it before everything was sent.
        in_part: whether an answered entry leaves out text that was sent.

    """

    changed: dict[str, Entry] = field(default_factory=dict)
    created: dict[Key, Entry] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unknown_ids: set[str] = field(default_factory=set)
    unknown_keys: set[Key] = field(default_factory=set)
    nameless: set[str] = field(default_factory=set)
    error: EmailSecurityError | None = None
    in_part: bool = False

    @property
    def done(self) -> int:
        """How many items were certainly carried out."""
        return len(self.changed) + len(self.created) + len(self.deleted)

    @property
    def unknown(self) -> int:
        """How many items may or may not have been carried out."""
        return len(self.unknown_ids) + len(self.unknown_keys)

    def include(self, other: BatchOutcome) -> None:
        """Add what became of other items."""
        self.changed |= other.changed
        self.created |= other.created
        self.deleted |= other.deleted
        self.unknown_ids |= other.unknown_ids
        self.unknown_keys |= other.unknown_keys
        self.nameless |= other.nameless
        self.error = self.error or other.error
        self.in_part = self.in_part or other.in_part

    def raise_for_rest(self, request: str) -> None:
        """Raise what stands in the way of the items that are not done.

        Raises:
            EmailSecurityError: what ended it early.
            IncompleteAnswerError: the answer does not account for every item.

        """
        if self.error is not None:
            raise self.error
        if self.unknown:
            raise IncompleteAnswerError(
                f"{request}: the answer accounts for {self.done} of {self.done + self.unknown} items"
            )


def wire(kind: str, item: Any) -> dict[str, Any]:
    """An item of a batch as it is sent."""
    if kind == "deletes":
        return {"id": wire_id(item)}
    return {"id": wire_id(item[0]), **item[1]} if kind == "patches" else dict(item)


def wire_id(id_: str) -> int | str:
    """An id as it stands in a body: a number where the API's ids are numbers (2025), else a string."""
    return int(id_) if id_.isdecimal() and id_.isascii() else id_


def is_entry(item: object) -> bool:
    """Whether an answer's item is an entry: an object with a usable id."""
    return isinstance(item, dict) and is_id(item.get("id"))


def is_id(value: object) -> bool:
    """Whether a value can be the id of an entry."""
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) not in {"", ".", ".."}


def leaves_out_text(answered: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether an answered entry does not tell how a text that was sent is stored."""
    return any(answered.get(name) is None for name, value in sent.items() if isinstance(value, str) and value)


def match_deletes(sent: Iterable[str], answer: object) -> BatchOutcome:
    """What became of deletes; the answer names ids, as objects or bare."""
    answered = {str(id_) for item in _items(answer) if is_id(id_ := item.get("id") if isinstance(item, dict) else item)}
    ids = {*sent}
    return BatchOutcome(deleted=ids & answered, unknown_ids=ids - answered)


def match_patches(sent: Sequence[tuple[str, Mapping[str, Any]]], answer: object) -> BatchOutcome:
    """What became of changes: what is absent in an answered entry is as sent."""
    answered = {entry_id(item): item for item in _items(answer) if is_entry(item)}
    return BatchOutcome(
        changed={id_: {**fields, **answered[id_]} for id_, fields in sent if id_ in answered},
        unknown_ids={id_ for id_, _ in sent if id_ not in answered},
        in_part=any(leaves_out_text(answered[id_], fields) for id_, fields in sent if id_ in answered),
    )


def match_posts(sent: Sequence[Mapping[str, Any]], answer: object, key_of: KeyOf) -> BatchOutcome:
    """What became of creates: what is absent in an answered entry is as sent.

    Two answers for one key tell nothing, nor does one for two creates of it.
    """
    if not sent:
        return BatchOutcome()
    answered: dict[Key, list[Entry]] = {}
    for item in _items(answer):
        if is_entry(item):
            answered.setdefault(key_of(item), []).append(item)
    outcome = BatchOutcome()
    keys = [*map(key_of, sent)]
    wanted = Counter(keys)
    for key, fields in zip(keys, sent, strict=True):
        found = answered.get(key, [])
        if len(found) == wanted[key] == 1:
            outcome.created[key] = {**fields, **found[0]}
            outcome.in_part = outcome.in_part or leaves_out_text(found[0], fields)
        else:
            outcome.unknown_keys.add(key)
    if outcome.unknown_keys:
        named = {entry_id(entry) for entry in outcome.created.values()}
        outcome.nameless = {entry_id(item) for item in _items(answer) if is_entry(item)} - named
    return outcome


def match(items: Mapping[str, Sequence[Any]], answer: Mapping[str, Any], key_of: KeyOf) -> BatchOutcome:
    """What became of a batch, list by list; of what the answer leaves out nobody can tell."""
    outcome = match_deletes(items.get("deletes", ()), answer.get("deletes"))
    outcome.include(match_patches(items.get("patches", ()), answer.get("patches")))
    outcome.include(match_posts(items.get("posts", ()), answer.get("posts"), key_of))
    return outcome


def _items(answer: object) -> list[Any]:
    return answer if isinstance(answer, list) else []


def may_be_too_large(error: InvalidRequestError) -> bool:
    """Whether a refusal may be for the number of items: 413, or one that points at no item (maybe in a 200)."""
    plain = error.status in {400, 422} or 200 <= error.status < 300
    return error.status == 413 or (plain and not any(problem.pointer for problem in error.problems))


def in_pieces(
    items: Sequence[T],
    habits: Habits,
    *,
    many: Callable[[Sequence[T]], BatchOutcome],
    one: Callable[[T], BatchOutcome],
    unknown: Callable[[Sequence[T]], BatchOutcome],
) -> BatchOutcome:
    """Send items of one kind together, in halves where that is refused, in the end one by one.

    What size passes is learned, unless it was an item by itself that was refused.

    Args:
        items: what to send, not empty.
        habits: where the size is learned.
        many: sends several items.
        one: sends one item without a batch.
        unknown: the outcome of items of which nobody can tell.

    Raises:
        RequestError: the first request was refused, or lost, for another reason than its size.

    """
    try:
        return many(items)
    except InvalidRequestError as error:
        if not may_be_too_large(error):
            raise
        size = len(items) // 2
        if error.status == 413:
            habits.batch_size = min(habits.batch_size, max(1, size))
    outcome = BatchOutcome()
    rest = [*items]
    while rest:
        piece, rest = rest[: max(1, size)], rest[max(1, size) :]
        try:
            outcome.include(many(piece) if size else one(piece[0]))
        except RequestError as error:
            if size and (smaller := _smaller(error, len(piece))) is not None:
                rest, size = [*piece, *rest], smaller
                continue
            if isinstance(error, AmbiguousError):
                outcome.include(unknown(piece))
            outcome.error = error
            return outcome
    habits.batch_size = min(habits.batch_size, max(1, size))
    return outcome


def _smaller(error: RequestError, sent: int) -> int | None:
    """How many items may pass where so many were refused, 0 for one by one; None where fewer would not either."""
    if isinstance(error, NoSuchRouteError):
        return 0
    return sent // 2 if isinstance(error, InvalidRequestError) and may_be_too_large(error) else None
