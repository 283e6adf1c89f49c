"""What a message says, whatever that makes a decoder do."""

from __future__ import annotations

from base64 import b64encode
from functools import partial

from arcwatch.decode import decode_message
from arcwatch.errors import ArcwatchError
from arcwatch.model.decoded import Decoded, Schema
from arcwatch.model.message import Message
from arcwatch.runtime.boundary import guarded

MOST = 64 << 10
"""Bytes that are shown of a body that no decoder could read."""


def read_value(
    message: Message, schema: Schema | None = None, *, missing: str | None = None
) -> Decoded:
    """As :func:`~arcwatch.decode.decode_message`, and never raises."""
    if message.unread:
        return _bytes_of(message, message.unread)
    return guarded(
        partial(decode_message, message, schema, missing=missing),
        partial(_undecoded, message),
        "the value could not be decoded",
        message.address,
    )


def _undecoded(message: Message, error: ArcwatchError) -> Decoded:
    return _bytes_of(message, f"{error.headline}; {error.hint}" if error.hint else error.headline)


def _bytes_of(message: Message, why: str) -> Decoded:
    body = message.body[:MOST]
    return Decoded("base64", b64encode(body).decode(), error=why, body=body)
