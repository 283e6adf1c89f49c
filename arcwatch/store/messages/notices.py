"""Lines between messages: a tail's losses and events, at their time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Literal

import msgspec

MOST = 1_000
"""Notices kept."""


class Notice(msgspec.Struct, frozen=True):
    """A line among the messages that is none.

    Attributes:
        at: When, by our clock, nanoseconds since the epoch.
        address: What was followed, or what something happened to.
        text: What happened, in a line; not yet printable.
        kind: ``lost`` where messages may be missing from here on, ``back`` where that ended,
            ``left-out`` where messages are known to be missing; ``event`` where none is.
    """

    at: int
    address: str
    text: str
    kind: Literal["lost", "back", "left-out", "event"]


class Notices:
    """Notices between the messages of a ring, each before one of its indexes."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._notices: list[Notice] = []
        self.gone = 0
        """How many fell off with the messages that came after them."""
        self.renumbered = 0
        """How many were dropped before that: then what followed them has other numbers."""

    def add(self, place: int, notice: Notice) -> None:
        """Put a notice before the message of an index; none after it was put before."""
        self._places.append(max([place, *self._places[-1:]]))
        self._notices.append(notice)
        if len(self._places) > MOST:
            del self._places[0], self._notices[0]
            self.renumbered += 1

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self._places

    def forget(self, start: int) -> None:
        """Drop those before an index, which has fallen off."""
        if self._places and self._places[0] < start:
            count = bisect_left(self._places, start)
            del self._places[:count], self._notices[:count]
            self.gone += count

    def copy(self) -> Notices:
        """The same, to which nothing is added."""
        other = Notices()
        other._places, other._notices = self._places.copy(), self._notices.copy()
        other.gone, other.renumbered = self.gone, self.renumbered
        return other

    def to(self, place: int) -> int:
        """How many precede the message of an index, evicted ones not counted."""
        return bisect_right(self._places, place)

    def place(self, nth: int) -> int:
        """The index of the message after one of them."""
        return self._places[nth]

    def notice(self, nth: int) -> Notice:
        """One of them, counted from the first that is there."""
        return self._notices[nth]
