"""Rows as text: the fields of ``--json`` as columns, for people and for `column`, `sort`, `awk`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from arcwatch import units
from arcwatch.text import elide_middle, escaped_json, printable

WIDEST = 60
"""Characters of the widest column."""

_DURATIONS = ("rtt", "uptime", "idle", "lived", "interval", "average")
_SIZES = ("size", "storage", "mem", "memory", "heap_used", "heap_max")
_MOMENTS = (
    *("stop", "start", "since", "connected_since", "last", "last_activity", "first_closed"),
    *("last_consumed", "last_acked", "last_offloaded", "last_offload_failed"),
)


def as_json(document: object) -> str:
    """One indented document, safe to show on a terminal; ``nan`` is null."""
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return escaped_json(encoded.decode())


def as_table(rows: Iterable[object], fields: Sequence[str]) -> list[str]:
    """A line of headings and a line a row; figures stand right, text left.

    Args:
        rows: Structs that have all the fields.
        fields: What to show, from left to right.
    """
    figures = [False] * len(fields)
    lines = [[field.upper() for field in fields]]
    for row in rows:
        values = [getattr(row, field) for field in fields]
        figures = [
            figure or (isinstance(value, int | float) and not isinstance(value, bool))
            for figure, value in zip(figures, values, strict=True)
        ]
        lines.append([_cell(field, value) for field, value in zip(fields, values, strict=True)])
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(_aligned(line, widths, figures)).rstrip() for line in lines]


def as_pairs(row: Struct) -> list[str]:
    """A line for each field of one row that is not itself made of rows."""
    told = [(field, getattr(row, field)) for field in row.__struct_fields__]
    plain = [(field, value) for field, value in told if not _holds_rows(value)]
    width = max(len(field) for field, _ in plain)
    return [f"{field.upper():{width}}  {_cell(field, value)}" for field, value in plain]


def _holds_rows(value: object) -> bool:
    return isinstance(value[0] if isinstance(value, tuple) and value else value, Struct)


def _aligned(line: Sequence[str], widths: Sequence[int], figures: Sequence[bool]) -> Iterable[str]:
    for cell, width, figure in zip(line, widths, figures, strict=True):
        blank = " " * (width - _width(cell))
        yield blank + cell if figure else cell + blank


def _cell(field: str, value: Any) -> str:
    if value is None or value != value:
        return units.UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _teller(field)(value)
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return elide_middle(printable(str(value), limit=10_000), WIDEST)


def _teller(field: str) -> Callable[[float], str]:
    if field in ("cid", "port", "partitions"):
        return lambda value: str(int(value))
    if field == "limit_used":
        return lambda value: f"{value:.0%}"
    if field in _MOMENTS:
        return units.rfc3339
    if field in _DURATIONS:
        return units.duration
    if (
        "bytes" in field
        or "throughput" in field
        or field.endswith(("size", "storage", "mem", "memory", "heap_used", "heap_max"))
    ):
        return units.size
    return units.rate if "rate" in field or field == "growth" else units.whole


def _width(text: str) -> int:
    """Cells that a terminal gives to printable text: two for wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
