"""Latencies in fixed memory: a histogram from a microsecond to 30 days, to three digits."""

from __future__ import annotations

import io
from bisect import bisect_left
from typing import Any

from hdrh.histogram import HdrHistogram
from msgspec import Struct

from arcwatch.model.latency import Latency, Way

from .heat import EDGES
from .latency_rows import DETAILED

LEAST, MOST, DIGITS = 1, 30 * 86_400 * 1_000_000, 3
"""Microseconds; what is shorter counts as the least, what is longer in :attr:`Latencies.beyond`."""

PERCENTILES = (50.0, 90.0, 99.0, 99.9)


class Summary(Struct, frozen=True):
    """Key figures of a distribution, in seconds; None if unknown."""

    count: int
    beyond: int
    """How many took more than 30 days; a percentile that is one of them is None."""
    min: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p999: float | None
    max: float | None


class Latencies:
    """A histogram of measured latencies; about 270 kB for any count.

    Attributes:
        beyond: How many took longer than :data:`MOST`.
    """

    def __init__(self) -> None:
        self._histogram: Any = HdrHistogram(LEAST, MOST, DIGITS)
        self.beyond = 0

    def record(self, seconds: float, count: int = 1) -> None:
        """Add measurements of one duration; a negative one counts as the least."""
        micros = round(min(seconds * 1e6, MOST + 1.0))
        if micros > MOST:
            self.beyond += count
        self._histogram.record_value(min(max(micros, LEAST), MOST), count)

    @property
    def count(self) -> int:
        """The number of measurements."""
        return int(self._histogram.get_total_count())

    def at(self, percentile: float) -> float | None:
        """The percentile in seconds; None if it is above :data:`MOST`."""
        if not self.count or not self._is_within(percentile):
            return None
        return float(self._histogram.get_value_at_percentile(percentile)) / 1e6

    def summary(self) -> Summary:
        """Its key figures."""
        least = self._histogram.get_min_value() / 1e6 if self.count else None
        p50, p90, p99, p999 = (self.at(percentile) for percentile in PERCENTILES)
        return Summary(self.count, self.beyond, least, p50, p90, p99, p999, self.at(100.0))

    def quantiles(self) -> tuple[tuple[float, float], ...]:
        """Percentile and seconds of each of :data:`DETAILED`; empty before the first."""
        if not self.count:
            return ()
        answer = [percentile for percentile in DETAILED if self._is_within(percentile)]
        found = self._histogram.get_percentile_to_value_dict(answer)
        return tuple([(percentile, value / 1e6) for percentile, value in found.items()])

    def _is_within(self, percentile: float) -> bool:
        """Whether the sample of a rank is within the histogram's range."""
        rank = max(1, int(percentile / 100 * self.count + 0.5))
        return rank <= self.count - self.beyond

    def clear(self) -> None:
        """Remove all measurements."""
        self._histogram.reset()
        self.beyond = 0

    def hgrm(self) -> str:
        """The percentile distribution in HdrHistogram's own text, in milliseconds."""
        out = io.BytesIO()
        self._histogram.output_percentile_distribution(out, 1000.0)
        return out.getvalue().decode()


class LatencyMeter:
    """A running measurement: the total, and the last seconds separately.

    About 540 kB, however much is measured.
    """

    def __init__(self) -> None:
        self.all, self._recent = Latencies(), Latencies()
        self._classes = [0] * (len(EDGES) + 1)

    def record(self, seconds: float) -> None:
        """Add one measurement."""
        self.all.record(seconds)
        self._recent.record(seconds)
        self._classes[bisect_left(EDGES, seconds)] += 1

    def snapshot(self, name: str, way: Way, place: str, *, note: str = "") -> Latency:
        """The current figures; restarts the separate count of the last seconds."""
        edges = (*EDGES, MOST / 1e6)
        spread = tuple([(edge, n) for edge, n in zip(edges, self._classes, strict=True) if n])
        recent = self._recent.quantiles()
        self._recent.clear()
        self._classes = [0] * len(self._classes)
        if self.all.beyond:
            note = "; ".join(filter(None, (note, f"{self.all.beyond:,} took more than 30 days")))
        return Latency(
            name,
            way,
            place,
            self.all.quantiles(),
            count=self.all.count,
            note=note,
            recent=recent,
            spread=spread,
        )
