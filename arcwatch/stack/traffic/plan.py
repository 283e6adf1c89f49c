"""Who lives on the platform, and the shapes its traffic has in time.  Pure.

Time here is *plan time*: seconds since the traffic began, which ``--pace`` makes run faster or
slower than the wall's.  Every stream draws from a generator of its own (:func:`dice`), so that
what one says never depends on how often another was asked.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

import msgspec

REGIONS = ("eu", "us", "ap")
MODELS = ("atlas-large", "atlas-small", "quill-2")
DAY_MS = 86_400_000

When = Callable[[float], int]
"""Plan seconds to Unix milliseconds: how a payload that carries a time gets it."""


class Agent(msgspec.Struct, frozen=True):
    """One agent of the platform."""

    id: str
    region: str
    model: str

    interval: float
    """Seconds between two heartbeats, 1 to 5."""

    phase: float
    """Seconds by which its cycle is ahead of the others'."""

    cycle: float
    """Seconds after which it falls silent again."""

    quiet: float
    """Seconds it stays silent in each cycle; 0 for most agents, which never do."""

    def is_silent(self, at: float) -> bool:
        """Whether it publishes nothing at plan second ``at``."""
        return (at + self.phase) % self.cycle < self.quiet


def dice(seed: int, stream: str) -> random.Random:
    """The source of chance of one stream: equal for equal seeds, unrelated for unequal names."""
    return random.Random(f"{seed}/{stream}")


AGENTS = 24
"""How many there are."""


def agents(seed: int) -> tuple[Agent, ...]:
    """The agents of a seed, ``agent-01`` onwards.  Every fourth falls silent now and then."""
    rng = dice(seed, "agents")
    return tuple(
        Agent(
            id=f"agent-{number:02d}",
            region=REGIONS[number % len(REGIONS)],
            model=rng.choice(MODELS),
            interval=round(rng.uniform(1.0, 5.0), 2),
            phase=round(rng.uniform(0.0, 150.0), 2),
            cycle=round(rng.uniform(100.0, 150.0), 2),
            quiet=30.0 if number % 4 == 0 else 0.0,
        )
        for number in range(1, AGENTS + 1)
    )


def wave(at: float, *, period: float, low: float, high: float) -> float:
    """A slow swing between ``low`` (at 0) and ``high`` (half a ``period`` later).

    >>> [round(wave(at, period=60, low=10, high=30)) for at in (0, 15, 30, 60)]
    [10, 20, 30, 10]
    """
    return low + (high - low) * (1 - math.cos(math.tau * at / period)) / 2


def is_draining(at: float, *, period: float, growing: float) -> bool:
    """Whether a consumer that works in waves is at work: not in the first ``growing`` seconds.

    >>> [is_draining(at, period=180, growing=120) for at in (0, 119, 120, 179, 180)]
    [False, False, True, True, False]
    """
    return at % period >= growing


def arrivals(rng: random.Random, rate: Callable[[float], float]) -> Iterator[float]:
    """Moments at which independent things happen, ``rate(at)`` of them a second, for ever."""
    at = 0.0
    while True:
        at += rng.expovariate(rate(at))
        yield at


class Timed(Protocol):
    """Anything that is due at a plan second."""

    @property
    def at(self) -> float:
        """Plan seconds."""


T = TypeVar("T", bound=Timed)


class Schedule(Generic[T]):
    """A plan being played: hands out what has become due.

    Args:
        plan: Endless, ascending in ``at``.
        patience: Plan seconds after which something due is let go instead of handed out: what
            an agent would have said while its broker was away is lost, not said in a burst.
    """

    def __init__(self, plan: Iterator[T], patience: float) -> None:
        self._plan, self._patience = plan, patience
        self._next = next(plan)

    def due(self, now: float) -> list[T]:
        """What has become due since the last call, up to and including plan second ``now``."""
        found = []
        while self._next.at <= now:
            if self._next.at > now - self._patience:
                found.append(self._next)
            self._next = next(self._plan)
        return found


class Clock:
    """Plan time, which starts now (``pace``: plan seconds in one real second)."""

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self._start = time.monotonic()

    def now(self) -> float:
        """Plan seconds since the clock was made."""
        return (time.monotonic() - self._start) * self.pace

    def unix_ms(self, at: float) -> int:
        """The wall's Unix milliseconds at plan second ``at``, by the wall's clock of now."""
        return round((time.time() + (at - self.now()) / self.pace) * 1000)
