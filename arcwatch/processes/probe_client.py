"""Client of the process that probes while the screen is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from arcwatch.changes.probe_plan import (
    Go,
    ProbePlan,
    ProbeUpdate,
    check_may_send,
    parse_plan,
    usual_paths,
)
from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, UsageError
from arcwatch.model.latency import Latency
from arcwatch.model.reading import Reading, System
from arcwatch.runtime.boundary import boundary

if TYPE_CHECKING:
    from .child import Child


class LiveProbe:
    """Measures the latency of our own messages until stopped.

    Args:
        settings: Where to look; None where nothing can be measured.
    """

    def __init__(self, settings: Settings | None, apply: Callable[[Reading], None]) -> None:
        self._settings, self._apply = settings, apply
        self._failures: dict[str, str] = {}
        self.plan: ProbePlan | None = None
        """What is measured now; None while nothing is."""
        self.version = 0
        """Changes with whatever is not in the store."""

    @property
    def failures(self) -> Mapping[str, str]:
        """What cannot be measured, and why."""
        return self._failures

    @property
    def usual(self) -> ProbePlan:
        """What to offer first."""
        return ProbePlan(usual_paths(self._settings) if self._settings else ())

    def planned(self, text: str) -> ProbePlan:
        """Parse a plan, if probing is allowed here.

        Raises:
            UsageError: It cannot be read, or may not be done.
        """
        if self._settings is None:
            raise UsageError("nothing can be measured here")
        check_may_send(self._settings)
        return parse_plan(text, self.usual.paths)

    async def run(self, plan: ProbePlan) -> None:
        """Measure until cancelled, or until the process ends again and again."""
        # imported when something is measured for the first time: most starts never get there
        from .child import Child, Restarts

        assert self._settings is not None, "planned"
        self.plan, self._failures = plan, {}
        self.version += 1
        child, restarts = Child("arcwatch.processes.probe_server"), Restarts()
        try:
            while True:
                restarts.started()
                how = await self._measured(child, plan)
                if not restarts.ended():
                    self._fail("probe", f"its process ended {restarts.ends} times in a row ({how})")
                    return
                at = time.strftime("%H:%M:%S")
                again = "was restarted: figures start over"
                self._fail("probe", f"its process ended at {at} ({how}) and {again}")
                await restarts.wait()
        finally:
            self.plan = None
            self.version += 1
            await asyncio.shield(child.end())

    async def _measured(self, child: Child, plan: ProbePlan) -> str:
        """Measure until the process ends; how it did."""
        from arcwatch.runtime.memory_bound import why_ended

        from .frames import encode

        assert self._settings is not None, "planned"
        await child.start()
        child.send(encode(Go(self._settings, plan)))
        try:
            with boundary("the answer of the probe process could not be read"):
                while part := await child.receive():
                    self._take(msgspec.msgpack.decode(part, type=ProbeUpdate))
        except ArcwatchError as error:
            await child.end()
            return error.headline
        return why_ended(await child.code())[0]

    def _take(self, update: ProbeUpdate) -> None:
        if update.failure:
            path, _, why = update.failure.partition(": ")
            self._fail(path, why)
        for system, latency in update.latencies:
            self.apply(system, latency)

    def apply(self, system: System, latency: Latency) -> None:
        """Add a measured latency to the store."""
        context = self._settings.context if self._settings else ""
        at, steady = time.time(), time.monotonic()
        source = part = latency.way
        self._apply(Reading(context, system, source, part, at, steady, 0.0, latency))

    def _fail(self, path: str, why: str) -> None:
        if self._failures.get(path) != why:
            self._failures[path] = why
            self.version += 1
