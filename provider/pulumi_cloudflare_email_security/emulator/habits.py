"""Habits: what an account may do that no document says, each of them to be switched on, several at once.

Source: the last section of ``api.md``. A fault happens once or so many times; a habit lasts. A habit has its say at
one of the hooks where the emulator asks. Each is one function here: its name is the habit's, its docstring the
sentence that describes it, the decorator tells hook and values. It gets the subject of the hook, its values, and the
hook's context.
"""

from __future__ import annotations

import email.utils
import ipaddress
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeVar

from .catalogue import CONTRACTS, is_expression
from .contracts import Collection, Entry
from .faults import Fault, html_page
from .messages import (
    ApiError,
    EmulatorError,
    Problem,
    Response,
    answer,
    code_of,
    envelope,
    forbidden,
    no_route,
    not_allowed,
    refuse,
    refuse_field,
)

# Where the emulator asks: what is handed to a habit first, and in brackets what else it is told.
Hook = Literal[
    "store",  # the entry that a write leaves, from the one that was sent (collection, names just written)
    "created",  # the outputs of an entry that waits for a proof of ownership
    "answer",  # an entry as it is answered (collection)
    "written",  # the same, in answers to writes (collection)
    "status",  # the status word of a domain
    "reply",  # the answer to a write that succeeded
    "page",  # the piece of a list that is answered (how often the list was begun)
    "info",  # the result_info of a list (how many entries there are without filters)
    "lag",  # the seconds by which lists are late
    "route",  # the method, before its route is taken; raises what is answered instead (collection, place)
    "batch",  # the number of items in a batch or array; raises likewise
    "lists",  # the lists in which a batch takes items (collection)
    "steps",  # the items of a batch or array that are carried out, in order
    "several",  # what is answered for several items, in order
    "duplicate",  # the error for a natural key that exists already; none accepts it
    "error",  # an error before it is answered (the time)
    "edge",  # the fault of a write, none if no other hits it (how many writes there were)
]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a habit: a number of at least ``least``, or one of the ``choices``; ``default`` unless given."""

    name: str
    default: Any
    least: float = 0
    choices: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """How it is written."""
        return "|".join(self.choices) or self.name

    def read(self, text: str) -> Any:
        """The value that a text says, or a ``ValueError``."""
        if self.choices:
            return self.choices[self.choices.index(text)]
        number = type(self.default)(text)
        if not self.least <= number < float("inf"):
            raise ValueError
        return number


def word(*choices: str) -> Value:
    """A value that is one of several words, the first unless given."""
    return Value("", choices[0], choices=choices)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit; its values are written after ``NAME=``, with colons between them."""

    name: str
    description: str
    hook: Hook
    act: Callable[..., Any] = field(repr=False)
    values: tuple[Value, ...] = ()

    @property
    def form(self) -> str:
        """How it is switched on, with all its values."""
        return f"{self.name}={':'.join(value.form for value in self.values)}" if self.values else self.name

    @property
    def defaults(self) -> str:
        """The values that it has where none is given."""
        return ":".join(str(value.default) for value in self.values)

    def read(self, value: object) -> tuple[Any, ...]:
        """Its values, from True (the defaults), a tuple, or a text."""
        parts = [] if value is True or value == "" else _parts(value)
        try:
            given = [known.read(part) for known, part in zip(self.values, parts, strict=False)]
            if len(parts) > len(self.values):
                raise ValueError  # noqa: TRY301 - the message is the same for every cause
        except ValueError:
            wanted = f"is written {self.form}" if self.values else "has no value"
            raise EmulatorError(f"the habit {self.name} {wanted}, not {value!r}") from None
        return (*given, *(known.default for known in self.values[len(given) :]))


def _parts(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, tuple | list) else str(value).split(":")


class Habits(dict[str, tuple[Any, ...]]):
    """The habits that are on, with their values, in the order in which they are known; False or None is off."""

    def __init__(self, switched: Mapping[str, object]) -> None:
        known = {habit.name: habit for habit in HABITS}
        for name in switched:
            if name not in known:
                raise EmulatorError(f"there is no habit {name!r}; there are {', '.join(known)}")
        wanted = {name: value for name, value in switched.items() if value is not None and value is not False}
        super().__init__({name: habit.read(wanted[name]) for name, habit in known.items() if name in wanted})
        self._hooks: dict[str, list[tuple[Callable[..., Any], tuple[Any, ...]]]] = {}
        for name, values in self.items():
            self._hooks.setdefault(known[name].hook, []).append((known[name].act, values))

    def apply(self, hook: Hook, subject: T, *context: Any) -> T:
        """What those with a say at a hook make of a subject, one after the other."""
        for act, values in self._hooks.get(hook, ()):
            subject = act(subject, *values, *context)
        return subject


def written(texts: Iterable[str]) -> dict[str, object]:
    """What texts such as ``trim`` and ``page_cap=50`` switch on."""
    return {name: value or True for name, _, value in (text.partition("=") for text in texts)}


@dataclass(frozen=True, slots=True)
class Page:
    """The piece of a list that is answered.

    ``asked``: whether the size was asked for. ``told`` is the size it is said to have, ``shift`` what it skips.
    """

    number: int
    size: int
    asked: bool
    told: int
    shift: int = 0

    def of(self, entries: list[Entry]) -> list[Entry]:
        """Its entries."""
        start = (self.number - 1) * self.size + self.shift
        return entries[start : start + self.size]


Names = frozenset[str]

_habits: list[Habit] = []
_FREE_TEXT: Final = ("name", "comments", "notes")
_COLLECTIONS = dict.fromkeys(name for contract in CONTRACTS.values() for name in contract.collections)


def _habit(hook: Hook, *values: Value) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Make a function a habit."""

    def register(act: Callable[..., T]) -> Callable[..., T]:
        _habits.append(Habit(act.__name__, str(act.__doc__), hook, act, values))
        return act

    return register


# What is stored


def _rewritten(entry: Entry, names: Iterable[str], form: Callable[[str], str], collection: Collection) -> Entry:
    """An entry whose texts of these names, those in sets too, have another form."""
    changed: dict[str, Any] = {}
    for name in names:
        value = entry.get(name)
        if isinstance(value, str):
            changed[name] = form(value)
        elif isinstance(value, list) and (known := collection.field(name)) is not None and known.type is list:
            changed[name] = sorted({form(item) for item in value})
    return {**entry, **changed}


@_habit("store")
def trim(entry: Entry, collection: Collection, touched: Names) -> Entry:
    """Text is stored without blanks around it."""
    return _rewritten(entry, touched, str.strip, collection)


@_habit("store")
def composed(entry: Entry, collection: Collection, touched: Names) -> Entry:
    """Text is stored in Unicode's composed form (NFC)."""
    return _rewritten(entry, touched, lambda text: unicodedata.normalize("NFC", text), collection)


@_habit("store", word("lf", "crlf"))
def line_ends(entry: Entry, ends: str, collection: Collection, touched: Names) -> Entry:
    """Text is stored with other line ends."""
    end = {"lf": "\n", "crlf": "\r\n"}[ends]
    return _rewritten(entry, touched, lambda text: text.replace("\r\n", "\n").replace("\n", end), collection)


@_habit("store", word("addresses", "text"))
def lower_case(entry: Entry, which: str, collection: Collection, touched: Names) -> Entry:
    """Addresses and domains are stored in lower case, or names and remarks too."""
    names = {*(() if is_expression(entry) else collection.addresses), *(_FREE_TEXT if which == "text" else ())}
    return _rewritten(entry, touched & names, str.lower, collection)


@_habit("store")
def canonical_cidr(entry: Entry, collection: Collection, touched: Names) -> Entry:
    """IP addresses and CIDR blocks are stored in their canonical form, without host bits."""
    is_ip = entry.get("pattern_type") == "IP" and not is_expression(entry)
    return _rewritten(entry, touched & {"ip_restrictions", "pattern" if is_ip else ""}, _canonical, collection)


def _canonical(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False) if "/" in text else ipaddress.ip_address(text))


@_habit("created")
def zone_ownership(_created: Mapping[str, object]) -> Mapping[str, object]:
    """A domain that is created is active at once, and its verification answers 204."""
    return {}


# How entries are answered


@_habit("answer")
def null_lists(entry: Entry, _collection: Collection) -> Entry:
    """An empty list is answered as null."""
    return {name: None if value == [] else value for name, value in entry.items()}


@_habit("answer")
def empty_text(entry: Entry, collection: Collection) -> Entry:
    """Text that is null, or left out, is answered as an empty text."""
    names = [known.name for known in collection.fields if known.type is str]
    names += [name for name, fill in collection.outputs.items() if fill is None]
    return {**entry, **{name: "" for name in names if entry.get(name) is None}}


@_habit("answer")
def omit_empty(entry: Entry, _collection: Collection) -> Entry:
    """What is false, null or empty is left out of answers."""
    return {name: value for name, value in entry.items() if value}


@_habit("answer")
def old_times(entry: Entry, _collection: Collection) -> Entry:
    """Answers tell the last change as last_modified only."""
    kept = {name: value for name, value in entry.items() if name != "modified_at"}
    return {"last_modified": entry.get("modified_at"), **kept}


@_habit("status")
def lower_case_status(status: str) -> str:
    """The status of a domain is written in lower case."""
    return status.lower()


@_habit("written", word("id", "key"))
def partial_answers(entry: Entry, what: str, collection: Collection) -> Entry:
    """Answers to writes hold only the id of an entry, or the id and the natural key."""
    names = ("id", *collection.natural_key) if what == "key" else ("id",)
    return {name: entry[name] for name in names if name in entry}


@_habit("reply", word("body", "204", "null", "object"))
def bare_answers(response: Response, what: str) -> Response:
    """Answers to writes have no body, or are 204, or have a result of null or {}."""
    if what in {"body", "204"}:
        return answer(204 if what == "204" else response.status, b"", {})
    return envelope(response.status, {} if what == "object" else None)


# Lists


@_habit("page", Value("N", 50, least=1), word("told", "silent"))
def page_cap(page: Page, largest: int, told: str, _begun: int) -> Page:
    """A page has at most N entries, whatever per_page asks for; result_info tells, or is silent about it."""
    size = min(page.size, largest)
    return replace(page, size=size, told=page.told if told == "silent" else size)


@_habit("page", Value("N", 50, least=1))
def page_limit(page: Page, largest: int, _begun: int) -> Page:
    """A per_page above N is refused with 400."""
    if page.asked and page.size > largest:
        raise refuse_field("per_page", f"must be a number from 1 to {largest}")
    size = min(page.size, largest)
    return replace(page, size=size, told=size)


@_habit("page")
def moving_entries(page: Page, begun: int) -> Page:
    """An entry moves between the first page and the second: one is missing, the next time one comes twice."""
    return page if page.number == 1 else replace(page, shift=1 if begun % 2 else -1)


@_habit("info", word("missing", "text", "float", "page", "unfiltered", "beyond"))
def total_count(info: Mapping[str, Any], what: str, unfiltered: int) -> Mapping[str, Any]:
    """The total_count of lists is missing, a text, a float, the page's own count, unfiltered, or one too many."""
    rest = dict(info)
    total = rest.pop("total_count")
    others = {"text": str(total), "float": float(total), "page": info["count"], "unfiltered": unfiltered}
    return rest if what == "missing" else {**rest, "total_count": others.get(what, total + 1)}


@_habit("lag", Value("SECONDS", 5.0))
def list_lag(_seconds: float, seconds: float) -> float:
    """Lists show the account as it was SECONDS ago."""
    return seconds


# Batches


@_habit("batch", Value("N", 100, least=1), word("400", "413"))
def batch_limit(items: int, largest: int, status: str) -> int:
    """More than N items in a batch or array are refused, with 400 and no pointer or with 413."""
    if items > largest:
        raise refuse(
            "the request is too large" if status == "413" else f"at most {largest} items can be sent at once",
            status=int(status),
        )
    return items


@_habit("route", word("404", "405", "501", "403"), word("all", *_COLLECTIONS))
def batch_missing(method: str, status: str, where: str, collection: str, place: str) -> str:
    """There is no batch, of any collection or of one: POST /batch is answered with an error."""
    if (method, place) != ("POST", "/batch") or where not in {"all", collection}:
        return method
    missing = {"404": no_route(), "405": not_allowed(method, "DELETE", "GET", "PATCH"), "403": forbidden()}
    raise missing.get(status) or refuse("there is no batch", status=int(status))


@_habit("lists")
def batch_without_puts(lists: Sequence[str], collection: str) -> Sequence[str]:
    """Batches take nothing in puts, but for those of domains."""
    return [name for name in lists if name != "puts" or collection == "domains"]


@_habit("steps")
def batch_partial(steps: Sequence[T]) -> Sequence[T]:
    """Every second item of a batch or array is left undone, and only the others are answered, with 200."""
    return steps[::2]


@_habit("several")
def other_order(items: Sequence[T]) -> Sequence[T]:
    """Answers to batches and arrays come in reverse order."""
    return items[::-1]


# Errors


@_habit("duplicate", word("accept", "conflict", "bad_request", "taken"))
def duplicates(error: ApiError, what: str) -> ApiError | None:
    """A second entry with the same natural key is stored too, or refused: 409, or a 400 in one of two wordings."""
    if what == "accept":
        return None
    message = "has already been taken" if what == "taken" else str(error)
    return refuse(message, error.problems[0].pointer, status=409 if what == "conflict" else 400)


def _changed(error: ApiError, *problems: Problem, **changes: Any) -> ApiError:
    parts = {"status": error.status, "headers": error.headers, "page": error.page, **changes}
    return ApiError(parts.pop("status"), *(problems or error.problems), **parts)


@_habit("error")
def status_codes(error: ApiError, _now: float) -> ApiError:
    """Errors without a code of their own repeat the HTTP status as code."""
    own = code_of(error.status)
    return _changed(error, *(replace(each, code=error.status) if each.code == own else each for each in error.problems))


@_habit("error")
def html_errors(error: ApiError, _now: float) -> ApiError:
    """403 and 429 are HTML pages: a challenge, and error 1015."""
    return _changed(error, page=html_page(error.status)) if error.status in {403, 429} else error


@_habit("error")
def retry_after_date(error: ApiError, now: float) -> ApiError:
    """Retry-After is an HTTP date."""
    if "Retry-After" not in error.headers:
        return error
    date = email.utils.formatdate(now + int(error.headers["Retry-After"]), usegmt=True)
    return _changed(error, headers={**error.headers, "Retry-After": date})


@_habit("error")
def errors_as_200(error: ApiError, _now: float) -> ApiError:
    """Errors are answered under 200, with success false."""
    return _changed(error, status=200)


@_habit("edge", word("524", "504", "520", "522"), Value("SECONDS", 0.0), Value("N", 3, least=1))
def edge_timeouts(fault: Fault | None, status: str, seconds: float, every: int, writes: int) -> Fault | None:
    """Every Nth write is answered by the edge as timed out; the origin carries it out, SECONDS later."""
    if fault is not None or writes % every:
        return fault
    return Fault("server_error", status=int(status), body="html", applied=True, late=seconds)


HABITS: Final = tuple(_habits)
"""Every habit, in the order in which they act where several have a say at one hook."""
