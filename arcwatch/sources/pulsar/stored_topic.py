"""Read the stored messages of one Pulsar topic or partition, leaving nothing behind.

A reader is opened at an entry rather than sent there: that costs a tenth of what ``seek`` does,
which has the broker drop the reader first.  A topic's existence is asked for before any is opened,
since a reader creates a topic that is not there.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Any, NamedTuple

import pulsar

from arcwatch.errors import SourceError
from arcwatch.model.history import Position
from arcwatch.model.message import Message
from arcwatch.notation.address import Topic
from arcwatch.notation.topic_names import COMPACTION
from arcwatch.sources.net.in_thread import in_thread, leave
from arcwatch.sources.paging import entries_between, step_back
from arcwatch.wire.pulsar_cursors import Cursors, parse_cursors
from arcwatch.wire.pulsar_ledgers import Last, Ledger, parse_ledger_list, parse_place

from .cluster import PulsarCluster, topic_path
from .message import message_of, published_ms
from .reader import QUEUE, Watch, close_reader, open_reader, reason

PATIENCE = 15.0
"""Seconds for one read of stored messages: tiered storage takes some."""
SOON = 20
"""Milliseconds in which a message that is there mostly comes."""
READ = 1_000
"""Milliseconds after which a read that brought nothing is looked into."""
AMONG = 200
"""Messages before one in chunks among which its first chunk is looked for."""
MOST_OF_A_BATCH = 1 << 30
"""More messages than any entry has."""
EARLIEST: Position = (-1, -1, 0)
"""Before everything that a topic stores."""


class Found(NamedTuple):
    """A message of the client library with its position."""

    time: int
    """When it was published, milliseconds since the epoch."""
    start: Position
    """Where to open a reader that shall see it: of a message in chunks, its first."""
    end: Position
    """Right behind it."""
    raw: Any


class MessageRun(NamedTuple):
    """Consecutive messages."""

    messages: list[Found]
    whole: bool
    """Whether there are no more in that direction."""


class Compacted(NamedTuple):
    """The compacted ledger of a topic."""

    entries: int
    end: Position
    """Behind the last entry of the topic that was looked at for it."""


class StoredTopic:
    """One topic without partitions, or one partition."""

    def __init__(
        self, cluster: PulsarCluster, client: Any, watch: Watch, name: str, context: str
    ) -> None:
        self._cluster, self._client, self._watch = cluster, client, watch
        self.name, self._context = name, context
        topic = Topic.of(name)
        self.address, self.partition = str(topic), topic.partition
        self._ledgers: tuple[Ledger, ...] = ()
        self.batch = 1.0
        """Messages of an entry, as far as was seen; at least 1."""
        self.is_replicated = False
        """Whether other clusters publish there, too."""

    async def ledgers(self) -> tuple[Ledger, ...]:
        """The topic's ledgers, from metadata."""
        path = f"{topic_path(self.name)}/internal-info"
        body = await self._cluster.ask_owner(path, topic=self.name)
        self._ledgers = parse_ledger_list(body, self._cluster.place(path))
        return self._ledgers

    async def begun(self, ledger: int) -> int | None:
        """Creation time of a ledger, milliseconds since the epoch; None if unknown.

        Of one that another follows it is when the one before it was closed, if there is one.
        """
        at = next((n for n, each in enumerate(self._ledgers) if each.id == ledger), None)
        if at is None:
            return None
        if at < len(self._ledgers) - 1:
            closed = self._ledgers[at - 1].closed if at else None
            return None if closed is None else closed // 1_000_000
        return (await self._internal()).begun

    async def compacted(self) -> Compacted | None:
        """The compacted ledger; None if nothing was compacted."""
        report = await self._internal()
        mark = report.marks.get(COMPACTION)
        if mark is None or not report.compacted:
            return None
        return Compacted(report.compacted, (mark[0], mark[1] + 1, 0))

    async def latest(self) -> Position:
        """The position after its last message."""
        last = await self._ask("lastMessageId")
        if last.batch >= 0:
            self.batch = max(self.batch, last.batch + 1.0)
            return (last.ledger, last.entry, last.batch + 1)
        if last.ledger < 0 and (compacted := await self.compacted()):
            # nothing is left in the topic's own ledgers
            return compacted.end
        return (last.ledger, last.entry + 1, 0)

    async def at(self, ms: int) -> Position:
        """The position before its first entry published at ``ms`` or later: a binary search."""
        if ms <= 0:
            return EARLIEST
        found = await self._ask(f"messageid/{ms}")
        return (found.ledger, max(found.entry, 0), 0)

    async def after(self, position: Position, count: int, *, compacted: bool = False) -> MessageRun:
        """The next messages, at least one unless there are none.

        Args:
            count: How many to read; as many again may come with the last batch.
        """
        return await self._in_thread(
            lambda end: self._read_after(position, count, end, compacted=compacted)
        )

    async def before(self, position: Position, count: int) -> MessageRun:
        """The messages before a position, in order; see :meth:`after`."""
        if position <= EARLIEST:
            return MessageRun([], whole=True)
        await self._know(position[0])
        known = [(ledger.id, ledger.entries or 0) for ledger in self._ledgers]
        return await self._in_thread(lambda end: self._read_before(known, position, count, end))

    async def start_of(self, position: Position) -> Position:
        """The start of the message whose last entry is at a position.

        The id of a message in chunks is that of its last chunk, from which it cannot be read.
        """
        end = (position[0], position[1] + 1, 0)
        # chunks of several producers may lie among each other
        for count in (1, AMONG):
            found = (await self.before(end, count)).messages
            if found and found[-1].end == end:
                return found[-1].start
            if not found or found[-1].end[:2] == position[:2]:
                break
        return position

    def message(self, raw: Any) -> Message:
        """Convert a message of the client library to the model."""
        return message_of(
            raw, self.address, self.partition, self._context, may_be_replicated=self.is_replicated
        )

    def found(self, raw: Any) -> Found:
        """The position of a message of the client library."""
        place = raw.message_id()
        ledger, entry, batch = place.ledger_id(), place.entry_id(), place.batch_index()
        time = published_ms(raw)
        if batch >= 0:
            self.batch = max(self.batch * 0.999, batch + 1.0)
            return Found(time, (ledger, entry, batch), (ledger, entry, batch + 1), raw)
        return Found(time, _first_chunk(place), (ledger, entry + 1, 0), raw)

    def known(self, end: Position) -> list[tuple[int, int]]:
        """The last fetched ledgers with their entries; the open one up to ``end``."""
        return [
            (each.id, end[1] + (end[2] > 0) if each.entries is None else each.entries)
            for each in self._ledgers
        ]

    def passed(self, start: Position, end: Position) -> int:
        """Entries between two positions, by the last fetched ledgers."""
        behind = (end[0], end[1] + (end[2] > 0))
        return entries_between(self.known(end), (start[0], start[1]), behind)

    def is_offloaded(self, ledger: int) -> bool:
        """Whether a ledger is known to be in tiered storage."""
        return any(each.offloaded for each in self._ledgers if each.id == ledger)

    def open(self, position: Position, queue: int, *, compacted: bool = False) -> Any:
        """A reader that starts with the entry at a position; blocks."""
        ledger, entry, _ = position
        first = pulsar.MessageId(-1, ledger, entry, -1)
        if position <= EARLIEST:
            first = pulsar.MessageId.earliest
        try:
            reader = open_reader(
                self._client, self.name, first, inclusive=True, queue=queue, compacted=compacted
            )
        except pulsar.PulsarException as error:
            raise self._failed(error) from error
        self._watch.add(reader)
        return reader

    def close(self, reader: Any) -> None:
        """Close a reader; blocks."""
        self._watch.remove(reader)
        close_reader(reader)

    def close_soon(self, reader: Any) -> None:
        """Close a reader without waiting for the broker."""
        closing = threading.Thread(target=self.close, args=(reader,), name="closing", daemon=True)
        closing.start()
        leave(closing)

    def entry(self, reader: Any, unwanted: threading.Event) -> list[Any]:
        """The messages of a reader's next entry, none at the end of what is stored; blocks.

        Once the first message of a batch is there, so are the others: whether there are any is
        then not asked for each.
        """
        first = self.next(reader, unwanted)
        if first is None:
            return []
        rest = batch_size(first) - 1 - max(first.message_id().batch_index(), 0)
        raws = [first]
        read = reader.read_next
        try:
            for _ in range(rest):
                raws.append(read(READ))  # noqa: PERF401 - what came before a timeout counts
        except pulsar.Timeout:
            # a compacted batch lacks some
            pass
        except (pulsar.PulsarException, RuntimeError) as error:
            raise self._failed(error) from error
        return raws

    def next(self, reader: Any, unwanted: threading.Event) -> Any:
        """The next message of a reader, None at the end of what is stored; blocks."""
        try:
            for attempt in range(int(PATIENCE * 1_000 / READ)):
                # whether there is one is asked of the broker, unless it came meanwhile
                if attempt and not reader.has_message_available():
                    return None
                if unwanted.is_set():
                    return None
                try:
                    return reader.read_next(READ if attempt else SOON)
                except pulsar.Timeout:
                    continue
        except (pulsar.PulsarException, RuntimeError) as error:
            raise self._failed(error) from error
        raise SourceError("no answer in time", where=self.address, why=f"waited {PATIENCE:g} s")

    def _read_after(
        self, position: Position, count: int, unwanted: threading.Event, *, compacted: bool
    ) -> MessageRun:
        reader = self.open(position, self._queue(count), compacted=compacted)
        try:
            messages: list[Found] = []
            while len(messages) < count:
                raws = self.entry(reader, unwanted)
                if not raws:
                    return MessageRun(messages, whole=True)
                # of a batch what is before the position is passed over unlooked at
                found = map(self.found, raws[_passed(raws[0], position) :])
                messages += [each for each in found if each.end > position]
            return MessageRun(messages, whole=False)
        finally:
            self.close_soon(reader)

    def _read_before(
        self, ledgers: list[tuple[int, int]], position: Position, count: int, end: threading.Event
    ) -> MessageRun:
        # what is before the position in its own entry comes without going back
        entries = max(0, math.ceil((count - position[2]) / self.batch))
        anchor = (position[0], position[1])
        while True:
            start = step_back(ledgers, anchor, entries)
            whole = not ledgers or start <= (ledgers[0][0], 0)
            messages = self._read_between((*start, 0), position, count, end)
            if len(messages) >= count or whole or end.is_set():
                return MessageRun(list(messages), whole=whole and len(messages) < count)
            entries = 4 * entries + 1

    def _read_between(
        self, start: Position, stop: Position, count: int, unwanted: threading.Event
    ) -> deque[Found]:
        """The last ``count`` messages from one position up to another."""
        messages: deque[Found] = deque(maxlen=count)
        reader = self.open(start, self._queue(count))
        try:
            while raws := self.entry(reader, unwanted):
                last = self.found(raws[-1]).end
                if last > stop:
                    raws = raws[: _passed(raws[0], stop)]
                messages.extend(map(self.found, raws[-count:]))
                # the entry to stop at is not read only to see that the one before was the last
                if last >= stop or (last[2] and (last[0], last[1] + 1, 0) == stop):
                    break
        finally:
            self.close_soon(reader)
        return messages

    def _queue(self, count: int) -> int:
        """The receiver queue size: the broker counts an entry as one message."""
        return max(1, min(QUEUE, -(-count // int(self.batch))))

    async def _know(self, ledger: int) -> None:
        """Fetch the ledgers up to one, and the number of entries in each before it."""
        known = {each.id: each for each in self._ledgers}
        before = [each for each in self._ledgers if each.id < ledger]
        if ledger not in known or any(each.entries is None for each in before):
            await self.ledgers()

    async def _internal(self) -> Cursors:
        path = f"{topic_path(self.name)}/internalStats"
        body = await self._cluster.ask_owner(path, topic=self.name)
        return parse_cursors(body, self._cluster.place(path))

    async def _ask(self, what: str) -> Last:
        path = f"{topic_path(self.name)}/{what}"
        return parse_place(
            await self._cluster.ask(path, about=self.name), self._cluster.place(path)
        )

    async def _in_thread(self, work: Any) -> MessageRun:
        found: MessageRun = await in_thread(work, timeout=4 * PATIENCE, where=self.address)
        return found

    def _failed(self, error: Exception) -> SourceError:
        return SourceError("cannot be read", where=self.address, why=reason(error))


def batch_size(raw: Any) -> int:
    """The number of messages in a message's entry.

    The library does not return it, but writes it into the id: ``MessageIdData`` of PulsarApi.proto,
    of which ``batch_size`` is the last field but one, 6.
    """
    if raw.message_id().batch_index() < 0:
        return 1
    data: bytes = raw.message_id().serialize()
    at, size = 0, 1
    while at < len(data):
        field, at = _varint(data, at)
        if field & 7:
            # the first chunk of a message, which is no part of a batch
            break
        value, at = _varint(data, at)
        size = value if field >> 3 == 6 else size
    return size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Decode a Protobuf varint; return it and the next offset."""
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            break
    return value, at


def _passed(first: Any, position: Position) -> int:
    """The number of messages of an entry, whose first this is, before a position."""
    place = first.message_id()
    entry: Position = (place.ledger_id(), place.entry_id())
    if entry != position[:2]:
        return 0 if entry > position[:2] else MOST_OF_A_BATCH
    index: int = place.batch_index()
    return max(position[2] - max(index, 0), 0)


def _first_chunk(place: Any) -> Position:
    """The position of the first chunk of an unbatched message.

    Of one in chunks the library's own text has both ends, and nothing else has the first.
    """
    text = str(place)
    if ";" in text:
        ledger, entry, *_ = text.partition(";")[0].strip("()").split(",")
        return (int(ledger), int(entry), 0)
    return (place.ledger_id(), place.entry_id(), 0)
