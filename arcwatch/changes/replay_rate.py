"""How fast messages are published again."""

from __future__ import annotations

import re
from typing import NamedTuple

from arcwatch.errors import UsageError

_PACE = re.compile(r"(?:[x×](?P<times>\d+(?:\.\d+)?)|(?P<rate>\d+(?:\.\d+)?)(?:/s)?)", re.ASCII)


class Pace(NamedTuple):
    """Either so many times as fast as they were published, or so many a second."""

    text: str
    times: float = 0.0
    rate: float = 0.0

    def due(self, number: int, time: int, first: int) -> float:
        """When a message is due, in seconds after the first.

        Args:
            number: Its number, from 0.
            time: When it was published, nanoseconds since the epoch.
            first: When the first was.

        >>> Pace("x2", times=2).due(9, 4_000_000_000, 0), Pace("4/s", rate=4).due(9, 0, 0)
        (2.0, 2.25)
        """
        if self.rate:
            return number / self.rate
        # clocks of producers may disagree
        return max(time - first, 0) / 1e9 / self.times


def parse_pace(text: str) -> Pace:
    """``original``, ``x10`` (or ``×10``) times as fast, or ``500/s``.

    >>> parse_pace("original").times, parse_pace("×2.5").times, parse_pace("500/s").rate
    (1.0, 2.5, 500.0)
    """
    if text == "original":
        return Pace(text, times=1.0)
    found = _PACE.fullmatch(text)
    times = float(found["times"] or 0) if found else 0.0
    rate = float(found["rate"] or 0) if found else 0.0
    if not times and not rate:
        hint = "original, x10 for ten times as fast, or 500/s"
        raise UsageError("not a rate", where=text, hint=hint)
    return Pace(text, times, rate)
