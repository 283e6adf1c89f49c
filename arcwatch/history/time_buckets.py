"""A timeline: how many messages lie in each of some equal spans of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from arcwatch.model.history import Stretch


class Bucket(NamedTuple):
    """One span of a timeline."""

    start: int
    """Nanoseconds since the epoch."""
    messages: float
    """How many lie in it; an estimate unless the stretches under it are not."""
    offloaded: bool
    """Whether any of them lie in tiered storage."""


def buckets(stretches: Iterable[Stretch], start: int, end: int, count: int) -> list[Bucket]:
    """Spread stretches over equal spans of time, in proportion to how much they share.

    Args:
        start: Where the first span begins, nanoseconds since the epoch.
        end: Where the last one ends; after ``start``.

    >>> [b.messages for b in buckets([Stretch(0, 100, 10), Stretch(90, 90, 5)], 0, 100, 2)]
    [5.0, 10.0]
    """
    totals, offloaded = [0.0] * count, [False] * count
    width = (end - start) / count
    for stretch in stretches:
        if stretch.end < start or stretch.start >= end or not stretch.messages:
            continue
        first = max(int((stretch.start - start) / width), 0)
        last = min(int((stretch.end - start) / width), count - 1)
        length = stretch.end - stretch.start
        for place in range(first, last + 1):
            begin = max(start + place * width, stretch.start)
            behind = min(start + (place + 1) * width, stretch.end)
            share = (behind - begin) / length if length else 1.0
            totals[place] += stretch.messages * max(share, 0.0)
            offloaded[place] = offloaded[place] or stretch.offloaded
    return [
        Bucket(round(start + place * width), total, offloaded[place])
        for place, total in enumerate(totals)
    ]
