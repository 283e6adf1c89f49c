"""Rows as text: the fields of ``--json`` as columns, for people and for `column`, `sort`, `awk`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

import msgspec
from msgspec import Struct

from arcwatch.text.control_characters import escaped_json

from .cells import cell
from .headings import heading


def as_json(document: object) -> str:
    """One indented document, safe to show on a terminal; see :func:`in_json`."""
    return escaped_json(msgspec.json.format(in_json(document), indent=2).decode())


def in_json(document: object) -> bytes:
    """JSON, which has neither ``nan``, null there, nor infinity: what comes never is ``"never"``.

    >>> in_json({"drains_in": inf, "growth": inf - inf})
    b'{"drains_in":"never","growth":null}'
    """
    return msgspec.json.encode(_finite(msgspec.to_builtins(document, str_keys=True)))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return "never" if value == inf else value


def as_table(rows: Iterable[object], fields: Sequence[str]) -> list[str]:
    """A line of headings and a line a row; figures stand right, text left.

    Args:
        rows: Structs that have all the fields.
        fields: What to show, from left to right.
    """
    figures = [False] * len(fields)
    lines = [[heading(field) for field in fields]]
    for row in rows:
        values = [getattr(row, field) for field in fields]
        figures = [
            figure or (isinstance(value, int | float) and not isinstance(value, bool))
            for figure, value in zip(figures, values, strict=True)
        ]
        lines.append([cell(row, field) for field in fields])
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(_aligned(line, widths, figures)).rstrip() for line in lines]


def as_pairs(row: Struct) -> list[str]:
    """A line for each field of one row that is not itself made of rows."""
    # what could not be asked is worth a line where there is some
    plain = [
        field
        for field in row.__struct_fields__
        if not _holds_rows(value := getattr(row, field)) and (value or field != "unknown")
    ]
    width = max(len(heading(field)) for field in plain)
    return [f"{heading(field):{width}}  {cell(row, field) or 'none'}" for field in plain]


def _holds_rows(value: object) -> bool:
    return isinstance(value[0] if isinstance(value, tuple) and value else value, Struct)


def _aligned(line: Sequence[str], widths: Sequence[int], figures: Sequence[bool]) -> Iterable[str]:
    for text, width, figure in zip(line, widths, figures, strict=True):
        blank = " " * (width - _width(text))
        yield blank + text if figure else text + blank


def _width(text: str) -> int:
    """Cells that a terminal gives to printable text: two for wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
