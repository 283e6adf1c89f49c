"""Input for plotext as plain data: traces, reduced to what can be shown, marks and axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Run: TypeAlias = tuple[str, str]
"""Neighbouring cells that look the same: their characters, and the look (``series-1``)."""

Picture: TypeAlias = list[list[Run]]
"""Lines, the top one first, of runs from left to right."""

BRAILLE, QUARTERS = "braille", "hd"
"""Markers that draw with parts of cells; every other marker is one character."""


class Trace(NamedTuple):
    """Points of one look, from left to right."""

    points: Sequence[tuple[float, float]]
    """``(x, y)``; where ``y`` is NaN the line is interrupted."""
    look: str
    marker: str = BRAILLE
    joined: bool = True
    filled: bool = False
    """Whether everything down to zero is drawn, rather than the line."""
    side: int = 0
    """Which of the two scales ``y`` is on."""


class Box(NamedTuple):
    """A filled rectangle."""

    x: tuple[float, float]
    y: tuple[float, float]
    look: str
    marker: str = "█"


class Note(NamedTuple):
    """Text in the plot, from ``x`` to the right or, where ``ends``, to the left."""

    x: float
    y: float
    text: str
    look: str
    ends: bool = False


class Tick(NamedTuple):
    """A label beside an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Figure:
    """One whole chart.  Later parts are drawn over earlier ones."""

    x: tuple[float, float]
    """What the left and the right edge are."""
    y: Sequence[tuple[float, float]]
    """What the lower and the upper edge are, on one scale or two."""
    shapes: Sequence[Trace | Box | Note]
    rules: Sequence[float] = ()
    """Where upright lines stand behind everything, as ``x``."""
    scale: Sequence[Tick] = ()
    """Labels at the right edge, their places on the first scale."""
    names: Sequence[Tick] = ()
    """Labels at the left edge, likewise."""
    below: Sequence[Tick] = ()
    """Labels in a line below the plot, each beginning at its place; empty is no such line."""


Glyphs: TypeAlias = Literal["braille", "block", "ascii"]
"""What a chart is drawn with: braille needs a font that has it, ASCII needs nothing."""


def slots(width: int, glyphs: Glyphs = "braille") -> int:
    """How many values a line of ``width`` cells can show: braille holds two in each."""
    return max(0, width) * (2 if glyphs == "braille" else 1)


def peak(values: Sequence[float]) -> float:
    """The largest finite value, or 0 when there is none above it."""
    return max((value for value in values if 0 < value < math.inf), default=0.0)


def folded(values: Sequence[float], count: int) -> list[float]:
    """``values`` in exactly ``count`` slots, the newest at the right.

    Fewer values stand right, behind gaps.  More are folded: each slot is the largest of its
    share, so that a spike survives, and a gap only where all of its share is one.
    """
    have = len(values)
    if count <= 0:
        return []
    if have <= count:
        return [math.nan] * (count - have) + list(values)
    edges = [index * have // count for index in range(count + 1)]
    return [_largest(values[edges[i] : edges[i + 1]]) for i in range(count)]


def spread(values: Sequence[float], count: int) -> list[float]:
    """``values``, which cover a span of time evenly, in ``count`` slots that cover the same.

    Fewer values become steps; more are folded as by :func:`folded`.
    """
    have = len(values)
    if have >= count or not have:
        return folded(values, count)
    return [values[slot * have // count] for slot in range(count)]


def _largest(values: Sequence[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)
