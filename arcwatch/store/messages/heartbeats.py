"""Which senders of heartbeats have stopped."""

from __future__ import annotations

from copy import copy
from math import nan

from arcwatch.model.nats import Heartbeats
from arcwatch.model.reading import Body, Failure
from arcwatch.notation.address import Subject

from .presence import Member, Presence

FORGOTTEN = 3600.0
"""Seconds after which nobody waits for one any more."""


class Members:
    """All senders of heartbeats, by subject pattern.

    Attributes:
        deaf: Whether no messages could be received now.
        failure: Why.
    """

    def __init__(self) -> None:
        self.deaf = True
        self.failure: Failure | None = None
        self._presence = Presence()
        self._received_until = nan

    def freeze(self) -> Members:
        """An independent copy."""
        frozen = copy(self)
        frozen._presence = self._presence.freeze()
        return frozen

    def update(self, answer: Body, at: float) -> None:
        """Add the heartbeats received until ``at``, Unix seconds, or a failure."""
        if isinstance(answer, Failure):
            self.deaf, self.failure = True, answer
        elif isinstance(answer, Heartbeats):
            if answer.begins:
                self.deaf, self.failure = False, None
                self._presence.exclude_until(at, since=self._received_until)
            self._received_until = at
            for subject in answer.subjects:
                self._presence.update(str(Subject(subject)), at)

    def known(self, now: float) -> list[Member]:
        """The senders expected as of ``now``, Unix seconds; names are addresses."""
        now = self._received_until if self.deaf else now
        return [m for m in self._presence.members(now) if now - m.last < FORGOTTEN]
