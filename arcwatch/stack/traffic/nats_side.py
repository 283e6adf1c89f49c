"""The NATS half of the traffic: clients and what each one does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from . import work_stream
from .nats_plan import REQUESTS, Publication, publications, requests
from .plan import Clock, Schedule, agents
from .report import Report

TICK = 0.1
"""Real seconds between two looks at the plan.  What is due goes out together: one write to the
socket serves many messages."""

PUBLISHERS = ("gateway", "event-bus", "work-feeder")
LISTENERS = {
    "presence": "arc.agents.*.heartbeat",
    "event-log": "arc.events.>",
    "pager": "arc.events.*.error",
    "dashboard-eu": "arc.events.eu.>",
}
"""Connections that only listen, and to what."""

QUEUE = "workers"
WORKERS = ("worker-1", "worker-2", "worker-3")

ANSWER_WITHIN = 2.0
"""Real seconds the gateway waits for an answer."""
LONGEST_EFFORT_MS = 50.0
"""Whatever a request claims: anyone may publish one, and a worker answers one at a time."""


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
        url, name=name, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=_quiet
    )


async def _quiet(error: Exception) -> None:
    """The client's own handler logs a traceback for each attempt to reconnect."""


async def play(url: str, *, seed: int, pace: float) -> None:
    """Keep the server at ``url`` busy until cancelled, through any number of its restarts."""
    names = [agent.id for agent in agents(seed)]
    names += [*PUBLISHERS, *LISTENERS, *WORKERS, *work_stream.CONSUMERS]
    report = Report("nats")
    report("waiting for the server")
    async with connected(url, names) as clients:
        clock = Clock(pace)
        for name, subject in LISTENERS.items():
            await clients[name].subscribe(subject, cb=_ignore)
        for name in WORKERS:
            await work(clients[name], name, clock)
        async with asyncio.TaskGroup() as group:
            for name in work_stream.CONSUMERS:
                group.create_task(work_stream.follow(clients[name], name, clock))
            asked = Schedule(requests(seed), patience=pace)
            group.create_task(ask(clients["gateway"], asked, clock))
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


class Request(msgspec.Struct):
    """What a worker reads of a request."""

    task: str
    effort_ms: float


async def work(client: Client, name: str, clock: Clock) -> None:
    """Have ``client`` answer requests as one of the queue group, one at a time."""

    async def answer(message: Msg) -> None:
        request = msgspec.json.decode(message.data, type=Request)
        effort = min(request.effort_ms, LONGEST_EFFORT_MS)
        await asyncio.sleep(effort / 1000 / clock.pace)
        result = {"task": request.task, "worker": name, "state": "done", "ms": effort}
        await message.respond(msgspec.json.encode(result))

    await client.subscribe(REQUESTS, queue=QUEUE, cb=answer)


async def ask(client: Client, schedule: Schedule[Publication], clock: Clock) -> None:
    """Send every request when it is due, and wait for its answer beside the others."""
    async with asyncio.TaskGroup() as group:
        while True:
            await asyncio.sleep(TICK)
            for due in schedule.due(clock.now()):
                if client.is_connected:
                    group.create_task(_ask(client, due))


async def _ask(client: Client, request: Publication) -> None:
    # an answer that does not come is the asker's loss alone
    with contextlib.suppress(Error):
        await client.request(request.subject, request.payload, timeout=ANSWER_WITHIN)
