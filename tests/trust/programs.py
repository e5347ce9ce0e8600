"""What random programs are made of: entries of every setting, resources, edits, drift and faults.

The resources of a kind share a pool of natural keys, so that entries move between them; an entry has one owner at a
time. Strangers use any of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from hypothesis import strategies as st

from pulumi_cloudflare_email_security.emulator import Fault
from pulumi_cloudflare_email_security.emulator.faults import Kind
from trust.world import PLURAL

Fields: TypeAlias = dict[str, Any]

COMMENTS: Final = ("first", "second", "")


def _pattern(name: str, look: int) -> Fields:
    return {"pattern": f"{name}.example", "pattern_type": "DOMAIN", "comments": COMMENTS[look]}


#: An entry of each kind by name and look; two looks differ in a field that can be changed.
ENTRY: Final[Mapping[str, Callable[[str, int], Fields]]] = {
    "block_sender": _pattern,
    "allow_policy": lambda name, look: {
        **_pattern(name, look),
        "is_acceptable_sender": look == 0,
        "is_exempt_recipient": look == 1,
        "is_trusted_sender": False,
        "verify_sender": True,
    },
    "trusted_domain": lambda name, look: {"pattern": f"{name}.example", "is_recent": look == 1, "is_similarity": True},
    "impersonation_registry_entry": lambda name, look: {
        "name": name.upper(),
        "email": f"{name}@corp.example",
        "comments": COMMENTS[look],
    },
    "domain": lambda name, look: {
        "domain": f"{name}.example",
        "allowed_delivery_modes": ["DIRECT"],
        "drop_dispositions": ["MALICIOUS", "SPAM"][: look + 1],
        "ip_restrictions": [],
        "regions": ["GLOBAL"],
        "lookback_hops": look + 1,
    },
    "sending_domain_restriction": lambda name, look: {
        "domain": f"{name}.example",
        "exclude": [f"a.{name}.example", f"b.{name}.example"][:look],
        "comments": COMMENTS[look],
    },
    "content_policy": lambda name, look: {
        "name": name,
        "pattern": f"invoice {look}",
        "targets": ["BODY", "SUBJECT"][: 1 + look % 2],
        "enabled": look == 0,
    },
    "url_ignore_pattern": lambda name, look: {"pattern": f"https://{name}/", "comments": COMMENTS[look]},
}
OLD_KINDS: Final = ("block_sender", "allow_policy", "trusted_domain", "impersonation_registry_entry", "domain")
#: Domains more often than others: they alone have a batch that is carried out in part, and a delete that leaves them.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {"2025": OLD_KINDS, "2026": (*ENTRY, "domain", "domain", "domain")}

#: How many natural keys there are of a kind.
KEYS: Final = 6


@dataclass(slots=True)
class Slot:
    """A resource that the program may declare: its entries by name, with a look each; None declares none.

    Attributes:
        path: its name, after a component's and a slash where it is in one.
        was: the path it had before, for an alias.

    """

    path: str
    kind: str
    many: bool
    adopt: bool = False
    unprotect: bool = False
    exclusive: bool = False
    entries: dict[str, int] | None = None
    was: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of its kind's entries."""
        return [f"n{index}" for index in range(KEYS)]

    def declared(self) -> dict[str, Fields]:
        """The entries it declares, by name."""
        return {name: ENTRY[self.kind](name, look) for name, look in (self.entries or {}).items()}

    def resource(self) -> tuple[str, Fields, str | None]:
        """Kind, arguments and former path."""
        options: Fields = {"adopt": True} if self.adopt else {}
        extra = {"unprotect_on_delete": True} if self.unprotect and self.kind == "domain" else {}
        if not self.many:
            (fields,) = self.declared().values()
            return self.kind, {**fields, **extra, **options}, self.was
        entries = [{**fields, **extra} for fields in self.declared().values()]
        mode = "exclusive" if self.exclusive else "additive"
        arguments = {"entries": entries, "mode": mode, "delete_limit": 100, **options}
        return PLURAL[self.kind], arguments, self.was


@dataclass(frozen=True, slots=True)
class Edit:
    """Let a slot declare other entries, or none. What another one declared of them moves."""

    slot: int
    entries: dict[int, int] | None
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Let a slot declare what others of its kind declare: those of the names that they have."""

    slot: int
    names: frozenset[int]


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a resource another name, with or without an alias, or move it into or out of a component."""

    slot: int
    above: str
    alias: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """Go on on another machine, which has no notes."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Somebody at the dashboard adds, changes, renames or removes an entry; `which` is taken modulo what is there."""

    action: Literal["add", "change", "rename", "remove"]
    slot: int
    which: int
    look: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Faults from now on, and perhaps a kill or a late write in the next run."""

    faults: tuple[Fault, ...]
    kill: tuple[int, bool] | None = None
    late: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the engine."""

    what: Literal["up", "refresh"]


Step: TypeAlias = Edit | Move | Rename | Machine | Drift | Trouble | Run


@dataclass(slots=True)
class Script:
    """An account, the resources a program may have, and what happens."""

    contract: str
    duplicates: str
    seed: int
    page: int
    chunk: int
    total_count: bool
    habits: dict[str, object]
    slots: list[Slot]
    steps: list[Step] = field(default_factory=list)


OPERATIONS: Final = ("*", "*", "POST *", "GET *", "POST *", "PATCH *", "DELETE *", "*/batch", "GET */{id}", "POST ?*s")


FAULT_KINDS: Final[tuple[str, ...]] = get_args(Kind)


@st.composite
def faults(draw: st.DrawFn, resources: list[Slot]) -> Fault:
    """A fault of any kind; of those that hit a batch in part more where one is there to be hit."""
    loose = any(slot.many and slot.kind == "domain" for slot in resources)
    kind = draw(st.sampled_from(FAULT_KINDS + ("batch_partial",) * (5 if loose else 0)))
    options: dict[str, Any] = {
        "operation": draw(st.sampled_from(OPERATIONS)),
        "times": draw(st.sampled_from((1, 2, 4, 7, None))),
        "after": draw(st.sampled_from((0, 0, 0, 1, 3))),
        "probability": draw(st.sampled_from((1.0, 0.5, 0.2))),
    }
    if kind == "rate_limited":
        options["retry_after"] = draw(st.sampled_from((None, 0, 7, 300, 4000)))
    elif kind == "server_error":
        options["status"] = draw(st.sampled_from((500, 502, 503, 504)))
        options["body"] = draw(st.sampled_from(("json", "html", "empty")))
        options["applied"] = draw(st.booleans())
        if options["applied"] and options["body"] != "json":
            options["late"] = draw(st.sampled_from((0.0, 0.0, 5.0)))
    elif kind == "slow":
        options["delay"] = draw(st.sampled_from((5.0, 100.0)))
    elif kind.startswith("batch"):
        options |= {"operation": "*", "after": 0, "probability": 1.0}
        options["status"] = draw(st.sampled_from((500, 400, 409, 404)))
        options["part"] = draw(st.sampled_from((0.0, 0.5, 1.0)))
    return Fault(cast("Any", kind), **options)


def _entries(*, many: bool) -> st.SearchStrategy[dict[int, int] | None]:
    if many:
        contents = st.dictionaries(st.integers(0, KEYS - 1), st.integers(0, 2), min_size=1, max_size=KEYS)
    else:
        contents = st.tuples(st.integers(0, KEYS - 1), st.integers(0, 2)).map(lambda pair: {pair[0]: pair[1]})
    return contents | contents | contents | contents | st.none() | (st.just({}) if many else contents)


#: What accounts may do that changes no text of an entry.
HABITS: Final[tuple[tuple[str, object], ...]] = (
    ("trim", True),
    ("composed", True),
    ("line_ends", "lf"),
    ("line_ends", "crlf"),
    ("lower_case", "addresses"),
    ("lower_case", "text"),
    ("canonical_cidr", True),
    ("zone_ownership", True),
    ("null_lists", True),
    ("empty_text", True),
    ("omit_empty", True),
    ("old_times", True),
    ("lower_case_status", True),
    ("partial_answers", "id"),
    ("partial_answers", "key"),
    ("bare_answers", "body"),
    ("bare_answers", "204"),
    ("bare_answers", "null"),
    ("bare_answers", "object"),
    ("page_cap", 2),
    ("page_cap", "2:silent"),
    ("page_limit", 2),
    ("moving_entries", True),
    ("total_count", "missing"),
    ("total_count", "text"),
    ("total_count", "float"),
    ("total_count", "page"),
    ("total_count", "unfiltered"),
    ("total_count", "beyond"),
    ("batch_limit", 2),
    ("batch_limit", "2:413"),
    ("batch_missing", True),
    ("batch_missing", "403"),
    ("batch_without_puts", True),
    ("batch_partial", True),
    ("other_order", True),
    ("status_codes", True),
    ("html_errors", True),
    ("retry_after_date", True),
    ("errors_as_200", True),
    ("edge_timeouts", "524:3:4"),
)
#: Those that the short stories of every run draw, two at most; the soak draws all, up to four at once.
USUAL_HABITS: Final[tuple[tuple[str, object], ...]] = (
    ("page_cap", 2),
    ("batch_limit", 2),
    ("batch_missing", True),
    ("other_order", True),
    ("null_lists", True),
    ("omit_empty", True),
    ("partial_answers", True),
    ("html_errors", True),
    ("errors_as_200", True),
)
habits = (
    st.lists(st.sampled_from(HABITS), max_size=4, unique_by=lambda one: one[0])
    if os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    else st.lists(st.sampled_from(USUAL_HABITS), max_size=2)
).map(dict)

#: Two resources of the same name in components of two types, and others.
PATHS: Final = ("A/same", "B/same", "plain", "A/other")


@st.composite
def slots(draw: st.DrawFn, contract: str) -> list[Slot]:
    """Up to four resources, most of them of one kind, so that entries move between them."""
    usual = draw(st.sampled_from(KINDS[contract]))
    kinds = st.just(usual) if draw(st.integers(0, 3)) else st.sampled_from(KINDS[contract])
    return [
        Slot(
            path=path,
            kind=draw(kinds),
            many=draw(st.sampled_from((True, False, True))),
            adopt=draw(st.booleans()),
            unprotect=contract == "2026" and draw(st.booleans()),
        )
        for path in PATHS[: draw(st.integers(1, 4))]
    ]


@st.composite
def troubles(draw: st.DrawFn, resources: list[Slot]) -> Trouble:
    """Faults, and sometimes a kill or a late write."""
    kill = draw(st.none() | st.none() | st.tuples(st.integers(0, 7), st.booleans()))
    late = draw(st.none() | st.none() | st.none() | st.integers(0, 3))
    several = st.lists(faults(resources), min_size=0 if kill or late else 1, max_size=3)
    return Trouble(tuple(draw(several)), kill, late)


@st.composite
def scenes(draw: st.DrawFn, resources: list[Slot]) -> list[Step]:
    """A few edits, perhaps somebody at the dashboard, and runs in bad weather."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 3))):
        slot = draw(st.integers(0, len(resources) - 1))
        steps.append(Edit(slot, draw(_entries(many=resources[slot].many)), draw(st.booleans())))
    if draw(st.booleans()):
        names = st.frozensets(st.integers(0, KEYS - 1), min_size=1)
        steps.append(Move(draw(st.integers(0, len(resources) - 1)), draw(names)))
    if draw(st.integers(0, 2)) == 2:
        above = draw(st.sampled_from(("", "A", "B")))
        steps.append(Rename(draw(st.integers(0, len(resources) - 1)), above, draw(st.booleans())))
    if draw(st.integers(0, 2)) == 2:
        steps.append(Machine())
    if draw(st.integers(0, 3)) == 3:
        action = cast("Any", draw(st.sampled_from(("add", "change", "rename", "remove"))))
        slot = draw(st.integers(0, len(resources) - 1))
        steps.append(Drift(action, slot, draw(st.integers(0, KEYS)), draw(st.integers(0, 2))))
    steps.append(draw(troubles(resources)) if draw(st.integers(0, 4)) else Trouble(()))
    runs = draw(st.lists(st.sampled_from(("up", "up", "up", "refresh")), min_size=1, max_size=3))
    return steps + [Run(cast("Any", what)) for what in runs]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A whole story."""
    contract = draw(st.sampled_from(("2026", "2025")))
    resources = draw(slots(contract))
    return Script(
        contract=contract,
        duplicates=draw(st.sampled_from(("conflict", "bad_request", "accept"))),
        seed=draw(st.integers(0, 999)),
        page=draw(st.sampled_from((1000, 3))),
        chunk=draw(st.sampled_from((1000, 3))),
        total_count=draw(st.booleans()),
        habits=draw(habits),
        slots=resources,
        steps=[step for scene in draw(st.lists(scenes(resources), min_size=2, max_size=5)) for step in scene],
    )


@st.composite
def moves(draw: st.DrawFn) -> Script:
    """A story of entries that move between resources, on ever new machines, and mostly in fair weather."""
    contract = draw(st.sampled_from(("2026", "2025")))
    kind = draw(st.sampled_from(KINDS[contract]))
    many = (True, draw(st.booleans()), draw(st.booleans()))
    resources = [
        Slot(path=path, kind=kind, many=many_, unprotect=contract == "2026")
        for path, many_ in zip(PATHS, many, strict=False)
    ]
    whole = draw(st.dictionaries(st.integers(0, KEYS - 1), st.integers(0, 2), min_size=2, max_size=KEYS))
    steps: list[Step] = [Edit(0, whole, exclusive=False), Trouble(()), Run("up")]
    for _ in range(draw(st.integers(1, 4))):
        steps.append(Machine())
        slot = draw(st.integers(0, 2))
        if draw(st.integers(0, 3)):
            steps.append(Move(slot, draw(st.frozensets(st.integers(0, KEYS - 1), min_size=1))))
        else:
            steps.append(Rename(slot, draw(st.sampled_from(("", "A", "B"))), alias=False))
        steps.append(Trouble(()) if draw(st.integers(0, 2)) else draw(troubles(resources)))
        steps += [Run("up")] * draw(st.integers(1, 2))
    return Script(
        contract=contract,
        duplicates=draw(st.sampled_from(("conflict", "bad_request", "accept"))),
        seed=draw(st.integers(0, 999)),
        page=1000,
        chunk=draw(st.sampled_from((1000, 3))),
        total_count=True,
        habits=draw(habits),
        slots=resources,
        steps=steps,
    )
