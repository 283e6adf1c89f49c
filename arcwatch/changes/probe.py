"""Measure the latency of our own messages at a steady rate, however slow the servers are.

A message that could not be sent when it was due counts from when it was due: else a server that
stops everything for a second would be reported by one message, and not by all that had to wait
(coordinated omission; Gil Tene, "How NOT to Measure Latency").
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from arcwatch.actions.probe_nats import Take
from arcwatch.store.series.histogram import Latencies

from .probe_plan import HEAD

if TYPE_CHECKING:
    # what talks HTTP takes long to import, and reading the flags does not need it
    from arcwatch.sources.connections import Servers

LATE = 0.002
"""Seconds by which a timer of ours may be late without the servers being to blame."""
PATIENCE = 2.0
"""Seconds that the last messages are waited for."""
YIELDS = 50
"""Messages that are late after which others have their turn all the same."""


class Probe(Protocol):
    """A path on which messages are sent and received again."""

    path: str
    """``nats publish``."""

    async def open(self, take: Take) -> None:
        """Get ready to send; returned messages are handed to ``take``, on any thread."""

    def send(self, body: bytes) -> None:
        """Send one."""

    async def close(self) -> None:
        """Leave nothing."""


class Measured(Struct, frozen=True):
    """The result of a measurement."""

    path: str
    sent: int
    lost: int
    """Sent, and not back in time."""
    late: int
    """Sent later than they were due, from when on they count."""
    latencies: Latencies
    waiting: int = 0
    """Sent, and still waited for when measuring was interrupted."""


class ProbeRun:
    """Sends messages at a steady pace, and takes the time until each is back.

    Args:
        rate: Messages per second.
        size: Bytes of each, at least :data:`~.probe_plan.HEAD`.
        record: Takes seconds; called on the loop alone.

    Attributes:
        sent: Messages so far.
        late: Those sent later than they were due.
        lost: Those that nobody waits for any more.
    """

    def __init__(
        self, probe: Probe, rate: float, size: int, record: Callable[[float], None]
    ) -> None:
        self.sent = self.late = self.lost = 0
        self._probe, self._rate, self._size, self._record = probe, rate, size, record
        self._started: dict[bytes, float] = {}
        # some come on threads, which no event of the loop's may be set from
        self._arrived: deque[tuple[bytes, float]] = deque()

    async def go(self, count: int | None) -> None:
        """Send so many, or without end; then wait for the last."""
        await self._probe.open(self._take)
        try:
            begun = time.perf_counter()
            for number in range(count) if count is not None else itertools.count():
                await self._send(number, begun + number / self._rate)
            end = time.perf_counter() + PATIENCE
            while self.waiting() and time.perf_counter() < end:  # noqa: ASYNC110 - they come on threads
                await asyncio.sleep(0.01)
            self.give_up(0.0)
        finally:
            await self._probe.close()

    def give_up(self, patience: float) -> None:
        """Count as lost what was sent longer ago than that, in seconds."""
        self.waiting()
        before = time.perf_counter() - patience
        # in the order of their sending
        late = list(itertools.takewhile(lambda one: one[1] < before, self._started.items()))
        for name, _ in late:
            del self._started[name]
        self.lost += len(late)

    async def _send(self, number: int, due: float) -> None:
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        elif number % YIELDS == 0:
            await asyncio.sleep(0)
        self.waiting()
        now, name = time.perf_counter(), b"%0*d" % (HEAD, number)
        self.late += now - due > LATE
        self.sent += 1
        self._started[name] = due if now - due > LATE else now
        self._probe.send(name.ljust(self._size, b"."))

    def _take(self, body: bytes) -> None:
        self._arrived.append((bytes(body[:HEAD]), time.perf_counter()))

    def waiting(self) -> int:
        """Record what has returned; how many are still on their way."""
        while self._arrived:
            name, at = self._arrived.popleft()
            # one that comes twice counts once
            if (begun := self._started.pop(name, None)) is not None:
                self._record(at - begun)
        return len(self._started)


async def measure(
    probe: Probe, *, rate: float, size: int, seconds: float, found: list[Measured]
) -> None:
    """Send messages at a steady rate and time their return.

    Args:
        rate: Messages per second.
        size: Bytes of each.
    """
    latencies = Latencies()
    run = ProbeRun(probe, rate, size, latencies.record)
    try:
        await run.go(max(1, round(rate * seconds)))
    finally:
        if run.sent:
            waiting = run.waiting()
            found.append(Measured(probe.path, run.sent, run.lost, run.late, latencies, waiting))


async def probe_for(servers: Servers, path: str, namespace: str, size: int) -> Probe:
    """Build the probe for one of :data:`~.probe_plan.PATHS`, not open yet.

    Args:
        size: Bytes of a message.
    """
    if path.startswith("nats"):
        from arcwatch.actions.probe_nats import NatsProbe
        from arcwatch.sources.jetstream.history import connected

        connection = servers.nats()
        if not connection.is_connected:
            await connected(connection)
        return NatsProbe(connection, "request" if "request" in path else "publish")
    from arcwatch.actions.probe_pulsar import PulsarProbe

    domain = "persistent" if "persistent" in path else "non-persistent"
    topic = f"{domain}://{namespace}/arcwatch-probe-{uuid.uuid4().hex[:12]}"
    client, _ = await servers.pulsar()
    return PulsarProbe(client, topic, size, servers.check_pulsar)
