"""Read stored messages without a consumer, so that a work queue stays untouched."""

from __future__ import annotations

import asyncio
import time

import msgspec

from arcwatch.errors import SourceError
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.sources.tail_start import Start
from arcwatch.wire.jetstream import parse_direct, parse_get, rfc3339
from arcwatch.wire.nats_protocol import Delivery, read_headers

from .gets import BATCHES, StoredMessages
from .pull import Pulled

BATCH = 500
"""Messages asked for at once, by a direct get."""
BYTES = 4 << 20
"""Bytes asked for at once."""
EVERY = 0.25
"""Seconds between two looks that found nothing."""
PATIENCE = 2.0
"""Seconds for one answer; servers before 2.11 send one message and do not say that it is all."""


class StoredReader:
    """Reads a stream by sequence.

    Args:
        subject: Which of its subjects; empty for all.
        direct: Whether the stream allows a direct get; its leader is asked otherwise.
    """

    def __init__(
        self, connection: NatsConnection, stream: str, subject: str, *, direct: bool
    ) -> None:
        self._connection, self._stream, self._direct = connection, stream, direct
        self._subject = subject
        self._sid: bytes | None = None
        self._inbox = ""
        self._queue: list[Delivery] = []
        self._news = asyncio.Event()
        self._next: int | None = None
        self._start: dict[str, object] = {}
        self._taken = 0
        self._is_known = False
        """Whether the next sequence is one that must have been there."""

    async def begin(self, start: Start) -> None:
        """Start at a position."""
        if start.time is not None and self._connection.is_before(*BATCHES):
            stored = StoredMessages(self._connection, self._stream, self._subject, direct=False)
            found = await stored.first_from(start.time)
            self._next = found.sequence if found else (await stored.state()).last + 1
        elif start.time is not None:
            self._start = {"start_time": rfc3339(start.time)}
        else:
            self._next, self._is_known = start.sequence or 1, start.sequence is not None
        if self._direct:
            self._inbox = self._connection.new_inbox()
            self._sid = self._connection.subscribe(self._inbox, self._deliver)

    def end(self) -> None:
        """Stop reading."""
        if self._sid:
            self._connection.unsubscribe(self._sid)
        self._sid = None

    def taken_before(self) -> int:
        """Messages removed before they could be read, since the last call."""
        taken, self._taken = self._taken, 0
        return taken

    async def some(self, max_rate: float | None) -> list[Pulled]:
        """The next messages; empty if there are none yet."""
        most = BATCH if max_rate is None else max(1, min(BATCH, int(max_rate * EVERY)))
        found = await (self._ask_direct(most) if self._direct else self._ask_leader(most))
        for one in found:
            if self._is_known and not self._subject:
                self._taken += one.sequence - (self._next or one.sequence)
            self._next, self._is_known, self._start = one.sequence + 1, True, {}
        if len(found) < most or max_rate is not None:
            await asyncio.sleep(EVERY)
        return found

    def _question(self) -> dict[str, object]:
        begin = self._start or {"seq": self._next}
        return {**begin, "next_by_subj": self._subject or ">"}

    async def _ask_direct(self, most: int) -> list[Pulled]:
        question = {**self._question(), "batch": most, "max_bytes": BYTES}
        self._queue.clear()
        self._news.clear()
        subject = self._connection.jetstream(f"DIRECT.GET.{self._stream}")
        self._connection.request(subject, self._inbox, msgspec.json.encode(question))
        found: list[Pulled] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._is_all(found):
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError as error:
            if not found:
                raise SourceError("no answer in time", where=f"js:{self._stream}") from error
        return found

    def _is_all(self, found: list[Pulled]) -> bool:
        waiting, self._queue = self._queue, []
        for delivery in waiting:
            headers = read_headers(delivery.head)
            if headers.status:
                if not headers.status.startswith(("204", "404")):
                    where = f"js:{self._stream}"
                    raise SourceError("JetStream refuses", where=where, why=headers.status)
                return True
            if stored := parse_direct(headers.pairs, delivery.body):
                found.append(Pulled(*stored, received=time.time_ns()))
        return False

    async def _ask_leader(self, most: int) -> list[Pulled]:
        found: list[Pulled] = []
        subject = self._connection.jetstream(f"STREAM.MSG.GET.{self._stream}")
        while len(found) < most:
            question = self._question()
            if found:
                question = {"seq": found[-1].sequence + 1, "next_by_subj": self._subject or ">"}
            answer = await self._connection.ask(subject, msgspec.json.encode(question))
            got = parse_get(answer, self._stream)
            if got is None:
                break
            name, sequence, moment, head, body = got
            headers = read_headers(head).pairs
            found.append(Pulled(name, sequence, moment, headers, body, time.time_ns()))
        return found

    def _deliver(self, deliveries: list[Delivery]) -> None:
        self._queue += deliveries
        self._news.set()
