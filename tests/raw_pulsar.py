"""A producer that speaks Pulsar's protocol itself, and so can say what no client library would.

``PulsarApi.proto`` of Pulsar 4.0; frames without a checksum, which a broker takes.
"""

import asyncio

from arcwatch.wire.pulsar_connect import _bytes, _number, connect_frame

PRODUCER, SEND, RECEIPT, SUCCESS, LOOKUP = 5, 6, 7, 17, 23


class RawProducer:
    """Sends what it is given to one topic, or partition, that the broker at ``url`` serves."""

    def __init__(self, url, topic):
        self._host, _, self._port = url.removeprefix("pulsar://").partition(":")
        self._topic, self._sent = topic, 0

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection(self._host, int(self._port))
        self._writer.write(connect_frame("", b""))
        await self._answer()
        # a broker takes a topic on when it is looked up
        self._writer.write(frame(command(LOOKUP, _bytes(1, self._topic.encode()) + _number(2, 0))))
        await self._answer()
        body = _bytes(1, self._topic.encode()) + _number(2, 1) + _number(3, 1)
        self._writer.write(frame(command(PRODUCER, body)))
        assert await self._answer() == SUCCESS
        return self

    async def __aexit__(self, *failure):
        self._writer.close()
        await self._writer.wait_closed()

    async def send(self, body, publish_time, more=b"", *, marks=False):
        """One message.

        Args:
            body: Its payload as it is stored.
            publish_time: Milliseconds since the epoch.
            more: Further fields of its ``MessageMetadata``.
            marks: Whether it is one that only brokers write and read.
        """
        self._sent += 1
        told = _bytes(1, b"raw") + _number(2, self._sent) + _number(3, publish_time) + more
        payload = len(told).to_bytes(4, "big") + told + body
        sent = command(
            SEND, _number(1, 1) + _number(2, self._sent) + _number(3, 1) + _number(8, marks)
        )
        self._writer.write(frame(sent, payload))
        assert await self._answer() == RECEIPT

    async def _answer(self):
        """The type of the broker's next command."""
        size = int.from_bytes(await self._reader.readexactly(4), "big")
        answer = await self._reader.readexactly(size)
        return answer[5]


def command(kind, body):
    return _number(1, kind) + _bytes(kind, body)


def frame(told, payload=b""):
    size = len(told) + 4 + len(payload)
    return size.to_bytes(4, "big") + len(told).to_bytes(4, "big") + told + payload


def encrypted_with(name, key):
    """The fields of a message that is encrypted."""
    return _bytes(13, _bytes(1, name) + _bytes(2, key)) + _bytes(15, b"\0" * 12)


def transaction_marker(kind):
    """The fields of what a broker writes at the end of a transaction; 21 is committed."""
    return _number(20, kind) + _number(22, 7) + _number(23, 1)
