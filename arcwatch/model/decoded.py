"""A decoded message body, and what decoding needed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Encoding = Literal["json", "avro", "protobuf", "msgpack", "text", "base64", "null"]


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
