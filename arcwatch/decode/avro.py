"""Avro without a header, by the schema that it was written with."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from .avro_logical import register
from .avro_schema import AvroSchema, prepare
from .avro_walk import walk
from .bounds import MALFORMED, Beyond, Unreadable, reason


def avro(definition: bytes, body: bytes) -> Any:
    """Decode ``body`` into JSON values: see :mod:`arcwatch.decode.avro_logical`.

    Args:
        definition: The writer's schema, in JSON.
    """
    from fastavro import schemaless_reader

    schema = _prepared(definition)
    if isinstance(schema, str):
        raise Unreadable(schema)
    stream = BytesIO(body)
    try:
        if schema.risky:
            walk(schema.parsed, body)
        value = schemaless_reader(stream, schema.parsed, None)
    except Beyond:
        raise
    except MALFORMED as error:
        raise Unreadable(f"not what its Avro schema says: {reason(error)}") from error
    if left := len(body) - stream.tell():
        raise Unreadable(f"not what its Avro schema says: {left} bytes left over")
    return value


@lru_cache(maxsize=64)
def _prepared(definition: bytes) -> AvroSchema | str:
    """The schema, or why it cannot be used: either is remembered."""
    register()
    try:
        return prepare(definition)
    except Unreadable as error:
        return str(error)
