"""A pulled ordered consumer: every message of a stream once, in order, none acked."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import NamedTuple

import msgspec

from arcwatch.errors import SourceError
from arcwatch.notation.own_names import CONSUMER
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.sources.tail_start import Start
from arcwatch.wire.jetstream import parse_consumer, parse_position, rfc3339
from arcwatch.wire.nats_protocol import Delivery, read_headers

BATCH = 1_000
"""Messages asked for at once."""
BYTES = 4 << 20
"""Bytes asked for at once; a message that is larger is asked for alone."""
EXPIRES = 5.0
"""Seconds that the server waits for messages before it says that there are none."""
GRACE = 3.0
"""Seconds beyond that after which the server, or the way to it, is taken for gone."""
INACTIVE = 15.0
"""Seconds after which the server forgets a consumer that nobody pulls."""
GATHER = 0.05
"""Seconds for messages of one pull to gather before they are handed on."""
_GONE = ("503", "Leadership", "Shutdown")
"""What the server says when the consumer has to be made anew."""


class Pulled(NamedTuple):
    """One stored message."""

    subject: str
    sequence: int
    time: int
    """Nanoseconds since the epoch."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received: int = 0
    """When the bytes were here, by our clock, nanoseconds since the epoch; 0 where not noted."""


CONSUMERS = (2, 9)
"""The first nats-server with named ephemeral consumers."""


class OrderedPull:
    """An ordered consumer, recreated whenever a message is missing.

    Attributes:
        pending: Messages that were still to come after the last one seen, or at the beginning.

    Args:
        subject: Which of its subjects; empty for all.
        max_rate: Messages a second at most.
    """

    def __init__(
        self, connection: NatsConnection, stream: str, subject: str, max_rate: float | None
    ) -> None:
        self._connection, self._stream, self._subject = connection, stream, subject
        self._max_rate = max_rate
        self._sid: bytes | None = None
        self._inbox = self._name = ""
        self._queue: list[tuple[int, list[Delivery]]] = []
        self._news = asyncio.Event()
        self._asked = 0
        self._one_by_one = False
        self._expected = 1
        self._next: int | None = None
        self._start = Start()
        self.pending = 0

    async def begin(self, start: Start) -> None:
        """Create the consumer."""
        self.end()
        if self._connection.is_before(*CONSUMERS):
            why = "older servers have no ephemeral pull consumers with a name"
            where = f"js:{self._stream}"
            raise SourceError("reading on needs nats-server ≥ 2.9", where=where, why=why)
        self._start, self._next = start, None
        self._name = f"{CONSUMER}{secrets.token_hex(6)}"
        config = {
            "name": self._name,
            "deliver_policy": "all",
            "ack_policy": "none",
            "max_deliver": 1,
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": int(INACTIVE * 1e9),
            "replay_policy": "instant",
        }
        if self._subject:
            config["filter_subject"] = self._subject
        if start.time is not None:
            config |= {"deliver_policy": "by_start_time", "opt_start_time": rfc3339(start.time)}
        elif start.sequence is not None:
            first = max(start.sequence, 1)
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": first}
        body = {"stream_name": self._stream, "config": config, "action": "create"}
        subject = self._connection.jetstream(f"CONSUMER.CREATE.{self._stream}.{self._name}")
        subject += f".{self._subject}" if self._subject else ""
        answer = await self._connection.ask(subject, msgspec.json.encode(body))
        self.pending = parse_consumer(answer, self._stream)
        self._inbox = self._connection.new_inbox()
        self._sid = self._connection.subscribe(self._inbox, self._deliver)
        self._expected, self._asked = 1, 0

    def end(self) -> None:
        """Delete the consumer; if the request is lost, the server expires it."""
        if self._sid:
            self._connection.unsubscribe(self._sid)
            subject = self._connection.jetstream(f"CONSUMER.DELETE.{self._stream}.{self._name}")
            self._connection.request(subject, self._inbox, b"")
        self._sid = None
        self._queue.clear()

    def interrupt(self) -> None:
        """Make :meth:`some` return at once."""
        self._news.set()

    async def some(self) -> list[Pulled]:
        """The next messages; empty after a timeout."""
        if self._asked <= 0:
            self._pull()
        try:
            async with asyncio.timeout(EXPIRES + GRACE):
                await self._news.wait()
        except TimeoutError as error:
            raise SourceError("no answer in time", where=f"js:{self._stream}") from error
        await asyncio.sleep(GATHER if self._max_rate is None else 0.25)
        self._news.clear()
        waiting, self._queue = self._queue, []
        found: list[Pulled] = []
        for received, deliveries in waiting:
            for delivery in deliveries:
                if not await self._is_read(delivery, received, found):
                    return found
        return found

    async def _is_read(self, delivery: Delivery, received: int, found: list[Pulled]) -> bool:
        """Read one message; return whether the rest belongs to the same consumer."""
        headers = read_headers(delivery.head)
        if headers.status:
            return await self._handle_status(headers.status)
        position = parse_position(delivery.reply or b"")
        if position is None:
            return True
        if position.consumer_sequence != self._expected:
            # one went missing on its way: begin again after the last that came
            await self._begin_again()
            return False
        self._expected += 1
        self._asked -= 1
        self._one_by_one = False
        self._next, self.pending = position.sequence + 1, position.pending
        subject = delivery.subject.decode("utf-8", "replace")
        found.append(
            Pulled(
                subject, position.sequence, position.time, headers.pairs, delivery.body, received
            )
        )
        return True

    async def _handle_status(self, status: str) -> bool:
        """Handle a status; whether the consumer still exists."""
        if status.startswith("100") or "Batch Completed" in status:
            return True
        self._asked = 0
        self._one_by_one = "MaxBytes" in status
        if "Deleted" in status:
            # perhaps with its stream, which may be another one by now
            raise SourceError("the consumer was deleted", where=f"js:{self._stream}")
        if not any(word in status for word in _GONE):
            return True
        await asyncio.sleep(0.1)
        await self._begin_again()
        return False

    async def _begin_again(self) -> None:
        await self.begin(Start(sequence=self._next) if self._next else self._start)

    def _pull(self) -> None:
        batch = 1 if self._one_by_one else BATCH
        if self._max_rate is not None:
            batch = max(1, min(batch, int(self._max_rate * 0.25)))
        request = {"batch": batch, "expires": int(EXPIRES * 1e9)}
        if not self._one_by_one:
            request["max_bytes"] = BYTES
        subject = self._connection.jetstream(f"CONSUMER.MSG.NEXT.{self._stream}.{self._name}")
        self._connection.request(subject, self._inbox, msgspec.json.encode(request))
        self._asked = batch

    def _deliver(self, deliveries: list[Delivery]) -> None:
        # what gathers from now on is not the server's delay
        self._queue.append((time.time_ns(), deliveries))
        self._news.set()
