"""Several series drawn over each other, as cells; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from arcwatch.ui.widgets.braille import Glyphs, area, marks, slots, spread, trace

MARKS: dict[Glyphs, str] = {"braille": "⣿⠒•×", "block": "█─•×", "ascii": "#~ox"}
"""What tells the first four series apart without colour: a filled area, then ever thinner."""

MOST = 4
"""Series on one chart; more cannot be told apart."""

_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8)

Picture: TypeAlias = list[list[tuple[str, str]]]
"""Lines, the top one first, of cells: a character, and the name of its look (``series-1``)."""


class Series(NamedTuple):
    """What one line of a chart shows."""

    name: str

    values: Sequence[float]
    """Evenly spaced over the chart's window, oldest first; NaN where nothing is known."""


def look_of(nth: int) -> str:
    """The name of the look of the series at place ``nth``, from 0."""
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
    picture: Picture = [[(" ", "")] * width for _ in range(height)]
    for nth, (_, values) in enumerate(series[:MOST]):
        for line, text in zip(
            picture, _layer(nth, values, width, height, top, glyphs), strict=True
        ):
            for x, char in enumerate(text):
                if char != " ":
                    line[x] = (char, look_of(nth))
    return picture


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


def _layer(
    nth: int, values: Sequence[float], width: int, height: int, top: float, glyphs: Glyphs
) -> list[str]:
    shown = spread(values, slots(width, glyphs))
    if nth == 0:
        return area(shown, width, height, top, glyphs)
    if nth == 1 and glyphs == "braille":
        return trace(shown, width, height, top)
    return marks(shown, width, height, top, MARKS[glyphs][nth])
