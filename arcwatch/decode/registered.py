"""Decode a body by its registered schema, of any type."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from arcwatch.model.message import Schema

from .avro import avro
from .bounds import MAX_SCHEMA, Content, Unreadable
from .key_value import MAX_PAIRS, pair, pair_schemas
from .plain import json, read, unread
from .primitives import PRIMITIVES, primitive
from .protobuf import protobuf, protobuf_native

SCHEMALESS = {"", "NONE", "AUTO", "AUTO_CONSUME", "AUTO_PUBLISH"}
"""Types that leave the bytes undefined."""
_ALONE = {"text", "base64", "null"}
"""Encodings whose value is one text, or nothing."""
LONGEST_NAME = 120
"""Characters of a record's name."""


class _Named(msgspec.Struct):
    """What names a schema: Avro's ``name``, or Protobuf's root message."""

    name: str = ""
    namespace: str = ""
    root: str = msgspec.field(default="", name="rootMessageTypeName")


_named = msgspec.json.Decoder(_Named)


def by_schema(body: bytes, schema: Schema, key: bytes, pairs: int = MAX_PAIRS) -> Content:
    """Decode ``body`` with ``schema``.

    Args:
        key: The message's key, of which some ``KEY_VALUE`` schemas make a part of the value.
        pairs: How many more ``KEY_VALUE`` schemas may lie in each other.
    """
    if len(schema.definition) > MAX_SCHEMA:
        raise Unreadable(f"the schema is larger than {MAX_SCHEMA // 1024:,} KiB")
    match schema.type:
        case "BYTES":
            return _as_bytes(body)
        case "STRING":
            return Content("text", _string(body))
        case "JSON":
            return Content("json", json(body))
        case "AVRO":
            return Content("avro", avro(schema.definition, body))
        case "PROTOBUF_NATIVE":
            return protobuf_native(schema.definition, body)
        case "PROTOBUF":
            return protobuf(schema.definition, schema.properties, body)
        case "KEY_VALUE":
            return _key_value(body, schema, key, pairs)
        case kind if kind in PRIMITIVES:
            return Content("json", primitive(kind, body))
    raise Unreadable(f"schemas of type {schema.type[:LONGEST_NAME]} are not known")


def label(schema: Schema) -> str:
    """Its type and name, for a person.

    >>> label(Schema("AVRO", b'{"type":"record","name":"Order","namespace":"acme"}'))
    'AVRO acme.Order'
    """
    if schema.type != "KEY_VALUE":
        return _label(schema.type, schema.definition)
    try:
        parts = pair_schemas(schema)
    except Unreadable:
        return schema.type
    key, value = (_label(part.type, part.definition) for part in (parts.key, parts.value))
    return f"{schema.type} ({key}, {value}{', separated' if parts.separated else ''})"


@lru_cache(maxsize=256)
def _label(kind: str, definition: bytes) -> str:
    kind = kind[:LONGEST_NAME]
    if not definition.startswith(b"{") or len(definition) > MAX_SCHEMA:
        return kind
    try:
        found = _named.decode(definition)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return kind
    name = found.root or found.name
    if found.namespace and "." not in name:
        name = f"{found.namespace}.{name}"
    return f"{kind} {name[:LONGEST_NAME]}" if name else kind


def _as_bytes(body: bytes) -> Content:
    value = read(body)
    return unread(body, None) if value.encoding == "base64" else value


def _string(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text: {error.reason} at byte {error.start}") from error


def _key_value(body: bytes, schema: Schema, key: bytes, pairs: int) -> Content:
    """Both parts as ``{"key": …, "value": …}``.

    The encoding is that of the value where that has an inside; text, bytes or nothing are
    ``json`` in this form.
    """
    if not pairs:
        raise Unreadable(f"more than {MAX_PAIRS} KEY_VALUE schemas in each other")
    parts = pair_schemas(schema)
    pieces = pair(body, key, separated=parts.separated)
    key_content = _key(pieces.keys, parts.key, pairs - 1)
    value = _part(pieces.value, parts.value, key, pairs - 1)
    both = {"key": key_content.value, "value": value.value}
    encoding = "json" if value.encoding in _ALONE else value.encoding
    return Content(encoding, both, value.error or key_content.error)


def _key(candidates: tuple[bytes | None, ...], schema: Schema, pairs: int) -> Content:
    """The first of what may be the key that fits its schema."""
    failure = None
    for candidate in candidates:
        try:
            return _part(candidate, schema, b"", pairs)
        except Unreadable as error:
            failure = failure or f"key: {error}"
    return unread(candidates[0] or b"", failure)


def _part(body: bytes | None, schema: Schema, key: bytes, pairs: int) -> Content:
    if body is None or (not body and schema.type != "STRING"):
        return Content("null", None)
    return by_schema(body, schema, key, pairs)
