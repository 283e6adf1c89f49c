"""Read stored messages of a stream by direct get, without a consumer.

A direct get answers many messages at once, from any replica; where a stream does not allow it its
leader is asked for one after the other.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec

from arcwatch.errors import SourceError
from arcwatch.notation.subjects import overlap
from arcwatch.sources.nats.connection import NatsConnection
from arcwatch.wire.jetstream import StreamState, parse_direct, parse_get, parse_stream, rfc3339
from arcwatch.wire.nats_protocol import Delivery, read_headers

from .pull import Pulled

BYTES = 4 << 20
"""Bytes asked for at once; a message that is larger comes alone."""
BATCHES = (2, 11)
"""The first nats-server whose direct get answers many messages, and finds them by their time."""
PATIENCE = 5.0
"""Seconds without anything after which the server is taken for gone."""


class Got(NamedTuple):
    """The answer to one request."""

    messages: list[Pulled]
    status: str
    """How the server ended it: ``204 EOB``, ``404 …``, ``413 …``."""
    pending: int | None = None
    """Messages of the same subjects behind the first of these; None where it does not say."""

    @property
    def is_all(self) -> bool:
        """Whether the server reported nothing after the answer."""
        return self.status.startswith("404")


class StoredMessages:
    """The stored messages of one stream, or of some of its subjects.

    Args:
        subject: Which of its subjects; empty for all.
    """

    def __init__(
        self, connection: NatsConnection, stream: str, subject: str, *, direct: bool
    ) -> None:
        self._connection, self._stream, self._subject = connection, stream, subject
        self.direct = direct

    @property
    def selection(self) -> dict[str, object]:
        """The part of a request that selects the subjects."""
        return {"next_by_subj": self._subject or ">"}

    async def after(self, begin: dict[str, object], most: int) -> list[Pulled]:
        """The first messages from a position on; fewer than ``most`` at the end.

        Args:
            begin: ``{"seq": …}`` or ``{"start_time": …}``.
        """
        if not self.direct:
            return await self._of_leader(begin, most)
        found: list[Pulled] = []
        while len(found) < most:
            question = {**begin, **self.selection, "batch": most - len(found), "max_bytes": BYTES}
            got = await self.ask(question)
            found += got.messages
            # fewer may also be for their size
            if not got.messages or got.is_all:
                break
            begin = {"seq": found[-1].sequence + 1}
        return found

    async def first_from(self, time: int) -> Pulled | None:
        """The first message at or after a time, nanoseconds since the epoch; None if none is."""
        if not self._connection.is_before(*BATCHES):
            found = await self.after({"start_time": rfc3339(time)}, 1)
            # servers before 2.11.1 answer a time to come with the last message
            return found[0] if found and found[0].time >= time else None
        state = await self.state()
        low, high, first = state.first, state.last + 1, None
        while low < high:
            middle = (low + high) // 2
            found = await self.after({"seq": middle}, 1)
            if found and found[0].time < time:
                low = found[0].sequence + 1
            else:
                high, first = middle, found[0] if found else first
        return first

    async def state(self) -> StreamState:
        """The stream's state now."""
        info = self._connection.jetstream(f"STREAM.INFO.{self._stream}")
        return parse_stream(await self._connection.ask(info, b""), self._stream)

    async def ask(self, question: dict[str, object]) -> Got:
        """Send one direct get and return the answer."""
        where = f"js:{self._stream}"
        if not self._connection.is_connected:
            raise SourceError("not connected", where=where)
        waiting: list[Delivery] = []
        news = asyncio.Event()

        def deliver(deliveries: list[Delivery]) -> None:
            waiting.extend(deliveries)
            news.set()

        inbox = self._connection.new_inbox()
        sid = self._connection.subscribe(inbox, deliver)
        found: list[Pulled] = []
        pending: int | None = None
        try:
            subject = self._connection.jetstream(f"DIRECT.GET.{self._stream}")
            self._connection.request(subject, inbox, msgspec.json.encode(question))
            while True:
                async with asyncio.timeout(PATIENCE):
                    await news.wait()
                news.clear()
                batch, waiting[:] = tuple(waiting), ()
                for delivery in batch:
                    headers = read_headers(delivery.head)
                    if headers.status:
                        return Got(found, _accepted(headers.status, where), pending)
                    if stored := parse_direct(headers.pairs, delivery.body):
                        if not found:
                            pending = pending_of(headers.pairs)
                        found.append(Pulled(*stored))
        except TimeoutError as error:
            raise SourceError("no answer in time", where=where) from error
        finally:
            self._connection.unsubscribe(sid)

    async def is_same(self, seen: Pulled) -> bool:
        """Whether a message is still the one seen before, as far as can be determined.

        Its sequence number is another message's where the stream was deleted and made anew, kept
        its messages in memory and its server restarted, or lost its newest ones in a crash.
        """
        subject = self._connection.jetstream(f"STREAM.MSG.GET.{self._stream}")
        question = msgspec.json.encode({"seq": seen.sequence})
        got = parse_get(await self._connection.ask(subject, question), self._stream)
        return got is None or got[2] == seen.time

    async def _of_leader(self, begin: dict[str, object], most: int) -> list[Pulled]:
        if self._connection.is_before(2, 9):
            return await self._one_by_one(begin, most)
        found: list[Pulled] = []
        subject = self._connection.jetstream(f"STREAM.MSG.GET.{self._stream}")
        while len(found) < most:
            question = {**begin, **self.selection}
            answer = await self._connection.ask(subject, msgspec.json.encode(question))
            got = parse_get(answer, self._stream)
            if got is None:
                break
            found.append(_pulled(got))
            begin = {"seq": found[-1].sequence + 1}
        return found

    async def _one_by_one(self, begin: dict[str, object], most: int) -> list[Pulled]:
        """The same of a server that finds messages by their numbers alone, gaps and all."""
        found: list[Pulled] = []
        subject = self._connection.jetstream(f"STREAM.MSG.GET.{self._stream}")
        state = await self.state()
        begun = begin.get("seq", 1)
        assert isinstance(begun, int), "times are searched for"
        for sequence in range(max(begun, state.first), state.last + 1):
            if len(found) >= most:
                break
            answer = await self._connection.ask(subject, b'{"seq": %d}' % sequence)
            got = parse_get(answer, self._stream)
            if got and (not self._subject or overlap(got[0], self._subject)):
                found.append(_pulled(got))
        return found


def _pulled(got: tuple[str, int, int, bytes, bytes]) -> Pulled:
    name, sequence, moment, head, body = got
    return Pulled(name, sequence, moment, read_headers(head).pairs, body)


def pending_of(pairs: tuple[tuple[str, str], ...]) -> int | None:
    """How many messages are left after one, by its headers; None where they do not say."""
    report = dict(pairs).get("Nats-Num-Pending", "")
    return int(report) if report.isdecimal() and len(report) < 20 else None


def _accepted(status: str, where: str) -> str:
    if not status.startswith(("204", "404", "413")):
        hint = "is JetStream up?" if status.startswith("503") else ""
        raise SourceError("JetStream refuses", where=where, why=status, hint=hint)
    return status
