"""Clients that connect and disconnect: one by one if few, counted if many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .event import Event, Kind

MOST = 60
"""Events of clients in a minute that are listed one by one: a list holds other events as well."""

WINDOW = 60.0


class ClientEvents:
    """Passes the first events of each minute, and counts the rest."""

    def __init__(self) -> None:
        self._begun, self._passed = 0.0, 0
        self._more: Counter[Kind] = Counter()
        self._cluster = ""
        self._at_least = False

    def limit(self, events: Iterable[Event], at: float, *, is_limited: bool) -> Iterator[Event]:
        """The events that are listed, and one of those that were not in the minute before.

        Args:
            events: Clients that came and went until ``at``, Unix seconds.
            is_limited: Whether there were more of which nobody knows.
        """
        if not 0 <= at - self._begun < WINDOW:
            yield from self._counted(at)
            self._begun, self._passed = at, 0
        for event in events:
            if self._passed < MOST:
                self._passed += 1
                yield event
            else:
                self._more[event.kind] += 1
                self._cluster = event.cluster
        self._at_least |= is_limited

    def _counted(self, at: float) -> Iterator[Event]:
        came, went = self._more["came"], self._more["went"]
        if came or went:
            least = "at least " if self._at_least else ""
            text = f"{least}{came:,} more clients connected and {went:,} disconnected in a minute"
            kind: Kind = "came" if came >= went else "went"
            yield Event(at, "nats", self._cluster, kind, "", text, how="arcwatch")
        self._more.clear()
        self._at_least = False
