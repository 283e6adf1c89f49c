"""Discover NATS micro services with one request to all instances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from arcwatch.config.settings import Settings
from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.runtime.boundary import each
from arcwatch.sources.connections import Servers
from arcwatch.sources.jetstream.history import connected
from arcwatch.text import units
from arcwatch.wire.nats_protocol import Delivery
from arcwatch.wire.nats_services import parse_stats

from .connection import NatsConnection

QUIET = 0.5
"""Seconds without an answer after which there will be no more."""
LONGEST = 5.0
"""Seconds that answers are taken for at most."""
MOST = 10_000
"""Answers that are read."""
MOST_BYTES = 64 << 20
"""Bytes of them together; an answer has about a kilobyte."""


@asynccontextmanager
async def open_services(
    settings: Settings,
) -> AsyncIterator[Callable[[], Awaitable[ServiceAnswers]]]:
    """Asks all services each time it is called, over a connection that ends with the block."""
    servers = Servers(settings)

    async def ask() -> ServiceAnswers:
        connection = servers.nats()
        await connected(connection)
        return await ask_services(connection)

    try:
        yield ask
    finally:
        await servers.close()


async def ask_services(connection: NatsConnection) -> ServiceAnswers:
    """The endpoints of every reachable instance; empty if there is no service."""
    answers: list[bytes] = []
    size = missed = 0
    news = asyncio.Event()

    def received(deliveries: list[Delivery]) -> None:
        nonlocal size, missed
        for one in deliveries:
            if len(answers) >= MOST or size + len(one.body) > MOST_BYTES:
                missed += 1
            elif one.body:
                answers.append(one.body)
                size += len(one.body)
        news.set()

    inbox = connection.new_inbox()
    sid = connection.subscribe(inbox, received)
    try:
        await connection.reached()
        connection.request("$SRV.STATS", inbox, b"")
        async with asyncio.timeout(LONGEST):
            while True:
                async with asyncio.timeout(QUIET):
                    await news.wait()
                news.clear()
    except TimeoutError:
        pass
    finally:
        connection.unsubscribe(sid)
    return _read(answers, missed)


def _read(answers: Sequence[bytes], missed: int) -> ServiceAnswers:
    endpoints: list[ServiceEndpoint] = []
    answers_were = units.things(missed, "answer was", "answers were")
    unread = [f"{answers_were} not read: too many or too large"] if missed else []
    each(
        answers,
        lambda answer: endpoints.extend(parse_stats(answer)),
        # a subscriber there need not be a service
        lambda error: unread.append(error.headline),
        "the statistics of a service could not be read",
    )
    return ServiceAnswers(tuple(endpoints), tuple(unread))
