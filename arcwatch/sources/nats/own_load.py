"""Monitor our own connection's pending data and stalls at its server.

``pending_bytes`` is what the server keeps for us, ``stalls`` how often it made a publisher wait
because of us (``server/client.go``, since 2.12).  Nobody else sees that we are the culprit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arcwatch.config.credentials import Tls
from arcwatch.errors import SourceError
from arcwatch.model.nats import NatsConnection as Row

from .connection import NatsConnection

if TYPE_CHECKING:
    from .monitor import NatsMonitor

EVERY = 2.0
"""Seconds between two looks; one costs the server some 0.1 ms."""
PENDING = 16 << 20
"""Bytes the server keeps for us that are too many: a quarter of what makes it disconnect us."""


class OwnLoad:
    """Polls our connection from the server's side.

    Args:
        monitors: Monitoring addresses, one of which may be our server's.
    """

    def __init__(self, connection: NatsConnection, monitors: Sequence[str], tls: Tls) -> None:
        self._connection, self._monitors, self._tls = connection, monitors, tls
        self._stalls: tuple[int | None, int] = (None, 0)
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start polling."""
        if self._monitors and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """Stop polling."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        from arcwatch.sources.net.http import new_client

        from .monitor import NatsMonitor

        async with new_client(self._tls) as client:
            monitors = [NatsMonitor(url, client, timeout=EVERY) for url in self._monitors]
            while True:
                await asyncio.sleep(EVERY)
                for monitor in monitors:
                    if row := await self._row(monitor):
                        self._judge(row)
                        break

    async def _row(self, monitor: NatsMonitor) -> Row | None:
        cid = self._connection.client_id
        if cid is None:
            return None
        try:
            opened = await monitor.connection(cid)
        except SourceError:
            return None
        return opened.connection if opened.server_id == self._connection.server_id else None

    def _judge(self, row: Row) -> None:
        stalls = row.stalls or 0
        cid, before = self._stalls
        self._stalls = (row.cid, stalls)
        if row.pending_bytes > PENDING:
            self._connection.harmed(
                f"the server buffers {row.pending_bytes / 2**20:.0f} MiB for this connection"
            )
        elif stalls > (before if cid == row.cid else 0):
            self._connection.harmed("publishers were stalled by this connection")
