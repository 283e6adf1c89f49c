"""Several series overlaid in cells; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from .braille import Glyphs, area, marks, slots, spread, trace

MARKS: dict[Glyphs, str] = {"braille": "⣿⠒•×+", "block": "█─•×+", "ascii": "#~ox^"}
"""What tells the first five series apart without colour: a filled area, then ever thinner."""

MOST = 5
"""Series on one chart; more cannot be told apart."""

_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8)

Run: TypeAlias = tuple[str, str]
"""Neighbouring cells that look the same: their characters, and the look (``series-1``)."""

Picture: TypeAlias = list[list[Run]]
"""Lines, the top one first, of runs from left to right."""


class Series(NamedTuple):
    """What one line of a chart shows."""

    name: str

    values: Sequence[float]
    """Evenly spaced over the chart's window, oldest first; NaN where nothing is known.

    A new object whenever they differ: a chart given equal series draws nothing.
    """


def look_of(nth: int) -> str:
    """The style name of the series at place ``nth``, from 0."""
    return f"series-{nth + 1}"


def plot(
    series: Sequence[Series], width: int, height: int, top: float, glyphs: Glyphs = "braille"
) -> Picture:
    """Draw up to :data:`MOST` series, each over the one before it.

    Args:
        series: All over the same window.
        width: Cells.
        height: Lines.
        top: The value at the upper edge.
        glyphs: What to draw with.
    """
    layers = [
        _layer(nth, values, width, height, top, glyphs)
        for nth, (_, values) in enumerate(series[:MOST])
    ]
    blank = " " * width
    return [_runs([layer[line] for layer in layers] or [blank]) for line in range(height)]


def with_cursor(runs: Sequence[Run], column: int, edge: str) -> list[Run]:
    """A line with the cell at ``column`` in style ``cursor``: its character, or ``edge``."""
    marked: list[Run] = []
    x = 0
    for text, look in runs:
        at = column - x
        if 0 <= at < len(text):
            under = edge if text[at] == " " else text[at]
            marked += (text[:at], look), (under, "cursor"), (text[at + 1 :], look)
        else:
            marked.append((text, look))
        x += len(text)
    return marked


def largest_in(values: Sequence[float], width: int, column: int, glyphs: Glyphs) -> float:
    """What is drawn in one cell: the largest value of its share of the window; NaN in a gap."""
    shown = spread(values, slots(width, glyphs))
    each = slots(1, glyphs)
    return spread(shown[column * each : (column + 1) * each], 1)[0]


def nice(top: float) -> float:
    """The round end of a scale that holds ``top``, at most half as much again.

    A scale that takes few values keeps still while what it shows moves.

    >>> nice(870), nice(130), nice(2000), nice(0)
    (1000.0, 150.0, 2000.0, 1.0)
    """
    if not 0 < top < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(top))
    return next((step * power for step in _STEPS if top <= step * power), 10 * power)


def _runs(layers: Sequence[str]) -> list[Run]:
    """One line of all layers, each over the one before it, whose blanks show what is beneath."""
    chars, owners = list(layers[0]), [0] * len(layers[0])
    for nth, text in enumerate(layers[1:], start=1):
        if not text.isspace():
            for x, char in enumerate(text):
                if char != " ":
                    chars[x], owners[x] = char, nth
    runs: list[Run] = []
    x = 0
    for nth, group in groupby(owners):
        length = len(list(group))
        runs.append(("".join(chars[x : x + length]), look_of(nth)))
        x += length
    return runs


def _layer(
    nth: int, values: Sequence[float], width: int, height: int, top: float, glyphs: Glyphs
) -> list[str]:
    shown = spread(values, slots(width, glyphs))
    if nth == 0:
        return area(shown, width, height, top, glyphs)
    if nth == 1 and glyphs == "braille":
        return trace(shown, width, height, top)
    return marks(shown, width, height, top, MARKS[glyphs][nth])
