"""Read one topic in a thread, with a reader that leaves nothing behind.

The client library's calls block, log to stdout by default, and may hang with a broker
that hangs: so they stand in threads that nobody waits for, and every read has a timeout.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pulsar

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.notation.address import Topic
from arcwatch.notation.own_names import READER
from arcwatch.runtime.boundary import boundary
from arcwatch.runtime.memory_bound import bound_memory
from arcwatch.sources.intake import Lane
from arcwatch.sources.nats.connection import own_name
from arcwatch.sources.net.in_thread import join_left
from arcwatch.sources.tail_start import Start
from arcwatch.wire.pulsar_reading import Quota

from .login import client_login
from .message import message_of

QUEUE = 100
"""Messages that a broker sends ahead; the library's own default of 1,000 is felt by others."""
AT_ONCE = 1_000
"""Messages handed on together, at most."""
GATHER = 0.05
"""Seconds for messages to gather before they are handed on."""
READ = 250
"""Milliseconds of a read; the time in which a reader notices that it is to end."""
LEAVING = 1.0
"""Seconds for reads that nobody wants any more to end before their client does."""
WATCH = 0.02
"""Seconds between two looks at whether readers are connected: 1 % of a core for 100 readers."""
SHARE = 0.1
"""Part of a topic's dispatch quota that is taken."""
LAG = 10.0
"""Seconds that a bounded tail may be behind before it goes on with what is new."""


def new_client(url: str, who: PulsarCredentials) -> Any:
    """A client for readers.  Its log is discarded: exceptions carry what matters.

    From here on this process's memory is bounded, see :mod:`.memory_bound`.

    Args:
        url: Of brokers that :func:`.pulsar_handshake.check_brokers` has found good.
    """
    bound_memory()
    return pulsar.Client(
        url,
        **client_login(who),
        io_threads=1,
        message_listener_threads=1,
        operation_timeout_seconds=10,
        connection_timeout_ms=5_000,
        logger=pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull),
    )


def open_reader(
    client: Any, name: str, first: Any, *, inclusive: bool, queue: int, compacted: bool = False
) -> Any:
    """Open a reader of one topic, named as ours.

    **It creates a topic that is not there**: ask first.

    Raises:
        pulsar.PulsarException: It cannot be had.
    """
    return client.create_reader(
        name,
        first,
        receiver_queue_size=queue,
        reader_name=own_name(),
        subscription_role_prefix=READER,
        start_message_id_inclusive=inclusive,
        is_read_compacted=compacted,
        # without a key the bytes are shown as they are
        crypto_failure_action=pulsar.ConsumerCryptoFailureAction.CONSUME,
    )


class Watch(threading.Thread):
    """Closes readers that lost their connection, before the client library reconnects them.

    It does so after 0.1 s, and **creates the topic anew** where the connection was lost because
    the topic was deleted (seen with 4.0.8 and pulsar-client 3.13).  A caller that follows the topic
    asks first whether it exists, and makes another reader.
    """

    def __init__(self) -> None:
        super().__init__(name="reader watch", daemon=True)
        self._readers: set[Any] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def add(self, reader: Any) -> None:
        """Add a reader."""
        with self._lock:
            self._readers.add(reader)

    def remove(self, reader: Any) -> None:
        """Remove a reader."""
        with self._lock:
            self._readers.discard(reader)

    def end(self) -> None:
        """Stop the thread soon."""
        self._ended.set()

    def run(self) -> None:
        """Poll the readers until stopped."""
        while not self._ended.wait(WATCH):
            with self._lock:
                lost = [reader for reader in self._readers if not reader.is_connected()]
                self._readers.difference_update(lost)
            for reader in lost:
                close_reader(reader)


class Bound(NamedTuple):
    """Limits on what is read of one topic per second; None is unlimited."""

    messages: float | None = None
    bytes: float | None = None

    @property
    def queue(self) -> int:
        """Messages that a broker may send ahead."""
        return QUEUE if self.messages is None else max(1, min(QUEUE, int(self.messages)))


def bound_of(quota: Quota) -> Bound:
    """A share of a topic's dispatch rate: its subscriptions need the rest."""
    return Bound(quota.messages and quota.messages * SHARE, quota.bytes and quota.bytes * SHARE)


class Ended(NamedTuple):
    """How reading ended."""

    why: str
    """Empty when it was stopped; ``behind`` when a bound made it fall behind."""
    next: Start
    """Where to go on."""


class Lost(Exception):
    """The reader was closed by :class:`Watch`."""


class PartitionReader(threading.Thread):
    """Reads one topic or partition until stopped or disconnected.

    Args:
        dated: Looks up when delayed messages are due, on this thread.
    """

    def __init__(
        self,
        client: Any,
        watch: Watch,
        lane: Lane,
        name: str,
        start: Start,
        bound: Bound,
        *,
        skips: bool,
        context: str,
        opened: Callable[[], None],
        dated: Callable[[Sequence[Message]], Sequence[Message]],
        report: Callable[[Ended], None],
    ) -> None:
        super().__init__(name=f"reader {name}", daemon=True)
        self._client, self._watch, self._lane, self._topic = client, watch, lane, name
        self._start_at, self._bound, self._skips = start, bound, skips
        self._context, self._opened, self._report = context, opened, report
        self._dated = dated
        address = Topic.of(name)
        self._address, self._partition = str(address), address.partition
        self._stop = threading.Event()
        self.read_at = time.time_ns()

    def stop(self) -> None:
        """Stop soon."""
        self._stop.set()

    def run(self) -> None:
        """Read."""
        ended = Ended("", self._start_at)
        try:
            with boundary("the topic could not be read", self._address):
                ended = self._read_on()
        except ArcwatchError as error:
            ended = Ended(error.headline, self._start_at)
        finally:
            with contextlib.suppress(RuntimeError):
                # the loop may have gone meanwhile
                self._report(ended)

    def _read_on(self) -> Ended:
        try:
            return self._read()
        except Lost:
            return Ended("the connection was lost", self._start_at)
        except (pulsar.PulsarException, OSError) as error:
            return Ended(reason(error), self._start_at)

    def _read(self) -> Ended:
        reader = self._open()
        try:
            while not self._stop.is_set():
                if not self._lane.room_in_thread(READ / 1000):
                    continue
                begun = time.monotonic()
                messages = self._some(reader)
                if messages:
                    size = sum(message.size for message in messages)
                    self._lane.take(list(self._dated(messages)), size)
                    self._lane.end_batch(self)
                    if self._skips and self._is_behind(messages[-1]):
                        return Ended("behind", Start())
                    self._pace(len(messages), size, begun)
            return Ended("", self._start_at)
        finally:
            self._lane.end_batch(self)
            self._watch.remove(reader)
            # a broker that hangs keeps this thread, and no other
            close_reader(reader)

    def _open(self) -> Any:
        start = self._start_at
        first, inclusive = pulsar.MessageId.latest, False
        if start.earliest:
            first = pulsar.MessageId.earliest
        elif start.message_id is not None:
            ledger, entry, partition, batch = start.message_id
            first = pulsar.MessageId(partition, ledger, entry, batch)
            inclusive = not start.after
        reader = open_reader(
            self._client, self._topic, first, inclusive=inclusive, queue=self._bound.queue
        )
        if start.time is not None:
            reader.seek(start.time // 1_000_000)
        self._watch.add(reader)
        with contextlib.suppress(RuntimeError):
            # the loop may have gone meanwhile
            self._opened()
        return reader

    def _some(self, reader: Any) -> list[Message]:
        """The messages arriving within :data:`GATHER`; none after :data:`READ` without any."""
        found: list[Message] = []
        most = AT_ONCE
        if self._bound.messages is not None:
            most = max(1, min(most, int(self._bound.messages * 0.25)))
        end = 0.0
        try:
            while len(found) < most and not (found and time.monotonic() > end):
                message = reader.read_next(READ if not found else 10)
                if not found:
                    end = time.monotonic() + GATHER
                found.append(self._message(message))
                if len(found) == 1:
                    self._lane.begin_batch(self, found[0].received_time)
        except pulsar.Timeout:
            pass
        except pulsar.AlreadyClosed as error:
            if not found:
                raise Lost from error
        return found

    def _message(self, message: Any) -> Message:
        place = message.message_id()
        self.read_at = time.time_ns()
        partition = -1 if self._partition is None else self._partition
        at = (place.ledger_id(), place.entry_id(), partition, place.batch_index())
        self._start_at = Start(message_id=at, after=True)
        return message_of(message, self._address, self._partition, self._context, self._lane.origin)

    def _is_behind(self, last: Message) -> bool:
        return last.received_time - (last.publish_time or 0) > LAG * 1e9

    def _pace(self, count: int, size: int, begun: float) -> None:
        due = count / self._bound.messages if self._bound.messages is not None else 0.0
        if self._bound.bytes is not None:
            due = max(due, size / self._bound.bytes)
        rest = begun + due - time.monotonic()
        if rest > 0:
            self._stop.wait(rest)


def close_reader(reader: Any) -> None:
    """Close a reader, open or not."""
    # the library does not expect that two threads close it
    with contextlib.suppress(pulsar.PulsarException, ValueError):
        reader.close()


def reason(error: BaseException) -> str:
    """The client library's description of an error."""
    return str(error).removeprefix("Pulsar error: ") or type(error).__name__


async def closed(client: Any, *, timeout: float = 2.0) -> None:
    """Close a client without waiting for brokers that hang.

    ``shutdown``, since ``close`` waits for every broker.
    """
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        join_left(LEAVING)
        with contextlib.suppress(pulsar.PulsarException):
            client.shutdown()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=end, daemon=True).start()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await done.wait()
