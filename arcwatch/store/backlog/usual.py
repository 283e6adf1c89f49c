"""Whether a backlog is as usual: compared with its past, as far as it was watched or saved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, nan
from statistics import fmean, median
from typing import NamedTuple

from arcwatch.store.series.series import SeriesTable
from arcwatch.text import units

from .past import EarlierFigures, Past
from .rows import BacklogRow

ALIKE = 1.25
"""A backlog is as usual within this factor of the usual, up or down."""
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
    then: float = nan
    """At this time of :attr:`day`; ``nan`` where that was not saved."""
    day: str = ""

    @property
    def text(self) -> str:
        """Whether it is as usual, in a few words: by an earlier day, or else by the median."""
        if self.then == self.then:
            return _by_day(self.now, self.then, self.day)
        span = self.span
        words = (f"as in the last {span}", f"the median of {span}", f"usually 0 in the last {span}")
        return _compared(self.now, self.median, *words)

    @property
    def span(self) -> str:
        """The time the median covers, in whole minutes, so that it seldom changes."""
        return f"{self.seconds // 60:.0f} min"


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


def earlier_of(past: Past, row: BacklogRow, now: float) -> EarlierFigures | None:
    """What waited on an earlier day, in the unit that the row counts what waits in."""
    found = past.earlier(row, now)
    if found is None or not row.entries or row.messages != row.messages:
        return found
    figures = found.figures._replace(waiting=found.figures.waiting * row.messages / row.entries)
    return found._replace(figures=figures)


def compared_with_earlier(past: Past, row: BacklogRow, now: float) -> str:
    """``2.1 × yesterday at this time: 1,976 waiting``; empty if either is unknown."""
    found = earlier_of(past, row, now)
    if found is None or row.stale or row.waiting != row.waiting:
        return ""
    waited = found.figures.waiting
    then = f": {units.count(waited)} waiting" if waited else ""
    return f"{_by_day(row.waiting, waited, found.day)}{then}"


def _by_day(now: float, then: float, day: str) -> str:
    at = f"{day} at this time"
    return _compared(now, then, f"as {at}", at, f"0 {at}")


def _compared(now: float, usual: float, alike: str, times: str, none: str) -> str:
    ratio = now / usual if usual else inf if now > 0 else 1.0 if now == 0 else nan
    if ratio != ratio:
        return units.UNKNOWN
    if ratio == inf:
        return f"no: {none}"
    return f"yes, {alike}" if 1 / ALIKE <= ratio <= ALIKE else f"{units.rate(ratio)} × {times}"
