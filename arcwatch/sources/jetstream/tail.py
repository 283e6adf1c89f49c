"""Follow a JetStream stream without consuming its messages.

A stream that keeps its messages (limits) is read by an ordered consumer of our own: pulled, so
that the server sends what we have room for; ack none, so that nothing is redelivered; in memory,
and gone some seconds after us.  On a work queue or an interest stream a consumer would take part
in what is kept, so there the stored messages are looked at (direct get).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from arcwatch.errors import NotThereError, SourceError, UsageError
from arcwatch.model.message import Message
from arcwatch.model.tail import Mode, Resumed, TailOptions
from arcwatch.notation.address import Stream
from arcwatch.runtime.boundary import boundary
from arcwatch.sources.connections import Servers
from arcwatch.sources.intake import Lane
from arcwatch.sources.nats.connection import Listener, NatsConnection
from arcwatch.sources.tail_start import Start
from arcwatch.text import units
from arcwatch.wire.jetstream import StreamState, due_time, parse_stream

from .gets import BATCHES, StoredMessages
from .peek import StoredReader
from .pull import OrderedPull, Pulled

RETRY = 2.0
"""Seconds before another attempt after the server refused, or had no answer."""

EARLIEST = Start(earliest=True)

LAG = 10.0
"""Seconds' worth of messages that a tail with a bound may be behind before it skips them."""


class StreamTail(Listener):
    """Follows one stream into a lane.

    Args:
        max_rate: Messages a second at most; None is as fast as they are taken.
    """

    def __init__(
        self,
        connection: NatsConnection,
        lane: Lane,
        address: Stream,
        start: Start,
        *,
        max_rate: float | None,
        context: str,
    ) -> None:
        self._connection, self._lane, self._address = connection, lane, address
        self._start, self._max_rate, self._context = start, max_rate, context
        self._here = asyncio.Event()
        self._place = f"js:{address.stream}"
        self._next = _next_of(lane.resumed, self._place)
        self._last: Pulled | None = None
        self._pulling: OrderedPull | None = None

    async def follow(self) -> None:
        """Follow the stream until cancelled.

        Raises:
            NotThereError: There is no such stream, nor was, or no JetStream.
        """
        self._connection.add(self)
        try:
            while True:
                await self._here.wait()
                try:
                    with boundary("the stream could not be read", self._place):
                        await self._read()
                except NotThereError as error:
                    if not self._lane.was_followed:
                        raise
                    # it may be made anew
                    self._report_trouble(error)
                    await asyncio.sleep(RETRY)
                except SourceError as error:
                    self._report_trouble(error)
                    await asyncio.sleep(RETRY)
        finally:
            self._connection.remove(self)

    def set_mode(self, mode: Mode, *, requests: bool) -> None:
        """Do nothing: reading a stream costs publishers nothing."""

    def connected(self) -> None:
        """Continue after the last message seen."""
        self._here.set()

    def lost(self, why: str) -> None:
        """Record the loss and wait for the next connection."""
        self._here.clear()
        if self._pulling:
            self._pulling.interrupt()
        hint = "" if self._lane.was_followed else "check the address: --nats, NATS_URL"
        self._lane.set_disconnected(f"{self._connection.where}: {why}", hint)

    async def _read(self) -> None:
        state = await self._state()
        if await self._is_another(state):
            self._restart()
        self._note_removed(state)
        lane = self._lane
        lane.since = lane.since or time.time_ns()
        if state.retention == "limits":
            lane.set_state("following", lane.text if lane.gaps else "")
            await self._pull(state)
        else:
            text = f"{state.retention} stream: messages consumed before they are read are missed"
            lane.set_state("following", text)
            await self._look(state)

    async def _state(self) -> StreamState:
        subject = self._connection.jetstream(f"STREAM.INFO.{self._address.stream}")
        try:
            answer = await self._connection.ask(subject, b"")
        except NotThereError as error:
            hint = "check that it is enabled for this user's account"
            raise NotThereError("no JetStream", where=self._connection.where, hint=hint) from error
        return parse_stream(answer, self._address.stream)

    async def _is_another(self, state: StreamState) -> bool:
        """Whether the stream was recreated: other messages under the same sequences."""
        if self._next is None:
            return False
        if state.last + 1 < self._next:
            return True
        stream = StoredMessages(self._connection, self._address.stream, "", direct=False)
        return self._last is not None and not await stream.is_same(self._last)

    def _restart(self) -> None:
        """Continue with everything stored since the last message seen."""
        last = self._last
        self._start = Start(time=last.time + 1) if last else EARLIEST
        self._next = self._last = None
        self._lane.gaps += 1
        seen = f" after #{last.sequence}" if last else ""
        self._lane.text = (
            f"the stream was recreated, or lost its newest messages{seen}: messages stored before"
            " and not read are missing"
        )

    def _note_removed(self, state: StreamState) -> None:
        """Count messages removed while disconnected as missing."""
        if self._next is not None and self._next < state.first:
            self._lane.gaps += 1
            missing = state.first - self._next
            lost = units.things(missing, "message was", "messages were")
            self._lane.text = f"{lost} removed before they could be read"

    async def _pull(self, state: StreamState) -> None:
        pull = OrderedPull(
            self._connection, self._address.stream, self._address.subject, self._max_rate
        )
        self._pulling = pull
        try:
            await pull.begin(self._where_to_begin(state))
            while self._here.is_set():
                await self._lane.room()
                found = await pull.some()
                self._take(found)
                await self._catch_up(pull)
        finally:
            self._pulling = None
            pull.end()

    async def _catch_up(self, pull: OrderedPull) -> None:
        """Skip messages that a bounded tail would reach too late."""
        if not (self._max_rate and self._start.is_new and pull.pending > self._max_rate * LAG):
            return
        skipped = pull.pending
        lane = self._lane
        lane.mode, lane.sampled_away = "sampled", lane.sampled_away + skipped
        lane.ratio = (lane.seen + lane.sampled_away) / max(lane.seen, 1)
        lane.text = f"sampled: more than {self._max_rate:,.0f} msg/s"
        state = await self._state()
        self._next = state.last + 1
        await pull.begin(Start(sequence=self._next))

    async def _look(self, state: StreamState) -> None:
        reader = StoredReader(
            self._connection,
            self._address.stream,
            self._address.subject,
            direct=state.allow_direct and not self._connection.is_before(*BATCHES),
        )
        try:
            await reader.begin(self._where_to_begin(state))
            while self._here.is_set():
                await self._lane.room()
                found = await reader.some(self._max_rate)
                self._lane.sampled_away += reader.taken_before()
                self._take(found)
        finally:
            reader.end()

    def _where_to_begin(self, state: StreamState) -> Start:
        if self._next is not None:
            return Start(sequence=max(self._next, state.first))
        if self._start.is_new:
            self._next = state.last + 1
            self._lane.begins_after(self._place, f"#{state.last}")
            return Start(sequence=self._next)
        return self._start

    def _take(self, found: Sequence[Pulled]) -> None:
        if not found:
            return
        origin = self._lane.origin
        messages = [
            Message(
                "js",
                self._place,
                one.received,
                len(one.body),
                one.body,
                self._context,
                origin,
                one.subject,
                id=f"#{one.sequence}",
                publish_time=one.time,
                headers=one.headers,
                deliver_at=due_time(one.headers),
                redelivered=None,
            )
            for one in found
        ]
        self._last = found[-1]
        self._next = self._last.sequence + 1
        self._lane.take(messages, sum(message.size for message in messages))

    def _report_trouble(self, error: SourceError) -> None:
        self._lane.set_disconnected(error.headline, error.hint)


def _next_of(resumed: Resumed | None, place: str) -> int | None:
    """The sequence to continue with; None for the requested start."""
    last = resumed.places.get(place) if resumed else None
    return int(last.removeprefix("#")) + 1 if last else None


def stream_tail(
    servers: Servers, lane: Lane, address: Stream, start: Start, options: TailOptions
) -> StreamTail:
    """The follower of a stream.

    Raises:
        UsageError: NATS is left out, or ``start`` is a place in a Pulsar topic.
    """
    if start.message_id is not None:
        hint = "write #SEQUENCE, or a time"
        raise UsageError("not a place in a stream", where=lane.address, hint=hint)
    return StreamTail(
        servers.nats(), lane, address, start, max_rate=options.max_rate, context=servers.context
    )
