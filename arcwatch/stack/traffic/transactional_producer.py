"""A producer with transactions, for which the Python client has no calls.

It speaks the protocol itself: ``PulsarApi.proto`` of Pulsar 4.0.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from arcwatch.wire.pulsar_connect import connect_frame
from arcwatch.wire.pulsar_frames import fields_of, frame, octets, varint

# Of PulsarApi.proto, BaseCommand.Type; the answer to each of a coordinator's is the next number.
PRODUCER, SEND, RECEIPT, SUCCESS, PING, PONG, LOOKUP = 5, 6, 7, 17, 18, 19, 23
_NEW, _ADD_PARTITION, _END, _CONNECT = 50, 52, 56, 62
COMMIT, ABORT = 0, 1

Transaction: TypeAlias = tuple[int, int]
"""The least and the most significant half of its id."""

_COORDINATOR = "persistent://pulsar/system/transaction_coordinator_assign-partition-0"


class RefusedError(Exception):
    """The broker refused a command; its type and fields are the arguments."""


class TransactionalProducer:
    """One connection to the broker that serves a topic, and a producer on it.

    Args:
        reader: What the broker says.
        topic: Its full name.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, topic: str
    ) -> None:
        self._reader, self._writer, self._topic, self._sent = reader, writer, topic, 0

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, topic: str) -> AsyncIterator[TransactionalProducer]:
        """Connect, and close at the end.

        Raises:
            OSError: Nobody answers, or no longer.
            EOFError: The broker closed the connection.
            RefusedError: It does not know the topic.
        """
        host, _, port = url.removeprefix("pulsar://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            self = cls(reader, writer, topic)
            writer.write(connect_frame("", b""))
            await self._answer()
            await self._look_up(topic)
            await self._ask(PRODUCER, self._named(1) + varint(2, 1) + varint(3, 1), SUCCESS)
            yield self
        finally:
            writer.close()

    async def begin(self, timeout_ms: int = 3_600_000) -> Transaction:
        """Begin a transaction that this topic takes part in."""
        await self._look_up(_COORDINATOR)
        await self._ask(_CONNECT, varint(1, 1) + varint(2, 0))
        fields = await self._ask(_NEW, varint(1, 2) + varint(2, timeout_ms) + varint(3, 0))
        transaction = fields.get(2, 0), fields.get(3, 0)
        await self.share(transaction, self)
        return transaction

    async def share(self, transaction: Transaction, other: TransactionalProducer) -> None:
        """Let another producer's topic take part in a transaction that was begun here."""
        await self._ask(_ADD_PARTITION, varint(1, 3) + _id(2, transaction) + other._named(4))

    async def end(self, transaction: Transaction, how: int) -> None:
        """``COMMIT`` or ``ABORT`` it."""
        await self._ask(_END, varint(1, 4) + _id(2, transaction) + varint(4, how))

    async def send(
        self,
        body: bytes,
        publish_time: int,
        more: bytes = b"",
        *,
        marks: bool = False,
        transaction: Transaction | None = None,
    ) -> None:
        """Publish one message.

        Args:
            body: Its payload as it is stored.
            publish_time: Milliseconds since the epoch.
            more: Further fields of its ``MessageMetadata``.
            marks: Whether it is one that only brokers write and read.
            transaction: What it belongs to, if anything.
        """
        self._sent += 1
        more += _id(22, transaction) if transaction else b""
        metadata = octets(1, b"raw") + varint(2, self._sent) + varint(3, publish_time) + more
        member = _id(4, transaction) if transaction else b""
        about = varint(1, 1) + varint(2, self._sent) + varint(3, 1) + member + varint(8, marks)
        payload = len(metadata).to_bytes(4, "big") + metadata + body
        self._writer.write(frame(SEND, about, payload))
        self._expect(RECEIPT, await self._answer())

    async def _look_up(self, topic: str) -> None:
        """Look a topic up, so that the broker loads it."""
        self._writer.write(frame(LOOKUP, octets(1, topic.encode()) + varint(2, 0)))
        await self._answer()

    def _named(self, field: int) -> bytes:
        return octets(field, self._topic.encode())

    async def _ask(self, command: int, body: bytes, answer: int | None = None) -> dict[int, int]:
        """The fields of the answer that are numbers."""
        self._writer.write(frame(command, body))
        fields = self._expect(answer or command + 1, await self._answer())
        numbers = {field: value for field, value in fields.items() if isinstance(value, int)}
        # a coordinator's answer has no other fields, unless it says what is wrong
        if answer is None and len(numbers) < len(fields):
            raise RefusedError(command, fields)
        return numbers

    def _expect(self, command: int, answer: dict[int, int | bytes]) -> dict[int, int | bytes]:
        body = answer.get(command)
        if not isinstance(body, bytes):
            raise RefusedError(command, answer)
        return dict(fields_of(body))

    async def _answer(self) -> dict[int, int | bytes]:
        """The fields of the broker's next command; a ping is answered."""
        while True:
            size = int.from_bytes(await self._reader.readexactly(4), "big")
            answer = await self._reader.readexactly(size)
            fields = dict(fields_of(answer[4 : 4 + int.from_bytes(answer[:4], "big")]))
            if fields.get(1) != PING:
                return fields
            self._writer.write(frame(PONG, b""))


def _id(field: int, transaction: Transaction) -> bytes:
    """Both halves of a transaction's id, from a field on."""
    least, most = transaction
    return varint(field, least) + varint(field + 1, most)
