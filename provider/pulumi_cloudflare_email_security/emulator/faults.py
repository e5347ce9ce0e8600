"""Faults on demand: which request they hit, and what goes wrong with it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

from .messages import JSON_HEADERS, ApiError, EmulatorError, Response, answer, forbidden, rate_limited, refuse

Kind = Literal[
    "rate_limited",
    "forbidden",
    "server_error",
    "refused",
    "cut_before",
    "cut_after",
    "half_answer",
    "slow",
    "malformed",
    "batch_partial",
    "batch_rolled_back",
]
Body = Literal["json", "html", "empty"]

# The statuses that a kind may answer with; its own comes first.
_STATUSES: Final[Mapping[str, Sequence[int]]] = {
    "server_error": (500, 502, 503, 504, 520, 522, 524),
    "batch_partial": (500, *range(400, 600)),
    "batch_rolled_back": (500, *range(400, 600)),
}
_STOPPING: Final = frozenset({"rate_limited", "forbidden", "refused", "cut_before"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, with which requests, how often.

    ``kind``:

    - ``rate_limited``: 429, with ``Retry-After`` where ``retry_after`` (seconds) is given; nothing applied
    - ``forbidden``: a passing 403 with code 10000; nothing applied
    - ``server_error``: ``status`` 500, 502, 503, 504, 520, 522 or 524; the write took effect where ``applied``
    - ``refused``: the connection is refused, nothing was sent, nothing logged
    - ``cut_before``, ``cut_after``: the connection is cut before the API acts or after it
    - ``half_answer``: applied, and half of the answer arrives
    - ``slow``: applied, answered after ``delay`` seconds
    - ``malformed``: applied, answered with 200 and a body that is no JSON
    - ``batch_partial``: where a batch or bulk delete is not atomic: a ``part`` of it is applied, then ``status``
    - ``batch_rolled_back``: an atomic batch: nothing applied, ``status``

    The ``body`` of the first three is json, html or empty. Where ``late`` is given, the write of a ``server_error`` or
    ``cut_after`` takes effect only so many seconds after its answer.
    ``operation`` is matched (``*`` and ``?``) against names such as ``POST block_senders`` or
    ``PATCH allow_policies/{id}``. The fault lets ``after`` matching requests pass, then hits ``times`` requests
    (all, where None), each with this ``probability``.
    """

    kind: Kind
    operation: str = "*"
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    retry_after: int | None = None
    status: int | None = None
    body: Body = "json"
    applied: bool = False
    delay: float = 0.0
    part: float = 0.5
    late: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.kind not in get_args(Kind):
            raise EmulatorError(f"there is no {self.kind} fault; there are {', '.join(get_args(Kind))}")
        checks = {
            "operation": isinstance(self.operation, str) and bool(self.operation),
            "times": self.times is None or _whole(self.times, 1),
            "after": _whole(self.after, 0),
            "probability": _number(self.probability) and self.probability <= 1,
            "retry_after": self.retry_after is None or _whole(self.retry_after, 0),
            "status": self.status is None or (_whole(self.status, 0) and self.status in _STATUSES.get(self.kind, ())),
            "body": self.body in get_args(Body),
            "applied": isinstance(self.applied, bool),
            "delay": _number(self.delay) and (self.delay > 0) is (self.kind == "slow"),
            "part": _number(self.part) and self.part <= 1,
            "late": _number(self.late) and (not self.late or self.applied or self.kind == "cut_after"),
        }
        for name, right in checks.items():
            if not right:
                raise EmulatorError(f"a {self.kind} fault cannot have {name} {getattr(self, name)!r}")

    @classmethod
    def from_json(cls, value: object) -> Fault:
        """The fault that a JSON object describes."""
        if not isinstance(value, dict) or "kind" not in value:
            raise EmulatorError("a fault is an object with a kind")
        known = {field.name for field in fields(cls)}
        for name in value.keys() - known:
            raise EmulatorError(f"a fault has no {name!r}; it has {', '.join(sorted(known))}")
        return cls(**value)

    def as_json(self) -> dict[str, Any]:
        """The JSON object that describes it."""
        return asdict(self)

    @property
    def stops(self) -> bool:
        """Whether the request never gets to the API's own code."""
        return self.kind in _STOPPING or (self.kind == "server_error" and not self.applied)

    @property
    def interruption(self) -> ApiError | None:
        """The error with which it ends a batch midway, if that is what it does."""
        if self.kind not in {"batch_partial", "batch_rolled_back"}:
            return None
        return refuse("the batch failed", status=self._answer_status)

    def stop(self) -> Response:
        """The answer to a request that it keeps from the API, which may be an :class:`ApiError`."""
        if self.kind in {"refused", "cut_before"}:
            return Response(0, {}, b"", broken="refused" if self.kind == "refused" else "cut")
        raise self._error()

    def spoil(self, response: Response) -> Response:
        """What arrives of the API's answer, which may be an :class:`ApiError`."""
        match self.kind:
            case "server_error":
                raise self._error()
            case "malformed":
                return answer(200, b'{"success": true, "result": [{', JSON_HEADERS)
            case "cut_after":
                return replace(response, body=b"", broken="cut")
            case "half_answer":
                return replace(response, body=response.body[: len(response.body) // 2], broken="half")
            case "slow":
                return replace(response, delay=self.delay)
        return response

    def _error(self) -> ApiError:
        if self.kind == "rate_limited":
            error = rate_limited(self.retry_after)
        elif self.kind == "forbidden":
            error = forbidden()
        else:
            error = refuse("Internal error", status=self._answer_status)
        error.page = {"json": None, "html": html_page(error.status), "empty": ""}[self.body]
        return error

    @property
    def _answer_status(self) -> int:
        return self.status or _STATUSES[self.kind][0]


def html_page(status: int) -> str:
    """The page with which the edge answers in the API's place."""
    titles = {403: "Just checking that you are human", 429: "Error 1015: you are being rate limited"}
    return f"<html><head><title>{titles.get(status, f'Error {status}')}</title></head><body></body></html>\n"


def _whole(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


@dataclass(slots=True)
class _Set:
    fault: Fault
    passed: int = 0
    fired: int = 0


class Faults:
    """The faults that are set. The first that hits a request is the one it gets; ``seed`` is that of the dice."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - dice, not secrets
        self._lock = threading.Lock()
        self._set: list[_Set] = []

    def __len__(self) -> int:
        """How many are set, those that have had their times included."""
        return len(self._set)

    def __iter__(self) -> Iterator[Fault]:
        """Go through them in the order they were set."""
        return iter([each.fault for each in self._set])

    def append(self, fault: Fault) -> None:
        """Set one more."""
        with self._lock:
            self._set.append(_Set(fault))

    def clear(self) -> None:
        """Set none."""
        with self._lock:
            self._set.clear()

    def hit(self, operation: str, *, batch: Literal["atomic", "loose"] | None) -> Fault | None:
        """The fault that this request gets, if any; batch faults hit batches of their sort only."""
        with self._lock:
            for each in self._set:
                if self._hits(each, operation, batch):
                    each.fired += 1
                    return each.fault
        return None

    def _hits(self, each: _Set, operation: str, batch: str | None) -> bool:
        fault = each.fault
        wanted = {"batch_partial": "loose", "batch_rolled_back": "atomic"}.get(fault.kind, batch)
        if wanted != batch or not fnmatchcase(operation, fault.operation):
            return False
        if fault.times is not None and each.fired >= fault.times:
            return False
        each.passed += 1
        return each.passed > fault.after and self._random.random() < fault.probability
