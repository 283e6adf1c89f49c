"""How sure the course of a backlog is: whether the growth over its window is that of all of it.

A backlog goes up and down by chance, and with the habits of consumers that acknowledge in batches.
A forecast is sure where that is small, where growth itself does not change over the window, and
where the latest readings do not stand out from those before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean
from typing import NamedTuple

LATEST = 2
"""Readings that show a change: a single one may be a batch."""
MOST = 0.2
"""Of a forecast the share by which it may be wrong."""

SURE, SURER = 3.0, 4.0
"""Standard deviations beyond which something is no chance, of a window and of two readings."""

FEWEST = 6
"""Points below which a course is not known."""
HABIT = 2.0
"""Times by which what goes to and fro strays less than chance would."""
ENDS = 2.45
"""Standard deviations of the difference of the first and the last third's growth, in those of all:
the square root of two times three."""


class Course(NamedTuple):
    """What a window shows besides its growth; messages per second."""

    seconds: float = 0.0
    """Its width."""
    noise: float = 0.0
    """Standard deviation of its growth."""
    extent: float = 0.0
    """Messages between the highest and the lowest of what goes to and fro by habit; 0 of chance."""
    bend: float = 0.0
    """How much growth changes a second; 0 where that may be chance."""
    turn: float | None = None
    """Growth over the latest readings, where they stand out from those before."""


def course_of(points: Sequence[tuple[float, float]]) -> Course:
    """The course of a backlog, of ``(seconds, messages)``; too few points have none."""
    if len(points) < FEWEST:
        return Course()
    third = len(points) // 3
    (began, first), (ended, last) = points[0], points[-1]
    seconds = ended - began
    rise = _growth(points[-1 - third], points[-1]) - _growth(points[0], points[third])
    bend = rise / (seconds * 2 / 3)
    slope = (last - first) / seconds - bend * seconds / 2
    away = [
        waits - first - (at - began) * (slope + bend * (at - began) / 2) for at, waits in points
    ]
    steps = [after - before for before, after in pairwise(away)]
    chance = _deviation(steps) * sqrt(len(steps))
    extent = max(away) - min(away)
    # chance strays; what goes to and fro by habit stays within its range
    is_habit = extent < chance / HABIT
    noise = (extent if is_habit else chance) / seconds
    most = 6 * noise if is_habit else SURE * ENDS * noise
    turn = _turn([_growth(*pair) for pair in pairwise(points)])
    return Course(seconds, noise, extent * is_habit, bend if abs(rise) > most else 0.0, turn)


def _deviation(values: Sequence[float]) -> float:
    """As :func:`statistics.stdev`, whose exact fractions take thirty times as long."""
    mean = fmean(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _growth(before: tuple[float, float], after: tuple[float, float]) -> float:
    return (after[1] - before[1]) / (after[0] - before[0])


def _turn(steps: Sequence[float]) -> float | None:
    before, latest = steps[: len(steps) * 2 // 3], fmean(steps[-LATEST:])
    chance = _deviation(before) / sqrt(LATEST)
    return latest if abs(latest - fmean(before)) > SURER * chance else None


def is_sure(course: Course, waiting: float, growth: float) -> bool:
    """Whether the growth predicts when a backlog is drained, or that it never is."""
    if course.turn is not None and not _agree(course.turn, growth):
        return False
    if growth >= 0:
        grows = growth >= course.noise * (1.0 if course.extent else SURE)
        return course.bend >= 0 and grows
    seconds = waiting / -growth
    # growth is that of half a window ago
    bent = abs(course.bend) * (course.seconds + seconds) / 2
    if course.extent:
        off = max(course.noise, course.extent / seconds)
    else:
        # chance goes on until then
        off = SURE * course.noise * sqrt(1 + course.seconds / seconds)
    return off + bent <= MOST * -growth


def _agree(one: float, other: float) -> bool:
    if one >= 0 or other >= 0:
        return one >= 0 and other >= 0
    return 1 - MOST <= one / other <= 1 / (1 - MOST)
