"""The message record: one shape for NATS, JetStream and Pulsar, on screen and as JSON.

What JSON has no word for: bytes are base64, moments RFC 3339, a ``Decimal`` its digits as text,
a number that is none or infinite is null, half of a surrogate pair is ``?``.  Integers have all
their digits, also those past 2⁵³ that some programs round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from arcwatch.model.message import Decoded, Encoding, Message, Source
from arcwatch.notation.times import format_message_time, format_time

DIGITS: dict[Source, int] = {"nats": 9, "js": 9, "pulsar": 3}
"""Digits of a second that a server's times have."""
OUR_DIGITS = 6
"""Digits of a second that our own clock has."""
MAX_DEPTH = 200
"""Levels of a value that are written; decoders stop earlier."""

_encode = msgspec.json.Encoder(decimal_format="string").encode
_UNSAYABLE = (TypeError, ValueError, RecursionError, msgspec.MsgspecError)
_CONTAINERS = (Mapping, list, tuple, set, frozenset)
_CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}", re.ASCII)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One message as a program gets it; the order of its fields is that of its JSON.

    Attributes:
        source: ``nats``, ``js`` or ``pulsar``.
        context: Name of the settings that the address was looked up in.
        address: The concrete place, never the pattern that found it.
        subject: NATS subject.
        partition: Pulsar partition.
        key: Pulsar's partition key.
        id: A time that :func:`arcwatch.notation.times.parse_time` reads back.
        publish_time: RFC 3339 in UTC with the precision the server gave, like all times here.
        event_time: When it happened, by the application.
        received_time: By our clock.
        headers: Every value of each name; Pulsar properties too.
        reply: NATS reply subject.
        producer: Pulsar producer's name.
        size: Bytes of the body as the server sent it.
        schema: Type and name, for a person.
        schema_version: Version in Pulsar's schema registry.
        compression: What batch and body were packed with, outermost first: ``LZ4+gzip``.
        encoding: How the value was read.
        value: Any JSON value; base64 text where ``encoding`` is ``base64``.
        decode_error: Why the bytes could not be read as they claim to be.
        redelivered: How often it was delivered before.
        deliver_at: When a delayed message is due; null as well where the broker was not asked.
        ordering_key: What Pulsar orders it by in place of its key.
        replicated_from: The cluster that it was published to, where that is another one; null as
            well where the broker was not asked.
    """

    source: Source
    context: str
    address: str
    subject: str | None
    partition: int | None
    key: str | None
    id: str | None
    publish_time: str | None
    event_time: str | None
    received_time: str
    headers: dict[str, list[str]]
    reply: str | None
    producer: str | None
    size: int
    schema: str | None
    schema_version: int | None
    compression: str | None
    encoding: Encoding
    value: Any
    decode_error: str | None
    redelivered: int | None
    deliver_at: str | None
    ordering_key: str | None
    replicated_from: str | None


def as_record(message: Message, decoded: Decoded) -> Record:
    """A message and its decoded content, with the value as a Python object."""
    return _record(message, decoded, decoded.value)


def message_json(message: Message, decoded: Decoded) -> bytes:
    """The record of a message as one line of JSON, a JSON body just as it was written.

    So ``1.10`` keeps its zero and a name that occurs twice is there twice; it is also quicker
    than :func:`field_json` of :func:`as_record`, which it otherwise equals.
    """
    return field_json(_record(message, decoded, value_as_written(decoded)))


def value_as_written(decoded: Decoded) -> Any:
    """The value, or where the body is itself JSON a ``msgspec.Raw`` of it, on one line."""
    if decoded.encoding != "json" or not (decoded.schema or "JSON").startswith("JSON"):
        return decoded.value
    body = decoded.body.strip()
    if not body.startswith((b"{", b"[")):
        # also a byte order mark, and whatever is no longer to encode than to look at
        return decoded.value
    if b"\n" in body or b"\r" in body:
        body = msgspec.json.format(body, indent=-1)
    return msgspec.Raw(body)


def field_json(value: Any) -> bytes:
    """A value or a record as JSON on one line, without the line's end; never raises.

    Not yet fit for a terminal: :func:`arcwatch.text.control_characters.escaped_json` makes it so.
    """
    try:
        return _encode(value)
    except _UNSAYABLE:
        if isinstance(value, Record):
            value = {name: getattr(value, name) for name in value.__struct_fields__}
        return _encode(_sayable(value, MAX_DEPTH))


def noted(line: str, note: str) -> str:
    """A JSON record with a note at its end, if there is one."""
    return f'{line.removesuffix("}")},"note":{field_json(note).decode()}}}' if note else line


def _record(message: Message, decoded: Decoded, value: Any) -> Record:
    digits = DIGITS[message.source]
    return Record(
        message.source,
        message.context,
        message.address,
        message.subject,
        message.partition,
        message.key,
        readable_id(message.id),
        server_time(message.publish_time, digits),
        server_time(message.event_time, digits),
        format_time(message.received_time, OUR_DIGITS),
        grouped(message.headers),
        message.reply,
        message.producer,
        message.size,
        decoded.schema,
        message.schema_version,
        packings(message, decoded),
        decoded.encoding,
        value,
        decoded.error,
        message.redelivered,
        server_time(message.deliver_at or None, digits),
        message.ordering_key,
        message.replicated_from or None,
    )


def server_time(ns: int | None, digits: int) -> str | None:
    """A server's time as RFC 3339; None where it gave none."""
    return None if ns is None else format_message_time(ns, digits)


def readable_id(place: str | None) -> str | None:
    """A message's ``id`` as a time that cannot be taken for a clock's.

    >>> readable_id("12:34:10"), readable_id("4711:0:2:3"), readable_id("#7")
    ('12:34:10:-1', '4711:0:2:3', '#7')
    """
    if place and len(place) <= len("00:00:00") and _CLOCK.fullmatch(place):
        return f"{place}:-1"
    return place


def grouped(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Headers by name, each with its values in their order.

    >>> grouped([("a", "1"), ("b", "2"), ("a", "3")])
    {'a': ['1', '3'], 'b': ['2']}
    """
    names: dict[str, list[str]] = {}
    for name, value in headers:
        names.setdefault(name, []).append(value)
    return names


def packings(message: Message, decoded: Decoded) -> str | None:
    """What the batch and the body were packed with, outermost first."""
    if message.compression and decoded.compression:
        return f"{message.compression}+{decoded.compression}"
    return message.compression or decoded.compression


def _sayable(value: Any, levels: int) -> Any:
    """A copy that JSON can represent, without what only looked like text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, _CONTAINERS):
        if not levels:
            return "…"
        if isinstance(value, Mapping):
            return {
                _sayable(str(name), 1): _sayable(inner, levels - 1) for name, inner in value.items()
            }
        return [_sayable(inner, levels - 1) for inner in value]
    try:
        _encode(value)
    except _UNSAYABLE:
        return f"<{type(value).__name__}>"
    return value
