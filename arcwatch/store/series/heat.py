"""A distribution over the last hour, in constant memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from math import nan

EDGES = tuple(step * 10.0**power for power in range(-6, 2) for step in (1, 2, 5))
"""Upper edges of the classes, seconds: three a decade from 1 µs to 50 s; beyond is one more."""
SLOTS = 60
"""Slices of time that are kept."""
SLICE = 60.0
"""Seconds of each."""


class Heat:
    """Counts by slice of time and class, 25 classes in 60 slices: 6 kB."""

    def __init__(self) -> None:
        self._classes = len(EDGES) + 1
        self._counts = array("I", [0]) * (SLOTS * self._classes)
        self._slices = array("d", [nan]) * SLOTS

    def update(self, at: float, spread: Iterable[tuple[float, int]], *, adds: bool) -> None:
        """Add counts by duration.

        Args:
            at: Unix seconds.
            spread: Seconds, and how many.
            adds: Whether these come on top of what was reported in the same slice, rather than
                instead: what is of a window, or of last measurements, is reported again and again.
        """
        number = at // SLICE
        slot = int(number) % SLOTS
        start = slot * self._classes
        if not adds or self._slices[slot] != number:
            self._slices[slot] = number
            self._counts[start : start + self._classes] = array("I", [0]) * self._classes
        for seconds, count in spread:
            place = start + bisect_left(EDGES, seconds)
            self._counts[place] = min(0xFFFFFFFF, self._counts[place] + count)

    def freeze(self) -> Heat:
        """An independent copy."""
        frozen = Heat.__new__(Heat)
        frozen._classes = self._classes
        frozen._counts, frozen._slices = self._counts[:], self._slices[:]
        return frozen

    def slices(self, now: float) -> list[tuple[int, ...] | None]:
        """Counts by class for each slice of the last hour, oldest first; None is a gap."""
        last = now // SLICE
        found: list[tuple[int, ...] | None] = []
        for number in range(int(last) - SLOTS + 1, int(last) + 1):
            slot = number % SLOTS
            start = slot * self._classes
            known = self._slices[slot] == number
            found.append(tuple(self._counts[start : start + self._classes]) if known else None)
        return found
