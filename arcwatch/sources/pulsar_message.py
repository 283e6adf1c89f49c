"""A message of Pulsar's client library -> model."""

from __future__ import annotations

import time
from typing import Any

from arcwatch.model.message import Message
from arcwatch.wire.numbers import nanoseconds_of


def message_of(
    message: Any, address: str, partition: int | None, context: str, origin: int = 0
) -> Message:
    """A message as it was read.

    Args:
        message: The library's.
        address: Of the topic or partition that it was read from.
        partition: Its number; None for none.
        context: Name of the settings.
        origin: Which of the addresses asked for it answers.
    """
    body = message.data()
    place = message.message_id()
    ledger, entry, batch = place.ledger_id(), place.entry_id(), place.batch_index()
    number = -1 if partition is None else partition
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
        id=f"{ledger}:{entry}:{number}" + (f":{batch}" if batch >= 0 else ""),
        publish_time=nanoseconds_of(message.publish_timestamp()),
        event_time=nanoseconds_of(message.event_timestamp()),
        headers=tuple(message.properties().items()),
        producer=message.producer_name() or None,
        schema_version=_schema_version(message),
    )


def _schema_version(message: Any) -> int | None:
    try:
        # `schema_version()` takes the eight bytes for UTF-8, and fails from version 128 on
        version = message._message.int_schema_version()
    except AttributeError:
        raw = message.schema_version()
        version = int.from_bytes(raw.encode("latin-1"), "big") if raw else -1
    return int(version) if version >= 0 else None
