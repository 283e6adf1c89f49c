"""Time series: rows of float32 columns on one time axis."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

BRIEF = 120
"""Points kept of every row."""
DEEP = 3600
"""Points kept of a row that is on screen or ranked: an hour and more at any beat."""


class _Row:
    __slots__ = ("capacity", "cells", "seen")

    def __init__(self, capacity: int, fields: int, seen: int) -> None:
        self.capacity = capacity
        self.cells = array("f", [math.nan]) * (capacity * fields)
        self.seen = seen

    def freeze(self) -> _Row:
        # copy() takes five times as long, and there are thousands of rows
        frozen = _Row.__new__(_Row)
        frozen.capacity, frozen.cells, frozen.seen = self.capacity, self.cells[:], self.seen
        return frozen


class SeriesTable:
    """A row per key with the same fields, and one column of times for all.

    The fields of one moment lie side by side, so that a new moment costs one slice a row and
    the garbage collector sees one object a row.

    Args:
        fields: Names of the figures, in the order in which they are pushed.
        deep: Points kept of the rows named by :meth:`deepen`, and of the time axis.

    Example:
        >>> table = SeriesTable(["rate"])
        >>> table.push(10.0, {"x": [1.0]}); table.push(12.0, {"x": [3.0]})
        >>> table.window("x", "rate", 8.0, 12.0, 2)
        [nan, 3.0]
    """

    def __init__(self, fields: Sequence[str], *, brief: int = BRIEF, deep: int = DEEP) -> None:
        self._fields = {name: place for place, name in enumerate(fields)}
        self._brief, self._deep = brief, deep
        self._axis = array("d", [math.nan]) * deep
        self._count = 0
        self._rows: dict[str, _Row] = {}
        self._claims: dict[str, frozenset[str]] = {}
        self._deepened: frozenset[str] = frozenset()
        self._gap = array("f", [math.nan]) * len(self._fields)

    @property
    def last(self) -> float:
        """The latest time; ``nan`` before the first."""
        return self._axis[(self._count - 1) % self._deep] if self._count else math.nan

    @property
    def first(self) -> float:
        """The oldest time still stored; ``nan`` before the first."""
        if not self._count:
            return math.nan
        return self._axis[max(0, self._count - self._deep) % self._deep]

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def push(self, at: float, rows: Mapping[str, Sequence[float]]) -> None:
        """Add one time.  A row without values has a gap, and is dropped after a while.

        Args:
            at: Seconds; must not go backwards.
            rows: The figures by key, in the order of the fields; ``nan`` is a gap.
        """
        tick, width = self._count, len(self._fields)
        self._axis[tick % self._deep] = at
        self._count += 1
        for key, values in rows.items():
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = _Row(self._capacity(key), width, tick)
            row.seen = tick
            start = tick % row.capacity * width
            row.cells[start : start + width] = array("f", values)
        if len(rows) < len(self._rows):
            self._leave_gaps(tick, rows)

    def gap(self, at: float) -> None:
        """Add one time without values."""
        self.push(at, {})

    def forget(self, keys: Iterable[str]) -> None:
        """Drop rows whose keys will not be reused."""
        for key in keys:
            self._rows.pop(key, None)

    def deepen(self, keys: Iterable[str], *, claim: str = "") -> None:
        """Store these rows at full depth from now on.

        Args:
            keys: All rows that this claim names; it names no others any more.
            claim: Who wants them.  A row is kept deep while anybody does.
        """
        self._claims[claim] = frozenset(keys)
        claimed = frozenset().union(*self._claims.values())
        changed, self._deepened = claimed ^ self._deepened, claimed
        for key in changed:
            if row := self._rows.get(key):
                self._rows[key] = self._resized(row, self._capacity(key))

    def freeze(self) -> SeriesTable:
        """An independent copy."""
        frozen = copy(self)
        frozen._axis, frozen._claims = self._axis[:], dict(self._claims)
        frozen._rows = {key: row.freeze() for key, row in self._rows.items()}
        return frozen

    def latest(self, key: str, field: str) -> float:
        """The value at the latest time; ``nan`` if missing."""
        row = self._rows.get(key)
        if row is None or not self._count:
            return math.nan
        width = len(self._fields)
        return row.cells[(self._count - 1) % row.capacity * width + self._fields[field]]

    def points(self, key: str, field: str, since: float) -> list[tuple[float, float]]:
        """``(time, value)`` since ``since``, without gaps, oldest first."""
        rows = self.rows(key, (field,), since)
        return [(at, value) for at, (value,) in rows if value == value]

    def rows(
        self, key: str, fields: Sequence[str], since: float
    ) -> list[tuple[float, tuple[float, ...]]]:
        """``(time, values of fields)`` since ``since``, gaps as ``nan``, oldest first."""
        row = self._rows.get(key)
        if row is None:
            return []
        width, places = len(self._fields), [self._fields[field] for field in fields]
        found, newer = [], math.inf
        for tick in range(self._count - 1, max(-1, self._count - 1 - row.capacity), -1):
            at = self._axis[tick % self._deep]
            # what seems to be of later was pushed before the clock was set back
            if at <= since or at > newer:
                break
            newer = at
            start = tick % row.capacity * width
            found.append((at, tuple([row.cells[start + place] for place in places])))
        return found[::-1]

    def window(self, key: str, field: str, start: float, end: float, buckets: int) -> list[float]:
        """The values of a time span in equal buckets.

        A figure stands for the time since the moment before it, so a bucket is the mean over
        what it covers, and a span that is finer than the beat has no false gaps.

        Args:
            start: Seconds, the left edge of the first bucket.
            end: Seconds, the right edge of the last.

        Returns:
            One figure a bucket, ``nan`` where nothing is known.
        """
        sums, weights = [0.0] * buckets, [0.0] * buckets
        row = self._rows.get(key)
        if row is None or buckets < 1 or not end > start:
            return [math.nan] * buckets
        width, place, step = len(self._fields), self._fields[field], (end - start) / buckets
        # of the first moment, and of the first that the axis still holds, the one before is unknown
        oldest = max(1, self._count - row.capacity, self._count - self._deep + 1)
        axis, deep, cells, capacity = self._axis, self._deep, row.cells, row.capacity
        newer = (axis[(self._count - 1) % deep] - start) / step
        for tick in range(self._count - 1, oldest - 1, -1):
            # in bucket widths; what ends a moment begins the next
            right, newer = newer, (axis[(tick - 1) % deep] - start) / step
            if right <= 0:
                break
            value = cells[tick % capacity * width + place]
            if value != value:
                continue
            bucket = int(newer)
            if 0 <= newer < right < bucket + 1 <= buckets:
                # by far the most are: a call for each would cost more than all else here
                sums[bucket] += value * (right - newer)
                weights[bucket] += right - newer
            else:
                _cover(sums, weights, value, max(newer, 0.0), min(right, buckets))
        return [
            total / weight if weight else math.nan
            for total, weight in zip(sums, weights, strict=True)
        ]

    def _capacity(self, key: str) -> int:
        return self._deep if key in self._deepened else self._brief

    def _leave_gaps(self, tick: int, rows: Mapping[str, Sequence[float]]) -> None:
        width, gone = len(self._fields), []
        for key, row in self._rows.items():
            if key in rows:
                continue
            if tick - row.seen >= row.capacity:
                gone.append(key)
            start = tick % row.capacity * width
            row.cells[start : start + width] = self._gap
        for key in gone:
            del self._rows[key]

    def _resized(self, row: _Row, capacity: int) -> _Row:
        width = len(self._fields)
        fresh = _Row(capacity, width, row.seen)
        for tick in range(max(0, self._count - min(capacity, row.capacity)), self._count):
            source, target = tick % row.capacity * width, tick % capacity * width
            fresh.cells[target : target + width] = row.cells[source : source + width]
        return fresh


def _cover(
    sums: list[float], weights: list[float], value: float, left: float, right: float
) -> None:
    """Spread ``value`` over the buckets between ``left`` and ``right``, in bucket widths."""
    first, last = int(left), int(right)
    if first >= last:
        if left < right:
            sums[first] += value * (right - left)
            weights[first] += right - left
        return
    share = first + 1 - left
    sums[first] += value * share
    weights[first] += share
    for bucket in range(first + 1, last):
        sums[bucket] += value
        weights[bucket] += 1
    if (share := right - last) > 0:
        sums[last] += value * share
        weights[last] += share
