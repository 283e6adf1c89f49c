"""Hears which messages JetStream stops delivering.

The server makes these advisories only where somebody listens.  Listening takes nothing from
anybody: no consumer, nothing acknowledged, and no requests that would wait for an answer from us.
What is said before is lost, and what other accounts are told is not heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from arcwatch.config import Settings
from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory, Kind
from arcwatch.model.reading import Failure
from arcwatch.wire.nats_advisories import SUBJECTS, parse_advisory
from arcwatch.wire.nats_protocol import Delivery

from .nats_connection import Listener, NatsConnection

MOST = 1000
"""Advisories told at once; a consumer that refuses everything makes one for each message."""

BEAT = 0.5
"""Seconds in which what is heard is gathered."""


async def advisories(settings: Settings) -> AsyncGenerator[JsAdvisories | Failure, None]:
    """What is heard, from now on and until this is closed."""
    if settings.nats is None:
        return
    connection = NatsConnection(settings.nats, settings.nats_credentials)
    ear = _Ear(connection)
    connection.add(ear)
    connection.open()
    try:
        while True:
            await ear.news.wait()
            for told in ear.take():
                yield told
            await asyncio.sleep(BEAT)
    finally:
        await connection.close()


class _Ear(Listener):
    """Subscribes, and gathers what comes."""

    def __init__(self, connection: NatsConnection) -> None:
        self.news = asyncio.Event()
        self._connection = connection
        self._state: list[JsAdvisories | Failure] = []
        self._heard: list[JsAdvisory] = []
        self._dropped = 0

    def connected(self) -> None:
        for subject, kind in SUBJECTS.items():
            self._connection.subscribe(subject, self._hearing(kind))
        self._say(JsAdvisories(begins=True))

    def lost(self, why: str) -> None:
        hint = "what is said meanwhile is lost"
        self._say(Failure("cannot listen to JetStream", self._connection.where, why, hint))

    def refused(self, subject: str, why: str) -> None:
        hint = "permit subscribing to $JS.EVENT.ADVISORY.CONSUMER.>"
        self._say(Failure("may not listen to JetStream", self._connection.where, why, hint))

    def take(self) -> list[JsAdvisories | Failure]:
        """What there is to tell, in order."""
        self.news.clear()
        told, self._state = self._state, []
        if self._heard or self._dropped:
            told.append(JsAdvisories(tuple(self._heard), self._dropped))
            self._heard, self._dropped = [], 0
        return told

    def _hearing(self, kind: Kind) -> Callable[[list[Delivery]], None]:
        def deliver(deliveries: list[Delivery]) -> None:
            for delivery in deliveries:
                if len(self._heard) >= MOST:
                    self._dropped += 1
                elif advisory := parse_advisory(kind, delivery.body):
                    self._heard.append(advisory)
            self.news.set()

        return deliver

    def _say(self, told: JsAdvisories | Failure) -> None:
        self._state = [*self._state[-10:], told]
        self.news.set()
