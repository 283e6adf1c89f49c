"""A producer that speaks Pulsar's protocol itself, and so can say what no client library would.

``PulsarApi.proto`` of Pulsar 4.0; frames without a checksum, which a broker takes.
"""

import asyncio

from arcwatch.wire.pulsar_connect import _bytes, _fields, _number, connect_frame

PRODUCER, SEND, RECEIPT, SUCCESS, PING, PONG, LOOKUP = 5, 6, 7, 17, 18, 19, 23
NEW_TXN, ADD_PARTITION, END_TXN, TC_CONNECT = 50, 52, 56, 62
COMMIT, ABORT = 0, 1

COORDINATOR = "persistent://pulsar/system/transaction_coordinator_assign-partition-0"


class RawProducer:
    """Sends what it is given to one topic, or partition, that the broker at ``url`` serves."""

    def __init__(self, url, topic):
        self._host, _, self._port = url.removeprefix("pulsar://").partition(":")
        self._topic, self._sent = topic, 0

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection(self._host, int(self._port))
        self._writer.write(connect_frame("", b""))
        await self._answer()
        await self._look_up(self._topic)
        body = self._named(1) + _number(2, 1) + _number(3, 1)
        self._writer.write(frame(command(PRODUCER, body)))
        assert await self._answer() == SUCCESS
        return self

    async def __aexit__(self, *failure):
        self._writer.close()
        await self._writer.wait_closed()

    async def begin(self):
        """Begin a transaction of this topic with the coordinator, for an hour; its two halves."""
        await self._look_up(COORDINATOR)
        await self._ask(TC_CONNECT, _number(1, 1) + _number(2, 0))
        told = await self._ask(NEW_TXN, _number(1, 2) + _number(2, 3_600_000) + _number(3, 0))
        txn = told.get(2, 0), told.get(3, 0)
        await self.share(txn, self)
        return txn

    async def share(self, txn, other):
        """Let another producer's topic take part in a transaction that was begun here."""
        await self._ask(ADD_PARTITION, _number(1, 3) + _halves(2, txn) + other._named(4))

    async def end(self, txn, how):
        """Commit or abort it."""
        await self._ask(END_TXN, _number(1, 4) + _halves(2, txn) + _number(4, how))

    async def send(self, body, publish_time, more=b"", *, marks=False, txn=None):
        """One message.

        Args:
            body: Its payload as it is stored.
            publish_time: Milliseconds since the epoch.
            more: Further fields of its ``MessageMetadata``.
            marks: Whether it is one that only brokers write and read.
            txn: The transaction that it belongs to, if any.
        """
        self._sent += 1
        if txn:
            more += _halves(22, txn)
        told = _bytes(1, b"raw") + _number(2, self._sent) + _number(3, publish_time) + more
        payload = len(told).to_bytes(4, "big") + told + body
        part_of = _halves(4, txn) if txn else b""
        sent = _number(1, 1) + _number(2, self._sent) + _number(3, 1) + part_of + _number(8, marks)
        self._writer.write(frame(command(SEND, sent), payload))
        assert await self._answer() == RECEIPT

    async def _look_up(self, topic):
        """Have the broker take a topic on."""
        self._writer.write(frame(command(LOOKUP, _bytes(1, topic.encode()) + _number(2, 0))))
        await self._answer()

    def _named(self, field):
        return _bytes(field, self._topic.encode())

    async def _ask(self, kind, body):
        """The fields of the answer to a command, which has the next number."""
        self._writer.write(frame(command(kind, body)))
        answer = dict(_fields((await self._command())[kind + 1]))
        # numbers, unless it says what is wrong
        assert not any(isinstance(value, bytes) for value in answer.values()), answer
        return answer

    async def _answer(self):
        """The type of the broker's next command."""
        return (await self._command())[1]

    async def _command(self):
        """The fields of the broker's next command; a ping is answered."""
        while True:
            size = int.from_bytes(await self._reader.readexactly(4), "big")
            answer = await self._reader.readexactly(size)
            fields = dict(_fields(answer[4 : 4 + int.from_bytes(answer[:4], "big")]))
            if fields[1] != PING:
                return fields
            self._writer.write(frame(command(PONG, b"")))


def command(kind, body):
    return _number(1, kind) + _bytes(kind, body)


def frame(told, payload=b""):
    size = len(told) + 4 + len(payload)
    return size.to_bytes(4, "big") + len(told).to_bytes(4, "big") + told + payload


def _halves(field, txn):
    """Both halves of a transaction's number, least first, from a field on."""
    least, most = txn
    return _number(field, least) + _number(field + 1, most)


def encrypted_with(name, key):
    """The fields of a message that is encrypted."""
    return _bytes(13, _bytes(1, name) + _bytes(2, key)) + _bytes(15, b"\0" * 12)


def transaction_marker(kind):
    """The fields of what a broker writes at the end of a transaction; 21 is committed."""
    return _number(20, kind) + _number(22, 7) + _number(23, 1)
