"""Scan topics in threads and merge them in order of publish time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import pulsar

from arcwatch.errors import NotThereError, SourceError
from arcwatch.filters.haystack import Prefilter
from arcwatch.model.history import Position, Scanned
from arcwatch.model.message import Message
from arcwatch.runtime.boundary import salvaged

from .merged_read import together
from .reader import Bound, reason
from .stored_topic import PATIENCE, StoredTopic

QUEUE = 1_000
"""Messages that a broker sends ahead: a tenth of it costs a fifth of the speed."""
FIRST_QUEUE = 100
"""The same while nobody knows how large they are: a message may have 5 MiB."""
QUEUE_BYTES = 32 << 20
"""Bytes that a broker sends ahead, estimated from the last messages."""
CHUNK = 500
"""Messages that are looked at together."""
CHUNK_BYTES = 4 << 20
"""Bytes of them after which there are no more."""
AHEAD = 8
"""Chunks of a place that may wait until the other places have come as far."""

FIRST, NEXT = 250, 20
"""Milliseconds that a chunk waits for its first message, and for another."""

RETRY = 1.0
"""Seconds before another attempt after a broker was lost."""
GIVE_UP = 60.0
"""Seconds without any message after which a broker is not waited for any more."""
TURN = threading.Lock()
"""Held while a chunk is taken.

Each message takes the interpreter's lock once: eight threads that do so at a time spend a quarter
of it on waiting for each other (``tests/bench/bench_history.py``).
"""


class Chunk(NamedTuple):
    """Some messages of one place."""

    messages: list[Message]
    """Those that may match."""
    scanned: int
    size: int
    time: int
    """Of the last message read, nanoseconds since the epoch."""
    end: Position
    done: bool


class ScanThread(threading.Thread):
    """Reads one place from one position to another.

    Args:
        room: Taken once for each chunk that is handed on.
        deliver: Takes chunks, and at last an error, on this thread.
    """

    def __init__(
        self,
        topic: StoredTopic,
        start: Position,
        stop: Position,
        sieve: Prefilter,
        bound: Bound,
        room: threading.Semaphore,
        deliver: Callable[[Chunk | BaseException], None],
        *,
        compacted: bool = False,
    ) -> None:
        super().__init__(name=f"scan {topic.name}", daemon=True)
        self._topic, self._at, self._until = topic, start, stop
        self._sieve, self._bound, self._room, self._deliver = sieve, bound, room, deliver
        self._compacted = compacted
        self._unwanted = threading.Event()

    def stop(self) -> None:
        """Stop soon."""
        self._unwanted.set()

    def run(self) -> None:
        """Read."""
        with contextlib.suppress(RuntimeError):
            # the loop may have gone meanwhile
            try:
                self._read()
            except (pulsar.PulsarException, OSError) as error:
                where = self._topic.address
                self._deliver(SourceError("cannot be read", where=where, why=reason(error)))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                self._deliver(error)

    def _read(self) -> None:
        most = QUEUE if self._bound.messages is None else self._bound.queue
        queue: int | None = min(FIRST_QUEUE, most)
        while queue is not None:
            queue = self._read_with(queue, most)

    def _read_with(self, queue: int, most: int) -> int | None:
        """Continue with one reader; return the next one's queue size, None at the end."""
        reader = self._topic.open(self._at, queue, compacted=self._compacted)
        try:
            waited = 0.0
            while not self._unwanted.is_set():
                begun = time.monotonic()
                raws = self._some(reader)
                waited = 0.0 if raws else waited + FIRST / 1000
                if waited > PATIENCE:
                    why = f"waited {PATIENCE:g} s"
                    raise SourceError("no answer in time", where=self._topic.address, why=why)
                chunk = self._chunk(raws, is_end=not raws and not reader.has_message_available())
                if (raws or chunk.done) and self._has_room():
                    self._deliver(chunk)
                if chunk.done:
                    return None
                self._pace(chunk, begun)
                fitting = min(most, QUEUE_BYTES * chunk.scanned // max(chunk.size, 1) or 1)
                if chunk.scanned and not queue <= fitting * 4 <= queue * 16:
                    return fitting
            return None
        finally:
            self._topic.close(reader)

    def _some(self, reader: Any) -> list[Any]:
        """The raw messages available; none after a timeout."""
        raws: list[Any] = []
        with contextlib.suppress(pulsar.Timeout):
            raws.append(reader.read_next(FIRST))
            size, read = raws[0]._message.length(), reader.read_next
            with TURN:
                while len(raws) < CHUNK and size < CHUNK_BYTES:
                    raws.append(read(NEXT))
                    size += raws[-1]._message.length()
        return raws

    def _chunk(self, raws: list[Any], *, is_end: bool) -> Chunk:
        """The messages within range that may match."""
        done = is_end
        if raws:
            end = self._topic.found(raws[-1]).end
            if end >= self._until:
                # ends with the stretch; what was read beyond it is none of it
                raws = [raw for raw in raws if self._topic.found(raw).end <= self._until]
                done = True
        if raws and self._topic.found(raws[0]).end <= self._at:
            raws = [raw for raw in raws if self._topic.found(raw).end > self._at]
        if not raws:
            return Chunk([], 0, 0, 0, self._at, done)
        last = self._topic.found(raws[-1])
        self._at = last.end
        messages, size = self._sifted(raws)
        return Chunk(messages, len(raws), size, last.time * 1_000_000, last.end, done)

    def _sifted(self, raws: list[Any]) -> tuple[list[Message], int]:
        bodies: list[bytes] = []
        others = salvaged(raws, _others, lambda raw, error: None, "a message's key")
        certain: set[int] = set()
        for number, raw in enumerate(raws):
            body = raw.data()
            bodies.append(body)
            if others[number] is None:
                # nobody knows whether a word is in what cannot be read
                certain.add(number)
            if body[:1] not in b"{[" and raw._message.int_schema_version() >= 0:
                certain.add(number)
        passing = self._sieve.passing(bodies, [other or "" for other in others])
        if certain:
            passing = sorted(certain.union(passing))
        return [self._topic.message(raws[number]) for number in passing], sum(map(len, bodies))

    def _has_room(self) -> bool:
        while not self._room.acquire(timeout=0.25):
            if self._unwanted.is_set():
                return False
        return True

    def _pace(self, chunk: Chunk, begun: float) -> None:
        due = chunk.scanned / self._bound.messages if self._bound.messages is not None else 0.0
        if self._bound.bytes is not None:
            due = max(due, chunk.size / self._bound.bytes)
        if (rest := begun + due - time.monotonic()) > 0:
            self._unwanted.wait(rest)


class PlaceScan:
    """One place's chunks, read on demand.

    It goes on where it was when the broker is lost and comes back.

    Args:
        ensure: Raises where the topic does not exist any more.
    """

    def __init__(
        self,
        topic: StoredTopic,
        start: Position,
        stop: Position,
        sieve: Prefilter,
        bound: Bound,
        ensure: Callable[[], Awaitable[None]],
        *,
        compacted: bool = False,
    ) -> None:
        self.topic, self.at, self.stop_at = topic, start, stop
        self._sieve, self._bound, self._ensure = sieve, bound, ensure
        self._compacted = compacted
        self._chunks: asyncio.Queue[Chunk | BaseException] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._thread: ScanThread | None = None
        self.messages: deque[Message] = deque()
        self.time = 0
        self.done = start >= stop
        self._has_received = False

    def head(self, place: int) -> tuple[int, int]:
        """When its next message is, or will be at the earliest."""
        return (self.messages[0].publish_time or 0, place) if self.messages else (self.time, place)

    async def step(self) -> Chunk:
        """Load its next chunk."""
        # a broker that never brought anything is not one that will soon be back
        given_up = time.monotonic() + (GIVE_UP if self._has_received else 0)
        while True:
            if self._thread is None:
                self._start()
            chunk = await self._chunks.get()
            if isinstance(chunk, Chunk):
                break
            self._thread = None
            if not isinstance(chunk, SourceError):
                raise chunk
            await self._wait(chunk, given_up)
        self._has_received = True
        self._room.release()
        self.at, self.done = chunk.end, chunk.done
        self.time = max(self.time, chunk.time)
        self.messages.extend(chunk.messages)
        return chunk

    def close(self) -> None:
        """Stop reading."""
        if self._thread:
            self._thread.stop()

    def _start(self) -> None:
        loop, chunks = asyncio.get_running_loop(), self._chunks

        def deliver(chunk: Chunk | BaseException) -> None:
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)

        self._thread = ScanThread(
            self.topic,
            self.at,
            self.stop_at,
            self._sieve,
            self._bound,
            self._room,
            deliver,
            compacted=self._compacted,
        )
        self._thread.start()

    async def _wait(self, error: SourceError, given_up: float) -> None:
        """Wait until the topic can be queried again."""
        while time.monotonic() < given_up:
            await asyncio.sleep(RETRY)
            try:
                await self._ensure()
            except NotThereError:
                raise
            except SourceError:
                continue
            return
        raise error


async def scan(places: Sequence[PlaceScan]) -> AsyncGenerator[Scanned, None]:
    """All places' messages in order of time; see :meth:`.history.History.scan`."""
    starts = [place.at for place in places]
    await together(place.topic.ledgers() for place in places)
    lengths = [place.topic.passed(place.at, place.stop_at) for place in places]
    try:
        while True:
            empty = [place for place in places if not place.messages and not place.done]
            chunks = await together(place.step() for place in empty)
            messages = _taken(places)
            yield Scanned(
                tuple(messages),
                sum(chunk.scanned for chunk in chunks),
                sum(chunk.size for chunk in chunks),
                min((p.time for p in places if not p.done), default=max(p.time for p in places)),
                tuple(place.at for place in places),
                _done(places, starts, lengths),
            )
            if all(place.done and not place.messages for place in places):
                return
    finally:
        for place in places:
            place.close()


def _taken(places: Sequence[PlaceScan]) -> list[Message]:
    taken: list[Message] = []
    while live := [(p.head(n), p) for n, p in enumerate(places) if p.messages or not p.done]:
        _, place = min(live, key=lambda each: each[0])
        if not place.messages:
            break
        # as far as it is ahead of all others
        behind = min((head for head, other in live if other is not place), default=None)
        number = places.index(place)
        while place.messages and (behind is None or place.head(number) <= behind):
            taken.append(place.messages.popleft())
    return taken


def _done(places: Sequence[PlaceScan], starts: Sequence[Position], lengths: Sequence[int]) -> float:
    total = sum(lengths)
    if all(place.done for place in places) or not total:
        return 1.0
    passed = 0
    for place, start, length in zip(places, starts, lengths, strict=True):
        if place.done:
            passed += length
        elif place.at[0] >= 0:
            passed += min(place.topic.passed(start, place.at), length)
    return min(passed / total, 1.0)


def _others(raws: Sequence[Any]) -> list[str | None]:
    return [_other(raw) for raw in raws]


def _other(raw: Any) -> str:
    properties = raw.properties()
    key: str = raw.partition_key()
    if not properties:
        return key
    return "\n".join([key, *[f"{name}: {value}" for name, value in properties.items()]])
