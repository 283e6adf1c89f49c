"""Draw a table's lines: header, rows, or a notice that there are none."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from arcwatch.text.control_characters import printable

from .cells import FOUND, Cell, Run, Spans, Tone, fit, spanned
from .changed_lines import Piece, joined
from .columns import GAP, MARGIN, Column, Placed, place
from .order import Sort

MARK = "!"
SELECTED = {False: ("▏", "▌"), True: ("|", ">")}
"""Left of the row under the cursor, without and with the keyboard; also of ASCII alone."""
CURSOR = "cursor"
"""The look of the row under the cursor."""

SCROLLBAR = 1
"""Cells at the right kept for it, so that nothing moves when it comes and goes."""


class TableLines:
    """Lines as wide as the table, as :class:`~textual.strip.Strip`.

    Args:
        columns: From left to right.
        look: A style by its name: a tone, ``header``, ``sorted``, ``chosen``, ``cursor``, or
            nothing for the table's own.
    """

    def __init__(self, columns: Sequence[Column], look: Callable[[str], Style]) -> None:
        self._columns, self._look = columns, look
        self._width = 0
        self._placed: list[Placed] = []

    @property
    def natural_width(self) -> int:
        """Cells that all the columns together need."""
        return sum(column.width + GAP for column in self._columns) - GAP + 2 * MARGIN + SCROLLBAR

    @property
    def column_keys(self) -> list[str]:
        """Keys of the columns that are on screen."""
        return [placed.column.key for placed in self._placed]

    def column_at(self, x: int) -> str:
        """Key of the column at cell ``x``, or nothing; the cell on either side is its own."""
        found = (p.column.key for p in self._placed if p.x - 1 <= x <= p.x + p.width)
        return next(found, "")

    def resize(self, width: int) -> bool:
        """Place the columns in ``width`` cells; whether that is another width than before."""
        if width == self._width:
            return False
        self._width, self._placed = width, place(self._columns, width - SCROLLBAR)
        return True

    def blank(self) -> Strip:
        """A line with nothing on it."""
        return Strip.blank(self._width, self._look(""))

    def header(self, sort: Sort, choosing: str) -> Strip:
        """The titles, with the sorted one marked and the one being chosen highlighted."""
        pieces: list[Piece] = []
        for _, column, x, width in self._placed:
            name = "sorted" if column.key == sort.column else "header"
            name = "chosen" if column.key == choosing else name
            # the sort mark may stand in the gap, so that it never costs the title a cell
            start = x - 1 if column.align == "right" else x
            pieces.append((start, _title(column, width + 1, sort), name))
        return self._joined(pieces, "header")

    def row(self, cells: Sequence[Cell], whole: str, margin: tuple[str, Tone] = ("", "")) -> Strip:
        """A row.

        Args:
            cells: One for each column, those not on screen included.
            whole: The look of the whole row; nothing leaves the cells theirs.
            margin: What stands left of the cells.
        """
        pieces: list[Piece] = []
        if margin[0]:
            pieces.append((0, margin[0], _look(whole, margin[1])))
        for nth, column, x, width in self._placed:
            cell = cells[nth]
            if isinstance(cell, Spans):
                pieces += _spread(spanned(cell, width, column.align, column.elide), x, whole)
                continue
            text, tone = (cell, "") if isinstance(cell, str) else cell
            pieces.append((x, fit(text, width, column.align, column.elide), _look(whole, tone)))
        return self._joined(pieces, whole)

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


def _spread(runs: Iterable[Run], x: int, whole: str) -> Iterator[Piece]:
    """Parts of a cell, each where it begins; a whole row's look leaves matches matches."""
    for text, look in runs:
        found = FOUND if look.startswith(FOUND) else ""
        yield x, text, f"{found}{_look(whole, look.removeprefix(FOUND))}"
        x += len(text) if text.isascii() else cell_len(text)


def _look(whole: str, tone: str) -> str:
    """What a cell looks like in its row: the cursor's row keeps what its cells say by colour."""
    return f"{whole} {tone}" if whole == CURSOR and tone else whole or tone


def _title(column: Column, width: int, sort: Sort) -> str:
    """A column's title in ``width`` cells, one of them for the sort mark."""
    mark = ("▼" if sort.reverse else "▲") if column.key == sort.column else ""
    title = fit(column.title, min(width - 1, cell_len(column.title)))
    return fit(mark + title if column.align == "right" else title + mark, width, column.align)
