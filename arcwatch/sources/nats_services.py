"""Asks NATS micro services what they say of themselves: one question, which all of them answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from arcwatch.boundary import each
from arcwatch.model.nats_services import ServiceAnswers, ServiceEndpoint
from arcwatch.wire.nats_protocol import Delivery
from arcwatch.wire.nats_services import parse_stats

from .nats_connection import NatsConnection

QUIET = 0.5
"""Seconds without an answer after which there will be no more."""

LONGEST = 5.0
"""Seconds that answers are taken for at most."""

MOST = 10_000
"""Instances that are heard."""


async def ask_services(connection: NatsConnection) -> ServiceAnswers:
    """The endpoints of every instance that our account reaches; none where there is no service."""
    answers: list[bytes] = []
    news = asyncio.Event()

    def came(deliveries: list[Delivery]) -> None:
        answers.extend(one.body for one in deliveries if one.body and len(answers) < MOST)
        news.set()

    inbox = connection.new_inbox()
    sid = connection.subscribe(inbox, came)
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
    return _read(answers)


def _read(answers: Sequence[bytes]) -> ServiceAnswers:
    endpoints: list[ServiceEndpoint] = []
    unread: list[str] = []
    each(
        answers,
        lambda answer: endpoints.extend(parse_stats(answer)),
        # whoever listens there need not be a service
        lambda error: unread.append(error.headline),
        "the statistics of a service could not be read",
    )
    return ServiceAnswers(tuple(endpoints), tuple(unread))
