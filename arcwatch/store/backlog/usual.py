"""Whether a backlog is as usual: compared with its own past while it was watched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan
from statistics import fmean, median
from typing import NamedTuple

from arcwatch.store.series.series import SeriesTable

NOW = 60.0
"""Seconds that are the present, and so do not say what is usual."""

LEAST = 300.0
"""Seconds of the past without which nothing is called usual."""

GAP = 15.0
"""Seconds between two figures beyond which nobody watched."""

HOUR = 3_600.0


class Usual(NamedTuple):
    """A figure now, its median and its value an hour ago."""

    now: float = nan
    median: float = nan
    """``nan`` while too little is known."""
    hour_ago: float = nan
    """The mean of a minute; ``nan`` where it was not watched then."""
    seconds: float = 0.0
    """Of the past that the median is of; at most an hour."""

    @property
    def ratio(self) -> float:
        """The figure now divided by its median; ``nan`` while either is unknown."""
        if not self.median:
            return inf if self.now > 0 else 1.0 if self.now == 0 else nan
        return self.now / self.median


def usuals(table: SeriesTable, key: str, fields: Sequence[str]) -> list[Usual]:
    """Past figures of one row, in the units of the series; those of now are left unknown."""
    last = table.last
    points = table.rows(key, fields, last - HOUR - NOW)
    hour_ago, before = last - HOUR, [point for point in points if point[0] <= last - NOW]
    found = []
    for place in range(len(fields)):
        known = [(at, values[place]) for at, values in before if values[place] == values[place]]
        watched = sum(min(GAP, at - earlier) for (earlier, _), (at, _) in pairwise(known))
        middle = median([value for _, value in known]) if watched >= LEAST else nan
        then = [value for at, value in known if at <= hour_ago]
        found.append(Usual(nan, middle, fmean(then) if then else nan, watched))
    return found
