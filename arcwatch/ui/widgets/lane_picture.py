"""Charts that share one time axis, each in a few lines beside its figures; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from arcwatch.charts.figure import Glyphs
from arcwatch.charts.reduce import ceiling, peak, slots

from .braille import area, hanging, trace
from .panel import PanelTone

CUT = "▴"
"""Beside the largest value where the scale ends below it."""

GAP = "░"
"""Where nobody answered."""


class Flow(NamedTuple):
    """One series of a lane."""

    values: Sequence[float]
    """Evenly spaced over the window, oldest first; NaN where nothing is known."""
    tone: PanelTone
    label: str
    """What is drawn, after its largest value: ``in``."""
    is_silent: bool = False
    """Whether its server does not answer, so that what is missing at the end is no delay."""


class Scale(NamedTuple):
    """The upper end of a chart."""

    top: float
    largest: float
    is_cut: bool


def scale_of(values: Sequence[float]) -> Scale:
    """A scale that one burst does not flatten everything else with.

    >>> scale_of([3.0, 4.0, 5.0]), scale_of([3.0, 4.0, 90.0]).top
    (Scale(top=5.0, largest=5.0, is_cut=False), 4.0)
    """
    top, largest = ceiling(values), peak(values)
    return Scale(top, largest, top < largest)


def filled(flow: Flow, width: int, height: int, glyphs: Glyphs, *, down: bool = False) -> list[str]:
    """A flow as an area from its zero line, upward or downward, with its gaps."""
    top = scale_of(flow.values).top
    lines = (hanging if down else area)(flow.values, width, height, top, glyphs)
    return _with_gaps(lines, flow, width, glyphs)


def drawn(flow: Flow, width: int, height: int, glyphs: Glyphs) -> list[str]:
    """A flow as a line; in glyphs that have none, as an area."""
    if glyphs != "braille":
        return filled(flow, width, height, glyphs)
    lines = trace(flow.values, width, height, scale_of(flow.values).top)
    return _with_gaps(lines, flow, width, glyphs)


def _with_gaps(lines: list[str], flow: Flow, width: int, glyphs: Glyphs) -> list[str]:
    gaps = gaps_in(flow, width, glyphs)
    if not gaps:
        return lines
    mark = "?" if glyphs == "ascii" else GAP
    return ["".join(mark if x in gaps else char for x, char in enumerate(line)) for line in lines]


def gaps_in(flow: Flow, width: int, glyphs: Glyphs) -> set[int]:
    """Cells in which nothing is known although there was something before.

    At the right edge that may be no more than the next answer being due: then it is no gap.
    """
    if not math.isnan(sum(flow.values)):
        # what is all known needs no look at every cell
        return set()
    each = slots(1, glyphs)
    known = [
        any(value == value for value in flow.values[x * each : (x + 1) * each])
        for x in range(width)
    ]
    if not any(known):
        return set()
    first = known.index(True)
    last = width if flow.is_silent else width - known[::-1].index(True)
    return {x for x in range(first, last) if not known[x]}
