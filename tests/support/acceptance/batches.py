"""Probes of batches: which there are, how large, and what they do and answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .api import MARKER, PREFIX, Answer

if TYPE_CHECKING:
    from .probes import Probe

_BATCHED: Final = (
    "allow_policies",
    "block_senders",
    "content_policies",
    "domains",
    "sending_domain_restrictions",
    "trusted_domains",
    "url_ignore_patterns",
)
_LISTS: Final = ("deletes", "patches", "puts", "posts")
_FEW = 4


def probe_batches(probe: Probe) -> None:
    """Look for each collection's batch, then fill block senders and try theirs."""
    missing = _missing(probe) if probe.report.contract == "2026" else {}
    made = _fill(probe, batch=probe.report.contract == "2026" and "block_senders" not in missing)
    probe.report.facts["entries made for lists and batches"] = len(made)
    if probe.report.contract == "2026" and "block_senders" not in missing:
        _size(probe, made)
        _puts(probe, made[0])
        _several(probe, made[:_FEW])
    else:
        probe.report.not_tried["batch_without_puts"] = "block senders have no batch"
        _array(probe)


def batch(probe: Probe, collection: str = "block_senders", **lists: list[Any]) -> Answer:
    """Send a batch, with the lists that the collection's has."""
    names = ("deletes",) if collection == "sending_domain_restrictions" else _LISTS
    return probe.api.ask("POST", f"{collection}/batch", {name: lists.get(name, []) for name in names})


def largest(works: Callable[[int], bool], below: int) -> int:
    """The largest number under `below` that works, where all up to it do."""
    low, high = 0, below
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if works(middle) else (low, middle)
    return low


def _missing(probe: Probe) -> dict[str, int]:
    answers = {name: batch(probe, name) for name in _BATCHED}
    missing = {name: answer.status for name, answer in answers.items() if answer.status in {403, 404, 405, 501}}
    status = next(iter(missing.values()), 0)
    if len(missing) == len(_BATCHED):
        habit = f"batch_missing={status}:all"
    else:
        # One collection can be switched; others stand in the report.
        habit = f"batch_missing={status}:{next(iter(missing))}" if missing else ""
    found = ", ".join(f"{name} {status}" for name, status in missing.items()) or "all there"
    probe.report.add("batches", found, "of seven collections, one of them for deletes", habit)
    return missing


def _fill(probe: Probe, *, batch: bool) -> list[dict[str, Any]]:
    """As many block senders as the lists and batches are tried with, made in what pieces the account takes."""
    bodies = [probe.sender(f"n{number:04}") for number in range(probe.many)]
    wanted = list(bodies)
    size = len(wanted) if batch else 0
    while wanted and size > 1:
        if _posted(probe, wanted[:size]):
            wanted = wanted[size:]
        else:
            size //= 2
    for body in wanted:
        probe.api.ask("POST", "block_senders", body)
    made = _numbered(probe)
    if left := [body for body in bodies if body["pattern"] not in {entry["pattern"] for entry in made}]:
        # A batch may have done a part only.
        for body in left:
            probe.api.ask("POST", "block_senders", body)
        made = _numbered(probe)
    return made


def _numbered(probe: Probe) -> list[dict[str, Any]]:
    """Those that were made for this, once the lists show the last of all writes."""
    last = probe.sender(f"last{uuid.uuid4().hex[:6]}")
    probe.api.ask("POST", "block_senders", last)
    probe.listed(last["pattern"])
    made = probe.api.made_here("block_senders")
    return [entry for entry in made if str(entry["pattern"]).startswith(f"{PREFIX}n")]


def _posted(probe: Probe, bodies: list[dict[str, Any]]) -> bool:
    return batch(probe, posts=bodies).ok


def _size(probe: Probe, made: list[dict[str, Any]]) -> None:
    """How many items a batch may have; patches that change nothing tell it."""
    refused: list[int] = []

    def works(count: int) -> bool:
        answer = batch(probe, patches=[{"id": entry["id"], "comments": MARKER} for entry in made[:count]])
        if not answer.ok:
            refused.append(answer.status)
        return answer.ok

    if works(len(made)):
        probe.report.add("items in a batch", f"{len(made)} and more", "1000")
        return
    limit = largest(works, len(made))
    status = 413 if 413 in refused else 400
    probe.report.add("items in a batch", f"{limit}, else {status}", "1000", f"batch_limit={limit}:{status}")


def _puts(probe: Probe, entry: dict[str, Any]) -> None:
    body = probe.sender("x", pattern=entry["pattern"])
    answer = batch(probe, puts=[{"id": entry["id"], **body}])
    probe.report.add("puts in a batch", answer.status, "taken", "" if answer.ok else "batch_without_puts")


def _several(probe: Probe, entries: list[dict[str, Any]]) -> None:
    """Whether a batch does all, and answers in the order that was sent."""
    remark = f"{MARKER}, changed"
    answer = batch(probe, patches=[{"id": entry["id"], "comments": remark} for entry in entries])
    read = [probe.api.ask("GET", f"block_senders/{entry['id']}").result for entry in entries]
    undone = [entry["id"] for entry in read if entry.get("comments") != remark]
    part = answer.ok and bool(undone)
    probe.report.add("items of a batch", f"{len(undone)} undone", "all or none", "batch_partial" * part)
    result = answer.result if isinstance(answer.result, dict) else {}
    _order(probe, [entry["id"] for entry in entries], [item.get("id") for item in result.get("patches") or []])


def _array(probe: Probe) -> None:
    """Likewise of the array that trusted domains take, where there are no batches."""
    flags = {"is_regex": False, "is_recent": False, "is_similarity": True, "comments": MARKER}
    names = [probe.name(f"array{number}") for number in range(_FEW)]
    answer = probe.api.ask("POST", "trusted_domains", [{"pattern": name, **flags} for name in names])
    probe.settle()
    made = {str(entry["pattern"]).lower(): entry["id"] for entry in probe.api.made_here("trusted_domains")}
    done = [made[name] for name in names if name in made]
    part = answer.ok and 0 < len(done) < len(names)
    probe.report.add("items of an array", f"{len(names) - len(done)} undone", "all or none", "batch_partial" * part)
    items = answer.result if isinstance(answer.result, list) else []
    _order(probe, done, [item.get("id") for item in items])


def _order(probe: Probe, sent: list[Any], answered: list[Any]) -> None:
    known = [identity for identity in answered if identity in sent]
    if len(known) < 2:
        probe.report.not_tried["other_order"] = "answers to several items do not name them"
        return
    same = known == [identity for identity in sent if identity in known]
    probe.report.add(
        "answers to several items",
        "in order" if same else "in another order",
        "in order",
        "" if same else "other_order",
    )
