"""Probes of lists: sizes of pages, what they say of their length, and whether they stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .batches import largest

if TYPE_CHECKING:
    from .probes import Probe

_LIST: Final = "block_senders"
_LARGEST = 1000
_SMALL = 20


def probe_lists(probe: Probe) -> None:
    """Ask for pages of every size, and read the same list again and again."""
    everything = probe.api.all(_LIST)
    _order(probe, everything)
    _size(probe, len(everything))
    _still(probe, everything)
    _total(probe, everything)


def _order(probe: Probe, everything: list[dict[str, Any]]) -> None:
    times = [str(entry.get("created_at")) for entry in everything]
    order = "oldest first" if times == sorted(times) else "newest first" if times == sorted(times)[::-1] else "other"
    probe.report.add("order of lists", order, "nothing is said")


def _size(probe: Probe, count: int) -> None:
    """The largest page: what is refused above, or silently cut."""

    def works(size: int) -> bool:
        return probe.api.ask("GET", _LIST, page=1, per_page=size).ok

    limit = _LARGEST if works(_LARGEST) else largest(works, _LARGEST)
    habit = f"page_limit={limit}" if limit < _LARGEST else ""
    probe.report.add("per_page", f"up to {limit}", "up to 1000", habit)
    answer = probe.api.ask("GET", _LIST, page=1, per_page=limit)
    shown = len(answer.result or [])
    if shown < min(count, limit):
        told = "told" if answer.info.get("per_page") == shown else "silent"
        probe.report.add("entries on a page", shown, "per_page", f"page_cap={shown}:{told}")
    else:
        probe.report.add("entries on a page", f"{shown} of {count}", "per_page")


def _still(probe: Probe, everything: list[dict[str, Any]]) -> None:
    """Whether a reading of all pages shows each entry once."""
    readings = [[entry["id"] for entry in probe.api.pages(_LIST, _SMALL)] for _ in range(2)]
    moved = any(sorted(map(str, reading)) != sorted(str(entry["id"]) for entry in everything) for reading in readings)
    found = "some are missing or come twice" if moved else "each once"
    probe.report.add("entries of all pages", found, "each once", "moving_entries" * moved)


def _total(probe: Probe, everything: list[dict[str, Any]]) -> None:
    """What total_count is, with a filter and without."""
    info = probe.api.ask("GET", _LIST, page=1, per_page=5).info
    total, count = info.get("total_count"), len(everything)
    only = probe.api.ask("GET", _LIST, search=everything[-1]["pattern"]).info.get("total_count")
    ways = {
        "missing": total is None,
        "text": isinstance(total, str),
        "float": isinstance(total, float),
        "page": total == info.get("count") != count,
        "beyond": total == count + 1,
        "unfiltered": total == count == only != 1,
    }
    found = next((way for way, is_so in ways.items() if is_so), "")
    probe.report.add(
        "total_count", f"{total!r} of {count}", "the entries that match", f"total_count={found}" if found else ""
    )
