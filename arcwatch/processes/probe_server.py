"""The process that probes, so that drawing does not delay its messages.

ProbeRun by :class:`~arcwatch.processes.probe_client.LiveProbe` alone.  It ends when its stdin does,
which is also what the death of its parent looks like.
"""

from __future__ import annotations

import asyncio

import msgspec

from arcwatch.changes.probe import ProbeRun, probe_for
from arcwatch.changes.probe_plan import Go, ProbeUpdate
from arcwatch.errors import ArcwatchError
from arcwatch.model.reading import System
from arcwatch.runtime.boundary import boundary
from arcwatch.sources.connections import Servers
from arcwatch.store.series.histogram import LatencyMeter

from .frames import encode
from .pipes import CommandReader, run, stdout

BEAT = 1.0
"""Seconds between two words on what was measured."""
LOST = 10.0
"""Seconds after which a message is not waited for any more."""


class PathProbe:
    """One path that is measured."""

    def __init__(self, servers: Servers, go: Go, path: str) -> None:
        self._servers, self._plan, self._path = servers, go.plan, path
        self._place = (go.settings.nats if path.startswith("nats") else go.settings.pulsar) or ""
        self._measuring = LatencyMeter()
        self._run: ProbeRun | None = None
        self._name = path
        self.failure = ""

    async def go(self) -> None:
        """Measure until cancelled, or until it cannot be."""
        try:
            with boundary("it cannot be measured"):
                plan = self._plan
                way = await probe_for(self._servers, self._path, plan.namespace, plan.size)
                self._name = way.path
                self._run = ProbeRun(way, self._plan.rate, self._plan.size, self._measuring.record)
                await self._run.go(None)
        except ArcwatchError as error:
            self._run, self.failure = None, f"{self._path}: {error.headline}"

    def snapshot(self) -> ProbeUpdate:
        """The result so far."""
        if self._run is None:
            return ProbeUpdate(failure=self.failure)
        run, plan = self._run, self._plan
        run.give_up(LOST)
        note = (
            f"{plan.rate:g} msg/s of {plan.size:,} B, one clock: {run.sent:,} sent, "
            f"{run.lost:,} lost, {run.late:,} sent late, which count from when they were due"
        )
        system: System = "nats" if self._path.startswith("nats") else "pulsar"
        latency = self._measuring.snapshot(self._name, "probe", _shown(self._place), note=note)
        return ProbeUpdate(((system, latency),))


def _shown(url: str) -> str:
    from arcwatch.notation.server_url import shown

    return shown(url)


async def measure(command: bytes) -> None:
    """Measure until stopped."""
    go = msgspec.msgpack.decode(command, type=Go)
    out = await stdout()
    CommandReader[bytes](bytes, lambda _: None).start()
    servers = Servers(go.settings)
    ways = [PathProbe(servers, go, path) for path in go.plan.paths]
    tasks = [asyncio.create_task(way.go()) for way in ways]
    try:
        while True:
            await asyncio.sleep(BEAT)
            for way in ways:
                out.write(encode(way.snapshot()))
            await out.drain()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await servers.close()


if __name__ == "__main__":
    run(measure)
