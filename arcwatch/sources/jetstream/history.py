"""The history of a JetStream stream, or of some of its subjects, in both directions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from arcwatch.errors import NotThereError, SourceError, UsageError
from arcwatch.filters.haystack import Prefilter
from arcwatch.model.history import Extent, Missing, Page, Positions, Scanned
from arcwatch.model.message import Message
from arcwatch.notation.address import Stream
from arcwatch.notation.times import (
    Earliest,
    Instant,
    Latest,
    Moment,
    PulsarPosition,
    StreamSequence,
)
from arcwatch.sources.connections import Servers
from arcwatch.sources.nats.connection import Listener, NatsConnection
from arcwatch.sources.tail_start import Start
from arcwatch.text.control_characters import printable
from arcwatch.wire.jetstream import StreamExtent, StreamState, due_time, parse_extent, parse_stream

from .extent import edge, extent
from .gets import BATCHES, StoredMessages
from .last import last_messages
from .listing import mirrors_of
from .pull import CONSUMERS, OrderedPull, Pulled

CONNECT = 6.0
"""Seconds for the connection."""
CHUNK = 1_000
"""Messages that a scan asks for at once."""
RETRY = 1.0
"""Seconds before another attempt after the server was lost."""
GIVE_UP = 60.0
"""Seconds without any message after which it is not waited for any more."""
FIRST: Positions = ((1,),)
"""Before every sequence number there is."""
CATCH_UP = 0.3
"""Seconds in which a replica of a stream that is written to gets what the leader has."""


class StreamHistory:
    """The stored messages of a stream.

    Attributes:
        places: The one address.
        notes: What a user should know of it.
    """

    def __init__(
        self, connection: NatsConnection, address: Stream, state: StreamState, context: str
    ) -> None:
        self._connection, self._address, self._context = connection, address, context
        self._state = state
        direct = state.allow_direct and not connection.is_before(*BATCHES)
        self.stored = StoredMessages(connection, address.stream, address.subject, direct=direct)
        self.places: tuple[str, ...] = (str(address),)
        self.notes: list[str] = []
        self.gaps = ""
        self._doubt = ""
        self._within: tuple[Moment, str] = (Earliest(), "")
        self._place = f"js:{address.stream}"
        if address.has_literal_star:
            self.notes.append(
                "* within a token is taken literally: only a whole token is a wildcard"
            )
        if state.uncopied:
            self.gaps = _uncopied(*state.uncopied[0], len(state.uncopied) - 1)
            self.notes.append(self.gaps)
        if not state.allow_direct:
            self.notes.append(
                "direct get is off for this stream: its leader is read, which is slower"
            )
        elif not direct:
            self.notes.append(
                "direct get in batches needs nats-server 2.11: its leader is read, which is slower"
            )

    async def earliest(self) -> Positions:
        """The position before everything stored."""
        return FIRST

    async def latest(self) -> Positions:
        """The position after the last message."""
        self._state = await settled_state(self._connection, self._address)
        if self.stored.direct and self._state.behind:
            self.ask_leader(self._state)
        return ((self._state.last + 1,),)

    def ask_leader(self, state: StreamState) -> None:
        """Read from the leader alone from now on: replicas that lag would answer, too."""
        self.stored.direct = False
        names = ", ".join(
            f"{printable(name, limit=60)} is {f'{lag:,} entries' if lag else 'not known how far'}"
            for name, lag in state.behind[:3]
        )
        self._doubt = f"its replica {names} behind: its leader is read, which is slower"
        self.notes.append(self._doubt)

    async def at(self, moment: Moment) -> Positions:
        """The position before the first message at or after a moment."""
        match moment:
            case Earliest():
                return FIRST
            case Latest():
                return await self.latest()
            case StreamSequence(seq):
                return ((seq,),)
            case Instant(ns):
                if found := await self.stored.first_from(ns):
                    self._within = moment, _begun_batch(found.headers)
                    return ((found.sequence,),)
                return await self.latest()
            case PulsarPosition():
                where = f"id:{moment.ledger}:{moment.entry}"
                hint = "write #SEQUENCE, or a time"
                raise UsageError("not a place in a stream", where=where, hint=hint)

    def doubt(self, moment: Moment) -> str:
        """Whether a replica was found to lag, or a batch divided; times are the server's."""
        within = self._within[1] if self._within[0] == moment else ""
        return "; ".join(filter(None, (self._doubt, within)))

    async def page_at(self, moment: Moment, limit: int) -> Page:
        """The first messages at or after a moment."""
        return await self.page_after(await self.at(moment), limit)

    async def page_after(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The next messages; see :class:`.history.History`."""
        ((begin,),) = positions
        found = await self.stored.after({"seq": max(begin, 1)}, limit)
        last = len(found) < limit
        if until is not None and found and found[-1].sequence >= until[0][0]:
            found = [each for each in found if each.sequence < until[0][0]]
            last = False
        end = found[-1].sequence + 1 if found else begin
        messages = tuple(self._message(each) for each in found)
        return Page(messages, positions, ((end,),), first=begin <= 1, last=last)

    async def page_before(
        self, positions: Positions, limit: int, until: Positions | None = None
    ) -> Page:
        """The messages before; see :class:`.history.History`.

        The server knows no way back: it is asked for stretches of numbers, longer ones where
        there are gaps.
        """
        ((end,),) = positions
        least = max((until or FIRST)[0][0], 1)
        found: list[Pulled] = []
        begin, span = end, limit
        while len(found) < limit and begin > least:
            begin, stop = max(begin - span, least), begin
            found = await self._between(begin, stop, limit - len(found)) + found
            span *= 4
        first = begin <= 1 and len(found) < limit
        start = found[0].sequence if found else end
        messages = tuple(self._message(each) for each in found)
        return Page(messages, ((start,),), positions, first=first)

    async def scan(
        self, start: Positions, end: Positions, words: Sequence[str] = ()
    ) -> AsyncGenerator[Scanned, None]:
        """All messages between two positions; see :class:`.history.History`."""
        first = begin = max(start[0][0], 1)
        stop = min(end[0][0], (await self.latest())[0][0])
        sieve, total = Prefilter(words), max(stop - begin, 1)
        async with aclosing(self._chunks(begin, stop)) as chunks:
            async for found in chunks:
                begin = found[-1].sequence + 1
                bodies = [each.body for each in found]
                passing = sieve.passing(bodies, [_other(each) for each in found])
                yield Scanned(
                    tuple(self._message(found[number]) for number in passing),
                    len(found),
                    sum(map(len, bodies)),
                    found[-1].time,
                    ((begin,),),
                    min((begin - first) / total, 1.0),
                )

    def last(self, end: Positions, start: Positions | None = None) -> AsyncGenerator[Scanned, None]:
        """The last message of each subject; see :class:`.history.History`."""
        start = start or FIRST
        # `multi_last` takes a * within a token for a wildcard, which no other question does
        if self._address.has_literal_star or not self.stored.direct:
            return self.scan(start, end)
        return self._last(start[0][0], end[0][0])

    async def tiered(
        self, start: Positions, end: Positions, most: int | None = None, *, back: bool = False
    ) -> tuple[int, int]:
        """Nothing: JetStream has no tiered storage."""
        return 0, 0

    async def with_due_times(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The same messages: a stream stores none before it is due."""
        return messages

    async def renew_notes(self) -> None:
        """Do nothing: a lagging replica, or a mirror, is not read any more once it was seen."""

    async def missing(self, positions: Positions) -> Missing | None:
        """What the stream has removed; see :class:`.history.History`."""
        ((seq,),) = positions
        subject = self._connection.jetstream(f"STREAM.INFO.{self._address.stream}")
        report = parse_extent(await self._connection.ask(subject, b""), self._address.stream)
        end = min(seq, report.last + 1)
        if end > report.last and report.is_limited_by_subject_alone:
            # of each subject the last is always there
            return None
        gone = end - 1 - await self._stored_before(end, report)
        if gone <= 0:
            return None
        most = "" if self.stored.direct else "up to "
        limits = edge(report)
        return Missing(
            f"{most}{gone:,} of the {end - 1:,} earlier messages are no longer stored"
            f" ({limits}): keys may be missing or have older values",
            leaves_doubt=True,
        )

    async def extent(self, window: tuple[int, int] | None = None) -> Extent:
        """What is stored; see :class:`.history.History`."""
        return await extent(self._connection, self._address, self.stored, window)

    async def close(self) -> None:
        """Do nothing: no connection stays open between calls."""

    async def _last(self, start: int, end: int) -> AsyncGenerator[Scanned, None]:
        async for found, share in last_messages(
            self._connection, self._address, self.stored, start, end
        ):
            messages = tuple(map(self._message, found))
            size = sum(message.size for message in messages)
            yield Scanned(messages, len(found), size, found[-1].time, ((end,),), share)

    async def _stored_before(self, end: int, report: StreamExtent) -> int:
        """How many messages before a sequence are stored, of any subject."""
        if not self.stored.direct:
            return max(end - 1 - (report.last - report.messages), 0)
        behind = [await self._stored_from(seq) for seq in (1, end)]
        return behind[0] - behind[1]

    async def _stored_from(self, seq: int) -> int:
        got = await self.stored.ask({"seq": seq, "batch": 1, "next_by_subj": ">"})
        return (got.pending or 0) + 1 if got.messages else 0

    async def _between(self, begin: int, stop: int, most: int) -> list[Pulled]:
        """The last ``most`` messages of a range of sequences."""
        found: list[Pulled] = []
        while begin < stop:
            got = await self.stored.after({"seq": begin}, min(stop - begin, CHUNK))
            found = [*found, *(each for each in got if each.sequence < stop)][-most:]
            if not got or got[-1].sequence >= stop:
                break
            begin = got[-1].sequence + 1
        return found

    async def _chunks(self, begin: int, stop: int) -> AsyncGenerator[list[Pulled], None]:
        """All messages of a range of sequences, across reconnects."""
        given_up = time.monotonic() + GIVE_UP
        connects, last = self._connection.connects, None
        while begin < stop:
            try:
                async with aclosing(self._read(begin, stop)) as read:
                    async for found in read:
                        if connects != self._connection.connects:
                            connects = self._connection.connects
                            await self._ensure_same(last, stop)
                        given_up = time.monotonic() + GIVE_UP
                        last = found[-1]
                        begin = last.sequence + 1
                        yield found
                if begin < stop:
                    # of some subjects the last may lie before the end
                    await self._ensure_same(last, stop)
                return
            except SourceError as error:
                if time.monotonic() > given_up or isinstance(error, NotThereError):
                    raise
                await asyncio.sleep(RETRY)

    async def _ensure_same(self, last: Pulled | None, stop: int) -> None:
        state = await stream_state(self._connection, self._address)
        if state.last + 1 >= stop and (last is None or await self.stored.is_same(last)):
            return
        why = "it was recreated, or lost its newest messages, while it was read"
        raise NotThereError("the stream was replaced", where=self._place, why=why)

    async def _read(self, begin: int, stop: int) -> AsyncGenerator[list[Pulled], None]:
        pulls = self._state.retention == "limits" and not self._connection.is_before(*CONSUMERS)
        is_pulled = pulls and not self.stored.direct
        reading = self._pulled(begin) if is_pulled else self._asked(begin, stop)
        async with aclosing(reading) as chunks:
            async for found in chunks:
                within = [each for each in found if each.sequence < stop]
                if within:
                    yield within
                if len(within) < len(found) or (found and found[-1].sequence >= stop - 1):
                    return

    async def _asked(self, begin: int, stop: int) -> AsyncGenerator[list[Pulled], None]:
        """Read by direct get, requesting the next answer while one is processed."""
        coming = asyncio.ensure_future(self.stored.after({"seq": begin}, CHUNK))
        try:
            while True:
                found = await coming
                if not found:
                    return
                begin = found[-1].sequence + 1
                if len(found) == CHUNK and begin < stop:
                    coming = asyncio.ensure_future(self.stored.after({"seq": begin}, CHUNK))
                yield found
                if len(found) < CHUNK:
                    return
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _pulled(self, begin: int) -> AsyncGenerator[list[Pulled], None]:
        pull = OrderedPull(self._connection, self._address.stream, self._address.subject, None)
        try:
            await pull.begin(Start(sequence=begin))
            while True:
                found = await pull.some()
                if found:
                    yield found
                if not pull.pending:
                    return
                if not found:
                    # removed meanwhile, or lost on their way: another consumer will know
                    raise SourceError("no answer in time", where=self._place)
        finally:
            pull.end()

    def _message(self, stored: Pulled) -> Message:
        return Message(
            "js",
            self._place,
            time.time_ns(),
            len(stored.body),
            stored.body,
            self._context,
            subject=stored.subject,
            id=f"#{stored.sequence}",
            publish_time=stored.time,
            headers=stored.headers,
            deliver_at=due_time(stored.headers),
        )


class _Connected(Listener):
    """Waits for a connection, or for the reason there is none."""

    def __init__(self) -> None:
        self._known: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connected(self) -> None:
        if not self._known.done():
            self._known.set_result("")

    def lost(self, why: str) -> None:
        if not self._known.done():
            self._known.set_result(why)

    async def wait(self) -> str:
        return await self._known


async def connected(connection: NatsConnection) -> None:
    """Wait for a connection."""
    listener = _Connected()
    connection.add(listener)
    try:
        async with asyncio.timeout(CONNECT):
            why = await listener.wait()
    except TimeoutError:
        why = "no answer in time"
    finally:
        connection.remove(listener)
    if why:
        hint = "check the address: --nats, NATS_URL"
        raise SourceError("not connected", where=connection.where, why=why, hint=hint)


async def stream_state(connection: NatsConnection, address: Stream) -> StreamState:
    """The configuration and state of a stream."""
    try:
        answer = await connection.ask(connection.jetstream(f"STREAM.INFO.{address.stream}"), b"")
    except NotThereError as error:
        hint = "check that it is enabled for this user's account"
        raise NotThereError("no JetStream", where=connection.where, hint=hint) from error
    return parse_stream(answer, address.stream)


async def settled_state(connection: NatsConnection, address: Stream) -> StreamState:
    """The same, after a moment if a replica lags: pending messages mostly arrive."""
    state = await stream_state(connection, address)
    if state.allow_direct and state.behind:
        await asyncio.sleep(CATCH_UP)
        state = await stream_state(connection, address)
    return state


async def stream_history(servers: Servers, address: Stream) -> StreamHistory:
    """Open the history of a stream.

    Raises:
        UsageError: NATS is left out, or the address is a consumer's.
    """
    if address.consumer:
        hint = f"write {str(address).partition('#')[0]}"
        raise UsageError("a history has no consumer", where=str(address), hint=hint)
    connection = servers.nats()
    await connected(connection)
    state = await settled_state(connection, address)
    history = StreamHistory(connection, address, state, servers.context)
    if state.allow_direct:
        await _ask_past_mirrors(connection, history, address.stream)
    if history.stored.direct and state.behind:
        history.ask_leader(state)
    return history


async def _ask_past_mirrors(
    connection: NatsConnection, history: StreamHistory, stream: str
) -> None:
    """Read from the leader alone where a mirror, which may hold less, answers direct gets."""
    try:
        mirrors = await mirrors_of(connection, stream)
    except SourceError as error:
        why = f"a mirror that holds less may answer for this stream: {error.headline}"
        history.notes.append(why)
        history.gaps = "; ".join(filter(None, (history.gaps, why)))
        return
    if not mirrors:
        return
    names = ", ".join(printable(name, limit=60) for name in mirrors[:3])
    note = f"its mirror {names} also answers direct gets and may hold less; its leader is read"
    history.notes.append(note)
    history.stored.direct = False


def _uncopied(name: str, lag: int, more: int) -> str:
    has = f"has {lag:,} more messages" if lag else "is not responding and may have more messages"
    others = f" (and {more} more)" if more else ""
    return f"it copies {printable(name, limit=100)}, which {has}{others}"


def _begun_batch(headers: Sequence[tuple[str, str]]) -> str:
    """Which batch a message goes on, and so is divided by a moment before it; mostly empty."""
    fields = dict(headers)
    number = fields.get("Nats-Batch-Sequence", "")
    if "Nats-Batch-Id" not in fields or number in ("", "1"):
        return ""
    batch, place = (printable(part, limit=60) for part in (fields["Nats-Batch-Id"], number))
    return f"the time falls within atomic batch {batch}, before its message {place}"


def _other(stored: Pulled) -> str:
    if not stored.headers:
        return stored.subject
    return "\n".join([stored.subject, *[f"{name}: {value}" for name, value in stored.headers]])
