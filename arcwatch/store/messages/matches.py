"""Filter a ring's messages in small steps, so that input is never delayed."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from arcwatch.model.message import Message

from .ring import MessageRing

STEP = 500
"""Messages looked at in one step."""

Verdict: TypeAlias = bool | Exception
"""Whether a message is kept, or why that cannot be said."""

Sift: TypeAlias = Callable[[Sequence[Message]], Sequence[Verdict]]


class Chunk(NamedTuple):
    """The messages to filter next."""

    place: int
    """Index of the first of them in the ring."""
    messages: Sequence[Message]


class Matches:
    """The messages of a ring that match a filter, with a stable index of their own.

    Begins with the oldest message that is still in the ring and goes on with what arrives.
    Nothing of the ring is lost by another filter: that is another of these.
    """

    def __init__(self, ring: MessageRing, sift: Sift) -> None:
        self._ring, self.sift = ring, sift
        self._found = array("Q")
        self._gone = 0
        self.scanned_to = ring.start
        """Messages before this index were looked at, or are gone."""
        self.scanned = 0
        self.matched = 0
        """How many were ever kept."""
        self.failed = 0
        """How many could not be evaluated."""
        self.failure: Exception | None = None
        """The last reason for that."""
        self.missed = 0
        """How many fell off the ring before they were looked at."""

    @property
    def start(self) -> int:
        """Index of the first match still in the ring."""
        self._forget()
        return self._gone

    @property
    def end(self) -> int:
        """Index after the last match found so far."""
        return self.matched

    @property
    def filtered_out(self) -> int:
        """How many messages did not match."""
        return self.scanned - self.matched

    @property
    def behind(self) -> int:
        """Messages of the ring not filtered yet."""
        return self._ring.end - max(self.scanned_to, self._ring.start)

    @property
    def version(self) -> object:
        """Changes whenever a match is added or evicted."""
        return self.start, self.end

    def message(self, index: int) -> Message:
        """One match."""
        return self._ring.message(self.place(index))

    def place(self, index: int) -> int:
        """The index of a match in the ring."""
        if not self.start <= index < self.end:
            raise IndexError(f"match {index} is not kept; {self.start} to {self.end - 1} are")
        return self._found[index - self._gone]

    def first_from(self, place: int) -> int:
        """The index of the first match at or after an index of the ring; ``end`` if none."""
        self._forget()
        return self._gone + bisect_left(self._found, place)

    def on(self, ring: MessageRing) -> Matches:
        """The same filter and its matches, on a copy of its ring."""
        other = Matches(ring, self.sift)
        other._found, other._gone = array("Q", self._found), self._gone
        other.scanned_to, other.scanned = self.scanned_to, self.scanned
        other.matched, other.missed = self.matched, self.missed
        other.failed, other.failure = self.failed, self.failure
        return other

    def chunk(self, most: int = STEP) -> Chunk | None:
        """The messages to filter next; None if there are none."""
        ring = self._ring
        if self.scanned_to < ring.start:
            self.missed += ring.start - self.scanned_to
            self.scanned_to = ring.start
        messages = list[Message]()
        while len(messages) < most and self.scanned_to + len(messages) < ring.end:
            messages += ring.some_from(self.scanned_to + len(messages), most - len(messages))
        return Chunk(self.scanned_to, messages) if messages else None

    def settle(self, chunk: Chunk, verdicts: Sequence[Verdict]) -> None:
        """Record which messages of a chunk match."""
        for place, verdict in enumerate(verdicts, chunk.place):
            if verdict is True:
                self._found.append(place)
                self.matched += 1
            elif verdict is not False:
                self.failed += 1
                self.failure = verdict
        self.scanned_to = chunk.place + len(verdicts)
        self.scanned += len(verdicts)

    def step(self, most: int = STEP) -> bool:
        """Filter a few more messages; return whether there are more."""
        if chunk := self.chunk(most):
            self.settle(chunk, self.sift(chunk.messages))
        return self.scanned_to < self._ring.end

    def _forget(self) -> None:
        """Drop matches that were evicted from the ring."""
        start = self._ring.start
        if self._found and self._found[0] < start:
            gone = bisect_left(self._found, start)
            del self._found[:gone]
            self._gone += gone
