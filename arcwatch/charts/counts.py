"""Figures of message counts over time: what is stored when, what is gone, what is far away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .figure import BRAILLE, QUARTERS, Figure, Glyphs, Tick, Trace
from .time_chart import linear

SCALE = 8
"""Cells right of the plot, where there is a scale."""
NARROW = 60
"""Cells below which there is none."""
GONE: dict[Glyphs, str] = {"braille": "╌", "block": "╌", "ascii": "-"}
"""Where nothing can be stored."""
FAR: dict[Glyphs, str] = {"braille": "░", "block": "░", "ascii": ":"}
"""What is stored where reading it is slow."""

_MARKERS: dict[Glyphs, str] = {"braille": BRAILLE, "block": QUARTERS, "ascii": "#"}


class Counts(NamedTuple):
    """Messages in equal spans of time."""

    values: Sequence[float]
    """NaN where nothing can be stored."""
    far: Sequence[bool]
    """Which of them lie where reading is slow."""


def plot_width(width: int, height: int) -> int:
    """Cells of the bars alone, which begin at the left edge."""
    return width - SCALE if width >= NARROW and height > 1 else width


def figure(
    counts: Counts,
    width: int,
    height: int,
    as_text: Callable[[float], str],
    glyphs: Glyphs = "braille",
    below: Sequence[tuple[int, str]] = (),
) -> Figure:
    """Bars for ``height`` lines of ``width`` cells.

    Args:
        width: Cells, the scale's included.
        height: Lines, that of the times included.
        below: Cells where times begin, and the times.
    """
    count, plot = max(1, len(counts.values)), plot_width(width, height)
    scale = linear(counts.values, as_text)
    high, lowest = scale.at(1 - 1e-6), scale.high * 0.02
    near, far, gone = list[tuple[float, float]](), list[tuple[float, float]](), []
    for place, (value, is_far) in enumerate(zip(counts.values, counts.far, strict=True)):
        if value != value:
            gone.append((place + 0.5, 0.0))
        else:
            # what is there at all is seen
            drawn = min(max(value, lowest if value else 0.0), high)
            (far if is_far else near).append((place + 0.5, drawn))
    shapes = [
        Trace(gone, "gap", GONE[glyphs], joined=False),
        Trace(near, "series-1", _MARKERS[glyphs], filled=True),
        Trace([point for point in far if point[1]], "far", FAR[glyphs], filled=True),
    ]
    labelled = plot < width
    top = [Tick(scale.at(1 - 1e-9), as_text(scale.high)), Tick(0.0, "0")]
    return Figure(
        x=(0.0, float(count)),
        y=[(0.0, scale.high)],
        shapes=shapes,
        scale=[Tick(each.at, each.text.ljust(SCALE - 2)) for each in top] if labelled else (),
        below=[Tick((column + 0.25) * count / plot, text) for column, text in below],
    )
