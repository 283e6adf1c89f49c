"""Follow heartbeats on configured subjects.

This is interest: requests to these subjects that nobody serves time out instead of failing at
once, and gateways and leaf nodes begin to forward them.  So nothing is listened to unless it is
named, and what turns out to be more than heartbeats is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from arcwatch.config.settings import Settings
from arcwatch.model.nats import Heartbeats
from arcwatch.model.reading import Failure
from arcwatch.wire.nats_protocol import Delivery

from .connection import Listener, NatsConnection, listening

BEAT = 0.5
"""Seconds over which messages are gathered."""
MOST = 5000
"""Messages in that time beyond which a subject is no heartbeat."""


async def heartbeats(
    settings: Settings, subjects: Sequence[str]
) -> AsyncGenerator[Heartbeats | Failure, None]:
    """Yield received heartbeats, about twice a second, until closed."""
    if settings.nats is None or not subjects:
        return
    connection = NatsConnection(settings.nats, settings.nats_credentials)
    ear = _Subscriptions(connection, subjects)
    async with listening(connection, ear):
        while True:
            for answer in ear.take():
                yield answer
            await asyncio.sleep(BEAT)


class _Subscriptions(Listener):
    """Subscribes to heartbeats and collects them."""

    def __init__(self, connection: NatsConnection, subjects: Sequence[str]) -> None:
        self._connection, self._subjects = connection, list(subjects)
        self._state: list[Heartbeats | Failure] = []
        self._subjects_seen: set[bytes] = set()
        self._counts: dict[str, int] = {}
        self._sids: dict[str, bytes] = {}

    def connected(self) -> None:
        for subject in self._subjects:
            self._sids[subject] = self._connection.subscribe(subject, self._handler(subject))
        self._state.append(Heartbeats(begins=True))

    def lost(self, why: str) -> None:
        self._fail("cannot receive heartbeats", self._connection.where, why)

    def refused(self, subject: str, why: str) -> None:
        self._fail("not permitted to receive heartbeats", subject, why)

    def take(self) -> list[Heartbeats | Failure]:
        """Return what was collected, in order."""
        answer, self._state = self._state, []
        if self._connection.is_connected:
            # also without messages: time passes for members that are waited for
            subjects = sorted(subject.decode("utf-8", "replace") for subject in self._subjects_seen)
            answer.append(Heartbeats(tuple(subjects)))
        for subject, count in self._counts.items():
            if count > MOST:
                self._leave(subject, count, answer)
        self._subjects_seen, self._counts = set(), {}
        return answer

    def _leave(self, subject: str, count: int, answer: list[Heartbeats | Failure]) -> None:
        self._connection.unsubscribe(self._sids.pop(subject))
        self._subjects.remove(subject)
        why = f"{count / BEAT:,.0f} messages a second: too many to be heartbeats"
        hint = "name a narrower subject in [alerts] heartbeats"
        answer.append(Failure("stopped listening", subject, why, hint))

    def _handler(self, subject: str) -> Callable[[list[Delivery]], None]:
        def deliver(deliveries: list[Delivery]) -> None:
            self._counts[subject] = self._counts.get(subject, 0) + len(deliveries)
            if len(self._subjects_seen) < MOST:
                self._subjects_seen.update([delivery.subject for delivery in deliveries])

        return deliver

    def _fail(self, what: str, where: str, why: str) -> None:
        failure = Failure(what, where, why, "without them no member can be reported lost")
        self._state = [*self._state[-10:], failure]
