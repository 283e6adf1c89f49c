"""Poll schedules: a fixed grid, exponential backoff, and recovery after sleep."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable

MAX_BACKOFF = 10.0
"""Seconds: the longest a server that has come back has to wait until it is noticed."""
RARE = 120.0
"""Seconds: a question that is asked more rarely is asked again sooner where it failed."""
JITTER = 0.3
"""The share of a wait for a server that is down by which it may be shorter.

Everybody who watches the same server lost it at the same moment.
"""
PULSE = 1.0
"""Seconds between two looks at the clock."""
PAUSE = 5.0
"""Seconds without a pulse, besides the one that is due, that are a pause."""


class Clock:
    """The machine's wall clock and steady clock; tests pass their own."""

    def now(self) -> float:
        """Unix seconds; may jump."""
        return time.time()

    def steady(self) -> float:
        """Seconds from an arbitrary origin; never jump, and include time spent asleep."""
        return _counting_sleep()


def _boot_clock() -> Callable[[], float]:
    # Linux leaves sleep out of its monotonic clock, and macOS out of Python's
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        clock = getattr(time, name, None)
        if clock is not None:
            return lambda: time.clock_gettime(clock)
    return time.monotonic


_counting_sleep = _boot_clock()


class PollSchedule:
    """The fixed grid on which one question is polled.

    Args:
        every: Seconds from one asking to the next, while it is answered.
        chance: A number from 0 to 1, another one each time.
    """

    def __init__(
        self, every: float, now: float, chance: Callable[[], float] = random.random
    ) -> None:
        self._every, self._due, self._wait, self._chance = every, now, every, chance
        self._failures = 0

    def answered(self, at_least: float = 0.0) -> None:
        """Continue on the grid, or at longer intervals if answers are expensive."""
        self._wait, self._failures = max(self._every, at_least), 0

    def failed(self) -> None:
        """Double the wait up to a bound, with jitter.

        What is asked very rarely is asked again after the bound, and then ever more rarely.
        """
        self._failures += 1
        if self._every > RARE:
            self._wait = min(MAX_BACKOFF * 2 ** min(self._failures - 1, 16), self._every)
        else:
            self._wait = max(self._every, min(self._wait * 2, MAX_BACKOFF))

    def restart(self, now: float) -> None:
        """Restart the grid now."""
        self._due, self._wait = now, self._every

    def seconds_left(self, now: float, *, failing: bool) -> float:
        """Seconds to wait from ``now``; a slow answer skips turns instead of bunching them."""
        self._due += self._wait * max(1, math.ceil((now - self._due) / self._wait))
        left = self._due - now
        return left * (1 - JITTER * self._chance()) if failing else left


class SleepDetector:
    """Detects that nothing ran for a while: the machine slept or the process was stopped.

    Args:
        paused: Called with the length of each pause, in seconds.
    """

    def __init__(self, steady: Callable[[], float], paused: Callable[[float], None]) -> None:
        self._steady, self._paused = steady, paused
        self._pulse: float | None = None

    def check(self) -> None:
        """Compare the clock with the last pulse; without a pulse there is no pause."""
        if self._pulse is None:
            return
        now = self._steady()
        missed, self._pulse = now - self._pulse - PULSE, now
        if missed > PAUSE:
            self._paused(missed)

    async def run(self) -> None:
        """Check every second until cancelled."""
        self._pulse = self._steady()
        try:
            while True:
                await asyncio.sleep(PULSE)
                self.check()
        finally:
            self._pulse = None


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Wait for ``event`` for at most ``seconds``; return whether it was set."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
