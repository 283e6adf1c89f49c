"""Figures of series over one window of time, with their scales, gaps, peaks and events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest
from itertools import pairwise
from typing import NamedTuple

from arcwatch.text.control_characters import printable
from arcwatch.text.units import UNKNOWN

from .figure import BRAILLE, QUARTERS, Figure, Glyphs, Note, Run, Tick, Trace
from .reduce import ceiling, peak, slots, spread

MOST = 5
"""Lines on one chart; more cannot be distinguished."""
MARKS: dict[Glyphs, str] = {"braille": " •×+o", "block": " •×+o", "ascii": " ox+*"}
"""What stands on the second line and the following every few cells; the first has none."""

MARKERS: dict[Glyphs, tuple[str, ...]] = {
    "braille": (BRAILLE,) * MOST,
    "block": (QUARTERS,) * MOST,
    "ascii": ("~", "-", "~", "-", "~"),
}

MOST_EVENTS = 12
"""Marks of events on one chart."""
APART = 24
"""Cells from one mark to the next of the same line."""
BETWEEN = 22
"""Cells from the beginning of one time below the plot to the next, at least."""

NARROW, LOW = 24, 2
"""Cells and lines of a plot below which there are no labels."""

HIGH = 50
"""Lines beside which every label has room."""
FEW = 50
"""Values below which nothing is clipped: too few to tell a burst from the rest."""
LEAST = 1e-300
"""What is not more has no scale: its steps would be zero."""

_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8)


class Scale(NamedTuple):
    """One upright axis."""

    low: float
    high: float
    as_text: Callable[[float], str]
    """A value of it as text, with its unit."""
    decades: bool = False
    """Whether values are logarithms, and so each whole one a round figure."""

    def at(self, share: float) -> float:
        """The value at a share of the height."""
        return self.low + share * (self.high - self.low)


class Line(NamedTuple):
    """One line of a chart."""

    name: str
    values: Sequence[float]
    """Evenly spaced over the chart's window, oldest first; NaN where nothing is known."""
    side: int = 0
    """Which of the chart's scales it is on."""


class Event(NamedTuple):
    """What happened at a moment."""

    at: float
    """Unix seconds."""
    mark: str
    """Its letter, or how many there are at about that moment."""
    text: str = ""
    """What happened."""


@dataclass(frozen=True)
class TimeChart:
    """What is charted over one window."""

    lines: Sequence[Line]
    start: float
    """Unix seconds."""
    end: float
    scales: Sequence[Scale]
    """One or two."""
    filled: bool = False
    """Whether the first line is an area: only on a linear scale from zero."""
    events: Sequence[Event] = ()
    clock: Callable[[float], str] = "{:.0f}".format
    reduced: dict[int, list[list[float]]] = field(default_factory=dict, compare=False, repr=False)
    """Values by the number of slots that they were reduced to."""

    @property
    def axes(self) -> str:
        """The window's length, and that a scale is not linear.

        >>> TimeChart([], 0.0, 300.0, [Scale(0.0, 1.0, str, decades=True)]).axes
        '5m  log scale'
        """
        decades = "  log scale" * any(scale.decades for scale in self.scales)
        return f"{span_name(self.end - self.start)}{decades}"

    def values(self, count: int) -> list[list[float]]:
        """What is drawn of each line in so many equal spans."""
        if count not in self.reduced:
            self.reduced[count] = [spread(line.values, count) for line in self.lines]
        return self.reduced[count]


def span_name(seconds: float) -> str:
    """A window's name: its length in the largest unit that leaves no remainder.

    >>> span_name(600), span_name(3600), span_name(90), span_name(172_800)
    ('10m', '1h', '90s', '2d')
    """
    total = round(seconds)
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if total >= length and total % length == 0:
            return f"{total // length}{unit}"
    return f"{total}s"


def linear(values: Sequence[float], as_text: Callable[[float], str]) -> Scale:
    """A scale from zero to a round value; where there are few bursts, to what is below them."""
    known = [value for value in values if 0 < value < math.inf]
    top = ceiling(known) if len(known) >= FEW else peak(known)
    return Scale(0.0, nice(top), as_text)


def logarithmic(values: Sequence[float], as_text: Callable[[float], str]) -> Scale:
    """A scale of logarithms, from the decade below the least to that above the largest."""
    finite = [value for value in values if abs(value) < math.inf]
    low = math.floor(min(finite, default=0.0))
    high = max(math.ceil(max(finite, default=0.0)), low + 1)
    return Scale(float(low), float(high), as_text, decades=True)


def scaled(
    named: Sequence[tuple[str, bool, Sequence[float]]],
    as_text: Callable[[float], str],
    scaling: Callable[[Sequence[float], Callable[[float], str]], Scale] = linear,
) -> tuple[list[Line], list[Scale]]:
    """Lines with their scales: one for all, or two where some are of what waits and others flow.

    Args:
        as_text: A value as text, without its unit.
    """
    waits = [is_waiting for _, is_waiting, _ in named]
    both = any(waits) and not all(waits)
    lines = [Line(name, each, int(both and not waiting)) for name, waiting, each in named]
    formats = [as_text, _a_second(as_text)][: 1 + both]
    values = [[v for line in lines if line.side == n for v in line.values] for n in range(1 + both)]
    return lines, [scaling(*each) for each in zip(values, formats, strict=True)]


@cache
def _a_second(as_text: Callable[[float], str]) -> Callable[[float], str]:
    """The same with its unit; the same object for the same, so that equal charts are equal."""
    return lambda value: f"{as_text(value)}/s"


def lettered(happened: Sequence[tuple[float, str]]) -> list[Event]:
    """Events as a chart marks them: with letters, and the nearest as one where there are many.

    Args:
        happened: When, Unix seconds, and what; oldest first.

    >>> [event.mark for event in lettered([(1.0, "x"), (5.0, "y")])]
    ['a', 'b']
    """
    gaps = [(after[0] - before[0], nth) for nth, (before, after) in enumerate(pairwise(happened))]
    cuts = sorted(nth + 1 for _, nth in nlargest(MOST_EVENTS - 1, gaps))
    edges = [0, *cuts, len(happened)] if happened else [0]
    groups = [happened[start:end] for start, end in pairwise(edges)]
    return [
        Event(
            group[0][0],
            chr(ord("a") + nth) if len(group) == 1 else str(len(group)),
            "; ".join(dict.fromkeys(text for _, text in group)),
        )
        for nth, group in enumerate(groups)
    ]


def nice(top: float) -> float:
    """The round end of a scale that holds ``top``, at most half as much again.

    A scale that takes few values keeps still while what it shows moves.

    >>> nice(870), nice(130), nice(2000), nice(0)
    (1000.0, 150.0, 2000.0, 1.0)
    """
    if not LEAST < top < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(top))
    return next((step * power for step in _STEPS if top <= step * power), 10 * power)


def plot_width(chart: TimeChart, width: int) -> int:
    """Cells of the plot alone, which begins at the left edge."""
    margin = _margin(chart) if width >= NARROW and _is_known(chart) else 0
    return max(1, width - margin)


def figure(chart: TimeChart, width: int, height: int, glyphs: Glyphs = "braille") -> Figure:
    """The chart for ``height`` lines of ``width`` cells, of which the last has the times."""
    plot, span = plot_width(chart, width), chart.end - chart.start
    count = slots(plot, "ascii" if glyphs == "ascii" else "braille")
    shapes: list[Trace | Note] = [
        *_gaps(chart, count),
        *_traces(chart, count, plot, glyphs),
        *_peaks(chart, count, plot),
    ]
    return Figure(
        x=(0.0, float(count)),
        y=[(scale.low, scale.high) for scale in chart.scales],
        shapes=shapes,
        rules=[
            (event.at - chart.start) / span * count
            for event in chart.events
            if chart.start <= event.at < chart.end
        ],
        scale=_scale_ticks(chart, height) if width >= NARROW and _is_known(chart) else (),
        below=_below(chart, plot, count) if height > LOW else (),
    )


def _is_known(chart: TimeChart) -> bool:
    return any(value == value for line in chart.lines for value in line.values)


def sign(nth: int, glyphs: Glyphs) -> str:
    """What a line of a chart looks like, in one cell or three."""
    dash = {"braille": "─", "block": "─", "ascii": "-"}[glyphs]
    return dash * 2 if nth == 0 else f"{dash}{MARKS[glyphs][nth]}{dash}"


def look_of(nth: int) -> str:
    """The look of the line at place ``nth``, from 0."""
    return f"series-{nth + 1}"


def _margin(chart: TimeChart) -> int:
    """Cells right of the plot: the edge, a blank, and the labels."""
    return max(len(text) for text in _labels(chart, _shares(chart, HIGH))) + 2


def _shares(chart: TimeChart, height: int) -> list[float]:
    scale = chart.scales[0]
    decades = round(scale.high - scale.low)
    if scale.decades and 2 * decades < height:
        return [n / decades for n in range(decades, -1, -1)]
    return [1, 0.5, 0] if height > 2 * LOW + 1 else [1, 0]


def _labels(chart: TimeChart, shares: Sequence[float]) -> list[str]:
    columns = [[scale.as_text(scale.at(share)) for share in shares] for scale in chart.scales]
    widest = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widest, strict=True)).rstrip()
        for row in rows
    ]


def _scale_ticks(chart: TimeChart, height: int) -> list[Tick]:
    shares, scale = _shares(chart, height), chart.scales[0]
    labels = map(printable, _labels(chart, shares))
    # what is at the very edge is in the line beyond
    return [
        Tick(scale.at(min(share, 1 - 1e-9)), label)
        for share, label in zip(shares, labels, strict=True)
    ]


def _gaps(chart: TimeChart, count: int) -> Iterator[Trace]:
    each = zip(*chart.values(count), strict=True)
    unknown = [n for n, values in enumerate(each) if all(v != v for v in values)]
    low = chart.scales[0].low
    if unknown:
        yield Trace([(n + 0.5, low) for n in unknown], "gap", "░", joined=False)


def _points(chart: TimeChart, nth: int, count: int) -> list[tuple[float, float]]:
    line, values = chart.lines[nth], chart.values(count)[nth]
    scale = chart.scales[line.side]
    # what is at the very edge would be beyond it
    high = scale.at(1 - 1e-6)
    return [
        (n + 0.5, value if value != value else min(max(value, scale.low), high))
        for n, value in enumerate(values)
    ]


def _traces(chart: TimeChart, count: int, plot: int, glyphs: Glyphs) -> Iterator[Trace]:
    """All lines, then the marks that distinguish them without colour."""
    apart = max(1, APART * count // plot)
    marks = []
    for nth, line in enumerate(chart.lines):
        points, filled = _points(chart, nth, count), chart.filled and nth == 0
        marker = "#" if filled and glyphs == "ascii" else MARKERS[glyphs][nth]
        yield Trace(points, look_of(nth), marker, filled=filled, side=line.side)
        if nth:
            marked = points[(nth * apart // MOST) :: apart]
            marks.append(
                Trace(marked, look_of(nth), MARKS[glyphs][nth], joined=False, side=line.side)
            )
    yield from marks


def _peaks(chart: TimeChart, count: int, plot: int) -> Iterator[Note]:
    """The true maximum beside a burst that is clipped, the largest of each line."""
    scale = chart.scales[0]
    for line, values in zip(chart.lines, chart.values(count), strict=True):
        own = chart.scales[line.side]
        known = [(value, n) for n, value in enumerate(values) if own.high < value < math.inf]
        if known:
            value, n = max(known)
            peak = own.as_text(value)
            ends = n * plot / count > plot - len(peak) - 1
            text = f"{peak}▴" if ends else f"▴{peak}"
            yield Note(n + 0.5, scale.at(1 - 1e-6), text, "peak", ends)


def _below(chart: TimeChart, plot: int, count: int) -> list[Tick]:
    span = chart.end - chart.start
    taken: list[range] = []
    ticks: list[Tick] = []

    def put(column: int, text: str) -> None:
        cells = range(column, column + len(text) + 1)
        if column < 0 or cells.stop > plot + 1 or any(_meet(cells, other) for other in taken):
            return
        taken.append(cells)
        ticks.append(Tick((column + 0.25) * count / plot, text))

    for event in chart.events:
        if chart.start <= event.at < chart.end:
            put(int((event.at - chart.start) / span * plot), f"◆{event.mark}")
    last = f"└{chart.clock(chart.end)}"
    put(0, f"└{chart.clock(chart.start)}")
    put(plot - len(last), last)
    parts = max(1, plot // BETWEEN)
    for part in range(1, parts):
        column = plot * part // parts
        put(column, f"└{chart.clock(chart.start + span * column / plot)}")
    return ticks


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def at_column(chart: TimeChart, plot: int, column: int, glyphs: Glyphs) -> list[float]:
    """What is drawn of each line in one cell: the largest of its share; NaN in a gap."""
    each = slots(1, "ascii" if glyphs == "ascii" else "braille")
    share = slice(column * each, (column + 1) * each)
    return [spread(values[share], 1)[0] for values in chart.values(plot * each)]


def legend(chart: TimeChart, values: Sequence[float], glyphs: Glyphs) -> list[Run]:
    """The name of each line with its sign and a value."""
    runs: list[Run] = []
    for nth, (line, value) in enumerate(zip(chart.lines, values, strict=True)):
        scale = chart.scales[line.side]
        # as wide as the scale's labels, so that the names keep still
        room = max(len(scale.as_text(scale.at(share))) for share in (1, 0.5, 0))
        shown = UNKNOWN if value != value else scale.as_text(value)
        runs.append((f"{'   ' if nth else ''}{sign(nth, glyphs)} ", look_of(nth)))
        runs.append((printable(line.name), "axis"))
        runs.append((f" {shown.rjust(room)}", "value"))
    return runs


def newest(chart: TimeChart) -> list[float]:
    """The last value of each line."""
    return [line.values[-1] if line.values else math.nan for line in chart.lines]
