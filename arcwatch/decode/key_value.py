"""Pulsar's ``KEY_VALUE``: two schemas in one, and where the two parts of a message are.

Source: ``KeyValueSchemaInfo`` and ``KeyValue`` in Pulsar 4.0.  The types of the parts are in the
schema's properties; its data is ``{"key": …, "value": …}``, as the admin API gives it.  Encoded
*inline*, a body is both parts, a big-endian ``int32`` length before each, -1 for null; encoded
*separated*, the body is the value alone and the key is the message's, in base64.
"""

from __future__ import annotations

import base64
import binascii
import struct
from functools import lru_cache
from typing import NamedTuple

import msgspec

from arcwatch.model.message import Schema

from .bounds import Unreadable

MAX_PAIRS = 4
"""``KEY_VALUE`` schemas in each other."""

_length = struct.Struct(">i")


class PairSchemas(NamedTuple):
    """The schemas of both parts, and whether the key is outside the body."""

    key: Schema
    value: Schema
    separated: bool


class Pair(NamedTuple):
    """The bytes of the parts, None for null.

    Attributes:
        keys: The key, and where it may be either of two things, both, the likelier first.
        value: The value.
    """

    keys: tuple[bytes | None, ...]
    value: bytes | None


class _Definition(msgspec.Struct):
    """``KeyValue`` of two schemas' definitions: a tree, or text where a type needs none."""

    key: msgspec.Raw = msgspec.Raw(b'""')
    value: msgspec.Raw = msgspec.Raw(b'""')


_definition = msgspec.json.Decoder(_Definition)
_properties = msgspec.json.Decoder(dict[str, str])
_text = msgspec.json.Decoder(str)


def pair_schemas(schema: Schema) -> PairSchemas:
    """The schemas of the parts of a ``KEY_VALUE`` schema."""
    found = _pair_schemas(schema.definition, tuple(schema.properties.items()))
    if isinstance(found, str):
        raise Unreadable(found)
    return found


@lru_cache(maxsize=64)
def _pair_schemas(definition: bytes, properties: tuple[tuple[str, str], ...]) -> PairSchemas | str:
    named = dict(properties)
    try:
        raw = _definition.decode(definition)
        key = _part(named, "key", bytes(raw.key))
        value = _part(named, "value", bytes(raw.value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not a KEY_VALUE schema: {error}"
    return PairSchemas(key, value, named.get("kv.encoding.type") == "SEPARATED")


def _part(properties: dict[str, str], name: str, raw: bytes) -> Schema:
    own = properties.get(f"{name}.schema.properties") or "{}"
    return Schema(
        type=properties.get(f"{name}.schema.type") or "BYTES",
        definition=_text.decode(raw).encode() if raw.startswith(b'"') else raw,
        properties=_properties.decode(own),
    )


def pair(body: bytes, key: bytes, *, separated: bool) -> Pair:
    """Where the two parts of a message are."""
    if separated:
        return Pair(_keys(key), body)
    key_part, rest = _cut(body)
    value, rest = _cut(rest)
    if rest:
        raise Unreadable(f"not a key and a value: {len(rest)} bytes after both")
    return Pair((key_part,), value)


def _cut(body: bytes) -> tuple[bytes | None, bytes]:
    if len(body) < _length.size:
        raise Unreadable("not a key and a value: cut short")
    (length,) = _length.unpack_from(body)
    rest = body[_length.size :]
    if length == -1:
        return None, rest
    if not 0 <= length <= len(rest):
        raise Unreadable(f"not a key and a value: a part of {length} bytes in {len(rest)}")
    return rest[:length], rest[length:]


def _keys(key: bytes) -> tuple[bytes | None, ...]:
    """A message's key: base64 as Pulsar's own clients write it, or the bytes as they are."""
    try:
        return base64.b64decode(key, validate=True) or None, key
    except binascii.Error:
        return (key,)
