"""Series reduced to as many values as a chart can show; pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from .figure import Glyphs

SHARE = 0.9
"""Of what is drawn, how much is no burst in any case."""
ABOVE = 4.0
"""How many times as large as that a burst is."""


def slots(width: int, glyphs: Glyphs = "braille") -> int:
    """How many values a line of ``width`` cells can show: braille holds two in each."""
    return max(0, width) * (2 if glyphs == "braille" else 1)


def peak(values: Sequence[float]) -> float:
    """The largest finite value, or 0 when there is none above it."""
    return max((value for value in values if 0 < value < math.inf), default=0.0)


def ceiling(values: Iterable[float]) -> float:
    """The largest value that is no burst, for a scale which one burst does not flatten.

    What stands above it is to be cut off, and marked.

    >>> ceiling([3.0, 4.0, 5.0]), ceiling([3.0, 4.0, 90.0]), ceiling([math.nan])
    (5.0, 4.0, 0.0)
    """
    known = sorted(value for value in values if 0 < value < math.inf)
    if not known:
        return 0.0
    most = ABOVE * known[int(SHARE * (len(known) - 1))]
    return known[bisect_right(known, most) - 1]


def folded(values: Sequence[float], count: int) -> list[float]:
    """``values`` in exactly ``count`` slots, the newest at the right.

    Fewer values stand right, behind gaps.  More are folded: each slot is the largest of its
    share, so that a spike survives, and a gap only where all of its share is one.
    """
    have = len(values)
    if count <= 0:
        return []
    if have <= count:
        return [math.nan] * (count - have) + list(values)
    edges = [index * have // count for index in range(count + 1)]
    return [_largest(values[edges[i] : edges[i + 1]]) for i in range(count)]


def spread(values: Sequence[float], count: int) -> list[float]:
    """``values``, which cover a span of time evenly, in ``count`` slots that cover the same.

    Fewer values become steps; more are folded as by :func:`folded`.
    """
    have = len(values)
    if have >= count or not have:
        return folded(values, count)
    return [values[slot * have // count] for slot in range(count)]


def _largest(values: Sequence[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)
