"""Who of those that send heartbeats has fallen silent."""

from __future__ import annotations

from copy import copy
from math import nan

from arcwatch.model.nats_heartbeats import Heartbeats
from arcwatch.model.reading import Body, Failure
from arcwatch.notation.address import Subject

from .presence import Member, Presence

FORGOTTEN = 3600.0
"""Seconds after which nobody waits for one any more."""


class Members:
    """Everyone who was heard, by the subject that they publish to.

    Attributes:
        deaf: Whether nobody could be heard now.
        failure: Why.
    """

    def __init__(self) -> None:
        self.deaf = True
        self.failure: Failure | None = None
        self._presence = Presence()
        self._heard_until = nan

    def freeze(self) -> Members:
        """A copy that stays as it is."""
        frozen = copy(self)
        frozen._presence = self._presence.freeze()
        return frozen

    def update(self, answer: Body, at: float) -> None:
        """Take whom was heard until ``at``, Unix seconds, or that nobody can be."""
        if isinstance(answer, Failure):
            self.deaf, self.failure = True, answer
        elif isinstance(answer, Heartbeats):
            if answer.begins:
                self.deaf, self.failure = False, None
                self._presence.exclude_until(at, since=self._heard_until)
            self._heard_until = at
            for subject in answer.subjects:
                self._presence.update(str(Subject(subject)), at)

    def known(self, now: float) -> list[Member]:
        """Those who are waited for as of ``now``, Unix seconds; names are addresses."""
        now = self._heard_until if self.deaf else now
        return [m for m in self._presence.members(now) if now - m.last < FORGOTTEN]
