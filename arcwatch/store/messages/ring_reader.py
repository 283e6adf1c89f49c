"""Read each message of a ring once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arcwatch.model.message import Message

from .ring import MessageRing


class RingReader:
    """Reads from the oldest message still in the ring, then new ones as they arrive.

    Args:
        near: Of more messages than these that wait to be read, only as many of the last ones are;
            None reads all.
    """

    def __init__(
        self,
        ring: MessageRing,
        consume: Callable[[Sequence[Message]], None],
        *,
        near: int | None = None,
    ) -> None:
        self._ring, self._consume, self._near = ring, consume, near
        self._read_to = ring.start
        self.missed = 0
        """Messages that fell off the ring before they were read."""
        self.passed_over = 0
        """Messages that were too many to be read."""

    def step(self, most: int = 1_000) -> bool:
        """Read a few more messages; return whether there are more."""
        if self._read_to < self._ring.start:
            self.missed += self._ring.start - self._read_to
            self._read_to = self._ring.start
        if self._near is not None and self._ring.end - self._read_to > self._near:
            self.passed_over += self._ring.end - self._near - self._read_to
            self._read_to = self._ring.end - self._near
        if self._read_to < self._ring.end:
            messages = self._ring.some_from(self._read_to, most)
            self._read_to += len(messages)
            self._consume(messages)
        return self._read_to < self._ring.end
