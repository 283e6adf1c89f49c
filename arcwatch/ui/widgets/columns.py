"""The columns of a table, and which of them fit into a width, and how wide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import msgspec
from rich.cells import cell_len

from .arrangement import Arrangement
from .cells import Align, Elide

GAP = 2
"""Blank cells between two columns."""

MARGIN = 1
"""Blank cells left of the first column and right of the last."""


class Column(msgspec.Struct, frozen=True):
    """One column of a table."""

    key: str
    """Names the column to code: in sorting, in messages, in a saved setting."""

    title: str
    """The header's text.  A unit belongs here (``in/s``) unless every cell carries its own."""

    width: int
    """Cells.  The least a flexible column gets while anything else can still give way."""

    align: Align = "left"
    """Numbers stand right; such columns also sort largest first."""

    flex: int = 0
    """Share of the width that is left over; 0 keeps ``width``."""

    drop: int = 0
    """When it is narrow, columns with the largest ``drop`` vanish first; 0 only for a name."""

    elide: Elide = "end"
    """Where ``…`` goes in a cell that is too long; names with two telling ends want ``middle``."""

    shared: bool = False
    """Whether it moves to the heading while all rows have the same value."""

    optional: bool = False
    """Whether it is shown only while a row has a value in it."""


NARROWEST, WIDEST = 3, 200
"""Cells that a column can be made."""

NAME = 16
"""Cells of a name, at most, that figures have to leave it."""

MARK = 2
"""Cells of a column that has a sign alone, which costs next to nothing."""

Needs: TypeAlias = Mapping[str, int]
"""For keys of columns the cells that the longest text in them takes, as far as that is known."""

NONE: Needs = {}


class Placed(NamedTuple):
    """A column that is on screen."""

    nth: int
    """Its place among all columns, and of its cell in a row."""

    column: Column
    x: int
    """Its first cell, counted from the table's left edge."""

    width: int


def arranged(columns: Sequence[Column], arrangement: Arrangement) -> list[tuple[int, Column]]:
    """The columns as the user wants them, each with its place among all.

    A wish may be of another version, or of anybody who can write a file: what it names and there
    is not counts for nothing, and nobody can hide the last column.
    """
    ranks = {key: rank for rank, key in enumerate(arrangement.order)}
    found = sorted(enumerate(columns), key=lambda pair: ranks.get(pair[1].key, len(ranks)))
    shown = [(nth, column) for nth, column in found if column.key not in arrangement.hidden]
    return [(nth, _widened(column, arrangement)) for nth, column in shown or found]


def _widened(column: Column, arrangement: Arrangement) -> Column:
    width = arrangement.widths.get(column.key)
    if width is None:
        return column
    return msgspec.structs.replace(column, width=max(NARROWEST, min(WIDEST, width)), flex=0)


def place_from(
    columns: Sequence[tuple[int, Column]], width: int, skip: int, needs: Needs = NONE
) -> list[Placed]:
    """As :func:`place`, scrolled sideways: names stay, ``skip`` columns after them are left out.

    None is dropped then.  As many follow as fit, one at least.
    """
    named = 1 + next((at for at, (_, column) in enumerate(columns) if column.flex), 0)
    kept = list(columns[:named])
    for pair in columns[named + skip :]:
        if len(kept) > named and _needed([*kept, pair]) > width:
            break
        kept.append(pair)
    return _laid(kept, width, needs)


def place(columns: Sequence[Column], width: int) -> list[Placed]:
    """Fit columns into ``width`` cells: drop some, then widen or, at last, narrow the flexible.

    Columns that still do not fit reach beyond ``width`` and are cut by the table's edge.
    """
    return place_of(list(enumerate(columns)), width)


def place_of(
    columns: Sequence[tuple[int, Column]], width: int, needs: Needs = NONE
) -> list[Placed]:
    """The same for columns that have a place among more, and of which some need so many cells."""
    kept = list(columns)
    while _needed(kept) > width and any(column.drop for _, column in kept):
        kept.remove(max(kept, key=lambda pair: (pair[1].drop, pair[0])))
    while spare := _in_the_way(kept, width, needs):
        kept.remove(spare)
    return _laid(kept, width, needs)


def _in_the_way(
    kept: Sequence[tuple[int, Column]], width: int, needs: Needs
) -> tuple[int, Column] | None:
    """The figure to drop so that names can be told apart; None if they can."""
    columns = [column for _, column in kept]
    name = next((column for column in columns if column.flex), None)
    if name is None or _needed(kept) <= width:
        return None
    has = _flexed(columns, width - _needed(kept))[columns.index(name)]
    if has >= min(NAME, name.width, needs.get(name.key, NAME)):
        return None
    return next((pair for pair in reversed(kept) if pair[1].width > MARK and pair[1] != name), None)


def _laid(kept: Sequence[tuple[int, Column]], width: int, needs: Needs) -> list[Placed]:
    columns = [column for _, column in kept]
    widths = _relieved(columns, _flexed(columns, width - _needed(kept)), needs)
    placed, x = [], MARGIN
    for (index, column), size in zip(kept, widths, strict=True):
        placed.append(Placed(index, column, x, size))
        x += size + GAP
    return placed


def _relieved(columns: Sequence[Column], widths: list[int], needs: Needs) -> list[int]:
    """Widths after those that would cut their cells got what others have and do not need."""
    free = [
        max(0, width - _least(column, needs)) for column, width in zip(columns, widths, strict=True)
    ]
    short = [
        max(0, needs.get(column.key, 0) - width)
        for column, width in zip(columns, widths, strict=True)
    ]
    spare, needed = sum(free), sum(short)
    if not (spare and needed):
        return widths
    moved = min(spare, needed)
    changes = zip(widths, _split(moved, short), _split(moved, free), strict=True)
    return [width + given - taken for width, given, taken in changes]


def _split(total: int, parts: Sequence[int]) -> Iterator[int]:
    """Whole cells in proportion to ``parts``, adding up to ``total``."""
    reached = 0
    for upto in accumulate(parts):
        before, reached = reached, total * upto // sum(parts)
        yield reached - before


def _least(column: Column, needs: Needs) -> int:
    """The least width of a column; words need only their longest, figures keep their place."""
    need = needs.get(column.key, 0)
    if column.align != "left" or not need:
        return max(column.width, need)
    return max(cell_len(column.title), need)


def _needed(kept: Sequence[tuple[int, Column]]) -> int:
    gaps = GAP * max(0, len(kept) - 1)
    return sum(column.width for _, column in kept) + gaps + 2 * MARGIN


def _flexed(columns: Sequence[Column], spare: int) -> list[int]:
    """Each column's width when ``spare`` cells (perhaps fewer than 0) are shared out by flex."""
    widths, shares = [], sum(column.flex for column in columns)
    for column in columns:
        # each takes its share of what is still left, so that rounding never loses a cell
        extra = round(spare * column.flex / shares) if shares else 0
        widths.append(max(1, column.width + extra))
        spare, shares = spare - extra, shares - column.flex
    return widths
