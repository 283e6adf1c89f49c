"""Follow JetStream's advisories about messages it stops delivering.

The server makes these advisories only where there is a listener.  Listening takes nothing from
anybody: no consumer, nothing acknowledged, and no requests that would wait for an answer from us.
What is said before is lost, and advisories to other accounts are not received.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from functools import partial

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.model.nats_advisories import JsAdvisories, JsAdvisory, Kind
from arcwatch.model.reading import Failure
from arcwatch.runtime.boundary import guarded
from arcwatch.wire.nats_advisories import SUBJECTS, parse_advisory, parse_domain
from arcwatch.wire.nats_protocol import Delivery

from .connection import Listener, NatsConnection, listening

MOST = 1000
"""Advisories reported at once; a consumer that refuses everything makes one for each message."""
BEAT = 0.5
"""Seconds over which messages are gathered."""


async def advisories(settings: Settings) -> AsyncGenerator[JsAdvisories | Failure, None]:
    """Yield advisories from now on until closed."""
    if settings.nats is None:
        return
    connection = NatsConnection(settings.nats, settings.nats_credentials)
    ear = _Subscriptions(connection, settings.nats_credentials.events)
    async with listening(connection, ear):
        while True:
            await ear.news.wait()
            await ear.learn_domain()
            for report in ear.take():
                yield report
            await asyncio.sleep(BEAT)


class _Subscriptions(Listener):
    """Subscribes to advisories and collects them."""

    def __init__(self, connection: NatsConnection, events: str) -> None:
        self.news = asyncio.Event()
        self._connection, self._events = connection, events
        self._domain: str | None = None
        self._is_asked = False
        self._state: list[JsAdvisories | Failure] = []
        self._advisories: list[JsAdvisory] = []
        self._dropped = 0

    def connected(self) -> None:
        self._domain, self._is_asked = None, False
        if not self._events:
            hint = "set jetstream_event_prefix in the context"
            why = "its JetStream belongs to another account"
            self._report(
                Failure("cannot receive JetStream advisories", self._connection.where, why, hint)
            )
            return
        for subject, kind in SUBJECTS.items():
            self._connection.subscribe(f"{self._events}.{subject}", self._handler(kind))
        self._report(JsAdvisories(begins=True))

    def lost(self, why: str) -> None:
        hint = "advisories sent in the meantime are lost"
        self._report(
            Failure("cannot receive JetStream advisories", self._connection.where, why, hint)
        )

    def refused(self, subject: str, why: str) -> None:
        hint = f"allow subscribing to {self._events}.ADVISORY.CONSUMER.>"
        self._report(
            Failure(
                "not permitted to receive JetStream advisories", self._connection.where, why, hint
            )
        )

    async def learn_domain(self) -> None:
        """Find out, once a connection, the domain of the JetStream whose advisories count."""
        if not self._is_asked and self._connection.is_connected:
            self._is_asked = True
            with contextlib.suppress(SourceError):
                question = self._connection.jetstream("INFO")
                self._domain = parse_domain(await self._connection.ask(question, b"", timeout=2.0))

    def take(self) -> list[JsAdvisories | Failure]:
        """Return what was collected, in order."""
        self.news.clear()
        report, self._state = self._state, []
        if self._advisories or self._dropped:
            # leaf nodes pass on those of other domains, whose streams may have the same names
            ours = [one for one in self._advisories if self._domain in (None, one.domain)]
            report.append(JsAdvisories(tuple(ours), self._dropped))
            self._advisories, self._dropped = [], 0
        return report

    def _handler(self, kind: Kind) -> Callable[[list[Delivery]], None]:
        def deliver(deliveries: list[Delivery]) -> None:
            for delivery in deliveries:
                if len(self._advisories) >= MOST:
                    self._dropped += 1
                elif advisory := guarded(
                    partial(parse_advisory, kind, delivery.body), self._drop, "an advisory"
                ):
                    self._advisories.append(advisory)
            self.news.set()

        return deliver

    def _drop(self, error: ArcwatchError) -> None:
        self._dropped += 1

    def _report(self, report: JsAdvisories | Failure) -> None:
        self._state = [*self._state[-10:], report]
        self.news.set()
