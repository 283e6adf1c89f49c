"""Figures of distributions: a heat map over time, and the bars of percentiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from arcwatch.text import units

from .figure import Box, Figure, Glyphs, Tick, Trace

SHADES: dict[Glyphs, str] = {"braille": "·░▒▓█", "block": "·░▒▓█", "ascii": ".:+#@"}
"""None at all, then ever more; a slice of which nothing is known is blank."""

Slices: TypeAlias = Sequence[Sequence[int] | None]
"""Counts by class, the lowest class first, of each slice, oldest first; None is a gap."""


class HeatMap(NamedTuple):
    """Counts by slice of time and class."""

    slices: Slices
    name: Callable[[int], str]
    """Names a class by its number."""
    times: tuple[str, str]
    """When the first slice begins and the last ends."""


class Bar(NamedTuple):
    """One bar of several below each other."""

    name: str
    share: float
    """How long it is, of the longest that fits: 0 to 1."""


def heat(shown: HeatMap, width: int, height: int, glyphs: Glyphs = "braille") -> Figure:
    """A heat map for ``height`` lines, of which the last has the times."""
    rows = heat_rows(shown.slices, max(1, height - 1))
    names = [shown.name(highest) for highest, _ in rows]
    plot = max(1, width - max(map(len, names), default=0) - 2)
    most = largest(shown.slices, height)
    traces: list[Trace] = []
    for mark in SHADES[glyphs]:
        places = [
            (column + 0.5, line + 0.5)
            for line, (_, cells) in enumerate(rows)
            for column in range(plot)
            if shade(cells[column * len(cells) // plot], most, SHADES[glyphs]) == mark
        ]
        traces.append(Trace(places, "heat", mark, joined=False))
    lines = float(max(1, len(rows)))
    first, last = (f"└{time}" for time in shown.times)
    return Figure(
        x=(0.0, float(plot)),
        y=[(0.0, lines)],
        shapes=traces,
        scale=[Tick(line + 0.5, name) for line, name in enumerate(names)],
        below=[Tick(0.25, first), Tick(max(0, plot - len(last)) + 0.25, last)],
    )


def heat_height(shown: HeatMap, height: int) -> int:
    """Lines that a heat map fills of those there are: no more than classes were seen."""
    return len(heat_rows(shown.slices, max(1, height - 1))) + 1


def bars(shown: Sequence[Bar]) -> Figure:
    """Bars below each other, each in a line, with its name at the left."""
    count = len(shown)
    return Figure(
        x=(0.0, 1.0),
        y=[(0.0, float(max(1, count)))],
        shapes=[
            Box((0.0, max(0.0, min(bar.share, 1 - 1e-6))), (place, place + 0.5), "series-1", "▇")
            for place, bar in enumerate(reversed(shown))
        ],
        names=[Tick(count - 0.5 - place, f"{bar.name} ") for place, bar in enumerate(shown)],
    )


def percentile_bars(
    quantiles: Sequence[tuple[float, float]], as_text: Callable[[float], str]
) -> list[Bar]:
    """A bar for each percentile of a distribution, on a logarithmic scale from a microsecond.

    Args:
        quantiles: Percentiles, and their seconds.
        as_text: Seconds as text.
    """
    top = micros(min(max((value for _, value in quantiles), default=0.0), 60.0))
    return [
        Bar(f"p{percent:<6g}{as_text(value):>10} ", micros(min(value, 60.0)) / top if top else 0.0)
        for percent, value in quantiles
    ]


def micros(seconds: float) -> float:
    """The logarithm of microseconds, from 0 for one; ``nan`` stays so.

    >>> micros(1e-6), micros(0.01), micros(0.0)
    (0.0, 4.0, 0.0)
    """
    return seconds if seconds != seconds else max(0.0, round(math.log10(max(seconds, 1e-6)) + 6, 9))


def of_micros(drawn: float) -> str:
    """What :func:`micros` makes of a figure, as that figure.

    >>> of_micros(4.0)
    '10.0 ms'
    """
    return units.duration(10 ** (drawn - 6))


def largest(slices: Slices, height: int) -> int:
    """The count of the darkest shade at so many lines."""
    rows = heat_rows(slices, max(1, height - 1))
    return max((count for _, cells in rows for count in cells if count), default=0)


def heat_rows(slices: Slices, height: int) -> list[tuple[int, list[int | None]]]:
    """Classes that were seen, neighbours together where there is no room for each.

    Returns:
        The highest class of each line and its counts, the lowest first.

    >>> heat_rows([(0, 2, 1, 0), None], 1)
    [(2, [3, None])]
    """
    known = [counts for counts in slices if counts]
    seen = [n for counts in known for n, count in enumerate(counts) if count]
    if not seen or height < 1:
        return []
    low, high = min(seen), max(seen)
    together = math.ceil((high - low + 1) / height)
    return [
        (
            min(start + together - 1, high),
            [sum(s[start : start + together]) if s else None for s in slices],
        )
        for start in range(low, high + 1, together)
    ]


def shade(count: int | None, most: int, shades: str) -> str:
    """A count's sign, by how many times as many the most are.

    >>> "".join(shade(n, 1000, "·░▒▓█") for n in (None, 0, 1, 20, 200, 1000))
    ' ·░▒▓█'
    """
    if count is None:
        return " "
    if count == 0 or most < 1:
        return shades[0]
    share = math.log10(most / count)
    return shades[-1] if share < 0.3 else shades[3] if share < 1 else shades[2 if share < 2 else 1]
