"""Probe messages through a Pulsar broker, on a topic that only the probe uses."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pulsar

from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.text.control_characters import printable

from .probe_nats import Take, drop

HELD = 256 * 1024 * 1024
"""Bytes of messages that may wait for a broker that does not answer."""
MOST_HELD = 150_000
"""Messages that may: those of 30 s at the fastest pace, after which the library gives one up."""
AT_ONCE = 500
"""Messages that are sent again before others have their turn."""
BEAT = 1.0
"""Seconds between two looks at whether the broker is still connected."""


class PulsarProbe:
    """Produce and receive, each message by itself.

    A topic that is not persistent is gone by itself a minute after the last has left it.  Of one
    that is, the subscription is deleted, so that the broker's usual clearing away takes it too.

    The library waits up to a minute between two attempts to connect again, so that a broker that is
    back would be measured late: as soon as one answers, a new producer and a new consumer take the
    place of those that are not connected, and send what the broker has not confirmed.

    Args:
        size: Bytes of a message.
        reach: Returns once a broker answers.
    """

    def __init__(
        self, client: Any, topic: str, size: int, reach: Callable[[], Awaitable[None]]
    ) -> None:
        self.path = f"pulsar {topic.partition('://')[0]}"
        self._client, self._topic, self._reach = client, topic, reach
        # what the library has no room for would count as lost, though the broker lost nothing
        self._room = min(MOST_HELD, HELD // size)
        self._consumer: Any = None
        self._producer: Any = None
        self._numbers = itertools.count()
        self._unconfirmed: dict[int, bytes] = {}
        self._take: Take = drop
        self._former: tuple[Any, ...] = ()
        self._is_closed = False
        self._reconnecting: asyncio.Task[None] | None = None

    async def open(self, take: Take) -> None:
        """Subscribe and create a producer."""
        self._take = take
        try:
            self._consumer, self._producer = await asyncio.to_thread(self._connect)
        except pulsar.PulsarException as error:
            why = printable(str(error), limit=100)
            hint = "--namespace TENANT/NAMESPACE names one where topics may be created"
            raise SourceError("cannot probe", where=self._topic, why=why, hint=hint) from error
        self._reconnecting = asyncio.create_task(self._reconnect())

    def send(self, body: bytes) -> None:
        """Send one."""
        unconfirmed, number = self._unconfirmed, next(self._numbers)
        unconfirmed[number] = body
        # called on a thread of the library, also for a message that it gives up
        self._producer.send_async(body, lambda result, _: unconfirmed.pop(number, None))

    async def close(self) -> None:
        """Leave nothing."""
        self._is_closed = True
        if self._reconnecting:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
        if self._producer:
            await asyncio.to_thread(self._close_former)
            await asyncio.to_thread(_leave, self._consumer, self._producer)

    async def _reconnect(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            if self._producer.is_connected() and self._consumer.is_connected():
                continue
            with contextlib.suppress(ArcwatchError, pulsar.PulsarException):
                await self._reach()
                await self._replace(await asyncio.to_thread(self._connect))

    async def _replace(self, connected: tuple[Any, Any]) -> None:
        self._former = (self._consumer, self._producer)
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        bodies = list(unconfirmed.values())
        self._consumer, self._producer = connected
        for number, body in enumerate(bodies):
            self.send(body)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.to_thread(self._close_former)

    def _close_former(self) -> None:
        # closed once: the library fails on what it has closed already
        former, self._former = self._former, ()
        _close_all(former)

    def _connect(self) -> tuple[Any, Any]:
        # shared, because the one before may be connected again at any moment
        consumer = self._client.subscribe(
            self._topic,
            "arcwatch-probe",
            pulsar.ConsumerType.Shared,
            message_listener=self._received,
        )
        try:
            producer = self._client.create_producer(
                self._topic, batching_enabled=False, max_pending_messages=self._room
            )
        except pulsar.PulsarException:
            _close_all((consumer,))
            raise
        if self._is_closed:
            # meanwhile, which nothing here can interrupt
            _leave(consumer, producer)
        return consumer, producer

    def _received(self, consumer: Any, message: Any) -> None:
        # the moment counts, not when the loop has time for it
        self._take(message.data())
        with contextlib.suppress(pulsar.PulsarException):
            consumer.acknowledge(message)


def _leave(consumer: Any, producer: Any) -> None:
    _close_all((producer,))
    with contextlib.suppress(pulsar.PulsarException):
        consumer.unsubscribe()


def _close_all(ends: tuple[Any, ...]) -> None:
    for end in ends:
        with contextlib.suppress(pulsar.PulsarException):
            end.close()
