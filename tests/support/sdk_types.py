"""What Cloudflare's official SDK says of requests: its parameter types, and a check of what was sent against them.

The SDK is another reading of the API's description, by nobody here. `problems` takes any request of a request log
that keeps bodies (`Emulator(log_bodies=True)`), and what `recorded` makes of any other request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import cloudflare
from cloudflare import Cloudflare
from cloudflare.types.email_security import settings as sdk

from pulumi_cloudflare_email_security.emulator.core import parse
from pulumi_cloudflare_email_security.emulator.messages import Record, Request

VERSION = cloudflare.__version__

# What the newest documentation has and the SDK has not yet.
NEWER_FIELDS = {"content_policies": {"expires_at"}}
# What the SDK still has and the documentation calls at the end of its life: read, never written.
ENDED_FIELDS = {"allow_policies": {"is_recipient", "is_sender", "is_spoof"}}

# The SDK's methods by operation.
METHODS = {
    "GET": "list",
    "POST": "create",
    "GET /{id}": "get",
    "PATCH /{id}": "edit",
    "PUT /{id}": "update",
    "DELETE /{id}": "delete",
    "DELETE": "bulk_delete",
    "POST /batch": "batch",
}
_IDS = {"id": Required[str]}


def collections() -> dict[str, frozenset[str]]:
    """The collections of settings that the SDK knows, and the methods that it has for each."""
    with Cloudflare(api_token="none") as client:
        settings = client.email_security.settings
        names = [name for name in dir(type(settings)) if not name.startswith(("_", "with_"))]
        return {
            name: frozenset(method for method in METHODS.values() if hasattr(getattr(settings, name), method))
            for name in names
            if hasattr(getattr(settings, name), "list")
        }


def type_of(collection: str, what: str) -> Any:
    """A type of the SDK, such as `CreateParams` or `GetResponse` of `block_senders`; None where it has none."""
    plain = collection.replace("_", "")
    stems = {plain, plain.removesuffix("s"), plain.removesuffix("ies") + "y"}
    names = [name for name in dir(sdk) if name.endswith(what) and name.removesuffix(what).lower() in stems]
    return getattr(sdk, names[0]) if names else None


def fields_of(kind: Any) -> dict[str, Any]:
    """The fields of a type, with their hints; the account, which is in the path, is none."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint for name, hint in hints.items() if name != "account_id"}


def is_required(hint: Any) -> bool:
    """Whether a field has to be there."""
    return get_origin(hint) is Required


def takes_null(hint: Any) -> bool:
    """Whether null is a value of a field."""
    return type(None) in get_args(_bare(hint))


def choices_of(hint: Any) -> set[str]:
    """The words that a field may be, or hold; none where it may be any."""
    hint = _bare(hint)
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return {word for argument in get_args(hint) for word in choices_of(argument)}


def problems(record: Record) -> list[str]:
    """What is wrong with the body of a request in the SDK's eyes, by JSON pointer; nothing where all is well."""
    method, _, where = record.operation.partition(" ")
    collection, slash, rest = where.partition("/")
    operation = f"{method} {slash}{rest}".strip()
    if not record.body:
        return [] if METHODS.get(operation) in {"list", "get", "delete", None} else ["a body is missing"]
    body = json.loads(record.body)
    shape = _shape(collection, operation)
    if shape is None:
        return [f"{record.operation} takes no body"]
    if isinstance(body, list) and (collection, operation) == ("trusted_domains", "POST"):
        return [problem for index, item in enumerate(body) for problem in _wrong(item, shape, f"/{index}")]
    return list(_wrong(body, shape, ""))


def recorded(request: Request) -> Record:
    """A request as a log that keeps bodies has it."""
    route = parse(request.path)
    operation = route.operation(request.method) if route else request.method
    return Record(request.method, operation, request.path, 0, request.body)


def assert_known(records: Iterable[Record]) -> None:
    """Every request is one that the SDK could have sent."""
    found = {f"{record.operation}: {problem}" for record in records for problem in problems(record)}
    assert not found, f"unknown to the SDK {VERSION}: {sorted(found)}"


def _shape(collection: str, operation: str) -> Any:
    """The type of a body: a type of the SDK, or fields with their hints."""
    match operation:
        case "DELETE":
            return list[_Fields(_IDS)]  # type: ignore[misc] # made at run time
        case "POST /batch":
            return _Fields(_batch(collection))
        case "POST" | "PATCH /{id}" | "PUT /{id}":
            params = type_of(collection, f"{METHODS[operation].title()}Params")
            return None if params is None else _Fields(_writable(collection, fields_of(params)))
    return None


def _batch(collection: str) -> dict[str, Any]:
    params = type_of(collection, "BatchParams")
    if collection == "sending_domain_restrictions":
        # Of the OpenAPI description, which has deletes only.
        return {"deletes": Required[list[_Fields(_IDS)]]}  # type: ignore[misc]
    if params is None:
        # Likewise: the shape of the others, of what the collection's own operations take.
        create, edit = (fields_of(type_of(collection, f"{what}Params")) for what in ("Create", "Edit"))
        items = {"deletes": _IDS, "patches": edit | _IDS, "puts": create | _IDS, "posts": create}
    else:
        items = {name: fields_of(get_args(_bare(hint))[0]) for name, hint in fields_of(params).items()}
        # Ids of unknown type are missing in what the SDK generates.
        items = {name: item if name == "posts" else item | _IDS for name, item in items.items()}
    return {name: Required[list[_Fields(_writable(collection, item))]] for name, item in items.items()}  # type: ignore[misc]


def _writable(collection: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    ended = ENDED_FIELDS.get(collection, set())
    newer = dict.fromkeys(NEWER_FIELDS.get(collection, ()), str | None)
    return {**newer, **{name: hint for name, hint in fields.items() if name not in ended}}


class _Fields:
    """An object of these fields, as a type."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def __call__(self) -> None:
        """Types are callable; this one is for hints only."""


def _bare(hint: Any) -> Any:
    while get_origin(hint) in {Required, NotRequired, Annotated}:
        hint = get_args(hint)[0]
    return hint


def _wrong(value: Any, hint: Any, at: str) -> Iterator[str]:
    """What is wrong with a value of a type."""
    hint = _bare(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, _Fields):
        yield from _wrong_object(value, hint.fields, at)
    elif origin is Literal:
        if value not in arguments:
            yield f"{at}: {value!r} is none of {arguments}"
    elif origin in {Union, UnionType}:
        if all(any(_wrong(value, argument, at)) for argument in arguments):
            yield f"{at}: {value!r} is none of {arguments}"
    elif origin is None:
        if type(value) is not (str if hint is datetime else hint):
            yield f"{at}: {value!r} is no {hint}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _wrong(item, arguments[0], f"{at}/{index}")
    else:
        yield f"{at}: {value!r} is no list"


def _wrong_object(value: Any, fields: Mapping[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no object"
        return
    for name, item in value.items():
        if name in fields:
            yield from _wrong(item, fields[name], f"{at}/{name}")
        else:
            yield f"{at}/{name}: is no field"
    for name, hint in fields.items():
        if is_required(hint) and name not in value:
            yield f"{at}/{name}: is missing"
