"""Bound the bytes of answers held at a time, across all requests of a client.

A server may answer every question with as much as one may have.  So of each server only one
large answer is read at a time, the others wait in its own buffers, and all servers together stay
within a budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakKeyDictionary

import httpx

SMALL = 1 << 20
"""Bytes of an answer that is held without asking: nearly all of them are smaller."""
BUDGET = 128 << 20
"""Bytes of large answers that are held at a time."""


class InFlight:
    """The large answers of one client."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._free = BUDGET
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def room(self, server: str, most: int) -> AsyncIterator[None]:
        """Wait for room for one large answer.

        Args:
            server: ``host:port``, of which one is held at a time.
            most: Bytes that it may have.
        """
        lock = self._locks.setdefault(server, asyncio.Lock())
        async with lock:
            await self._take(most)
            try:
                yield
            finally:
                await self._give_back(most)

    async def _take(self, size: int) -> None:
        async with self._freed:
            await self._freed.wait_for(lambda: size <= self._free or self._free == BUDGET)
            self._free -= size

    async def _give_back(self, size: int) -> None:
        self._free += size
        async with self._freed:
            self._freed.notify_all()


_CLIENTS: WeakKeyDictionary[httpx.AsyncClient, InFlight] = WeakKeyDictionary()


class Holding:
    """One answer while it grows.

    Args:
        server: ``host:port`` of who answers.
        most: Bytes beyond which the answer is refused.
    """

    def __init__(self, client: httpx.AsyncClient, server: str, most: int) -> None:
        self._all = _CLIENTS.setdefault(client, InFlight())
        self._server, self._most = server, most
        self._room = AsyncExitStack()
        self._is_large = False

    async def __aenter__(self) -> Holding:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._room.aclose()

    async def grow(self, size: int) -> None:
        """Wait until it may have ``size`` bytes."""
        if size > SMALL and not self._is_large:
            self._is_large = True
            await self._room.enter_async_context(self._all.room(self._server, self._most))
