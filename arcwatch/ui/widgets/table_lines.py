"""Draw a table's lines: header, rows, or a notice that there are none."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .arrangement import Arrangement
from .cells import FOUND, Cell, Run, Spans, Tone, fit, shaped, spanned
from .changed_lines import ChangedLines, Piece, joined
from .columns import GAP, MARGIN, WIDEST, Column, Placed, arranged, place_from, place_of
from .order import Sort

MARKS: Mapping[Tone, str] = {"bad": "!", "warn": "●"}
"""Left of a row on which an alert is firing, critical or a warning."""
SELECTED = {False: ("▏", "▌"), True: ("|", ">")}
"""Left of the row under the cursor, without and with the keyboard; also of ASCII alone."""
CURSOR = "cursor"
"""The look of the row under the cursor."""

SCROLLBAR = 1
"""Cells at the right kept for it, so that nothing moves when it comes and goes."""


class TableLines:
    """Lines as wide as the table, as :class:`~textual.strip.Strip`.

    Args:
        look: A style by its name: a tone, ``header``, ``sorted``, ``cursor``, or
            nothing for the table's own.
    """

    def __init__(self, columns: Sequence[Column], look: Callable[[str], Style]) -> None:
        self._columns, self._look = columns, look
        self._arrangement = Arrangement()
        self._same: Mapping[str, str] = {}
        self._constant: list[Column] = []
        self._empty: Collection[str] = ()
        self._skip = 0
        self._width = 0
        self._placed: list[Placed] = []
        self._needs: dict[str, int] = {}
        self._has_grown = False

    @property
    def natural_width(self) -> int:
        """Cells that all the columns together need."""
        return sum(column.width + GAP for column in self._columns) - GAP + 2 * MARGIN + SCROLLBAR

    @property
    def column_keys(self) -> list[str]:
        """Keys of the columns that are on screen."""
        return [placed.column.key for placed in self._placed]

    @property
    def widths(self) -> dict[str, int]:
        """Cells of the columns that are on screen, by their keys."""
        return {placed.column.key: placed.width for placed in self._placed}

    def column_at(self, x: int) -> str:
        """Key of the column at cell ``x``, or nothing; the cell on either side is its own."""
        found = (p.column.key for p in self._placed if p.x - 1 <= x <= p.x + p.width)
        return next(found, "")

    def cut_at(self, cells: Sequence[Cell], x: int) -> str:
        """The whole text of the cell at ``x`` in a row, if some of it is cut off; else nothing."""
        for nth, _, start, width in self._placed:
            if start <= x < start + width:
                text = text_of(cells[nth])
                return text if cell_len(text) > width else ""
        return ""

    def in_full(self, cells: Sequence[Cell]) -> list[tuple[str, str]]:
        """Every column's title, and a row's value in it."""
        fields = ((column.title, text_of(cells[nth])) for nth, column in enumerate(self._columns))
        return [(title, text) for title, text in fields if title and text]

    @property
    def arrangement(self) -> Arrangement:
        """What the user made of the columns."""
        return self._arrangement

    @arrangement.setter
    def arrangement(self, arrangement: Arrangement) -> None:
        self._arrangement, self._skip = arrangement, 0
        self._lay()

    def share(self, same: Mapping[str, str], empty: Collection[str] = ()) -> bool:
        """Move columns to the heading of the names; whether those are others than before.

        Args:
            same: The value that all rows share, by column.
            empty: Columns in which all rows are empty, which are left out.
        """
        if (same, empty) == (self._same, self._empty):
            return False
        self._same, self._empty = same, empty
        self._lay()
        return True

    def scroll(self, step: int) -> None:
        """Leave out one more column after the names, or one less."""
        self._skip = max(0, self._skip + step)
        self._lay()

    def is_more(self, step: int) -> bool:
        """Whether there are columns beyond the left edge, or the right one."""
        if step < 0 or not self._skip:
            return self._skip > 0 if step < 0 else len(self._placed) < len(self._shown)
        return self._placed[-1].nth != self._shown[-1][0]

    def resize(self, width: int) -> bool:
        """Place the columns in ``width`` cells; whether that is another width than before."""
        if width == self._width:
            return False
        self._width = width
        self._lay()
        return True

    def settle(self) -> bool:
        """Place the columns anew if rows were drawn that need more; whether that moved any."""
        if not self._has_grown:
            return False
        before, self._has_grown = self._placed, False
        self._lay()
        return self._placed != before

    @property
    def _shown(self) -> list[tuple[int, Column]]:
        arranged_columns = arranged(self._columns, self._arrangement)
        gone = {column.key for column in self._constant}.union(self._empty)
        return [pair for pair in arranged_columns if pair[1].key not in gone] or arranged_columns

    def _lay(self) -> None:
        self._constant = [column for column in self._columns if self._same.get(column.key)]
        self._place()
        while self._constant and cell_len(self._constant_text) > self._named.width - cell_len(
            self._named.column.title
        ):
            # what would be cut in the heading stays a column
            self._constant.pop()
            self._place()

    def _place(self) -> None:
        room = self._width - SCROLLBAR
        if self._skip:
            self._placed = place_from(self._shown, room, self._skip, self._needs)
        else:
            self._placed = place_of(self._shown, room, self._needs)

    def blank(self) -> Strip:
        """A line with nothing on it."""
        return Strip.blank(self._width, self._look(""))

    def header(self, sort: Sort) -> Strip:
        """The titles, the sorted one marked; shared values are beside the names' title."""
        pieces: list[Piece] = [(0, "‹", "header")] if self.is_more(-1) else []
        for placed in self._placed:
            _, column, x, width = placed
            name = "sorted" if column.key == sort.column else "header"
            # the sort mark may stand in the gap, so that it never costs the title a cell
            start = x - 1 if column.align == "right" else x
            title = _title(column, width + 1, sort)
            if placed is self._named and (bare := title.rstrip()) and column.align == "left":
                pieces.append((start, bare, name))
                start += cell_len(bare)
                title, name = fit(self._constant_text, width + 1 - cell_len(bare)), "header"
            pieces.append((start, title, name))
        if self.is_more(1):
            pieces.append((max(self._width - SCROLLBAR - MARGIN, _end(pieces)), "›", "header"))
        return self._joined(pieces, "header")

    @property
    def _named(self) -> Placed:
        """The column of names, whose heading also shows the values that all rows share."""
        return next((p for p in self._placed if p.column.flex), self._placed[0])

    @property
    def _constant_text(self) -> str:
        parts = (f"{c.title.lower()} {self._same[c.key]}" for c in self._constant)
        return f"  ({', '.join(parts)})" if self._constant else ""

    def row(self, cells: Sequence[Cell], whole: str, margin: tuple[str, Tone] = ("", "")) -> Strip:
        """A row.

        Args:
            whole: The look of the whole row; nothing leaves the cells theirs.
            margin: What stands left of the cells.
        """
        pieces: list[Piece] = []
        if margin[0]:
            pieces.append((0, margin[0], _look(whole, margin[1])))
        for nth, column, x, width in self._placed:
            cell = cells[nth]
            if column.key not in self._arrangement.widths:
                self._note(column.key, cell)
            if isinstance(cell, Spans):
                pieces += spread(spanned(cell, width, column.align, column.elide), x, whole)
                continue
            text, tone = (cell, "") if isinstance(cell, str) else (shaped(*cell), cell[1])
            pieces.append((x, fit(text, width, column.align, column.elide), _look(whole, tone)))
        return self._joined(pieces, whole)

    def _note(self, key: str, cell: Cell) -> None:
        """Remember the cells that a column needs, where these are more than before."""
        text = _plain(cell)
        is_plain = text.isascii() and text.isprintable()
        need = min(WIDEST, len(text) if is_plain else cell_len(printable(text[:WIDEST])))
        if need > self._needs.get(key, 0):
            self._needs[key], self._has_grown = need, True

    def across(self, text: str, tone: Tone, whole: str) -> Strip:
        """A text over the whole width, in its tone, or in the look of a whole row."""
        room = max(0, self._width - 2 * MARGIN - SCROLLBAR)
        return self._joined([(MARGIN, fit(text, room), _look(whole, tone))], whole)

    def message(self, text: str, y: int, height: int) -> Strip:
        """Line ``y`` of ``height`` lines with a text in their midst, instead of rows."""
        lines = textwrap.wrap(printable(text), max(1, self._width - 2 * MARGIN))
        # a third of the way down, where the eye looks first
        nth = y - max(0, (height - len(lines)) // 3)
        line = lines[nth] if 0 <= nth < len(lines) else ""
        return self._joined([(max(0, (self._width - cell_len(line)) // 2), line, "dim")], "")

    def _joined(self, pieces: Sequence[Piece], base: str) -> Strip:
        return joined(pieces, self._width, self._look, base)


class PlacedLines(ChangedLines):
    """A widget of rows in columns, whose widths follow the rows on screen."""

    _lines: TableLines

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._strips: dict[int, Strip] = {}
        """Rows as they were drawn, by index."""

    def _lines_at(self, ys: Sequence[int]) -> Sequence[Strip]:
        lines = super()._lines_at(ys)
        if not self._lines.settle():
            return lines
        self._strips.clear()
        return super()._lines_at(ys)

    def notify_style_update(self) -> None:
        """Forget the rows drawn in the old theme."""
        super().notify_style_update()
        self._strips.clear()


def spread(runs: Iterable[Run], x: int, whole: str) -> Iterator[Piece]:
    """Parts of a cell, each where it begins; a whole row's look leaves matches matches."""
    for text, look in runs:
        found = FOUND if look.startswith(FOUND) else ""
        yield x, text, f"{found}{_look(whole, look.removeprefix(FOUND))}"
        x += len(text) if text.isascii() else cell_len(text)


def text_of(cell: Cell) -> str:
    """The whole text of a cell, printable."""
    return printable(_plain(cell))


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return cell.text if isinstance(cell, Spans) else shaped(*cell)


def _end(pieces: Sequence[Piece]) -> int:
    x, text, _ = pieces[-1]
    return x + cell_len(text)


def _look(whole: str, tone: str) -> str:
    """What a cell looks like in its row: the cursor's row keeps the colours of its cells."""
    return f"{whole} {tone}" if whole == CURSOR and tone else whole or tone


def _title(column: Column, width: int, sort: Sort) -> str:
    """A column's title in ``width`` cells, one of them for the sort mark."""
    mark = ("▼" if sort.reverse else "▲") if column.key == sort.column else ""
    title = fit(column.title, min(width - 1, cell_len(column.title)))
    return fit(mark + title if column.align == "right" else title + mark, width, column.align)
