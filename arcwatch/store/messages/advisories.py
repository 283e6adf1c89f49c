"""JetStream advisories about messages that are not redelivered."""

from __future__ import annotations

from collections import deque
from copy import copy
from math import nan
from typing import TypeAlias

from msgspec import Struct

from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory
from arcwatch.model.reading import Body, Failure

MOST = 200
"""Advisories kept of one consumer, the newest."""

MOST_CONSUMERS = 500

RECENT = 60.0
"""Seconds over which a rate is measured."""

Key: TypeAlias = tuple[str, str, str]
"""Stream, consumer, and in which way."""


class AdvisoryCount(Struct, frozen=True, gc=False):
    """The advisories of one kind about one consumer."""

    messages: tuple[JsAdvisory, ...]
    """The newest first, at least one."""
    count: int
    rate: float
    """Per second; ``nan`` where it is not known."""


class Advisories:
    """All advisories of one context since they are followed.

    Attributes:
        since: Unix seconds from which on nothing was missed; ``nan`` while nobody listens.
        failure: Why advisories are not followed, where they should be.
        dropped: Heard, and not kept.
    """

    def __init__(self) -> None:
        self.since = nan
        self.failure: Failure | None = None
        self.dropped = 0
        self._kept: dict[Key, deque[JsAdvisory]] = {}
        self._counts: dict[Key, int] = {}

    def freeze(self) -> Advisories:
        """An independent copy."""
        frozen = copy(self)
        frozen._kept = {key: kept.copy() for key, kept in self._kept.items()}
        frozen._counts = dict(self._counts)
        return frozen

    def update(self, answer: Body, at: float) -> None:
        """Add the advisories received until ``at``, Unix seconds, or a failure."""
        if isinstance(answer, Failure):
            self.since, self.failure = nan, answer
        elif isinstance(answer, JsAdvisories):
            self._count(answer, at)

    def _count(self, answer: JsAdvisories, at: float) -> None:
        if answer.begins:
            self.since, self.failure = at, None
        self.dropped += answer.dropped
        for advisory in answer.advisories:
            key = (advisory.stream, advisory.consumer, advisory.kind)
            # the one with the newest advisory is the last to be forgotten
            kept = self._kept.pop(key, None)
            self._kept[key] = deque(maxlen=MOST) if kept is None else kept
            self._kept[key].appendleft(advisory)
            self._counts[key] = self._counts.get(key, 0) + 1
        while len(self._kept) > MOST_CONSUMERS:
            oldest = next(iter(self._kept))
            del self._kept[oldest], self._counts[oldest]

    def counts(self, now: float) -> list[AdvisoryCount]:
        """For each consumer and kind: the newest advisories, their number and rate per second."""
        return [
            AdvisoryCount(tuple(kept), self._counts[key], self._rate(kept, now))
            for key, kept in self._kept.items()
        ]

    def _rate(self, kept: deque[JsAdvisory], now: float) -> float:
        if self.since != self.since:
            return nan
        watched = min(RECENT, now - self.since)
        if watched < 1.0:
            return nan
        recent = sum(advisory.at > now - watched for advisory in kept)
        if recent == MOST:
            # there were more, and how long ago the oldest of these was is known
            return recent / max(1e-3, now - kept[-1].at)
        return recent / watched
