"""Follow what NATS servers publish of themselves, and to the system account of their clients.

Of each subject a server sends so many messages a second and no more, whatever happens: it is asked
for a number of messages, and asked again a second later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from functools import partial

from arcwatch.config.settings import Settings
from arcwatch.errors import ArcwatchError
from arcwatch.model.nats_reports import Kind, NatsReport, NatsReports
from arcwatch.model.reading import Failure
from arcwatch.runtime.boundary import guarded
from arcwatch.wire.nats_protocol import Delivery
from arcwatch.wire.nats_reports import OF_JETSTREAM, OF_SYSTEM, parse_report

from .connection import Listener, NatsConnection, listening
from .system_account import gather

MOST = 100
"""Messages of a subject that are read in a second."""
BEAT = 1.0
"""Seconds."""
_IS_SYSTEM = "$SYS.REQ.SERVER.PING.IDZ"
"""Answered to users of the system account alone."""


async def reports(settings: Settings) -> AsyncGenerator[NatsReports | Failure, None]:
    """Yield reports from now on until closed, a second's at a time; the first may have none."""
    if settings.nats is None:
        return
    connection = NatsConnection(settings.nats, settings.nats_credentials)
    ear = _Subscriptions(connection, settings.nats_credentials.events)
    async with listening(connection, ear):
        while True:
            for answer in await ear.take():
                yield answer
            await asyncio.sleep(BEAT)


class _Subscription:
    """One subject, of which the server sends a number of messages at a time."""

    def __init__(self, connection: NatsConnection, subject: str, take: _Take) -> None:
        self._connection, self._subject, self._take = connection, subject, take
        self._sid, self._received, self._allowed = b"", 0, 0

    def allow(self) -> bool:
        """Have :data:`MOST` more sent; whether those before were used up."""
        is_used_up = self._received >= self._allowed
        if is_used_up:
            # the server ended it, or it is the first
            was_full, self._received, self._allowed = self._allowed > 0, 0, MOST
            if self._sid:
                self._connection.unsubscribe(self._sid)
            self._sid = self._connection.subscribe(self._subject, self._deliver, MOST)
            return was_full
        self._allowed = self._received + MOST
        self._connection.limit(self._sid, self._allowed)
        return False

    def _deliver(self, deliveries: list[Delivery]) -> None:
        self._received += len(deliveries)
        self._take(deliveries)


_Take = Callable[[list[Delivery]], None]


class _Subscriptions(Listener):
    """Subscribes to everything permitted by the login, and collects the messages."""

    def __init__(self, connection: NatsConnection, events: str) -> None:
        self._connection, self._events = connection, events
        self._open: list[_Subscription] = []
        self._found: list[NatsReport] = []
        self._failure: Failure | None = None
        self._is_new, self._of_clients = False, False

    def connected(self) -> None:
        self._is_new, self._failure, self._open = True, None, []

    def lost(self, why: str) -> None:
        self._is_new, self._open = False, []
        self._failure = Failure("cannot receive server events", self._connection.where, why, "")

    def refused(self, subject: str, why: str) -> None:
        self._of_clients = self._of_clients and subject not in OF_SYSTEM

    async def take(self) -> list[NatsReports | Failure]:
        """What arrived since the last time; further messages are requested."""
        if self._failure:
            failure, self._failure = self._failure, None
            return [failure]
        begins, self._is_new = self._is_new, False
        if begins:
            self._of_clients = bool(await gather(self._connection, _IS_SYSTEM))
            self._subscribe(OF_SYSTEM if self._of_clients else {})
        used_up = [one.allow() for one in self._open]
        found, self._found = self._found, []
        if not (begins or found or any(used_up)):
            return []
        return [NatsReports(tuple(found), self._of_clients, any(used_up))]

    def _subscribe(self, of_system: Mapping[str, Kind]) -> None:
        subjects = dict(of_system)
        if self._events:
            subjects |= {
                f"{self._events}.{subject}": kind for subject, kind in OF_JETSTREAM.items()
            }
        self._open = [
            _Subscription(self._connection, subject, self._handler(kind))
            for subject, kind in subjects.items()
        ]

    def _handler(self, kind: Kind) -> _Take:
        def deliver(deliveries: Iterable[Delivery]) -> None:
            for one in deliveries:
                if found := guarded(partial(parse_report, kind, one.body), _ignore, "a report"):
                    self._found.append(found)

        return deliver


def _ignore(error: ArcwatchError) -> None:
    """What is no report is none."""
