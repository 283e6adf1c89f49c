"""The named connections of the platform's members to NATS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client

TICK = 0.1
"""Real seconds between two looks at the plan.  What is due goes out together: one write to the
socket serves many messages."""


@asynccontextmanager
async def connected(url: str, names: Sequence[str]) -> AsyncIterator[dict[str, Client]]:
    """One connection for each of ``names``, closed at the end.

    Waits for the server as long as it takes; a connection that is lost is tried again for ever,
    with its subscriptions.
    """
    clients = await asyncio.gather(*(_connect(url, name) for name in names))
    try:
        yield dict(zip(names, clients, strict=True))
    finally:
        await asyncio.gather(*(client.close() for client in clients))


async def _connect(url: str, name: str) -> Client:
    return await nats.connect(
        url,
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=_quiet,
    )


async def _quiet(error: Exception) -> None:
    """The client's own handler logs a traceback for each attempt to reconnect."""
