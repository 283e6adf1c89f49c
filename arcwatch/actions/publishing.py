"""What publishes copies: totals that are exact whatever happens."""

from __future__ import annotations

import asyncio
from typing import Protocol

from arcwatch.replayed import Copy

WAITING = 500
"""Messages that may wait for the server's answer."""

PATIENCE = 30.0
"""Seconds for an answer."""


class Totals:
    """What became of the messages.

    Attributes:
        published: Handed to the server.
        acknowledged: Of those it said that it has them.
        failed: Of those it said that it does not, or nothing.
        failure: Why, of the first of those.
        dropped: Headers that had no place.
    """

    def __init__(self) -> None:
        self.published = self.acknowledged = self.failed = self.dropped = 0
        self.failure = ""

    def fail(self, why: str) -> None:
        """Count one that did not arrive."""
        self.failed += 1
        self.failure = self.failure or why


class Publisher(Protocol):
    """Publishes to one place after the other.

    Attributes:
        totals: What became of what it was given.
        acknowledges: Whether its server says what it has.
    """

    totals: Totals
    acknowledges: bool

    async def publish(self, copy: Copy) -> None:
        """Publish one; this waits while too many have no answer yet."""

    async def settle(self) -> None:
        """Wait until each has its answer, or there will be none, and then go on."""

    async def finish(self) -> None:
        """Wait until each has its answer, or there will be none."""


class Window:
    """As many as may wait for an answer."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(WAITING)
        self._all = asyncio.Event()
        self._all.set()
        self.waiting = 0

    async def enter(self) -> None:
        """One more waits.

        Raises:
            TimeoutError: None of the others has got an answer for long.
        """
        async with asyncio.timeout(PATIENCE):
            await self._room.acquire()
        self.waiting += 1
        self._all.clear()

    def leave(self) -> None:
        """One has its answer."""
        self.waiting -= 1
        self._room.release()
        if not self.waiting:
            self._all.set()

    async def empty(self) -> bool:
        """When all have; False where some have none for long."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._all.wait()
        except TimeoutError:
            return False
        return True
