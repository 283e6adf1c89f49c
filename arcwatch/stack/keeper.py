"""The one process that owns the local brokers, and takes them with it when it goes.

``python -m arcwatch.stack.keeper PLAN``, where PLAN is a
:class:`~arcwatch.stack.state.Plan` as JSON, is what :func:`arcwatch.stack.local.start` starts.
It ends on SIGTERM and when its standard input ends, which the system brings about however its
starter goes; unless the starter has let go of it by writing something.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from arcwatch.errors import StackError
from arcwatch.files.lock import exclusive

from .distribution import OFFLOADERS, PULSAR, Archive
from .fetch import fetched
from .geo import HERE, THERE, replicate
from .nats_broker import NatsBroker
from .pulsar_broker import PulsarBroker, RemotePulsar
from .s3 import S3
from .state import (
    Endpoints,
    Part,
    PartName,
    Plan,
    StackState,
    keeper_lock,
    keeper_log,
    state_file,
    write_state,
)
from .supervise import keep_running
from .traffic_service import TrafficService

if TYPE_CHECKING:
    from .service import Service

GRACE = 10.0
"""Seconds that each program has to end by itself."""
_LOCK_BOUND = 2.0


class Keeper:
    """Runs a plan, and writes the state file at each change."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._home = plan, Path(plan.home)
        self._grace = 0.0 if plan.disposable else GRACE
        self._nats_runs = asyncio.Event()
        endpoints = Endpoints.at(plan.ports, pulsar=plan.pulsar)
        self._state = StackState.coming(os.getpid(), endpoints, traffic=plan.traffic)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep everything running until ``stop`` is set."""
        write_state(self._home, self._state)
        async with asyncio.TaskGroup() as group:
            brokers = [group.create_task(self._nats())]
            if self._plan.pulsar:
                brokers.append(group.create_task(self._pulsar()))
            traffic = [group.create_task(self._traffic())] if self._plan.traffic else []
            await stop.wait()
            # Traffic first: brokers that go away would only make it complain.
            await _cancelled(traffic)
            await _cancelled(brokers)

    def _write_part(self, name: PartName, part: Part) -> None:
        self._state = msgspec.structs.replace(self._state, **{name: part})
        write_state(self._home, self._state)
        if name == "nats" and part.ready:
            self._nats_runs.set()

    async def _keep(self, service: Service) -> None:
        await keep_running(service, partial(self._write_part, service.part), self._grace)

    async def _nats(self) -> None:
        await self._keep(NatsBroker(self._home / "nats", self._plan.ports))

    async def _pulsar(self) -> None:
        plan, ends = self._plan, self._state.endpoints
        tree = await self._fetched(PULSAR)
        offloaders = await self._fetched(OFFLOADERS) if tree and ends.s3 else None
        if tree is None or (ends.s3 and offloaders is None):
            return
        async with asyncio.TaskGroup() as group:
            if ends.s3:
                group.create_task(self._keep(S3(self._home / "s3", plan.ports)))
            broker = PulsarBroker(self._home / "pulsar", plan.ports, tree, plan.extras, offloaders)
            group.create_task(self._keep(broker))
            if ends.pulsar and ends.pulsar_admin and ends.remote and ends.remote_admin:
                remote = RemotePulsar(self._home / "remote", plan.ports, tree)
                group.create_task(self._keep(remote))
                here, there = (ends.pulsar, ends.pulsar_admin), (ends.remote, ends.remote_admin)
                group.create_task(replicate({HERE: here, THERE: there}))

    async def _fetched(self, archive: Archive) -> Path | None:
        report = partial(self._write_part, "pulsar")
        return await fetched(archive, Path(self._plan.cache), keeper_log(self._home), report)

    async def _traffic(self) -> None:
        await self._nats_runs.wait()
        await self._keep(TrafficService(self._plan, self._state.endpoints))


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _supervise(plan: Plan) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    # A terminal's never reach us, who have a session of our own: they are for the starter.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    watching = asyncio.create_task(_watch(plan.starter, stop))
    await Keeper(plan).run(stop)
    watching.cancel()


async def _watch(starter: int, stop: asyncio.Event) -> None:
    """Set ``stop`` when the starter is gone; return when it lets us go."""
    released, loop = asyncio.Event(), asyncio.get_running_loop()

    def readable() -> None:
        loop.remove_reader(0)
        (released if os.read(0, 1) else stop).set()

    loop.add_reader(0, readable)
    # A process that the starter forked may hold the pipe open after it.
    while not released.is_set() and not stop.is_set():
        if os.getppid() != starter:
            stop.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await released.wait()


def _give_up_after(bound: float) -> Callable[[], None]:
    end = time.monotonic() + bound

    def waiting() -> None:
        if time.monotonic() > end:
            raise StackError("another keeper has this stack")

    return waiting


def main() -> None:
    """Run the plan that the first argument holds."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    home = Path(plan.home)
    try:
        with exclusive(keeper_lock(home), _give_up_after(_LOCK_BOUND)):
            asyncio.run(_supervise(plan))
            state_file(home).unlink(missing_ok=True)
            if plan.disposable:
                shutil.rmtree(home, ignore_errors=True)
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
