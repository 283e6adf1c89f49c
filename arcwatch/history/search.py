"""Search for the messages between two positions that a filter keeps."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from arcwatch.filters.filter import Candidate, Filter, FilterFailure, judged
from arcwatch.model.history import Positions, Scanned
from arcwatch.model.message import Decoded, Message

from .due_times import FILTERED, DueTimes

if TYPE_CHECKING:
    from arcwatch.sources.history import History

CHUNK = 500
"""Messages that are judged together."""
PAGE = 1_000
"""Messages that are read together on the way back, at first."""
LARGEST_PAGE = 8_000
"""And in the end: each page costs a new reader."""
SMALL = 1_000
"""As many messages are read as a page: a scan would have the server send more than that."""

Read = Callable[[Message], Awaitable[Callable[[], Decoded]]]
"""Decodes a message on request."""


class ScanProgress:
    """Progress and speed of something that reads a history.

    Attributes:
        scanned: Messages looked at.
        size: Bytes of their bodies.
        found: Messages kept.
        judged: Messages that the filter was asked about.
        failed: Of those, how many it could not judge, which are left out.
        failure: Why, of the first of them.
        done: Part of the way behind it, 0 to 1; ``nan`` where that is not known.
        time: The publish time it has come to, nanoseconds since the epoch.
        is_limited: Whether it ended because the limit was reached.
    """

    def __init__(self) -> None:
        self._going = asyncio.Event()
        self._going.set()
        self._begun = self._paused = time.monotonic()
        self.scanned = self.size = self.found = self.failed = self.time = self.judged = 0
        self.failure = ""
        self.done = 0.0
        self.is_limited = False

    def pause(self) -> None:
        """Pause after the current step."""
        if self._going.is_set():
            self._going.clear()
            self._paused = time.monotonic()

    def resume(self) -> None:
        """Continue."""
        if not self._going.is_set():
            self._begun += time.monotonic() - self._paused
            self._going.set()

    @property
    def is_paused(self) -> bool:
        """Whether it is paused."""
        return not self._going.is_set()

    @property
    def could_judge_none(self) -> bool:
        """Whether there were messages to judge, and the filter could not judge any."""
        return 0 < self.judged == self.failed

    @property
    def elapsed(self) -> float:
        """Seconds that it has looked."""
        return (time.monotonic() if self._going.is_set() else self._paused) - self._begun

    @property
    def rate(self) -> float:
        """Messages looked at a second."""
        return self.scanned / max(self.elapsed, 1e-9)

    @property
    def left(self) -> float:
        """Seconds that it will take yet, an estimate; ``nan`` where that is not known."""
        return self.elapsed * (1 - self.done) / self.done if self.done else math.nan

    def count_failures(self, verdicts: Sequence[bool | FilterFailure]) -> None:
        """Count filter failures on some messages."""
        self.judged += len(verdicts)
        for verdict in verdicts:
            if isinstance(verdict, FilterFailure):
                self.failed += 1
                self.failure = self.failure or verdict.headline

    async def note(self, step: Scanned) -> None:
        """Count a step of a scan, and wait while this is paused."""
        self.scanned += step.scanned
        self.size += step.size
        self.time, self.done = step.time, step.done
        await self._going.wait()


class Search(ScanProgress):
    """Finds messages between two positions, from either end.

    Attributes:
        positions: Where it stands.

    Args:
        limit: Messages wanted at most; None is all.
    """

    def __init__(
        self,
        history: History,
        keeps: Filter,
        read: Read,
        start: Positions,
        end: Positions,
        *,
        limit: int | None = None,
        reverse: bool = False,
    ) -> None:
        super().__init__()
        self._history, self._filter, self._read = history, keeps, read
        self._start, self._end = start, end
        self._limit, self._reverse = limit, reverse
        self._due_times = DueTimes(history, FILTERED) if keeps.needs_lookup else None
        self.positions = end if reverse else start

    async def hits(self) -> AsyncGenerator[list[Candidate], None]:
        """Messages as they are found; now and then none, when only the figures have changed."""
        steps = self._pages() if self._reverse or self._is_small else self._scan()
        async with aclosing(steps):
            async for messages in steps:
                for first in range(0, len(messages), CHUNK):
                    yield await self._judged(messages[first : first + CHUNK])
                    if self.is_limited:
                        return
                    await self._going.wait()
                if not messages:
                    yield []
                await self._going.wait()
        self.done = 1.0

    @property
    def _is_small(self) -> bool:
        return self._filter.keeps_all and self._limit is not None and self._limit <= SMALL

    async def _scan(self) -> AsyncGenerator[Sequence[Message], None]:
        async with aclosing(
            self._history.scan(self._start, self._end, self._filter.words)
        ) as steps:
            async for step in steps:
                await self.note(step)
                self.positions = step.positions
                yield step.messages

    async def _pages(self) -> AsyncGenerator[Sequence[Message], None]:
        history, size = self._history, PAGE
        while True:
            if self._limit is not None and self._filter.keeps_all:
                size = min(PAGE, self._limit - self.found)
            if self._reverse:
                page = await history.page_before(self.positions, size, self._start)
                self.positions = page.start
            else:
                page = await history.page_after(self.positions, size, self._end)
                self.positions = page.end
            self.scanned += len(page.messages)
            self.size += sum(message.size for message in page.messages)
            self.done = math.nan
            if page.messages:
                yield page.messages[::-1] if self._reverse else page.messages
            if len(page.messages) < size:
                return
            size = min(2 * size, LARGEST_PAGE)

    async def _judged(self, messages: Sequence[Message]) -> list[Candidate]:
        if self._due_times:
            messages = await self._due_times.with_due_times(messages)
        candidates = [(message, await self._read(message)) for message in messages]
        if self._filter.keeps_all:
            kept = candidates
        else:
            verdicts = await asyncio.to_thread(judged, self._filter, candidates)
            kept = [
                one for one, verdict in zip(candidates, verdicts, strict=True) if verdict is True
            ]
            self.count_failures(verdicts)
        if self._limit is not None and self.found + len(kept) >= self._limit:
            kept = kept[: self._limit - self.found]
            self.is_limited = True
        self.found += len(kept)
        return kept
