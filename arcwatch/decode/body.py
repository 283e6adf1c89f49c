"""Decode a message's body from the received bytes to a value."""

from __future__ import annotations

import re
from contextlib import suppress

from msgspec.structs import replace

from arcwatch.model.message import Decoded, Message, Schema

from .bounds import MAX_BODY, Content, Unreadable
from .plain import json, read, unread
from .registered import SCHEMALESS, by_schema, label
from .unpack import unpack

COUNTED = "Nats-Incr"
"""The header of a message that holds a counter: what was added to it."""
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
"""A number that every reader of JSON has; a counter may be larger, and is then shown as stored."""
_TEXTUAL = {"JSON", "STRING"}
"""Schemas whose messages can be read without them."""


def decode(body: bytes, schema: Schema | None = None) -> Decoded:
    """Decode ``body``; never raises.

    In this order: nothing at all is ``null``; whatever it is packed with is taken off; then it is
    read by the schema, or else as JSON, MessagePack or UTF-8 text, or not at all.  Bytes
    inside a value are base64 in every format, moments RFC 3339, and what JSON has no number for
    its name (``NaN``).  A primitive schema's value is ``json``: JSON can represent it.

    A body that its schema does not fit is base64, with the reason; but one that is a JSON object
    or list is shown as that, since publishing JSON where Avro is due is the usual mistake.

    Args:
        schema: The version that it was written with; a ``KEY_VALUE`` whose key lies outside of
            the body needs :func:`decode_message`.
    """
    return _decoded(body, schema, b"", None)


def decode_message(
    message: Message, schema: Schema | None = None, *, missing: str | None = None
) -> Decoded:
    """As :func:`decode`, with the message's key for a ``KEY_VALUE`` schema that needs it.

    Args:
        schema: The version that ``message.schema_version`` names.
        missing: Why that could not be had: the error of what then cannot be read for certain.
    """
    decoded = _decoded(
        message.body, schema, (message.key or "").encode("utf-8", "replace"), missing
    )
    if message.source == "js" and any(name == COUNTED for name, _ in message.headers):
        return _counted(decoded)
    return decoded


def _counted(decoded: Decoded) -> Decoded:
    """The number of a stream's counter, ``{"val": "12"}`` by ADR-49; what is none as it is.

    >>> _counted(Decoded("json", {"val": "-12"})).value
    -12
    """
    count = decoded.value.get("val") if isinstance(decoded.value, dict) else None
    if not isinstance(count, str) or not _NUMBER.fullmatch(count):
        return decoded
    return replace(decoded, value=int(count), body=count.encode())


def _decoded(body: bytes, schema: Schema | None, key: bytes, missing: str | None) -> Decoded:
    if schema is not None and schema.type in SCHEMALESS:
        schema = None
    if not body and (schema is None or schema.type != "KEY_VALUE"):
        return Decoded("null", None, missing, label(schema) if schema else None)
    unpacked = unpack(body)
    content = _content(unpacked.body, schema, key)
    error = content.error
    if content.encoding == "base64":
        error = unpacked.error or error
    return Decoded(
        encoding=content.encoding,
        value=content.value,
        error=missing or error,
        schema=label(schema) if schema else None,
        compression="+".join(unpacked.packings) or None,
        body=unpacked.body,
    )


def _content(body: bytes, schema: Schema | None, key: bytes) -> Content:
    if len(body) > MAX_BODY:
        return unread(body, f"larger than {MAX_BODY // 1024 // 1024} MiB")
    if schema is None:
        return read(body)
    try:
        return by_schema(body, schema, key)
    except Unreadable as error:
        return _without(body, schema, str(error))


def _without(body: bytes, schema: Schema, error: str) -> Content:
    """The content of a body that does not fit its schema."""
    if schema.type in _TEXTUAL:
        return read(body)._replace(error=error)
    if body.startswith((b"{", b"[")):
        with suppress(Unreadable):
            return Content("json", json(body), error)
    return unread(body, error)
