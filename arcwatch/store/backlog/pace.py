"""How a backlog moves: its inflow, outflow and growth, all over one window.

The window is the last :data:`~arcwatch.store.series.trend.TREND` seconds.  A forecast is made from
it alone, and only while the last :data:`RECENT` seconds agree with it, and its course is sure (see
:mod:`.course`): otherwise when the backlog is drained is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan
from typing import NamedTuple

from arcwatch.store.series.series import SeriesTable
from arcwatch.store.series.trend import ENOUGH, TREND, slope

from .course import Course, course_of, is_sure

RECENT = 15.0
"""Seconds that have to agree with the minute."""
NOTABLE = 0.02
"""Of a backlog the share per window below which a growth is rest."""
LONG_ENOUGH = 0.75
"""Of the window the share that must have been seen before consumers are called too few."""
MOSTLY = 0.5
"""Of the window the share in which consumers have to work before they are called too few."""


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
    busy: float = nan
    """Of the window the share in which anything went out, 0 to 1; ``nan`` while unknown."""
    course: Course = Course()


def pace_of(series: SeriesTable, key: str, fields: Sequence[str], *, scale: float = 1.0) -> Pace:
    """The pace of one backlog."""
    points = series.rows(key, fields, series.last - TREND)
    waiting = [(at, values[2] * scale) for at, values in points if values[2] == values[2]]
    since = series.last - RECENT
    recent = [point for point in waiting if point[0] > since]
    return Pace(
        _mean([(at, values[0]) for at, values in points]),
        _mean([(at, values[1]) for at, values in points]),
        _net(waiting),
        slope(recent if len(recent) >= ENOUGH else waiting[-ENOUGH:]),
        waiting[-1][0] - waiting[0][0] if len(waiting) > 1 else nan,
        _mean([(at, float(values[1] > 0)) for at, values in points if values[1] == values[1]]),
        course_of(waiting),
    )


def _net(points: list[tuple[float, float]]) -> float:
    """Growth from the first to the last point: inflow less outflow, whatever lies between."""
    if len(points) < ENOUGH:
        return nan
    (began, first), (ended, last) = points[0], points[-1]
    return (last - first) / (ended - began) if ended > began else nan


def _mean(points: list[tuple[float, float]]) -> float:
    """The mean rate between the first and the last; each covers the time since the one before.

    A rate that is alone stands for itself.
    """
    total = seconds = 0.0
    for (before, _), (at, rate) in pairwise(points):
        if rate == rate:
            total, seconds = total + rate * (at - before), seconds + at - before
    return total / seconds if seconds > 0 else points[-1][1] if points else nan


def direction(waiting: float, growth: float) -> int:
    """Whether a backlog grows (1), shrinks (-1) or rests (0), as far as is known."""
    return 0 if abs(growth) * TREND < NOTABLE * waiting else (growth > 0) - (growth < 0)


def drains_in(waiting: float, pace: Pace, *, keeps_up: bool = False) -> float:
    """Seconds until a backlog is drained; infinity if it does not shrink, ``nan`` if unknown.

    What is always on its way goes up and down by chance, so that nothing can disagree there.
    """
    growth, recent = pace.growth, pace.recent_growth
    if growth != growth or recent != recent or waiting != waiting:
        return nan
    if not waiting:
        return 0.0
    if not keeps_up and direction(waiting, growth) != direction(waiting, recent):
        return nan
    if not keeps_up and not is_sure(pace.course, waiting, growth):
        return nan
    return waiting / -growth if growth < 0 else inf


def is_outpaced(pace: Pace, waiting: float, *, keeps_up: bool, is_shown: bool = False) -> bool:
    """Whether consumers work, and less goes out than in, all through the window.

    Args:
        is_shown: Whether that is so already: it goes on until the backlog no longer grows, beyond
            what chance would have it do.
    """
    # what comes in is the topic's, of which a filter may pass on but a part: the growth is sure
    if keeps_up or not pace.busy >= MOSTLY or not pace.seconds >= LONG_ENOUGH * TREND:
        return False
    if is_shown:
        return pace.growth > -pace.course.noise
    grows = direction(waiting, pace.growth) == 1 and pace.recent_growth > 0
    return grows and is_sure(pace.course, waiting, pace.growth)
