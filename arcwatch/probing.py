"""Measures how long messages of our own take, at a steady pace, whatever the servers do meanwhile.

A message that could not be sent when it was due counts from when it was due: else a server that
stops everything for a second would be told of by one message, and not by all that had to wait
(coordinated omission; Gil Tene, "How NOT to Measure Latency").
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from msgspec import Struct

from .actions.probe_nats import Take
from .store.latencies import Latencies

LATE = 0.002
"""Seconds by which a timer of ours may be late without the servers being to blame."""

PATIENCE = 2.0
"""Seconds that the last messages are waited for."""

HEAD = 12
"""Bytes of a message that number it: the least that one can have."""


class Probe(Protocol):
    """One way that messages go, and come back."""

    path: str
    """``nats publish``."""

    async def open(self, take: Take) -> None:
        """Be ready to send; what comes back is handed to ``take``, on any thread."""

    def send(self, body: bytes) -> None:
        """Send one."""

    async def close(self) -> None:
        """Leave nothing."""


class Measured(Struct, frozen=True):
    """What came of it."""

    path: str
    sent: int
    lost: int
    """Sent, and not back in time."""
    late: int
    """Sent later than they were due, from when on they count."""
    latencies: Latencies


async def measure(probe: Probe, *, rate: float, size: int, seconds: float) -> Measured:
    """Send messages at a steady pace, and see when they come back.

    Args:
        probe: Which way they go.
        rate: Messages per second.
        size: Bytes of each, at least :data:`HEAD`.
        seconds: For how long.

    Raises:
        SourceError: They cannot be sent at all.
    """
    latencies, started = Latencies(), dict[bytes, float]()
    count, late = max(1, round(rate * seconds)), 0

    def take(body: bytes) -> None:
        now = time.perf_counter()
        begun = started.pop(bytes(body[:HEAD]), None)
        # one that comes twice counts once
        if begun is not None:
            latencies.record(now - begun)

    await probe.open(take)
    try:
        begun = time.perf_counter()
        for number in range(count):
            due = begun + number / rate
            if (left := due - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            now, name = time.perf_counter(), b"%0*d" % (HEAD, number)
            late += now - due > LATE
            started[name] = due if now - due > LATE else now
            probe.send(name.ljust(size, b"."))
        end = time.perf_counter() + PATIENCE
        while started and time.perf_counter() < end:  # noqa: ASYNC110 - some come on threads
            await asyncio.sleep(0.01)
    finally:
        await probe.close()
    return Measured(probe.path, count, len(started), late, latencies)
