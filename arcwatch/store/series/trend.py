"""The trend of a series."""

from __future__ import annotations

from math import nan

TREND = 60.0
"""Seconds of a backlog's past that say where it is going."""
ENOUGH = 3
"""Points below which there is no trend to speak of."""


def slope(points: list[tuple[float, float]]) -> float:
    """Growth per second by linear regression over ``points``; ``nan`` of too few.

    >>> slope([(0.0, 10.0), (1.0, 30.0), (2.0, 50.0)])
    20.0
    """
    if len(points) < ENOUGH:
        return nan
    count = len(points)
    mean_at = sum(at for at, _ in points) / count
    mean_value = sum(value for _, value in points) / count
    spread = sum((at - mean_at) ** 2 for at, _ in points)
    if spread == 0:
        return nan
    return sum((at - mean_at) * (value - mean_value) for at, value in points) / spread
