"""Habits: what an account may do that no document says, each of them to be switched on, several at once.

Source: the last section of ``api.md``. A fault happens once or so many times; a habit lasts. Each is one row of
:data:`HABITS`; what the hooks are is told in :mod:`.hooks`.
"""

from __future__ import annotations

import email.utils
import ipaddress
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from .catalogue import CONTRACTS
from .contracts import Collection, Entry, is_expression
from .faults import Fault, html_page
from .hooks import Habit, Value
from .lists import Page
from .messages import ApiError, Problem, Response, answer, code_of, envelope, refuse
from .routes import forbidden, no_route, not_allowed


def _texts(form: Callable[..., str]) -> Callable[..., Entry]:
    """A hook that brings every text just written into a form."""

    def act(entry: Entry, *values_and_context: Any) -> Entry:
        *values, collection, touched = values_and_context
        return _rewritten(entry, touched, lambda _, text: form(text, *values), collection)

    return act


def _rewritten(entry: Entry, names: Iterable[str], form: Callable[[str, str], str], collection: Collection) -> Entry:
    """An entry whose texts of these names, those in sets too, have another form."""
    changed: dict[str, Any] = {}
    for name in names:
        value = entry.get(name)
        if isinstance(value, str):
            changed[name] = form(name, value)
        elif isinstance(value, list) and (known := collection.field(name)) is not None and known.type is list:
            changed[name] = sorted({form(name, item) for item in value})
    return {**entry, **changed}


def _lower_case(entry: Entry, collection: Collection, touched: frozenset[str]) -> Entry:
    addresses = [name for name in collection.addresses if name in touched and not is_expression(entry)]
    return _rewritten(entry, addresses, lambda _, text: text.lower(), collection)


def _line_ends(text: str, ends: str) -> str:
    lines = text.replace("\r\n", "\n")
    return lines.replace("\n", "\r\n") if ends == "crlf" else lines


def _canonical_cidr(entry: Entry, collection: Collection, touched: frozenset[str]) -> Entry:
    is_ip = entry.get("pattern_type") == "IP" and not is_expression(entry)
    names = {"ip_restrictions", *(["pattern"] if is_ip else [])}
    return _rewritten(entry, names & touched, lambda _, text: _canonical(text), collection)


def _canonical(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False) if "/" in text else ipaddress.ip_address(text))
    except ValueError:  # stored by somebody who goes by no rule
        return text


def _empty_text(entry: Entry, collection: Collection) -> Entry:
    names = [known.name for known in collection.fields if known.type is str]
    names += [name for name, fill in collection.outputs.items() if fill is None]
    return {**entry, **{name: "" for name in names if entry.get(name) is None}}


def _partial_answers(entry: Entry, what: str, collection: Collection) -> Entry:
    names = ("id", *collection.natural_key) if what == "key" else ("id",)
    return {name: entry[name] for name in names if name in entry}


def _old_times(entry: Entry, _collection: Collection) -> Entry:
    if "modified_at" not in entry:
        return entry
    kept = {name: value for name, value in entry.items() if name != "modified_at"}
    return {**kept, "last_modified": entry["modified_at"]}


def _page_cap(page: Page, largest: int, told: str, _begun: int) -> Page:
    size = min(page.size, largest)
    return replace(page, size=size, told=page.told if told == "silent" else size)


def _page_limit(page: Page, largest: int, _begun: int) -> Page:
    if page.size > largest:
        message = f"per_page: must be a number from 1 to {largest}"
        raise refuse(message, "/per_page")
    return page


def _moving_entries(page: Page, _begun: int) -> Page:
    """Between the first page and the second an entry moves forward, and the next time one moves back."""
    if page.number == 1:
        return page
    return replace(page, shift=1 if _begun % 2 else -1)


def _total_count(info: Mapping[str, Any], what: str, unfiltered: int) -> Mapping[str, Any]:
    total = info["total_count"]
    totals = {
        "text": str(total),
        "float": float(total),
        "page": info["count"],
        "unfiltered": unfiltered,
        "beyond": total + 1,
    }
    rest = {name: value for name, value in info.items() if name != "total_count"}
    return rest if what == "missing" else {**rest, "total_count": totals[what]}


def _batch_limit(items: int, largest: int, status: str) -> int:
    if items > largest:
        message = "the request is too large" if status == "413" else f"at most {largest} items can be sent at once"
        raise refuse(message, status=int(status))
    return items


def _batch_missing(method: str, status: str, where: str, collection: str, place: str) -> str:
    if (method, place) != ("POST", "/batch") or where not in {"all", collection}:
        return method
    match status:
        case "404":
            raise no_route()
        case "403":
            raise forbidden()
        case "405":
            raise not_allowed(method, "DELETE", "GET", "PATCH")
    message = "there is no batch"
    raise refuse(message, status=int(status))


def _duplicates(error: ApiError | None, what: str) -> ApiError | None:
    if error is None or what == "accept":
        return None
    (problem,) = error.problems
    if what == "taken":
        problem = replace(problem, message="has already been taken")
    status = 409 if what == "conflict" else 400
    return ApiError(status, replace(problem, code=code_of(status)))


def _changed(error: ApiError, **changes: Any) -> ApiError:
    parts = {"status": error.status, "headers": error.headers, "page": error.page, **changes}
    return ApiError(parts.pop("status"), *parts.pop("problems", error.problems), **parts)


def _status_codes(error: ApiError, _now: float) -> ApiError:
    def repeated(problem: Problem) -> Problem:
        return replace(problem, code=error.status) if problem.code == code_of(error.status) else problem

    return _changed(error, problems=[repeated(problem) for problem in error.problems])


def _html_errors(error: ApiError, _now: float) -> ApiError:
    return _changed(error, page=html_page(error.status)) if error.status in {403, 429} else error


def _retry_after_date(error: ApiError, now: float) -> ApiError:
    seconds = error.headers.get("Retry-After")
    if seconds is None:
        return error
    return _changed(
        error, headers={**error.headers, "Retry-After": email.utils.formatdate(now + int(seconds), usegmt=True)}
    )


def _bare_answers(response: Response, what: str) -> Response:
    if what == "body":
        return answer(response.status, b"", {})
    return envelope(response.status, {} if what == "object" else None)


def _edge_timeouts(fault: Fault | None, status: str, seconds: float, every: int, writes: int) -> Fault | None:
    if fault is not None or writes % every:
        return fault
    return Fault("server_error", status=int(status), body="html", applied=True, late=seconds)


_COLLECTIONS = tuple(dict.fromkeys(name for contract in CONTRACTS.values() for name in contract.collections))

HABITS: Final = (
    Habit("trim", "Text is stored without blanks around it.", "store", _texts(str.strip)),
    Habit(
        "composed",
        "Text is stored in Unicode's composed form (NFC).",
        "store",
        _texts(lambda text: unicodedata.normalize("NFC", text)),
    ),
    Habit(
        "line_ends",
        "Text is stored with other line ends.",
        "store",
        _texts(_line_ends),
        (Value("ENDS", "lf", choices=("lf", "crlf")),),
    ),
    Habit("lower_case", "Addresses and domains are stored in lower case.", "store", _lower_case),
    Habit(
        "canonical_cidr",
        "IP addresses and CIDR blocks are stored in their canonical form, without host bits.",
        "store",
        _canonical_cidr,
    ),
    Habit(
        "null_lists",
        "An empty list is answered as null.",
        "answer",
        lambda entry, _: {name: None if value == [] else value for name, value in entry.items()},
    ),
    Habit("empty_text", "Text that is null, or left out, is answered as an empty text.", "answer", _empty_text),
    Habit(
        "omit_empty",
        "What is false, null or empty is left out of answers.",
        "answer",
        lambda entry, _: {name: value for name, value in entry.items() if value},
    ),
    Habit("old_times", "Answers tell the last change as last_modified only.", "answer", _old_times),
    Habit(
        "lower_case_status",
        "The status of a domain is written in lower case.",
        "status",
        lambda word: word.lower(),
    ),
    Habit(
        "partial_answers",
        "Answers to writes hold only the id of an entry, or the id and the natural key.",
        "written",
        _partial_answers,
        (Value("WHAT", "id", choices=("id", "key")),),
    ),
    Habit(
        "bare_answers",
        "Answers to writes have no body, or a result of null or {}.",
        "reply",
        _bare_answers,
        (Value("WHAT", "body", choices=("body", "null", "object")),),
    ),
    Habit(
        "zone_ownership",
        "A domain that is created is active at once, and its verification answers 204.",
        "created",
        lambda _: {},
    ),
    Habit(
        "page_cap",
        "A page has at most N entries, whatever per_page asks for; result_info tells, or is silent about it.",
        "page",
        _page_cap,
        (Value("N", 50, least=1), Value("TELLS", "told", choices=("told", "silent"))),
    ),
    Habit("page_limit", "A per_page above N is refused with 400.", "page", _page_limit, (Value("N", 50, least=1),)),
    Habit(
        "moving_entries",
        "An entry moves between the first page and the second: one is missing, the next time one comes twice.",
        "page",
        _moving_entries,
    ),
    Habit(
        "total_count",
        "The total_count of lists is missing, a text, a float, the page's own count, unfiltered, or one too many.",
        "info",
        _total_count,
        (Value("WHAT", "missing", choices=("missing", "text", "float", "page", "unfiltered", "beyond")),),
    ),
    Habit(
        "list_lag",
        "Lists show the account as it was SECONDS ago.",
        "lag",
        lambda _, seconds: seconds,
        (Value("SECONDS", 5.0),),
    ),
    Habit(
        "batch_limit",
        "More than N items in a batch or array are refused, with 400 and no pointer or with 413.",
        "batch",
        _batch_limit,
        (Value("N", 100, least=1), Value("STATUS", "400", choices=("400", "413"))),
    ),
    Habit(
        "batch_missing",
        "There is no batch, of any collection or of one: POST /batch is answered with an error.",
        "route",
        _batch_missing,
        (
            Value("STATUS", "404", choices=("404", "405", "501", "403")),
            Value("COLLECTION", "all", choices=("all", *_COLLECTIONS)),
        ),
    ),
    Habit(
        "batch_without_puts",
        "Batches take nothing in puts, but for those of domains.",
        "lists",
        lambda lists, name: lists if name == "domains" else tuple(each for each in lists if each != "puts"),
    ),
    Habit(
        "batch_partial",
        "Every second item of a batch or array is left undone, and only the others are answered, with 200.",
        "steps",
        lambda steps: steps[::2],
    ),
    Habit("other_order", "Answers to batches and arrays come in reverse order.", "several", lambda items: items[::-1]),
    Habit(
        "duplicates",
        "What a second entry with the same natural key gets: 409, a 400 in one of two wordings, or a place beside it.",
        "duplicate",
        _duplicates,
        (Value("WHAT", "accept", choices=("conflict", "bad_request", "taken", "accept")),),
    ),
    Habit("status_codes", "Errors without a code of their own repeat the HTTP status as code.", "error", _status_codes),
    Habit("html_errors", "403 and 429 are HTML pages: a challenge, and error 1015.", "error", _html_errors),
    Habit("retry_after_date", "Retry-After is an HTTP date.", "error", _retry_after_date),
    Habit(
        "errors_as_200",
        "Errors are answered under 200, with success false.",
        "error",
        lambda error, _: _changed(error, status=200),
    ),
    Habit(
        "edge_timeouts",
        "Every Nth write is answered by the edge as timed out; the origin carries it out, SECONDS later.",
        "edge",
        _edge_timeouts,
        (
            Value("STATUS", "524", choices=("504", "520", "522", "524")),
            Value("SECONDS", 0.0),
            Value("N", 3, least=1),
        ),
    ),
)
"""Every habit, in the order in which they act where several have a say at one hook."""
