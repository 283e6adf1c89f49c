"""Convert Avro values to JSON: bytes, fractions and logical types.

fastavro's own logical types give up a whole message for one date past the year 9999.  Ours are
given to it under names of their own (its ``LOGICAL_READERS`` are there for that), so that it
builds JSON values in the first place:

=====================================  ==========================================
``bytes``, ``fixed``, ``duration``     base64
``float``, ``double``                  number, or ``NaN``, ``Infinity``, ``-Infinity``
``decimal``                            text with its scale: ``12.50``
``uuid``                               text
``date``, ``time-*``                   ``2026-01-31``, ``10:20:30.500``
``timestamp-*``                        RFC 3339 with the type's digits
``local-timestamp-*``                  the same without a zone
=====================================  ==========================================

A date or time that no calendar has stays the number it is.  Of a union, only the value is shown.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .scalars import day, real, single, time_of_day, timestamp

_OURS = "arcwatch-"

MAX_SCALE = 1000
"""Digits after the point of a ``decimal``; a schema may claim a billion."""


def shown(schema: dict[str, Any]) -> Any:
    """A primitive or fixed schema as fastavro is to read it; any other name as it is."""
    kind, logical = schema["type"], schema.get("logicalType")
    read = logical if isinstance(logical, str) and f"{kind}-{logical}" in _READERS else _PLAIN
    if f"{kind}-{read}" not in _READERS or (read == "decimal" and not _bearable(schema)):
        read = _PLAIN
    if f"{kind}-{read}" not in _READERS:
        return kind
    kept = {word: schema[word] for word in ("size", "scale") if word in schema}
    return kept | {"type": kind, "logicalType": _OURS + read}


def _bearable(schema: dict[str, Any]) -> bool:
    scale = schema.get("scale", 0)
    return isinstance(scale, int) and 0 <= scale <= MAX_SCALE


def register() -> None:
    """Register readers with fastavro for the types of :func:`shown`."""
    from fastavro.read import LOGICAL_READERS

    for name, read in _READERS.items():
        kind, _, logical = name.partition("-")
        LOGICAL_READERS[f"{kind}-{_OURS}{logical}"] = read


def _base64(data: bytes, *_: Any) -> str:
    return base64.b64encode(data).decode()


def _decimal(data: bytes, schema: dict[str, Any], *_: Any) -> str:
    sign, digits, _exponent = Decimal(int.from_bytes(data, "big", signed=True)).as_tuple()
    return format(Decimal((sign, digits, -schema.get("scale", 0))), "f")


def _uuid(data: bytes, *_: Any) -> str:
    return str(uuid.UUID(bytes=data)) if len(data) == 16 else _base64(data)


_Reader = Callable[..., Any]


def _times(unit: str, digits: int) -> dict[str, _Reader]:
    kind = "int" if unit == "millis" else "long"
    return {
        f"{kind}-time-{unit}": lambda count, *_: time_of_day(count, digits),
        f"long-timestamp-{unit}": lambda count, *_: timestamp(count, digits),
        f"long-local-timestamp-{unit}": lambda count, *_: timestamp(count, digits, zone=""),
    }


_PLAIN = "plain"
_READERS: dict[str, _Reader] = {
    "bytes-plain": _base64,
    "fixed-plain": _base64,
    "float-plain": lambda number, *_: single(number),
    "double-plain": lambda number, *_: real(number),
    "bytes-decimal": _decimal,
    "fixed-decimal": _decimal,
    "fixed-uuid": _uuid,
    "int-date": lambda count, *_: day(count),
    **_times("millis", 3),
    **_times("micros", 6),
    **_times("nanos", 9),
}
"""By Avro's type and logical type: from what fastavro reads to what is shown."""
