"""Messages of our own through a Pulsar broker, on a topic that nobody else has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pulsar

from arcwatch.errors import SourceError
from arcwatch.text import printable

from .probe_nats import Take

HELD = 256 * 1024 * 1024
"""Bytes of messages that may wait for a broker that does not answer."""

MOST_HELD = 150_000
"""Messages that may: those of 30 s at the fastest pace, after which the library gives one up."""


class PulsarProbe:
    """Produce and receive, each message by itself.

    A topic that is not persistent is gone by itself a minute after the last has left it.  Of one
    that is, the subscription is deleted, so that the broker's usual clearing away takes it too.

    Args:
        client: The library's.
        topic: Full name of a topic that there is not yet.
        size: Bytes of a message.
    """

    def __init__(self, client: Any, topic: str, size: int) -> None:
        self.path = f"pulsar {topic.partition('://')[0]}"
        self._client, self._topic = client, topic
        # what the library has no room for would count as lost, though the broker lost nothing
        self._room = min(MOST_HELD, HELD // size)
        self._consumer: Any = None
        self._producer: Any = None

    async def open(self, take: Take) -> None:
        """Subscribe, and become a producer.

        Raises:
            SourceError: The broker lets us do neither.
        """

        def came(consumer: Any, message: Any) -> None:
            # the moment counts, not when the loop has time for it
            take(message.data())
            consumer.acknowledge(message)

        try:
            await asyncio.to_thread(self._open, came)
        except pulsar.PulsarException as error:
            why = printable(str(error), limit=100)
            hint = "--namespace TENANT/NAMESPACE names one where topics may be made"
            raise SourceError("cannot probe", where=self._topic, why=why, hint=hint) from error

    def send(self, body: bytes) -> None:
        """Send one."""
        self._producer.send_async(body, lambda result, message_id: None)

    async def close(self) -> None:
        """Leave nothing."""
        await asyncio.to_thread(self._close)

    def _open(self, came: Callable[[Any, Any], None]) -> None:
        self._consumer = self._client.subscribe(
            self._topic, "arcwatch-probe", message_listener=came
        )
        self._producer = self._client.create_producer(
            self._topic, batching_enabled=False, max_pending_messages=self._room
        )

    def _close(self) -> None:
        with contextlib.suppress(pulsar.PulsarException):
            if self._producer:
                self._producer.close()
        with contextlib.suppress(pulsar.PulsarException):
            if self._consumer:
                self._consumer.unsubscribe()
