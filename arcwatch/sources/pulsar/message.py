"""Convert a message of Pulsar's client library to the model."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from msgspec.structs import replace

from arcwatch.errors import ArcwatchError
from arcwatch.model.message import Message
from arcwatch.runtime.boundary import guarded
from arcwatch.text.control_characters import printable
from arcwatch.text.units import LATEST_NS
from arcwatch.wire.numbers import nanoseconds_of

MOST_KEYS = 5
"""Names of encryption keys that are shown of a message."""


def message_of(
    message: Any,
    address: str,
    partition: int | None,
    context: str,
    origin: int = 0,
    *,
    may_be_replicated: bool = False,
) -> Message:
    """Convert a message that was read.

    Where the library cannot say what its producer wrote, a name that is not UTF-8 for one, it is
    there with its place and its body.

    Args:
        may_be_replicated: Whether other clusters publish there, too.
    """
    found = guarded(
        partial(_message_of, message, address, partition, context, origin),
        partial(_bare, message, address, partition, context, origin),
        "the message could not be read",
    )
    return replace(found, replicated_from=None) if may_be_replicated else found


def published_ms(message: Any) -> int:
    """Its publish time in milliseconds, bounded as :func:`.nanoseconds_of` does."""
    return min(int(message.publish_timestamp()), LATEST_NS // 1_000_000)


def _message_of(
    message: Any, address: str, partition: int | None, context: str, origin: int
) -> Message:
    body = message.data()
    return Message(
        "pulsar",
        address,
        time.time_ns(),
        len(body),
        body,
        context,
        origin,
        partition=partition,
        key=message.partition_key() or None,
        id=_id_of(message, partition),
        publish_time=nanoseconds_of(message.publish_timestamp()),
        event_time=nanoseconds_of(message.event_timestamp()),
        headers=tuple(message.properties().items()),
        producer=message.producer_name() or None,
        schema_version=_schema_version(message),
        ordering_key=_ordering_key(message),
        unread=_encryption(message),
    )


def _bare(
    message: Any,
    address: str,
    partition: int | None,
    context: str,
    origin: int,
    error: ArcwatchError,
) -> Message:
    body = message.data()
    return Message(
        "pulsar",
        address,
        time.time_ns(),
        len(body),
        body,
        context,
        origin,
        partition=partition,
        id=_id_of(message, partition),
        publish_time=nanoseconds_of(message.publish_timestamp()),
        unread=error.headline,
    )


def _ordering_key(message: Any) -> str | None:
    try:
        return message.ordering_key() or None
    except UnicodeDecodeError:
        # it may be any bytes, of which the library gives none then
        return "\N{REPLACEMENT CHARACTER}"


def _encryption(message: Any) -> str | None:
    """A note for a message whose body is encrypted; None for any other."""
    # older libraries hand out the body and say nothing
    context = getattr(message, "encryption_context", lambda: None)()
    if context is None:
        return None
    keys = context.keys()
    names = [printable(key.key, limit=60) for key in keys]
    more = f" and {len(names) - MOST_KEYS} more" if len(names) > MOST_KEYS else ""
    return f"encrypted, key names {', '.join(names[:MOST_KEYS])}{more}"


def _id_of(message: Any, partition: int | None) -> str:
    place = message.message_id()
    ledger, entry, batch = place.ledger_id(), place.entry_id(), place.batch_index()
    number = -1 if partition is None else partition
    return f"{ledger}:{entry}:{number}" + (f":{batch}" if batch >= 0 else "")


def _schema_version(message: Any) -> int | None:
    try:
        # `schema_version()` takes the eight bytes for UTF-8, and fails from version 128 on
        version = message._message.int_schema_version()
    except AttributeError:
        raw = message.schema_version()
        version = int.from_bytes(raw.encode("latin-1"), "big") if raw else -1
    return int(version) if version >= 0 else None
