"""Pulsar's primitive schemas, big-endian.

Source: the classes of ``org.apache.pulsar.client.impl.schema`` in Pulsar 4.0, such as
``InstantSchema``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .bounds import Unreadable
from .scalars import day, real, single, time_of_day, timestamp

_DAY_MS = 86_400_000


def primitive(kind: str, body: bytes) -> Any:
    """The value of ``body`` by the primitive schema type ``kind``, a key of :data:`PRIMITIVES`."""
    layout, value = PRIMITIVES[kind]
    if len(body) != layout.size:
        raise Unreadable(f"not {kind}: {len(body)} bytes instead of {layout.size}")
    return value(*layout.unpack(body))


def _time(milliseconds: int) -> str | int:
    """A ``java.sql.Time``, which is a moment of the first day, or of its neighbours in a zone."""
    if abs(milliseconds) > _DAY_MS:
        return timestamp(milliseconds, 3)
    return f"{time_of_day(milliseconds % _DAY_MS, 3)}Z"


def _instant(seconds: int, nanoseconds: int) -> str | int:
    return timestamp(seconds * 10**9 + nanoseconds, 9)


def _local_date_time(days: int, nanoseconds: int) -> str | int:
    return timestamp(days * _DAY_MS * 10**6 + nanoseconds, 9, zone="")


PRIMITIVES: dict[str, tuple[struct.Struct, Callable[..., Any]]] = {
    "BOOLEAN": (struct.Struct("B"), bool),
    "INT8": (struct.Struct("b"), int),
    "INT16": (struct.Struct(">h"), int),
    "INT32": (struct.Struct(">i"), int),
    "INT64": (struct.Struct(">q"), int),
    "FLOAT": (struct.Struct(">f"), single),
    "DOUBLE": (struct.Struct(">d"), real),
    "DATE": (struct.Struct(">q"), lambda count: timestamp(count, 3)),
    "TIME": (struct.Struct(">q"), _time),
    "TIMESTAMP": (struct.Struct(">q"), lambda count: timestamp(count, 3)),
    "INSTANT": (struct.Struct(">qi"), _instant),
    "LOCAL_DATE": (struct.Struct(">q"), day),
    "LOCAL_TIME": (struct.Struct(">q"), lambda count: time_of_day(count, 9)),
    "LOCAL_DATE_TIME": (struct.Struct(">qq"), _local_date_time),
}
"""By Pulsar's word: how the bytes are laid out, and what becomes of the numbers in them."""
