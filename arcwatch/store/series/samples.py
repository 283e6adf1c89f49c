"""Sparse samples of backlogs: their trend and the age of their oldest message.

A sample is taken every :data:`STEP` at no cost to any server, on a clock that never jumps.  What
was not reported has no sample, so that a gap, a restart or a counter that fell is never growth.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from copy import copy
from math import nan
from typing import NamedTuple

STEP = 10.0
"""Least seconds between two samples."""
STEPS = 6
"""Steps over which growth is judged: a minute, where the servers are asked often enough."""
MOST = 240
"""Samples kept of one counter; beyond, every other of the older half goes."""
FLOWING = 60.0
"""Seconds that something must have flowed for its end to be worth a word."""
PAUSE = 30.0
"""Seconds without a message that do not end a flow."""


class Age(NamedTuple):
    """The age of the oldest message of a backlog."""

    seconds: float
    at_least: bool
    """Whether it waited from before the first sample, so that this is only a bound."""


class _Counter:
    """Samples of one counter, denser the newer they are."""

    __slots__ = ("counts", "times")

    def __init__(self) -> None:
        self.times, self.counts = array("d"), array("d")

    def update(self, at: float, count: float) -> None:
        times, counts = self.times, self.counts
        if len(counts) > 1 and counts[-1] == counts[-2] == count:
            times[-1] = at
            return
        times.append(at)
        counts.append(count)
        if len(times) > MOST:
            half = MOST // 2
            self.times = times[:half:2] + times[half:]
            self.counts = counts[:half:2] + counts[half:]

    def passed(self, count: float) -> Age:
        """How long before the latest sample the counter exceeded ``count``."""
        times, counts = self.times, self.counts
        after = bisect_right(counts, count)
        if after == 0:
            # one sample bounds nothing: the oldest may have waited for any time
            return Age(times[-1] - times[0] or nan, at_least=len(times) > 1)
        if after == len(counts):
            return Age(0.0, at_least=False)
        share = (count - counts[after - 1]) / (counts[after] - counts[after - 1])
        at = times[after - 1] + share * (times[after] - times[after - 1])
        return Age(times[-1] - at, at_least=False)

    def freeze(self) -> _Counter:
        frozen = _Counter()
        frozen.times, frozen.counts = self.times[:], self.counts[:]
        return frozen


class BacklogSamples:
    """Samples of the backlogs of one system, and of the counters of their topics."""

    def __init__(self) -> None:
        self._backlogs: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=STEPS + 1)
        self._counts: Mapping[str, float] = {}
        self._counters: dict[str, _Counter] = {}
        self._flows: dict[str, tuple[float, float]] = {}
        self._growths: dict[str, float] = {}
        self._at = nan

    def freeze(self) -> BacklogSamples:
        """An independent copy."""
        frozen = copy(self)
        frozen._backlogs, frozen._flows = self._backlogs.copy(), dict(self._flows)
        frozen._counters = {key: counter.freeze() for key, counter in self._counters.items()}
        return frozen

    def is_due(self, at: float) -> bool:
        """Whether a sample is due at ``at``, seconds of a clock that never jumps."""
        return not at - self._at < STEP

    def update(
        self,
        at: float,
        counts: Mapping[str, float],
        backlogs: Mapping[str, float],
        waiting: Iterable[str],
    ) -> None:
        """Add one sample."""
        before, then = self._counts, self._at
        counts = {key: count for key, count in counts.items() if count == count}
        for key in [k for k, flow in self._flows.items() if k not in counts or at - flow[1] > 3600]:
            del self._flows[key]
        for key, count in counts.items():
            if key in before and count > before[key]:
                began, last = self._flows.get(key, (then, then))
                self._flows[key] = (began if then - last <= PAUSE else then, at)
        counters: dict[str, _Counter] = {}
        for key in waiting:
            if key in counts:
                counters[key] = self._sampled(key, at, counts[key])
        self._counters, self._counts, self._at = counters, counts, at
        self._backlogs.append((at, backlogs))
        self._growths = {}

    def _sampled(self, key: str, at: float, count: float) -> _Counter:
        counter = self._counters.get(key)
        if counter is None or counter.counts[-1] > count:
            counter = _Counter()
            if self._counts.get(key, count + 1) <= count:
                # nothing waited when it was looked at last, so that was before the oldest came
                counter.update(self._at, self._counts[key])
        counter.update(at, count)
        return counter

    def growth(self, key: str) -> float:
        """Growth of a backlog per second; ``nan`` until it is in every sample.

        The middle of the last steps: one that leaps, as a counter that is set back or a
        subscription that is made anew, says nothing of where it is going.
        """
        growth = self._growths.get(key)
        if growth is None:
            # asked for every second, by several rules, between two samples
            growth = self._growths[key] = self._middle_step(key)
        return growth

    def _middle_step(self, key: str) -> float:
        samples = self._backlogs
        if len(samples) <= STEPS:
            return nan
        values = [backlogs.get(key, nan) for _, backlogs in samples]
        if values[0] == 0.0 == values[-1]:
            return 0.0
        times = [at for at, _ in samples]
        steps = [
            (values[n + 1] - values[n]) / (times[n + 1] - times[n]) for n in range(len(values) - 1)
        ]
        if any(step != step for step in steps):
            return nan
        steps.sort()
        return (steps[(STEPS - 1) // 2] + steps[STEPS // 2]) / 2

    def age(self, topic: str, backlog: float) -> Age:
        """The estimated age of the oldest of the last ``backlog`` messages of a topic.

        That is when the counter of what came in stood at what it is now less the backlog.  The
        idea is of the review of apache/pulsar#20859, and it costs the broker nothing.
        """
        if not backlog:
            return Age(0.0, at_least=False)
        counter = self._counters.get(topic)
        if counter is None or backlog != backlog:
            return Age(nan, at_least=False)
        return counter.passed(counter.counts[-1] - backlog)

    def quiet(self, topic: str) -> float:
        """Seconds since the last message was observed; ``nan`` if none was."""
        flow = self._flows.get(topic)
        return nan if flow is None else self._at - flow[1]

    def stopped(self, topic: str) -> float:
        """Seconds since the last message, where messages had flowed for a while.

        0 while they flow, or never did; ``nan`` where it is not known.
        """
        if topic not in self._counts:
            return nan
        began, last = self._flows.get(topic, (self._at, self._at))
        return self._at - last if last - began >= FLOWING else 0.0
