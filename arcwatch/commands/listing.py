"""Rows as text: the fields of ``--json`` as columns, for people and for `column`, `sort`, `awk`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from arcwatch.text.control_characters import elide_middle, escaped_json

from .cells import FIGURES, cell
from .headings import heading
from .paint import Page, Tone, cells_of, tone_of

GAP = 2
NOTES = ("cause", "says", "note", "why")
"""Fields of sentences, which are wrapped rather than cut where they are at the end of a line."""
LEAST_NAME = 32
"""Cells that what a row is named by keeps, where there is not room for all."""
FEWEST = 4
"""Columns that are left, at least."""
LEAST_NOTES = 24
"""Cells that notes are wrapped into, at least."""


def as_json(document: object) -> str:
    """One indented document, safe to show on a terminal; see :func:`in_json`."""
    return escaped_json(msgspec.json.format(in_json(document), indent=2).decode())


def in_json(document: object) -> bytes:
    """JSON, where ``nan`` is null and infinity is ``"never"``.

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


def as_table(
    rows: Iterable[object],
    fields: Sequence[str],
    page: Page = Page(),  # noqa: B008  # immutable, so that sharing it is harmless
) -> list[str]:
    """A line of headings and a line for each row; figures right-aligned, text left.

    Args:
        page: What they are written on.  Where it is too narrow, columns that say the same of
            every row are said once above the table, names are cut in their middle, notes are
            wrapped, and what then is too much is named below.
    """
    rows = list(rows)
    columns = [_column(rows, field) for field in fields]
    same, left_out = list[_Column](), list[str]()
    if page.width is not None:
        while _needed(columns) > page.width and (left := _constant(columns)):
            columns.remove(left)
            same.insert(0, left)
        while _least(columns) > page.width and len(columns) > FEWEST:
            last = next(one for one in reversed(columns) if one.field not in NOTES)
            columns.remove(last)
            left_out.insert(0, last.cells[0])
        columns[:1] = [_narrowed(columns[0], columns[0].width + page.width - _needed(columns))]
    # what is empty for all is not worth a word
    constants = "   ".join(f"{one.cells[0]} {one.cells[1]}" for one in same if one.cells[1])
    missing = f"(hidden, as the terminal is too narrow: {', '.join(left_out)})" if left_out else ""
    table = _lines(columns, rows, page)
    return [*_broken(constants, page.width), *table, *[missing] * bool(missing)]


class _Column(NamedTuple):
    field: str
    cells: list[str]
    """The heading, then a cell for each row."""
    figure: bool

    @property
    def width(self) -> int:
        return max(map(cells_of, self.cells))


def _column(rows: Sequence[object], field: str) -> _Column:
    of = type(rows[0]).__name__ if rows else ""
    values = [getattr(row, field) for row in rows]
    figure = any(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    # what nobody knows yet will be one
    figure = figure or (field in FIGURES and all(value is None for value in values))
    return _Column(field, [heading(field, of), *(cell(row, field) for row in rows)], figure)


def _needed(columns: Sequence[_Column]) -> int:
    last = columns[-1]
    least = min(last.width, LEAST_NOTES) if last.field in NOTES else last.width
    return sum(column.width + GAP for column in columns[:-1]) + least


def _least(columns: Sequence[_Column]) -> int:
    """Cells of a line whose name is cut as far as names are."""
    return _needed(columns) - max(0, columns[0].width - LEAST_NAME)


def _constant(columns: Sequence[_Column]) -> _Column | None:
    """The last column that says the same of each row, but for notes; not what the rows are."""
    found = [one for one in columns[1:] if len(set(one.cells[1:])) == 1]
    return next((one for one in reversed(found) if one.field not in NOTES), None)


def _narrowed(names: _Column, width: int) -> _Column:
    """A column of names, cut in their middle where they are wider than ``width``."""
    width = max(width, LEAST_NAME)
    return names._replace(cells=[elide_middle(name, width) for name in names.cells])


def _broken(constants: str, width: int | None) -> list[str]:
    lines: list[str] = []
    for part in constants.split("   ") if constants else ():
        if lines and cells_of(lines[-1]) + 3 + cells_of(part) <= (width or 0):
            lines[-1] += f"   {part}"
        else:
            lines.append(part)
    return lines


def _lines(columns: Sequence[_Column], rows: Sequence[object], page: Page) -> Iterator[str]:
    # measured once: it takes a look at every row
    widths = [column.width for column in columns]
    for nth in range(len(rows) + 1):
        line, x = "", 0
        for column, width in zip(columns, widths, strict=True):
            text = column.cells[nth]
            tone: Tone = tone_of(rows[nth - 1], column.field) if nth else "heading"
            if column.field in NOTES and column is columns[-1] and nth and page.width is not None:
                text = _wrapped(text, x, page.width)
            blank = " " * (width - cells_of(text))
            shown = "\n".join(page.paint(part, tone) for part in text.split("\n"))
            line += (blank + shown if column.figure else shown + blank) + " " * GAP
            x += width + GAP
        yield from line.rstrip().split("\n")


def _wrapped(text: str, x: int, room: int) -> str:
    """A note in the cells right of ``x``: advice is no use when it is cut."""
    return f"\n{' ' * x}".join(textwrap.wrap(text, max(LEAST_NOTES, room - x)))


def as_pairs(row: Struct) -> list[str]:
    """A line for each field of one row that is not itself made of rows."""
    # what could not be asked is worth a line where there is some
    plain = [
        field
        for field in row.__struct_fields__
        if (field == "cause" or not _holds_rows(getattr(row, field)))
        and (getattr(row, field) or field not in ("cause", "unknown"))
    ]
    width = max(len(heading(field)) for field in plain)
    return [f"{heading(field):{width}}  {cell(row, field) or 'none'}" for field in plain]


def _holds_rows(value: object) -> bool:
    return isinstance(value[0] if isinstance(value, tuple) and value else value, Struct)
