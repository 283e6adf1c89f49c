"""Ten shapes of load on one backlog, played at the pace of real readings, and when they drained."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from math import inf, isnan, nan
from typing import NamedTuple

from arcwatch.store.backlog.pace import drains_in, pace_of
from arcwatch.store.backlog.rows import keeps_up
from arcwatch.store.series.series import SeriesTable

EVERY = 2.0
"""Seconds between two readings of ``/jsz``, and of a metrics page."""

STEP = 0.1
LONGEST = 1_200
FIELDS = ("in", "out", "backlog")


class Load(NamedTuple):
    """What comes and goes in a tenth of a second, and what waits to begin with."""

    begins: float
    flow: Callable[[float, random.Random], tuple[float, float]]
    """Messages per second that come and that could go, at a second."""
    changes: float = nan
    """The second of a change that nobody can know of before."""
    told: float = 0.0
    """Share of the readings that have to have a forecast; of the others it may be withheld."""


class Forecast(NamedTuple):
    """What was said at a second, and what then happened; both in seconds from there on."""

    at: float
    said: float
    """As :func:`~arcwatch.store.backlog.pace.drains_in`: ``nan`` is none."""
    actual: float

    def is_right(self, every: float) -> bool:
        """Whether it is within a fifth, or a reading; so is what was withheld."""
        if isnan(self.said) or self.said == self.actual:
            return True
        return abs(self.said - self.actual) <= max(0.2 * self.actual, every)


def noisy(rate: float, chance: random.Random) -> float:
    """Messages a second, as many as come by chance at this rate in a tenth of one."""
    return max(0.0, chance.gauss(rate * STEP, (rate * STEP) ** 0.5)) / STEP


def _steady(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), noisy(100, chance)


def _faster(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), noisy(60 + second, chance)


def _more_comes(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(400 if second < 180 else 600, chance), noisy(1_000, chance)


def _bursts(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(200 if round(second / STEP) % 100 < 20 else 0, chance), noisy(100, chance)


def _sawtooth(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), 300 if round(second / STEP) % 30 >= 20 else 0.0


def _batches(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), 2_000 / STEP if round(second / STEP) % 200 == 0 else 0.0


def _growing(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(100, chance), noisy(60, chance)


def _flat(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(100, chance), noisy(100, chance)


def _dies(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), noisy(100, chance) if second < 180 else 0.0


def _slow_start(second: float, chance: random.Random) -> tuple[float, float]:
    return noisy(40, chance), noisy(min(100, 20 + 1.5 * second), chance)


LOADS = {
    "constant drain": Load(30_000, _steady, told=0.95),
    "accelerating": Load(30_000, _faster),
    "step in input": Load(300_000, _more_comes, changes=180, told=0.7),
    "bursts of input": Load(30_000, _bursts, told=0.5),
    "sawtooth of acks": Load(30_000, _sawtooth, told=0.3),
    "acks in batches": Load(30_000, _batches),
    "growing": Load(5_000, _growing, told=0.9),
    "flat": Load(5_000, _flat),
    "consumer dies": Load(30_000, _dies, changes=180, told=0.9),
    "slow start": Load(30_000, _slow_start, told=0.8),
}


def forecasts(load: Load, seed: int, every: float = EVERY) -> list[Forecast]:
    """The forecast at each reading once it was watched for a while, and when it drained in fact."""
    table, waits = SeriesTable(FIELDS), list(_readings(load, seed, every))
    drained = next((at for at, _, _, left in waits if left <= 0), inf)
    found = []
    for at, came, went, left in waits:
        table.push(at, {"x": (came, went, left)})
        # two looks, the same as a cause: a change that has not been seen cannot be told
        is_fresh = load.changes <= at <= load.changes + 2 * every
        if 45 <= at < min(drained, LONGEST) and not is_fresh:
            pace = pace_of(table, "x", FIELDS)
            if keeps_up(left, pace.in_rate):
                continue
            said = drains_in(left, pace)
            if not at < load.changes:
                found.append(Forecast(at, said, drained - at))
            elif isnan(said) or said < inf:
                found.append(Forecast(at, said, _as_it_goes(load, left, at, seed)))
    return found


def _as_it_goes(load: Load, left: float, at: float, seed: int) -> float:
    """Seconds until it would have drained, had nothing changed."""
    chance, second = random.Random(seed), at
    while left > 0 and second - at < LONGEST:
        came, went = load.flow(second % load.changes, chance)
        left += (came - went) * STEP
        second += STEP
    return second - at if left <= 0 else inf


def _readings(load: Load, seed: int, every: float) -> Iterator[tuple[float, float, float, float]]:
    """Second, messages in and out per second since the reading before, and what waits."""
    chance, left, came_in, went_out = random.Random(seed), load.begins, 0.0, 0.0
    at = 0.0
    for tick in range(int(LONGEST / STEP)):
        second = tick * STEP
        came, went = load.flow(second, chance)
        went = min(went, came + left / STEP)
        left += (came - went) * STEP
        came_in, went_out = came_in + came * STEP, went_out + went * STEP
        if left < 1:
            yield second, nan, nan, 0.0
            return
        if second - at >= every - STEP / 2:
            yield second, came_in / (second - at), went_out / (second - at), round(left)
            at, came_in, went_out = second, 0.0, 0.0
