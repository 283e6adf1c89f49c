"""The NATS half of the traffic: clients and what each one does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from . import tasks, work_stream
from .connections import TICK, connected
from .nats_plan import Publication, publications, requests
from .plan import Clock, Schedule, agents
from .report import Report

PUBLISHERS = ("gateway", "event-bus", "work-feeder")
LISTENERS = {
    "presence": "arc.agents.*.heartbeat",
    "event-log": "arc.events.>",
    "pager": "arc.events.*.error",
    "dashboard-eu": "arc.events.eu.>",
}
"""Connections that only listen, and to what."""


async def play(url: str, *, seed: int, pace: float) -> None:
    """Keep the server at ``url`` busy until cancelled, through any number of its restarts."""
    names = [agent.id for agent in agents(seed)]
    names += [*PUBLISHERS, *LISTENERS, *tasks.WORKERS, *work_stream.CONSUMERS]
    report = Report("nats")
    report("waiting for the server")
    async with connected(url, names) as clients:
        clock = Clock(pace)
        for name, subject in LISTENERS.items():
            await clients[name].subscribe(subject, cb=_ignore)
        for name in tasks.WORKERS:
            await tasks.work(clients[name], name, clock)
        async with asyncio.TaskGroup() as group:
            for name in work_stream.CONSUMERS:
                group.create_task(work_stream.follow(clients[name], name, clock))
            asked = Schedule(requests(seed), patience=pace)
            group.create_task(tasks.ask(clients["gateway"], asked, clock))
            schedule = Schedule(publications(seed), patience=pace)
            group.create_task(_publish(clients, schedule, clock))
            group.create_task(_watch(clients["gateway"], report))


async def _publish(
    clients: Mapping[str, Client], schedule: Schedule[Publication], clock: Clock
) -> None:
    while True:
        await asyncio.sleep(TICK)
        for due in schedule.due(clock.now()):
            client = clients[due.sender]
            # a client that is reconnecting would hold it back and say it late
            if client.is_connected:
                with contextlib.suppress(Error):  # its buffer is full: the server hangs
                    await client.publish(due.subject, due.payload)


async def _watch(client: Client, report: Report) -> None:
    """Report when the server is lost and back: one of the clients does it for all."""
    while True:
        report("flowing" if client.is_connected else "the server does not answer")
        await asyncio.sleep(TICK)


async def _ignore(message: Msg) -> None:
    """Being there is all that a listener does."""
