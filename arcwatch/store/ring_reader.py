"""Reads a ring's messages once each, in their order, for whoever counts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arcwatch.model.message import Message

from .message_ring import MessageRing


class RingReader:
    """Begins with the oldest message that is still in the ring, and goes on with what arrives.

    Args:
        ring: What is read.
        saw: Takes the messages, some at a time.
    """

    def __init__(self, ring: MessageRing, saw: Callable[[Sequence[Message]], None]) -> None:
        self._ring, self._saw = ring, saw
        self._read_to = ring.start
        self.missed = 0
        """Messages that fell off the ring before they were read."""

    def step(self, most: int = 1_000) -> bool:
        """Read a few more; whether there are more to read."""
        if self._read_to < self._ring.start:
            self.missed += self._ring.start - self._read_to
            self._read_to = self._ring.start
        if self._read_to < self._ring.end:
            messages = self._ring.some_from(self._read_to, most)
            self._read_to += len(messages)
            self._saw(messages)
        return self._read_to < self._ring.end
