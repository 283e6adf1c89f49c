"""Lanes: figures at the left, their past at the right, all over one time axis; pure.

The lines are those of a :class:`~arcwatch.ui.widgets.panel.Panel` without a frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from arcwatch.charts.figure import Glyphs
from arcwatch.charts.reduce import slots
from arcwatch.text.units import UNKNOWN

from .cells import fit
from .lane_picture import CUT, Flow, drawn, filled, scale_of
from .panel import Line, PanelTone

RIGHT = 14
"""Cells right of the charts, for their scales."""

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds between two times on the axis."""

APART = 16
"""Cells between two times on the axis, at least."""

MOST = 12
"""Events that are drawn, at most; the newest."""

LETTERS = "abcdefghijkl"


class Lane(NamedTuple):
    """One lane."""

    facts: Sequence[Line]
    """What stands left of the chart, a line each."""
    flows: Sequence[Flow]
    """Two are what comes in, above the zero line, and what goes out, below it; one is a line."""
    height: int
    format: Callable[[float], str]
    """A value of the flows as text, for the scale."""


class Axis(NamedTuple):
    """The time that all lanes show."""

    start: float
    end: float
    """Unix seconds."""
    left: int
    """Cells before the charts."""
    width: int
    """Cells of the charts."""
    glyphs: Glyphs
    events: Sequence[float] = ()
    """Unix seconds, the oldest first."""
    moment: float | None = None
    """What is read out of every lane, in place of its largest value; Unix seconds."""

    @property
    def buckets(self) -> int:
        """How many values of a flow are drawn."""
        return slots(self.width, self.glyphs)

    @property
    def pointed(self) -> int | None:
        """The cell of the moment that is read out; None where there is none on the axis."""
        return None if self.moment is None else self.column(self.moment)

    def column(self, at: float) -> int | None:
        """The cell of a moment, from the left edge of the charts."""
        if not self.start <= at < self.end:
            return None
        return int((at - self.start) / (self.end - self.start) * self.width)

    @property
    def columns(self) -> dict[int, str]:
        """The cells of the events, and the letter of each."""
        shown = [x for at in self.events if (x := self.column(at)) is not None][-MOST:]
        return dict(zip(shown, LETTERS, strict=False))

    @property
    def letters(self) -> dict[float, str]:
        """The letter of each event, by its moment: that of its cell."""
        drawn = self.columns
        cells = ((at, self.column(at)) for at in self.events)
        return {at: drawn[x] for at, x in cells if x is not None and x in drawn}


def lane_lines(lane: Lane, axis: Axis) -> list[Line]:
    """The lines of a lane, as many as it is high."""
    charts = _charts(lane, axis) if axis.width > 0 else []
    lines: list[Line] = []
    for y in range(lane.height):
        facts = lane.facts[y] if y < len(lane.facts) else ()
        if y < len(charts):
            text, tone, scale = charts[y]
            chart: Line = [(_crossed(text, axis), tone), (f" {scale}"[:RIGHT], "label")]
            lines.append([*_padded(facts, axis.left), *chart])
        else:
            lines.append(facts)
    return lines


def axis_line(axis: Axis, facts: Line, clock: Callable[[float], str]) -> Line:
    """The times under the charts."""
    step = next((s for s in STEPS if axis.width * s / _span(axis) >= APART), STEPS[-1])
    short = step % 60 == 0
    text = ""
    at = math.ceil(axis.start / step) * step
    while at < axis.end:
        x = axis.column(at) or 0
        label = f"└{clock(at)[:5] if short else clock(at)}"
        if x >= cell_len(text) and x + len(label) <= axis.width:
            text = text.ljust(x) + label
        at += step
    return [*_padded(facts, axis.left), (text.ljust(axis.width), "label"), (" now", "label")]


def event_line(axis: Axis, facts: Line) -> Line:
    """A letter for each event, at its moment."""
    text = ""
    for x, letter in axis.columns.items():
        if x >= cell_len(text):
            text = text.ljust(x) + f"◆{letter}"
    return [*_padded(facts, axis.left), (text, "strong")]


def _charts(lane: Lane, axis: Axis) -> list[tuple[str, PanelTone, str]]:
    if len(lane.flows) == 1:
        return _one(lane, lane.flows[0], axis)
    if len(lane.flows) == 2:
        into, out = lane.flows
        return _strips(lane, axis) if lane.height < 3 else _both(lane, into, out, axis)
    return []


def _one(lane: Lane, flow: Flow, axis: Axis) -> list[tuple[str, PanelTone, str]]:
    lines = drawn(flow, axis.width, lane.height, axis.glyphs)
    edges = ["┬", *"│" * max(0, lane.height - 2), "┴"][: lane.height]
    scales = [f"{edge}" for edge in edges]
    scales[0] = f"┬ {_label(lane, flow, axis)}"
    if lane.height > 1:
        scales[-1] = "┴ 0"
    return [(line, flow.tone, scale) for line, scale in zip(lines, scales, strict=True)]


def _strips(lane: Lane, axis: Axis) -> list[tuple[str, PanelTone, str]]:
    return [
        (filled(flow, axis.width, 1, axis.glyphs)[0], flow.tone, _label(lane, flow, axis))
        for flow in lane.flows[: lane.height]
    ]


def _both(lane: Lane, into: Flow, out: Flow, axis: Axis) -> list[tuple[str, PanelTone, str]]:
    up = lane.height // 2
    down = lane.height - up - 1
    above = filled(into, axis.width, up, axis.glyphs)
    below = filled(out, axis.width, down, axis.glyphs, down=True)
    zero = "-" if axis.glyphs == "ascii" else "─"
    lines: list[tuple[str, PanelTone, str]] = [(line, into.tone, "│") for line in above]
    lines.append((zero * axis.width, "label", "┼ 0"))
    lines += [(line, out.tone, "│") for line in below]
    lines[0] = (*lines[0][:2], f"┬ {_label(lane, into, axis)}")
    lines[-1] = (*lines[-1][:2], f"┴ {_label(lane, out, axis)}")
    return lines


def _label(lane: Lane, flow: Flow, axis: Axis) -> str:
    """The largest value of a flow, or the one at the moment that is read out."""
    if (x := axis.pointed) is not None:
        each = slots(1, axis.glyphs)
        known = [value for value in flow.values[x * each : (x + 1) * each] if value == value]
        return f"{lane.format(sum(known) / len(known)) if known else UNKNOWN} {flow.label}".rstrip()
    scale = scale_of(flow.values)
    return f"{lane.format(scale.largest)}{CUT if scale.is_cut else ''} {flow.label}".rstrip()


def _crossed(text: str, axis: Axis) -> str:
    """A line of a chart with the events behind it, and the moment that is read out before it."""
    columns, pointed = axis.columns, axis.pointed
    if not columns and pointed is None:
        return text
    behind, crossing, before = "|+|" if axis.glyphs == "ascii" else "┊┼│"
    cells = list(text.ljust(axis.width))
    for x in columns:
        if cells[x] == " ":
            cells[x] = behind
        elif cells[x] in "─-":
            cells[x] = crossing
    if pointed is not None:
        cells[pointed] = before
    return "".join(cells)


def _padded(facts: Line, width: int) -> list[tuple[str, PanelTone]]:
    """``facts`` in exactly ``width`` cells."""
    found: list[tuple[str, PanelTone]] = []
    left = width
    for text, tone in facts:
        text = fit(text, min(cell_len(text), left))
        found.append((text, tone))
        left -= cell_len(text)
    return [*found, (" " * left, "")]


def _span(axis: Axis) -> float:
    return max(1.0, axis.end - axis.start)
