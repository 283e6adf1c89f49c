"""Input for plotext as plain data: traces, marks and axes."""

from __future__ import annotations

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
