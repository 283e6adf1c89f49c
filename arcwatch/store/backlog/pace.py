"""How a backlog moves: what comes in, what goes out and its growth, all over one window.

The window is the last :data:`~arcwatch.store.series.trend.TREND` seconds.  A forecast is made from
it alone, and only while the last :data:`RECENT` seconds agree with it: where one of both grows and
the other shrinks or rests, when the backlog is drained is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import NamedTuple

from arcwatch.store.series.series import SeriesTable
from arcwatch.store.series.trend import ENOUGH, TREND, slope

RECENT = 15.0
"""Seconds that have to agree with the minute."""

NOTABLE = 0.02
"""Of a backlog the share per window below which a growth is rest."""

LONG_ENOUGH = 0.75
"""Of the window the share that must have been seen before consumers are called too few."""


class Pace(NamedTuple):
    """How a backlog moves, over one window."""

    in_rate: float = nan
    """Messages per second, as the next three."""
    out_rate: float = nan
    growth: float = nan
    recent_growth: float = nan
    """Growth over the last seconds alone."""
    seconds: float = nan
    """The width of the window; ``nan`` before there are two points in it."""


def pace_of(series: SeriesTable, key: str, fields: Sequence[str], *, scale: float = 1.0) -> Pace:
    """The pace of one backlog.

    Args:
        series: Where its past is.
        key: Its key there.
        fields: Names of what comes in, goes out and waits.
        scale: Messages in one unit of what waits.
    """
    points = series.rows(key, fields, series.last - TREND)
    waiting = [(at, values[2] * scale) for at, values in points if values[2] == values[2]]
    since = series.last - RECENT
    recent = [point for point in waiting if point[0] > since]
    return Pace(
        _mean([values[0] for _, values in points]),
        _mean([values[1] for _, values in points]),
        slope(waiting),
        slope(recent if len(recent) >= ENOUGH else waiting[-ENOUGH:]),
        waiting[-1][0] - waiting[0][0] if len(waiting) > 1 else nan,
    )


def _mean(values: list[float]) -> float:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else nan


def direction(waiting: float, growth: float) -> int:
    """Whether a backlog grows (1), shrinks (-1) or rests (0), as far as is known."""
    if abs(growth) * TREND < NOTABLE * waiting:
        return 0
    return (growth > 0) - (growth < 0)


def drains_in(waiting: float, pace: Pace) -> float:
    """Seconds until a backlog is drained; infinity if it does not shrink, ``nan`` if unknown."""
    growth, recent = pace.growth, pace.recent_growth
    if growth != growth or recent != recent or waiting != waiting:
        return nan
    if not waiting:
        return 0.0
    if direction(waiting, growth) != direction(waiting, recent):
        return nan
    return waiting / -growth if growth < 0 else inf


def is_outpaced(pace: Pace, waiting: float, *, keeps_up: bool) -> bool:
    """Whether consumers work, and less is taken than comes in, all through the window."""
    # what comes in is the topic's, of which a filter may pass on but a part: the growth is sure
    if keeps_up or not pace.out_rate > 0 or not pace.seconds >= LONG_ENOUGH * TREND:
        return False
    return direction(waiting, pace.growth) == 1 and pace.recent_growth > 0
