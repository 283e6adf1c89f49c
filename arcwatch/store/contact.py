"""Which sources answer, which do not, and since when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from arcwatch.model.reading import Failure, Reading, System

Half: TypeAlias = Literal["waiting", "up", "partly", "down", "off"]
"""``waiting`` before any answer or failure, ``partly`` when something does not answer."""


LATE = 2.0
"""Usual intervals between two answers after which the next one is overdue."""
SLACK = 2.0
"""Seconds besides, for an answer that takes longer than the one before."""


class Contact(Struct):
    """One part of one source: its last answer and the cost of polling it."""

    context: str
    system: System
    source: str
    part: str
    answered_at: float = math.nan
    """Unix seconds of the last answer, ``nan`` before the first."""
    answered_steady: float = math.nan
    took: float = math.nan
    """Seconds that the last answer took."""
    every: float = math.nan
    """Seconds between the last two answers."""
    failure: Failure | None = None
    failing_since: float = math.nan
    """Unix seconds of the first of the failures that have not ended yet."""
    answers: int = 0
    failures: int = 0

    @property
    def failing(self) -> bool:
        """Whether the latest attempt failed."""
        return self.failure is not None

    def is_overdue(self, steady: float) -> bool:
        """Whether an answer is overdue although the attempt has not failed yet.

        Args:
            steady: Seconds of the monotonic clock that readings carry.
        """
        return steady - self.answered_steady > LATE * self.every + SLACK

    def note(self, reading: Reading) -> None:
        """Record one answer or failure."""
        if isinstance(reading.body, Failure):
            if self.failure is None:
                self.failing_since = reading.at
            self.failure = reading.body
            self.failures += 1
            return
        self.every = reading.steady - self.answered_steady
        self.answered_at, self.answered_steady = reading.at, reading.steady
        self.took = reading.took
        self.failure, self.failing_since = None, math.nan
        self.answers += 1


def half_of(contacts: Sequence[Contact]) -> Half:
    """The state of one system in a word, from all its contacts."""
    if not any(c.answers for c in contacts):
        return "down" if any(c.failing for c in contacts) else "waiting"
    main = [c for c in contacts if c.part in ("varz", "metrics")] or contacts
    if all(c.failing for c in main):
        return "down"
    return "partly" if any(c.failing for c in contacts) else "up"
