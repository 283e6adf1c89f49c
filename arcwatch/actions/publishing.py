"""Publish copies, with totals that are exact whatever happens."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from typing import Protocol

from .replay_copy import Copy

WAITING = 500
"""Messages that may wait for the server's answer."""
PATIENCE = 30.0
"""Seconds for an answer."""


class Totals:
    """What became of the messages.

    Attributes:
        published: Handed to the server.
        acknowledged: Of those, confirmed by the server.
        failed: Of those, refused by the server.
        failure: Why, of the first of those.
        unknown: Of those, neither before the server was lost: they may have arrived or not.
        first_unknown: Of which message the first of those is a copy: ``ADDRESS ID``.
        dropped: Headers that had no place.
    """

    def __init__(self) -> None:
        self.published = self.acknowledged = self.failed = self.unknown = self.dropped = 0
        self.failure = self.first_unknown = ""

    def fail(self, why: str) -> None:
        """Count one that did not arrive."""
        self.failed += 1
        self.failure = self.failure or why

    def lose(self, origins: Iterable[str]) -> None:
        """Count, in order, those whose arrival is unknown."""
        for origin in origins:
            self.unknown += 1
            self.first_unknown = self.first_unknown or origin


class Publisher(Protocol):
    """Publishes to one place after the other.

    Attributes:
        totals: What became of what it was given.
        acknowledges: Whether its server confirms messages.
    """

    totals: Totals
    acknowledges: bool

    async def publish(self, copy: Copy) -> None:
        """Publish one; this waits while too many have no answer yet."""

    async def settle(self) -> None:
        """Wait until each has its answer, or there will be none, and then go on."""

    async def finish(self) -> None:
        """Wait until each has its answer, or there will be none."""


class PublishWindow:
    """As many as may wait for an answer.

    Attributes:
        waiting: Their numbers, and of which message each is a copy.
    """

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(WAITING)
        self._all = asyncio.Event()
        self._all.set()
        self._numbers = itertools.count(1)
        self.waiting: dict[int, str] = {}

    async def enter(self, origin: str) -> int:
        """One more waits, a copy of a message; its number.

        Raises:
            TimeoutError: None of the others has got an answer for long.
        """
        async with asyncio.timeout(PATIENCE):
            await self._room.acquire()
        number = next(self._numbers)
        self.waiting[number] = origin
        self._all.clear()
        return number

    def leave(self, number: int) -> bool:
        """One has its answer; whether it was waited for."""
        if self.waiting.pop(number, None) is None:
            return False
        self._room.release()
        if not self.waiting:
            self._all.set()
        return True

    def give_up(self) -> list[str]:
        """Wait for none of them any more; of which messages they are copies."""
        waiting = {**self.waiting}
        for number in waiting:
            self.leave(number)
        return [*waiting.values()]

    async def empty(self) -> bool:
        """When all have; False where some have none for long."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._all.wait()
        except TimeoutError:
            return False
        return True
