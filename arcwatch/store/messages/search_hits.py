"""The hits of a search, in the order found or by event time."""

from __future__ import annotations

from collections.abc import Iterator

from arcwatch.model.message import Message
from arcwatch.model.tail import time_of

from .ring import MessageRing

MOST_BYTES = 128 << 20
"""Bytes of what is found, at most."""


class Hits:
    """Messages in the order found, or by event time.

    Args:
        by_event_time: Whether event times order them; one without has its publish time.
    """

    first = last = True
    """All there are are here."""

    def __init__(self, most: int, *, by_event_time: bool = False) -> None:
        self._ring = MessageRing(most, 2 * MOST_BYTES)
        self.by_event_time = by_event_time
        self._order: list[tuple[int, int]] = []
        self.times: list[int] = []
        """When each was stored, nanoseconds since the epoch, in the order found."""

    start = 0
    """Index of the first."""

    @property
    def end(self) -> int:
        """Index after the last."""
        return self._ring.end

    @property
    def held(self) -> int:
        """How many there are."""
        return self.end

    @property
    def begins(self) -> int:
        """When the first was stored, nanoseconds since the epoch; 0 where there is none."""
        return self.times[0] if self.times else 0

    @property
    def is_full(self) -> bool:
        """Whether the size limit is reached."""
        return self._ring.bytes >= MOST_BYTES

    def add(self, messages: bytes, count: int) -> None:
        """Append hits encoded by :func:`~arcwatch.model.tail.encode_messages`."""
        before = self._ring.end
        self._ring.append(messages, count)
        found = [self._ring.message(n) for n in range(before, self.end)]
        self.times += map(time_of, found)
        if self.by_event_time:
            self._order += zip(map(_time, found), range(before, self.end), strict=True)
            self._order.sort()

    def message(self, index: int) -> Message:
        """One hit."""
        if self.by_event_time and 0 <= index < len(self._order):
            index = self._order[index][1]
        return self._ring.message(index)

    def before(self, index: int) -> Iterator[Message]:
        """The hits before one, nearest first."""
        yield from (self.message(at) for at in range(index - 1, -1, -1))

    def next_match(self, index: int, step: int) -> int | None:
        """The next hit, or the previous one if ``step`` is -1."""
        return index + step if 0 <= index + step < self.end else None

    def is_match(self, index: int) -> bool:
        """Always false: no hit is highlighted."""
        return False


def _time(message: Message) -> int:
    return message.event_time or message.publish_time or 0
