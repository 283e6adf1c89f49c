"""The last messages of a tail, stored as received bytes.

A hundred thousand messages a second are not to become a hundred thousand objects a second for the
few dozen that a screen shows: what arrives is put away whole, and opened where it is looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence

from arcwatch.model.message import Message
from arcwatch.model.tail import decode_messages

OPENED = 4_000
"""Messages kept ready of the frames looked at last."""
OPENED_BYTES = 32_000_000
"""And the bytes of these frames at most, if more than one is ready."""


class MessageRing:
    """Messages with a stable, growing index; the oldest are evicted.

    Index 0 is the first message ever added, ``start`` to ``end - 1`` are still here.  A caller that
    remembers an index can tell whether its message is, so that a reader's place is held while
    the ring turns under them.

    Args:
        keep: Messages kept at most.
        keep_bytes: Bytes of them, as they came, at most; the newest frame always stays.
    """

    def __init__(self, keep: int = 100_000, keep_bytes: int = 256_000_000) -> None:
        self.keep, self.keep_bytes = keep, keep_bytes
        self.end = 0
        self.bytes = 0
        """Bytes of the frames kept."""
        # both only ever grow at the end; what falls off is cut away once it is half of them
        self._frames: list[bytes] = []
        self._starts: list[int] = []
        self._first = 0
        self._opened: OrderedDict[int, list[Message]] = OrderedDict()
        self._opened_messages = self._opened_bytes = 0

    @property
    def start(self) -> int:
        """Index of the oldest message still stored."""
        if self._first == len(self._starts):
            return self.end
        return max(self.end - self.keep, self._starts[self._first])

    @property
    def kept(self) -> int:
        """The number of messages still stored."""
        return self.end - self.start

    def append(self, messages: bytes, count: int) -> None:
        """Append a frame.

        Args:
            messages: As :func:`~arcwatch.model.tail.encode_messages` makes them.
        """
        if not count:
            return
        self._frames.append(messages)
        self._starts.append(self.end)
        self.end += count
        self.bytes += len(messages)
        self._evict()

    def freeze(self) -> MessageRing:
        """A copy that neither grows nor evicts."""
        frozen = MessageRing(self.keep, self.keep_bytes)
        frozen.end, frozen.bytes, frozen._first = self.end, self.bytes, self._first
        frozen._frames, frozen._starts = self._frames.copy(), self._starts.copy()
        return frozen

    def message(self, index: int) -> Message:
        """One message."""
        return self._frame(index)[index - self._starts[self._nth(index)]]

    def some_from(self, index: int, most: int) -> Sequence[Message]:
        """Between one and ``most`` messages from ``index`` on, as many as are cheap to decode."""
        frame = self._frame(index)
        at = index - self._starts[self._nth(index)]
        return frame[at : at + most]

    def _nth(self, index: int) -> int:
        return bisect_right(self._starts, index, self._first) - 1

    def _frame(self, index: int) -> list[Message]:
        if not self.start <= index < self.end:
            raise IndexError(f"message {index} is not kept; {self.start} to {self.end - 1} are")
        nth = self._nth(index)
        key = self._starts[nth]
        if (opened := self._opened.get(key)) is not None:
            self._opened.move_to_end(key)
            return opened
        opened = self._opened[key] = decode_messages(self._frames[nth])
        self._opened_messages += len(opened)
        self._opened_bytes += len(self._frames[nth])
        while len(self._opened) > 1 and (
            self._opened_messages > OPENED or self._opened_bytes > OPENED_BYTES
        ):
            self._close(next(iter(self._opened)))
        return opened

    def _close(self, key: int) -> None:
        if closed := self._opened.pop(key, None):
            self._opened_messages -= len(closed)
            self._opened_bytes -= len(self._frames[self._nth(key)])

    def _evict(self) -> None:
        last = len(self._frames) - 1
        while self._first < last and (
            self.bytes > self.keep_bytes or self._starts[self._first + 1] <= self.end - self.keep
        ):
            self._close(self._starts[self._first])
            self.bytes -= len(self._frames[self._first])
            self._frames[self._first] = b""
            self._first += 1
        if self._first > 1_000 and self._first > len(self._frames) // 2:
            del self._frames[: self._first], self._starts[: self._first]
            self._first = 0


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
