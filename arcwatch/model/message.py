"""One message as it arrived, of core NATS, JetStream or Pulsar alike, and its decoded body."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Source = Literal["nats", "js", "pulsar"]

Encoding = Literal["json", "avro", "protobuf", "msgpack", "text", "base64", "null"]


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message with its body still as bytes, to be decoded when it is shown.

    Encoded as an array: a hundred thousand a second pass between processes, and a ring keeps as
    many.  Times are nanoseconds since the epoch, however coarse the server's clock is: Pulsar
    gives milliseconds, JetStream nanoseconds, core NATS none but our own.

    Attributes:
        source: Which protocol carried it.
        address: The concrete place as an address, never the pattern that found it:
            ``nats:orders.eu``, ``js:ORDERS``, ``pulsar:arc/agents/task-events-partition-2``.
        received_time: By our clock, when the bytes were here.
        size: Bytes of the body as the server sent it, headers left out.
        body: The payload; for Pulsar already without the batch's compression.
        context: Name of the settings that the address was looked up in.
        origin: Which of the addresses asked for it answers, counted from 0.
        subject: NATS subject; None for Pulsar.
        partition: Pulsar partition; None for a topic without any, and for NATS.
        key: Pulsar's partition key (base64 if it was given as bytes).
        id: ``LEDGER:ENTRY:PARTITION[:BATCH]`` (Pulsar) or ``#SEQUENCE`` (JetStream).
        publish_time: When the producer (Pulsar) or the stream (JetStream) dated it.
        event_time: When it happened, by the application (Pulsar).
        headers: Names and values in their order, a name for each value; Pulsar properties too.
        reply: NATS reply subject.
        producer: Pulsar producer's name.
        schema_version: Version in Pulsar's schema registry that it was written with.
        compression: What the client library reported of the batch's compression, if anything.
        redelivered: How often it was delivered before; None where a reader cannot know.
        unread: Why the rest could not be read of it, where that is so: then it stands for a
            message that is there, with what is certain of it.  Of an encrypted body the names of
            its keys.
        deliver_at: When a delayed message of Pulsar is due; 0 where it has no such time, None
            where that is not known: the broker alone gives it, if it is asked.  Of JetStream,
            when the server publishes what is scheduled.
        ordering_key: What Pulsar orders it by in place of its key, where it was given one.
        replicated_from: The cluster that a message of Pulsar was published to, where that is
            another one; empty where it is not, None where that is not known: as ``deliver_at``.
    """

    source: Source
    address: str
    received_time: int
    size: int
    body: bytes
    context: str = ""
    origin: int = 0
    subject: str | None = None
    partition: int | None = None
    key: str | None = None
    id: str | None = None
    publish_time: int | None = None
    event_time: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    reply: str | None = None
    producer: str | None = None
    schema_version: int | None = None
    compression: str | None = None
    redelivered: int | None = None
    unread: str | None = None
    deliver_at: int | None = None
    ordering_key: str | None = None
    replicated_from: str | None = ""

    @property
    def needs_lookup(self) -> bool:
        """Whether only its broker knows where it is from, or when it is due.

        Client libraries send delayed messages by themselves: none in a batch is.
        """
        if self.source != "pulsar":
            return False
        is_alone = (self.id or "").count(":") == 2
        return self.replicated_from is None or (self.deliver_at is None and is_alone)


class Schema(msgspec.Struct, frozen=True):
    """One version of a schema in Pulsar's registry.

    Source: ``GET /admin/v2/schemas/{tenant}/{namespace}/{topic}/schema/{version}``.

    Attributes:
        type: Pulsar's word: ``AVRO``, ``JSON``, ``PROTOBUF_NATIVE``, ``KEY_VALUE``, ``INT32`` ….
        definition: The registry's ``data``, whose form depends on the type.
        version: Counted from 0.
        properties: The registry's own, such as ``kv.encoding.type``.
        created: Unix seconds when it was registered.
    """

    type: str
    definition: bytes = b""
    version: int | None = None
    properties: dict[str, str] = {}
    created: float | None = None


class Decoded(msgspec.Struct, frozen=True):
    """A message's value.

    Attributes:
        encoding: How the bytes were read.
        value: Any JSON value; base64 text where ``encoding`` is ``base64``.
        error: Why the bytes could not be read as they claim to be; None when they could.
        schema: The schema's type and name, for a person; None without one.
        compression: What the body itself was packed with (``gzip``, ``zstd`` …), outermost first.
        body: The bytes that were read: unpacked, bounded.
    """

    encoding: Encoding
    value: Any
    error: str | None = None
    schema: str | None = None
    compression: str | None = None
    body: bytes = b""
