"""The stored messages of an address, in order and in both directions, for either system.

Nothing here leaves anything behind, every read is bounded in time and in size, and cancelling one
ends it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from arcwatch.model.history import Extent, Missing, Page, Positions, Scanned
from arcwatch.model.message import Message
from arcwatch.notation.times import Moment

MOST = 10_000
"""Messages of one page."""


class History(Protocol):
    """The stored messages of a topic, a partition, all matching topics, or a stream.

    Attributes:
        places: Addresses of what is read, whose order is that of every :data:`Positions`.
        notes: What a user should know of what was asked for, each a line.
        gaps: The one of them about what may be missing at any time; mostly empty.
    """

    places: tuple[str, ...]
    notes: list[str]
    gaps: str

    async def earliest(self) -> Positions:
        """The position before everything stored."""

    async def latest(self) -> Positions:
        """The position after the last message of each place."""

    async def at(self, moment: Moment) -> Positions:
        """The position before the first message at or after a moment.

        Raises:
            UsageError: It is no moment of this kind of history.
        """

    def doubt(self, moment: Moment) -> str:
        """Which messages near a moment have implausible times, as :meth:`at` last found; a line.

        Empty where none is, and where servers date messages themselves.
        """

    async def page_at(self, moment: Moment, limit: int) -> Page:
        """The first messages at or after a moment; see :meth:`at`."""

    async def page_after(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The next messages.

        Args:
            until: Where to end: a page that was read is read again between its ends.
        """

    async def page_before(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The previous messages; the page after the result's start, until its end, is the same.

        Args:
            positions: Where the last of them ends.
            until: Where to stop; messages from there on are left out.
        """

    def scan(
        self, start: Positions, end: Positions, words: Sequence[str] = ()
    ) -> AsyncGenerator[Scanned, None]:
        """All messages between two positions.

        It goes on where it was when a server is lost and comes back, and ends when it is closed.

        Args:
            words: Casefolded; a message that lacks one of them may be left out.

        Raises:
            SourceError: The server does not answer, nor again after a while.
        """

    def last(self, end: Positions, start: Positions | None = None) -> AsyncGenerator[Scanned, None]:
        """Messages that include the last of each key (Pulsar) or subject, in stored order.

        Args:
            start: Those from there on; None is all.

        Raises:
            SourceError: The server does not answer, nor again after a while.
        """

    async def with_due_times(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The same messages, with their delivery times where known.

        Costs a question for each that may be delayed: for a few, not for a scan.
        """

    async def renew_notes(self) -> None:
        """Bring :attr:`notes` up to date with what has changed since the history was opened."""

    async def missing(self, positions: Positions) -> Missing | None:
        """What was stored before some positions and has been removed; None if nothing.

        A state of that moment may lack keys, or have older messages of them than it had.
        """

    async def extent(self, window: tuple[int, int] | None = None) -> Extent:
        """What is stored, estimated from the server's counts and a few messages.

        Nothing is read from tiered storage.

        Args:
            window: Between which moments it shall be known best, nanoseconds since the epoch;
                what lies elsewhere may be missing.  None is everything.
        """

    async def tiered(
        self, start: Positions, end: Positions, most: int | None = None, *, back: bool = False
    ) -> tuple[int, int]:
        """Ledgers in tiered storage between two positions, and their bytes.

        Both are more than is read where that begins or ends within a ledger.

        Args:
            most: So many messages are read; None is all.
            back: Whether they are the last rather than the first.
        """

    async def close(self) -> None:
        """Stop all reads."""
