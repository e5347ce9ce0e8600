"""The plot in the docs: wall time and requests by number of entries, both axes logarithmic, as plain SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.programs import IN_PROCESS, Kind
from benchmarks.results import Measurement, Results

_SERIES: Final = (
    ("first_up", "first up"),
    ("same_preview", "no-op preview"),
    ("changed_up", "one entry changed"),
    ("refresh", "refresh"),
    ("destroy", "destroy"),
)
# Told apart by people who do not see all colours, on white and on near-black.
_STYLE: Final = """
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 14px; font-weight: 600 }
.grid { stroke: #ddd } .line { fill: none; stroke-width: 2 } .single { stroke-dasharray: 6 4 }
.s0 { stroke: #0072b2; color: #0072b2 } .s1 { stroke: #009e73; color: #009e73 } .s2 { stroke: #b8860b; color: #b8860b }
.s3 { stroke: #c0569b; color: #c0569b } .s4 { stroke: #d55e00; color: #d55e00 } circle { fill: currentColor }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .grid { stroke: #444 }
  .s0 { stroke: #56b4e9; color: #56b4e9 } .s1 { stroke: #2cc799; color: #2cc799 }
  .s2 { stroke: #e6b422; color: #e6b422 }
  .s3 { stroke: #e79ccb; color: #e79ccb } .s4 { stroke: #ff8a3d; color: #ff8a3d }
}
"""
_WIDTH: Final = 900
_HEIGHT: Final = 430


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis from one power of ten to another."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: list[float], start: float, end: float) -> _Axis:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), start, end)

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(results: Results) -> str:
    """The whole file."""
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} aria-label="Wall time and requests by number of entries">',
        f"<style>{_STYLE}</style>",
        *_panel(results, "wall time, seconds", 60, lambda m: m.seconds),
        *_panel(results, "requests (operations with none are left out)", 510, lambda m: float(m.requests)),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(results: Results, title: str, left: int, figure: Callable[[Measurement], float]) -> Iterator[str]:
    shown = [m for m in results.measurements if m.kind in IN_PROCESS and m.operation in dict(_SERIES) and figure(m) > 0]
    if not shown:
        return
    across = _Axis.over([m.entries for m in shown], left, left + 350)
    up = _Axis.over([figure(m) for m in shown], 320, 50)
    yield f'<text class="title" x="{left}" y="28">{escape(title)}</text>'
    for tick in up.ticks():
        y = up.place(tick)
        yield f'<line class="grid" x1="{left}" x2="{left + 350}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{tick:,g}</text>'
    for tick in across.ticks():
        x = across.place(tick)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="50" y2="320"/>'
        yield f'<text x="{x}" y="340" text-anchor="middle">{int(tick):,}</text>'
    yield f'<text x="{left + 175}" y="360" text-anchor="middle">entries</text>'
    for kind in IN_PROCESS:
        for number, (operation, name) in enumerate(_SERIES):
            found = [m for m in shown if (m.kind, m.operation) == (kind, operation)]
            points = [(across.place(m.entries), up.place(figure(m)), m) for m in sorted(found, key=lambda m: m.entries)]
            yield from _line(kind, number, name, points, figure)


def _line(
    kind: Kind,
    number: int,
    name: str,
    points: list[tuple[float, float, Measurement]],
    figure: Callable[[Measurement], float],
) -> Iterator[str]:
    path = " ".join(f"{x},{y}" for x, y, _ in points)
    yield f'<g class="s{number}"><polyline class="line {kind}" points="{path}"/>'
    for x, y, measured in points:
        told = f"{name}, {measured.entries:,} entries ({kind}): {figure(measured):,g}"
        yield f'<circle cx="{x}" cy="{y}" r="3"><title>{escape(told)}</title></circle>'
    yield "</g>"


def _legend() -> Iterator[str]:
    x = 60
    for number, (_, name) in enumerate(_SERIES):
        yield f'<line class="line s{number}" x1="{x}" x2="{x + 24}" y1="388" y2="388"/>'
        yield f'<text x="{x + 30}" y="392">{escape(name)}</text>'
        x += 160
    yield '<text x="60" y="416">solid: one collection resource; dashed: one resource an entry</text>'
