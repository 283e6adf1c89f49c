"""Deliver notifications eventually, without ever blocking the caller."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from arcwatch.errors import ArcwatchError

WAITING = 100
"""Bodies that may wait; beyond, the oldest is dropped."""

TRIES = 8
LONGEST = 60.0
"""How often one body is tried, and the longest seconds between two tries: over four minutes."""


class DeliveryError(ArcwatchError):
    """A body could not be delivered (``again``: whether another try may succeed)."""

    def __init__(self, what: str, *, where: str = "", why: str = "", again: bool) -> None:
        self.again = again
        super().__init__(what, where=where, why=why)


class Delivery:
    """A queue in front of one receiver.

    Args:
        send: Delivers one body, or raises :class:`DeliveryError`; bounds its own time.

    Attributes:
        failure: Why the newest try failed; None once one succeeded.
        lost: Bodies that were given up.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._send, self._sleep = send, sleep
        self._waiting: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self.failure: DeliveryError | None = None
        self.lost = 0

    def put(self, bodies: Iterable[bytes]) -> None:
        """Queue bodies for delivery."""
        self._waiting.extend(bodies)
        while len(self._waiting) > WAITING:
            self._waiting.popleft()
            self.lost += 1
        if self._waiting:
            self._arrived.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self.drain()

    async def drain(self) -> None:
        """Deliver the queue, each body until it is accepted or its retries are used up."""
        while self._waiting:
            await self._deliver(self._waiting.popleft())

    async def _deliver(self, body: bytes) -> None:
        for number in range(TRIES):
            try:
                await self._send(body)
            except DeliveryError as error:
                self.failure = error
                if not error.again:
                    break
            else:
                self.failure = None
                return
            if number + 1 < TRIES:
                await self._sleep(min(2.0**number, LONGEST))
        self.lost += 1
