"""Request and reply: a gateway asks, a queue group of workers answers."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from .connections import TICK
from .nats_plan import REQUESTS, Publication
from .plan import Clock, Schedule

QUEUE = "workers"
WORKERS = ("worker-1", "worker-2", "worker-3")

ANSWER_WITHIN = 2.0
"""Real seconds the gateway waits for an answer."""

LONGEST_EFFORT_MS = 50.0
"""Whatever a request claims: anyone may publish one, and a worker answers one at a time."""


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
